"""Texts of files and servers are text wherever the window shows them: no markup is obeyed, nothing that deceives is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QLabel, QMessageBox, QTextEdit, QWidget
from pytestqt.qtbot import QtBot
from windows import TIMEOUT_MS, MakeFile, practice_connection

from cg_uploader.fields.headings import reveal
from cg_uploader.gui.dialogs.texts_dialog import TextDialog
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.pages.upload import details
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.steps import Step
from cg_uploader.gui.theme import Theme
from cg_uploader.gui.widgets.texts import message
from cg_uploader.model.configuration import Field, Mapping, Source
from cg_uploader.model.enums import FieldKind
from cg_uploader.practice import faults
from cg_uploader.settings.paths import AppPaths

EVIL = "<b>x</b> &amp; <img src=a> photo\u202egnp.exe\u200b"
HEADINGS = ("Email", f"Name {EVIL}", f"Left {EVIL}")
SCRIPT = {"rules": [{"when": {"Email": "two@example.com"}, "do": "refused", "errors": {"Email": f"No {EVIL}"}}]}
WRAPPED = "<p style='white-space:pre-wrap'>"


@pytest.fixture
def services(paths: AppPaths, theme: Theme) -> Iterator[Services]:
    made = Services(paths, theme, practice=Practice(delay=0.0, script=faults.parse(SCRIPT)))
    yield made
    made.close()


@pytest.fixture
def full(window: MainWindow, services: Services, make_file: MakeFile, qtbot: QtBot) -> MainWindow:
    """A window in which every page shows hostile texts: connection, file name, headings, cells, answers, history."""
    session = window.session
    fields = (Field("Email", kind=FieldKind.EMAIL), Field(HEADINGS[1]), Field(f"More {EVIL}"))
    session.set_connection(replace(practice_connection(services), name=f"Mine {EVIL}", fields=fields))
    rows = [(f"{name}@example.com", EVIL, EVIL) for name in ("one", "two")]
    file = make_file(HEADINGS, [*rows, (f"bad {EVIL}", EVIL, EVIL)], name=f"{EVIL.replace('/', '')}.xlsx")
    window.file_page.open_file(file)
    qtbot.waitUntil(lambda: session.table is not None, timeout=TIMEOUT_MS)
    session.set_mapping(Mapping((("Email", Source(column="Email")), (HEADINGS[1], Source(column=HEADINGS[1])))))
    qtbot.waitUntil(lambda: session.result is not None and not window.upload_page._looking.busy, timeout=TIMEOUT_MS)
    window.upload_page.upload()
    qtbot.waitUntil(lambda: not session.running and not window.upload_page.runner.busy, timeout=TIMEOUT_MS)
    window.show_history()
    qtbot.waitUntil(lambda: window.history_page.model.rowCount() == 1, timeout=TIMEOUT_MS)
    return window


def harmless_tip(text: str) -> bool:
    return "<" not in text or (text.startswith(WRAPPED) and "<" not in text[len(WRAPPED) : -len("</p>")])


def texts_of(widget: QWidget) -> Iterator[str]:
    """What a widget shows: its own text, the entries of a list, the cells of a table."""
    if isinstance(widget, QLabel):
        yield widget.text()
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(place) for place in range(widget.count()))
    if isinstance(widget, QAbstractItemView) and (model := widget.model()) is not None:
        yield from cells(model, Qt.ItemDataRole.DisplayRole)
        heads = (model.headerData(c, Qt.Orientation.Horizontal) for c in range(model.columnCount()))
        yield from (str(text) for text in heads if text is not None)


def cells(model: QAbstractItemModel, role: Qt.ItemDataRole) -> Iterator[str]:
    for row in range(model.rowCount()):
        for column in range(model.columnCount()):
            text = model.index(row, column).data(role)
            if isinstance(text, str):
                yield text


def test_every_label_and_tip_of_the_window_is_plain_and_open(full: MainWindow, qtbot: QtBot) -> None:
    seen = set()
    for step in (*Step, None):
        full.show_history() if step is None else full.show_step(step)
        for widget in full.findChildren(QWidget):
            if isinstance(widget, QLabel):
                assert widget.textFormat() is Qt.TextFormat.PlainText, widget.text()
            assert harmless_tip(widget.toolTip()), widget.toolTip()
            if isinstance(widget, QAbstractItemView) and widget.model() is not None:
                assert all(map(harmless_tip, cells(widget.model(), Qt.ItemDataRole.ToolTipRole)))
            for text in texts_of(widget):
                assert "\u202e" not in text, (type(widget), text)
                assert "\u200b" not in text, (type(widget), text)
                seen.add("photo‹right-to-left override›gnp.exe" in text)
    assert seen == {True, False}


def test_message_boxes_show_both_texts_to_the_letter(window: MainWindow) -> None:
    box = message(window, QMessageBox.Icon.Question, EVIL, EVIL)
    labels = [label for label in box.findChildren(QLabel) if label.text()]
    assert [label.text() for label in labels] == [reveal(EVIL)] * 2
    assert {label.textFormat() for label in box.findChildren(QLabel)} == {Qt.TextFormat.PlainText}


def test_details_are_text_too(full: MainWindow) -> None:
    model = full.upload_page.model
    assert model.rowCount() == 2
    outcome = next(model.outcome(line) for line in range(2) if model.outcome(line).row == 3)
    dialog = TextDialog("Row", details(outcome), markdown=False, parent=full)
    shown = dialog.findChild(QTextEdit)
    assert shown is not None
    assert "<b>x</b> &amp; <img src=a> photo" in shown.toPlainText()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain  text\u00a0here", "plain  text\u00a0here"),
        ("two\nlines\tand tab", "two\nlines\tand tab"),
        ("a\u202eb", "a‹right-to-left override›b"),
        ("a\u200bb", "a‹zero width space›b"),
        ("pay\u200dpal", "pay‹zero width joiner›pal"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("\ufeffx", "‹byte order mark›x"),
        ("\x1b[31m", "‹U+001B›[31m"),
    ],
)
def test_what_could_deceive_is_named(text: str, shown: str) -> None:
    assert reveal(text) == shown
