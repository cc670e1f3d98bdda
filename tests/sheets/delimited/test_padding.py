"""Blanks before a quotation belong to it when it ends where its field ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sheetfiles import read

from cg_uploader.sheets.cells.separators import CELL
from cg_uploader.sheets.delimited.dialect import Dialect
from cg_uploader.sheets.delimited.tokenizer import Tokenizer, parse_record

WIDE = 1000
"""More fields than any record here has, so that none is mended."""


def found(folder: Path, text: str) -> tuple[list[str], list[tuple[str, ...]], list[str]]:
    (folder / "a.csv").write_text(text, encoding="utf-8")
    table = read(folder / "a.csv")
    rows = [row.cells for row in table.rows]
    table.rows.close()
    return [column.heading for column in table.columns], rows, [note.kind for note in table.notes]


@pytest.mark.parametrize("blank", [" ", "   ", "\t", "\xa0", "\u3000", " \t "])
@pytest.mark.parametrize("char", [",", ";", "\t", "|"])
def test_in_some_fields_or_in_the_headings_alone(tmp_path: Path, char: str, blank: str) -> None:
    if char == "\t":
        blank = blank.replace("\t", " ")
    inner = f"e{char} f" if char != "\t" else "e\tf"
    some = f'"a"{char}{blank}"b"{char} "c"\n"d"{char}{blank}"{inner}"{char}"g"\n"h"{char}"i"{char}"j"\n'
    assert found(tmp_path, some) == (["a", "b", "c"], [("d", inner, "g"), ("h", "i", "j")], [])
    headings = f'{blank}"a"{char}{blank}"b, x"{char}c\nd{char}e{char}f\ng{char}h{char}i\n'
    assert found(tmp_path, headings) == (["a", "b, x", "c"], [("d", "e", "f"), ("g", "h", "i")], [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (' "x, y"', "x, y"),
        (' "x, y" ', "x, y"),
        (' "say ""x, y"""', 'say "x, y"'),
        (' ""', ""),
        (' "x" y', '"x" y'),
        (' x "y"', 'x "y"'),
        (' 5"', '5"'),
        ('"x, "" y"" z"', 'x, " y" z'),
        (' "x\ny"', "x\ny"),
        (' "x', '"x'),
    ],
)
def test_one_field(tmp_path: Path, field: str, value: str) -> None:
    text = f'Name,City,Note\nAnn,"Oslo",1\nBo,{field},2\nCy,"Rome, I",3\nDi,"Ulm",4\n'
    assert found(tmp_path, text)[1] == [
        ("Ann", "Oslo", "1"), ("Bo", value, "2"), ("Cy", "Rome, I", "3"), ("Di", "Ulm", "4"),
    ]  # fmt: skip


def test_two_marks_for_as_above_are_two_texts(tmp_path: Path) -> None:
    text = 'Name,City\nAnn,Oslo\nBo, "\nCy, "\nDi,"Rome, I"\nEd, "Bonn"\n'
    assert found(tmp_path, text)[1] == [("Ann", "Oslo"), ("Bo", '"'), ("Cy", '"'), ("Di", "Rome, I"), ("Ed", "Bonn")]


@pytest.mark.parametrize("lines", [3, 9000])
def test_among_many_lines(tmp_path: Path, lines: int) -> None:
    text = '"a", "b","c"\n' + '"1", "x, y","z"\n' * lines + '1, "x\ny",z\n' + '2, "x, y",z\n' * lines
    headings, rows, _ = found(tmp_path, text)
    assert headings == ["a", "b", "c"]
    assert rows == [("1", "x, y", "z")] * lines + [("1", "x\ny", "z")] + [("2", "x, y", "z")] * lines


@given(st.text('a" ,\n', max_size=40), st.integers(1, 4), st.booleans())
@example(' "a" ,"', 4, False)
@example('a, "\n", "', 1, False)
@example('"a\nb", "c, d"', 2, False)
def test_any_text_is_cut_as_if_by_hand(text: str, size: int, skip: bool) -> None:
    dialect = Dialect(",", skip=skip, width=WIDE)
    lines = text.removesuffix("\n").split("\n") if text else []
    cut = [
        [
            record.split(CELL)
            for batch, _ in Tokenizer(iter(["\n".join(lines[i : i + step]) for i in range(0, len(lines), step)]), dialect)
            for record in batch
        ]
        for step in (1000, size)
    ]
    exactly, rest = [], "".join(f"{line}\n" for line in lines)
    while rest:
        record = parse_record(rest, dialect)
        exactly.append(record.fields)
        rest = rest[record.end :]
    assert [[[field.strip() for field in fields] for fields in way] for way in cut] == [
        [[field.strip() for field in fields] for fields in exactly]
    ] * 2
