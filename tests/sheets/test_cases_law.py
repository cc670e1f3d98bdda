"""Sentences of the rules that the other tables of cases leave out, by the number of the decision they belong to."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
from casefiles import Expected, Maker, found_in, number, ods_cell, ods_row, ods_text, row, sheet, text, workbook
from openpyxl import Workbook
from openpyxl.styles import NamedStyle
from sheetfiles import binary_cell, compound, excel_binary, record8, text8
from test_cases_cells import DATE, MOMENT, TIME, Cell, general, n, t, typed
from test_cases_cells import test_a_cell_becomes as becomes
from test_cases_sheets import ANN, BO, HEAD5, HEAD8, NAMES, PLAIN, label5, label8, of, old_book, one, real8, sheets, styles8
from test_cases_sheets import ods as ods_of

from cg_uploader.sheets.open_file import parse
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.table.read_progress import ReadControl

ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!",
          "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#PYTHON!", "#EXTERNAL!")  # fmt: skip
HIDDEN, NONE = "hidden-by-format", "no-such-date"

CELLS: dict[int, dict[str, Cell]] = {
    1: {word: t(word, word) for word in ("1,5", "+49 30", "12%", "2024-01-05", "-0", "1.0", "TRUE", "0x1F", "=HYPERLINK(1)")},
    2: {word: t(word, word) for word in ("n/a", "NULL", "NaN", "false", "#", "--", "?", "nil", "inf", "Infinity")},
    3: {
        "a wide blank inside": t("Ann\u3000Lee", "Ann\u3000Lee"),
        "a zero width space inside": t("Ann\u200bLee", "Ann\u200bLee", "invisible-characters"),
        "a soft break": t("\x85Ann\u2028", "Ann"),
        "only what cannot be seen": t("\u200b\ufeff\u2060\xa0", ""),
    },
    4: {
        "CR and LF": typed("inlineStr", "<is><t>a&#13;&#10;b</t></is>", "a\nb"),
        "CR alone": typed("inlineStr", "<is><t>a&#13;b</t></is>", "a\nb"),
        "small letters": t("a_x000a_b", "a\nb"),
        "an escape by an escape": t("_x005f_x000A_", "_x000A_"),
        "a zero character": t("a_x0000_b", "ab", "control-characters"),
        "a control character of Latin 1": t("a\x9fb", "ab", "control-characters"),
        "control characters at the ends": t("_x0007_a_x0007_", "a", "control-characters"),
    },
    5: {
        "a run without blanks kept": typed("inlineStr", "<is><r><t>A</t></r><r><t>B</t></r></is>", "AB"),
        "a reading beside runs": typed(
            "inlineStr", '<is><r><t>東</t></r><rPh sb="0" eb="1"><t>ひ</t></rPh><r><t>京</t></r></is>', "東京"
        ),
    },
    6: {"negative": general("-5.0", "-5"), "minus zero point": general("-0.0", "0")},
    7: {"a third": general("0.333333333333333314", "0.333333333333333"), "noise": general("1234567.1000000001", "1234567.1")},
    8: {
        "the last exact one": general("9007199254740992", "9007199254740992", "digits-lost"),
        "beyond it": general("9007199254740994", "9007199254740990", "digits-lost"),
        "the first noted": general("1000000000000000", "1000000000000000", "digits-lost"),
        "below it": general("-999999999999999", "-999999999999999"),
        "the last without an exponent": general("9.9999999999999E20", "999999999999990000000", "digits-lost"),
        "the first with one": general("1E21", "1E+21", "digits-lost"),
        "the smallest without one": general("1E-15", "0.000000000000001"),
        "a smaller one": general("-1.5E-16", "-1.5E-16"),
    },
    9: {
        "a pound sign": n("5", "£#,##0.00", "5.00"),
        "a currency code in brackets": n("5", "[$CHF] 0.00", "5.00"),
        "a word that is no currency": n("5", '0 "each"', "5 each"),
        "padding": n("5.5", "_-* 0.0?_-", "5.5"),
        "a fill": n("5", "0*.", "5"),
        "a blank for a digit": n("7", "??0", "7"),
        "a colour by number": n("5", "[Color10]0", "5"),
        "the first condition": n("5", '[<10]"low";[<100]0.0;0', "low"),
        "the second": n("50", '[<10]"low";[<100]0.0;0', "50.0"),
        "neither": n("500", '[<10]"low";[<100]0.0;0', "500"),
        "thousands by blanks": n("1234567", "# ##0", "1234567"),
        "a phone": n("4930123456", '"+"00" "00" "000000', "+49 30 123456"),
    },
    10: {
        "red brackets": n("-5", "0.00_);[Red](0.00)", "-5.00"),
        "brackets around a currency": n("-1234.5", "$#,##0.00;($#,##0.00)", "-1234.50"),
        "a minus behind": n("-5", "0;0-", "-5"),
        "percent": n("-0.05", "0%", "-5%", "percent"),
        "rounds to zero in brackets": n("-0.2", "0;(0)", "0", "rounded"),
    },
    11: {"a half": n("0.5", "0", "1", "rounded"), "a long one": n("1234.565", "#,##0.00", "1234.57", "rounded")},
    12: {
        "scientific without noise": n("0.00012", "0.0E+00", "0.00012", "stored-value"),
        "fractions of eight": n("1.125", "# ??/8", "1.125", "stored-value"),
        "scaled and long": n("1E15", "0,", "1000000000000000", "stored-value", "digits-lost"),
    },
    13: {"a blank before it": n("0.07", "0 %", "7 %", "percent"), "above one": n("12.5", "0%", "1250%", "percent")},
    14: {
        "a negative that is hidden": n("-5", "0;;0", "", HIDDEN),
        "a zero that is hidden": n("0", "0;-0;", ""),
        "a text that is hidden": Cell('<c t="inlineStr" s="1"><is><t>Ng</t></is></c>', "", (HIDDEN,), ";;;"),
    },
    15: {
        **{f"a built-in date, {i}": n("45296.5", i, "2024-01-05") for i in (14, *range(27, 32), 36, *range(50, 55), 57, 58)},
        **{f"a built-in date in parts, {i}": n("45296", i, "2024-01-05", *said) for i, said in (
            (15, ()), (16, ("partial-date",)), (17, ("partial-date",)))},
        **{f"a built-in time, {i}": n("0.5", i, "12:00:00") for i in (18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56)},
        **{f"a time that is a date, {i}": n("45296", i, "2024-01-05") for i in (34, 35, 55, 56)},
        "a built-in moment": n("45296.5", 22, "2024-01-05 12:00:00"),
        "the system's time": n("0.75", "[$-F400]h:mm:ss AM/PM", "18:00:00"),
        "a German date": n("45296", "[$-407]d. mmmm yyyy", "2024-01-05"),
        "an era": n("45296", "[$-411]ggge.m.d", "2024-01-05"),
        "a Buddhist year": n("45296", "dd/mm/bbbb", "2024-01-05"),
        "minutes and seconds": n("0.0625", "mm:ss", "01:30:00"),
        "minutes behind hours": n("0.53125", "h mm", "12:45:00"),
        "a month beside a day": n("45296", "mm-dd", "2024-01-05", "partial-date"),
        "a letter behind a fill": n("5", "0*d", "5"),
        "a letter behind padding": n("5", "0_y", "5"),
        "the value picks the section": n("-1", 'yyyy-mm-dd;"before"', "before"),
        "a section that is a number": n("0.5", "[<1]0.00;yyyy-mm-dd", "0.50"),
    },
    16: {
        "a typed date in part": typed("d", "<v>2024-01-05</v>", "2024-01-05", "partial-date", code="mmm yy"),
        "a typed date and time as a day": typed("d", "<v>2024-01-05T10:30:00</v>", "2024-01-05", code="d.m.yyyy"),
        "a typed time": typed("d", "<v>2024-01-05T10:30:00</v>", "10:30:00", code="h:mm"),
        "a weekday": n("45296", "dddd", "2024-01-05", "partial-date"),
        "a year": n("45296", "yyyy", "2024-01-05", "partial-date"),
        "a quarter past": n("45296.010417", "d.m.yy h AM/PM", "2024-01-05 00:15:00"),
    },
    17: {
        "half a day of no date": n("0.5", MOMENT, "", NONE),
        "within the day that never was": n("60.5", MOMENT, "", NONE),
        "nearly the first": n("0.99999999999", DATE, "1900-01-01"),
        "nearly the sixty-first": n("60.99999999999", DATE, "1900-03-01"),
        "behind the end": n("2958465.995", MOMENT, "", NONE),
        "far behind it": n("1E9", DATE, "", NONE),
        "before 1904": Cell(number(-1, 1), "", (NONE,), DATE, '<workbookPr date1904="true"/>'),
        "a day from 1904": Cell(number(43834, 1), "2024-01-05", ("date-system",), DATE, '<workbookPr date1904="1"/>'),
    },
    18: {
        "to the next minute": n("45296.520833", MOMENT, "2024-01-05 12:30:00"),
        "the end of a year": n("45291.999999999", MOMENT, "2024-01-01 00:00:00"),
        "a time of a day": n("45296.75", TIME, "18:00:00"),
    },
    19: {
        "seconds": n("0.001", "[ss]", "00:01:26"),
        "many hours": n("41.75", "[hh]:mm:ss", "1002:00:00"),
        "rounded up": n("0.999999999", "[h]:mm:ss", "24:00:00"),
    },
    20: {
        "under a number format": typed("b", "<v>1</v>", "TRUE", code="0.00"),
        "a result": typed("b", "<f>1=1</f><v>1</v>", "TRUE"),
        "in a word": typed("b", "<v>false</v>", "FALSE"),
    },
    21: {
        **{f"the error {error}": typed("e", f"<v>{error}</v>", "", "error-value") for error in ERRORS},
        **{f"the text {error}": t(error, error, "error-text") for error in ERRORS},
        "an error under a date": typed("e", "<v>#N/A</v>", "", "error-value", code=DATE),
        "a text about an error": t("see #REF!", "see #REF!"),
        "with blanks around": t(" #N/A\t", "#N/A", "error-text"),
    },
    22: {
        "a date": Cell('<c s="1"><f>TODAY()</f><v>45296</v></c>', "2024-01-05", (), DATE),
        "an error": typed("e", "<f>1/0</f><v>#DIV/0!</v>", "", "error-value"),
        "shared": Cell('<c><f t="shared" si="0"/><v>3</v></c>', "3"),
        "shared and not calculated": Cell('<c><f t="shared" si="0"/></c>', "", ("not-calculated",)),
        "nothing to calculate": Cell("<c><v>2</v></c>", "2", (), calculation='<calcPr fullCalcOnLoad="1"/>'),
    },
}  # fmt: skip
ALL_CELLS = [pytest.param(cell, id=f"{rule}: {name}") for rule, cells in CELLS.items() for name, cell in cells.items()]


@pytest.mark.parametrize("cell", ALL_CELLS)
def test_a_cell_becomes_by_rule(tmp_path: Path, cell: Cell) -> None:
    becomes(tmp_path, cell)


# ------------------------------------------------------------------------------------------------------ workbooks


def marked(folder: Path) -> Path:
    """Excel's mark that a person typed an apostrophe, and a link behind a text."""
    book = Workbook()
    for cells in (["Key", "Value"], ["k", "00123"], ["l", "shown"]):
        book.active.append(cells)
    book.active["B2"].style = NamedStyle("typed")
    book.active["B2"].quotePrefix = True
    book.active["B3"].hyperlink = "https://example.com/elsewhere"
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def with_other_sheets(folder: Path) -> Path:
    """A sheet that is a chart in front of the one with cells."""
    book = Workbook()
    book.active.title = "Data"
    for cells in (["Name", "City"], ["Ann", "Oslo"], ["Bo", "Rome"]):
        book.active.append(cells)
    book.create_chartsheet("Chart", 0)
    secret = book.create_sheet("Secret", 0)
    secret.append(["Name", "City"])
    secret.sheet_state = "veryHidden"
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def declared(size: int) -> Maker:
    """A workbook whose directory says that one part needs so many bytes."""

    def make(folder: Path) -> Path:
        path = workbook(folder / "a.xlsx", sheet(NAMES, ANN, BO))
        data = bytearray(path.read_bytes())
        with zipfile.ZipFile(path) as package:
            entry = data.index(b"PK\x01\x02", package.start_dir)
        data[entry + 24 : entry + 28] = struct.pack("<I", size)
        path.write_bytes(data)
        return path

    return make


