"""Disks that are full, seen from outside: what can be read is read, a log is done without, and a failure is a sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from program import ENOUGH_SECONDS, Program, received_count, wait_until, workbook

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no limits of a process")
HEADINGS = ("Email", "First Name")
PEOPLE = [(f"p{n}@example.com", f"N{n}") for n in range(60)]
TINY = 100
"""Bytes that a file may have."""


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own in the place of ``folder``."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only the system's administrator can mount")
    folder.mkdir(parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    mounted = subprocess.run(words, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting is not possible here: " + mounted.stderr.decode().strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take every byte that is free."""
    ballast = folder / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * 4096)
    return ballast


def limit(size: int = TINY) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def people(program: Program, *more: tuple[str, str]) -> Path:
    return workbook(program.folder / "people.xlsx", HEADINGS, [*PEOPLE, *more])


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_a_full_home_is_a_sentence_and_what_is_recorded_can_be_read(program: Program) -> None:
    with disk(program.folder / "home", "4m") as home, program.practice() as practice:
        file, profile = people(program, ("nobody", "N")), program.profile(practice, HEADINGS)
        assert program.run("upload", file, "--profile", profile, "--rows", "2-40").returncode == 0
        ballast = fill(home)
        received = practice.summary()["received"]
        for words in (("upload", file, "--profile", profile), ("resume", "1"), ("profile", "import", profile)):
            done = program.run(*words)
            assert done.returncode == 5, done.stderr
            assert "Make room" in done.stderr
            assert "unexpected error" not in done.stderr
        assert practice.summary()["received"] == received
        code, said = program.json("history")
        assert (code, [run["accepted"] for run in said["runs"]]) == (0, [39])
        report = program.run("report", "1", "--as", "json")
        assert report.returncode == 0
        assert len(json.loads(report.stdout)["outcomes"]) == 61
        ballast.unlink()
        assert program.json("upload", file, "--profile", profile, "--skip-accepted")[1]["accepted"] == 21


@pytest.mark.process
def test_the_record_of_a_run_that_was_killed_is_read_from_a_full_disk(program: Program) -> None:
    with disk(program.folder / "home", "4m") as home, program.practice(delay=20) as practice:
        words = ("upload", people(program), "--profile", program.profile(practice, HEADINGS), "--connections", "1")
        with program.start(*words) as process:
            wait_until(lambda: received_count(program.folder) >= 10, process)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=ENOUGH_SECONDS)
        ballast = fill(home)
        code, said = program.json("history")
        (run,) = said["runs"]
        assert (code, run["rows"], run["stopped"] is None) == (0, 60, False)
        assert run["accepted"] >= 5
        ballast.unlink()
        assert program.json("resume")[1]["accepted"] == 60


@pytest.mark.parametrize("room", [0, 200])
def test_a_log_that_cannot_be_written_changes_no_exit_code(program: Program, room: int) -> None:
    with disk(program.folder / "home" / "logs", "8k") as logs, program.practice() as practice:
        (logs / "cg-uploader.log").write_bytes(b"x" * (4096 - room))
        fill(logs)
        words = "upload", people(program), "--profile", program.profile(practice, HEADINGS)
        code, said = program.json(*words)
        assert (code, said["accepted"]) == (0, 60)
        assert program.run("resume", "1").returncode == 0


def test_a_folder_of_logs_that_cannot_be_made_changes_no_exit_code(program: Program) -> None:
    (program.folder / "home").mkdir(mode=0o700)
    (program.folder / "home" / "logs").write_text("a file")
    with program.practice() as practice:
        code, said = program.json("upload", people(program), "--profile", program.profile(practice, HEADINGS))
        assert (code, said["accepted"]) == (0, 60)


@pytest.mark.slow
@pytest.mark.process
def test_files_that_may_hardly_grow_are_a_sentence(program: Program) -> None:
    failed = program.folder / "failed.xlsx"
    with program.practice() as practice:
        file, profile = people(program, ("nobody", "N")), program.profile(practice, HEADINGS)
        assert program.run("upload", file, "--profile", profile).returncode == 1
        for words in (("resume", "1"), ("upload", file, "--profile", profile)):
            done = program.run_process(*words, "--save-failed", failed, preexec_fn=limit)
            assert done.returncode == 5, done.stderr
            assert "disk is full" in done.stderr
        assert not failed.exists()
        for words in (("history",), ("report", "1")):
            done = program.run_process(*words, preexec_fn=limit)
            assert (done.returncode, done.stderr) == (0, "")
        done = program.run_process("report", "1", "--save", program.folder / "page.html", preexec_fn=limit)
        assert done.returncode == 2
        assert "disk is full" in done.stderr


