"""Whatever the bytes, a file becomes a Table or a sentence; what libraries write is read as it was meant."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from casefiles import number, row, sheet, text, workbook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from polluted import variants
from sheetfiles import binary_cell, compound, excel_binary, excel_old, open_document, record8, short_cell, text8
from xlsxwriter import Workbook as Writer

from cg_uploader.errors import UploaderError
from cg_uploader.model.table import Table
from cg_uploader.sheets.open_file import parse
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.table.read_progress import ReadControl

SEEDS = range(12)
ROUNDS = 40


def texts(path: Path, **options: object) -> list[tuple[str, ...]]:
    table = parse(path, ReadOptions(**options), ReadControl())  # type: ignore[arg-type]
    rows = [row.cells for row in table.rows]
    table.rows.close()
    return rows


# ------------------------------------------------------------------------------------------------------------ fuzz


def make_xlsx(path: Path) -> Path:
    rows = [row(text(f"Näme {i}"), number(i * 1.5, 1), number(45296 + i, 2), text("", "")) for i in range(40)]
    merged = '<mergeCells><mergeCell ref="A3:B4"/></mergeCells>'
    return workbook(path, sheet(row(text("A"), text("B"), text("C")), *rows, after=merged), formats=["0.00", "d.m.yy"])


def make_xlsb(path: Path) -> Path:
    rows = [(i, i == 5, binary_cell(0, f"n{i}") + short_cell("x") + binary_cell(2, i * 1.5, 1)) for i in range(1, 40)]
    return excel_binary(path, rows, formats=["0.00"])


def make_xls(path: Path) -> Path:
    cells = b"".join(record8(0x204, bytes([i, 0, j, 0, 0, 0]) + text8(f"c{i}.{j}")) for i in range(40) for j in range(3))
    return excel_old(path, cells, formats=["0.00"])


def make_ods(path: Path) -> Path:
    cell = '<table:table-cell office:value-type="{}" office:value="{}"><text:p>{}</text:p></table:table-cell>'.format
    rows = "".join(f"<table:table-row>{cell('string', '', f'n{i}')}{cell('float', i, i)}</table:table-row>" for i in range(40))
    return open_document(path, f'<table:table table:name="T">{rows}</table:table>')


def make_csv(path: Path) -> Path:
    out = io.StringIO()
    csv.writer(out).writerows([[f"Näme {i}", 'a "b", c', "x\ny", str(i)] for i in range(40)])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return path


def make_wide_csv(path: Path) -> Path:
    path.write_bytes(make_csv(path).read_bytes().decode().encode("utf-16"))
    return path


MAKERS: dict[str, Callable[[Path], Path]] = {
    "a.xlsx": make_xlsx,
    "a.xlsb": make_xlsb,
    "a.xls": make_xls,
    "a.ods": make_ods,
    "a.csv": make_csv,
    "b.csv": make_wide_csv,
}


def spoiled(content: bytes, chance: random.Random) -> bytes:
    """The bytes after one accident: some flipped, an end lost, a piece moved, or a piece written over."""
    data = bytearray(content)
    place, other = chance.randrange(len(data)), chance.randrange(len(data))
    size = chance.choice([1, 4, 64, 512])
    match chance.randrange(5):
        case 0:
            for _ in range(chance.choice([1, 3, 30])):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 1:
            del data[place:]
        case 2:
            data[place:place] = data[other : other + size]
        case 3:
            data[place : place + size] = chance.choice([b"\0", b"\xff", b'"', b"<"]) * size
        case _:
            del data[place : place + size]
    return bytes(data)


def unpacked_and_spoiled(content: bytes, chance: random.Random) -> bytes:
    """A package in which one part had the accident before it was packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        chosen = chance.choice(old.namelist())
        for name in old.namelist():
            new.writestr(name, spoiled(old.read(name), chance) if name == chosen else old.read(name))
    return out.getvalue()


