from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sheetfiles import Cell, excel, number, read, relations, row_xml, sheet_xml

from cg_uploader.errors import UsageError
from cg_uploader.model.table import Table
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.table.read_progress import ReadProgress

Reader = Callable[..., Table]


@pytest.fixture
def table(tmp_path: Path) -> Reader:
    def make(
        sheets: Mapping[str, str] | str | Sequence[Sequence[object]], *, choose: ReadOptions | None = None, **options: object
    ) -> Table:
        if isinstance(sheets, list):
            sheets = sheet_xml(sheets)
        return read(excel(tmp_path / "file.xlsx", sheets, **options), choose or ReadOptions())  # type: ignore[arg-type]

    return make


def texts(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def headings(table: Table) -> list[str]:
    return [column.heading for column in table.columns]


def notes(table: Table) -> list[tuple[int | None, str | None, str]]:
    return [(note.row, note.column, note.kind) for note in table.notes]


HEAD = ["Key", "Value"]


def test_cells_of_every_kind(table: Reader) -> None:
    cells: list[tuple[object, str]] = [
        ("00123", "00123"),
        (5, "5"),
        (Cell("<v>5.0</v>"), "5"),
        (Cell("<v>0.30000000000000004</v>"), "0.3"),
        (Cell("<v>4.917E+11</v>"), "491700000000"),
        (Cell("<v>0</v>", kind="s"), "shared & more"),
        (Cell("<v>1</v>", kind="s"), "two runs"),
        (Cell("<v>2</v>", kind="s"), "東京"),
        (Cell("<v>1</v>", kind="b"), "TRUE"),
        (Cell("<v>0</v>", kind="b"), "FALSE"),
        (Cell("<f>A1</f><v>x</v>", kind="str"), "x"),
        (Cell("<f>1+1</f><v>2</v>"), "2"),
        (Cell("<v>2024-01-05T14:30:00</v>", kind="d"), "2024-01-05 14:30:00"),
        (Cell("<v>2024-01-05</v>", kind="d"), "2024-01-05"),
        (Cell("<is><r><t>a </t></r><r><t>b</t></r></is>", kind="inlineStr"), "a b"),
        (Cell("<v>a</v><is><t>a</t></is>", kind="inlineStr"), "a"),
        (Cell("<v> 1 </v>", kind="b"), "TRUE"),
        ("a_x000D_\nb", "a\nb"),
        (number(123, 1), "00123"),
        (number(45296, 2), "2024-01-05"),
    ]
    shared = [
        "shared & more",
        "<si><r><t>two</t></r><r><t xml:space='preserve'> runs</t></r></si>",
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>",
    ]
    found = table([HEAD, *([f"k{i}", cell] for i, (cell, _) in enumerate(cells))], formats=["00000", 14], shared=shared)
    assert texts(found) == [(f"k{i}", text) for i, (_, text) in enumerate(cells)]
    assert (found.sheet, found.sheets, found.header_row, notes(found)) == ("Data", ("Data",), 1, [])


def test_cells_that_hold_no_text_are_blank_and_said(table: Reader) -> None:
    rows = [
        HEAD,
        ["e", Cell("<v>#N/A</v>", kind="e")],
        ["f", Cell("<f>A1</f>")],
        ["g", Cell("<f>A1</f><v></v>")],
        ["s", Cell('<f>""</f><v></v>', kind="str")],
        ["d", number(60, 1)],
        ["h", number(5, 2)],
        ["z", number(0, 2)],
        ["t", "#REF!"],
    ]
    found = table(rows, formats=["yyyy-mm-dd", ";;;"])
    assert texts(found) == [("e", ""), ("f", ""), ("g", ""), ("s", ""), ("d", ""), ("h", ""), ("z", ""), ("t", "#REF!")]
    assert notes(found) == [
        (2, "Value", "error-value"),
        (3, "Value", "not-calculated"),
        (4, "Value", "not-calculated"),
        (6, "Value", "no-such-date"),
        (7, "Value", "hidden-by-format"),
        (9, "Value", "error-text"),
    ]
    assert found.notes[0].text == "B2 shows the error #N/A. Nothing can be sent for it. Correct the formula or the value."


def test_column_notes_come_once(table: Reader) -> None:
    rows = [["Key", "A", "B", "C", "D"]] + [
        [f"k{i}", number(0.5, 1), number(45296, 2), number(i + 1.239, 3), f"x\xa0{i}"] for i in range(50)
    ]
    found = table(rows, formats=["0%", "mmm yy", "0.00"])
    assert notes(found) == [
        (None, "A", "percent"),
        (None, "B", "partial-date"),
        (None, "C", "rounded"),
        (None, "D", "invisible-characters"),
    ]
    assert found.rows[49].cells == ("k49", "50%", "2024-01-05", "50.24", "x\xa049")


def test_hidden_rows_and_columns(table: Reader) -> None:
    rows = [row_xml(1, HEAD)] + [row_xml(i, [f"k{i}", i], ' hidden="1"' if i % 3 == 0 else "") for i in range(2, 50)]
    rows += [
        row_xml(60, ["zero", 1], ' ht="0" customHeight="1"'),
        row_xml(70, [None, None], ' hidden="1"'),
        row_xml(80, ["last", 1]),
    ]
    found = table(sheet_xml("".join(rows), before='<cols><col min="2" max="2" width="9" hidden="1"/></cols>'))
    assert [row.number for row in found.rows] == [i for i in range(2, 50) if i % 3] + [80]
    assert (found.hidden_rows, found.empty_rows) == (17, 29)
    assert [column.hidden for column in found.columns] == [False, True]
    assert [note.kind for note in found.notes] == ["hidden-columns", "hidden-rows"]


def test_cells_stand_where_they_say(table: Reader) -> None:
    rows = (
        '<row r="5"><c r="D5" t="inlineStr"><is><t>Email</t></is></c><c r="C5" t="inlineStr"><is><t>Name</t></is></c></row>'
        '<row r="9"><c r="C9" t="inlineStr"><is><t>late</t></is></c></row>'
        '<row r="7"><c r="C7" t="inlineStr"><is><t>first</t></is></c><c r="C7"><v>2</v></c><c t="b"><v>1</v></c></row>'
        "<row><c><v>8</v></c></row>"
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )
    found = table(sheet_xml(rows))
    assert [(column.heading, column.letter) for column in found.columns] == [
        ("", "A"),
        ("Name", "C"),
        ("Email", "D"),
        ("", "XFD"),
    ]
    assert [(row.number, row.cells) for row in found.rows] == [
        (7, ("", "2", "TRUE", "")),
        (8, ("8", "", "", "")),
        (9, ("", "late", "", "")),
        (1_048_576, ("", "", "", "1")),
    ]
    assert notes(found) == [(None, "", "empty-heading"), (None, "", "empty-heading")]


def test_merged_cells_show_only_their_first(table: Reader) -> None:
    rows = [["Title", None], HEAD, ["North", "a"], ["covered", "b"], ["c", "d"]]
    merged = '<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="A3:A4"/></mergeCells>'
    found = table(sheet_xml(rows, after=merged))
    assert texts(found) == [("North", "a"), ("", "b"), ("c", "d")]
    assert [(note.kind, "A3:A4" in note.text) for note in found.notes] == [("merged-cells", True)]
    assert "merged-cells" not in str(notes(table(sheet_xml(rows, after=merged.replace('<mergeCell ref="A3:A4"/>', "")))))


def test_the_totals_row_of_a_table_is_left_out(table: Reader) -> None:
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relations({"t": ("table", "../tables/table1.xml")}),
        "xl/tables/table1.xml": '<table ref="A1:B4" totalsRowCount="1"/>',
    }
    found = table([HEAD, ["a", 1], ["b", 2], ["Total", 3]], parts=parts)
    assert texts(found) == [("a", "1"), ("b", "2")]
    assert [note.kind for note in found.notes] == ["totals-row"]


