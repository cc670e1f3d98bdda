"""Threads, windows and commands have the journal open at the same time: nobody's record is lost, none is told a wrong thing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event

import pytest
from filelock import FileLock
from rig import people, plan_of, recorded

from cg_uploader.commands.journal_commands import forget
from cg_uploader.commands.terminal import Terminal
from cg_uploader.errors import JournalError, RunHeld, UsageError
from cg_uploader.model.plan import Plan
from cg_uploader.model.stop_reasons import RunState
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal import recording, retention
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow
from cg_uploader.uploads.journal.storage import corruption
from cg_uploader.uploads.journal.storage.run_locks import gate
from cg_uploader.uploads.results.report import save_failed_rows, summaries

ELSEWHERE = """
import sys; sys.path[:0] = sys.argv[2:]
from pathlib import Path
from cg_uploader.model.stop_reasons import RunState
from cg_uploader.settings.paths import AppPaths; from cg_uploader.uploads.journal.journal import Journal
with Journal(AppPaths(Path(sys.argv[1]))) as journal:
    print(*journal.runs())
"""
ROOT = Path(__file__).resolve().parents[4]


def kept(position: int) -> JournalRow:
    texts = (f"p{position}@example.com", "Ann")
    return JournalRow(position, position + 2, WAITING, True, texts, texts[0], fingerprint=b"%016d" % position)


def runs_elsewhere(paths: AppPaths) -> list[int]:
    """What another program that opens and closes the journal says."""
    words = [sys.executable, "-P", "-c", ELSEWHERE, str(paths.home), str(ROOT)]
    return [int(word) for word in subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()]


@pytest.mark.parametrize("large", [False, True])
def test_what_is_recorded_stays_when_others_look_meanwhile(
    paths: AppPaths, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    """Another thread of this program looks; then another program, which believes to be the last one when it closes."""
    if large:
        monkeypatch.setattr(corruption, "ALWAYS_CHECKED_BYTES", 0)
    with Journal(paths) as mine:
        Journal(paths).close()
        assert runs_elsewhere(paths) == []
        run = recorded(mine, plan_of(people(1)), [kept(0)])
        assert runs_elsewhere(paths) == [run]
    with Journal(paths) as later:
        assert later.runs() == [run]


def test_a_run_that_is_recorded_sent_and_let_go_of_during_a_look_is_no_dead_one(
    paths: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another window is opened: it sees a run without all its rows, then looks at its lock, which was let go of in between."""
    monkeypatch.setattr(recording, "ROWS_PER_COMMIT", 1)
    begun, go_on = Event(), Event()

    def rows() -> Iterator[JournalRow]:
        yield from (kept(0), kept(1))
        begun.set()
        go_on.wait(60)

    def record_and_end() -> None:
        with Journal(paths) as mine:
            run = mine.record_run(plan_of(people(2)), rows())
            with mine.hold(run):
                mine.end(run, None)

    with Journal(paths) as other, ThreadPoolExecutor(1) as threads:
        working = threads.submit(record_and_end)
        assert begun.wait(60)
        is_held = other._run_locks.is_held

        def held_after_all_that(number: int) -> bool:
            if not other._db.in_transaction:
                go_on.set()
                working.result(60)
            return is_held(number)

        monkeypatch.setattr(other._run_locks, "is_held", held_after_all_that)
        other._clear_unrecorded()
        assert go_on.is_set()
        assert [other.summary(run).rows for run in other.runs()] == [2]


def cut_off(paths: AppPaths) -> int:
    """A run with one row that nobody works on, and that has not ended."""
    with Journal(paths) as journal:
        return recorded(journal, plan_of(people(1)), [kept(0)])


def test_who_looks_at_a_run_does_not_work_on_it(paths: AppPaths) -> None:
    """Two windows look at the same moment whether somebody works on a run that was cut off."""
    run, looking, go_on = cut_off(paths), Event(), Event()

    def slow_look() -> None:
        with gate(paths.journal), FileLock(paths.locks / f"run-{run}.lock"):
            looking.set()
            go_on.wait(60)

    def look() -> RunState:
        with Journal(paths) as journal:
            return journal.summary(run).state

    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(slow_look)
        assert looking.wait(60)
        quick = threads.submit(look)
        wait([quick], timeout=0.5)
        go_on.set()
        assert quick.result() is RunState.CUT_OFF
        slow.result()