def old(cells: bytes, *, common: bytes = b"") -> Maker:
    return old_book(cells, common=common)


def formula8(result: bytes, style: int = 0) -> bytes:
    return record8(0x06, struct.pack("<HHH", 1, 1, style) + result + bytes(8))


def binary(*records: bytes, formats: tuple[str, ...] = (), rows: int = 2) -> Maker:
    head = binary_cell(0, "Key") + binary_cell(1, "Value")
    lines = [(1, False, head), (rows, False, binary_cell(0, "k") + b"".join(records))]
    return lambda folder: excel_binary(folder / "a.xlsb", lines, formats=formats)


def record12(kind: int, data: bytes) -> bytes:
    return bytes([kind, len(data)]) + data


MERGED = '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'
TITLES = [row(text(f"Title {i}")) for i in range(30)]
WORKBOOKS: dict[int, dict[str, tuple[Maker, Expected]]] = {
    1: {"the mark of an apostrophe": (marked, Expected(["Key", "Value"], [(2, ("k", "00123")), (3, ("l", "shown"))]))},
    8: {
        "a narrow column": (
            of(row(text("Key"), text("Value")), row(text("k"), number(491701234567)),
               before='<cols><col min="2" max="2" width="2" customWidth="1"/></cols>'),
            one("491701234567"),
        ),
    },
    23: {
        "a group that is closed": (
            of(NAMES, ANN, row(text("x"), text("y"), more=' outlineLevel="1" hidden="1"'),
               row(text("Bo"), text("Rome"), more=' collapsed="1"')),
            Expected(["Name", "City"], [(2, ("Ann", "Oslo")), (4, ("Bo", "Rome"))], [(None, None, "hidden-rows")]),
        ),
        "charts and hidden sheets in front": (with_other_sheets, PLAIN),
        "all sheets hidden": (sheets({"Data": sheet(NAMES, ANN, BO)}, "Data"), PLAIN),
    },
    24: {
        "a title over columns": (
            of(row(text("Title")), NAMES, ANN, after=MERGED), Expected(["Name", "City"], [(3, ("Ann", "Oslo"))]),
        ),
    },
    25: {
        "cells without places": (of(NAMES, row(text("Ann"), "<c/>", text("x")), row(text("Bo"), text("Rome"))), Expected(
            ["Name", "City", ""], [(2, ("Ann", "", "x")), (3, ("Bo", "Rome", ""))], [(None, "", "empty-heading")],
        )),
        "blanks that are formatted": (of(NAMES, ANN, row(*['<c s="1"/>'] * 2), BO, formats=["0.00"]), Expected(
            ["Name", "City"], [(2, ("Ann", "Oslo")), (4, ("Bo", "Rome"))],
        )),
        "a row that was never calculated": (of(NAMES, row("<c><f>A1</f></c>")), Expected(
            ["Name", "City"], [(2, ("", ""))], [(2, "Name", "not-calculated")],
        )),
        "a dimension that is far too large": (of(NAMES, ANN, BO, before='<dimension ref="A1:XFD1048576"/>'), PLAIN),
    },
    26: {
        "headings below thirty titles are not looked for": (
            of(*TITLES, row(*[text(f"h{i}") for i in range(5)])),
            Expected(["Title 0", "", "", "", ""], [
                *[(i + 1, (f"Title {i}", "", "", "", "")) for i in range(1, 30)], (31, tuple(f"h{i}" for i in range(5))),
            ], [(None, "", "empty-heading")] * 4),
        ),
        "thirty rows count that hold anything": (
            of(*TITLES[:29], *[row(at=i) for i in range(30, 60)], row(text("Name", "A60"), text("City", "B60"), at=60),
               row(text("Ann", "A61"), text("Oslo", "B61"), at=61)),
            Expected(["Name", "City"], [(61, ("Ann", "Oslo"))]),
        ),
        "a hidden row is no header row": (
            of(row(text("Old"), text("Names"), more=' hidden="1"'), NAMES, ANN),
            Expected(["Name", "City"], [(3, ("Ann", "Oslo"))], [(None, None, "hidden-rows")]),
        ),
    },
    28: {
        "sheets that hold nothing": (of(), Expected(refused="empty")),
        "one without a sheet": (sheets({}), Expected(refused="empty")),
    },
    29: {
        "more than four gigabytes": (declared((1 << 32) - 2), Expected(refused="too-big")),
        "a row of an old workbook is never too far": (
            old(HEAD8 + label8(65535, 0, "l")), Expected(["Key", "Value"], [(2, ("k", "")), (65536, ("l", ""))]),
        ),
    },
    30: {
        "a collapsed row": (
            ods_of(ods_row(ods_text("Key"), ods_text("Value")), ods_row(ods_text("k"), ods_text("v")),
                   ods_row(ods_text("x"), ods_text("y"), more='table:visibility="collapse"')),
            Expected(["Key", "Value"], [(2, ("k", "v"))], [(None, None, "hidden-rows")]),
        ),
        "a covered cell with a text": (
            ods_of(ods_row(ods_text("Key"), ods_text("Value")),
                   ods_row(ods_cell("<text:p>k</text:p>", 'office:value-type="string" table:number-columns-spanned="2"'),
                           "<table:covered-table-cell office:value-type='string'><text:p>v</text:p>"
                           "</table:covered-table-cell>")),
            Expected(["Key", "Value"], [(2, ("k", ""))], [(None, None, "merged-cells")]),
        ),
        "cells that are repeated to the last filled one": (
            ods_of(ods_row(ods_text("A"), ods_text("B"), ods_text("C")),
                   ods_row(ods_cell("<text:p>x</text:p>", 'office:value-type="string" table:number-columns-repeated="3"'),
                           '<table:table-cell table:number-columns-repeated="16381"/>')),
            Expected(["A", "B", "C"], [(2, ("x", "x", "x"))]),
        ),
    },
    31: {
        "a code page that is not said": (
            old_book(HEAD5 + label5(1, 1, b"\x80\xe9\xfc"), version=0x500, stream="Book"), one("€éü"),
        ),
        "a packed fraction": (old(HEAD8 + record8(0x27E, struct.pack("<HHHI", 1, 1, 0, 1234 << 2 | 3))), one("12.34")),
        "a packed double": (
            old(HEAD8 + record8(0x27E, struct.pack("<HHH", 1, 1, 0) + struct.pack("<d", 1.5)[4:])), one("1.5"),
        ),
        "a formula's number": (old(HEAD8 + formula8(struct.pack("<d", 45296), 1), common=styles8("d.m.yy")), one("2024-01-05")),
        "a formula's truth": (old(HEAD8 + formula8(b"\1\0\1\0\0\0\xff\xff")), one("TRUE")),
        "a formula's error": (old(HEAD8 + formula8(b"\2\0\x0f\0\0\0\xff\xff")), one("", "error-value")),
        "a formula's empty text": (old(HEAD8 + formula8(b"\3\0\0\0\0\0\xff\xff")), one("")),
        "days from 1904": (
            old(HEAD8 + real8(1, 1, 0, 1), common=record8(0x22, b"\1\0") + styles8("d.m.yy")),
            Expected(["Key", "Value"], [(2, ("k", "1904-01-01"))], [(None, "Value", "date-system")]),
        ),
        "merged cells": (
            old(HEAD8 + label8(1, 1, "v") + record8(0xE5, struct.pack("<HHHHH", 1, 1, 1, 0, 1))),
            Expected(["Key", "Value"], [(2, ("k", ""))], [(None, None, "merged-cells")]),
        ),
        "a hidden column": (
            old(HEAD8 + record8(0x7D, struct.pack("<6H", 1, 1, 0, 0, 1, 0)) + label8(1, 1, "v")),
            Expected(["Key", "Value"], [(2, ("k", "v"))], [(None, None, "hidden-columns")]),
        ),
        "a packed number in a binary file": (binary(binary_cell(1, 7)), one("7")),
        "a binary formula's text": (
            binary(record12(8, struct.pack("<III", 1, 0, 2) + "Hi".encode("utf-16-le") + bytes(6))), one("Hi"),
        ),
        "a binary formula's number": (binary(record12(9, struct.pack("<IId", 1, 0, 2.5) + bytes(6))), one("2.5")),
        "a binary formula's truth": (binary(record12(10, struct.pack("<IIB", 1, 0, 1) + bytes(6))), one("TRUE")),
        "a binary formula's error": (binary(record12(11, struct.pack("<IIB", 1, 0, 0x2A) + bytes(6))), one("", "error-value")),
        "a binary rich text": (
            binary(record12(62, struct.pack("<IIBI", 1, 0, 1, 2) + "Hi".encode("utf-16-le") + bytes(4))), one("Hi"),
        ),
        "a binary blank": (binary(record12(1, struct.pack("<II", 1, 0))), one("")),
        "a short binary cell behind a gap": (
            binary(record12(12, struct.pack("<I", 0)), record12(16, struct.pack("<Id", 0, 2.5))),
            Expected(["Key", "Value", ""], [(2, ("k", "", "2.5"))], [(None, "", "empty-heading")]),
        ),
        "the last row of a binary file": (
            binary(binary_cell(1, "v"), rows=1048576), Expected(["Key", "Value"], [(1048576, ("k", "v"))]),
        ),
        "a binary row too far": (binary(binary_cell(1, "v"), rows=1048577), Expected(refused="too-big")),
    },
}  # fmt: skip
ALL_WORKBOOKS = [pytest.param(*case, id=f"{rule}: {name}") for rule, cases in WORKBOOKS.items() for name, case in cases.items()]


