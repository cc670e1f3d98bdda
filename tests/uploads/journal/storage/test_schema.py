"""Journals of earlier versions: nothing is lost on the way up, and a way up that is cut off leaves them as they were."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from rig import people, plan_of

from cg_uploader.errors import JournalError
from cg_uploader.model.enums import DataType, RowStatus
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal import plan_json
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.sent_rows.entries import keyed
from cg_uploader.uploads.journal.storage import schema
from cg_uploader.uploads.planning.plan_builder import find_earlier

SECRET = bytes(range(32))
PLAN = plan_of(people(4), data_type=DataType.SURVEY)
STATES = ("accepted", "not_sure", "waiting", "refused")


def version_1(paths: AppPaths) -> None:
    """A journal as the first version wrote it: one run of four once-only rows, interrupted."""
    db = sqlite3.connect(paths.journal, isolation_level=None)
    db.execute("pragma journal_mode=wal")
    for statement in schema.MIGRATIONS[0].split(";"):
        db.execute(statement)
    db.execute("insert into key values (?)", (SECRET,))
    content = f"{PLAN.table.digest} Sheet1"
    facts = (content, PLAN.address.records, PLAN.configuration.reference, plan_json.dump(PLAN))
    db.execute(
        "insert into run (content, records, reference, plan, sent_by, started, finished, stopped, exit, rows)"
        " values (?, ?, ?, ?, 'ann', '2026-05-03T10:00:00.000+00:00', '2026-05-03T10:05:00.000+00:00', 'Enough.', 5, 4)",
        facts,
    )
    for position, (row, state) in enumerate(zip(PLAN.table.rows, STATES, strict=True)):
        cells = None if state == "accepted" else f'["{row.cells[0]}","{row.cells[1]}"]'
        db.execute(
            "insert into row (id, number, state, once, cells, fingerprint, answered) values (?, ?, ?, 1, ?, ?, 1777802700)",
            ((1 << 32) + position, row.number, state, cells, keyed(PLAN.request(row).fingerprint, SECRET)),
        )
    db.execute("pragma user_version = 1")
    db.close()


def dump(paths: AppPaths) -> list[str]:
    with closing(sqlite3.connect(paths.journal)) as db:
        return list(db.iterdump())


def test_a_journal_of_the_first_version_keeps_everything(paths: AppPaths) -> None:
    version_1(paths)
    with closing(Journal(paths)) as journal:
        assert journal._db.execute("pragma user_version").fetchone() == (len(schema.MIGRATIONS),)
        summary = journal.summary(1)
        assert (summary.rows, summary.sent_by, summary.stopped and summary.stopped.exit_code) == (4, "ann", 5)
        assert [row.state for row in journal.rows(1)] == list(STATES)
        assert [row.position for row in journal.left_to_do(1, 0, 9)] == [2]
        assert plan_json.dump(journal.plan(1)) == plan_json.dump(PLAN)
        known = find_earlier(replace(PLAN, table=replace(PLAN.table, digest="another file")), journal).known
        assert known == {RowStatus.ACCEPTED: 1, RowStatus.NOT_SURE: 1, RowStatus.NOT_SENT: 1}
        journal.forget(1)
        assert find_earlier(PLAN, journal).known == {RowStatus.ACCEPTED: 1, RowStatus.NOT_SURE: 1}
    with closing(Journal(paths)):
        pass


def test_a_run_that_a_version_before_left_half_recorded_is_nothing(paths: AppPaths) -> None:
    version_1(paths)
    with closing(sqlite3.connect(paths.journal)) as db:
        db.execute("update run set rows = -1, finished = null, stopped = null, exit = null")
        db.commit()
    with closing(Journal(paths)) as journal:
        assert journal.runs() == []
        assert journal._db.execute("select count(*) from row").fetchone() == (0,)
        assert not journal.lost


@pytest.mark.parametrize("broken", ["create table half (x); create table key (x)", "create table half (x); nonsense"])
def test_a_migration_that_fails_leaves_the_version_before(
    paths: AppPaths, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_1(paths)
    before = dump(paths)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, broken))
    with pytest.raises(JournalError):
        Journal(paths)
    assert dump(paths) == before
    monkeypatch.undo()
    with closing(Journal(paths)) as journal:
        assert journal.summary(1).rows == 4


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
@pytest.mark.parametrize("steps", [1, 5, 9, 12])
def test_a_program_that_dies_in_the_middle_leaves_the_version_before(paths: AppPaths, steps: int) -> None:
    version_1(paths)
    before = dump(paths)
    script = (
        "import os, sqlite3, sys; from pathlib import Path\n"
        "from cg_uploader.settings.paths import AppPaths; from cg_uploader.uploads.journal.storage import database, schema\n"
        "class Dying(sqlite3.Connection):\n"
        "    left = int(sys.argv[2])\n"
        "    def execute(self, text, *more):\n"
        "        Dying.left -= self.in_transaction\n"
        "        os._exit(9) if Dying.left < 0 else None\n"
        "        return super().execute(text, *more)\n"
        "connect = sqlite3.connect\n"
        "database.sqlite3.connect = lambda *a, **k: connect(*a, factory=Dying, **k)\n"
        "database.open_journal(AppPaths(Path(sys.argv[1])))\n"
    )
    root = str(Path(__file__).resolve().parents[4])
    words = [sys.executable, "-c", script, str(paths.home), str(steps)]
    assert subprocess.run(words, check=False, env={**os.environ, "PYTHONPATH": root}).returncode == 9
    assert dump(paths) == before
    with closing(Journal(paths)) as journal:
        assert [row.state for row in journal.rows(1)] == list(STATES)


def test_versions_are_only_ever_added() -> None:
    """What a released program has written must be read for ever: a released migration is never edited."""
    assert hashlib.sha256(schema.MIGRATIONS[0].encode()).hexdigest()[:16] == "8bcf7b41dc7646ad"


@pytest.mark.parametrize("moment", ["user_version", "sqlite_master", "application_id"])
def test_a_journal_that_somebody_makes_at_this_moment_is_not_foreign(paths: AppPaths, moment: str) -> None:
    """The file is there and empty when the look begins; whoever makes it is done before the look is."""
    with closing(sqlite3.connect(paths.journal)) as db:
        db.execute("pragma journal_mode=wal")
    made: list[int] = []

    def somebody(statement: str) -> None:
        if moment in statement and not made:
            with closing(sqlite3.connect(paths.journal, isolation_level=None)) as db:
                schema.bring_up_to_date(db, paths.journal)
                made.append(schema.version_of(db))

    with closing(sqlite3.connect(paths.journal, isolation_level=None)) as db:
        db.set_trace_callback(somebody)
        schema.refuse_foreign(db, paths.journal)
    assert made == [len(schema.MIGRATIONS)]


def test_programs_that_start_at_once_make_one_journal(paths: AppPaths) -> None:
    def open_it(_: int) -> bytes:
        with Journal(paths) as journal, closing(sqlite3.connect(paths.journal)) as db:
            assert not journal.runs()
            return bytes(db.execute("select secret from key").fetchone()[0])

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(open_it, range(16)))) == 1
