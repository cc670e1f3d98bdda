"""Step 2: real files are read in the background; what was read and how is shown; failures are sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot
from windows import HEADINGS, TIMEOUT_MS, MakeFile, change_rows, people, practice_connection

from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.pages.file import FilePage, facts
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Standing, Step, standing, why_not
from cg_uploader.gui.widgets.drop_zone import DropZone
from cg_uploader.model.enums import NoteKind
from cg_uploader.model.table import Note
from cg_uploader.sheets.cells.notes import summarize_notes


@pytest.fixture
def page(window: MainWindow) -> FilePage:
    return window.file_page


def read(page: FilePage, file: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.session.opened, timeout=TIMEOUT_MS):
        page.open_file(file)
    qtbot.waitUntil(lambda: not page.runner.busy, timeout=TIMEOUT_MS)


def test_a_workbook_is_read_and_shown_with_its_facts(
    page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot
) -> None:
    read(page, make_file(HEADINGS, people(30)), qtbot)
    assert session.table is not None
    assert len(session.table.rows) == 30
    assert facts(session.table) == "30 rows · 3 columns · header in row 1"
    assert page.preview.rowCount() == 30
    assert page.preview.headerData(0, Qt.Orientation.Vertical) == "2"
    assert standing(session, Step.FILE) is Standing.READY


def test_a_dropped_file_is_taken(page: FilePage, make_file: MakeFile, qtbot: QtBot) -> None:
    file = make_file(HEADINGS, people(1))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    drop = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    with qtbot.waitSignal(page.zone.file_chosen, timeout=TIMEOUT_MS) as chosen:
        page.zone.dropEvent(drop)
    assert chosen.args == [file]
    qtbot.waitUntil(lambda: page.session.table is not None, timeout=TIMEOUT_MS)


def test_text_files_show_encoding_and_delimiter_and_can_be_read_otherwise(
    page: FilePage, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes("Email;Name\nann@example.com;Zoë\nbob@example.com;Åsa\n".encode("cp1252"))
    read(page, file, qtbot)
    assert page.options.delimiter.currentData() == ";"
    assert session.table is not None
    assert session.table.rows[0].cells == ("ann@example.com", "Zoë")
    page.options.encoding.setCurrentIndex(page.options.encoding.findData("cp1251"))
    with qtbot.waitSignal(session.opened, timeout=TIMEOUT_MS):
        page.options.encoding.activated.emit(page.options.encoding.currentIndex())
    assert session.table.rows[0].cells[1] != "Zoë"
    assert session.table.encoding == "cp1251"


def test_the_header_row_can_be_typed_or_chosen_in_the_table(
    page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot
) -> None:
    read(page, make_file(HEADINGS, people(5)), qtbot)
    page.view.selectRow(1)
    assert page.header_button.isEnabled()
    with qtbot.waitSignal(session.opened, timeout=TIMEOUT_MS):
        page.header_button.click()
    assert session.table is not None
    assert session.table.header_row == 3
    assert page.options.header_row.value() == 3
    assert "Grey lines" in page._shown.text()
    first = page.view.verticalHeader()
    with qtbot.waitSignal(session.opened, timeout=TIMEOUT_MS):
        qtbot.mouseClick(first.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, first.sectionViewportPosition(0) + 5))
    assert session.table.header_row == 1, "by one click on the line that stands above"
    with qtbot.waitSignal(session.opened, timeout=TIMEOUT_MS):
        page.options.header_row.setValue(2)
    assert session.table.header_row == 2


@pytest.mark.parametrize(
    ("name", "content"), [("page.xlsx", b"<html>no</html>"), ("nothing.csv", b""), ("half.xlsx", b"PK\3\4")]
)
def test_a_file_that_cannot_be_read_is_one_plain_sentence(
    window: MainWindow, page: FilePage, tmp_path: Path, qtbot: QtBot, name: str, content: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    read(page, file, qtbot)
    assert page.banner.text.endswith(".")
    assert "Traceback" not in page.banner.text
    assert not page.banner.isHidden()
    assert standing(window.session, Step.FILE) is Standing.NEEDS_ATTENTION


def test_a_failed_other_reading_keeps_the_table(page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot) -> None:
    read(page, make_file(HEADINGS, people(5)), qtbot)
    page.options.header_row.setValue(900)
    qtbot.waitUntil(lambda: bool(page.banner.text), timeout=TIMEOUT_MS)
    assert session.table is not None
    assert session.table.header_row == 1
    assert page.options.header_row.value() == 1


def test_reading_can_be_cancelled(page: FilePage, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "long.csv"
    file.write_text("Email,Name\n" + "".join(f"a{n}@example.com,Ann\n" for n in range(300_000)), encoding="utf-8")
    page.open_file(file)
    assert page.runner.busy
    page.cancel_button.click()
    qtbot.waitUntil(lambda: not page.runner.busy, timeout=TIMEOUT_MS)
    assert session.table is None
    assert page.banner.text == "The reading of long.csv was cancelled. No file is open."
    assert why_not(session, Step.FILE) == "Choose a file."


def test_a_file_without_rows_stops_the_step_with_a_reason(
    page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot
) -> None:
    read(page, make_file(HEADINGS, []), qtbot)
    assert "no rows" in why_not(session, Step.FILE)


def test_the_same_content_again_keeps_what_was_changed(
    page: FilePage, session: Session, services: object, make_file: MakeFile, qtbot: QtBot
) -> None:
    file = make_file(HEADINGS, people(5))
    session.set_connection(practice_connection(page.services))
    read(page, file, qtbot)
    change_rows(session, {2: {1: "Anna"}}, frozenset({3}))
    read(page, file, qtbot)
    assert session.edits == {2: {1: "Anna"}}
    read(page, make_file(HEADINGS, people(6), "other.xlsx"), qtbot)
    assert session.edits == {}
    assert session.left_out == frozenset()


def test_the_drop_zone_shrinks_when_there_is_a_file(qtbot: QtBot, tmp_path: Path) -> None:
    zone = DropZone()
    qtbot.addWidget(zone)
    tall = zone.sizeHint().height()
    zone.show_file(tmp_path / "contacts.xlsx", "3 rows")
    assert max(zone.minimumHeight(), zone.sizeHint().height()) < max(tall, 300)
    assert "another" in zone.browse_button.text()


def test_a_long_name_leaves_room_for_the_button_and_keeps_its_ending(qtbot: QtBot, tmp_path: Path) -> None:
    zone = DropZone()
    qtbot.addWidget(zone)
    zone.show_file(tmp_path / "contacts.xlsx", "3 rows")
    short = zone.minimumSizeHint().width()
    name = f"{'Contacts of all our subsidiaries ' * 9}.xlsx"
    zone.show_file(tmp_path / name, "3 rows")
    assert zone.minimumSizeHint().width() <= short
    assert zone.name == name
    assert name in zone._name.toolTip()


def test_remarks_of_one_kind_are_folded_into_one_sentence() -> None:
    notes = [Note(row, "Phone", NoteKind.DIGITS_LOST, f"E{row} is odd.") for row in (4, 9, 11)]
    assert summarize_notes([*notes, Note(None, None, NoteKind.HIDDEN_ROWS, "2 rows are hidden.")]) == (
        "E4 is odd. (and 2 more cells like this)",
        "2 rows are hidden.",
    )
