"""Files of failed rows that the version before saved still open with what they know.

``saved_before`` holds what its code has written: a workbook, a csv file, and a csv file of rows that may have arrived.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from cg_uploader.errors import UsageError
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.table import Table
from cg_uploader.sheets.failed_rows.writer import is_not_sure_file
from cg_uploader.sheets.reader import ReadOptions, read

SAVED_BEFORE = Path(__file__).parent / "saved_before"
ORIGIN = Provenance(
    run=5,
    started="2026-05-03T12:00:00.000+00:00",
    profile="EU contacts",
    reference="contact",
    file="may.xlsx",
    digest="ab" * 32,
    content="ab" * 32 + " Contacts",
    last=400,
    columns=(("A", "Email"), ("C", "Name"), ("D", "Row")),
    sources=(("Email", "A"), ("First Name", "C")),
    constants=("Source",),
)
ROWS = [
    (7, ("ann@example.com", "=Ann", "3")),
    (120, ("bob.example", "+1", "'x")),
    (121, ("cy@example.com", "Cy", "")),
]
FAILURES = [
    (7, "refused", "Row 7: CustomerGauge refused it before: Name: is blocked."),
    (120, "held-back", "Row 120: the check held it back before: Email: is not an email address."),
]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return Path(shutil.copy(SAVED_BEFORE / "failed.xlsx", tmp_path / "failed.xlsx"))


def rows_of(table: Table) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.number, row.cells) for row in table.rows]


def failures_of(table: Table) -> list[tuple[int | None, str, str]]:
    return [(note.row, note.kind, note.text) for note in table.notes if note.row is not None]


def changed(file: Path, change: Callable[[Worksheet], object]) -> Path:
    book = openpyxl.load_workbook(file)
    change(book.worksheets[0])
    book.save(file)
    return file


def test_a_workbook_opens_with_all_that_it_knows() -> None:
    table = read(SAVED_BEFORE / "failed.xlsx")
    assert table.origin == ORIGIN
    assert [(column.letter, column.heading) for column in table.columns] == list(ORIGIN.columns)
    assert rows_of(table) == ROWS
    assert failures_of(table) == FAILURES


def test_its_second_sheet_says_that_its_rows_may_have_arrived() -> None:
    table = read(SAVED_BEFORE / "failed.xlsx", ReadOptions(sheet="Not sure"))
    assert table.origin is not None
    assert table.origin.unsure
    assert rows_of(table) == [(9, ("dora@example.com", "Dora", "6"))]


def test_a_csv_file_opens_with_numbers_and_failures() -> None:
    table = read(SAVED_BEFORE / "failed.csv")
    assert table.origin == Provenance()
    assert [(column.letter, column.heading) for column in table.columns] == [("A", "Email"), ("B", "Name"), ("C", "Row")]
    assert rows_of(table) == ROWS
    assert failures_of(table) == FAILURES
    assert "are to be chosen as for any file" in table.notes[0].text


def test_a_csv_file_of_rows_that_may_have_arrived_is_not_opened() -> None:
    file = SAVED_BEFORE / "failed-not-sure.csv"
    assert is_not_sure_file(file), "it may be replaced by the next save"
    assert not is_not_sure_file(SAVED_BEFORE / "failed.csv")
    with pytest.raises(UsageError, match="may have arrived already"):
        read(file)


def test_its_columns_are_known_in_any_order(tmp_path: Path) -> None:
    records = csv.reader(io.StringIO((SAVED_BEFORE / "failed-not-sure.csv").read_text(encoding="utf-8-sig"), newline=""))
    file = tmp_path / "turned.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([record[::-1] for record in records])
    with pytest.raises(UsageError, match="may have arrived already"):
        read(file)


def test_rows_may_be_sorted_taken_out_and_added(book: Path) -> None:
    def edit(sheet: Worksheet) -> None:
        sheet.delete_rows(3)
        sheet.move_range("A2:F2", rows=3)
        sheet.delete_rows(2)
        sheet.append([None, "new@example.com"])

    assert [(number, cells[0]) for number, cells in rows_of(read(changed(book, edit)))] == [
        (7, "ann@example.com"),
        (121, "cy@example.com"),
        (401, "new@example.com"),
    ]


def test_a_column_before_the_numbers_hides_them_from_nobody(book: Path) -> None:
    def insert(sheet: Worksheet) -> None:
        sheet.insert_cols(1)
        sheet["A1"] = "Comment"

    table = read(changed(book, insert))
    assert [number for number, _ in rows_of(table)] == [7, 120, 121]
    assert {column.heading: column.letter for column in table.columns} == {
        "Comment": "E",
        "Email": "A",
        "Name": "C",
        "Row": "D",
    }


def test_without_the_column_of_numbers_nobody_knows_the_rows(book: Path) -> None:
    with pytest.raises(UsageError, match="their numbers in the column “Row” are not there any more"):
        read(changed(book, lambda sheet: sheet.delete_cols(1)))


def test_without_the_hidden_sheet_numbers_are_left(book: Path) -> None:
    workbook = openpyxl.load_workbook(book)
    del workbook["CG Uploader"]
    workbook.save(book)
    table = read(book)
    assert table.origin == Provenance()
    assert rows_of(table) == ROWS