@pytest.mark.parametrize(("make", "expected"), ALL_WORKBOOKS)
def test_a_workbook_becomes_by_rule(tmp_path: Path, make: Maker, expected: Expected) -> None:
    assert found_in(make(tmp_path)) == expected


def test_hidden_and_very_hidden_sheets_are_listed_last_and_charts_not_at_all(tmp_path: Path) -> None:
    table = parse(with_other_sheets(tmp_path), ReadOptions(), ReadControl())
    assert (table.sheet, table.sheets) == ("Data", ("Data", "Secret"))
    table.rows.close()


def test_hidden_rows_are_counted_in_words(tmp_path: Path) -> None:
    hidden = [row(text("x"), text("y"), more=' hidden="1"')] * 3
    table = parse(workbook(tmp_path / "a.xlsx", sheet(NAMES, ANN, *hidden, BO)), ReadOptions(), ReadControl())
    table.rows.close()
    assert (table.hidden_rows, [note.text.split(" left")[0] for note in table.notes]) == (3, ["3 hidden rows were"])


def test_texts_over_many_records_of_an_old_workbook(tmp_path: Path) -> None:
    """A list of shared texts that is continued in the middle of a text, and goes on in characters of another width."""
    start = struct.pack("<II", 2, 2) + text8("first")
    split = struct.pack("<HB", 6, 1) + "äöü".encode("utf-16-le")
    listed = record8(0xFC, start + split) + record8(0x3C, b"\x00" + b"xyz")
    cells = label8(0, 0, "Key") + label8(0, 1, "Value")
    cells += b"".join(record8(0xFD, struct.pack("<HHHI", 1, i, 0, i)) for i in (0, 1))
    assert found_in(old_book(cells, common=listed)(tmp_path)) == Expected(["Key", "Value"], [(2, ("first", "äöüxyz"))])
    smile = "a😀b".encode("utf-16-le")
    listed = record8(0xFC, start + struct.pack("<HB", 4, 1) + smile[:4]) + record8(0x3C, b"\x01" + smile[4:])
    assert found_in(old_book(cells, common=listed)(tmp_path)) == Expected(["Key", "Value"], [(2, ("first", "a😀b"))])


def test_an_old_workbook_without_its_stream_is_something_else(tmp_path: Path) -> None:
    assert found_in(compound(tmp_path / "a.xls", {"Other": b"x"})) == Expected(refused="not-a-spreadsheet")
