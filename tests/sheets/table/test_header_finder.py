from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from sheetfiles import (
    binary_cell,
    excel,
    excel_binary,
    excel_old,
    open_document,
    read,
    record8,
    row_xml,
    sheet_xml,
    text8,
)

from cg_uploader.errors import FileError, UsageError
from cg_uploader.model.table import Table
from cg_uploader.sheets.cells.clean_text import column_letter
from cg_uploader.sheets.open_file import parse
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import ReadControl

Rows = Sequence[Sequence[str | int | None]]
Write = Callable[[Path, Rows, Sequence[Area], Sequence[int]], Path]
"""Writes rows with merged cells and hidden rows."""


def xlsx(path: Path, rows: Rows, merged: Sequence[Area] = (), hidden: Sequence[int] = ()) -> Path:
    places = [f"{column_letter(left)}{top}:{column_letter(right)}{bottom}" for top, bottom, left, right in merged]
    after = f"<mergeCells>{''.join(f'<mergeCell ref={quoteattr(place)}/>' for place in places)}</mergeCells>" if places else ""
    data = "".join(row_xml(i, row, ' hidden="1"' * (i in hidden)) for i, row in enumerate(rows, 1))
    return excel(path.with_suffix(".xlsx"), sheet_xml(data, after=after))


def xls(path: Path, rows: Rows, merged: Sequence[Area] = (), hidden: Sequence[int] = ()) -> Path:
    cells = b"".join(record8(0x208, struct.pack("<HHHHHHHH", i - 1, 0, 9, 255, 0, 0, 0x20, 0)) for i in hidden)
    for i, row in enumerate(rows):
        for column, value in enumerate(row):
            place = struct.pack("<HHH", i, column, 0)
            if isinstance(value, int):
                cells += record8(0x203, place + struct.pack("<d", value))
            elif value is not None:
                cells += record8(0x204, place + text8(value))
    areas = b"".join(struct.pack("<4H", top - 1, bottom - 1, left, right) for top, bottom, left, right in merged)
    return excel_old(path.with_suffix(".xls"), cells + record8(0xE5, struct.pack("<H", len(merged)) + areas))


def xlsb(path: Path, rows: Rows, merged: Sequence[Area] = (), hidden: Sequence[int] = ()) -> Path:
    lines = [
        (i, i in hidden, b"".join(binary_cell(column, value) for column, value in enumerate(row) if value is not None))
        for i, row in enumerate(rows, 1)
    ]
    areas = [struct.pack("<IIII", top - 1, bottom - 1, left, right) for top, bottom, left, right in merged]
    number, seen, cells = lines.pop()
    cells += b"".join(b"\xb0\x01" + bytes([len(area)]) + area for area in areas)
    return excel_binary(path.with_suffix(".xlsb"), [*lines, (number, seen, cells)])


def ods(path: Path, rows: Rows, merged: Sequence[Area] = (), hidden: Sequence[int] = ()) -> Path:
    spans = {
        (top, left): f'table:number-rows-spanned="{bottom - top + 1}" table:number-columns-spanned="{right - left + 1}"'
        for top, bottom, left, right in merged
    }
    table = ""
    for i, row in enumerate(rows, 1):
        table += f'<table:table-row table:visibility="{"collapse" if i in hidden else "visible"}">'
        for column, value in enumerate(row):
            kind = f'float" office:value="{value}' if isinstance(value, int) else "string"
            given = f'office:value-type="{kind}"' if value is not None else ""
            table += f"<table:table-cell {given} {spans.get((i, column), '')}>"
            table += f"<text:p>{value}</text:p></table:table-cell>" if value is not None else "</table:table-cell>"
        table += "</table:table-row>"
    return open_document(path.with_suffix(".ods"), f'<table:table table:name="Data">{table}</table:table>')


@pytest.fixture(params=[xlsx, xls, xlsb, ods], ids=["xlsx", "xls", "xlsb", "ods"])
def write(request: pytest.FixtureRequest) -> Write:
    made: Write = request.param
    return made


def headings(table: Table) -> list[str]:
    return [column.heading for column in table.columns]


GROUPS: Rows = [
    ["Contacts"],
    ["Email", "Name", None, "Scores", None],
    [None, "First", "Last", "Q1", "Q2"],
    ["a@x.org", "Ann", "Lee", 5, 6],
]
MERGED = [(1, 1, 0, 4), (2, 3, 0, 0), (2, 2, 1, 2), (2, 2, 3, 4)]


@pytest.mark.parametrize("choose", [None, 3])
def test_the_headings_stand_below_titles_of_groups(tmp_path: Path, write: Write, choose: int | None) -> None:
    found = read(write(tmp_path / "f", GROUPS, MERGED, ()), ReadOptions(header_row=choose))
    assert (found.header_row, headings(found)) == (3, ["Email", "First", "Last", "Q1", "Q2"])
    assert [row.cells for row in found.rows] == [("a@x.org", "Ann", "Lee", "5", "6")]
    assert [note.kind for note in found.notes] == []
    assert [row.number for row in found.above] == [1, 2]
    assert headings(read(write(tmp_path / "f", GROUPS, MERGED, ()), ReadOptions(header_row=2)))[:2] == ["Email", "Name"]


