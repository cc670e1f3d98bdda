"""A record that has lost what it acknowledged is noticed before anything is sent, whatever it lost, and however."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from program import ENOUGH_SECONDS, Program, ledger_lines, received_count, wait_until, workbook

pytestmark = [pytest.mark.process, pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")]

HEADINGS = ("Email", "First Name")
LOG_HEADER, FRAME_HEADER, PAGE = 32, 24, 4096


def log_of(journal: Path) -> Path:
    return journal.with_name(journal.name + "-wal")


def flip(file: Path, at: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(at)
        (byte,) = stream.read(1)
        stream.seek(at)
        stream.write(bytes([byte ^ 1]))


def flip_in_the_log_header(journal: Path, _backup: Path) -> None:
    flip(log_of(journal), 17)


def flip_in_a_frame(journal: Path, _backup: Path) -> None:
    frames = (log_of(journal).stat().st_size - LOG_HEADER) // (FRAME_HEADER + PAGE)
    flip(log_of(journal), LOG_HEADER + frames // 2 * (FRAME_HEADER + PAGE) + FRAME_HEADER + 1000)


def garbage_over_the_log(journal: Path, _backup: Path) -> None:
    log_of(journal).write_bytes(b"\xa5" * log_of(journal).stat().st_size)


def cut_the_log(journal: Path, _backup: Path) -> None:
    frames = (log_of(journal).stat().st_size - LOG_HEADER) // (FRAME_HEADER + PAGE)
    os.truncate(log_of(journal), LOG_HEADER + frames // 2 * (FRAME_HEADER + PAGE))


def empty_the_log(journal: Path, _backup: Path) -> None:
    os.truncate(log_of(journal), 0)


def delete_the_log(journal: Path, _backup: Path) -> None:
    log_of(journal).unlink()


def empty_the_journal(journal: Path, _backup: Path) -> None:
    for file in (log_of(journal), journal.with_name(journal.name + "-shm")):
        file.unlink()
    os.truncate(journal, 0)


def delete_the_journal(journal: Path, _backup: Path) -> None:
    for file in (journal, log_of(journal), journal.with_name(journal.name + "-shm")):
        file.unlink()


def delete_all(journal: Path, _backup: Path) -> None:
    for file in journal.parent.glob("journal.sqlite3*"):
        file.unlink()


def empty_all(journal: Path, _backup: Path) -> None:
    for file in journal.parent.glob("journal.sqlite3*"):
        os.truncate(file, 0)


def delete_all_but_the_main_file(journal: Path, _backup: Path) -> None:
    for file in set(journal.parent.glob("journal.sqlite3*")) - {journal}:
        file.unlink()


def restore_a_backup(journal: Path, backup: Path) -> None:
    delete_the_journal(journal, backup)
    for file in backup.iterdir():
        shutil.copy(file, journal.parent)


HARM = (
    flip_in_the_log_header,
    flip_in_a_frame,
    garbage_over_the_log,
    cut_the_log,
    empty_the_log,
    delete_the_log,
    empty_the_journal,
    delete_the_journal,
    delete_all,
    empty_all,
    delete_all_but_the_main_file,
    restore_a_backup,
)
SAMPLE = (flip_in_a_frame, cut_the_log, delete_the_journal, restore_a_backup)
"""One of each kind; the others are slow."""
GONE = (empty_the_journal, delete_the_journal, delete_all, empty_all, delete_all_but_the_main_file)


def killed_after(program: Program, words: list[str | Path], received: int) -> None:
    with program.start(*words) as process:
        wait_until(lambda: received_count(program.folder) >= received, process)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=ENOUGH_SECONDS)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("harm", [pytest.param(harm, marks=[] if harm in SAMPLE else pytest.mark.slow) for harm in HARM])
def test_what_a_killed_survey_upload_acknowledged_is_missed_before_anything_is_sent(
    tmp_path: Path, harm: Callable[[Path, Path], None]
) -> None:
    program, journal, backup = Program(tmp_path), tmp_path / "home" / "journal.sqlite3", tmp_path / "backup"
    older = workbook(tmp_path / "older.xlsx", HEADINGS, [("older@example.com", "O")])
    file = workbook(tmp_path / "people.xlsx", HEADINGS, [(f"p{n}@example.com", f"N{n}") for n in range(200)])
    with program.practice(delay=2) as practice:
        profile = program.profile(practice, HEADINGS, reference="survey", data_type="survey")
        words: list[str | Path] = ["upload", file, "--profile", profile, "--yes-send-surveys"]
        assert program.run("upload", older, *words[2:]).returncode == 0
        backup.mkdir()
        for one in journal.parent.glob("journal.sqlite3*"):
            if not one.name.endswith("-commits"):
                shutil.copy(one, backup)
        killed_after(program, words, 61)
        harm(journal, backup)
        before = practice.summary()["received"]

        history = program.run("history")
        assert history.returncode == 0
        word = "not there any more" if harm in GONE else "was damaged or incomplete"
        assert word in history.stderr, history
        assert "not recognised" in history.stderr
        aside = list(journal.parent.glob("journal-damaged-*.sqlite3"))
        assert len(aside) == (0 if harm in GONE else 1)
        for choice in ((), ("--skip-accepted",)):
            refused = program.run(*words, *choice)
            assert (refused.returncode, word in refused.stderr) == (2, True), refused
        assert practice.summary()["received"] == before
        assert program.run("upload", older, *words[2:]).returncode == 2
    times = Counter(line["pairs"][0][1] for line in ledger_lines(tmp_path))
    assert max(times.values()) == 1


DYING = """
import os, sys
from cg_uploader import cli
from cg_uploader.uploads.journal.storage import commit_counter
acknowledge = commit_counter.CommitCounter.acknowledge
def dying(counter, count, *, durable):
    if count > 60:
        os._exit(9)
    acknowledge(counter, count, durable=durable)
commit_counter.CommitCounter.acknowledge = dying
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("on_the_platter", [True, False])
def test_a_power_cut_before_a_commit_was_acknowledged_loses_nothing_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_the_platter: bool
) -> None:
    """The row of that commit has not left; its commit is in the log, or only half of it."""
    program, journal = Program(tmp_path), tmp_path / "home" / "journal.sqlite3"
    file = workbook(tmp_path / "people.xlsx", HEADINGS, [(f"p{n}@example.com", f"N{n}") for n in range(200)])
    with program.practice() as practice:
        profile = program.profile(practice, HEADINGS, reference="survey", data_type="survey")
        with monkeypatch.context() as patch:
            patch.setattr("program.PROGRAM", [sys.executable, "-P", "-c", DYING])
            assert program.run_process("upload", file, "--profile", profile, "--yes-send-surveys").returncode == 9
        received = practice.summary()["received"]
        assert received > 40
        if not on_the_platter:
            os.truncate(log_of(journal), log_of(journal).stat().st_size - 100)
        assert program.run("history").stderr == ""
        code, said = program.json("resume", "1")
    assert said["accepted"] + said["not_sure"] == 200
    assert code == (1 if said["not_sure"] else 0)
    times = Counter(line["pairs"][0][1] for line in ledger_lines(tmp_path))
    assert max(times.values()) == 1
    assert not list(journal.parent.glob("journal-damaged-*"))
