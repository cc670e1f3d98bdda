from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sheetfiles import Cell, excel, read, row_xml, sheet_xml

from cg_uploader.errors import FileError
from cg_uploader.model.table import Table
from cg_uploader.sheets.formats.xlsx.shared_strings import decode_entities
from cg_uploader.sheets.formats.xlsx.sheet import XlsxSheetReader
from cg_uploader.sheets.table.cell_layout import CellLayout
from cg_uploader.sheets.table.row_assembler import RowSorter

NAMES = ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"]
WRITTEN = [
    ("R&amp;D", "R&D"),
    ("&lt;b&gt; &quot;x&quot; &apos;y&apos;", "<b> \"x\" 'y'"),
    ("&amp;lt;", "&lt;"),
    ("&amp;amp;amp;", "&amp;amp;"),
    ("&amp;#65;", "&#65;"),
    ("&amp;_x0041_", "&A"),
    ("_x0026_amp;", "&amp;"),
    ("&#95;x0041_", "A"),
    ("&#x1F600;&amp;", "😀&"),
    ("a > b", "a > b"),
    ("ends in >", "ends in >"),
    ("->&gt;", "->>"),
    ("&gt;", ">"),
    ("=&quot;00123&quot;", '="00123"'),
    ("&quot; #N/A", '" #N/A'),
    ("a\n&amp;b", "a\n&b"),
    (" &amp; ", "&"),
    ("&amp;\xa0", "&"),
    ("", ""),
    ("Köln &amp; 東京", "Köln & 東京"),
    ("<![CDATA[&amp;<]]>", "&amp;<"),
    ("a<!-- &amp; -->b", "ab"),
]
PIECES = st.sampled_from(
    [*NAMES, "a", "_x0041_", "_x005F_", "x0026_", "_", "&#95;", "&#x41;", "&#38;", ">", " ", "#", "\n", "é", ";"]
)
ODD = ["<![CDATA[&amp;]]>", "<!-- & -->"]


class Counted(RowSorter):
    """Counts the rows that come many at once."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once = 0

    def add_many(self, numbers: Sequence[int], hidden: bool, layout: CellLayout, values: Sequence[Sequence[Any]]) -> None:
        self.at_once += len(numbers)
        super().add_many(numbers, hidden, layout, values)


def inline(written: str) -> Cell:
    return Cell(f'<is><t xml:space="preserve">{written}</t></is>', kind="inlineStr")


def formula(written: str) -> Cell:
    return Cell(f"<f>A1&amp;B1</f><v>{written}</v>", kind="str")


def item(written: str) -> str:
    return f'<si><t xml:space="preserve">{written}</t></si>'


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


@pytest.fixture
def column(tmp_path: Path) -> Callable[..., list[str]]:
    """The texts of a column, below a heading and beside a key, so that no row is empty."""

    def make(values: list[Cell], shared: list[str] | None = None) -> list[str]:
        rows = [["Key", "Value"], *(["k", value] for value in values)]
        return [row[1] for row in cells(read(excel(tmp_path / "file.xlsx", sheet_xml(rows), shared=shared or ())))]

    return make


@pytest.mark.parametrize("cell", [inline, formula])
@pytest.mark.parametrize("repeat", [1, 40])
@pytest.mark.parametrize(("written", "text"), WRITTEN)
def test_characters_that_xml_writes_by_name(
    column: Callable[..., list[str]], cell: Callable[[str], Cell], repeat: int, written: str, text: str
) -> None:
    assert column([*([cell("plain")] * repeat), *([cell(written)] * repeat), cell("&amp;")]) == [
        *(["plain"] * repeat),
        *([text] * repeat),
        "&",
    ]


@pytest.mark.parametrize(("written", "text"), WRITTEN)
def test_the_same_in_shared_texts(column: Callable[..., list[str]], written: str, text: str) -> None:
    shared = [item("plain"), item(written), item("&amp;")]
    assert column([Cell(f"<v>{i % 3}</v>", kind="s") for i in range(60)], shared) == ["plain", text, "&"] * 20


@pytest.mark.parametrize("broken", ["&", "&amp", "&nbsp;", "&AMP;", "& amp;", "a&b"])
def test_what_is_no_xml_is_damage_in_both_places(column: Callable[..., list[str]], broken: str) -> None:
    for repeat in (1, 40):
        with pytest.raises(FileError, match="damaged"):
            column([*([inline("&amp;")] * repeat), inline(broken)])
    with pytest.raises(FileError, match="damaged"):
        column([Cell("<v>0</v>", kind="s")], [item("&amp;"), item(broken)])


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(*[st.lists(PIECES, max_size=5).map("".join)] * 3), min_size=1, max_size=6),
    st.integers(1, 15),
    st.sampled_from(["", "", *ODD]),
)
def test_cut_out_or_parsed_the_texts_are_the_same(
    tmp_path: Path, values: list[tuple[str, str, str]], repeat: int, odd: str
) -> None:
    """A comment makes everything go through the XML parser, in the sheet and in the shared texts."""

    def table(name: str, comment: str) -> Table:
        rows: list[list[object]] = [["Key", "Inline", "Formula", "Shared"]]
        for i, (first, second, _) in enumerate(values * repeat):
            rows.append(["k", inline(first), formula(second), Cell(f"<v>{i % len(values)}</v>", kind="s")])
        rows.append(["k", inline(f"x{odd}"), formula("z"), Cell("<v>0</v>", kind="s")])
        shared = [item(third) for *_, third in values]
        return read(excel(tmp_path / name, sheet_xml(rows, before=comment), shared=[*shared, f"<si><t>y</t>{comment}</si>"]))

    quick, slow = table("quick.xlsx", ""), table("slow.xlsx", "<!-- all of it -->")
    assert list(quick.rows) == list(slow.rows)
    assert list(quick.notes) == list(slow.notes)


def test_characters_by_name_in_attributes_go_to_the_parser(tmp_path: Path) -> None:
    cell = '<c r="A{0}" t="&#115;tr"><v>_x0041_</v></c>'
    rows = "".join(f'<row r="{i}" hidden="{"&#49;" if i == 20 else "0"}">{cell.format(i)}</row>' for i in range(2, 40))
    found = read(excel(tmp_path / "file.xlsx", sheet_xml(row_xml(1, ["Value"]) + rows)))
    assert [(row.number, row.cells) for row in found.rows] == [(i, ("A",)) for i in range(2, 40) if i != 20]
    assert found.hidden_rows == 1


def test_rows_with_such_characters_stay_together(tmp_path: Path) -> None:
    """What makes the quick way quick: rows of one form are taken many at once, whatever characters their texts have."""
    rows = sheet_xml([[["R&D", "a > b", "<>", '"'][i % 4], "ends in >"] for i in range(400)])
    sink = Counted()
    file = tmp_path / "sheet.xml"
    file.write_text(rows, encoding="utf-8")
    with file.open("rb") as part:
        XlsxSheetReader(sink, ordered=True).read(part)
    assert sink.at_once >= 380


@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=6), max_size=6))
def test_decoding_undoes_escaping(texts: list[str]) -> None:
    assert list(decode_entities([escape(text, {'"': "&quot;", "'": "&apos;"}) for text in texts])) == texts