def test_titles_of_groups_on_two_levels(tmp_path: Path, write: Write) -> None:
    rows: Rows = [
        ["Key", "Person", None, None, None],
        [None, "Name", None, "Place", None],
        [None, "First", "Last", "City", "Zip"],
        ["k", "Ann", "Lee", "York", 5],
    ]
    found = read(write(tmp_path / "f", rows, [(1, 3, 0, 0), (1, 1, 1, 4), (2, 2, 1, 2), (2, 2, 3, 4)], ()))
    assert (found.header_row, headings(found)) == (3, ["Key", "First", "Last", "City", "Zip"])


@pytest.mark.parametrize(
    ("rows", "merged"),
    [
        (GROUPS, []),  # nothing is merged
        (GROUPS, MERGED[:-1]),  # one title is not
        ([*GROUPS[:2], [None, "First", "Last", 2023, 2024], *GROUPS[3:]], MERGED),  # the next row is not all text
        ([GROUPS[1], ["a@x.org", "Ann", None, "x", None]], [(1, 1, 1, 2), (1, 1, 3, 4)]),  # nor fuller
        ([GROUPS[0], ["Email", "Name", "City"], ["a", "b", "c"]], [(1, 1, 0, 2), (2, 2, 0, 0)]),
    ],
    ids=["not merged", "one not merged", "numbers below", "not fuller", "not across"],
)
def test_other_rows_are_no_titles_of_groups(tmp_path: Path, write: Write, rows: Rows, merged: Sequence[Area]) -> None:
    assert headings(read(write(tmp_path / "f", rows, merged, ())))[0] == "Email"
    assert headings(read(write(tmp_path / "f", rows, merged, ())))[1] == "Name"


def test_titles_of_groups_over_few_of_many_columns(tmp_path: Path, write: Write) -> None:
    rows: Rows = [["Email", "Year", *[None] * 5], [None, *(f"Q{n}" for n in range(6))], ["a", 1, 2, 3, 4, 5, 6]]
    found = read(write(tmp_path / "f", rows, [(1, 2, 0, 0), (1, 1, 1, 6)], ()))
    assert (found.header_row, headings(found)[:2]) == (2, ["Email", "Q0"])


def test_the_first_rows_have_the_same_headings_as_all_rows(tmp_path: Path, write: Write) -> None:
    rows = [*GROUPS, *([f"{n}@x.org", "Ann", "Lee", n, n] for n in range(400))]
    file = write(tmp_path / "f", rows, MERGED, ())
    few = parse(file, ReadOptions(limit=5), ReadControl(limit=5))
    assert (few.header_row, headings(few)) == (3, headings(read(file)))
    assert len(few.rows) == 5
    assert len(read(file).rows) == 401


def test_hidden_rows_above_the_header_row_are_counted(tmp_path: Path, write: Write) -> None:
    rows: Rows = [["secret", "title"], [None], ["Email", "Name"], ["a", "b"], ["c", "d"]]
    file = write(tmp_path / "f", rows, (), (1, 2, 4))
    for choose in (None, 3):
        found = read(file, ReadOptions(header_row=choose))
        assert (found.header_row, found.hidden_rows, len(found.rows)) == (3, 2, 1)
        assert [note.text[:28] for note in found.notes if note.kind == "hidden-rows"] == ["2 hidden rows were left out."]
        assert found.above == ()


# ------------------------------------------------------------------------------------------------- which sheet is read

DATA = [["title"], ["Email", "Name"], ["a", "b"]]


def some_sheets(path: Path, name: str, *, hidden: str = "") -> Path:
    """A workbook whose first sheet holds nothing that can be seen; the second one has the data."""
    if name == "ods":
        cell = "<table:table-cell office:value-type='string'><text:p>{}</text:p></table:table-cell>".format
        rows = [f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in DATA]
        cover = f"<table:table-row table:visibility='collapse'>{cell(hidden)}</table:table-row>" if hidden else ""
        data = "".join(rows)
        tables = f"<table:table table:name='Cover'>{cover}</table:table><table:table table:name='Data'>{data}</table:table>"
        return open_document(path.with_suffix(".ods"), tables)
    cover = sheet_xml(row_xml(1, [hidden], ' hidden="1"') + row_xml(5, [" "])) if hidden else sheet_xml([[], [""]])
    return excel(path.with_suffix(".xlsx"), {"Cover": cover, "Data": sheet_xml(DATA)})


@pytest.mark.parametrize("name", ["xlsx", "ods"])
@pytest.mark.parametrize("hidden", ["", "note"])
@pytest.mark.parametrize("row", [1, 2])
def test_a_chosen_header_row_is_one_of_the_sheet_that_is_read(tmp_path: Path, name: str, hidden: str, row: int) -> None:
    file = some_sheets(tmp_path / "f", name, hidden=hidden)
    found = read(file, ReadOptions(header_row=row))
    assert (found.sheet, found.header_row) == ("Data", row)
    assert read(file).sheet == "Data"
    with pytest.raises(UsageError, match="Row 9 holds no headings"):
        read(file, ReadOptions(header_row=9))
    with pytest.raises(FileError) as failure:
        read(file, ReadOptions(sheet="Cover", header_row=row))
    assert failure.value.kind == "empty"
