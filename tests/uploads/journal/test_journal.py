"""The journal: what it says survives, adds up, stays private, and is never worsened."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from rig import people, plan_of, recorded

from cg_uploader.errors import AlreadyUploaded, DiskFull, JournalError, RunHeld, UsageError
from cg_uploader.model.enums import DataType, RowStatus
from cg_uploader.model.run import Outcome, Stop
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal import plan_json, recording
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import SENDING, WAITING, JournalRow

ROOT = Path(__file__).resolve().parents[3]
DYING = """
import os, sqlite3, sys; sys.path[:0] = sys.argv[3:]
from pathlib import Path
from rig import people, plan_of
from cg_uploader.settings.paths import AppPaths; from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow
class Dying(sqlite3.Connection):
    left = 10**9
    def execute(self, *words):
        Dying.left -= 1
        os._exit(9) if Dying.left < 0 else None
        return super().execute(*words)
connect = sqlite3.connect
sqlite3.connect = lambda *words, **more: connect(*words, factory=Dying, **more)
with Journal(AppPaths(Path(sys.argv[1]))) as journal:
    Dying.left = int(sys.argv[2])
    journal.record_run(plan_of(people(2)), [JournalRow(at, at + 2, WAITING, True, (str(at), "Ann")) for at in range(2)])
