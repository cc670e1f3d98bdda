"""Whatever dies in the middle: inside a commit, for want of disk space, the service, or two programs at once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from laws import HEADINGS, check, finish, people, upload_words
from program import ENOUGH_SECONDS, Program, ledger_lines, received_count, wait_until

pytestmark = [pytest.mark.process, pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")]

BOTH_KINDS = pytest.mark.parametrize("kind", ["contact", "survey"])
SYNC_CALLS = {"x86_64": ("74", "75"), "aarch64": ("82", "83")}
"""The numbers of fsync and fdatasync."""


def in_a_commit(process: subprocess.Popen[str]) -> bool:
    """Whether the program's first thread, which writes the journal, waits for the disk at this moment."""
    try:
        call = Path(f"/proc/{process.pid}/task/{process.pid}/syscall").read_text().split(" ")[0]
    except OSError:
        return False
    return call in SYNC_CALLS[os.uname().machine]


def can_look_inside() -> bool:
    try:
        return os.uname().machine in SYNC_CALLS and bool(Path("/proc/self/syscall").read_text())
    except (OSError, AttributeError):
        return False


@pytest.mark.skipif(not can_look_inside(), reason="here nobody can see what a process waits for (/proc/…/syscall)")
@BOTH_KINDS
@pytest.mark.slow
def test_killed_inside_commits(tmp_path: Path, kind: str) -> None:
    """The kill falls while the kernel writes the journal to the disk: between its pages and the end of the commit."""
    rows, chance = 160, random.Random(kind)
    program = Program(tmp_path)
    with program.practice_process(delay=20) as practice:  # beside it, this process can look without a pause
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        words = upload_words(people(tmp_path, rows), profile, "--connections", "1")
        inside = 0
        for _ in range(8):
            with program.start(*words) as process:
                at_least, first = chance.randrange(1, 9), received_count(tmp_path)
                while process.poll() is None and received_count(tmp_path) < first + at_least:
                    pass
                while process.poll() is None:
                    if in_a_commit(process):
                        process.kill()
                        inside += 1
                        break
                process.communicate(timeout=ENOUGH_SECONDS)
            words = ["resume", "1"]
        _, said = finish(program)
    assert inside >= 5, "the kills must have hit commits"
    check(tmp_path, said, kind, rows, cut_off=inside)
    assert said["accepted"] == rows if kind == "contact" else said["accepted"] + said["not_sure"] == rows
    assert said["not_sure"] <= inside


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
@BOTH_KINDS
def test_a_disk_that_fills_up(tmp_path: Path, kind: str, seed: int) -> None:
    """At sizes by chance: nothing leaves that is not recorded, and with room again the run goes on."""
    import resource

    size = random.Random(seed).randrange(120_000, 700_000)
    rows = 160 if kind == "survey" else 2_000  # repeatable rows share commits
    program = Program(tmp_path)
    with program.practice() as practice:
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        words = upload_words(people(tmp_path, rows), profile, "--connections", "1")
        done = program.run_process(*words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        assert done.returncode == 5, done.stderr
        assert "disk is full" in done.stderr
        _, history = program.json("history")
        assert len(history["runs"]) == 1 or practice.summary()["received"] == 0
        code, said = finish(program) if history["runs"] else program.json(*words)
    check(tmp_path, said, kind, rows, cut_off=1)
    assert said["not_sure"] <= 1
    assert code == (1 if said["not_sure"] else 0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only the system's administrator can mount")
@BOTH_KINDS
def test_a_small_disk_that_is_really_full(tmp_path: Path, kind: str) -> None:
    home, rows = tmp_path / "home", 400
    home.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(home)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting is not possible here: " + mounted.stderr.decode().strip())
    program = Program(tmp_path)
    try:
        with program.practice(delay=5) as practice:
            profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
            words = upload_words(people(tmp_path, rows), profile, "--connections", "1")
            with program.start(*words, "--json") as process:
                wait_until(lambda: received_count(tmp_path) >= 20, process)
                subprocess.run(["dd", "if=/dev/zero", f"of={home}/ballast", "bs=4k"], capture_output=True, check=False)
                _, err = process.communicate(timeout=ENOUGH_SECONDS)
            assert process.returncode == 5, err
            (home / "ballast").unlink()
            _, said = finish(program)
        check(tmp_path, said, kind, rows, cut_off=1)
        assert said["not_sure"] <= 1
    finally:
        subprocess.run(["umount", str(home)], check=True)


@BOTH_KINDS
def test_four_programs_at_once_on_one_file_and_on_one_run(tmp_path: Path, kind: str) -> None:
    """Of the same file each program makes a run of its own or refuses; no once-only row leaves twice."""
    rows = 60
    program = Program(tmp_path)
    with program.practice(delay=20) as practice:
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        words = upload_words(people(tmp_path, rows), profile)
        together = [program.start(*words) for _ in range(4)]
        ends = [process.communicate(timeout=ENOUGH_SECONDS) for process in together]
        codes = sorted(process.returncode for process in together)
        assert not [err for _, err in ends if "Traceback" in err]
        if kind == "survey":
            assert codes[0] == 0
            assert set(codes[1:]) <= {2, 5}, "the others say that these rows are under way or have left"
        else:
            assert codes == [0, 0, 0, 0], "a repeat does no harm"
        _, said = program.json("resume")
    check(tmp_path, said, kind, rows, cut_off=6)


@pytest.mark.slow
@BOTH_KINDS
def test_three_programs_that_continue_one_run(tmp_path: Path, kind: str) -> None:
    rows = 60
    program = Program(tmp_path)
    with program.practice(delay=150 if kind == "contact" else 40) as practice:
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        with program.start(*upload_words(people(tmp_path, rows), profile)) as process:
            wait_until(lambda: received_count(tmp_path) >= 10, process)
            process.kill()
            process.communicate(timeout=ENOUGH_SECONDS)
        together = [program.start("resume", "1") for _ in range(3)]
        ends = [process.communicate(timeout=ENOUGH_SECONDS) for process in together]
        codes = [process.returncode for process in together]
        _, said = finish(program)
    assert sum("works on upload 1" in err for _, err in ends) == codes.count(5) >= 1
    check(tmp_path, said, kind, rows, cut_off=1)


MISCHIEF = ["reset", "reset-before", "processed-reset", "close", "processed-504", "502", "103", "chunked-cut", "short-body"]
MISCHIEF += ["gzip", "deep", "list", "bom", "latin-1", "utf-16", "103-only", "408", "500-html"]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "seed"), [("contact", 11), ("survey", 12), ("survey", 13)])
def test_a_service_that_does_anything(tmp_path: Path, kind: str, seed: int) -> None:
    """A seeded mix of everything that does not end a run; runs that stop of themselves are continued."""
    rows = 150
    program = Program(tmp_path)
    script = {"random": {"seed": seed, "share": 0.08 if kind == "contact" else 0.2, "do": MISCHIEF}}
    with program.practice(script) as practice:
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        program.run(*upload_words(people(tmp_path, rows), profile, "--connections", "8"))
        _, said = finish(program, 12)
        lines = ledger_lines(tmp_path)
    assert len({line["did"] for line in lines}) > 5, "the mix must have struck"
    check(tmp_path, said, kind, rows)
    assert said["not_sent"] == 0


@pytest.mark.slow
@BOTH_KINDS
def test_a_service_that_dies_and_comes_back(tmp_path: Path, kind: str) -> None:
    """Cable out, cable in: the address is gone for a while, and the old sign-in is unknown afterwards."""
    rows = 150
    program = Program(tmp_path)
    with program.practice_process(delay=20) as practice:
        port = practice.port
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        few = "--connections", "2"  # fewer than five rows at once, also when some are dialled while the service dies
        process = program.start(*upload_words(people(tmp_path, rows), profile, *few), "--json")
        wait_until(lambda: received_count(tmp_path) >= 30, process)
        practice.process.send_signal(signal.SIGKILL)
        practice.process.wait(ENOUGH_SECONDS)
    told = ""
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            told += line
            if "Waiting" in line:
                break
        with program.practice(delay=20, port=port):
            _, err = process.communicate(timeout=ENOUGH_SECONDS)
        assert process.returncode in (0, 1), told + err
    _, said = program.json("resume")
    check(tmp_path, said, kind, rows, cut_off=1)
    assert said["not_sure"] <= (0 if kind == "contact" else 1)
    assert said["accepted"] + said["not_sure"] == rows