def test_formulas_that_were_not_recalculated_are_said_once(table: Reader) -> None:
    rows = [HEAD, ["a", Cell("<f>1+1</f><v>0</v>")]]
    assert [n.kind for n in table(rows, properties='<calcPr fullCalcOnLoad="1"/>').notes] == ["recalculation"]
    assert [n.kind for n in table(rows).notes] == []


def test_the_1904_system(table: Reader) -> None:
    found = table([HEAD, ["a", number(0, 1)]], formats=[14], properties='<workbookPr date1904="1"/>')
    assert texts(found) == [("a", "1904-01-01")]


X15 = (
    '<extLst><ext uri="{1}" xmlns:x15="urn:x15"><x15:workbookPr chartTrackingRefBase="1"/></ext>'
    '<ext uri="{2}" xmlns:x16="urn:x16"><x16:workbookPr date1904="1"/><x16:calcPr fullCalcOnLoad="1"/></ext></extLst>'
)


@pytest.mark.parametrize(
    ("main", "day"), [('<workbookPr date1904="1"/>', "2028-01-06"), ("<workbookPr/>", "2024-01-05"), ("", "2024-01-05")]
)
def test_only_the_main_properties_of_a_workbook_say_which_system_it_has(table: Reader, main: str, day: str) -> None:
    rows = [HEAD, ["a", number(45296, 1)], ["b", Cell("<f>1</f><v>2</v>")]]
    for properties in (main + X15, X15 + main):
        found = table(rows, formats=[14], properties=properties)
        assert texts(found) == [("a", day), ("b", "2")]
        assert [note.kind for note in found.notes] == ["date-system"] * (day == "2028-01-06")


