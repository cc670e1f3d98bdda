"""What window and command line save for the user goes where it may go, and says what it holds."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rig import Heard, ScriptedClient, plan_of

from cg_uploader.errors import UsageError
from cg_uploader.model.configuration import Configuration, Field, Profile
from cg_uploader.model.enums import DataType, Region
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.profiles import read_profile
from cg_uploader.sheets.reader import read
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.results.saved_files import save_failed_rows, save_report, save_sent_rows, save_setup_file
from cg_uploader.uploads.sending import logged_run
from cg_uploader.uploads.sending.control import Control

PROFILE = Profile("Test", Region.EU, Configuration("contact", DataType.CONTACT, (Field("Email"),)))


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


@pytest.fixture
def run(journal: Journal) -> int:
    """Its first row is accepted, the second one is held back."""
    plan = plan_of([("ann@example.com", "Ann"), ("bob", "Bob")])
    return logged_run.upload(plan, ScriptedClient(), journal, on_batch=Heard(), control=Control()).run


Save = Callable[[Journal, int, Path, AppPaths], object]
SAVES: list[Save] = [
    save_failed_rows,
    lambda journal, _run, target, paths: save_report(journal, ["<html>"], target, paths),
    lambda _journal, _run, target, paths: save_setup_file(PROFILE, target, paths, replaces=True),
    lambda journal, _run, target, paths: save_sent_rows(journal, target, paths),
]


@pytest.mark.parametrize("save", SAVES)
def test_nothing_takes_the_place_of_what_the_program_keeps_or_of_another_profile(
    journal: Journal, run: int, paths: AppPaths, tmp_path: Path, save: Save
) -> None:
    other = tmp_path / "other.xlsx"
    save_setup_file(Profile("Other", PROFILE.region, PROFILE.configuration), other, paths, replaces=False)
    before = other.read_bytes()
    for target in (paths.home / "new.xlsx", other):
        with pytest.raises(UsageError, match="Choose another"):
            save(journal, run, target, paths)
    assert other.read_bytes() == before
    assert not (paths.home / "new.xlsx").exists()


def test_failed_rows_are_counted_and_open_again(journal: Journal, run: int, paths: AppPaths, tmp_path: Path) -> None:
    target = tmp_path / "failed.xlsx"
    assert save_failed_rows(journal, run, target, paths) == 1
    with closing(read(target).rows) as rows:
        assert [row.cells for row in rows] == [("bob", "Bob")]
    with pytest.raises(UsageError, match="does not end in"):
        save_failed_rows(journal, run, tmp_path / "failed.pdf", paths)


def test_a_setup_file_is_replaced_by_one_of_its_name_where_that_was_agreed_to(paths: AppPaths, tmp_path: Path) -> None:
    target = tmp_path / "test.cgsetup"
    save_setup_file(PROFILE, target, paths, replaces=False)
    with pytest.raises(UsageError, match="is a profile or a setup file"):
        save_setup_file(PROFILE, target, paths, replaces=False)
    save_setup_file(PROFILE, target, paths, replaces=True)
    assert read_profile(target) == PROFILE
    if os.name != "nt":
        assert target.stat().st_mode & stat.S_IRGRP, "a colleague may read it"


def test_a_report_comes_in_parts_and_is_private(journal: Journal, paths: AppPaths, tmp_path: Path) -> None:
    target = tmp_path / "receipt.html"
    save_report(journal, iter(["<p>", "Ann", "</p>"]), target, paths)
    assert target.read_text() == "<p>Ann</p>"
    if os.name != "nt":
        assert not target.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)


def test_sent_rows_are_counted_and_their_code_is_told(journal: Journal, run: int, paths: AppPaths, tmp_path: Path) -> None:
    rows, code = save_sent_rows(journal, tmp_path / "rows.cgmemory", paths)
    assert rows == 1
    assert code
    assert b"ann@example.com" not in (tmp_path / "rows.cgmemory").read_bytes()
