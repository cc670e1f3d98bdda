"""A pipe where a file was, or where one is named: a sentence and no waiting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from program import Program, workbook

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a place in a folder")
HEADINGS = ("Email",)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    os.mkfifo(tmp_path / "pipe.json")
    os.mkfifo(tmp_path / "pipe.xlsx")
    return Program(tmp_path)


def test_resume_goes_on_when_a_pipe_stands_where_the_file_was(program: Program) -> None:
    file = workbook(program.folder / "people.xlsx", HEADINGS, [(f"p{n}@example.com",) for n in range(6)])
    script = {"rules": [{"when": {"Email": f"p{n}@example.com"}, "do": "status", "status": 401} for n in range(3, 6)]}
    with program.practice(script) as practice:
        done = program.run("upload", file, "--profile", program.profile(practice, HEADINGS))
        port = practice.port
        assert "resume 1" in done.stderr, done.stderr
    file.unlink()
    os.mkfifo(file)
    with program.practice(port=port):
        done = program.run("resume", "1")
    assert done.returncode == 0, done.stderr
    assert "Whether people.xlsx has changed cannot be seen (it is a pipe or a device, not a file)" in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("preview", "pipe.xlsx"), 3),
        (("check", "pipe.xlsx", "--profile", "profile.json"), 3),
        (("upload", "pipe.xlsx", "--profile", "profile.json"), 3),
        (("check", "people.xlsx", "--profile", "pipe.json"), 2),
        (("profile", "import", "pipe.json"), 2),
        (("memory", "import", "pipe.json"), 3),
        (("practice-server", "--script", "pipe.json"), 2),
        (("practice-server", "--ledger", "pipe.json"), 2),
        (("profile", "export", "Test", "pipe.json"), 2),
    ],
)
def test_a_pipe_that_is_named_is_refused(program: Program, words: tuple[str, ...], code: int) -> None:
    workbook(program.folder / "people.xlsx", HEADINGS, [("ann@example.com",)])
    with program.practice() as practice:
        program.profile(practice, HEADINGS)
    assert program.run("profile", "import", "profile.json").returncode == 0
    done = program.run(*words)
    assert done.returncode == code, done.stderr
    assert "pipe" in done.stderr
    assert "Something went wrong" not in done.stderr


OWN_FILES = (
    "preferences.json",
    "choices.json",
    "journal.sqlite3-commits",
    "logs/cg-uploader.log",
    "logs/cg-uploader.log.crash",
)


@pytest.mark.parametrize("name", OWN_FILES)
def test_a_pipe_among_the_programs_own_files_is_waited_for_by_nothing(tmp_path: Path, name: str) -> None:
    program = Program(tmp_path)
    with program.practice() as practice:
        file = workbook(tmp_path / "people.xlsx", ("Email", "First Name"), [("ann@example.com", "Ann")])
        words = "upload", file, "--profile", program.profile(practice, ("Email", "First Name"))
        assert program.run(*words).returncode == 0
        pipe = tmp_path / "home" / name
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe)
        for command in (("history",), ("report", "1"), words):
            done = program.run(*command)
            assert done.returncode in (0, 5), done
            assert "Traceback" not in done.stderr
            assert "Something went wrong" not in done.stderr
