"""Files that somebody made to do harm, each through a real reading process: a right reading or one sentence, and soon."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from casefiles import number, ods_cell, ods_row, ods_text, row, sheet, text, workbook
from sheetfiles import binary_cell, excel_binary, excel_old, open_document, record8, text8

from cg_uploader.errors import Cancelled, FileError
from cg_uploader.model.table import Table
from cg_uploader.sheets.reader import read

NAMES, ANN = row(text("Name"), text("City")), row(text("Ann"), text("Oslo"))
ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/passwd">]>'
STRING = 'office:value-type="string"'
NINES = "9" * 5_000
TIMEOUT_MS = 4_000
"""Asked for so often (ten times a second), a reading is given up: some files would be read for hours."""


def soon(path: Path) -> Table:
    asked: list[None] = []

    def too_long() -> bool:
        asked.append(None)
        return len(asked) > TIMEOUT_MS

    try:
        return read(path, cancelled=too_long)
    except Cancelled:
        raise AssertionError("not read in any reasonable time") from None


def book(folder: Path, *rows: str, **more: object) -> Path:
    around = {name: str(more.pop(name)) for name in ("before", "after") if name in more}
    return workbook(folder / "a.xlsx", sheet(NAMES, ANN, *rows, **around), **more)  # type: ignore[arg-type]


def changed(path: Path, part: str, change: Callable[[str], str]) -> Path:
    """The package with another content of one part."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def ods(folder: Path, *rows: str) -> Path:
    head = ods_row(ods_text("Key"), ods_text("Value"))
    return open_document(folder / "a.ods", f'<table:table table:name="D">{head}{"".join(rows)}</table:table>')


def repeated(count: object, *cells: str) -> str:
    return ods_row(*(cells or (ods_text("k"), ods_text("v"))), more=f'table:number-rows-repeated="{count}"')


def csv(folder: Path, content: bytes) -> Path:
    (folder / "a.csv").write_bytes(content)
    return folder / "a.csv"


def old(folder: Path, count: int, shared: bytes) -> Path:
    cells = b"".join(record8(0x204, struct.pack("<HHH", 0, i, 0) + text8(name)) for i, name in enumerate(("Key", "Value")))
    cells += record8(0xFD, struct.pack("<HHHI", 1, 0, 0, 1))
    return excel_old(folder / "a.xls", cells, shared=record8(0xFC, struct.pack("<II", count, count) + shared))


def twice(folder: Path, other: bool) -> Path:
    """A package in which one part is there twice."""
    path = book(folder)
    with zipfile.ZipFile(path) as package:
        parts = [(name, package.read(name)) for name in package.namelist()]
    name, content = next(part for part in parts if "sheet1" in part[0])
    parts.append((name.upper(), content.replace(b"Ann", b"Eve") if other else content))
    with zipfile.ZipFile(path, "w") as package:
        for part in parts:
            package.writestr(*part)
    return path


def overlapping(folder: Path) -> Path:
    """A package whose directory gives one part the place of another."""
    path = book(folder)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as package:
        place, start = package.getinfo("xl/styles.xml").header_offset, package.start_dir
    entry = data.index(b"xl/worksheets/sheet1.xml", start) - 46
    data[entry + 42 : entry + 46] = struct.pack("<I", place)
    path.write_bytes(data)
    return path


