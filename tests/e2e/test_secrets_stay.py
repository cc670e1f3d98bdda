"""What other programs, files and arguments get to know of a run: no secret, and no way in."""

from __future__ import annotations

import argparse
import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import Program, workbook

from cg_uploader.commands.arguments import command_parser
from cg_uploader.sheets.process.limits import Limits
from cg_uploader.sheets.process.parse_process import ParseProcess, worker_command

HEADINGS = ("Email", "First Name")
SECRET = "a-very-secret-secret"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows a process's files, arguments and environment")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    (tmp_path / "work").mkdir()
    (tmp_path / "tmp").mkdir()
    return Program(tmp_path / "work", {"TMPDIR": str(tmp_path / "tmp")})


def people(program: Program, count: int) -> Path:
    rows = [(f"person{number}@example.com", f"Name {number}") for number in range(count)]
    return workbook(program.folder / "people.xlsx", HEADINGS, rows)


def forms_of(secret: str) -> list[bytes]:
    """The secret as it could stand somewhere."""
    basic = base64.b64encode(f"an-id:{secret}".encode())
    return [
        secret.encode(),
        secret.encode("utf-16-le"),
        base64.b64encode(secret.encode())[:-4],
        basic[:-4],
        secret[::-1].encode(),
    ]


def where_it_stands(folder: Path) -> list[Path]:
    found = []
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            found += [file for form in forms_of(SECRET) if form in content]
    return found


@pytest.mark.process
def test_no_file_that_the_program_leaves_holds_the_secret(program: Program, tmp_path: Path) -> None:
    """After a good run, a run that was killed, and a bug that has the secret in its text."""
    file = people(program, 60)
    with program.practice(delay=50) as practice:
        profile = program.profile(practice, HEADINGS)
        words = ("upload", file, "--profile", profile)
        assert program.run(*words, "--rows", "2-9", "--save-failed", "failed.xlsx").returncode == 0
        with program.start(*words, "--connections", "1") as cut_off:
            deadline = time.monotonic() + 60
            while practice.summary()["received"] < 15 and time.monotonic() < deadline:
                time.sleep(0.02)
            cut_off.kill()
            cut_off.communicate(timeout=60)
        assert where_it_stands(tmp_path) == []
        assert program.run("resume").returncode == 0
    bug = (
        "import sys; from cg_uploader import cli; from cg_uploader.commands import files\n"
        f"def preview(args, terminal):\n    password = '{SECRET}'\n    raise RuntimeError(password, args.environment)\n"
        "files.preview = preview\nsys.exit(cli.main(['preview', sys.argv[1]]))"
    )
    words_of_bug = [sys.executable, "-c", bug, str(file)]
    more = {"env": program._environment(), "cwd": program.folder}
    done = subprocess.run(words_of_bug, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 5
    assert "RuntimeError" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "RuntimeError" in (program.folder / "home" / "logs" / "cg-uploader.log").read_text()
    assert where_it_stands(tmp_path) == []


def test_no_option_takes_a_secret() -> None:
    """They would stand in the list of processes, for everybody on the computer."""
    names = [name for action in _actions(command_parser()) for name in (*action.option_strings, action.dest)]
    assert len(names) > 30
    assert [name for name in names if any(word in name for word in ("secret", "password", "token", "client-id", "login"))] == []


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _actions(inner)


@LINUX
def test_the_process_that_reads_files_is_given_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CG_UPLOADER_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("HTTPS_PROXY", f"http://ann:{SECRET}@proxy:1")
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    before = set(children.read_text().split())
    child = ParseProcess(worker_command(), Limits())
    try:
        (number,) = set(children.read_text().split()) - before
        environment = Path(f"/proc/{number}/environ").read_bytes()
        arguments = Path(f"/proc/{number}/cmdline").read_bytes()
    finally:
        child.close()
    assert SECRET.encode() not in environment + arguments
    assert {name.partition(b"=")[0] for name in environment.split(b"\0") if name} <= {b"LD_LIBRARY_PATH", b"SYSTEMROOT"}


def _listening_at(number: int) -> set[str]:
    """Local addresses at which a process listens, as the kernel writes them."""
    mine = {str(entry.readlink()) for entry in Path(f"/proc/{number}/fd").iterdir() if entry.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{number}/net/{table}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A" and f"socket:[{parts[9]}]" in mine:
                found.add(parts[1].partition(":")[0])
    return found


@LINUX
@pytest.mark.process
def test_an_upload_listens_nowhere_and_the_practice_server_on_this_computer_alone(program: Program) -> None:
    with program.practice_process(delay=300) as practice:
        file = people(program, 40)
        profile = program.profile(practice, HEADINGS)
        with program.start("upload", file, "--profile", profile, "--connections", "2") as upload:
            deadline = time.monotonic() + 60
            while practice.summary()["received"] < 2 and time.monotonic() < deadline:
                time.sleep(0.02)
            assert _listening_at(upload.pid) == set()
            arguments = Path(f"/proc/{upload.pid}/cmdline").read_bytes()
            upload.terminate()
            upload.communicate(timeout=60)
        assert SECRET.encode() not in arguments
        assert _listening_at(practice.process.pid) == {"0100007F"}
