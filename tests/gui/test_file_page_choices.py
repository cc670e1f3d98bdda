"""Step 2: what a person says about the reading of a file: which of two ways is right, and what was chosen the last time."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from windows import HEADINGS, TIMEOUT_MS, MakeFile, people, practice_connection

from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.pages.file import FilePage, facts
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Standing, Step, standing, why_closed, why_not
from cg_uploader.gui.widgets.two_readings import QUESTION
from cg_uploader.sheets.reader import ReadOptions

TWO_WAYS = b"Name,Team;Office,City\nAnn,Red;North,Oslo\nBob,Blue;South,Rome\nCid,Red;East,Bonn\n"


@pytest.fixture
def page(window: MainWindow) -> FilePage:
    window.session.set_connection(practice_connection(window.services))
    window.show_step(Step.FILE)
    return window.file_page


def read(page: FilePage, file: Path, qtbot: QtBot) -> None:
    page.open_file(file)
    settled(page, qtbot)


def settled(page: FilePage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page.runner.busy and not page.session.reading, timeout=TIMEOUT_MS)


def cells(page: FilePage, line: int = 0) -> list[object]:
    return [page.preview.data(page.preview.index(line, column)) for column in range(page.preview.columnCount())]


# ----------------------------------------------------------------------------------------------------------- two ways


def test_two_delimiters_that_are_about_as_good_are_both_shown_and_nothing_goes_on_until_one_is_chosen(
    page: FilePage, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "two.csv"
    file.write_bytes(TWO_WAYS)
    read(page, file, qtbot)
    ask = page.two_readings
    assert ask.isVisible()
    assert ask.question.text == QUESTION
    assert ask.left.model.columnCount() == 2
    assert ask.right.model.columnCount() == 3
    assert ask.right.model.headerData(1, Qt.Orientation.Horizontal) == "Team;Office"
    assert not [text for text in page.notes.texts if "delimiter" in text]
    assert standing(session, Step.FILE) is Standing.NEEDS_ATTENTION
    assert why_not(session, Step.FILE) == "The file can be read in two ways. Say which one is right."
    assert why_closed(session, Step.COLUMNS)
    ask.right.button.click()
    settled(page, qtbot)
    assert not ask.isVisible()
    assert cells(page) == ["Ann", "Red;North", "Oslo"]
    assert why_closed(session, Step.COLUMNS) == ""


def test_the_way_that_was_taken_can_be_chosen_too(page: FilePage, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "two.csv"
    file.write_bytes(TWO_WAYS)
    read(page, file, qtbot)
    page.two_readings.left.button.click()
    settled(page, qtbot)
    assert not page.two_readings.isVisible()
    assert cells(page) == ["Ann,Red", "North,Oslo"]
    assert standing(session, Step.FILE) is Standing.READY


@pytest.mark.parametrize(("encoding", "name", "wrong"), [("cp1250", "Małgorzata", "Ma³gorzata"), ("mac_roman", "René", "RenŽ")])
def test_two_encodings_that_are_about_as_good_are_both_shown(
    page: FilePage, tmp_path: Path, qtbot: QtBot, encoding: str, name: str, wrong: str
) -> None:
    file = tmp_path / "two.csv"
    file.write_bytes(("Name;City\n" + "Ann;Oslo\n" * 100 + f"{name};Rome\n").encode(encoding))
    read(page, file, qtbot)
    ask = page.two_readings
    assert ask.isVisible()
    assert ask.left.model.data(ask.left.model.index(0, 0)) == wrong
    assert ask.right.model.data(ask.right.model.index(0, 0)) == name
    ask.right.button.click()
    settled(page, qtbot)
    assert not ask.isVisible()
    assert cells(page, 100) == [name, "Rome"]


def test_an_ordinary_western_file_raises_no_question(page: FilePage, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "one.csv"
    file.write_bytes("Name;City\nRené;São Paulo\nJørgen;Ærø\nPeña;Köln\n".encode("cp1252"))
    read(page, file, qtbot)
    assert not page.two_readings.isVisible()
    (told,) = [text for text in page.notes.texts if "encoding is a guess" in text]
    assert "Western European (Windows-1252)" in told


# ---------------------------------------------------------------------------------------------------------- remembered


def test_a_header_row_that_was_chosen_is_used_the_next_time_and_can_be_given_up(
    page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot
) -> None:
    file = make_file(("Report of May", "for all"), [HEADINGS, *people(5)])
    read(page, file, qtbot)
    assert page.as_found_button.isVisible() is False
    page.view.verticalHeader().sectionClicked.emit(0)
    settled(page, qtbot)
    assert session.table is not None
    assert session.table.header_row == 2
    assert "as you chose: header row 2" in page._as_chosen.text()
    read(page, make_file(HEADINGS, people(2), "other.xlsx"), qtbot)
    assert session.table.header_row == 1
    read(page, file, qtbot)
    assert session.table.header_row == 2
    assert page._as_chosen.text() == "Read as you chose last time: header row 2."
    page.as_found_button.click()
    settled(page, qtbot)
    assert session.table.header_row == 1
    assert not page.as_found_button.isVisible()
    read(page, file, qtbot)
    assert session.table.header_row == 1


def test_the_same_name_with_other_headings_is_read_as_found(
    page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot
) -> None:
    file = make_file(("Report of May", "for all"), [HEADINGS, *people(300)])
    read(page, file, qtbot)
    page.options.header_row.setValue(2)
    settled(page, qtbot)
    make_file(("Key", "Value"), [(f"a{n}", f"b{n}") for n in range(300)])
    read(page, file, qtbot)
    assert session.table is not None
    assert session.table.header_row == 1
    assert session.read_options == ReadOptions()


@pytest.mark.parametrize("second", [None, ()])
def test_a_choice_that_cannot_be_any_more_is_read_as_found(
    page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot, second: tuple[()] | None
) -> None:
    def make(cells: tuple[str, ...] | None) -> Path:
        file = make_file(HEADINGS, people(5))
        book = load_workbook(file)
        if cells is not None:
            book.create_sheet("Second").append(cells)
        book.save(file)
        book.close()
        return file

    file = make(("x", "y"))
    read(page, file, qtbot)
    page.options.sheet.setCurrentText("Second")
    page.options.sheet.activated.emit(1)
    settled(page, qtbot)
    assert session.table is not None
    assert session.table.sheet == "Second"
    make(second)
    read(page, file, qtbot)
    assert session.table.sheet == "Sheet"
    assert page.banner.text == ""
    file.write_bytes(b"PK\3\4")
    read(page, file, qtbot)
    assert page.banner.text.startswith("contacts.xlsx: The file is damaged")


def test_a_choice_outlasts_a_file_that_cannot_be_read_for_a_while(
    page: FilePage, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    file = tmp_path / "two.csv"
    file.write_bytes(TWO_WAYS)
    read(page, file, qtbot)
    page.two_readings.right.button.click()
    settled(page, qtbot)
    file.rename(tmp_path / "elsewhere.csv")
    read(page, file, qtbot)
    assert "is not there" in page.banner.text
    (tmp_path / "elsewhere.csv").rename(file)
    read(page, file, qtbot)
    assert cells(page) == ["Ann", "Red;North", "Oslo"]


def test_a_new_delimiter_does_not_fix_what_nobody_chose(page: FilePage, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(b"Email;Name\nann@example.com;Ann\n")
    read(page, file, qtbot)
    page.options.delimiter.setCurrentIndex(page.options.delimiter.findData("none"))
    page.options.delimiter.activated.emit(0)
    settled(page, qtbot)
    assert session.read_options == ReadOptions(delimiter="none")
    assert cells(page) == ["ann@example.com;Ann"]
    assert page.options.delimiter.currentText() == "None: one column"


# -------------------------------------------------------------------------------------------------------------- hidden


def test_hidden_columns_are_marked_and_hidden_and_empty_rows_counted(
    page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot
) -> None:
    file = make_file(HEADINGS, [*people(4), (), *people(2)])
    book = load_workbook(file)
    sheet = book.active
    assert sheet is not None
    sheet.column_dimensions["B"].hidden = True
    sheet.row_dimensions[3].hidden = True
    book.create_sheet("Secret", 0).append(["a", "b"])
    book["Secret"].sheet_state = "hidden"
    book.save(file)
    book.close()
    read(page, file, qtbot)
    titles = [page.preview.headerData(column, Qt.Orientation.Horizontal) for column in range(3)]
    assert titles == ["Email", "First Name (hidden)", "Account Name"]
    assert page.preview.data(page.preview.index(0, 1), Qt.ItemDataRole.ForegroundRole) is not None
    assert page.preview.data(page.preview.index(0, 0), Qt.ItemDataRole.ForegroundRole) is None
    assert session.table is not None
    expected = "5 rows · 3 columns (1 hidden) · header in row 1 · 1 empty row left out · 1 hidden row left out"
    assert facts(session.table) == expected
    assert [page.options.sheet.itemText(place) for place in range(2)] == ["Sheet", "Secret"]