@pytest.mark.parametrize("system", ["0", "1"])
@pytest.mark.parametrize("written", ["13:45:30", "T13:45:30", "13:45:30.000"])
def test_an_iso_time_without_a_date_is_a_time_in_both_systems(table: Reader, system: str, written: str) -> None:
    rows = [HEAD, ["a", Cell(f"<v>{written}</v>", kind="d")], ["b", Cell(f"<v>{written}</v>", kind="d", style=1)]]
    found = table(rows, formats=["h:mm"], properties=f'<workbookPr date1904="{system}"/>')
    assert texts(found) == [("a", "13:45:30"), ("b", "13:45:30")]


# ----------------------------------------------------------------------------------------------- sheets and header row


def test_the_first_visible_sheet_that_holds_anything(table: Reader) -> None:
    data = sheet_xml([HEAD, ["a", 1]])
    sheets = {"Secret": data, "Cover": sheet_xml([]), "Größe & Co": data, "Other": data}
    found = table(sheets, states={"Secret": "hidden"})
    assert (found.sheet, found.sheets) == ("Größe & Co", ("Cover", "Größe & Co", "Other", "Secret"))
    assert table(sheets, states={"Secret": "veryHidden"}, choose=ReadOptions(sheet="Secret")).sheet == "Secret"
    with pytest.raises(UsageError, match=r"no sheet of that name\. The file has: Secret, Cover, Größe & Co, Other"):
        table(sheets, choose=ReadOptions(sheet="Third"))


@pytest.mark.parametrize(
    ("rows", "header_row"),
    [
        ([["Report"], ["Name", "Email"], ["a", "b"]], 2),
        ([["Report", "2024"], ["Name", "Email", "City", "Zip", "Phone"], ["a", "b", "c", "d", "e"]], 2),
        ([["Email"], ["a@x.org"], ["b@x.org"]], 1),
        ([[], ["Name", None, "City"], ["a", "b", "c"]], 2),
        ([["x"], ["y"], ["Name", "Email"]], 3),
    ],
)
def test_the_header_row_is_found(table: Reader, rows: list[list[object]], header_row: int) -> None:
    assert table(rows).header_row == header_row


def test_a_person_can_say_which_row_holds_the_headings(table: Reader) -> None:
    rows = [["not", "this"], ["Name", "Email"], ["a", "b"]]
    found = table(rows, choose=ReadOptions(header_row=2))
    assert (found.header_row, headings(found), texts(found)) == (2, ["Name", "Email"], [("a", "b")])
    for row in (4, 99):
        with pytest.raises(UsageError, match=f"Row {row} holds no headings"):
            table(rows, choose=ReadOptions(header_row=row))


