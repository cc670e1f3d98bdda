"""Commits that were acknowledged are missed when the journal has lost them; what was never acknowledged is not."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from rig import OK, ScriptedClient, Timer, inline, people, plan_of, recorded

from cg_uploader.errors import JournalError
from cg_uploader.model.enums import DataType, RowStatus
from cg_uploader.model.request import Request
from cg_uploader.model.run import Outcome
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow
from cg_uploader.uploads.journal.storage import commit_counter, corruption, database
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.engine import upload

ROWS = 6
LOG_HEADER, FRAME = 32, 24 + 4096
SENDING = """
import os, sys; sys.path[:0] = sys.argv[3:]
from pathlib import Path; import test_commit_counter
test_commit_counter.send_and_die(Path(sys.argv[1]), int(sys.argv[2]))
"""
OPENING = """
import sys; sys.path[:0] = sys.argv[3:]
from pathlib import Path; import test_commit_counter
test_commit_counter.open_often(Path(sys.argv[1]), int(sys.argv[2]))
"""
HERE = Path(__file__).resolve()


def kept(position: int, *, once: bool = True, name: str = "p") -> JournalRow:
    texts = (f"{name}{position}@example.com", "Ann")
    return JournalRow(position, position + 2, WAITING, once, texts, texts[0], fingerprint=f"{name}{position}".encode())


def elsewhere(script: str, home: Path, number: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-P", "-c", script, str(home), str(number), *map(str, HERE.parents[:4])]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def send(journal: Journal, rows: int = ROWS, name: str = "p") -> int:
    """A run whose rows are all accepted, each in two commits as once-only rows are."""
    records = [kept(position, name=name) for position in range(rows)]
    plan = replace(plan_of([record.cells for record in records]), skip_accepted=False)
    run = recorded(journal, plan, records)
    with journal.hold(run):
        for position in range(rows):
            journal.record(run, [], [position])
            journal.record(run, [(position, Outcome(position + 2, RowStatus.ACCEPTED, 200, attempts=1))])
    return run


def send_and_die(home: Path, acknowledged: int) -> None:
    """Die in the middle of a run, when so many commits were acknowledged and one more is on the platter."""
    acknowledge = commit_counter.CommitCounter.acknowledge

    def dying(counter: commit_counter.CommitCounter, count: int, *, durable: bool) -> None:
        if count > acknowledged:
            os._exit(9)
        acknowledge(counter, count, durable=durable)

    commit_counter.CommitCounter.acknowledge = dying  # type: ignore[method-assign]
    journal = Journal(AppPaths(home))
    journal._db.execute("pragma wal_autocheckpoint=0")
    send(journal, 60)


@pytest.fixture
def cut_off(paths: AppPaths) -> AppPaths:
    """What a killed program leaves: 20 commits that were acknowledged, one that was not, all in the write-ahead log."""
    with elsewhere(SENDING, paths.home, 20) as process:
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 9, out
    assert next(iter(commit_counter.acknowledged(paths.journal).values())) == 20
    return paths


def log_of(paths: AppPaths) -> Path:
    return paths.journal.with_name("journal.sqlite3-wal")


def boundaries(paths: AppPaths) -> list[int]:
    """Where a commit ends in the write-ahead log."""
    content = log_of(paths).read_bytes()
    frames = range(LOG_HEADER, len(content) - FRAME + 1, FRAME)
    return [at + FRAME for at in frames if int.from_bytes(content[at + 4 : at + 8], "big")]


def count_in(paths: AppPaths) -> int:
    with closing(sqlite3.connect(paths.journal)) as db:
        found: int = db.execute("select commits from key").fetchone()[0]
        return found


def test_what_a_power_cut_takes_before_it_was_acknowledged_is_no_loss(cut_off: AppPaths) -> None:
    log = log_of(cut_off)
    os.truncate(log, boundaries(cut_off)[-2])
    with closing(Journal(cut_off)) as journal:
        assert not journal.lost
        assert journal.loss() is None
        assert journal.counts(1)[RowStatus.NOT_SENT] > 0
    assert count_in(cut_off) == 20


def test_what_was_on_the_platter_and_not_acknowledged_is_no_loss_either(cut_off: AppPaths) -> None:
    with closing(Journal(cut_off)) as journal:
        assert not journal.lost
    assert count_in(cut_off) == 21


@pytest.mark.parametrize("large", [False, True])
def test_one_acknowledged_commit_that_is_missing_is_a_loss(
    cut_off: AppPaths, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    if large:
        monkeypatch.setattr(corruption, "ALWAYS_CHECKED_BYTES", 0)
    os.truncate(log_of(cut_off), boundaries(cut_off)[-3])
    before = log_of(cut_off).read_bytes()
    with closing(Journal(cut_off)) as journal:
        assert journal.lost
        assert journal.runs() == []
        assert journal.set_aside is not None
        assert journal.set_aside.with_name(journal.set_aside.name + "-wal").read_bytes() == before
        lost = journal.loss()
        assert lost is not None
        assert (lost[1], lost[2]) == (journal.set_aside.name, False)
    with closing(Journal(cut_off)) as journal:
        assert not journal.lost, "said once"
        assert journal.loss() == lost
        assert send(journal) == 1


def test_whatever_byte_of_the_log_is_wrong_nothing_acknowledged_is_missing_unsaid(cut_off: AppPaths, tmp_path: Path) -> None:
    chance, content = random.Random(7), log_of(cut_off).read_bytes()
    acknowledged_end = boundaries(cut_off)[-2]
    paths = [*range(0, LOG_HEADER, 3), *(chance.randrange(acknowledged_end) for _ in range(60))]
    lost = 0
    for number, at in enumerate(paths):
        copy = AppPaths(tmp_path / str(number) / "stored")
        shutil.copytree(cut_off.home, copy.home)
        log_of(copy).write_bytes(content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :])
        with closing(Journal(copy)) as journal:
            lost += journal.lost
            assert journal.lost or count_in(copy) >= 20, at
    assert lost > len(paths) / 2


def open_often(home: Path, runs: int) -> None:
    """Another program that sends and looks."""
    for number in range(runs):
        with Journal(AppPaths(home)) as journal:
            assert not journal.lost
            send(journal, 3, f"of{os.getpid()}in{number}p")
        with Journal(AppPaths(home)) as journal:
            assert not journal.lost
            assert journal.loss() is None


@pytest.mark.slow
def test_programs_side_by_side_never_miss_what_is_there(paths: AppPaths) -> None:
    others = [elsewhere(OPENING, paths.home, 12) for _ in range(3)]
    looks = 0
    while any(other.poll() is None for other in others):
        with closing(Journal(paths)) as journal:
            assert not journal.lost
        looks += 1
    for other in others:
        out, _ = other.communicate(timeout=60)
        assert other.returncode == 0, out
    assert looks > 3
    with closing(Journal(paths)) as journal:
        assert len(journal.runs()) == 36
        assert journal.loss() is None
    assert not list(paths.home.glob("journal-damaged-*"))


def moved(paths: AppPaths, target: Path) -> AppPaths:
    paths.home.rename(target)
    return AppPaths(target)


def copied_without_its_count(paths: AppPaths, target: Path) -> AppPaths:
    shutil.copytree(paths.home, target, ignore=lambda _folder, names: [n for n in names if n.endswith(commit_counter.SUFFIX)])
    return AppPaths(target)


def of_an_earlier_version(paths: AppPaths, _target: Path) -> AppPaths:
    commit_counter.file_of(paths.journal).unlink()
    downgrade(paths)
    return paths


def downgrade(paths: AppPaths) -> None:
    with closing(sqlite3.connect(paths.journal, isolation_level=None)) as db:
        db.execute("alter table key drop column commits")
        db.execute("alter table loss drop column told")
        db.execute("pragma user_version = 2")


@pytest.mark.parametrize("change", [moved, copied_without_its_count, of_an_earlier_version])
def test_a_record_that_only_changes_its_place_or_version_has_lost_nothing(
    paths: AppPaths, tmp_path: Path, change: Callable[[AppPaths, Path], AppPaths]
) -> None:
    with closing(Journal(paths)) as journal:
        run = send(journal)
    there = change(paths, tmp_path / "elsewhere")
    for _ in range(2):
        with closing(Journal(there)) as journal:
            assert not journal.lost
            assert journal.counts(run)[RowStatus.ACCEPTED] == ROWS
            send(journal)
    assert next(iter(commit_counter.acknowledged(there.journal).values())) == count_in(there)


def test_a_backup_of_an_earlier_version_has_lost_what_came_after_it(paths: AppPaths) -> None:
    with closing(Journal(paths)) as journal:
        send(journal)
    downgrade(paths)
    with closing(Journal(paths)) as journal:
        assert journal.lost
        assert journal.set_aside is not None


def test_an_older_copy_that_cannot_be_looked_at_before_it_is_opened_is_set_aside_all_the_same(paths: AppPaths) -> None:
    """An unfinished change of an older copy, which a connection that only reads cannot undo."""
    with closing(Journal(paths)) as journal:
        send(journal)
    older = paths.home / "older.sqlite3"
    shutil.copy(paths.journal, older)
    with closing(Journal(paths)) as journal:
        send(journal, name="q")
    with closing(sqlite3.connect(older, isolation_level=None)) as db:
        assert db.execute("pragma journal_mode=delete").fetchone() == ("delete",)
        for statement in ("pragma synchronous=off", "begin", "update key set commits = commits + 1"):
            db.execute(statement)
        shutil.copy(older, paths.journal)
        shutil.copy(f"{older}-journal", f"{paths.journal}-journal")
    assert not corruption.is_damaged(paths.journal), "nobody can tell before it is opened"
    with closing(Journal(paths)) as journal:
        assert journal.lost
        assert journal.runs() == []
        assert journal.set_aside is not None
        lost = journal.loss()
        assert lost is not None
        assert lost[1] == journal.set_aside.name
    with closing(Journal(paths)) as journal:
        assert not journal.lost


def test_another_sound_journal_in_its_place_is_used_and_the_loss_is_said_once(paths: AppPaths, tmp_path: Path) -> None:
    other = AppPaths(tmp_path / "other")
    for here, rows in ((paths, ROWS), (other, 1)):
        with closing(Journal(here)) as journal:
            send(journal, rows)
    shutil.copy(other.journal, paths.journal)
    with closing(Journal(paths)) as journal:
        assert journal.lost
        assert journal.set_aside is None
        assert journal.size(1) == 1
        lost = journal.loss()
        assert lost is not None
        assert lost[1:] == ("", False)
    with closing(Journal(paths)) as journal:
        assert not journal.lost
        send(journal)
    assert len(commit_counter.acknowledged(paths.journal)) == 1


def test_a_program_that_dies_while_it_sets_a_journal_aside_leaves_the_loss_to_the_next(
    cut_off: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.truncate(log_of(cut_off), boundaries(cut_off)[-3])

    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(database, "_note_loss", dying)
    with pytest.raises(KeyboardInterrupt):
        Journal(cut_off)
    monkeypatch.undo()
    assert list(cut_off.home.glob("journal-damaged-*"))
    with closing(Journal(cut_off)) as journal:
        assert journal.lost
        assert journal.loss() is not None


def emptied(file: Path) -> None:
    os.truncate(file, 0)


def cut_short(file: Path) -> None:
    os.truncate(file, 45)


def garbled(file: Path) -> None:
    file.write_bytes(random.Random(3).randbytes(file.stat().st_size))


def half_written(file: Path) -> None:
    content = bytearray(file.read_bytes())
    entries = [at for at in range(0, len(content), 32) if any(content[at : at + 32])]
    newest = max(entries, key=lambda at: content[at + 16 : at + 24])
    content[newest + 16 : newest + 24] = (1 << 40).to_bytes(8, "big")
    file.write_bytes(content)


@pytest.mark.parametrize("harm", [emptied, cut_short, garbled, half_written])
def test_a_count_that_is_not_whole_says_nothing_and_is_written_anew(paths: AppPaths, harm: Callable[[Path], None]) -> None:
    with closing(Journal(paths)) as journal:
        run = send(journal)
    harm(commit_counter.file_of(paths.journal))
    with closing(Journal(paths)) as journal:
        assert not journal.lost
        assert journal.counts(run)[RowStatus.ACCEPTED] == ROWS
        send(journal)
    assert next(iter(commit_counter.acknowledged(paths.journal).values())) == count_in(paths)


def test_a_count_that_cannot_be_written_is_said_before_anything_is_sent(paths: AppPaths) -> None:
    with closing(Journal(paths)) as journal:
        run = send(journal)
    commit_counter.file_of(paths.journal).unlink()
    commit_counter.file_of(paths.journal).mkdir()
    with closing(Journal(paths)) as journal:
        assert journal.counts(run)[RowStatus.ACCEPTED] == ROWS, "it can be read"
        with pytest.raises(JournalError, match="sqlite3-commits cannot be written"):
            journal.record_run(plan_of(people(1)), [])


def test_each_row_is_acknowledged_before_it_leaves(paths: AppPaths) -> None:
    timer, seen = Timer(), []
    with closing(Journal(paths)) as journal:

        def before(_: Request) -> None:
            seen.append((next(iter(commit_counter.acknowledged(paths.journal).values())), count_in(paths)))

        client = ScriptedClient({3: [OK]}, before_send=before)
        plan = plan_of(people(5), data_type=DataType.SURVEY)
        upload(plan, client, journal, on_batch=lambda _: None, control=Control(), dependencies=inline(timer))
    assert len(seen) == 5
    assert all(beside == inside for beside, inside in seen)
    assert sorted(set(seen)) == seen, "a commit of its own for each row"


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the count was brought to the platter."""
    found: list[int] = []
    sync = commit_counter._SYNC
    monkeypatch.setattr(commit_counter, "_SYNC", lambda handle: (found.append(handle), sync(handle)))
    return found


def test_the_count_is_on_the_platter_for_each_once_only_row_and_for_no_outcome(paths: AppPaths, synced: list[int]) -> None:
    with closing(Journal(paths)) as journal:
        rows = [kept(0), kept(1, once=False)]
        run = recorded(journal, plan_of(people(2)), rows)
        with journal.hold(run):
            steps = [
                lambda: journal.record(run, [], [0]),
                lambda: journal.record(run, [(0, Outcome(2, RowStatus.ACCEPTED, 200))]),
                lambda: journal.record(run, [], [1]),
            ]
            times = []
            for step in steps:
                before = len(synced)
                step()
                times.append(len(synced) - before)
    assert times == [1, 0, 0]
