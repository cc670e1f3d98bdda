from __future__ import annotations

import struct
from pathlib import Path

import pytest
from sheetfiles import binary_cell, excel_binary, excel_old, read, record8, short_cell, text8

from cg_uploader.errors import FileError
from cg_uploader.model.table import Table


def texts(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def notes(table: Table) -> list[tuple[int | None, str]]:
    return [(note.row, note.kind) for note in table.notes]


# ------------------------------------------------------------------------------------------------------------ xlsb


def test_binary_workbooks(tmp_path: Path) -> None:
    rows = [
        (1, False, binary_cell(0, "Key") + binary_cell(1, "Value")),
        (2, False, binary_cell(0, "zip") + binary_cell(1, 123, 1)),
        (3, True, binary_cell(0, "hidden") + binary_cell(1, 5)),
        (4, False, binary_cell(0, "date") + binary_cell(1, 45296.75, 2)),
        (5, False, binary_cell(0, "flag") + binary_cell(1, True)),
        (6, False, binary_cell(0, "error") + binary_cell(1, b"\x2a")),
        (7, False, binary_cell(0, "short") + short_cell("next to it")),
        (9, False, binary_cell(0, "minus") + binary_cell(1, -7)),
    ]
    path = excel_binary(tmp_path / "f.xlsb", rows, formats=["00000", "yyyy-mm-dd hh:mm"])
    found = read(path)
    assert [(row.number, *row.cells) for row in found.rows] == [
        (2, "zip", "00123"),
        (4, "date", "2024-01-05 18:00:00"),
        (5, "flag", "TRUE"),
        (6, "error", ""),
        (7, "short", "next to it"),
        (9, "minus", "-7"),
    ]
    assert notes(found) == [(None, "hidden-rows"), (6, "error-value")]


@pytest.mark.parametrize("ordered", [True, False])
def test_many_rows_of_a_binary_workbook(tmp_path: Path, ordered: bool) -> None:
    """Long stretches of equal rows, and what interrupts them: hidden rows, other kinds, errors, values that are noted, gaps."""
    rows, expected = [(1, False, binary_cell(0, "Key") + binary_cell(1, "Value"))], []
    for number in [*range(2, 900), *range(1_000, 1_400)]:
        value: object = number + 0.25 if number < 600 else number
        value, text = (
            (b"\x2a", "") if number in (300, 850) else (value, f"{number:05d}.25" if number < 600 else f"{number:05d}")
        )
        hidden = 400 <= number < 410 or number == 700
        rows.append((number, hidden, binary_cell(0, f"row {number}") + binary_cell(1, value, 1 if number < 600 else 2)))
        if not hidden:
            expected.append((number, f"row {number}", text))
    if not ordered:
        rows[500], rows[700] = rows[700], rows[500]
    found = read(excel_binary(tmp_path / "f.xlsb", rows, formats=["00000.00", "00000"]))
    assert [(row.number, *row.cells) for row in found.rows] == expected
    assert notes(found) == [(None, "hidden-rows"), (300, "error-value"), (850, "error-value")]
    assert (found.hidden_rows, found.empty_rows) == (11, 100)


def test_half_a_binary_sheet_is_damaged(tmp_path: Path) -> None:
    path = excel_binary(tmp_path / "f.xlsb", [(1, False, binary_cell(0, "Key") + binary_cell(1, "Value"))], end=False)
    with pytest.raises(FileError) as failure:
        read(path)
    assert failure.value.kind == "damaged"


# ------------------------------------------------------------------------------------------------------------- xls


def label(row: int, column: int, text: str) -> bytes:
    return record8(0x204, struct.pack("<HHH", row, column, 0) + text8(text))


def real(row: int, column: int, number: float, style: int = 0) -> bytes:
    return record8(0x203, struct.pack("<HHHd", row, column, style, number))


def test_what_a_chart_keeps_in_an_old_workbook_are_no_cells(tmp_path: Path) -> None:
    chart = record8(0x809, struct.pack("<HHHH", 0x600, 0x20, 0, 0) + bytes(8)) + real(1, 1, 99) + label(0, 0, "Series")
    cells = label(0, 0, "Key") + label(0, 1, "Value") + label(1, 0, "k") + real(1, 1, 5) + chart + record8(0x0A)
    after = record8(0xE5, struct.pack("<H4H", 1, 1, 1, 0, 1))
    found = read(excel_old(tmp_path / "f.xls", cells + after))
    assert [column.heading for column in found.columns] == ["Key", "Value"]
    assert texts(found) == [("k", "")]
    assert notes(found) == [(None, "merged-cells")]


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (b"", ["recalculation"]),
        (record8(0x1C1, struct.pack("<HHI", 0x1C1, 0, 101_716)), ["recalculation"]),
        (record8(0x1C1, struct.pack("<HHI", 0x1C1, 0, 191_029)), []),
        (record8(0x5C, b"\x04\0\0Calc".ljust(112)), []),
        (record8(0x5C, b"\x05\0\0Calco".ljust(112)), ["recalculation"]),
    ],
)
def test_formulas_of_an_old_workbook_that_excel_would_calculate_anew(tmp_path: Path, engine: bytes, said: list[str]) -> None:
    """Programs other than Excel and LibreOffice may store 0 as the result of each formula; Excel then calculates anew."""
    sum_of = record8(0x06, struct.pack("<HHHd", 1, 1, 0, 0.0) + bytes(8))
    cells = label(0, 0, "Key") + label(0, 1, "Value") + label(1, 0, "k")
    assert notes(read(excel_old(tmp_path / "a.xls", cells + sum_of, extra=engine))) == [(None, kind) for kind in said]
    assert notes(read(excel_old(tmp_path / "b.xls", cells + real(1, 1, 5), extra=engine))) == []


