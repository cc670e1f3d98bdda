"""Failed rows as they are saved: text in every cell, whole or not at all, and what is marked in the first column."""

from __future__ import annotations

import csv
import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.provenance import Provenance
from cg_uploader.sheets.cells.clean_text import BLANKS, clean_cell
from cg_uploader.sheets.failed_rows import writer
from cg_uploader.sheets.failed_rows.formula_guard import guarded, unguarded
from cg_uploader.sheets.failed_rows.row_mark import AddedColumn, heading_of
from cg_uploader.sheets.failed_rows.writer import ROW, FailedRow
from cg_uploader.sheets.failed_rows.writer import write as write_with
from cg_uploader.sheets.reader import ReadOptions, read

ROWS = [
    FailedRow(5, ("00123", "=1+1"), RowStatus.HELD_BACK, "Not an email address.", "Correct it."),
    FailedRow(9, ("_x000D_", "a\nb"), RowStatus.REFUSED, "Other", "Look."),
]
UNSURE = [
    FailedRow(
        12,
        ("x", "y"),
        RowStatus.NOT_SURE,
        "No answer came.",
        "Look whether it is there.",
        "2024-01-05 10:00:00",
        "x@example.com",
    )
]
ORIGIN = Provenance(run=5, last=400, started="2026-05-03T12:00:00.000+00:00", digest="ab" * 32, content="ab" * 32 + " S")

STATUS = heading_of(AddedColumn.STATUS, "Status")
PROBLEM = heading_of(AddedColumn.PROBLEM, "Problem")
WHAT_TO_DO = heading_of(AddedColumn.WHAT_TO_DO, "What to do")
SENT = heading_of(AddedColumn.SENT, "When it was sent")
IDENTIFIER = heading_of(AddedColumn.IDENTIFIER, "Identifier")


def write(path: Path, columns: Sequence[str], rows: Iterable[FailedRow], not_sure: Iterable[FailedRow] = ()) -> int:
    return write_with(path, columns, rows, not_sure, origin=ORIGIN)


def texts(path: Path, **options: object) -> list[tuple[str, ...]]:
    table = read(path, ReadOptions(header_row=1, **options))  # type: ignore[arg-type]
    return [tuple(column.heading for column in table.columns), *(row.cells for row in table.rows)]


def test_both_sheets_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "failed.xlsx"
    assert write(path, ["Key", "Value"], ROWS, UNSURE) == 3
    assert read(path).sheets == ("Rows that need you", "Not sure")
    assert texts(path) == [("Key", "Value"), ("00123", "=1+1"), ("_x000D_", "a\nb")]
    assert [row.number for row in read(path).rows] == [5, 9]
    assert texts(path, sheet="Not sure")[1] == ("x", "y")
    book = openpyxl.load_workbook(path)
    assert [cell.value for cell in book["Rows that need you"][1]] == [ROW, "Key", "Value", STATUS, PROBLEM, WHAT_TO_DO]
    assert [cell.value for cell in book["Not sure"][1]][3:] == [STATUS, PROBLEM, WHAT_TO_DO, SENT, IDENTIFIER]
    assert [cell.value for cell in book["Not sure"][2]][3:] == [
        "Not sure",
        "No answer came.",
        "Look whether it is there.",
        "2024-01-05 10:00:00",
        "x@example.com",
    ]


def test_the_second_sheet_is_there_only_when_needed(tmp_path: Path) -> None:
    assert write(tmp_path / "r.xlsx", ["Key"], iter([FailedRow(2, ("a",), RowStatus.REFUSED, "p", "w")])) == 1
    assert read(tmp_path / "r.xlsx").sheets == ("Rows that need you",)


def test_no_cell_is_anything_but_text(tmp_path: Path) -> None:
    nasty = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(1)", "2024-01-05", "1E5", "TRUE", "#N/A", "'x", "\t=1"]
    write(
        tmp_path / "r.xlsx", [f"c{i}" for i in range(len(nasty))], [FailedRow(2, tuple(nasty), RowStatus.REFUSED, "=1", "=2")]
    )
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx").active
    row = list(sheet[2])
    assert {cell.data_type for cell in row} == {"s"}
    assert [cell.value for cell in row][1:] == [*nasty, "Refused", "=1", "=2"]


