"""What is typed or named is not repeated where it could be a secret, and cannot look like the program's own words."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import Practice, Program, workbook

SECRET = "hunter2-Secret"
HEADINGS = ("Email", "First Name")
FORGED = "x\nUpload 9 is forgotten.\r\x1b[2K\u2028y"

TYPED = [
    ("upload", "people.xlsx", "--profile", "p", "--client-secret", SECRET),
    ("upload", "people.xlsx", "--profile", "p", f"--client-secret={SECRET}"),
    ("upload", "people.xlsx", "--profile", "p", SECRET),
    ("upload", "people.xlsx", "--profile", "p", f"--json={SECRET}"),
    ("upload", "people.xlsx", "--profile", "p", "--connections", SECRET),
    ("upload", "people.xlsx", "--profile", "p", "--rows", SECRET),
    ("preview", "people.xlsx", "--as", SECRET),
    ("credentials", "set", "Test", SECRET),
    ("credentials", SECRET, "Test"),
    ("history", "--json", SECRET),
    ("report", SECRET, "--as", "json"),
    ("report", "1", "--as", SECRET),
    ("memory", SECRET),
    ("profile", SECRET, "--json"),
    ("practice-server", "--delay", SECRET),
    ("practice-server", "--port", f"-{SECRET}"),
    (f"--{SECRET}",),
    (f"-h{SECRET}",),
    (SECRET,),
    ("set", "Test", SECRET),
    (SECRET * 40,),
]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def practice(program: Program) -> Iterator[Practice]:
    with program.practice() as found:
        yield found


@pytest.mark.parametrize("words", TYPED)
def test_a_word_that_is_not_known_is_not_repeated(program: Program, words: tuple[str, ...]) -> None:
    done = program.run(*words)
    assert done.returncode == 2
    assert "--help" in done.stderr
    log = program.folder / "home" / "logs" / "cg-uploader.log"
    for text in (done.stdout, done.stderr, log.read_text() if log.exists() else ""):
        assert "hunter2" not in text
        assert SECRET[1:] not in text
    if "--json" in words:
        assert json.loads(done.stdout)["error"]["kind"] == "usage"


def test_wrong_use_still_says_what_is_wrong(program: Program) -> None:
    for words, said in (
        (("credentials", "sett", "Test"), "ACTION: set, test or forget is needed"),
        (("upload", "x.xlsx"), "--profile"),
        (("upload", "x.xlsx", "--profile", "p", "--skip-accepted", "--send-again"), "--skip-accepted"),
        (("upload", "x.xlsx", "--profile", "p", "--rows", "a-b"), "--rows: a range of rows such as 2-50 is needed"),
        (("upload", "x.xlsx", "--profile"), "expected one argument"),
        (("history", "all"), "1 word of this command is not known. “cg-uploader history --help”"),
    ):
        assert said in program.run(*words).stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
def test_a_name_with_a_line_break_forges_no_line(program: Program, practice: Practice) -> None:
    file = workbook(program.folder / f"{FORGED}.xlsx", HEADINGS, [("ann@example.com", "Ann"), ("bob", "Bob")])
    profile = program.profile(practice, HEADINGS)
    content = json.loads(profile.read_text(encoding="utf-8"))
    profile.write_text(json.dumps({**content, "name": "Te st"}), encoding="utf-8")
    text = ""
    for words in (
        ("upload", file, "--profile", profile, "--save-failed", program.folder / f"{FORGED} failed.xlsx"),
        ("upload", file, "--profile", profile, "--save-failed", file),
        ("upload", f"{FORGED}.txt", "--profile", profile),
        ("preview", file),
        ("check", file, "--profile", FORGED),
        ("history",),
        ("report", "1"),
        ("report", "1", "--save", program.folder / FORGED / "x.html"),
        ("report", "1", "--save", program.folder / f"{FORGED}.html"),
        ("resume", "1"),
        ("profile", "import", program.folder / FORGED),
        ("profile", "show", FORGED),
    ):
        done = program.run(*words)
        text += done.stdout + done.stderr
    text += (program.folder / "home" / "logs" / "cg-uploader.log").read_text()
    lines = text.splitlines()
    assert "x‹line break›Upload 9" in text
    assert not [line for line in lines if line.startswith(("Upload 9", "y"))]
    assert "\x1b" not in text


@pytest.mark.skipif(os.name == "nt", reason="not everybody may make links on Windows")
def test_a_home_that_cannot_be_one_says_what_it_is(program: Program) -> None:
    home, elsewhere = program.folder / "home", program.folder / "elsewhere"
    file = workbook(program.folder / "people.xlsx", HEADINGS, [("ann@example.com", "Ann")])
    with program.practice() as practice:
        upload = "upload", file, "--profile", program.profile(practice, HEADINGS)
        home.symlink_to(elsewhere)
        for words in (upload, ("history",), ("profile", "import", program.folder / "profile.json")):
            done = program.run(*words)
            assert done.returncode == 5
            assert f"{home} is a link to {elsewhere}, which is not there" in done.stderr
        assert practice.summary()["received"] == 0
        elsewhere.mkdir()
        assert program.run(*upload).returncode == 0
        home.unlink()
        home.write_text("a file")
        assert f"{home} is a file, and a folder is needed there" in program.run("history").stderr
        below = Program(program.folder, {"CG_UPLOADER_HOME": str(home / "below")})
        assert f"{home} is a file, and a folder is needed there" in below.run("history").stderr
        deep = Program(program.folder, {"CG_UPLOADER_HOME": str(program.folder / "a" / "b")})
        assert deep.run("history").returncode == 0, "it is made"
