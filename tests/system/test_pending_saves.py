"""Parts of files that a killed program left: removed at the next start, and nothing else with them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from program import Program

from cg_uploader.system import pending_saves

SAVE = """
import sys
from pathlib import Path
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.provenance import Provenance
from cg_uploader.sheets.failed_rows import writer
from cg_uploader.sheets.failed_rows.writer import FailedRow
from cg_uploader.system.atomic_file import saved_whole
def rows():
    for number in range(2, 2000):
        yield FailedRow(number, ("ann@example.com",), RowStatus.REFUSED, "p", "w")
    print("half", flush=True)
    sys.stdin.read()
target = Path(sys.argv[1])
if target.suffix == ".xlsx":
    writer.write(target, ["Email"], rows(), origin=Provenance())
else:
    with saved_whole(target) as part:
        part.write_text("ann@example.com")
        print("half", flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A computer whose user has a home of the program already."""
    for name in ("work", "chosen", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "work" / "home").mkdir(mode=0o700)
    return Program(tmp_path / "work", {"TMPDIR": str(tmp_path / "tmp"), "TEMP": str(tmp_path / "tmp")})


@contextmanager
def half_saved(program: Program, target: Path) -> Iterator[subprocess.Popen[str]]:
    """A program in the middle of saving ``target``."""
    process = subprocess.Popen(
        [sys.executable, "-c", SAVE, str(target)],
        env=program._environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        try:
            yield process
        finally:
            process.kill()


def below(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.rglob("*"))


@pytest.mark.process
@pytest.mark.parametrize("name", ["receipt.html", "failed.xlsx"])
@pytest.mark.parametrize("command", ["history", "preview"])
def test_the_next_start_removes_what_a_killed_program_left(program: Program, tmp_path: Path, name: str, command: str) -> None:
    chosen = tmp_path / "chosen"
    (chosen / name).write_text("old")
    with half_saved(program, chosen / name):
        assert len(below(chosen)) > 1
    assert len(below(chosen)) > 1, "the kill left it"
    program.run(*(["history"] if command == "history" else ["preview", "none.csv"]))
    assert below(chosen) == [name]
    assert (chosen / name).read_text() == "old"
    assert below(tmp_path / "tmp") == [], "openpyxl keeps nothing where nobody looks"
    assert not (program.folder / "home" / pending_saves.FOLDER).exists()


@pytest.mark.process
def test_a_save_under_way_is_not_touched(program: Program, tmp_path: Path) -> None:
    target = tmp_path / "chosen" / "receipt.html"
    with half_saved(program, target) as saving:
        assert program.run("history").returncode == 0
        assert len(below(tmp_path / "chosen")) == 1
        assert saving.stdin is not None
        saving.stdin.close()
        assert saving.wait(60) == 0
    assert below(tmp_path / "chosen") == ["receipt.html"]
    assert target.read_text() == "ann@example.com"
    assert not (program.folder / "home" / pending_saves.FOLDER).exists()


def note(home: Path, text: str | Path, name: str = "new-1.save") -> Path:
    (home / pending_saves.FOLDER).mkdir(exist_ok=True)
    file = home / pending_saves.FOLDER / name
    file.write_bytes(os.fsencode(text))
    return file


def test_only_what_carries_our_name_is_removed(tmp_path: Path) -> None:
    """Whatever a note says: a file of another name, one in our folder by a relative name, a folder."""
    letter, other = tmp_path / "letter.txt", tmp_path / ".new-abc.part"
    folder = tmp_path / f".new-{'b' * 32}.part"
    folder.mkdir()
    for file in (letter, other, folder / "x"):
        file.write_text("precious")
    for number, named in enumerate((letter, other, folder, Path(f".new-{'c' * 32}.part"), "", "\n")):
        note(tmp_path, named, f"{number}.save")
    pending_saves.remove_leftovers(tmp_path)
    assert all(file.read_text() == "precious" for file in (letter, other, folder / "x"))
    left = below(tmp_path / pending_saves.FOLDER)
    assert left == ["4.save"], "an empty note is one that is being made"


@pytest.mark.skipif(os.name != "posix", reason="links that any user may make")
def test_no_link_is_followed(tmp_path: Path) -> None:
    victim, elsewhere = tmp_path / "victim", tmp_path / "elsewhere"
    victim.write_text("precious")
    part = tmp_path / f".new-{'a' * 32}.part"
    part.symlink_to(victim)
    note(tmp_path, part)
    pending_saves.remove_leftovers(tmp_path)
    assert victim.read_text() == "precious"
    assert part.is_symlink()
    real = tmp_path / f".new-{'d' * 32}.part"
    real.write_text("somebody's")
    elsewhere.mkdir()
    note(elsewhere, real)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / pending_saves.FOLDER).symlink_to(elsewhere / pending_saves.FOLDER)
    pending_saves.remove_leftovers(tmp_path / "home")
    linked = tmp_path / "other"
    (linked / pending_saves.FOLDER).mkdir(parents=True)
    (linked / pending_saves.FOLDER / "x.save").symlink_to(elsewhere / pending_saves.FOLDER / "new-1.save")
    pending_saves.remove_leftovers(linked)
    assert real.read_text() == "somebody's"


def test_without_a_home_a_save_is_made_all_the_same(tmp_path: Path) -> None:
    with pending_saves.new_part(tmp_path, tmp_path / "none") as part:
        part.write_text("x")
    assert below(tmp_path) == []


@pytest.mark.parametrize("home", ["x" * 300, "link"])
def test_a_home_that_cannot_be_looked_at_is_no_failure_of_what_needs_none(program: Program, home: str) -> None:
    """A name that is too long, and a link to itself: what is said about it comes from the command that needs a home."""
    if home == "link":
        if os.name == "nt":
            pytest.skip("not everybody may make links on Windows")
        (program.folder / home).symlink_to(home)
    program.environment["CG_UPLOADER_HOME"] = str(program.folder / home / "home")
    for word in ("--version", "--help"):
        done = program.run(word)
        assert (done.returncode, done.stderr) == (0, ""), done
    done = program.run("history")
    assert done.returncode != 0
    assert "went wrong" not in done.stderr
    assert "Make that" in done.stderr
