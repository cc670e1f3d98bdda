"""The pictures of the README: the script that draws them reaches every step of the window."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from PySide6.QtWidgets import QApplication

from cg_uploader.gui.theme import Scheme

pytestmark = pytest.mark.qt_log_ignore(
    "does not support propagateSizeHints", r"org\.freedesktop\.portal\.Settings\.ReadAll failed"
)


def test_every_picture_is_drawn(make_pictures: ModuleType, qapp: QApplication, root: Path, tmp_path: Path) -> None:
    make_pictures.draw(tmp_path, qapp, Scheme.LIGHT, answer_seconds=0.01)
    kept = {picture.name for picture in (root / "resources" / "screenshots").glob("*.png") if "-dark" not in picture.name}
    assert {picture.name for picture in tmp_path.glob("*.png")} == kept
