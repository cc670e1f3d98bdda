"""Folders for temporary files: the newest that was left stays, and so does what is in use or somebody else's."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from cg_uploader.system.temporary_folders import IN_USE, temporary_folder

PREFIX = "of-a-test-"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files, of this test alone."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def used(day: int) -> Path:
    """A folder that was used and left on a day."""
    with temporary_folder(PREFIX) as folder:
        (folder / "failed rows.xlsx").write_text("x", encoding="utf-8")
    os.utime(folder, (day * 86_400, day * 86_400))
    return folder


def test_older_ones_go_and_the_newest_stays(temporary: Path) -> None:
    for day in range(1, 6):
        newest = used(day)
    with temporary_folder(PREFIX) as mine:
        assert set(temporary.iterdir()) == {newest, mine}
    assert (newest / "failed rows.xlsx").exists()
    assert mine.exists(), "its files were named to the user"


def test_what_is_in_use_stays(temporary: Path) -> None:
    with temporary_folder(PREFIX) as other, temporary_folder(PREFIX) as another:
        for folder in (other, another):
            os.utime(folder, (0, 0))
        newest = [used(day) for day in (1, 2, 3)][-1]
        with temporary_folder(PREFIX) as mine:
            assert set(temporary.iterdir()) == {other, another, newest, mine}


def test_of_an_earlier_version_one_goes_that_holds_anything(temporary: Path) -> None:
    being_made, left = temporary / f"{PREFIX}1", temporary / f"{PREFIX}2"
    for folder in (being_made, left):
        folder.mkdir()
    (left / "journal.sqlite3").touch()
    os.utime(left, (0, 0))
    beginning = temporary / f"{PREFIX}3"
    beginning.mkdir()
    (beginning / IN_USE).touch()
    newest = used(1)
    with temporary_folder(PREFIX) as mine:
        assert set(temporary.iterdir()) == {being_made, beginning, newest, mine}


@pytest.mark.skipif(os.name == "nt", reason="not everybody may make links on Windows")
def test_what_is_behind_a_link_or_called_otherwise_stays(temporary: Path, tmp_path: Path) -> None:
    behind, other = tmp_path / "behind", temporary / "other"
    for folder in (behind, other):
        folder.mkdir()
        (folder / "file").touch()
        os.utime(folder, (0, 0))
    link = temporary / f"{PREFIX}1"
    link.symlink_to(behind)
    used(1)
    newest = used(2)
    with temporary_folder(PREFIX) as mine:
        assert set(temporary.iterdir()) == {link, other, newest, mine}
    assert (behind / "file").exists()