def a_table_or_a_sentence(path: Path) -> None:
    """Anything else than these two fails the test."""
    with suppress(UploaderError):
        table = parse(path, ReadOptions(), ReadControl())
        assert isinstance(table, Table)
        assert all(len(found.cells) == len(table.columns) for found in table.rows)
        list(table.notes)
        table.rows.close()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", MAKERS)
def test_spoiled_files(tmp_path: Path, name: str, seed: int) -> None:
    content = MAKERS[name](tmp_path / name).read_bytes()
    chance = random.Random(f"{name} {seed}")
    for turn in range(ROUNDS):
        packed = name in ("a.xlsx", "a.xlsb", "a.ods") and turn % 2
        data = unpacked_and_spoiled(content, chance) if packed else spoiled(content, chance)
        (tmp_path / name).write_bytes(data)
        a_table_or_a_sentence(tmp_path / name)


@pytest.mark.parametrize("seed", SEEDS)
def test_spoiled_streams_of_old_workbooks(tmp_path: Path, seed: int) -> None:
    source = make_xls(tmp_path / "whole.xls").read_bytes()
    stream = source[512 : source.index("Workbook".encode("utf-16-le")) // 512 * 512]
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        a_table_or_a_sentence(compound(tmp_path / "spoiled.xls", {"Workbook": spoiled(stream, chance)}))


@pytest.mark.parametrize("seed", SEEDS)
def test_random_text(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for letters in ('a,"\n', "ä;'\r\n\t\\\"", "\0\x1a\x1c\x1d\x1e\x1fa,\n", '=",\n #N/A', "é東,\n\u2028\u200b\ufeff"):
        for encoding in ("utf-8", "utf-16", "cp1252"):
            content = "".join(chance.choices(letters, k=chance.choice([1, 30, 400]))).encode(encoding, "replace")
            (tmp_path / "random.csv").write_bytes(content)
            a_table_or_a_sentence(tmp_path / "random.csv")


def test_spoiled_variants_of_text(tmp_path: Path) -> None:
    chance = random.Random(7)
    for variant in list(variants())[:60]:
        (tmp_path / "variant.csv").write_bytes(spoiled(variant.content() or b"a", chance))
        a_table_or_a_sentence(tmp_path / "variant.csv")


# ---------------------------------------------------------------------------------------------- written and read back

WORD = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Zs", "Zl", "Zp", "Cf"]) | st.just(" "), min_size=1, max_size=12
).filter(lambda word: word.strip() and not word.startswith(("=", "#", "{")) and "_x" not in word and "@" not in word)
WHOLE = st.integers(-(2**53), 2**53)
CELLS = st.lists(st.tuples(WORD, WHOLE, st.booleans()), min_size=1, max_size=10)


def expected(rows: list[tuple[str, int, bool]]) -> list[tuple[str, ...]]:
    return [(word.strip(" "), str(whole), "TRUE" if yes else "FALSE") for word, whole, yes in rows]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(CELLS)
def test_what_openpyxl_writes(tmp_path: Path, rows: list[tuple[str, int, bool]]) -> None:
    book = Workbook()
    for cells in [("Word", "Whole", "Yes"), *rows]:
        book.active.append(cells)
    book.save(tmp_path / "a.xlsx")
    assert texts(tmp_path / "a.xlsx", header_row=1) == expected(rows)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(CELLS, st.booleans())
def test_what_xlsxwriter_writes(tmp_path: Path, rows: list[tuple[str, int, bool]], lean: bool) -> None:
    with Writer(tmp_path / "a.xlsx", {"constant_memory": lean}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Word", "Whole", "Yes"])
        for place, (word, whole, yes) in enumerate(rows, 1):
            page.write_string(place, 0, word)
            page.write_number(place, 1, whole)
            page.write_boolean(place, 2, yes)
    exact = [tuple(cells) for cells in expected(rows)]
    found = texts(tmp_path / "a.xlsx", header_row=1)
    assert [cells[::2] for cells in found] == [cells[::2] for cells in exact]
    assert all(float(cells[1]) == float(f"{whole:.16g}") for cells, (_, whole, _) in zip(found, rows, strict=True))
