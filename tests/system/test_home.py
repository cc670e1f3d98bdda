"""Where everything is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from cg_uploader.system.home import HOME_VARIABLE, find_home


def test_what_the_environment_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "here"))
    assert find_home() == tmp_path / "here"


@pytest.mark.parametrize("empty", [None, ""])
def test_else_the_systems_place_for_this_program(monkeypatch: pytest.MonkeyPatch, empty: str | None) -> None:
    if empty is None:
        monkeypatch.delenv(HOME_VARIABLE)
    else:
        monkeypatch.setenv(HOME_VARIABLE, empty)
    home = find_home()
    assert home.is_absolute()
    assert "CG Uploader" in home.parts
