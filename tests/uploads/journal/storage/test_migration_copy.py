"""A journal that version 4 wrote: sentences stay, runs go on, and a copy is kept until the next good start."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from rig import ScriptedClient

from cg_uploader.errors import DiskFull, JournalError
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.stop_reasons import RunState, StopReason
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.settings.delete_all import delete_all
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.storage import migration_copy, schema
from cg_uploader.uploads.journal.storage.run_locks import gate
from cg_uploader.uploads.results.receipt import receipt
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

VERSION_4 = Path(__file__).with_name("version_4.sql")
ENDED, STOPPED, SURVEY, AGAIN, CUT_OFF = range(1, 6)
HELD_BACK = (
    "Email: “no address” is not an email address; expected is one address with one @, no blanks and no invisible characters. "
    "Correct it, or leave the row out."
)
VALUE = b"person5@example.com"


@pytest.fixture
def paths(paths: AppPaths) -> AppPaths:
    """Folders with a journal as version 4 wrote it."""
    with closing(sqlite3.connect(paths.journal)) as db:
        db.execute("pragma journal_mode=wal")
        db.executescript(VERSION_4.read_text(encoding="utf-8"))
    return paths


def copy_of(paths: AppPaths) -> Path:
    return migration_copy.file_of(paths.journal)


def content(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as db:
        return [*db.iterdump(), str(db.execute("pragma user_version").fetchone())]


def texts(journal: Journal, run: int) -> list[str]:
    return [row.outcome.message for row in journal.rows(run)]


def test_its_sentences_are_shown_as_they_stand(paths: AppPaths) -> None:
    with Journal(paths) as journal:
        assert texts(journal, ENDED) == [
            "",
            HELD_BACK,
            "Email: is invalid.",
            "",
            "",
        ]
        assert texts(journal, AGAIN)[1] == "Not sure since an earlier upload on 30 November 2026, so not sent again."
        stopped = journal.summary(STOPPED)
        assert (stopped.state, stopped.exit_code) == (RunState.STOPPED, 5)
        assert stopped.stopped is not None
        assert stopped.stopped.reason is StopReason.EARLIER_VERSION
        assert stopped.why == texts(journal, STOPPED)[1]
        assert stopped.why.endswith("CustomerGauge says: Is unknown.")
        assert "It stopped before its end: CustomerGauge does not accept the reference." in receipt(journal, STOPPED)
        assert [journal.summary(run).state for run in (ENDED, SURVEY, AGAIN)] == [RunState.FINISHED] * 3


def test_its_unfinished_run_goes_on(paths: AppPaths) -> None:
    client = ScriptedClient()
    with Journal(paths) as journal:
        assert journal.summary(CUT_OFF).state is RunState.CUT_OFF
        with journal.hold(CUT_OFF):
            pass
        summary = engine.resume(CUT_OFF, client, journal, on_batch=lambda _: None, control=Control())
    assert client.sent == [4, 5, 6, 7]
    assert (summary.state, summary.counts[RowStatus.ACCEPTED]) == (RunState.FINISHED, 6)


def test_its_stopped_run_goes_on_and_can_stop_again(paths: AppPaths) -> None:
    client, control = ScriptedClient(), Control()
    client.before_send = lambda request: control.stop() if request.row == 3 else None
    with Journal(paths) as journal:
        summary = engine.resume(STOPPED, client, journal, on_batch=lambda _: None, control=control)
        assert summary.stopped is not None
        assert summary.stopped.reason is StopReason.INTERRUPTED
    with Journal(paths) as journal:
        assert journal.summary(STOPPED) == summary


def test_a_copy_is_kept_until_the_next_good_start(paths: AppPaths) -> None:
    before = content(paths.journal)
    with Journal(paths):
        assert content(copy_of(paths)) == before
        assert os.name == "nt" or copy_of(paths).stat().st_mode & 0o077 == 0
        assert [path.name for path in paths.home.glob("journal.sqlite3-before*")] == [copy_of(paths).name]
    with Journal(paths):
        assert not copy_of(paths).exists()


def test_no_copy_is_made_of_a_journal_that_is_new_or_of_this_version(tmp_path: Path) -> None:
    paths = AppPaths(tmp_path / "new")
    for _ in range(2):
        with Journal(paths):
            assert not copy_of(paths).exists()


def test_on_a_full_disk_the_disk_is_what_is_told(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """To look at the record alone needs no room, and to bring it up to date does."""
    before, keep = content(paths.journal), migration_copy.keep
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def keep_at_second_try(journal: Path) -> None:
        monkeypatch.setattr(migration_copy, "keep", keep)
        raise full

    monkeypatch.setattr(migration_copy, "keep", keep_at_second_try)
    with pytest.raises(DiskFull):
        Journal(paths)
    assert content(paths.journal) == before
    assert not copy_of(paths).exists()


def test_a_copy_that_cannot_be_made_leaves_the_version_before(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(paths.journal)
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def keep(_journal: Path) -> None:
        raise full

    monkeypatch.setattr(migration_copy, "keep", keep)
    with pytest.raises(DiskFull):
        Journal(paths)
    assert content(paths.journal) == before
    assert not copy_of(paths).exists()


@pytest.mark.parametrize("deletes", ["forget", "retention", "wipe"])
def test_what_deletes_values_deletes_the_copy_too(paths: AppPaths, deletes: str) -> None:
    with Journal(paths) as journal:
        assert VALUE in copy_of(paths).read_bytes()
        if deletes == "forget":
            journal.forget(CUT_OFF)
        elif deletes == "retention":
            assert ENDED in journal.delete_old_values(0)
    if deletes == "wipe":
        delete_all(paths, (), CredentialStore(None), gate(paths.journal))
    assert not copy_of(paths).exists()


def test_a_journal_that_proves_damaged_takes_its_copy_along(paths: AppPaths) -> None:
    with Journal(paths):
        pass
    paths.journal.write_bytes(b"SQLite format 3\0" + bytes(4096))
    with Journal(paths) as journal:
        assert journal.set_aside is not None
        assert not copy_of(paths).exists()
        kept = journal.set_aside.with_name(journal.set_aside.name + migration_copy.SUFFIX)
        assert VALUE in kept.read_bytes()


def test_a_program_of_that_version_refuses_the_newer_journal(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(paths):
        pass
    before = paths.journal.read_bytes()
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:4])
    with pytest.raises(JournalError, match=r"was written by a newer CG Uploader\. Install the newest version"):
        Journal(paths)
    assert paths.journal.read_bytes() == before


def test_what_is_kept_now_takes_no_more_room_than_its_sentence(paths: AppPaths) -> None:
    with Journal(paths) as journal:
        client = ScriptedClient()
        engine.resume(CUT_OFF, client, journal, on_batch=lambda _: None, control=Control())
        for run in journal.runs():
            for row in journal.rows(run):
                (stored,) = journal._db.execute(
                    "select messages from row where id = ?", ((run << 32) + row.position,)
                ).fetchone()
                assert len(stored) <= len('[["",""]]') + 2 * len(row.outcome.message)
