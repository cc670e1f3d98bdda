"""A disk that fills up: the run stops before a row that cannot be recorded, and what was sent is known."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from rig import Heard, ScriptedClient, Timer, inline, people, plan_of, recorded

from cg_uploader.errors import DiskFull, JournalError, UploaderError
from cg_uploader.model.enums import DataType, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Request
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal import recording
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.journal.storage import corruption
from cg_uploader.uploads.journal.storage.database import RESERVE_BYTES
from cg_uploader.uploads.opened_journal import opened_journal
from cg_uploader.uploads.results.retry_failed import failed_table
from cg_uploader.uploads.sending import engine, preparation
from cg_uploader.uploads.sending.control import Control

SIZE = 6 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 6 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here: that needs root, and Linux")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, *, leave: int) -> None:
    """Something else takes what is free, but for ``leave`` bytes."""
    (disk / "others").write_bytes(b"x" * max(0, shutil.disk_usage(disk).free - leave))


def send(journal: Journal, plan: Plan, before: Callable[[Request], None] | None = None) -> list[int]:
    client = ScriptedClient(before_send=before)
    with suppress(DiskFull):
        engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    return client.sent


def resumed(journal: Journal, run: int) -> list[int]:
    client = ScriptedClient()
    engine.resume(run, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    return client.sent


@pytest.mark.parametrize("kind", [DataType.CONTACT, DataType.SURVEY])
def test_a_run_stops_while_there_is_room_to_record_what_is_in_flight(
    disk: Path, kind: DataType, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Timer()
    monkeypatch.setattr("cg_uploader.uploads.journal.journal.time.monotonic", clock)
    plan = plan_of(people(200), data_type=kind)

    def before(request: Request) -> None:
        clock.now += 1.0
        if request.row == 30:
            fill(disk, leave=RESERVE_BYTES // 2)

    with closing(Journal(AppPaths(disk / "home"))) as journal:
        sent = send(journal, plan, before)
        assert 28 < len(sent) < 60
        summary = journal.summary(1)
        assert summary.stopped is not None
        assert "nearly full" in str(summary.stopped)
        assert summary.exit_code == 5
        assert summary.counts[RowStatus.ACCEPTED] == len(sent)
        assert summary.counts[RowStatus.NOT_SURE] == 0
        (disk / "others").unlink()
        clock.now += 10
        assert sorted(sent + resumed(journal, 1)) == list(range(2, 202))


@pytest.mark.parametrize("kind", [DataType.CONTACT, DataType.SURVEY])
@pytest.mark.parametrize("at", [2, 3, 40, 150])
def test_a_disk_that_is_full_at_once_costs_no_more_than_the_rows_in_flight(disk: Path, kind: DataType, at: int) -> None:
    plan = plan_of(people(200), data_type=kind)
    with closing(Journal(AppPaths(disk / "home"))) as journal:
        journal._db.execute("pragma wal_autocheckpoint=0")

        def before(request: Request) -> None:
            if request.row == at:
                # The log is full to the byte: not one more page can be recorded.
                fill(disk, leave=0)

        sent = send(journal, plan, before)
        assert at in sent
        counts = journal.summary(1).counts
        assert sum(counts.values()) == 200
        assert counts[RowStatus.ACCEPTED] + counts[RowStatus.NOT_SURE] >= len(sent), "what left was recorded as leaving before"
        (disk / "others").unlink()
        again = resumed(journal, 1)
        times = Counter(sent + again)
        if kind is DataType.SURVEY:
            assert max(times.values()) == 1
            unsure = journal.summary(1).counts[RowStatus.NOT_SURE]
            assert unsure <= 1
            assert len(times) == 200
        else:
            assert set(times) == set(range(2, 202))
            assert journal.summary(1).counts[RowStatus.ACCEPTED] == 200


def test_a_run_that_cannot_fit_is_refused_before_anything_is_recorded(disk: Path) -> None:
    plan = plan_of([(f"p{n}@example.com", "x" * 500) for n in range(10_000)])
    with closing(Journal(AppPaths(disk / "home"))) as journal:
        with pytest.raises(DiskFull, match="MB are free"):
            preparation.prepare(plan, journal, on_batch=Heard(), control=Control())
        assert journal._db.execute("select count(*) from run").fetchone() == (0,)


def test_a_disk_that_fills_while_rows_are_recorded_leaves_no_run(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of([(f"p{n}@example.com", "x" * 500) for n in range(10_000)])
    monkeypatch.setattr(Journal, "ensure_space", lambda journal, needed: None)
    with closing(Journal(AppPaths(disk / "home"))) as journal:
        assert send(journal, plan) == []
        assert journal.runs() == []
    with opened_journal(AppPaths(disk / "home"), print) as journal:
        assert journal.runs() == [], "what can be read is read"
    subprocess.run(["mount", "-o", f"remount,size={4 * SIZE}", str(disk)], check=True)
    with closing(Journal(AppPaths(disk / "home"))) as journal:
        assert journal._db.execute("select count(*) from row").fetchone() == (0,)
        assert send(journal, plan_of(people(3))) == [2, 3, 4]


@pytest.mark.parametrize("text", ["Ann", "姓名" * 20, "😀" * 10, 'say "x"\n' * 5, ""])
@pytest.mark.parametrize("columns", [1, 12])
def test_what_a_run_takes_is_estimated_high_enough(paths: AppPaths, text: str, columns: int) -> None:
    headings = ("Email", *(f"Field {n}" for n in range(columns)))
    plan = plan_of([(f"p{n}@example.com", *[text] * columns) for n in range(3_000)], headings)
    with closing(Journal(paths)) as journal:
        before = stored(paths)
        preparation.prepare(plan, journal, on_batch=Heard(), control=Control())
        assert stored(paths) - before <= 2 * recording.estimated_bytes(plan) + (1 << 20), "write-ahead log included"
        journal.add_sent_rows()
        assert paths.journal.stat().st_size - before <= 2 * recording.estimated_bytes(plan) + (1 << 20)


def stored(paths: AppPaths) -> int:
    return sum(path.stat().st_size for path in paths.home.glob("journal*") if not path.name.endswith("-shm"))


def test_an_edit_counts_for_the_space(paths: AppPaths) -> None:
    plan = plan_of(people(100))
    longer = replace(plan, edits={row.number: {1: "x" * 10_000} for row in plan.table.rows})
    assert recording.estimated_bytes(longer) > recording.estimated_bytes(plan) + 900_000


def test_failed_rows_that_find_no_temporary_room_are_a_sentence(
    disk: Path, paths: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(disk))
    rows = [JournalRow(n, n + 2, RowStatus.HELD_BACK.value, False, (f"p{n}", "x" * 10_000)) for n in range(1_800)]
    with closing(Journal(paths)) as journal:
        run = recorded(journal, plan_of(people(2)), rows)
        with pytest.raises(UploaderError, match="folder for temporary files"):
            failed_table(journal, run)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
class TestPlaces:
    """Homes that cannot be written: a sentence with the place in it."""

    def test_a_read_only_disk_is_said(self, disk: Path) -> None:
        Journal(AppPaths(disk / "home")).close()
        corruption.mark_damaged(AppPaths(disk / "home").journal)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for home in (disk / "home", disk / "new"):
            with pytest.raises(UploaderError, match=str(home)) as caught:
                Journal(AppPaths(home))
            assert "writable" in caught.value.sentence

    def test_a_home_on_a_full_disk_is_said(self, disk: Path) -> None:
        (disk / "home").mkdir()
        fill(disk, leave=0)
        with pytest.raises(UploaderError, match="full") as caught:
            Journal(AppPaths(disk / "home"))
        assert str(disk / "home") in caught.value.sentence
        (disk / "others").unlink()
        Journal(AppPaths(disk / "home")).close()

    def test_an_older_copy_of_the_record_is_not_used_while_the_disk_is_full(self, disk: Path, tmp_path: Path) -> None:
        there, plan = AppPaths(disk / "home"), plan_of(people(1), data_type=DataType.SURVEY)
        Journal(there).close()
        shutil.copy(there.journal, tmp_path / "older")
        with closing(Journal(there)) as journal:
            assert send(journal, plan) == [2]
        shutil.copy(tmp_path / "older", there.journal)
        fill(disk, leave=0)
        with pytest.raises(JournalError, match="Make room"):
            Journal(there)
        (disk / "others").unlink()
        with closing(Journal(there)) as journal:
            assert journal.lost
            assert journal.set_aside is not None

    def test_a_folder_or_a_pipe_in_the_journals_place_is_said(self, paths: AppPaths) -> None:
        paths.journal.mkdir()
        with pytest.raises(UploaderError, match="cannot be kept"):
            Journal(paths)
        paths.journal.rmdir()
        os.mkfifo(paths.journal)
        with pytest.raises(UploaderError, match="cannot be kept"):
            Journal(paths)
