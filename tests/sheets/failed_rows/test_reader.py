"""A file of failed rows that is opened again is the original table with only those rows."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.table import Table
from cg_uploader.sheets.failed_rows.hidden_sheet import SHEET_NAME, lines_of, origin_of
from cg_uploader.sheets.failed_rows.writer import FailedRow, write
from cg_uploader.sheets.reader import ReadOptions, read

COLUMNS = (("A", "Email "), ("C", ""), ("D", "Name"), ("E", "Name"), ("G", "Row"))
ORIGIN = Provenance(
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
    FailedRow(7, ("ann@x.org", "", "Ann", "=1+1", "3"), RowStatus.REFUSED, "no.", "Correct it."),
    FailedRow(120, ("bob@x.org", "", "Bob", "-1", "4"), RowStatus.HELD_BACK, "no.", "Correct it."),
    FailedRow(121, ("@cy", "", "+1", "'x", "5"), RowStatus.HELD_BACK, "no.", "Correct it."),
]
UNSURE = [
    FailedRow(9, ("dora@x.org", "", "D", "D", "6"), RowStatus.NOT_SURE, "silence.", "Look it up.", "2026-05-03", "dora@x.org")
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write(tmp_path / "failed.xlsx", HEADINGS, ROWS, UNSURE, origin=ORIGIN)
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
    sheet = openpyxl.load_workbook(file)[SHEET_NAME]
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
        sheet["A3"] = None
        sheet.append([None, "new@x.org"])

    table = read(changed(file, add))
    assert [(number, cells[0]) for number, cells in rows_of(table)] == [
        (7, "ann@x.org"),
        (121, "@cy"),
        (122, "bob@x.org"),
        (123, "new@x.org"),
    ]
    assert "2 of them had no number of their own" in table.notes[0].text
    assert [(note.row, note.kind) for note in table.notes if note.row] == [(7, "refused"), (121, "held-back")]


def test_a_row_without_a_number_is_none_of_the_original_file(tmp_path: Path) -> None:
    """That file had rows up to 400, most of which did not fail."""
    write(tmp_path / "failed.xlsx", HEADINGS, ROWS, UNSURE, origin=replace(ORIGIN, last=400))
    table = read(changed(tmp_path / "failed.xlsx", lambda sheet: sheet.append([None, "new@x.org"])))
    assert [number for number, _ in rows_of(table)] == [7, 120, 121, 401]
    assert "1 of them had no number of its own and is the last one, row 401." in table.notes[0].text
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


def test_without_its_hidden_sheet_the_rows_know_their_upload(file: Path) -> None:
    book = openpyxl.load_workbook(file)
    del book[SHEET_NAME]
    book.save(file)
    table = read(file)
    assert table.origin == replace(ORIGIN, columns=table.origin.columns, sources=(), constants=())  # type: ignore[union-attr]
    assert rows_of(table) == ALL
    assert [(column.letter, column.heading) for column in table.columns] == list(COLUMNS)


def test_columns_that_were_moved_get_no_letter_of_another_one_without_the_hidden_sheet(file: Path) -> None:
    book = openpyxl.load_workbook(file)
    del book[SHEET_NAME]
    book.worksheets[0].insert_cols(2)
    book.worksheets[0]["B1"] = "Comment"
    book.save(file)
    letters = {column.letter for column in read(file).columns}
    assert letters.isdisjoint(dict(COLUMNS))


def moved_marks(sheet: Worksheet) -> None:
    for row in sheet.iter_rows():
        row[-1].value, row[0].value = row[0].value, None


def test_the_column_of_marks_may_stand_elsewhere(file: Path) -> None:
    table = read(changed(file, moved_marks))
    assert [number for number, _ in rows_of(table)] == [7, 120, 121]
    assert table.origin == ORIGIN


def lose_marks(sheet: Worksheet) -> None:
    sheet.delete_cols(1)


def empty_marks(sheet: Worksheet) -> None:
    for row in sheet.iter_rows(min_row=2):
        row[0].value = None


def lose_headings(sheet: Worksheet) -> None:
    sheet.delete_rows(1)


def rename_headings(sheet: Worksheet) -> None:
    for number, cell in enumerate(sheet[1]):
        cell.value = f"Heading {number}"


def copy_a_row(sheet: Worksheet) -> None:
    sheet.append([cell.value for cell in sheet[2]])


def change_a_mark(sheet: Worksheet) -> None:
    sheet["A3"] = "120"


def change_a_status(sheet: Worksheet) -> None:
    sheet["A3"] = str(sheet["A3"].value).replace("held_back", "unheard_of")


def change_the_upload(sheet: Worksheet) -> None:
    sheet["A3"] = str(sheet["A3"].value).replace("/5/", "/6/")


def bring_all_rows_of_another_upload(sheet: Worksheet) -> None:
    for row in sheet.iter_rows(min_row=2):
        row[0].value = str(row[0].value).replace("/5/", "/6/")


def spoil_all_uploads(sheet: Worksheet) -> None:
    for row in sheet.iter_rows(min_row=2):
        row[0].value = str(row[0].value).rpartition("/")[0]


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lose_marks, "does not say any more which rows they are"),
        (empty_marks, "does not say any more which rows they are"),
        (lose_headings, "does not say any more which rows they are"),
        (rename_headings, "does not say any more which rows they are"),
        (spoil_all_uploads, "does not say any more which rows they are"),
        (copy_a_row, "Row 7 of the original file stands more than once"),
        (change_a_mark, r"Row 3 of failed\.\w+ has another text below “\[cg-row\]”"),
        (change_a_status, r"Row 3 of failed\.\w+ has another text below “\[cg-row\]”"),
        (change_the_upload, "failed rows of more than one upload"),
    ],
)
def test_a_file_that_does_not_say_any_more_what_its_rows_are_is_not_opened(
    file: Path, change: Callable[[Worksheet], None], sentence: str, ending: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        read(as_format(changed(file, change), ending))


def test_rows_of_another_upload_are_not_taken_for_those_of_the_hidden_sheet(file: Path) -> None:
    with pytest.raises(UsageError, match="failed rows of more than one upload"):
        read(changed(file, bring_all_rows_of_another_upload))


def as_format(file: Path, ending: str) -> Path:
    """The first sheet of a workbook, as a spreadsheet program saves it."""
    if ending == file.suffix:
        return file
    text = file.with_suffix(ending)
    with text.open("w", encoding="utf-8", newline="") as stream:
        rows = openpyxl.load_workbook(file).worksheets[0].iter_rows(values_only=True)
        csv.writer(stream).writerows([["" if cell is None else cell for cell in row] for row in rows])
    return text


def resaved(file: Path, encoding: str, delimiter: str, quoting: Literal[0, 1, 2, 3]) -> Path:
    """A csv file as another program saves it."""
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter, quoting=quoting).writerows(rows)
    return file


@pytest.fixture
def text(tmp_path: Path) -> Path:
    write(tmp_path / "failed.csv", HEADINGS, ROWS, UNSURE, origin=ORIGIN)
    return tmp_path / "failed.csv"


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_csv_file_knows_its_upload_whatever_program_saved_it(
    text: Path, encoding: str, delimiter: str, quoting: Literal[0, 1]
) -> None:
    table = read(resaved(text, encoding, delimiter, quoting))
    assert table.origin == replace(ORIGIN, sources=(), constants=())
    assert [(column.letter, column.heading) for column in table.columns] == list(COLUMNS)
    assert rows_of(table) == ALL
    notes = [note for note in table.notes if note.row is not None]
    assert [(note.row, note.kind, note.text) for note in notes] == [
        (7, "refused", "Row 7: CustomerGauge refused it before: no."),
        (120, "held-back", "Row 120: the check held it back before: no."),
        (121, "held-back", "Row 121: the check held it back before: no."),
    ]


def test_a_csv_file_that_is_saved_as_a_workbook_keeps_its_texts(text: Path) -> None:
    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(text.read_text(encoding="utf-8-sig"), newline="")):
        book.worksheets[0].append(row)
    book.save(text.with_suffix(".xlsx"))
    assert rows_of(read(text.with_suffix(".xlsx"))) == ALL


def test_a_workbook_that_is_saved_as_csv_keeps_its_texts(file: Path) -> None:
    table = read(as_format(file, ".csv"))
    assert rows_of(table) == ALL
    assert table.origin == replace(ORIGIN, sources=(), constants=())


def test_the_sheet_of_rows_that_may_have_arrived_is_not_opened_as_csv(file: Path) -> None:
    book = openpyxl.load_workbook(file)
    book.move_sheet("Not sure", -1)
    book.save(file)
    with pytest.raises(UsageError, match="may have arrived already"):
        read(as_format(file, ".csv"))


def test_a_row_that_may_have_arrived_makes_a_sheet_that_is_asked_about(file: Path) -> None:
    book = openpyxl.load_workbook(file)
    book.worksheets[0].append([cell.value for cell in book["Not sure"][2]])
    book.save(file)
    table = read(file)
    assert table.origin is not None
    assert table.origin.unsure
    assert [number for number, _ in rows_of(table)] == [7, 9, 120, 121]


def test_headings_may_stand_in_any_language(file: Path) -> None:
    def translate(sheet: Worksheet) -> None:
        for cell in sheet[1]:
            cell.value = str(cell.value or "").replace("Problem [", "Probleem [").replace("What to do [", "Wat te doen [")

    table = read(changed(file, translate))
    assert [column.heading for column in table.columns] == HEADINGS
    assert [note.text for note in table.notes if note.row == 7] == ["Row 7: CustomerGauge refused it before: no."]


def test_without_the_column_of_problems_the_status_is_still_known(file: Path) -> None:
    table = read(changed(file, lambda sheet: sheet.delete_cols(7, 3)))
    assert [note.text for note in table.notes if note.row == 7] == ["Row 7: CustomerGauge refused it before."]


def test_a_file_with_such_headings_elsewhere_is_any_file(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("Email,Row,Problem,What to do,Day\na@x.org,5,p,w,d\n")
    table = read(tmp_path / "own.csv")
    assert table.origin is None
    assert len(table.columns) == 5


def test_a_sheet_of_that_name_that_is_somebody_s_own_is_any_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Email"])
    book.create_sheet(SHEET_NAME).append(["Key", "Value"])
    book.save(tmp_path / "own.xlsx")
    assert read(tmp_path / "own.xlsx").sheets == ("Sheet", SHEET_NAME)


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


def by_libreoffice(file: Path, folder: Path, ending: str) -> Path:
    out = folder / "out"
    home = f"-env:UserInstallation={(folder / 'office').as_uri()}"
    words = ["soffice", home, "--headless", "--convert-to", ending, "--outdir", str(out), str(file)]
    subprocess.run(words, check=True, capture_output=True, timeout=200)
    return out / f"failed.{ending}"


needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not here")


@pytest.mark.slow
@needs_libreoffice
@pytest.mark.parametrize("ending", ["ods", "xlsx", "xls"])
def test_what_libreoffice_saves_again_is_the_same(file: Path, tmp_path: Path, ending: str) -> None:
    table = read(by_libreoffice(file, tmp_path, ending))
    assert table.origin == ORIGIN
    assert [(column.letter, column.heading.strip()) for column in table.columns] == [(a, b.strip()) for a, b in COLUMNS]
    assert rows_of(table) == ALL


@pytest.mark.slow
@needs_libreoffice
@pytest.mark.parametrize("ending", ["csv", "ods", "xlsx", "xls"])
def test_a_csv_file_that_libreoffice_saves_again_knows_its_upload(text: Path, tmp_path: Path, ending: str) -> None:
    table = read(by_libreoffice(text, tmp_path, ending))
    assert table.origin is not None
    assert replace(table.origin, columns=()) == replace(ORIGIN, columns=(), sources=(), constants=())
    assert [column.letter for column in table.columns] == [letter for letter, _ in COLUMNS]
    assert rows_of(table) == ALL


def test_twenty_thousand_rows_come_back(tmp_path: Path) -> None:
    longest = "x" * 32_767
    rows = [
        FailedRow(n, (f"p{n}@x.org", "", "\x01", longest if n == 3 else "=A1", ""), RowStatus.REFUSED, "p", "w")
        for n in range(2, 20_002)
    ]
    write(tmp_path / "failed.xlsx", HEADINGS, rows, origin=ORIGIN)
    table = read(tmp_path / "failed.xlsx")
    assert len(table.rows) == 20_000
    assert table.rows[1].cells == ("p3@x.org", "", "", longest, "")
    assert table.rows[19_999].number == 20_001
    assert next(table.rows.walk(12_345)).cells[3] == "=A1"