def test_what_stands_above_the_header_row_is_there_to_be_looked_at(table: Reader) -> None:
    rows = [["x" * 500], [], ["", number(45296, 1)], ["Name", "Since", "City"], ["a", number(45297, 1), "b"]]
    for chosen in (None, ReadOptions(header_row=4)):
        found = table(rows, formats=[14], choose=chosen)
        assert [(row.number, row.cells) for row in found.above] == [(1, ("x" * 100, "", "")), (3, ("", "2024-01-05", ""))]
        assert (len(found.rows), found.empty_rows, notes(found)) == (1, 0, []), "and counts for nothing"
    many = table([*([f"line {n}", "x"] for n in range(1, 41)), HEAD, ["a", 1]], choose=ReadOptions(header_row=41))
    assert [row.number for row in many.above] == list(range(29, 41)), "the nearest twelve"
    assert table([HEAD, ["a", 1]]).above == ()


def test_headings_are_verbatim(table: Reader) -> None:
    found = table([[" Email\xa0", 2023, number(45296, 1), "Email", "Email"], ["a", "b", "c", "d", "e"]], formats=[14])
    assert headings(found) == [" Email\xa0", "2023", "2024-01-05", "Email", "Email"]
    assert notes(found) == [(None, "Email", "duplicate-heading")]


def test_header_only_is_a_table_without_rows(table: Reader) -> None:
    found = table([HEAD])
    assert (headings(found), len(found.rows)) == (HEAD, 0)


# ------------------------------------------------------------------------------------------- the two ways to read rows

VALUES = st.one_of(
    st.none(),
    st.integers(-(10**6), 10**12),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5),
    st.sampled_from(["", " a", "#N/A", "R&D", "_x0041_", "007", "a\nb"]),
    st.builds(number, st.floats(0, 1e6).map(repr), st.integers(0, 3)),
    st.builds(Cell, st.sampled_from(["<v>1</v>", "<v>0</v>"]), kind=st.sampled_from(["b", "s", "e"])),
    st.just(Cell("<f>A1&amp;B1</f><v>9</v>")),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.lists(VALUES, min_size=1, max_size=4), min_size=1, max_size=6), st.integers(1, 15))
def test_plain_rows_and_parsed_rows_give_the_same_table(tmp_path: Path, rows: list[list[object]], repeat: int) -> None:
    """A comment makes everything go through the XML parser; without it the rows of plain form are cut out before."""
    everything = [["A", "B", "C", "D"], *(rows * repeat)]
    options = {"formats": ["00000", "0.0", "yyyy-mm-dd"], "shared": ["one", "zwei ä"]}
    quick = read(excel(tmp_path / "quick.xlsx", sheet_xml(everything), **options))  # type: ignore[arg-type]
    slow = read(excel(tmp_path / "slow.xlsx", sheet_xml(everything, before="<!-- all of it -->"), **options))  # type: ignore[arg-type]
    assert list(quick.rows) == list(slow.rows)
    assert quick.columns == slow.columns
    assert list(quick.notes) == list(slow.notes)
    assert (quick.empty_rows, quick.hidden_rows) == (slow.empty_rows, slow.hidden_rows)


