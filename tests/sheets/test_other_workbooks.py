from __future__ import annotations

import struct
from pathlib import Path

import pytest
from sheetfiles import binary_cell, excel_binary, excel_old, open_document, read, record8, short_cell, text8

from cg_uploader.errors import FileError, UsageError
from cg_uploader.model import Table
from cg_uploader.sheets.options import ReadOptions


def texts(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def notes(table: Table) -> list[tuple[int | None, str]]:
    return [(note.row, note.kind) for note in table.notes]


# ------------------------------------------------------------------------------------------------------------- ods


def number_style(kind: str, name: str, inside: str) -> str:
    return f'<number:{kind}-style style:name="{name}">{inside}</number:{kind}-style>'


def digits(places: int, whole: int = 1) -> str:
    return f'<number:number number:decimal-places="{places}" number:min-integer-digits="{whole}"/>'


def cell_style(name: str, attributes: str) -> str:
    return f'<style:style style:name="{name}" style:family="table-cell" style:{attributes}/>'


def map_to(condition: str, style: str) -> str:
    return f'<style:map style:condition="{condition}" style:apply-style-name="{style}"/>'


def embedded(places: int, whole: int, texts: dict[int, str]) -> str:
    inside = "".join(
        f'<number:embedded-text number:position="{place}">{text}</number:embedded-text>' for place, text in texts.items()
    )
    return digits(places, whole).removesuffix("/>") + f">{inside}</number:number>"


TEXT = "<number:text>{}</number:text>".format
YEAR, MONTH = '<number:year number:style="long"/>', "<number:month/>"
CLOCK = "<number:hours/>" + TEXT(":") + "<number:minutes/>"
STYLES = "".join(
    [
        number_style("number", "N5", digits(0, 5)),
        cell_style("zip", 'data-style-name="N5"'),
        cell_style("child", 'parent-style-name="zip"'),
        number_style("percentage", "P", digits(1) + TEXT("%")),
        cell_style("pct", 'data-style-name="P"'),
        number_style("number", "NEG", TEXT("(") + digits(2) + TEXT(")")),
        number_style("number", "POS", digits(2) + '<style:map style:condition="value()&lt;0" style:apply-style-name="NEG"/>'),
        cell_style("acc", 'data-style-name="POS"'),
        number_style("date", "MY", "<number:month/>" + TEXT(" ") + "<number:year/>"),
        cell_style("my", 'data-style-name="MY"'),
        number_style("number", "LIT", digits(0) + TEXT("%")),
        cell_style("lit", 'data-style-name="LIT"'),
        number_style("currency", "EURPOS", digits(2)),
        number_style("currency", "EUR", TEXT("-") + digits(2) + map_to("value()&gt;=0", "EURPOS")),
        cell_style("eur", 'data-style-name="EUR"'),
        number_style("number", "PHONE", TEXT("(") + embedded(0, 0, {7: ") ", 4: "-"})),
        cell_style("phone", 'data-style-name="PHONE"'),
        number_style("number", "PARTS", embedded(3, 1, {-2: "x", -3: "y"})),
        cell_style("parts", 'data-style-name="PARTS"'),
        number_style("number", "SWISS", embedded(2, 1, {3: "’"})),
        cell_style("swiss", 'data-style-name="SWISS"'),
        number_style("date", "DAY", YEAR + TEXT("-") + MONTH + TEXT("-") + "<number:day/>"),
        cell_style("day", 'data-style-name="DAY"'),
        number_style("date", "FULL", YEAR + MONTH + "<number:day/>" + CLOCK),
        cell_style("full", 'data-style-name="FULL"'),
        number_style("time", "CLOCK", CLOCK),
        cell_style("clock", 'data-style-name="CLOCK"'),
        number_style("time", "SPAN", CLOCK).replace('"SPAN"', '"SPAN" number:truncate-on-overflow="false"'),
        cell_style("span", 'data-style-name="SPAN"'),
        number_style("boolean", "YES", "<number:boolean/>"),
        cell_style("yes", 'data-style-name="YES"'),
        '<style:style style:name="hid" style:family="table"><style:table-properties table:display="false"/></style:style>',
    ]
)


def cell(text: str = "", attributes: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def value(kind: str, stored: str, style: str = "") -> str:
    name = {"float": "value", "percentage": "value", "currency": "value", "date": "date-value", "time": "time-value"}.get(
        kind, "boolean-value"
    )
    return cell("shown", f'office:value-type="{kind}" office:{name}="{stored}" table:style-name="{style}"')


def line(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def sheet(*rows: str, name: str = "Data", style: str = "") -> str:
    return f'<table:table table:name="{name}" table:style-name="{style}">{"".join(rows)}</table:table>'


HEAD = line(cell("Key"), cell("Value"))


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (cell("00123"), "00123"),
        (value("float", "123", "zip"), "00123"),
        (value("float", "123", "child"), "00123"),
        (value("float", "0.1"), "0.1"),
        (value("percentage", "0.125", "pct"), "12.5%"),
        (value("float", "-5", "acc"), "-5.00"),
        (value("currency", "12.5"), "12.5"),
        (value("date", "2024-01-05"), "2024-01-05"),
        (value("date", "2024-01-05T14:30:00.6"), "2024-01-05 14:30:01"),
        (value("date", "1899-12-31"), "1899-12-31"),
        (value("time", "PT36H00M00S"), "36:00:00"),
        (value("time", "-PT1H"), ""),
        (value("time", "PT-2147483648H00M00S"), ""),
        (value("date", "22856-10-24"), ""),
        (value("float", "12", "lit"), "12%"),
        (value("percentage", "0.125"), "12.50%"),
        (value("currency", "-5", "eur"), "-5.00"),
        (value("currency", "5", "eur"), "5.00"),
        (value("float", "2125551234", "phone"), "(212) 555-1234"),
        (value("float", "1.234", "parts"), "1.2x3y4"),
        (value("float", "1234567.5", "swiss"), "1234567.50"),
        (value("date", "2024-01-05T14:30:00", "day"), "2024-01-05"),
        (value("date", "2024-01-05", "full"), "2024-01-05 00:00:00"),
        (value("date", "2024-01-05T14:30:00", "clock"), "14:30:00"),
        (value("time", "PT36H10M00S", "clock"), "12:10:00"),
        (value("time", "PT36H10M00S", "span"), "36:10:00"),
        (value("time", "PT36H10M00S", "my"), "36:10:00"),
        (value("float", "1", "yes"), "TRUE"),
        (cell("yes").replace("<text:p>", "<draw:rect><text:p>no</text:p></draw:rect><draw:line/><text:p>", 1), "yes"),
        (value("boolean", "true"), "TRUE"),
        (cell("a<text:s text:c='2'/>b<text:tab/>c<text:line-break/>d"), "a  b\tc\nd"),
        (cell("WAHR", 'table:formula="of:=TRUE()" office:value-type="float" office:value="1"'), "TRUE"),
        (cell("FALSE", 'table:formula="of:=1=2" office:value-type="float" office:value="0"'), "FALSE"),
        (cell("1", 'table:formula="of:=1" office:value-type="float" office:value="1"'), "1"),
        (cell("a\n   b"), "a b"),
        (cell("\n  a  b  \n  "), "a b"),
        (cell("a  b"), "a  b"),
        (cell("a<text:tab/>b  c"), "a\tb  c"),
        (cell("one</text:p><text:p>  two  x"), "one\n  two  x"),
        (cell("<text:span>x</text:span> <text:a>y</text:a>"), "x y"),
        (cell("one</text:p><text:p>two"), "one\ntwo"),
        (
            cell("yes").replace("<text:p>", "<office:annotation><text:p>no</text:p></office:annotation><text:p>", 1),
            "yes",
        ),
        (cell("#N/A", 'office:value-type="string" calcext:value-type="error"'), ""),
    ],
)
def test_open_document_values(tmp_path: Path, given: str, text: str) -> None:
    found = read(open_document(tmp_path / "f.ods", sheet(HEAD, line(cell("k"), given)), styles=STYLES))
    assert texts(found) == [("k", text)]


def test_open_document_repeats_hidden_rows_and_sheets(tmp_path: Path) -> None:
    rows = [
        HEAD,
        line(cell("a"), cell("1"), '<table:table-cell table:number-columns-repeated="1000"/>'),
        line(cell("b"), cell("2"), attributes='table:number-rows-repeated="3"'),
        line('<table:table-cell table:number-columns-repeated="5"/>', attributes='table:number-rows-repeated="4"'),
        line(cell("gone"), cell("x"), attributes='table:visibility="filter"'),
        line(cell("e", 'office:value-type="string" table:number-columns-repeated="2"')),
        line('<table:table-cell table:number-columns-repeated="1024"/>', attributes='table:number-rows-repeated="1048000"'),
    ]
    tables = (
        sheet(HEAD, name="Hidden", style="hid")
        + sheet(name="Empty")
        + sheet(*rows)
        + sheet(HEAD, line(cell("z"), cell("z")), name="Last")
    )
    path = open_document(tmp_path / "f.ods", tables, styles=STYLES)
    found = read(path)
    assert [(row.number, row.cells) for row in found.rows] == [
        (2, ("a", "1")),
        (3, ("b", "2")),
        (4, ("b", "2")),
        (5, ("b", "2")),
        (11, ("e", "e")),
    ]
    assert (found.sheet, found.sheets, found.hidden_rows, found.empty_rows) == (
        "Data",
        ("Empty", "Data", "Last", "Hidden"),
        1,
        4,
    )
    assert texts(read(path, ReadOptions(sheet="Last"))) == [("z", "z")]
    assert (read(path, ReadOptions(limit=2)).sheets, len(read(path, ReadOptions(limit=2)).rows)) == (found.sheets, 2)
    with pytest.raises(UsageError, match="no sheet “No”"):
        read(path, ReadOptions(sheet="No"))


def test_open_document_notes(tmp_path: Path) -> None:
    spanned = cell("x", 'office:value-type="string" table:number-rows-spanned="2"')
    rows = [
        HEAD,
        line(spanned, value("date", "2024-01-01", "my")),
        line("<table:covered-table-cell/>", value("percentage", "0.5", "pct")),
        line(cell("e"), "<table:table-cell table:formula='of:=1'/>"),
    ]
    found = read(open_document(tmp_path / "f.ods", sheet(*rows), styles=STYLES))
    assert texts(found) == [("x", "2024-01-01"), ("", "50.0%"), ("e", "")]
    assert sorted(notes(found), key=str) == [
        (4, "not-calculated"),
        (None, "merged-cells"),
        (None, "partial-date"),
        (None, "percent"),
    ]


def test_open_document_refusals(tmp_path: Path) -> None:
    encrypted = open_document(tmp_path / "p.ods", sheet(HEAD), manifest="<manifest><encryption-data/></manifest>")
    huge = open_document(tmp_path / "h.ods", sheet(HEAD, line(cell("a", 'table:number-columns-repeated="99999999"'))))
    for path, kind in ((encrypted, "password"), (huge, "too-big"), (open_document(tmp_path / "e.ods", sheet()), "empty")):
        with pytest.raises(FileError) as failure:
            read(path)
        assert failure.value.kind == kind


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
