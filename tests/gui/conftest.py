"""What window tests stand on: a real application off the screen, a real practice server, real files, the sample connection."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from openpyxl import Workbook
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from windows import MakeFile

from cg_uploader.gui.app import Application
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.theme import Scheme, Theme
from cg_uploader.settings.paths import AppPaths

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The platform without a screen says once per window that it has no size hints.

    And Qt asks for the desktop's settings on a bus that may not be there; on a busy computer it says so in the first test.
    """
    said = ("does not support propagateSizeHints", r"org\.freedesktop\.portal\.Settings\.ReadAll failed")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore(*said))


@pytest.fixture(scope="session")
def qapp_cls() -> type[Application]:
    """The product's own application."""
    return Application


@pytest.fixture(scope="session")
def theme(qapp: QApplication) -> Theme:
    """One theme for all windows of a test run."""
    return Theme(qapp, Scheme.LIGHT)


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def services(paths: AppPaths, theme: Theme) -> Iterator[Services]:
    """Services with a practice server that answers at once."""
    made = Services(paths, theme, practice=Practice(delay=0.0))
    yield made
    made.close()


@pytest.fixture
def window(qtbot: QtBot, session: Session, services: Services) -> MainWindow:
    """The whole window, shown; at the end every thread has been joined."""
    made = MainWindow(session, services)
    qtbot.addWidget(made, before_close_func=_end)
    made.show()
    return made


def _end(window: MainWindow) -> None:
    """Nothing runs any more, so closing asks nothing."""
    window.upload_page.shut_down()
    window.session.running = False


@pytest.fixture
def make_file(tmp_path: Path) -> MakeFile:
    """Writes a workbook: a header row, then rows."""

    def make(headings: Sequence[str], rows: Sequence[Sequence[str]], name: str = "contacts.xlsx") -> Path:
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(list(headings))
        for row in rows:
            sheet.append(list(row))
        book.save(tmp_path / name)
        book.close()
        return tmp_path / name

    return make
