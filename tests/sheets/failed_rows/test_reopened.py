"""A repair file that is opened again is the original table with only those rows."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from cg_uploader.model.provenance import Origin
from cg_uploader.model.table import Table
from cg_uploader.sheets.failed_rows.hidden_sheet import ABOUT, lines_of, origin_of
from cg_uploader.sheets.failed_rows.writer import RepairRow, write
from cg_uploader.sheets.reader import ReadOptions, read

COLUMNS = (("A", "Email "), ("C", ""), ("D", "Name"), ("E", "Name"), ("G", "Row"))
ORIGIN = Origin(
    run=5,
    started="2026-05-03T12:00:00.000+00:00",
    profile="EU contacts ",
    reference="contact",
    file="may.xlsx",
    digest="ab" * 32,
    columns=COLUMNS,
    sources=(("Email", "A"), ("First Name", "E")),
    constants=("Source",),
)
HEADINGS = [heading for _, heading in COLUMNS]
ROWS = [
    RepairRow(7, ("ann@x.org", "", "Ann", "=1+1", "3"), "Refused: no.", "Correct it."),
    RepairRow(120, ("bob@x.org", "", "Bob", "-1", "4"), "Held back: no.", "Correct it."),
    RepairRow(121, ("@cy", "", "+1", "'x", "5"), "Held back: no.", "Correct it."),
]
UNSURE = [RepairRow(9, ("dora@x.org", "", "D", "D", "6"), "Not sure: silence.", "Look it up.", "2026-05-03", "dora@x.org")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(tmp_path / "failed.xlsx", HEADINGS, ROWS, UNSURE, ORIGIN)
    return tmp_path / "failed.xlsx"


def changed(file: Path, change: Callable[[Worksheet], object]) -> Path:
    book = openpyxl.load_workbook(file)
    change(book.worksheets[0])
    book.save(file)
    return file


def rows_of(table: Table) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.number, row.cells) for row in table.rows]


ALL = [(row.number, row.cells) for row in ROWS]


def test_columns_letters_rows_and_run_are_those_of_the_original(file: Path) -> None:
    table = read(file)
    assert [(column.letter, column.heading) for column in table.columns] == list(COLUMNS)
    assert rows_of(table) == ALL
    assert table.origin == ORIGIN
    assert table.sheets == ("Rows that need you", "Not sure")
    assert [note.text for note in table.notes if note.kind == "failed-rows"] == [
        "These are the failed rows of upload 5, may.xlsx; rows are numbered as there."
    ]


def test_any_place_can_be_asked_for(file: Path) -> None:
    rows = read(file).rows
    assert [rows[i].number for i in range(len(rows))] == [7, 120, 121]
    assert rows[-1].number == 121
    assert [row.number for row in rows.walk(1)] == [120, 121]


def test_the_second_sheet_says_that_its_rows_may_have_arrived(file: Path) -> None:
    table = read(file, ReadOptions(sheet="Not sure"))
    assert table.origin == replace(ORIGIN, unsure=True)
    assert rows_of(table) == [(9, UNSURE[0].cells)]


def test_the_hidden_sheet_holds_no_value(file: Path) -> None:
    sheet = openpyxl.load_workbook(file)[ABOUT]
    assert sheet.sheet_state == "veryHidden"
    said = "".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)
    assert not any(text in said for row in (*ROWS, *UNSURE) for text in row.cells if len(text) > 2)


def test_rows_sorted_by_a_person_come_in_their_first_order(file: Path) -> None:
    def sort(sheet: Worksheet) -> None:
        sheet.move_range("A2:H2", rows=3)
        sheet.delete_rows(2)

    assert rows_of(read(changed(file, sort))) == ALL


def test_rows_taken_out_and_texts_corrected(file: Path) -> None:
    def correct(sheet: Worksheet) -> None:
        sheet["B3"] = "bob@example.org"
        sheet.delete_rows(2)

    assert rows_of(read(changed(file, correct)))[0] == (120, ("bob@example.org", *ROWS[1].cells[1:]))


def test_a_row_without_a_number_of_its_own_is_one_of_the_last(file: Path) -> None:
    def add(sheet: Worksheet) -> None:
        sheet["A3"] = 7
        sheet.append([None, "new@x.org"])

    table = read(changed(file, add))
    assert [(number, cells[0]) for number, cells in rows_of(table)] == [
        (7, "ann@x.org"),
        (121, "@cy"),
        (122, "bob@x.org"),
        (123, "new@x.org"),
    ]
    assert "2 of them had no number of their own" in table.notes[0].text


def test_a_row_without_a_number_is_none_of_the_original_file(tmp_path: Path) -> None:
    """That file had rows up to 400, most of which did not fail."""
    write(tmp_path / "failed.xlsx", HEADINGS, ROWS, UNSURE, replace(ORIGIN, last=400))
    table = read(changed(tmp_path / "failed.xlsx", lambda sheet: sheet.append([None, "new@x.org"])))
    assert [number for number, _ in rows_of(table)] == [7, 120, 121, 401]
    assert table.origin is not None
    assert table.origin.last == 400


def test_notes_speak_of_the_original_row(file: Path) -> None:
    def spoil(sheet: Worksheet) -> None:
        sheet["B3"] = "#N/A"
        sheet["B3"].data_type = "e"

    notes = [note for note in read(changed(file, spoil)).notes if note.kind == "error-value"]
    assert [(note.row, note.column) for note in notes] == [(120, "Email ")]
    assert notes[0].text.startswith("In the file of failed rows: B3 shows the error")


def test_columns_that_were_moved_keep_the_letter_of_their_heading(file: Path) -> None:
    def move(sheet: Worksheet) -> None:
        sheet.insert_cols(2)
        sheet["B1"] = "Comment"
        sheet["B2"] = "mine"

    table = read(changed(file, move))
    letters = {column.heading: column.letter for column in table.columns}
    assert letters["Email "] == "A"
    assert letters["Row"] == "G"
    assert letters["Comment"] not in dict(COLUMNS)
    assert rows_of(table)[0][1][:2] == ("mine", "ann@x.org")


def test_a_column_that_was_taken_out_is_not_there(file: Path) -> None:
    table = read(changed(file, lambda sheet: sheet.delete_cols(2)))
    assert "Email " not in [column.heading for column in table.columns]


def test_without_its_hidden_sheet_the_added_columns_are_still_known(file: Path) -> None:
    book = openpyxl.load_workbook(file)
    del book[ABOUT]
    book.save(file)
    table = read(file)
    assert table.origin == Origin()
    assert [number for number, _ in rows_of(table)] == [7, 120, 121]
    assert [column.heading for column in table.columns] == ["Email ", "Name", "Name", "Row"]
    assert table.columns[0].letter == "A"
    assert "are to be chosen as for any file" in table.notes[0].text


def test_a_file_with_such_headings_elsewhere_is_any_file(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("Email,Row,Problem,What to do,Day\na@x.org,5,p,w,d\n")
    table = read(tmp_path / "own.csv")
    assert table.origin is None
    assert len(table.columns) == 5


def test_a_sheet_of_that_name_that_is_somebody_s_own_is_any_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Email"])
    book.create_sheet(ABOUT).append(["Key", "Value"])
    book.save(tmp_path / "own.xlsx")
    assert read(tmp_path / "own.xlsx").sheets == ("Sheet", ABOUT)


@pytest.mark.parametrize(
    "line",
    [
        ("run", '"5"'),
        ("run", "-1"),
        ("last", "-1"),
        ("last", "x"),
        ("run", "x"),
        ("column", '["A"]'),
        ("profile", "[]"),
        ("x",),
    ],
)
def test_a_hidden_sheet_that_somebody_has_edited_says_nothing(line: tuple[str, ...]) -> None:
    lines = [*lines_of(ORIGIN)]
    assert origin_of(lines) == ORIGIN
    assert origin_of([*lines, line]) is None
    assert origin_of(lines[1:]) is None


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here")
@pytest.mark.parametrize("ending", ["ods", "xlsx", "xls"])
def test_what_libreoffice_saves_again_is_the_same(file: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / "out"
    home = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    words = ["soffice", home, "--headless", "--convert-to", ending, "--outdir", str(out), str(file)]
    subprocess.run(words, check=True, capture_output=True, timeout=200)
    table = read(out / f"failed.{ending}")
    assert table.origin == ORIGIN
    assert [(column.letter, column.heading.strip()) for column in table.columns] == [(a, b.strip()) for a, b in COLUMNS]
    assert rows_of(table) == ALL


@pytest.mark.slow
def test_twenty_thousand_rows_come_back(tmp_path: Path) -> None:
    longest = "x" * 32_767
    rows = [RepairRow(n, (f"p{n}@x.org", "", "\x01", longest if n == 3 else "=A1", ""), "p", "w") for n in range(2, 20_002)]
    write(tmp_path / "failed.xlsx", HEADINGS, rows, (), ORIGIN)
    table = read(tmp_path / "failed.xlsx")
    assert len(table.rows) == 20_000
    assert table.rows[1].cells == ("p3@x.org", "", "", longest, "")
    assert table.rows[19_999].number == 20_001
    assert next(table.rows.walk(12_345)).cells[3] == "=A1"