def test_a_format_cannot_bring_in_what_parts_the_cells(tmp_path: Path) -> None:
    cells = label(0, 0, "Key") + label(0, 1, "Value") + real(1, 0, 5, 1) + real(1, 1, 7)
    found = read(excel_old(tmp_path / "f.xls", cells, formats=['0"a\x1f\x1eb"']))
    assert texts(found) == [("5ab", "7")]


def test_old_workbooks(tmp_path: Path) -> None:
    hidden = record8(0x208, struct.pack("<HHHHHHHH", 2, 0, 2, 255, 0, 0, 0x20, 0))
    text_result = record8(0x06, struct.pack("<HHH", 4, 1, 0) + b"\0\0\0\0\0\0\xff\xff" + bytes(8)) + record8(
        0x207, text8("of a formula")
    )
    shared_texts = struct.pack("<II", 2, 2) + text8("one")
    split = text8("split text")
    shared = record8(0xFC, shared_texts + split[:11]) + record8(0x3C, b"\x01" + split[11:])
    cells = (
        hidden
        + label(0, 0, "Key")
        + label(0, 1, "Value")
        + label(1, 0, "zip")
        + real(1, 1, 123, 1)
        + label(2, 0, "hidden")
        + real(2, 1, 5)
        + label(3, 0, "many")
        + record8(0xBD, struct.pack("<HHHIHIH", 3, 1, 0, 7 << 2 | 2, 2, 250 << 2 | 3, 2))
        + label(4, 0, "text")
        + text_result
        + label(5, 0, "shared")
        + record8(0xFD, struct.pack("<HHHI", 5, 1, 0, 1))
        + label(6, 0, "flag")
        + record8(0x205, struct.pack("<HHHBB", 6, 1, 0, 1, 0))
        + label(7, 0, "error")
        + record8(0x205, struct.pack("<HHHBB", 7, 1, 0, 7, 1))
    )
    found = read(excel_old(tmp_path / "f.xls", cells, formats=["00000", "0.00"], shared=shared))
    assert [(row.number, *row.cells) for row in found.rows] == [
        (2, "zip", "00123", ""),
        (4, "many", "7", "2.50"),
        (5, "text", "of a formula", ""),
        (6, "shared", "split text", ""),
        (7, "flag", "TRUE", ""),
        (8, "error", "", ""),
    ]
    assert notes(found) == [(None, "hidden-rows"), (None, "empty-heading"), (8, "error-value")]


def test_old_workbooks_that_are_refused(tmp_path: Path) -> None:
    good = excel_old(tmp_path / "good.xls", label(0, 0, "Key") + label(0, 1, "Value") + label(1, 0, "a"))
    cut = tmp_path / "cut.xls"
    cut.write_bytes(good.read_bytes()[:1500])
    locked = excel_old(tmp_path / "locked.xls", label(0, 0, "Key"), extra=record8(0x2F, bytes(6)))
    for path, kind in ((cut, "damaged"), (locked, "password")):
        with pytest.raises(FileError) as failure:
            read(path)
        assert failure.value.kind == kind
    assert texts(read(good)) == [("a", "")]