def many_names_of_one_part(folder: Path) -> Path:
    """Five thousand entries of a directory that all lead to the same 100 MB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("xl/a", bytes(100 << 20))
    data = buffer.getvalue()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    tail = bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, 5_000, 5_000, 5_000 * (end - start))
    (folder / "a.xlsx").write_bytes(data[:start] + data[start:end] * 5_000 + tail)
    return folder / "a.xlsx"


def linked(folder: Path, target: str) -> Path:
    return changed(book(folder), "xl/_rels/workbook.xml.rels", lambda xml: xml.replace("worksheets/sheet1.xml", target))


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "entities in styles": (lambda f: changed(book(f), "xl/styles.xml", lambda x: ENTITIES + x), "damaged"),
    "entities in the workbook": (lambda f: changed(book(f), "xl/workbook.xml", lambda x: ENTITIES + x), "damaged"),
    "entities in links": (lambda f: changed(book(f), "_rels/.rels", lambda x: ENTITIES + x), "damaged"),
    "entities in a sheet": (
        lambda f: changed(book(f), "xl/worksheets/sheet1.xml", lambda x: ENTITIES + x.replace("Ann", "&c;")), "damaged",
    ),
    "an entity from outside": (
        lambda f: changed(book(f), "xl/worksheets/sheet1.xml", lambda x: EXTERNAL + x.replace("Ann", "&c;")), "damaged",
    ),
    "an entity from outside in ods": (
        lambda f: changed(ods(f, ods_row(ods_text("&c;"))), "content.xml", lambda x: EXTERNAL + x), "damaged",
    ),
    "a million columns": (lambda f: book(f, row(*["<c><v>1</v></c>"] * 1_000_000)), "too-big"),
    "a million columns of a late row": (lambda f: csv(f, b"a,b\n" * 5_000 + b"," * 1_000_000 + b"x\n"), "too-big"),
    "rows for ever": (lambda f: ods(f, repeated(1 << 31)), "too-big"),
    "rows for ever in front": (lambda f: ods(f, repeated(1 << 31, ods_text("")), ods_row(ods_text("k"))), "too-big"),
    "columns for ever": (
        lambda f: ods(f, ods_row(ods_cell("<text:p>k</text:p>", f'{STRING} table:number-columns-repeated="{1 << 31}"'))),
        "too-big",
    ),
    "rows without a number": (lambda f: ods(f, repeated(-5)), "damaged"),
    "rows by the digits": (lambda f: ods(f, repeated(NINES)), "damaged"),
    "a shared text by the digits": (lambda f: book(f, row(f'<c t="s"><v>{NINES}</v></c>')), "damaged"),
    "a row by the digits": (lambda f: book(f, row(text("x"), at=int("9" * 4_000))), "too-big"),
    "a row by more digits": (lambda f: book(f, row(text("x")).replace("<row>", f'<row r="{NINES}">')), "damaged"),
    "a style by the digits": (lambda f: book(f, row(f'<c s="{NINES}"><v>1</v></c>')), "damaged"),
    "texts that are cut off": (lambda f: old(f, 9, text8("a") + struct.pack("<HB", 500, 1) + b"xx"), "damaged"),
    "texts with runs for ever": (lambda f: old(f, 2, text8("a") + struct.pack("<HBHI", 1, 12, 65535, 0xFFFFFFFF)), "damaged"),
    "parts over each other": (overlapping, "damaged"),
    "many parts over each other": (many_names_of_one_part, "damaged"),
    "a part twice, differently": (lambda f: twice(f, True), "damaged"),
    "a part outside": (lambda f: linked(f, "../../../../../../etc/passwd"), "damaged"),
    "a part of the computer": (lambda f: linked(f, "/etc/passwd"), "damaged"),
    "a part of the web": (lambda f: linked(f, "https://example.com/sheet1.xml"), "damaged"),
    "a binary record for ever": (
        lambda f: excel_binary(f / "a.xlsb", [(1, False, binary_cell(0, "k") + b"\x06\xff\xff\xff\x7f")]), "damaged",
    ),
    "a binary text for ever": (
        lambda f: excel_binary(f / "a.xlsb", [(1, False, b"\x06\x0c" + struct.pack("<III", 0, 0, 0x7FFFFFFF))]), "damaged",
    ),
}  # fmt: skip
DEEP = "<r>" * 50_000 + "<t>v</t>" + "</r>" * 50_000
COLUMNS = '<col min="1" max="16384" hidden="1"/>' * 100_000
READ: dict[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {
    "a part twice, the same": (lambda f: twice(f, False), ("Ann", "Oslo")),
    "blank rows for ever": (
        lambda f: ods(f, ods_row(ods_text("k"), ods_text("v")), repeated(1 << 31, "<table:table-cell/>")), ("k", "v"),
    ),
    "depths": (
        lambda f: ods(f, ods_row(ods_text("k"), ods_text("<text:span>" * 100_000 + "v" + "</text:span>" * 100_000))),
        ("k", "v"),
    ),
    "depths of rich text": (
        lambda f: book(f, row(text("k"), f'<c t="inlineStr"><is>{DEEP}</is></c>')), ("k", "v"),
    ),
    "a count that lies": (lambda f: old(f, 0xFFFFFFFF, text8("a") + text8("k")), ("k", "")),
    "hidden columns for ever": (lambda f: book(f, row(*[text("x")] * 2), before=f"<cols>{COLUMNS}</cols>"), ("x", "x")),
    "a number by the digits": (lambda f: book(f, row(text("k"), number("9" * 100_000))), ("k", "9" * 100_000)),
    "a format for ever": (lambda f: book(f, row(text("k"), number(5, 1)), formats=["0" + "%" * 100_000]), ("k", "5")),
    "a date for ever": (lambda f: book(f, row(text("k"), number(5, 1)), formats=["y" * 100_000]), ("k", "5")),
    "quotation marks for ever": (lambda f: csv(f, b'a,b\n"' + b'""' * 500_000 + b'",x\nk,v\n'), ("k", "v")),
    "marks that close elsewhere": (lambda f: csv(f, b'a,b\nc,d\n' + b'"a"b"c"d,"e"f\n' * 20_000 + b"k,v\n"), ("k", "v")),
    "marks that never close": (lambda f: csv(f, b"a,b\n" + b'"x,y\n' * 60_000 + b"k,v\n"), ("k", "v")),
    "a text for ever": (lambda f: csv(f, b"a,b\n" + b"x" * 10_000_000 + b",y\nk,v\n"), ("k", "v")),
    "line ends for ever": (lambda f: csv(f, b"a,b\n" + b"\r" * 3_000_000 + b"k,v\n"), ("k", "v")),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_a_sentence(tmp_path: Path, case: str) -> None:
    make, kind = REFUSED[case]
    with pytest.raises(FileError) as failure:
        soon(make(tmp_path))
    assert (failure.value.kind, failure.value.exit_code) == (kind, 3)
    for word in ("Error", "line ", "root:", "Traceback"):
        assert word not in failure.value.sentence
    assert failure.value.sentence.endswith(".")


@pytest.mark.parametrize("case", READ)
def test_it_is_read_rightly(tmp_path: Path, case: str) -> None:
    make, last = READ[case]
    table = soon(make(tmp_path))
    assert table.rows[-1].cells == last
    table.rows.close()


def test_text_with_marks_that_never_close_loses_no_line(tmp_path: Path) -> None:
    table = soon(csv(tmp_path, b"a,b\nc,d\n" + b'"x,y\nz,w\n' * 500))
    assert "".join("".join(found.cells) for found in table.rows).count("z") == 500
    table.rows.close()
