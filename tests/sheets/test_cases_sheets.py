"""What whole workbooks of all kinds become: for each, how it is made, and all headings, rows and notes expected."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from casefiles import Expected, Maker, found_in, number, ods_cell, ods_row, ods_text, row, sheet, text, workbook
from openpyxl import Workbook
from sheetfiles import CALCULATED, binary_cell, compound, excel_binary, open_document, record8, short_cell, text8
from xlsxwriter import Workbook as Writer

NAMES = row(text("Name"), text("City"))
ANN, BO = row(text("Ann"), text("Oslo")), row(text("Bo"), text("Rome"))
PLAIN = Expected(["Name", "City"], [(2, ("Ann", "Oslo")), (3, ("Bo", "Rome"))])


def of(*rows: str, name: str = "book.xlsx", before: str = "", after: str = "", **more: object) -> Maker:
    return lambda folder: workbook(folder / name, sheet(*rows, before=before, after=after), **more)  # type: ignore[arg-type]


def sheets(named: dict[str, str], *hidden: str) -> Maker:
    return lambda folder: workbook(folder / "book.xlsx", named, hidden=hidden)


def raw(name: str, content: bytes) -> Maker:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def renamed(parts: Callable[[str, str], tuple[str, str]]) -> Maker:
    """The plain workbook with other names of parts, or other texts in them."""

    def make(folder: Path) -> Path:
        source = workbook(folder / "source.xlsx", sheet(NAMES, ANN, BO))
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(folder / "book.xlsx", "w") as new:
            for name in old.namelist():
                new.writestr(*parts(name, old.read(name).decode()))
        return folder / "book.xlsx"

    return make


def shortened(share: float) -> Maker:
    def make(folder: Path) -> Path:
        path = workbook(folder / "half.xlsx", sheet(NAMES, *[ANN] * 500))
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        return path

    return make


def half_a_sheet(folder: Path) -> Path:
    return workbook(folder / "half.xlsx", sheet(NAMES, ANN, BO)[:-40])


def opened(folder: Path, author: str) -> Path:
    path = folder / "book.xlsx"
    if author == "openpyxl":
        book = Workbook()
        for cells in (["Name", "City"], ["Ann", "Oslo"], ["Bo", "Rome"]):
            book.active.append(cells)
        book.save(path)
    else:
        with Writer(path) as made:
            page = made.add_worksheet()
            for place, cells in enumerate((["Name", "City"], ["Ann", "Oslo"], ["Bo", "Rome"])):
                page.write_row(place, 0, cells)
    return path


# ------------------------------------------------------------------------------------------------------------- ods


def ods(*rows: str, styles: str = "") -> Maker:
    body = f'<table:table table:name="Data">{"".join(rows)}</table:table>'
    return lambda folder: open_document(folder / "book.ods", body, styles=styles)


def ods_value(kind: str, stored: str, shown: str = "shown") -> str:
    name = {"float": "value", "date": "date-value", "time": "time-value", "boolean": "boolean-value"}[kind]
    return ods_cell(f"<text:p>{shown}</text:p>", f'office:value-type="{kind}" office:{name}="{stored}"')


ODS_HEAD = ods_row(ods_text("Key"), ods_text("Value"))
KEY = ods_text("k")


def one(sent: str, *kinds: str) -> Expected:
    """One row below *Key* and *Value*."""
    return Expected(["Key", "Value"], [(2, ("k", sent))], [(2, "Value", kind) for kind in kinds])


# ------------------------------------------------------------------------------------------------------------- xls


def old_book(cells: bytes, *, version: int = 0x600, common: bytes = b"", stream: str = "Workbook") -> Maker:
    """An xls file of one sheet: BIFF8 (0x600) or BIFF5 (0x500)."""
    start = struct.pack("<HHHH", version, 5, 0, 0) + (bytes(8) if version == 0x600 else b"")
    begin = record8(0x809, start) + CALCULATED
    name = b"\x04\x00Data" if version == 0x600 else b"\x04Data"
    place = len(begin + common) + 4 + 6 + len(name) + 4
    listed = record8(0x85, struct.pack("<IBB", place, 0, 0) + name)
    page = record8(0x809, struct.pack("<HHHH", version, 16, 0, 0) + start[8:]) + cells + record8(0x0A)
    return lambda folder: compound(folder / "book.xls", {stream: begin + common + listed + record8(0x0A) + page})


def styles8(*formats: str, narrow: bool = False) -> bytes:
    """Number formats from 164 on, and styles 0 (General), 1, 2, … for them."""
    coded = [bytes([len(code)]) + code.encode() if narrow else text8(code) for code in formats]
    own = b"".join(record8(0x41E, struct.pack("<H", 164 + i) + code) for i, code in enumerate(coded))
    size = 16 if narrow else 20
    return own + b"".join(
        record8(0xE0, struct.pack("<HH", 0, i).ljust(size, b"\0")) for i in [0, *range(164, 164 + len(formats))]
    )


def label8(line: int, column: int, content: str) -> bytes:
    return record8(0x204, struct.pack("<HHH", line, column, 0) + text8(content))


def label5(line: int, column: int, content: bytes) -> bytes:
    return record8(0x204, struct.pack("<HHHH", line, column, 0, len(content)) + content)


def real8(line: int, column: int, value: float, style: int = 0) -> bytes:
    return record8(0x203, struct.pack("<HHHd", line, column, style, value))


def packed8(line: int, column: int, *values: int) -> bytes:
    """MULRK: whole numbers beside each other."""
    inside = b"".join(struct.pack("<HI", 0, (value << 2 | 2) & 0xFFFFFFFF) for value in values)
    return record8(0xBD, struct.pack("<HH", line, column) + inside + struct.pack("<H", column + len(values) - 1))


HEAD8 = label8(0, 0, "Key") + label8(0, 1, "Value") + label8(1, 0, "k")
HEAD5 = label5(0, 0, b"Key") + label5(0, 1, b"Value") + label5(1, 0, b"k")


def binary(*cells: bytes, formats: tuple[str, ...] = ()) -> Maker:
    head = binary_cell(0, "Key") + binary_cell(1, "Value")
    rows = [(1, False, head), (2, False, binary_cell(0, "k") + b"".join(cells))]
    return lambda folder: excel_binary(folder / "book.xlsb", rows, formats=formats)


BIG = '<c r="A1048577"><v>1</v></c>'
CASES: dict[str, dict[str, tuple[Maker, Expected]]] = {
    "visible rows of the first visible sheet that holds anything": {
        "hidden rows": (
            of(NAMES, ANN, row(text("Cy"), text("Lima"), more=' hidden="1"'), BO),
            Expected(["Name", "City"], [(2, ("Ann", "Oslo")), (4, ("Bo", "Rome"))], [(None, None, "hidden-rows")]),
        ),
        "a row without height": (
            of(NAMES, ANN, row(text("Cy"), text("Lima"), more=' ht="0" customHeight="1"')),
            Expected(["Name", "City"], [(2, ("Ann", "Oslo"))], [(None, None, "hidden-rows")]),
        ),
        "a hidden column is read": (
            of(NAMES, ANN, BO, before='<cols><col min="2" max="2" hidden="1"/></cols>'),
            Expected(PLAIN.headings, PLAIN.rows, [(None, None, "hidden-columns")]),
        ),
        "a cover sheet that holds nothing": (
            sheets({"Cover": sheet(), "Data": sheet(NAMES, ANN, BO)}), PLAIN,
        ),
        "a hidden sheet in front": (
            sheets({"Old": sheet(NAMES, BO), "Data": sheet(NAMES, ANN, BO)}, "Old"), PLAIN,
        ),
    },
    "merged cells have one text, totals rows are left out": {
        "merged": (
            of(NAMES, ANN, row(text("Bo"), text("secret")), after='<mergeCells><mergeCell ref="A3:B3"/></mergeCells>'),
            Expected(["Name", "City"], [(2, ("Ann", "Oslo")), (3, ("Bo", ""))], [(None, None, "merged-cells")]),
        ),
        "a totals row": (
            of(
                row(text("Name", "A1"), text("City", "B1"), at=1),
                row(text("Ann", "A2"), text("Oslo", "B2"), at=2),
                row(text("Total", "A3"), text("1", "B3"), at=3),
                after='<tableParts><tablePart xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
                'r:id="t1"/></tableParts>',
                tables='ref="A1:B3" totalsRowCount="1"',
            ),
            Expected(["Name", "City"], [(2, ("Ann", "Oslo"))], [(None, None, "totals-row")]),
        ),
    },
    "cells stand where they say": {
        "a dimension that lies": (of(NAMES, ANN, BO, before='<dimension ref="A1"/>'), PLAIN),
        "rows and cells in any order": (
            of(
                row(text("Rome", "B3"), text("Bo", "A3"), at=3),
                row(text("City", "B1"), text("Name", "A1"), at=1),
                row(text("Ann", "A2"), text("Oslo", "B2"), at=2),
            ),
            PLAIN,
        ),
        "the same cell twice": (
            of(NAMES, row(text("Al", "A2"), text("Oslo", "B2"), text("Ann", "A2"), at=2), BO),
            PLAIN,
        ),
        "blank rows between": (
            of(row(text("Name"), text("City"), at=1), row(text("Ann"), text("Oslo"), at=5), row(at=6)),
            Expected(["Name", "City"], [(5, ("Ann", "Oslo"))]),
        ),
        "one cell in the last place": (
            of(NAMES, ANN, row(text("x", "XFD1048576"), at=1048576)),
            Expected(
                ["Name", "City", ""],
                [(2, ("Ann", "Oslo", "")), (1048576, ("", "", "x"))],
                [(None, "", "empty-heading")],
            ),
        ),
        "a blank row with an error in it": (
            of(NAMES, ANN, row('<c t="e"><v>#N/A</v></c>')),
            Expected(["Name", "City"], [(2, ("Ann", "Oslo")), (3, ("", ""))], [(3, "Name", "error-value")]),
        ),
    },
    "the header row is the first that is half full": {
        "title lines": (
            of(row(text("Customers of 2024")), row(), NAMES.replace("<row>", '<row r="3">'), ANN, BO),
            Expected(["Name", "City"], [(4, ("Ann", "Oslo")), (5, ("Bo", "Rome"))]),
        ),
        "one column": (
            of(row(text("Name")), row(text("Ann")), row(text("Bo"))),
            Expected(["Name"], [(2, ("Ann",)), (3, ("Bo",))]),
        ),
        "a title of two cells over a wide table": (
            of(row(text("Report"), text("2024")), *[row(*[text(f"{letter}{i}") for letter in "abcdefg"]) for i in range(2)]),
            Expected([f"{letter}0" for letter in "abcdefg"], [(3, tuple(f"{letter}1" for letter in "abcdefg"))]),
        ),
    },
    "headings are verbatim": {
        "blanks and doubles stay": (
            of(row(text(" Name "), text("Name"), text("Name")), row(text("a"), text("b"), text("c"))),
            Expected([" Name ", "Name", "Name"], [(2, ("a", "b", "c"))], [(None, "Name", "duplicate-heading")]),
        ),
        "none over data, none over nothing": (
            of(row(text("A"), text(""), text(""), text("B")), row(text("1"), text("2"), text(""), text("3"))),
            Expected(["A", "", "B"], [(2, ("1", "2", "3"))], [(None, "", "empty-heading")]),
        ),
        "a number and a date": (
            of(row(number(2024), number(45296, 1)), row(text("a"), text("b")), formats=["d.m.yy"]),
            Expected(["2024", "2024-01-05"], [(2, ("a", "b"))]),
        ),
        "nothing below": (of(NAMES), Expected(["Name", "City"])),
    },
    "content decides, not the name": {
        "a text named xls": (
            raw("book.xls", b"Name,City\nAnn,Oslo\nBo,Rome\n"),
            Expected(PLAIN.headings, PLAIN.rows, [(None, None, "wrong-extension")]),
        ),
        "an old workbook named xlsx": (
            lambda folder: old_book(HEAD8 + label8(1, 1, "x"))(folder).rename(folder / "book.xlsx"),
            Expected(["Key", "Value"], [(2, ("k", "x"))], [(None, None, "wrong-extension")]),
        ),
        "strict": (
            renamed(lambda name, xml: (name, xml.replace(
                "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"
            ).replace(
                "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                "http://purl.oclc.org/ooxml/officeDocument/relationships",
            ))),
            PLAIN,
        ),
        "names of parts in other letters": (renamed(lambda name, xml: (name.replace("sheet1", "Sheet1"), xml)), PLAIN),
        "names of parts with other strokes": (renamed(lambda name, xml: (name.replace("/", "\\"), xml)), PLAIN),
        "absolute names of parts": (
            renamed(lambda name, xml: (name, xml.replace('Target="worksheets', 'Target="/xl/worksheets'))),
            PLAIN,
        ),
        "names of parts with characters in hexadecimal": (
            renamed(lambda name, xml: (name.replace("sheet1", "sheet 1"), xml.replace("/sheet1.xml", "/sheet%201.xml"))),
            PLAIN,
        ),
        "prefixes": (
            renamed(lambda name, xml: (name, xml if "sheet1" not in name else (
                xml.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:").replace("xmlns=", "xmlns:x=")
            ))),
            PLAIN,
        ),
        "nothing": (raw("a.xlsx", b""), Expected(refused="empty")),
        "a web page": (raw("a.xls", b"<html><table><tr><td>a</td></tr></table></html>"), Expected(refused="web-page")),
        "the XML of 2003": (
            raw("a.xls", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'),
            Expected(refused="xml-2003"),
        ),
        "a picture": (raw("a.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(64)), Expected(refused="not-a-spreadsheet")),
        "half a file": (shortened(0.5), Expected(refused="damaged")),
        "half a sheet": (half_a_sheet, Expected(refused="damaged")),
        "a password": (
            lambda folder: compound(folder / "a.xlsx", {"EncryptionInfo": b"x", "EncryptedPackage": b"y"}),
            Expected(refused="password"),
        ),
        "an old password": (
            old_book(HEAD8, common=record8(0x2F, bytes(6))),
            Expected(refused="password"),
        ),
        "written by openpyxl": (lambda folder: opened(folder, "openpyxl"), PLAIN),
        "written by xlsxwriter": (lambda folder: opened(folder, "xlsxwriter"), PLAIN),
    },
    "what is too big is refused": {
        "a row below the last": (of(NAMES, f'<row r="1048577">{BIG}</row>'), Expected(refused="too-big")),
        "a column right of the last": (of(NAMES, row('<c r="XFE2"><v>1</v></c>', at=2)), Expected(refused="too-big")),
        "columns of a text": (raw("a.csv", b"," * 16_384 + b"\n"), Expected(refused="too-big")),
    },
    "OpenDocument: values and styles, not what is drawn": {
        "a number": (ods(ODS_HEAD, ods_row(KEY, ods_value("float", "1234.5"))), one("1234.5")),
        "a date with a time": (
            ods(ODS_HEAD, ods_row(KEY, ods_value("date", "2024-01-05T10:30:00"))), one("2024-01-05 10:30:00"),
        ),
        "a day": (ods(ODS_HEAD, ods_row(KEY, ods_value("date", "2024-01-05"))), one("2024-01-05")),
        "a duration": (ods(ODS_HEAD, ods_row(KEY, ods_value("time", "PT36H00M00S"))), one("36:00:00")),
        "a boolean": (ods(ODS_HEAD, ods_row(KEY, ods_value("boolean", "true"))), one("TRUE")),
        "paragraphs": (
            ods(ODS_HEAD, ods_row(KEY, ods_cell("<text:p>a</text:p><text:p>b</text:p>"))), one("a\nb"),
        ),
        "blanks, tabs, breaks, spans, links": (
            ods(ODS_HEAD, ods_row(KEY, ods_text(
                'a<text:s text:c="2"/>b<text:tab/>c<text:line-break/><text:span>d</text:span><text:a>e</text:a>'
            ))),
            one("a  b\tc\nde"),
        ),
        "a comment is nothing": (
            ods(ODS_HEAD, ods_row(KEY, ods_cell(
                "<office:annotation><text:p>no</text:p></office:annotation><text:p>a</text:p>"
            ))),
            one("a"),
        ),
        "an error": (
            ods(ODS_HEAD, ods_row(KEY, ods_cell(
                "<text:p>#N/A</text:p>", 'office:value-type="string" calcext:value-type="error"'
            ))),
            one("", "error-value"),
        ),
        "rows repeated a million times": (
            ods(ODS_HEAD, ods_row(KEY, ods_text("v")), ods_row(ods_cell("", ""), more='table:number-rows-repeated="1048574"')),
            one("v"),
        ),
        "a filtered row": (
            ods(ODS_HEAD, ods_row(KEY, ods_text("v")), ods_row(KEY, ods_text("w"), more='table:visibility="filter"')),
            Expected(["Key", "Value"], [(2, ("k", "v"))], [(None, None, "hidden-rows")]),
        ),
    },
    "old and binary workbooks by the same rules": {
        "a text of 1997": (old_book(HEAD8 + label8(1, 1, "Müller 東京")), one("Müller 東京")),
        "a number under a format": (old_book(HEAD8 + real8(1, 1, 123, 1), common=styles8("00000")), one("00123")),
        "numbers beside each other": (
            old_book(label8(0, 0, "A") + label8(0, 1, "B") + packed8(1, 0, 7, -8)),
            Expected(["A", "B"], [(2, ("7", "-8"))]),
        ),
        "a date of 1997": (old_book(HEAD8 + real8(1, 1, 45296, 1), common=styles8("dd.mm.yyyy")), one("2024-01-05")),
        "an error of 1997": (old_book(HEAD8 + record8(0x205, struct.pack("<HHHBB", 1, 1, 0, 42, 1))), one("", "error-value")),
        "a boolean of 1997": (old_book(HEAD8 + record8(0x205, struct.pack("<HHHBB", 1, 1, 0, 1, 0))), one("TRUE")),
        "a text of 1995, western": (
            old_book(HEAD5 + label5(1, 1, "Müller".encode("cp1252")), version=0x500, stream="Book"), one("Müller"),
        ),
        "a text of 1995, with its code page": (
            old_book(
                HEAD5 + label5(1, 1, "Иван".encode("cp1251")), version=0x500, stream="Book",
                common=record8(0x42, struct.pack("<H", 1251)),
            ),
            one("Иван"),
        ),
        "a number of 1995 under a format": (
            old_book(HEAD5 + real8(1, 1, 0.5, 1), version=0x500, stream="Book", common=styles8("0.00", narrow=True)),
            one("0.50"),
        ),
        "a binary text": (binary(binary_cell(1, "Müller")), one("Müller")),
        "a binary short cell": (binary(short_cell("Ann")), one("Ann")),
        "a binary number under a format": (binary(binary_cell(1, 42, 1), formats=('"ACC-"00000',)), one("ACC-00042")),
        "a binary date": (binary(binary_cell(1, 45296.5, 1), formats=("d.m.yy h:mm",)), one("2024-01-05 12:00:00")),
        "a binary error": (binary(binary_cell(1, b"\x07")), one("", "error-value")),
    },
}  # fmt: skip
ALL = [pytest.param(*case, id=f"{decision}: {name}") for decision, cases in CASES.items() for name, case in cases.items()]


@pytest.mark.parametrize(("make", "expected"), ALL)
def test_a_workbook_becomes(tmp_path: Path, make: Maker, expected: Expected) -> None:
    assert found_in(make(tmp_path)) == expected


def test_a_chosen_header_row_and_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"One": sheet(NAMES, ANN), "Two": sheet(NAMES, ANN, BO)})
    assert found_in(path, sheet="Two", header_row=2) == Expected(["Ann", "Oslo"], [(3, ("Bo", "Rome"))])


def test_a_part_that_unpacks_to_far_more_than_it_says_is_too_big(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        out.writestr("[Content_Types].xml", "<Types/>")
        with out.open("xl/workbook.xml", "w") as part:
            for _ in range(300):
                part.write(b" " * (1 << 20))
    assert found_in(raw("bomb.xlsx", buffer.getvalue())(tmp_path)) == Expected(refused="too-big")
