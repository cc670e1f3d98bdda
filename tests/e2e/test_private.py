"""Whichever command comes first and whatever the umask, what the program keeps is the user's alone."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from program import Program, workbook

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
ROWS = [("ann@example.com",), ("no address",)]
OPEN_TO_ALL, DEFAULT, STRICT = 0o000, 0o022, 0o077


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A computer on which the program was never started; its home stands two folders below one that is there."""
    work = tmp_path / "work"
    work.mkdir(mode=0o700)
    return Program(work, {"CG_UPLOADER_HOME": str(tmp_path / "new" / "share" / "home")})


@contextmanager
def umask(bits: int) -> Iterator[None]:
    """What new files and folders are without, in this process."""
    before = os.umask(bits)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def wide(folder: Path) -> dict[str, str]:
    """What below ``folder``, itself included, somebody else may look into or change."""
    found = {path: mode(path) for path in (folder, *folder.rglob("*"))}
    return {str(path): oct(bits) for path, bits in found.items() if bits & 0o077 or not bits & 0o600}


FIRST = {
    "upload": ("upload", "people.xlsx", "--profile", "profile.json", "--save-failed", "failed.xlsx"),
    "check": ("check", "people.xlsx", "--profile", "profile.json"),
    "preview": ("preview", "people.xlsx"),
    "profile": ("profile", "import", "profile.json"),
    "history": ("history",),
    "resume": ("resume",),
    "report": ("report", "1"),
    "memory": ("memory", "show"),
    "forget": ("forget", "1"),
    "credentials": ("credentials", "test", "profile.json"),
    "demo": ("demo", "--headless"),
}


@pytest.mark.parametrize("bits", [OPEN_TO_ALL, DEFAULT, STRICT])
@pytest.mark.parametrize("command", FIRST)
def test_the_first_command_ever_makes_a_private_home(program: Program, command: str, bits: int) -> None:
    top = program.folder.parent / "new"
    workbook(program.folder / "people.xlsx", ("Email",), ROWS)
    with program.practice() as practice:
        program.profile(practice, ("Email",))
        with umask(bits):
            done = program.run(*FIRST[command])
            assert "Something went wrong" not in done.stderr
            if command == "upload":
                assert done.returncode == 1, done.stderr
                for more in (("report", "1"), ("memory", "export", "memory"), ("history",)):
                    assert program.run(*more).returncode == 0
    assert not top.exists() or wide(top) == {}
    assert top.exists() or command in ("check", "preview", "credentials", "demo")


@pytest.mark.process
def test_a_bug_in_the_first_command_makes_a_private_home(program: Program) -> None:
    """The log of it comes before everything else."""
    code = (
        "import os, sys; os.umask(0)\nfrom cg_uploader import cli\nfrom cg_uploader.commands import upload_commands\n"
        "def bug(*_):\n    raise KeyError\nupload_commands.history = bug\nsys.exit(cli.main(['history']))"
    )
    environment = program._environment()
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "KeyError" in done.stderr
    assert wide(program.folder.parent / "new") == {}


def test_what_is_written_outside_keeps_to_the_umask_and_values_of_rows_to_their_owner(program: Program) -> None:
    workbook(program.folder / "people.xlsx", ("Email",), ROWS)
    with program.practice() as practice:
        program.profile(practice, ("Email",))
        assert program.run("profile", "import", "profile.json").returncode == 0
        assert program.run("upload", "people.xlsx", "--profile", "Test").returncode == 1
        for bits in (OPEN_TO_ALL, DEFAULT, STRICT):
            folder = program.folder / f"{bits:o}"
            folder.mkdir(mode=0o700)
            with umask(bits):
                program.run("profile", "export", "Test", folder / "setup.json")
                program.run("report", "1", "--save", folder / "receipt.html")
                program.run("report", "1", "--as", "json", "--save", folder / "receipt.json")
                program.run("resume", "1", "--save-failed", folder / "failed.xlsx")
                program.run("memory", "export", folder / "memory")
            modes = {file.name: mode(file) for file in folder.iterdir()}
            assert modes.pop("setup.json") == 0o666 & ~bits
            assert modes == dict.fromkeys(("receipt.html", "receipt.json", "failed.xlsx", "memory"), 0o600)


@pytest.mark.process
def test_a_practice_servers_ledger_is_its_owners(program: Program) -> None:
    """It holds what arrives: values of rows."""
    with program.start("practice-server", "--ledger", "all.jsonl", umask=OPEN_TO_ALL) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(3)]
        process.terminate()
        process.communicate(timeout=60)
    assert mode(program.folder / "all.jsonl") == 0o600
