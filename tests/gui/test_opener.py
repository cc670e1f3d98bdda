"""How a page or a folder is opened outside."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cg_uploader.gui.opener import open_outside
from cg_uploader.system import child_processes

TIMEOUT_MS = 20_000


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there the system itself opens it")
def test_the_systems_own_opener_is_given_the_desktop_and_no_secret(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "said"
    for folder in ("system", "planted"):
        (tmp_path / folder).mkdir()
        opener = tmp_path / folder / "xdg-open"
        opener.write_text(f'#!/bin/sh\n{{ echo {folder}; echo "$1"; env; }} > "{said}.new"; mv "{said}.new" "{said}"\n')
        opener.chmod(0o755)
    monkeypatch.setattr(
        child_processes, "SYSTEM_FOLDERS", (str(tmp_path / "system"),)
    )  # this computer may have none of its own
    monkeypatch.setenv("PATH", f"{tmp_path / 'planted'}:{os.environ['PATH']}")
    monkeypatch.setenv("HTTPS_PROXY", "http://ann:a-secret@proxy:1")
    monkeypatch.setenv("BROWSER", "planted")
    monkeypatch.setenv("LD_PRELOAD", "")
    monkeypatch.setenv("DISPLAY", ":7")
    assert open_outside(tmp_path / "a page.html")
    qtbot.waitUntil(said.exists, timeout=TIMEOUT_MS)
    lines = said.read_text().splitlines()
    assert lines[:2] == ["system", str(tmp_path / "a page.html")]
    assert "DISPLAY=:7" in lines
    assert not any(word in said.read_text() for word in ("a-secret", "planted", "LD_PRELOAD"))


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there the system itself opens it")
def test_without_an_opener_nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_processes, "SYSTEM_FOLDERS", (str(tmp_path),))
    assert not open_outside(tmp_path)