@pytest.mark.slow
@pytest.mark.process
def test_what_was_to_be_written_is_named_by_commands_that_are_no_upload(program: Program) -> None:
    with program.practice() as practice:
        profile = program.profile(practice, HEADINGS)
    home = program.folder / "home"
    record = f"{home / 'journal.sqlite3'}, the record of uploads, cannot be written"
    for words, named in (
        (("memory", "show"), record),
        (("memory", "export", "accepted.json"), record),
        (("history",), record),
        (("profile", "import", profile), str(home / "profiles")),
    ):
        done = program.run_process(*words, preexec_fn=limit)
        assert done.returncode == 5, done.stderr
        assert named in done.stderr
        assert "this upload" not in done.stderr


def test_a_full_folder_for_temporary_files_is_named(program: Program) -> None:
    with disk(program.folder / "temporary", "100k") as temporary, program.practice() as practice:
        file = program.folder / "people.csv"
        file.write_text("Email,First Name\n" + "".join(f"nobody{n},{'N' * 120}\n" for n in range(80_000)))
        words = "upload", file, "--profile", program.profile(practice, HEADINGS)
        done = Program(program.folder, {"TMPDIR": str(temporary)}).run(*words)
        assert done.returncode == 3, done.stderr
        assert "the folder for temporary files is nearly full" in done.stderr
        assert program.run(*words).returncode == 1
        crowded = Program(program.folder, {"TMPDIR": str(temporary)})
        done = crowded.run("resume", "1", "--save-failed", program.folder / "failed.xlsx")
        assert done.returncode == 1, "the run's own"
        assert "80,000 rows" in done.stderr, "nothing of it goes through the folder for temporary files"
        assert [file.name for file in program.folder.glob("*.xlsx")] == ["failed.xlsx"]
        assert not list(program.folder.glob(".new-*"))
        assert crowded.run("resume", "1", "--save-failed", program.folder / "failed.csv").returncode == 1
        assert (program.folder / "failed.csv").read_bytes().count(b"\n") == 80_001


@pytest.mark.process
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("words", [("history",), ("history", "--json"), ("report", "1"), ("profile", "list")])
def test_a_result_that_cannot_be_written_is_no_success(program: Program, words: tuple[str, ...]) -> None:
    with program.practice() as practice:
        assert program.run("upload", people(program), "--profile", program.profile(practice, HEADINGS)).returncode == 0
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            program.command(*words),
            cwd=program.folder,
            env=program._environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.decode().startswith("The result could not be written to standard output")


@pytest.mark.process
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_what_was_uploaded_is_so_whoever_hears_of_it(program: Program) -> None:
    with program.practice() as practice:
        words = program.command("upload", people(program), "--profile", program.profile(practice, HEADINGS), "--json")
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(words, cwd=program.folder, env=program._environment(), stdout=full, stderr=full, check=False)
        assert done.returncode == 0
        assert practice.summary()["processed"] == 60
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            program.command("--help"), cwd=program.folder, env=program._environment(), stdout=full, check=False
        )
    assert done.returncode == 0


@pytest.mark.process
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_are_no_bug(program: Program, closed: str) -> None:
    words = ["sh", "-c", f'exec "$@" {closed}', "sh", *program.command("forget", "--all")]
    done = subprocess.run(words, cwd=program.folder, env=program._environment(), capture_output=True, check=False)
    assert done.returncode == 2, "nobody has said yes"
    assert b"unexpected error" not in done.stderr
    log = program.folder / "home" / "logs" / "cg-uploader.log"
    assert not log.exists() or "bug" not in log.read_text()


@pytest.mark.process
def test_no_folder_for_temporary_files_is_no_bug(program: Program) -> None:
    done = program.run_process("demo", "--headless", preexec_fn=lambda: limit(0))
    assert done.returncode == 5
    assert done.stderr.startswith("The folder for temporary files cannot be written")


def test_a_profile_that_cannot_be_deleted_is_no_bug(program: Program) -> None:
    with disk(program.folder / "home", "1m") as home, program.practice() as practice:
        assert program.run("profile", "import", program.profile(practice, HEADINGS)).returncode == 0
        subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)
        done = program.run("profile", "delete", "Test")
        assert done.returncode == 2
        assert "cannot be deleted" in done.stderr
