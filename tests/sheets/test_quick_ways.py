"""The quick ways through a file give what the slow ones give: the same texts, the same row numbers, the same notes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sheetfiles import Cell, binary_cell, excel, excel_binary, number, read, row_xml, sheet_xml

from cg_uploader.errors import FileError
from cg_uploader.model.table import Table
from cg_uploader.sheets.cells.clean_text import format_general_many
from cg_uploader.sheets.cells.number_format import parse_number_format
from cg_uploader.sheets.delimited import text_reader
from cg_uploader.sheets.delimited.row_builder import RowBuilder
from cg_uploader.sheets.delimited.tokenizer import Tokenizer
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.table import row_assembler
from cg_uploader.sheets.table.builder import TableBuilder

bounded = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def everything(table: Table) -> tuple[Any, ...]:
    found = (
        [(row.number, *row.cells) for row in table.rows], table.columns, [astuple(note) for note in table.notes],
        table.header_row, table.hidden_rows, table.empty_rows, table.above,
    )  # fmt: skip
    table.rows.close()
    return found


# ------------------------------------------------------------------------------------------------------------- numbers

CODES = (
    "0", "0.00", "00000", "0.", "0%", "0.0%", "00.00%", "#,##0.00", "0.00;[Red]-0.00", "0.00;[Red]0.00",
    "#,##0.00_);[Red](#,##0.00)", "0.0%;[Red]-0.0%", "0%;0.0%", "0;-0;;@", "[>100]0.0;0.00", "[>-5]0.00;0.0", "[<0]0.00;0.0",
    '0.0;"minus "0.0', "0.0,0", "General", "yyyy-mm-dd", "mmm yy", "yyyy-mm-dd hh:mm",
    '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-',
)  # fmt: skip
HALVES = st.builds(
    lambda n, places, ulps: (n * 10 + 5) / 10**places * (1 + ulps * 1.1e-16),
    st.integers(-(10**12), 10**12), st.integers(1, 6), st.integers(-5, 5),
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-(10**6), 10**6),
    HALVES,
    st.floats(-1, 1),
    st.floats(-(10**6), 10**6),
    st.floats(29_000, 47_000),
    st.sampled_from([0, 60, 61, -0.001, 2.675, -2.675, 0.0001, 999_999_999_999_999.9, 1e15, 1e21, 2_958_466]),
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(CODES), st.lists(NUMBERS, min_size=1), st.sets(st.sampled_from(["rounded", "percent", "partial-date"])))
@example("General", [999_999_999_999_999.9], set())
@example("0.00", [999_999_999_999_999.9], set())
@example('0.0;"minus "0.0', [-1.5], set())
def test_many_numbers_at_once_and_one_by_one(code: str, numbers: list[float], settled: set[str]) -> None:
    form = parse_number_format(code)
    if form.format_many is None:
        return
    for value, text in zip(numbers, form.format_many([repr(value) for value in numbers], settled), strict=True):
        if text is not None:
            one, said = form.format_number(float(value))
            assert text == one, (code, value)
            assert set(said) <= settled, (code, value)


@pytest.mark.parametrize("code", ["0.00;[Red]-0.00", "0.0%", "#,##0.00_);(#,##0.00)", "yyyy-mm-dd"])
def test_negative_numbers_percentages_and_dates_have_a_quick_way(code: str) -> None:
    many = parse_number_format(code).format_many
    assert many is not None
    numbers = ["-1.5", "0.25"] if "y" not in code else ["45296"]
    assert None not in many(numbers, {"rounded", "percent"})


def test_fifteen_nines_and_blanks_around_a_number() -> None:
    assert parse_number_format("0.00").format_number(999_999_999_999_999.9)[0] == "1000000000000000.00"
    assert format_general_many(["5", "999999999999999.9"]) == ["5", None]
    assert format_general_many([" 5", "7"]) == ["5", "7"]


# ---------------------------------------------------------------------------------------------------------------- xlsx

KINDS: tuple[Callable[[random.Random], object], ...] = (
    lambda r: f"text {r.randrange(9)}",
    lambda r: r.choice(
        ["", "", " x ", "#N/A", "nb\xa0sp", "Err:502", "_x0007_", "1.23457E+11", "R&D", "3/4/2024", "2024-03-04"]
    ),
    lambda r: Cell("<is><t></t></is>", kind="inlineStr"),
    lambda r: r.randrange(-500, 5000),
    lambda r: number(r.randrange(-99_999, 99_999) / 100, r.randrange(1, 9)),
    lambda r: number(r.choice([0.125, 0.5, -0.05, 0, 60, 999_999_999_999_999.9]), r.randrange(1, 9)),
    lambda r: Cell("<v>1</v>", kind="s"),
    lambda r: Cell("<v>#N/A</v>", kind="e"),
    lambda r: Cell(r.choice(["<f>A1</f><v>9</v>", "<f/><v>9</v>", "<f>A1</f>"]), style=2),
    lambda r: None,
)
FORMATS = ["0.00", "0.0%", "0.00;[Red]-0.00", "#,##0.00_);(#,##0.00)", "yyyy-mm-dd", "mmm yy", "0;;", "0.00E+00"]


def random_rows(seed: int) -> str:
    """Rows of columns that are mostly of one kind, some of them hidden, some numbers left out; seldom not in order."""
    r = random.Random(seed)
    usual = [r.choice(KINDS) for _ in range(r.randrange(1, 7))]
    styles = [r.randrange(9) for _ in usual]
    place, out = 1, [row_xml(1, [f"Heading {i}" for i in range(len(usual))])]
    for _ in range(r.choice([5, 60, 300])):
        place += 1 if r.random() < 0.98 else r.randrange(2, 2_000)
        cells = [(kind if r.random() < 0.98 else r.choice(KINDS))(r) for kind in usual]
        for cell, style in zip(cells, styles, strict=True):
            if isinstance(cell, Cell) and r.random() < 0.95:
                cell.style = style
        out.append(row_xml(place, cells, ' hidden="1"' if r.random() < 0.01 else ""))
    if seed % 9 == 0:
        out[len(out) // 2 :] = reversed(out[len(out) // 2 :])
    return "".join(out)


@bounded
@given(st.integers(0, 10**9))
def test_rows_cut_out_and_rows_parsed(tmp_path: Path, seed: int) -> None:
    """A comment makes everything go through the XML parser; and the first rows are those of the whole."""
    body = random_rows(seed)
    options: dict[str, Any] = {"formats": FORMATS, "shared": ["one", " zwei ä"]}
    options["properties"] = '<workbookPr date1904="1"/><calcPr fullCalcOnLoad="1"/>' if seed % 2 else ""
    quick = everything(read(excel(tmp_path / "quick.xlsx", sheet_xml(body), **options)))
    assert quick == everything(read(excel(tmp_path / "slow.xlsx", sheet_xml(body, before="<!-- all of it -->"), **options)))
    if seed % 9:
        first = read(tmp_path / "quick.xlsx", ReadOptions(limit=100))
        places = [quick[1].index(column) for column in first.columns]
        assert everything(first)[0] == [(row[0], *(row[1 + i] for i in places)) for row in quick[0][:100]]


def test_empty_inline_texts_do_not_go_to_the_parser(tmp_path: Path) -> None:
    empty = Cell("<is><t></t></is>", kind="inlineStr")
    table = read(excel(tmp_path / "a.xlsx", sheet_xml([["A", "B"], *[["a", empty], [empty, "b"]] * 50])))
    assert everything(table)[0] == [(n, *(("a", "") if n % 2 == 0 else ("", "b"))) for n in range(2, 102)]


def test_a_formula_without_any_text_is_a_formula(tmp_path: Path) -> None:
    body = sheet_xml([["A"], *[[Cell("<f/><v>5</v>")]] * 30])
    table = read(excel(tmp_path / "a.xlsx", body, properties='<calcPr fullCalcOnLoad="1"/>'))
    assert [note[2] for note in everything(table)[2]] == ["recalculation"]


# ----------------------------------------------------------------------------------------------------- binary workbooks


@pytest.mark.slow
@bounded
@given(st.integers(0, 10**9))
def test_rows_of_binary_workbooks_in_batches_and_one_by_one(tmp_path: Path, seed: int) -> None:
    r = random.Random(seed)
    usual = [r.choice(["text", " x ", "#N/A", "nb\xa0sp", 5, -2.5, 0.125, 60.0]) for _ in range(4)]
    found = []
    for place in range(1, 900):
        cells = [value if r.random() < 0.99 else r.choice(["", "odd\x07", 1e16, -1.0]) for value in usual]
        styles = [r.randrange(9) if r.random() < 0.01 else i for i in range(4)]
        data = b"".join(binary_cell(i, value, style) for i, (value, style) in enumerate(zip(cells, styles, strict=True)))
        found.append((place, r.random() < 0.005, data if r.random() < 0.99 else b""))
    file = excel_binary(tmp_path / "a.xlsb", found, formats=FORMATS)
    many = everything(read(file))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_assembler, "_SINGLE_ROWS", 10**9)
        assert everything(read(file)) == many


# ------------------------------------------------------------------------------------------------------ delimited texts

ODD = (
    "", " x", "\xa0", "\u200b", "a\xa0b", "#N/A", "Err:502", "1.23457E+11", '="001"', "ctl\x07x", "\x07", "\ufffd", "\t",
    "3/4/2024", "2024-04-03", "a\nb", 'q"q', "a,b", "=",
)  # fmt: skip


def random_text(seed: int) -> bytes:
    """Records with odd fields here and there, blank ones, ragged ones, some with all fields quoted."""
    r = random.Random(seed)
    width, odd, ragged, quoted = r.randrange(1, 6), r.choice([0.001, 0.02]), r.choice([0, 0.01]), r.random() < 0.4
    out = [",".join(f'"Heading {i}"' for i in range(width))]
    for i in range(r.choice([40, 400, 1_500])):
        fields = [r.choice(ODD) if r.random() < odd else r.choice(["a", "foo bar", "12", f"t{i}"]) for _ in range(width)]
        if r.random() < 0.01:
            fields = [r.choice(["", "\xa0", "\u200b", "\x07"]) for _ in range(width)]
        fields += ["more"] * (r.random() < ragged)
        marked = ['"' + field.replace('"', '""') + '"' if quoted or set(field) & set(',"\n') else field for field in fields]
        out.append(",".join(marked) + '"' * (r.random() < 0.0005))
    return ("\r\n" if seed % 3 else "\n").join(out).encode() + (b"\xe4" if seed % 5 == 0 else b"")


@bounded
@given(st.integers(0, 10**9), st.sampled_from([1 << 18, 700]))
@example(2_487_476, 1 << 18)
def test_delimited_text_in_blocks_and_one_by_one(tmp_path: Path, seed: int, block: int) -> None:
    def one_by_one(builder: TableBuilder, numbers: Any, hidden: bool, layout: Any, values: Any) -> None:
        for place, row in zip(numbers, zip(*values, strict=True), strict=True):
            builder.add(place, hidden, layout, row)

    (tmp_path / "a.csv").write_bytes(random_text(seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_reader, "_BLOCK_CHARS", block)
        try:
            quick = everything(read(tmp_path / "a.csv"))
        except FileError:  # too many control characters for a text: refused before any record is cut
            return
        patch.setattr(RowBuilder, "_hand_over", lambda *_: False)
        patch.setattr(Tokenizer, "_cut_regular", lambda *_: None)
        patch.setattr(TableBuilder, "add_many", one_by_one)
        assert everything(read(tmp_path / "a.csv")) == quick


def test_a_record_of_which_nothing_is_left_takes_no_notes_of_others_away(tmp_path: Path) -> None:
    lines = ["A,B", *["a,b"] * 100, "x\xa0y,b", "z,\x07z", "\xa0,\u200b", *["a,b"] * 100]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    found = everything(read(tmp_path / "a.csv"))
    assert [(note[0], note[2]) for note in found[2]] == [(None, "invisible-characters"), (103, "control-characters")]
    assert [row[0] for row in found[0]] == [n for n in range(2, 205) if n != 104]


# ---------------------------------------------------------------------------------------- every kind of note, far down


@pytest.mark.parametrize("place", [5, 50_000])
@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("#N/A", "error-text"),
        ("Err:508", "error-text"),
        ("1.23457E+11", "truncated-number"),
        ("a\ufffd", "lost-character"),
        ("a\x07", "control-characters"),
        ("a\u200bb", "invisible-characters"),
        ("a,b,c", "long-row"),
        ("\\xe4", "replaced-byte"),
        ('"a', "unclosed-quote"),
    ],
)
def test_every_kind_of_note_of_delimited_text(tmp_path: Path, place: int, quoted: bool, text: str, kind: str) -> None:
    mark = '"' if quoted else ""
    usual = f"{mark}key{mark},{mark}text ä{mark}".encode()
    odd = b"key," + (text.encode() if kind in ("long-row", "unclosed-quote") else f"{mark}{text}{mark}".encode())
    lines = [usual] * 60_000
    lines[0], lines[place - 1] = b"A,B", odd.replace(b"\\xe4", b"\xe4")
    (tmp_path / "a.csv").write_bytes(b"\n".join(lines))
    found = [note for note in read(tmp_path / "a.csv").notes if note.kind == kind]
    assert len(found) == 1
    assert str(place) in found[0].text


@pytest.mark.parametrize("place", [5, 50_000])
@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("#N/A", "error-text"),
        ("Err:508", "error-text"),
        ("1.23457E+11", "truncated-number"),
        ("_x0007_a", "control-characters"),
        ("a\u200bb", "invisible-characters"),
        ("a\ufffd", "lost-character"),
        (Cell("<v>#N/A</v>", kind="e"), "error-value"),
        (Cell("<f>A1</f>"), "not-calculated"),
        (number("1234567890123456"), "digits-lost"),
        (number("-1", 5), "no-such-date"),
        (number("-1.5", 7), "hidden-by-format"),
        (number("1.005", 1), "rounded"),
        (number("-0.25", 2), "percent"),
        (number("45000", 6), "partial-date"),
        (number("5", 8), "stored-value"),
        (number("45000", 5), "date-system"),
    ],
)
def test_every_kind_of_note_of_a_workbook(tmp_path: Path, place: int, cell: object, kind: str) -> None:
    """Above and below stand cells about which there is nothing to say, of the same style where that can be."""
    alike = kind in ("rounded", "digits-lost", "hidden-by-format", "no-such-date")
    usual = number("45000" if kind == "no-such-date" else "7", cell.style if isinstance(cell, Cell) and alike else 0)
    plain = "text" if isinstance(cell, str) else usual
    body = [row_xml(1, ["A", "B"]), *(row_xml(n, ["k", cell if n == place else plain]) for n in range(2, 50_100))]
    properties = '<workbookPr date1904="1"/>' if kind == "date-system" else ""
    table = read(excel(tmp_path / "a.xlsx", sheet_xml("".join(body)), formats=FORMATS, properties=properties))
    found = [note for note in table.notes if note.kind == kind]
    assert len(found) == 1
    assert f"B{place}" in found[0].text
