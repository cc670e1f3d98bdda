"""Where things are stored: one home, private folders, files that are whole or absent."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from cg_uploader.errors import UploaderError
from cg_uploader.settings.paths import AppPaths, make_private, resource, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CG_UPLOADER_HOME", str(tmp_path / "here"))
    found = AppPaths.find()
    for path in (found.journal, found.locks, found.profiles, found.logs, found.preferences):
        assert path.is_relative_to(tmp_path / "here")


def test_without_the_variable_the_system_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (None, ""):
        if value is None:
            monkeypatch.delenv("CG_UPLOADER_HOME", raising=False)
        else:
            monkeypatch.setenv("CG_UPLOADER_HOME", value)
        assert AppPaths.find().home.is_absolute()
        assert "CG Uploader" in str(AppPaths.find().home)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
def test_new_folders_are_private_and_old_ones_stay_as_they_are(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        paths = AppPaths(tmp_path / "new" / "home")
        paths.prepare()
        paths.prepare()
        shared = tmp_path / "shared"
        shared.mkdir(mode=0o755)
        make_private(shared)
    finally:
        os.umask(old)
    assert [mode(path) for path in (paths.home, paths.locks, paths.profiles, paths.logs)] == [0o700] * 4
    assert mode(shared) == 0o755


def test_a_place_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(UploaderError, match=r"Move the file away\. You can also name another folder in CG_UPLOADER_HOME"):
        AppPaths(tmp_path / "home").prepare()
    with pytest.raises(UploaderError, match="is a file"):
        write_private(tmp_path / "home" / "x.json", "text")


@pytest.mark.skipif(os.name != "posix", reason="links and permissions of POSIX systems")
def test_a_private_file_replaces_a_link_instead_of_following_it(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    target = tmp_path / "prefs.json"
    target.symlink_to(victim)
    write_private(target, "mine ü\n")
    assert victim.read_text() == "precious"
    assert not target.is_symlink()
    assert target.read_bytes() == "mine ü\n".encode()
    assert mode(target) == 0o600


def test_resources_are_found_by_name() -> None:
    assert resource("samples/contacts.xlsx").parts[-3:] == ("resources", "samples", "contacts.xlsx")
