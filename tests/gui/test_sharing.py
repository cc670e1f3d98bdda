"""What one window remembers of accepted rows, handed to another: real journals, a real file, a real code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from rig import table_of
from windows import HEADINGS, TIMEOUT_MS, change_rows, people, practice_connection

from cg_uploader.gui.dialogs.sharing import SharingDialog
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.worker import Runner
from cg_uploader.settings.paths import AppPaths

ROWS = 4


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[Runner]:
    """It stands on a page, as its dialogs do, which go when they are closed."""
    page = QWidget()
    qtbot.addWidget(page)
    made = Runner(page)
    yield made
    made.shut_down()


@pytest.fixture
def elsewhere(tmp_path: Path) -> AppPaths:
    """A colleague's computer."""
    paths = AppPaths(tmp_path / "elsewhere")
    paths.prepare()
    return paths


def opened(paths: AppPaths, runner: Runner, qtbot: QtBot) -> SharingDialog:
    page = runner.parent()
    assert isinstance(page, QWidget)
    dialog = SharingDialog(paths, runner, page)
    dialog.show()
    qtbot.waitUntil(lambda: bool(dialog.known.text()), timeout=TIMEOUT_MS)
    return dialog


def idle(dialog: SharingDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not dialog._runner.busy, timeout=TIMEOUT_MS)


def is_as_high_as_needed(dialog: SharingDialog) -> bool:
    layout = dialog.layout()
    return layout is not None and dialog.height() == layout.totalHeightForWidth(dialog.width())


def send(window: MainWindow, qtbot: QtBot) -> None:
    """Rows that this computer remembers from now on."""
    session, page = window.session, window.upload_page
    session.set_connection(practice_connection(window.services))
    session.set_table(table_of(HEADINGS, people(ROWS)))
    qtbot.waitUntil(lambda: session.result is not None and not page._looking.busy, timeout=TIMEOUT_MS)
    page.upload()
    qtbot.waitUntil(lambda: session.run is not None and not page.runner.busy, timeout=TIMEOUT_MS)


def exported(window: MainWindow, runner: Runner, target: Path, qtbot: QtBot) -> str:
    """The code of a file that was written."""
    dialog = opened(window.services.paths, runner, qtbot)
    dialog.export_to(target)
    qtbot.waitUntil(lambda: bool(dialog.code.text()), timeout=TIMEOUT_MS)
    code = dialog.code.text()
    assert is_as_high_as_needed(dialog)
    dialog.copy_code()
    assert QGuiApplication.clipboard().text() == code
    dialog.reject()
    return code


def test_where_nothing_was_accepted_there_is_nothing_to_export(paths: AppPaths, runner: Runner, qtbot: QtBot) -> None:
    dialog = opened(paths, runner, qtbot)
    assert "0 accepted rows" in dialog.known.text()
    assert not dialog.export_button.isEnabled()
    assert "Nothing has been accepted" in dialog.export_button.toolTip()
    assert dialog.import_button.isEnabled()


def test_what_was_sent_here_is_known_there_and_the_code_is_shown_once(
    window: MainWindow, elsewhere: AppPaths, runner: Runner, tmp_path: Path, qtbot: QtBot
) -> None:
    send(window, qtbot)
    file = tmp_path / "april.cgmemory"
    code = exported(window, runner, file, qtbot)
    assert file.is_file()
    assert code.encode() not in file.read_bytes()
    again = opened(window.services.paths, runner, qtbot)
    assert f"{ROWS} accepted rows that it has sent itself" in again.known.text()
    assert all(code not in line.text() for line in again.findChildren(QLineEdit))

    theirs = opened(elsewhere, runner, qtbot)
    theirs.look_into(file)
    qtbot.waitUntil(theirs.entered.isVisible, timeout=TIMEOUT_MS)
    assert "april.cgmemory: Accepted rows of " in theirs.offer.text()
    assert not theirs.take_in_button.isEnabled()
    assert is_as_high_as_needed(theirs)
    theirs.entered.setText("wrong-code")
    theirs.take_in()
    qtbot.waitUntil(lambda: bool(theirs.banner.text), timeout=TIMEOUT_MS)
    assert "The code does not open april.cgmemory" in theirs.banner.text
    assert theirs.entered.isVisible(), "it can be entered again"
    with qtbot.waitSignal(theirs.taken_in, timeout=TIMEOUT_MS):
        theirs.entered.setText(code.upper().replace("-", " "))
        theirs.take_in()
    assert theirs.banner.text.startswith(f"{ROWS} accepted rows that ")
    assert f"{ROWS} accepted rows of " in theirs.known.text()
    assert not theirs.entered.isVisible()


def test_a_file_of_something_else_is_said_in_words(paths: AppPaths, runner: Runner, tmp_path: Path, qtbot: QtBot) -> None:
    other = tmp_path / "x.cgmemory"
    other.write_text("something else")
    dialog = opened(paths, runner, qtbot)
    for file, said in ((other, "is not a file of sent rows"), (tmp_path / "gone.cgmemory", "no such file")):
        dialog.look_into(file)
        idle(dialog, qtbot)
        assert said in dialog.banner.text
        assert "cg-uploader" not in dialog.banner.text, "who has the window has no command line"
        assert dialog._code_in.isHidden()


def test_it_does_not_close_while_something_is_written(paths: AppPaths, runner: Runner, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(paths, runner, qtbot)
    dialog.export_to(tmp_path / "x.cgmemory")
    dialog.reject()
    assert dialog.isVisible()
    assert not dialog.close_button.isEnabled()
    idle(dialog, qtbot)
    assert "nothing to export" in dialog.banner.text
    assert not (tmp_path / "x.cgmemory").exists()
    with qtbot.waitSignal(dialog.destroyed, timeout=TIMEOUT_MS):
        dialog.close_button.click()


def test_what_a_colleague_has_sent_is_asked_about_in_the_upload_that_waits(window: MainWindow, qtbot: QtBot) -> None:
    send(window, qtbot)
    page = window.upload_page
    change_rows(window.session, {}, frozenset({2}))
    qtbot.waitUntil(lambda: page._looked_at is not None and not page._looking.busy, timeout=TIMEOUT_MS)
    window.history_page.memory_grown.emit()
    assert page._looking.busy, "what was found before may be too little now"
    qtbot.waitUntil(lambda: not page._looking.busy, timeout=TIMEOUT_MS)


def test_the_history_opens_it(window: MainWindow, qtbot: QtBot) -> None:
    window.show_history()
    window.history_page.share.click()
    (dialog,) = window.history_page.findChildren(SharingDialog)
    qtbot.waitUntil(lambda: bool(dialog.known.text()), timeout=TIMEOUT_MS)
    dialog.reject()
