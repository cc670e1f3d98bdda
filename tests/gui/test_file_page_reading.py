"""Step 2 while a large file is read: real children, threads and widgets; the rest of the file comes when a test lets it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from windows import HEADINGS, TIMEOUT_MS, MakeFile, gated_readers, people, practice_connection

from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.pages.file import FilePage
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Standing, Step, standing, why_closed, why_not
from cg_uploader.sheets.reader import FIRST_ROWS, ReadProgress


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return tmp_path / "gate"


@pytest.fixture
def page(window: MainWindow, gate: Path) -> FilePage:
    window.services.readers.close()
    window.services.readers = gated_readers(gate)
    window.session.set_connection(practice_connection(window.services))
    window.show_step(Step.FILE)
    return window.file_page


@pytest.fixture
def long_file(make_file: MakeFile) -> Path:
    return make_file(HEADINGS, people(300), "long.xlsx")


def first_rows_of(page: FilePage, file: Path, qtbot: QtBot) -> None:
    page.open_file(file)
    qtbot.waitUntil(lambda: page.zone.name == file.name, timeout=TIMEOUT_MS)


def end_of_reading(page: FilePage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page.runner.busy, timeout=TIMEOUT_MS)


def test_first_rows_are_seen_before_the_rest_and_stay_where_they_are(
    page: FilePage, session: Session, long_file: Path, gate: Path, qtbot: QtBot
) -> None:
    first_rows_of(page, long_file, qtbot)
    assert page.runner.busy
    assert page.preview.rowCount() == FIRST_ROWS
    assert page.preview.headerData(0, Qt.Orientation.Horizontal) == "Email"
    assert page.preview.headerData(0, Qt.Orientation.Vertical) == "2"
    assert page.preview.data(page.preview.index(99, 0)) == "ann99@example.com"
    assert page.progress.isVisible()
    assert page.cancel_button.isVisible()
    page.view.selectRow(40)
    page.view.verticalScrollBar().setValue(500)
    page.view.setColumnWidth(0, 333)
    gate.touch()
    end_of_reading(page, qtbot)
    assert session.table is not None
    assert len(session.table.rows) == 300
    assert page.preview.rowCount() == 200
    assert page.view.selected_lines() == {40}
    assert page.view.verticalScrollBar().value() == 500
    assert page.view.columnWidth(0) == 333
    assert not page.progress.isVisible()
    assert page.banner.text == ""


def test_nothing_later_knows_of_first_rows(
    page: FilePage, window: MainWindow, session: Session, long_file: Path, gate: Path, qtbot: QtBot
) -> None:
    first_rows_of(page, long_file, qtbot)
    assert session.table is None
    assert session.match is None
    assert session.plan is None
    assert why_not(session, Step.FILE) == "Wait until the file has been read."
    assert why_closed(session, Step.COLUMNS)
    window.show_step(Step.COLUMNS)
    assert window.step is Step.FILE
    gate.touch()
    end_of_reading(page, qtbot)
    assert why_closed(session, Step.COLUMNS) == ""
    assert standing(session, Step.FILE) is Standing.READY


def test_while_another_file_is_read_the_one_before_leads_nowhere(
    page: FilePage, session: Session, long_file: Path, make_file: MakeFile, gate: Path, qtbot: QtBot
) -> None:
    gate.touch()
    page.open_file(make_file(HEADINGS, people(3), "before.xlsx"))
    end_of_reading(page, qtbot)
    before = session.table
    assert standing(session, Step.COLUMNS) is not Standing.NOT_STARTED
    gate.unlink()
    first_rows_of(page, long_file, qtbot)
    assert [standing(session, step) for step in Step if step > Step.FILE] == [Standing.NOT_STARTED] * 3
    qtbot.waitUntil(lambda: page.preview.rowCount() == FIRST_ROWS, timeout=TIMEOUT_MS)
    assert session.table is before
    assert why_closed(session, Step.COLUMNS)
    assert standing(session, Step.FILE) is Standing.UNDER_WAY
    page.cancel_button.click()
    end_of_reading(page, qtbot)
    assert session.table is before
    assert session.file == before.file if before is not None else False
    assert page.preview.rowCount() == 3
    assert page.banner.text == "The reading of long.xlsx was cancelled. before.xlsx is open as it was before."
    assert why_closed(session, Step.COLUMNS) == ""


def test_after_cancel_with_nothing_before_nothing_stays(
    page: FilePage, session: Session, long_file: Path, qtbot: QtBot
) -> None:
    first_rows_of(page, long_file, qtbot)
    page.cancel_button.click()
    end_of_reading(page, qtbot)
    assert page.preview.rowCount() == 0
    assert not page.view.isVisible()
    assert session.table is None
    assert session.file is None
    assert page.banner.text == "The reading of long.xlsx was cancelled. No file is open."
    assert why_not(session, Step.FILE) == "Choose a file."


def test_damage_behind_the_first_rows_takes_them_away(
    page: FilePage, session: Session, long_file: Path, tmp_path: Path, gate: Path, qtbot: QtBot
) -> None:
    half = tmp_path / "half.xlsx"
    with zipfile.ZipFile(long_file) as source, zipfile.ZipFile(half, "w") as out:
        for name in source.namelist():
            data = source.read(name)
            out.writestr(name, data[: len(data) * 3 // 4] if "sheet1" in name else data)
    first_rows_of(page, half, qtbot)
    gate.touch()
    end_of_reading(page, qtbot)
    assert session.table is None
    assert page.preview.rowCount() == 0
    assert not page.view.isVisible()
    assert "half.xlsx: The file is damaged" in page.banner.text
    assert standing(session, Step.FILE) is Standing.NEEDS_ATTENTION


def test_another_file_while_one_is_read_takes_its_place(
    page: FilePage, session: Session, long_file: Path, make_file: MakeFile, gate: Path, qtbot: QtBot
) -> None:
    first_rows_of(page, long_file, qtbot)
    other = make_file(("Key", "Name"), [("a", "b")], "other.xlsx")
    first_rows_of(page, other, qtbot)
    qtbot.waitUntil(lambda: page.preview.columnCount() == 2, timeout=TIMEOUT_MS)
    gate.touch()
    end_of_reading(page, qtbot)
    assert session.table is not None
    assert session.table.file == other
    assert page.preview.rowCount() == 1


def test_a_header_row_can_be_chosen_while_the_rest_is_read(
    page: FilePage, session: Session, long_file: Path, gate: Path, qtbot: QtBot
) -> None:
    first_rows_of(page, long_file, qtbot)
    page.view.verticalHeader().sectionClicked.emit(2)
    qtbot.waitUntil(lambda: page.preview.headerData(0, Qt.Orientation.Horizontal) == "ann2@example.com", timeout=TIMEOUT_MS)
    gate.touch()
    end_of_reading(page, qtbot)
    assert session.table is not None
    assert session.table.header_row == 4


def test_a_preview_that_has_to_be_made_anew_says_so(
    page: FilePage, session: Session, tmp_path: Path, gate: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "late.csv"
    letters = "k,Zoë\nk,Åsa\nk,Ærø\nk,Jürgen\n".encode("cp1252")
    file.write_bytes(b"Key,Name\nk,Zo\xc3\xab\n" + b"k,Ann\n" * 1_000_000 + letters * 20)
    first_rows_of(page, file, qtbot)
    assert page.preview.data(page.preview.index(0, 1)) == "Zoë"
    gate.touch()
    end_of_reading(page, qtbot)
    assert session.table is not None
    assert session.table.encoding == "cp1252"
    assert page.preview.data(page.preview.index(0, 1)) == "ZoÃ«"
    assert "another encoding, Western European (Windows-1252). The preview was made again." in page.banner.text


def test_progress_says_rows_and_share_if_it_is_known(page: FilePage) -> None:
    page.progress.begin("f.xls")
    page.progress.say(ReadProgress(1234))
    assert page.progress.text == "1,234 rows read so far of f.xls"
    assert page.progress.bar.maximum() == 0
    page.progress.say(ReadProgress(5000, 0.25))
    assert page.progress.text == "5,000 rows read so far, 25% of f.xls"
    assert page.progress.bar.value() / page.progress.bar.maximum() == 0.25