"""


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def kept(position: int, state: str = WAITING, *, once_only: bool = False) -> JournalRow:
    return JournalRow(
        position,
        position + 2,
        state,
        once_only,
        (f"p{position}@example.com", "Ann"),
        f"p{position}",
        fingerprint=b"%d" % position,
    )


def outcome(position: int, status: RowStatus = RowStatus.ACCEPTED) -> tuple[int, Outcome]:
    return position, Outcome(position + 2, status, 200, (), 1, f"p{position}")


def test_a_plan_comes_back_as_it_was(journal: Journal) -> None:
    plan = plan_of(people(3), data_type=DataType.SURVEY, connections=7)
    run = recorded(journal, plan, [kept(0)])
    again = journal.plan(run)
    for name in ("profile", "region", "address", "configuration", "mapping", "options", "consent", "bindings"):
        assert getattr(again, name) == getattr(plan, name)
    assert again.table.columns == plan.table.columns
    assert plan_json.dump(again) == plan_json.dump(plan)


def test_totals_add_up_at_every_moment(journal: Journal) -> None:
    run = recorded(journal, plan_of(people(6)), [*(kept(n) for n in range(5)), kept(5, RowStatus.HELD_BACK.value)])
    assert journal.summary(run).counts[RowStatus.NOT_SENT] == 5
    journal.record(run, [], intents=[0, 1, 2])
    assert journal.summary(run).counts[RowStatus.NOT_SURE] == 3
    journal.record(run, [outcome(0), outcome(1, RowStatus.REFUSED)], returned=[(2, WAITING)])
    summary = journal.end(run, Stop(StopReason.INTERRUPTED))
    assert {status.value: n for status, n in summary.counts.items() if n} == {
        "accepted": 1,
        "refused": 1,
        "held_back": 1,
        "not_sent": 3,
    }
    assert summary.rows == 6
    assert summary.exit_code == 5


def test_after_a_crash_once_only_rows_are_not_sure_for_good_and_repeatable_ones_go_again(journal: Journal) -> None:
    rows = [kept(0, once_only=True), kept(1, once_only=True), kept(2), kept(3)]
    run = recorded(journal, plan_of(people(4)), rows)
    journal.record(run, [], intents=[0, 2])
    journal.settle(run)
    assert [row.position for row in journal.left_to_do(run, 0, 10)] == [1, 2, 3]
    first = next(journal.rows(run))
    assert first.status is RowStatus.NOT_SURE
    assert "cut off" in first.outcome.message


def test_what_was_committed_is_there_for_the_next_program(journal: Journal, paths: AppPaths) -> None:
    run = recorded(journal, plan_of(people(2)), [kept(0), kept(1)])
    journal.record(run, [outcome(0)], intents=[1])
    with closing(Journal(paths)) as other:
        assert [row.state for row in other.rows(run)] == ["accepted", SENDING]


def test_every_commit_reaches_the_platter(journal: Journal) -> None:
    db = journal._db
    assert db.execute("pragma synchronous").fetchone() == (2,)
    assert db.execute("pragma journal_mode").fetchone() == ("wal",)
    assert db.execute("pragma secure_delete").fetchone() == (1,)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions elsewhere")
def test_the_files_are_private_from_the_first_moment(paths: AppPaths) -> None:
    before = os.umask(0)
    try:
        with closing(Journal(paths)) as journal:
            recorded(journal, plan_of(people(1)), [kept(0)])
            found = [path for path in paths.journal.parent.iterdir() if path.name.startswith("journal")]
            assert len(found) == 5, "database, its two companions, the count of its commits, and the lock for making it"
            assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}
            assert stat.S_IMODE(paths.journal.parent.stat().st_mode) == 0o700
    finally:
        os.umask(before)


def test_values_of_accepted_rows_are_overwritten_on_disk(journal: Journal, paths: AppPaths) -> None:
    plan = plan_of([("a-very-special-value@example.com", "Ann")])
    run = recorded(journal, plan, [JournalRow(0, 2, WAITING, False, plan.table.rows[0].cells, "someone")])
    journal.record(run, [outcome(0)])
    journal._db.execute("pragma wal_checkpoint(truncate)")
    journal.close()
    assert b"a-very-special-value" not in b"".join(path.read_bytes() for path in paths.journal.parent.glob("journal*"))


def test_forgetting_deletes_everything_about_a_run(journal: Journal, paths: AppPaths) -> None:
    run = recorded(
        journal, plan_of(people(1)), [JournalRow(0, 2, RowStatus.REFUSED.value, False, ("unforgettable",), "unforgettable")]
    )
    journal.forget(run)
    assert journal.runs() == []
    with pytest.raises(UsageError):
        journal.summary(run)
    journal.close()
    assert b"unforgettable" not in b"".join(path.read_bytes() for path in paths.journal.parent.glob("journal*"))


def test_a_run_has_one_worker_at_a_time(journal: Journal, paths: AppPaths) -> None:
    run = recorded(journal, plan_of(people(1)), [kept(0)])
    journal._db.execute("update run set held_by = 'the one of yesterday'")
    with closing(Journal(paths)) as other, journal.hold(run):
        with pytest.raises(RunHeld, match=f"process {os.getpid()}, since") as caught, other.hold(run):
            pytest.fail("held twice")
        assert f"upload {run}" in caught.value.sentence
        with other.hold(run + 1):
            pass
    with closing(Journal(paths)) as other, other.hold(run):
        pass


def test_a_newer_journal_is_left_alone(paths: AppPaths) -> None:
    with sqlite3.connect(paths.journal) as db:
        db.execute("create table future (x)")
        db.execute("pragma user_version = 99")
    db.close()
    before = paths.journal.read_bytes()
    with pytest.raises(JournalError, match="newer"):
        Journal(paths)
    assert paths.journal.read_bytes() == before


@pytest.mark.parametrize("version", [0, 1])
def test_somebody_elses_database_is_left_alone(paths: AppPaths, version: int) -> None:
    with sqlite3.connect(paths.journal) as db:
        db.execute("create table theirs (x)")
        db.execute(f"pragma user_version = {version}")
    db.close()
    before = paths.journal.read_bytes()
    with pytest.raises(JournalError, match="not CG Uploader's"):
        Journal(paths)
    assert paths.journal.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "stored").write_text("a file where the folder should be")
    with pytest.raises(Exception, match="stored") as caught:
        Journal(AppPaths(tmp_path / "stored"))
    assert "is a file, and a folder is needed there" in str(caught.value)


def test_too_little_space_is_said_before_anything_is_recorded(journal: Journal) -> None:
    with pytest.raises(DiskFull, match="MB are free"):
        journal.ensure_space(1 << 60)


def test_what_is_needed_is_more_than_what_is_free(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=540_000))
    with pytest.raises(DiskFull, match=r"needs 1 MB in .*, and 0 MB are free"):
        journal.ensure_space(600_000)


def test_fingerprints_say_nothing_without_the_journal(journal: Journal, tmp_path: Path) -> None:
    with closing(Journal(AppPaths(tmp_path / "elsewhere"))) as other:
        assert journal.fingerprint(b"same") == journal.fingerprint(b"same") != other.fingerprint(b"same")


def test_earlier_runs_are_found_by_content_configuration_and_address(journal: Journal) -> None:
    plan = plan_of(people(2))
    run = recorded(journal, plan, [kept(0), kept(1, RowStatus.NOT_SURE.value, once_only=True)])
    assert journal.runs_of(plan) == [run]
    assert journal.runs_of(plan_of(people(3))) == []
    assert journal.runs_of(plan_of(people(2), reference="other")) == []
    past, request = journal.duplicate_lookup(plan), plan.request(plan.table.rows[1])
    assert past.facts(1, request, once_only=True).known.status is RowStatus.NOT_SURE  # type: ignore[union-attr]
    assert past.facts(0, replace(request, row=2), once_only=True).known is None, "what stands there may be repeated"


def test_a_run_is_whole_or_absent(journal: Journal, paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """While its rows are written, between two commits, nobody sees any of it or can work on it."""
    monkeypatch.setattr(recording, "ROWS_PER_COMMIT", 1)
    plan = plan_of(people(3), data_type=DataType.SURVEY)

    def rows() -> Iterator[JournalRow]:
        yield kept(0, once_only=True)
        yield kept(1, once_only=True)
        with closing(Journal(paths)) as other:
            assert other._db.execute("select count(*) from row").fetchone() == (2,)
            assert other.runs() == other.runs_of(plan) == []
            assert other.duplicate_lookup(plan).facts(0, plan.request(plan.table.rows[0]), once_only=True).known is None
            with pytest.raises(RunHeld), other.hold(1):
                pytest.fail("it is being recorded by the other")
        yield kept(2, once_only=True)

    run = journal.record_run(plan, rows())
    assert [row.number for row in journal.rows(run)] == [2, 3, 4]


def test_a_run_whose_program_dies_while_it_is_recorded_is_nothing(
    journal: Journal, paths: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "ROWS_PER_COMMIT", 1)

    monkeypatch.setattr(journal, "_abandon", lambda run: None)

    def rows() -> Iterator[JournalRow]:
        yield from (kept(0), kept(1))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        journal.record_run(plan_of(people(2)), rows())
    assert journal._db.execute("select count(*) from row").fetchone() == (2,)
    monkeypatch.undo()
    journal.close()
    with closing(Journal(paths)) as other:
        assert not other.lost
        assert other._db.execute("select count(*) from row").fetchone() == (0,)
        assert recorded(other, plan_of(people(1)), [kept(0)]) == 2, "its number is not given out again"


def test_a_number_that_rows_have_is_not_given_out(journal: Journal) -> None:
    """Though what says so was lost."""
    recorded(journal, plan_of(people(1)), [kept(0)])
    journal._db.execute("delete from sqlite_sequence")
    assert recorded(journal, plan_of(people(1)), [kept(0)]) == 2


@pytest.mark.parametrize("steps", range(0, 30, 3))
def test_a_program_that_is_killed_while_it_records_leaves_no_run_and_no_loss(paths: AppPaths, steps: int) -> None:
    """Before any statement, so also between the lock of the run and the commit behind it."""
    words = [sys.executable, "-P", "-c", DYING, str(paths.home), str(steps), str(ROOT), str(ROOT / "tests")]
    code = subprocess.run(words, check=False).returncode
    with closing(Journal(paths)) as other:
        assert not other.lost
        assert other.loss() is None
        assert len(other.runs()) == (code != 9)
        assert other._db.execute("select count(*) from row").fetchone() == (2 * (code != 9),)


def test_a_newer_run_takes_over_what_an_older_one_still_meant_to_send(journal: Journal) -> None:
    plan = plan_of(people(2), data_type=DataType.SURVEY)
    old = recorded(journal, plan, [kept(0, once_only=True), kept(1, RowStatus.NOT_SENT.value, once_only=True)])
    new = recorded(journal, plan, [kept(0, once_only=True), kept(1, once_only=True)])
    assert journal.left_to_do(old, 0, 9) == []
    assert [row.outcome.message for row in journal.rows(old)] == [f"Taken over by upload {new}."] * 2
    assert len(journal.left_to_do(new, 0, 9)) == 2


def test_what_another_upload_is_sending_cannot_be_taken_over(journal: Journal, paths: AppPaths) -> None:
    plan = plan_of(people(1), data_type=DataType.SURVEY)
    old = recorded(journal, plan, [kept(0, once_only=True)])
    with closing(Journal(paths)) as other, other.hold(old), pytest.raises(RunHeld):
        recorded(journal, plan, [kept(0, once_only=True)])


def test_what_has_left_meanwhile_is_not_sent_again_unasked(journal: Journal) -> None:
    plan = plan_of(people(1), data_type=DataType.SURVEY)
    old = recorded(journal, plan, [kept(0, once_only=True)])
    journal.record(old, [], intents=[0])
    with pytest.raises(AlreadyUploaded):
        recorded(journal, plan, [kept(0, once_only=True)])
    recorded(journal, replace(plan, skip_accepted=False), [kept(0, once_only=True)])
