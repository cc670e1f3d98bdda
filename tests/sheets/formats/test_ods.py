from __future__ import annotations

from pathlib import Path

import pytest
from sheetfiles import open_document, read

from cg_uploader.errors import FileError, UsageError
from cg_uploader.model.table import Table
from cg_uploader.sheets.options import ReadOptions


def texts(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def notes(table: Table) -> list[tuple[int | None, str]]:
    return [(note.row, note.kind) for note in table.notes]


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


ERRORS = ["#DIV/0!", "Err:502", "#N/A", "#NAME?", "#VALUE!", "#REF!", "#BEZUG!", "#NV", "#¿NOMBRE?", "#DIV/0 !", "Ошибка:522"]


@pytest.mark.parametrize("shown", ERRORS)
@pytest.mark.parametrize(
    "attributes",
    [
        'table:formula="of:=0/0" office:value-type="float" office:value="0"',
        'office:value-type="float" office:value="0"',
        'table:formula="of:=0/0" office:value-type="percentage" office:value="0"',
        'table:formula="of:=0/0" office:value-type="currency" office:value="NaN"',
        'table:formula="of:=0/0" office:value-type="date" office:date-value="1899-12-30"',
        'table:formula="of:=0/0" office:value-type="time" office:time-value="PT00H00M00S"',
        'table:formula="of:=0/0" office:value-type="boolean" office:boolean-value="false"',
        'table:formula="of:=0/0" office:value-type="string" office:string-value=""',
        'table:formula="of:=0/0"',
    ],
)
def test_an_error_that_is_stored_as_a_value_is_an_error(tmp_path: Path, shown: str, attributes: str) -> None:
    found = read(open_document(tmp_path / "f.ods", sheet(HEAD, line(cell("k"), cell(shown, attributes)))))
    assert texts(found) == [("k", "")]
    assert [(note.kind, shown in note.text) for note in found.notes] == [("error-value", True)]


@pytest.mark.parametrize("shown", ["#DIV/0!", "Err:502", "#N/A"])
@pytest.mark.parametrize("attributes", ['office:value-type="string"', 'table:formula="of:=A1" office:value-type="string"', ""])
def test_a_text_that_reads_like_an_error_stays(tmp_path: Path, shown: str, attributes: str) -> None:
    found = read(open_document(tmp_path / "f.ods", sheet(HEAD, line(cell("k"), cell(shown, attributes)))))
    assert texts(found) == [("k", shown)]
    assert notes(found) == [(2, "error-text")]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (cell("#FMT", "office:value-type='time' office:time-value='PT48H00M00S'"), "48:00:00"),
        (cell("#FMT", "office:value-type='float' office:value='0'"), "0"),
        (cell("#5", "office:value-type='float' office:value='5'"), "5"),
        (cell("Nr: 000", "office:value-type='float' office:value='0'"), "0"),
        (cell("#N/A", "office:value-type='float' office:value='7'"), "7"),
        (cell("###", "office:value-type='float' office:value='0'"), "0"),
    ],
)
def test_a_value_whose_text_only_looks_odd_is_no_error(tmp_path: Path, given: str, text: str) -> None:
    found = read(open_document(tmp_path / "f.ods", sheet(HEAD, line(cell("k"), given))))
    assert (texts(found), notes(found)) == ([("k", text)], [])


@pytest.mark.parametrize(
    ("given", "text", "said"),
    [
        ("<table:table-cell table:formula='of:=&quot;&quot;'><text:p/></table:table-cell>", "", []),
        ("<table:table-cell table:formula='of:=&quot;&quot;' office:value-type='string'/>", "", []),
        ("<table:table-cell table:formula='of:=A1' office:value-type='string' office:string-value=''/>", "", []),
        ("<table:table-cell table:formula='of:=A1'/>", "", ["not-calculated"]),
        ("<table:table-cell table:formula='of:=A1' office:value-type='float'/>", "", ["not-calculated"]),
        ("<table:table-cell office:value-type='boolean'/>", "FALSE", []),
        ("<table:table-cell office:value-type='boolean' office:boolean-value=''><text:p/></table:table-cell>", "FALSE", []),
        (cell("FALSCH", "office:value-type='boolean' office:boolean-value=''"), "FALSE", []),
        (cell("wahr", "office:value-type='boolean' office:boolean-value='True'"), "TRUE", []),
        (cell("12", "office:value-type='float'"), "12", []),
        (cell("12", "office:value-type='float' office:value=''"), "12", []),
        (cell("12%", "office:value-type='percentage' office:value=''"), "12%", []),
        (cell("12", "office:value-type='currency'"), "12", []),
        (cell("2024-01-05", "office:value-type='date' office:date-value=''"), "2024-01-05", []),
        (cell("10:00:00", "office:value-type='time' office:time-value=''"), "10:00:00", []),
        ("<table:table-cell office:value-type='string' office:string-value='x'/>", "x", []),
        ("<table:table-cell office:value-type='date'/>", "", []),
    ],
)
def test_open_document_cells_whose_value_is_not_written(tmp_path: Path, given: str, text: str, said: list[str]) -> None:
    found = read(open_document(tmp_path / "f.ods", sheet(HEAD, line(cell("k"), given))))
    assert texts(found) == [("k", text)]
    assert [kind for _, kind in notes(found)] == said


@pytest.mark.parametrize(
    ("number", "stored", "text"),
    [
        (embedded(0, 1, {3: ",", 5: ",", 7: ","}), "12345678", "12345678"),
        (embedded(2, 1, {3: ".", 6: "."}), "1234567.5", "1234567.50"),
        (embedded(0, 0, {3: " "}), "1234", "1234"),
        (embedded(0, 9, {4: "-", 6: "-"}), "123456789", "123-45-6789"),
        (embedded(0, 9, {3: ".", 6: "."}), "123456789", "123.456.789"),
        (embedded(0, 10, {2: " ", 4: " ", 6: " ", 8: " "}), "612345678", "06 12 34 56 78"),
        (embedded(0, 12, {4: " ", 8: " "}), "123456789012", "1234 5678 9012"),
        (TEXT("R ") + digits(2), "1234.5", "1234.50"),
        (digits(2) + TEXT(" FCFA"), "1234.5", "1234.50"),
        (TEXT("R") + digits(0, 5), "42", "R00042"),
    ],
)
def test_open_document_marks_and_currencies_that_a_style_spells_out(
    tmp_path: Path, number: str, stored: str, text: str
) -> None:
    styles = number_style("number", "N", number) + cell_style("n", 'data-style-name="N"')
    row = line(cell("k"), value("float", stored, "n"))
    assert texts(read(open_document(tmp_path / "f.ods", sheet(HEAD, row), styles=styles))) == [("k", text)]


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
    with pytest.raises(UsageError, match="no sheet of that name"):
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
