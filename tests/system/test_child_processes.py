"""What another program is given that this one starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cg_uploader.system import child_processes
from cg_uploader.system.child_processes import (
    desktop_environment,
    reading_environment,
    system_name,
    system_path,
    system_program,
)

SECRETS = {"CG_UPLOADER_CLIENT_SECRET": "x", "AWS_SECRET_ACCESS_KEY": "x", "LD_PRELOAD": "x", "PYTHONPATH": "x", "PATH": "x"}


def test_what_reads_a_file_is_given_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {**SECRETS, "HOME": "x", "LD_LIBRARY_PATH": "/lib"}.items():
        monkeypatch.setenv(name, text)
    assert reading_environment().keys() <= {"SYSTEMROOT", "LD_LIBRARY_PATH"}
    assert reading_environment()["LD_LIBRARY_PATH"] == "/lib"


def test_the_desktop_is_given_what_is_its_own() -> None:
    desktop = {"HOME": "/home/ann", "DISPLAY": ":0", "XDG_RUNTIME_DIR": "/run", "LC_ALL": "C", "DBUS_SESSION_BUS_ADDRESS": "u"}
    given = desktop_environment({**desktop, **SECRETS})
    assert given == {**desktop, "PATH": given["PATH"]}
    assert given["PATH"] != "x"


@pytest.mark.parametrize(("proxy", "kept"), [("http://proxy:3128", True), ("http://ann:secret@proxy:3128", False)])
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_is_handed_on_without_a_login_alone(name: str, proxy: str, kept: bool) -> None:
    assert (name in desktop_environment({name: proxy})) is kept


@pytest.mark.skipif(os.name != "posix", reason="folders of POSIX systems")
def test_programs_are_the_systems_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    planted = tmp_path / "sh"
    planted.write_text("#!/bin/sh\n")
    planted.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = system_program("sh")
    assert found is not None
    assert Path(found).parent != tmp_path
    assert str(tmp_path) not in system_path()
    monkeypatch.setattr(child_processes, "SYSTEM_FOLDERS", (str(tmp_path),))
    assert system_program("sh") == str(planted)
    planted.chmod(0o644)
    assert system_program("sh") is None
    (tmp_path / "folder").mkdir()
    assert system_program("folder") is None


def test_the_system_has_a_name() -> None:
    word = {"win32": "Windows", "darwin": "macOS"}.get(sys.platform, "Linux")
    assert system_name().startswith(word)
