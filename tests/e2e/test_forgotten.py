"""What is forgotten is gone, or it is said what stays: beside a program that reads, and behind links."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from program import ENOUGH_SECONDS, Program, workbook

HEADINGS = ("Email", "First Name")
READER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("begin"); db.execute("select count(*) from row").fetchone()
print("reading", flush=True); sys.stdin.readline()
"""


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A computer with one upload, whose second row is held back and therefore kept."""
    found = Program(tmp_path)
    file = workbook(tmp_path / "people.xlsx", HEADINGS, [("needle@example.com", "A"), ("needle-two", "B")])
    with found.practice() as practice:
        profile = found.profile(practice, HEADINGS)
        assert found.run("upload", file, "--profile", profile).returncode == 1
    assert b"needle" in stored(tmp_path / "home")
    return found


def test_values_that_another_program_still_reads_are_said_to_stay_until_it_ends(program: Program, tmp_path: Path) -> None:
    home = tmp_path / "home"
    words = [sys.executable, "-c", READER, str(home / "journal.sqlite3")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
        done = program.run("forget", "1")
        assert reader.poll() is None
        assert done.returncode == 0
        assert "Upload 1 is forgotten" in done.stdout
        waits, stays = done.stderr.find("Waiting some seconds for it"), done.stderr.find("stay in its files")
        assert 0 <= waits < stays, done.stderr
        assert b"needle" in stored(home)
        reader.communicate("\n", timeout=ENOUGH_SECONDS)
    assert program.json("history")[1] == {"runs": []}
    assert b"needle" not in stored(home)


def test_beside_nobody_nothing_is_waited_for(program: Program, tmp_path: Path) -> None:
    done = program.run("forget", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert b"needle" not in stored(tmp_path / "home")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("name", ["logs", "locks", "profiles"])
def test_a_folder_behind_a_link_is_said_to_remain(program: Program, tmp_path: Path, name: str) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    (home / name).rename(elsewhere)
    (home / name).symlink_to(elsewhere)
    (elsewhere / "cg-uploader.log").write_text("a line")
    done = program.run("forget", "--all", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Everything" not in done.stdout
    assert str(elsewhere.resolve()) in done.stdout
    assert (elsewhere / "cg-uploader.log").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_file_behind_a_link_is_said_to_remain(program: Program, tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere.sqlite3"
    (home / "journal.sqlite3").rename(elsewhere)
    (home / "journal.sqlite3").symlink_to(elsewhere)
    done = program.run("forget", "--all", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Everything" not in done.stdout
    assert str(elsewhere.resolve()) in done.stdout
    assert not home.exists()
    assert b"needle" in elsewhere.read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_home_behind_a_link_is_emptied(program: Program, tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.rename(elsewhere)
    home.symlink_to(elsewhere)
    done = program.run("forget", "--all", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Everything that CG Uploader kept on this computer is deleted." in done.stdout
    assert list(elsewhere.iterdir()) == []