def test_a_run_that_ends_while_somebody_looks_at_it_was_not_cut_off(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(paths) as sending, Journal(paths) as looking:
        run = recorded(sending, plan_of(people(1)), [kept(0)])
        look = looking._run_locks.is_held

        def when_it_has_ended(number: int) -> bool:
            with sending.hold(run):
                sending.end(run, None)
            return look(number)

        monkeypatch.setattr(looking._run_locks, "is_held", when_it_has_ended)
        assert looking.summary(run).state is RunState.FINISHED


def test_runs_that_somebody_forgets_meanwhile_are_not_listed(paths: AppPaths) -> None:
    with Journal(paths) as looking, Journal(paths) as other:
        runs = [recorded(other, plan_of(people(count)), [kept(0)]) for count in (1, 2)]
        found = looking.runs()
        other.forget(runs[0])
        assert [run.run for run in summaries(looking, found, pytest.fail)] == [runs[1]]


def test_failed_rows_whose_time_comes_while_they_are_saved_are_not_saved_empty(
    paths: AppPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = cut_off(paths)
    with Journal(paths) as saving, Journal(paths) as other:
        plan = saving.plan

        def when_they_are_deleted(number: int) -> Plan:
            other.delete_old_values(1, time.time() + 20 * 86_400)
            return plan(number)

        monkeypatch.setattr(saving, "plan", when_they_are_deleted)
        with pytest.raises(UsageError, match="were deleted on"):
            save_failed_rows(saving, run, tmp_path / "failed.xlsx")
        assert list(tmp_path.glob("*failed*")) == []


@pytest.mark.skipif(os.name == "nt", reason="a file that is open cannot be moved there")
def test_nothing_is_sent_by_a_record_that_was_moved_away(paths: AppPaths) -> None:
    """Another program finds it damaged while this one prepares an upload: what it wrote there would never be read again."""
    with Journal(paths) as mine:
        with gate(paths.journal):
            corruption.set_aside(paths.journal, paths.locks)
        for _ in range(2):
            with pytest.raises(JournalError, match="nothing was sent"):
                mine.record_run(plan_of(people(1)), [])
            Journal(paths).close()  # a new one in its place is not this one


@pytest.mark.skipif(os.name == "nt", reason="a file that is open cannot be deleted there")
def test_nothing_is_sent_by_a_record_that_is_deleted(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is forgotten by a command while a window prepares an upload."""
    with Journal(paths) as mine:
        run = recorded(mine, plan_of(people(1)), [kept(0)])
        forget(Namespace(paths=paths, all=True, run=None, yes=True), Terminal())
        assert not paths.home.exists()
        with pytest.raises(JournalError), mine.hold(run):
            pass


def test_nothing_is_deleted_under_an_upload_that_begins_while_a_person_is_asked(
    paths: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(paths) as mine:

        class Answer:
            def isatty(self) -> bool:
                return True

            def readline(self) -> str:
                mine.record_run(plan_of(people(1)), [])
                return "yes\n"

        monkeypatch.setattr("sys.stdin", Answer())
        with pytest.raises(RunHeld, match="Nothing was deleted"):
            forget(Namespace(paths=paths, all=True, run=None, yes=False), Terminal())
        assert paths.journal.exists()


def test_an_upload_goes_on_while_the_values_of_a_large_one_are_deleted(
    paths: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They go in several commits, with room between them."""
    monkeypatch.setattr(retention, "ROWS_PER_COMMIT", 4)
    with Journal(paths) as mine, Journal(paths) as other:
        recorded(mine, plan_of(people(10)), [kept(position) for position in range(10)])
        running = recorded(other, plan_of(people(1), reference="other"), [kept(99)])
        other._db.execute("pragma busy_timeout = 0")
        gaps: list[None] = []
        monkeypatch.setattr(retention, "give_way", lambda: gaps.append(other.record(running, [], [0])))
        mine.delete_old_values(1, time.time() + 20 * 86_400)
        assert len(gaps) >= 2


@pytest.mark.parametrize("name", ["journal.sqlite3.lock", "locks/run-1.lock"])
def test_a_lock_that_cannot_be_had_is_said_and_not_taken_for_a_bug_or_for_an_upload(paths: AppPaths, name: str) -> None:
    """It may belong to somebody else, or stand where no locks are possible; here a folder is in its place."""
    run = cut_off(paths)
    (paths.home / name).unlink(missing_ok=True)
    (paths.home / name).mkdir()
    with Journal(paths) as journal:
        for look in (journal.forget, journal.summary):
            with pytest.raises(JournalError, match="cannot be locked"):
                look(run)
    with pytest.raises(JournalError, match="cannot be locked"):
        forget(Namespace(paths=paths, all=True, run=None, yes=True), Terminal())
    assert paths.journal.exists()


@pytest.mark.skipif(os.name == "nt", reason="a file that is open cannot be deleted there")
def test_a_record_whose_folder_is_gone_is_said_so_whatever_is_asked_of_it(paths: AppPaths) -> None:
    """Everything is forgotten by a command while a window prepares an upload, whose next step finds no folder."""
    run = cut_off(paths)
    with Journal(paths) as mine:
        shutil.rmtree(paths.home)
        for ask, said in (
            (lambda: mine.summary(run), "was deleted or moved away"),
            (lambda: mine.forget(run), "was deleted or moved away"),
            (lambda: mine.ensure_space(1), "cannot be kept in"),
            (mine.why_no_room, "cannot be kept in"),
        ):
            with pytest.raises(JournalError, match=said):
                ask()