MIXED = st.sampled_from(
    [
        *(None, "text", "R&D", " a", "#N/A", 5, -2.5, "", number("1.25", 1), number("45296", 2), Cell("", style=1)),
        *(Cell("<v>1</v>", kind="b"), Cell("<v>0</v>", kind="s"), Cell("<v>#N/A</v>", kind="e"), Cell("<f>B1</f><v>9</v>")),
    ]
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.lists(MIXED, min_size=3, max_size=3), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 400), st.lists(MIXED, max_size=4), st.booleans()), max_size=6),
    st.booleans(),
)
@example([[None, None, None]], [], False)
@example([["text", 5, None], [None, -2.5, " a"]], [(100, [None, "#N/A"], False), (200, ["hidden"], True)], True)
def test_rows_with_blanks_and_those_between_them_give_the_same_table(
    tmp_path: Path, usual: list[list[object]], others: list[tuple[int, list[object], bool]], swapped: bool
) -> None:
    """Long stretches of rows in which cells are there or not, and others between them, hidden ones, and rows out of order."""
    rows = [row_xml(1, ["A", "B", "C", "D"])]
    rows += [row_xml(i, [f"row {i}" if i % 50 else None, *usual[i * i % len(usual)]]) for i in range(2, 400)]
    for place, cells, hidden in others:
        rows[place % len(rows)] = row_xml(place % len(rows) + 1, cells, ' hidden="1"' if hidden else "")
    if swapped:
        rows[150], rows[250] = rows[250], rows[150]
    options = {"formats": ["0.0", "yyyy-mm-dd"], "shared": ["one"]}
    quick = read(excel(tmp_path / "quick.xlsx", sheet_xml("".join(rows)), **options))  # type: ignore[arg-type]
    all_parsed = sheet_xml("".join(rows), before="<!-- all of it -->")
    slow = read(excel(tmp_path / "slow.xlsx", all_parsed, **options))  # type: ignore[arg-type]
    assert list(quick.rows) == list(slow.rows)
    assert quick.columns == slow.columns
    assert list(quick.notes) == list(slow.notes)
    assert (quick.header_row, quick.empty_rows, quick.hidden_rows) == (slow.header_row, slow.empty_rows, slow.hidden_rows)


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace("<row", "<x:row").replace("</row", "</x:row").replace("<worksheet", '<worksheet xmlns:x="m"'),
        lambda xml: xml.replace("<c ", "\n  <c "),
        lambda xml: xml.replace("utf-8", "UTF-8").replace("</row>", "</row>\r\n"),
        lambda xml: xml.replace("</is>", "<!-- no --></is>"),
    ],
)
def test_other_ways_to_write_the_same(table: Reader, change: Callable[[str], str]) -> None:
    assert texts(table(change(sheet_xml([HEAD, *(["a", i] for i in range(30))])))) == [("a", str(i)) for i in range(30)]


# ------------------------------------------------------------------------------------------- files of other programs


def test_a_file_of_openpyxl(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Key", "When", "Time", "Flag", "Zip", "Pct"])
    sheet.append(["a", dt.datetime.fromisoformat("2024-01-05 14:30"), dt.time(8, 15), True, 123, 0.5])
    sheet["E2"].number_format, sheet["F2"].number_format = "00000", "0%"
    sheet.append(["b", dt.date(2024, 1, 5), dt.timedelta(hours=30), False, "=1+1", None])
    book.save(tmp_path / "o.xlsx")
    found = read(tmp_path / "o.xlsx")
    assert texts(found) == [
        ("a", "2024-01-05 14:30:00", "08:15:00", "TRUE", "00123", "50%"),
        ("b", "2024-01-05", "30:00:00", "FALSE", "", ""),
    ]
    assert (3, "Zip", "not-calculated") in notes(found)


@pytest.mark.parametrize("streamed", [True, False])
def test_a_large_file_of_xlsxwriter(tmp_path: Path, streamed: bool) -> None:
    rows = 3000
    with xlsxwriter.Workbook(tmp_path / "x.xlsx", {"constant_memory": streamed}) as book:
        sheet, zipped = book.add_worksheet("Data"), book.add_format({"num_format": "00000"})
        sheet.write_row(0, 0, ["Email", "Zip", "Phone", "City"])
        for i in range(1, rows + 1):
            sheet.write(i, 0, f"p{i}@example.com")
            sheet.write(i, 1, i, zipped)
            sheet.write(i, 2, 491700000000 + i)
            sheet.write(i, 3, "Köln" if i % 2 else "R&D town")
    seen: list[ReadProgress] = []
    found = read(tmp_path / "x.xlsx", progress=seen.append)
    assert len(found.rows) == rows
    assert found.rows[1233].cells == ("p1234@example.com", "01234", "491700001234", "R&D town")
    assert all(a.rows <= b.rows for a, b in pairwise(seen))
    preview = read(tmp_path / "x.xlsx", ReadOptions(limit=100))
    assert list(preview.rows) == list(found.rows)[:100]
