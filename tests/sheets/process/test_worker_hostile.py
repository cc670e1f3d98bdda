from __future__ import annotations

import json
import os
import struct
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sheetfiles import compound, excel, row_xml, sheet_xml
from workers import PYTHON, Numbers, readers, real, refused, stand_in

from cg_uploader.errors import FileError
from cg_uploader.sheets.process.limits import Limits
from cg_uploader.sheets.reader import Readers, read

SHEET = sheet_xml([["Name", "Email"], *([f"n{i}", f"e{i}@example.com"] for i in range(400))])


@pytest.fixture
def numbers(tmp_path: Path) -> Numbers:
    return Numbers(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return excel(tmp_path / "f.xlsx", SHEET)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """Neither files that are open, nor threads; what a test before has left to the garbage collector may go meanwhile."""
    opened = Path("/proc/self/fd")
    before = len(list(opened.iterdir())) if opened.exists() else 0
    threads = threading.active_count()
    yield
    assert threading.active_count() <= threads
    assert not opened.exists() or len(list(opened.iterdir())) <= before


# ------------------------------------------------------------------------------------------------------- hostile files


def zip_bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", "<Types/>")
        with out.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(260):
                part.write(bytes(1 << 20))
    return path


def billion_laughs(path: Path) -> Path:
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    xml = SHEET.replace("<worksheet", f'<!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><worksheet').replace("n1<", "&e9;<")
    return excel(path, xml)


def wide(path: Path) -> Path:
    path.write_text(",".join(f"c{i}" for i in range(1_000_000)) + "\n" + "," * 999_999 + "\n")
    return path


def cut_off(path: Path) -> Path:
    compound(path, {"Workbook": b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(12) + b"\x85\x00\x20\x00" + bytes(9)})
    path.write_bytes(path.read_bytes()[:1700])
    return path


@pytest.mark.parametrize(
    ("make", "kind"), [(zip_bomb, "too-big"), (billion_laughs, "damaged"), (wide, "too-big"), (cut_off, "damaged")]
)
def test_a_hostile_file_is_a_sentence(tmp_path: Path, make: object, kind: str, numbers: Numbers) -> None:
    assert callable(make)
    with readers(real(numbers)) as made:
        assert refused(made, make(tmp_path / "f.xls")).kind == kind
    assert numbers.alive() == []


def test_a_cell_in_the_last_corner_costs_one_cell(tmp_path: Path) -> None:
    rows = row_xml(1, ["a", "b"]) + row_xml(2, ["c", "d"]) + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    table = read(excel(tmp_path / "f.xlsx", sheet_xml(rows)))
    assert [(row.number, row.cells) for row in table.rows] == [(2, ("c", "d", "")), (1048576, ("", "", "1"))]
    assert table.columns[-1].letter == "XFD"


def test_counts_and_depths_that_are_lies_cost_nothing(tmp_path: Path) -> None:
    cells = row_xml(1, ["a", "b"]) + '<row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    path = excel(tmp_path / "f.xlsx", sheet_xml(cells), shared=["one"])
    parts = {}
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            parts[name] = package.read(name)
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace(b"<sst ", b'<sst uniqueCount="4294967295" ')
    with zipfile.ZipFile(path, "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)
    assert [row.cells for row in read(path).rows] == [("one", "")]
    deep = SHEET.replace("</sheetData>", "</sheetData>" + "<x>" * 200_000 + "</x>" * 200_000)
    assert len(read(excel(tmp_path / "deep.xlsx", deep)).rows) == 400


def test_merged_cells_over_everything_are_quick(tmp_path: Path) -> None:
    ranges = "".join(f'<mergeCell ref="A{i}:XFD1048576"/>' for i in range(2, 3000))
    xml = SHEET.replace("</sheetData>", f"</sheetData><mergeCells>{ranges}</mergeCells>")
    table = read(excel(tmp_path / "f.xlsx", xml))
    assert [row.cells for row in table.rows][:2] == [("n0", ""), ("", "")]


# ------------------------------------------------------------------------------------------------------------- limits


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space")
def test_a_file_that_needs_too_much_memory_is_too_big(tmp_path: Path, numbers: Numbers) -> None:
    rows = "".join(row_xml(i, [f"{i} " + "x" * 500, "b"]) for i in (1, *range(60_000, 2, -1)))
    path = excel(tmp_path / "f.xlsx", sheet_xml(rows))
    for limits in (Limits(address=60 << 20), Limits(memory=35 << 20)):
        with readers(real(numbers), limits) as made:
            error = refused(made, path)
        assert (error.kind, "memory" in error.sentence) == ("too-big", True)
        assert numbers.alive() == []


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells the parent")
def test_a_child_that_swells_is_ended(file: Path, numbers: Numbers) -> None:
    code = "swollen = []\nwhile True: swollen.append(b'x' * (8 << 20)); time.sleep(0.01); say(b'A')"
    with readers(stand_in(numbers, code), Limits(memory=100 << 20)) as made:
        assert refused(made, file).kind == "too-big"
    assert numbers.alive() == []


def test_a_child_that_says_nothing_is_ended(file: Path, numbers: Numbers) -> None:
    with readers(stand_in(numbers, "time.sleep(100)"), Limits(silence=0.3)) as made:
        error = refused(made, file)
    assert error.kind == "too-big"
    assert "nothing came" in error.sentence
    assert numbers.alive() == []


def test_a_child_that_shows_life_may_take_its_time(file: Path, numbers: Numbers) -> None:
    code = """
for _ in range(8): time.sleep(0.1); say(b"A")
say(b"F", b'{"error": "file", "kind": "empty", "sentence": "Nothing is in it."}')
"""
    with readers(stand_in(numbers, code), Limits(silence=0.6)) as made:
        assert refused(made, file).kind == "empty"


# ------------------------------------------------------------------------------------------------- children that misbehave


def block(numbers: list[int], texts: bytes) -> bytes:
    return struct.pack("=I", len(numbers)) + struct.pack(f"={len(numbers)}I", *numbers) + texts


GOOD = {
    "digest": "",
    "sheet": "S",
    "sheets": ["S"],
    "header_row": 1,
    "columns": [[0, "a", False], [1, "b", False]],
    "order": [0, 1],
    "covered": [[1, [[2, 3]]]],
    "notes": {"details": [""], "columns": [["percent", 1, 2, ""]], "file": {"hidden-rows": "Some."}},
    "hidden_rows": 0,
    "empty_rows": 0,
    "encoding": None,
    "delimiter": None,
    "alternative": None,
    "above": [],
}
ROWS = [(b"R", block([2, 4], b"x\x1fy\x1ez\x1fw"))]


def saying(*messages: tuple[bytes, bytes]) -> str:
    return f"for message in {messages!r}: say(*message)\ntime.sleep(100)"


def end(**changes: object) -> tuple[bytes, bytes]:
    return b"E", json.dumps({**GOOD, **changes}).encode()


def test_what_the_stand_in_says_is_a_table_when_it_is_whole(file: Path, numbers: Numbers) -> None:
    said = saying((b"R", block([9], b"void")), (b"B", b""), *ROWS, end())
    with readers(stand_in(numbers, said)) as made:
        table = made.read(file)
    assert [(row.number, *row.cells) for row in table.rows] == [(2, "x", ""), (4, "z", "w")]
    assert [note.kind for note in table.notes] == ["hidden-rows", "percent"]
    assert numbers.alive() == []


NOTES = struct.pack("=IHBH", 2, 0, 0, 0)
GARBAGE = {
    "no message": "os.write(1, os.urandom(3000) + b'!' * 3000); time.sleep(100)",
    "half a head": "os.write(1, b'R')",
    "half a message": "os.write(1, struct.pack('<cI', b'R', 5000) + b'x')",
    "too long a message": "os.write(1, struct.pack('<cI', b'R', 1 << 31)); time.sleep(100)",
    "the end too early": saying(*ROWS).replace("time.sleep(100)", ""),
    "a crash": "os.abort()",
    "a block of nothing": saying((b"R", b"")),
    "a block with a wrong count": saying((b"R", struct.pack("=I", 1 << 30) + ROWS[0][1][4:])),
    "a block with too few texts": saying((b"R", block([2, 4], b"x"))),
    "a block that is no text": saying((b"R", block([2], b"\xff\xfe"))),
    "rows that go back": saying(*ROWS, *ROWS),
    "rows after a short block": saying(*ROWS, (b"R", block([5], b"x"))),
    "notes that are cut off": saying((b"N", NOTES[:-1])),
    "notes of no kind": saying((b"N", struct.pack("=IHBH", 2, 0, 99, 0))),
    "a detail that is not there": saying((b"N", struct.pack("=IHBH", 2, 0, 0, 7)), end()),
    "no JSON": saying((b"E", b"{")),
    "deep JSON": "say(b'E', b'[' * 500_000); time.sleep(100)",
    "another JSON": saying((b"E", b"[1, 2]")),
    "JSON that holds less": saying((b"E", b"{}")),
    "no digest": saying(end(digest="../x")),
    "no text": saying(end(sheet=5)),
    "half a character": saying(end(sheet="\ud800")),
    "columns out of order": saying(end(columns=[[1, "b", False], [0, "a", False]])),
    "columns beyond a sheet": saying(end(columns=[[0, "a", False], [1 << 40, "b", False]])),
    "an order of other columns": saying(end(order=[0])),
    "an order beyond all": saying(end(order=[0, 1 << 30])),
    "a negative row": saying(end(header_row=-1)),
    "an alternative of no rows": saying(end(alternative=[None, ",", [], []])),
    "an alternative of uneven rows": saying(end(alternative=[None, ",", [["a"], ["b", "c"]], [["a"]]])),
    "an alternative of numbers": saying(end(alternative=[None, ",", [[1]], [["a"]]])),
    "rows above that are none": saying(end(header_row=3, above=[[3, ["a", "b"]]])),
    "rows above of another width": saying(end(header_row=3, above=[[1, ["a"]]])),
    "rows above that go back": saying(end(header_row=3, above=[[2, ["a", "b"]], [1, ["a", "b"]]])),
    "a share of no number": saying((b"A", b"x")),
    "a share beyond the whole": saying((b"A", b"1001")),
    "spans of no column": saying(end(covered=[[7, [[2, 3]]]])),
    "spans out of order": saying(end(covered=[[1, [[5, 6], [2, 3]]]])),
    "notes that are a list": saying(end(notes={"details": [], "columns": [], "file": []})),
    "a note of no column": saying(end(notes={"details": [], "columns": [["percent", -5, 2, ""]], "file": {}})),
    "a note of no kind": saying(end(notes={"details": [], "columns": [["what", 1, 2]], "file": {}})),
    "a failure of no kind": saying((b"F", b'{"error": "OSError", "kind": "x", "sentence": "y"}')),
    "a failure without words": saying((b"F", b'{"error": "file", "kind": "x", "sentence": ["y"]}')),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_from_a_child_is_a_damaged_file(name: str, file: Path, numbers: Numbers) -> None:
    with readers(stand_in(numbers, GARBAGE[name])) as made:
        error = refused(made, file)
    assert isinstance(error, FileError)
    assert error.kind == "damaged"
    assert file.name in error.sentence
    assert numbers.alive() == []


@pytest.mark.parametrize("words", [[*PYTHON, "import sys; sys.exit(3)"], ["/no/such/program"]])
def test_a_child_that_does_not_start_is_no_fault_of_the_file(words: list[str], file: Path) -> None:
    with readers(words) as made:
        error = refused(made, file)
    assert "does not start" in error.sentence
    assert error.exit_code == 3


def test_no_space_for_the_rows_is_said(file: Path, numbers: Numbers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    code = f"say(b'R', {block(list(range(2, 514)), b'')!r} + b'\\x1e'.join([b'x' * 40_000] * 512))"
    with readers(stand_in(numbers, code)) as made:
        error = refused(made, file)
    assert "temporary files" in error.sentence
    assert numbers.alive() == []


def children() -> set[str]:
    """The numbers of this process's own."""
    own = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(own.read_text().split()) if own.exists() else set()


def test_many_children_leave_nothing(file: Path) -> None:
    before = children()
    made = Readers()
    for _ in range(5):
        made.read(file).rows.close()
    made.close()
    assert children() <= before