def test_no_text_of_a_csv_file_can_be_a_formula_and_each_comes_back(tmp_path: Path) -> None:
    nasty = ("=1", "+49 170", "-2", "@x", "'=1", "''+", "'s", "'", 'a;"b",\nc', "", "00123", "1,5")
    names = [f"c{i}" for i in range(len(nasty) - 1)] + ["=h"]
    assert (
        write(
            tmp_path / "r.csv",
            names,
            [FailedRow(9, nasty, RowStatus.REFUSED, "=1", "Do."), FailedRow(12, nasty[:3], RowStatus.NOT_SENT, "", "")],
        )
        == 2
    )
    lines = list(csv.reader((tmp_path / "r.csv").read_text(encoding="utf-8-sig").splitlines(keepends=True)))
    assert not [text for line in lines for text in line if text[:1] in tuple("=+-@\t\r")]
    table = read(tmp_path / "r.csv")
    assert [column.heading for column in table.columns] == names
    assert [(row.number, row.cells[: len(nasty)]) for row in table.rows] == [
        (9, nasty),
        (12, (*nasty[:3], *[""] * (len(nasty) - 3))),
    ]


@given(st.text("'=+-@\t\ra", max_size=6))
def test_what_guards_a_text_can_be_taken_away_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in tuple("=+-@\t\r")


def test_a_csv_file_of_rows_that_may_have_arrived_is_not_opened(tmp_path: Path) -> None:
    write(tmp_path / "r.csv", ["Key", "Value"], ROWS, UNSURE)
    assert [row.number for row in read(tmp_path / "r.csv").rows] == [5, 9]
    unsure = tmp_path / "r-not-sure.csv"
    assert "x@example.com" in unsure.read_text(encoding="utf-8-sig")
    with pytest.raises(UsageError, match="may have arrived already"):
        read(unsure)
    lines = list(csv.reader(unsure.read_text(encoding="utf-8-sig").splitlines()))
    unsure.write_text("\n".join(",".join(reversed(line)) for line in lines), encoding="utf-8")
    with pytest.raises(UsageError, match="may have arrived already"):
        read(unsure)


def test_the_file_is_private_until_it_is_there_and_nothing_is_left_over(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_text("old")
    write(path, ["Key"], [FailedRow(2, ("a",), RowStatus.REFUSED, "p", "w")])
    assert [file.name for file in tmp_path.iterdir()] == ["r.xlsx"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or os.name == "nt"


def test_a_text_that_no_cell_can_hold_is_cut_and_said_and_stays_too_long_to_send(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    write(
        path,
        ["Key"],
        [FailedRow(2, ("a",), RowStatus.REFUSED, "p", "w"), FailedRow(7, ("x" * 32_768,), RowStatus.REFUSED, "p", "w")],
    )
    first, second = read(path).rows
    assert (first.number, first.cells) == (2, ("a",))
    assert 7_900 < len(second.cells[0]) <= 32_767
    assert "cut here" in str(openpyxl.load_workbook(path).active["E3"].value)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        write(tmp_path / "no" / "r.xlsx", ["Key"], [])


CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text("_x0A5Dd\n\t =00#", max_size=12)


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5))
def test_every_text_comes_back_as_it_would_be_sent(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "r.xlsx"
    write(path, ["Key", "Value"], [FailedRow(i, cells, RowStatus.REFUSED, "p", "w") for i, cells in enumerate(rows, 2)])
    found = texts(path)[1:]
    assert [row[:2] for row in found] == [tuple(clean_cell(cell)[0] for cell in cells) for cells in rows]
    clean = [(i, cell) for i, cells in enumerate(rows) for cell in cells if cell == cell.strip(BLANKS) and cell.isprintable()]
    assert all(cell in found[i] for i, cell in clean)


def test_more_rows_than_a_sheet_holds_stand_on_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_ROWS", 2)
    rows = [FailedRow(n, (str(n),), RowStatus.REFUSED, "p", "w") for n in range(2, 7)]
    assert write(tmp_path / "r.xlsx", ["Key"], rows) == 5
    table = read(tmp_path / "r.xlsx")
    assert table.sheets == ("Rows that need you", "Rows that need you 2", "Rows that need you 3")
    assert [row.number for row in read(tmp_path / "r.xlsx", ReadOptions(sheet=table.sheets[2])).rows] == [6]
