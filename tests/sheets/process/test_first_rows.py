"""The first rows of a file come while the rest is still being read, whatever its format, and nothing of them stays behind."""

from __future__ import annotations

import os
import signal
import sys
import zipfile
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path

import pytest
from sheetfiles import binary_cell, excel, excel_binary, excel_old, open_document, record8, row_xml, sheet_xml, text8
from workers import Numbers, readers, real, refused, stand_in

from cg_uploader.errors import FileError
from cg_uploader.model.table import Table
from cg_uploader.sheets.open_file import parse
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.reader import FIRST_ROWS, Readers
from cg_uploader.sheets.table.read_progress import ReadControl

MANY = 40_000
LONG = "n" * 40
"""Part of a text; so many rows of such texts are twice what the pipe between the processes can hold."""


def xlsx(folder: Path) -> Path:
    rows = row_xml(1, ["Key", "Name"]) + "".join(row_xml(n, [f"k{n}", f"{LONG}{n}"]) for n in range(2, MANY))
    return excel(folder / "f.xlsx", sheet_xml(rows))


def csv(folder: Path, rows: int = MANY) -> Path:
    file = folder / "f.csv"
    file.write_text("Key;Name\n" + "".join(f"k{n};{LONG}{n}\n" for n in range(2, rows)))
    return file


def xlsb(folder: Path) -> Path:
    rows = ((n, False, binary_cell(0, f"k{n}") + binary_cell(1, f"{LONG}{n}")) for n in range(1, MANY))
    return excel_binary(folder / "f.xlsb", list(rows))


def xls(folder: Path) -> Path:
    def cell(row: int, column: int, text: str) -> bytes:
        return record8(0x204, row.to_bytes(2, "little") + bytes([column, 0, 0, 0]) + text8(text))

    return excel_old(folder / "f.xls", b"".join(cell(n, 0, f"k{n}") + cell(n, 1, f"n{n}") for n in range(300)))


def ods(folder: Path) -> Path:
    cell = '<table:table-cell office:value-type="string"><text:p>{}{}</text:p></table:table-cell>'
    lines = (f"<table:table-row>{cell.format('k', n)}{cell.format(LONG, n)}</table:table-row>" for n in range(1, MANY))
    return open_document(folder / "f.ods", f'<table:table table:name="T">{"".join(lines)}</table:table>')


@pytest.mark.parametrize("make", [xlsx, csv, xlsb, xls, ods])
def test_first_rows_come_while_the_rest_is_read(tmp_path: Path, make: Callable[[Path], Path], numbers: Numbers) -> None:
    file = make(tmp_path)
    heard: list[Table] = []
    with readers(real(numbers)) as made:
        table = made.read(file, first=heard.append)
        (first,) = heard
        assert len(first.rows) == FIRST_ROWS
        assert list(first.rows) == list(islice(table.rows, FIRST_ROWS))
        assert (first.columns, first.header_row, first.sheet) == (table.columns, table.header_row, table.sheet)
        assert first.digest == ""

        def end_the_reading(_: Table) -> None:
            os.kill(list(numbers)[-1], signal.SIGKILL)

        if make is not xls and sys.platform == "linux":  # xls files are small here
            with pytest.raises(FileError, match="memory"):  # for there was more to come
                made.read(file, first=end_the_reading)
    assert numbers.alive() == []


@pytest.fixture
def numbers(tmp_path: Path) -> Numbers:
    return Numbers(tmp_path)


@pytest.mark.parametrize("make", [xlsx, csv, xlsb, ods])
def test_how_much_of_the_file_is_read_is_known(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    shares: list[float | None] = []

    class Eager(ReadControl):
        def tick(self, rows: int) -> None:
            if rows:
                shares.append(self.share())

    file = csv(tmp_path, 10 * MANY) if make is csv else make(tmp_path)
    parse(file, ReadOptions(), Eager()).rows.close()
    known = [share for share in shares if share is not None]
    assert len(known) == len(shares) > 10
    assert all(0 < a <= b <= 1 for a, b in pairwise(known))
    assert known[len(known) // 2] < 0.9


def half(whole: Path, part: str) -> Path:
    """A copy in which a part ends in the middle."""
    file = whole.with_stem("half")
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(file, "w") as out:
        for name in source.namelist():
            data = source.read(name)
            out.writestr(name, data[: len(data) // 2] if part in name else data)
    return file


def with_shared_texts(folder: Path) -> Path:
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{n}</v></c><c r="B{n}"><v>{n}</v></c></row>' for n in range(1, MANY))
    return excel(folder / "whole.xlsx", sheet_xml(rows), shared=[f"text {n}" for n in range(MANY)])


@pytest.mark.parametrize(
    ("make", "part"), [(with_shared_texts, "sharedStrings"), (xlsx, "sheet1"), (ods, "content"), (xlsb, "sheet1")]
)
def test_only_the_beginning_is_read_for_first_rows_and_damage_behind_it_is_found(
    tmp_path: Path, make: Callable[[Path], Path], part: str
) -> None:
    file = half(make(tmp_path), part)
    heard: list[Table] = []
    made = Readers()
    with pytest.raises(FileError) as failure:
        made.read(file, first=heard.append)
    made.close()
    assert failure.value.kind == "damaged"
    assert len(heard[0].rows) == FIRST_ROWS


def test_the_first_rows_do_not_wait_for_the_letter_that_decides_the_encoding(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_bytes(b"Key,Name\n" + b"k,Ann\n" * 1_000_000 + "k,Zoë\nk,Åsa\nk,Ærø\nk,Jürgen\n".encode("cp1252"))
    heard: list[Table] = []
    made = Readers()
    table = made.read(file, first=heard.append)
    made.close()
    assert (heard[0].encoding, table.encoding) == ("utf-8", "cp1252")
    assert table.rows[-1].cells == ("k", "Jürgen")


def test_first_rows_that_stand_too_far_behind_the_beginning_do_not_come(tmp_path: Path, numbers: Numbers) -> None:
    impatient = "sys.path.append(sys.argv[1])\nimport cg_uploader.sheets.process.worker as w\nw._MAX_FIRST_ROWS_SECONDS = -1"
    hidden = "".join(row_xml(n, [1], ' hidden="1"') for n in range(2, 900))
    file = excel(tmp_path / "f.xlsx", sheet_xml(row_xml(1, ["Key", "Name"]) + hidden + row_xml(900, ["a", "b"])))
    heard: list[Table] = []
    with readers(real(numbers, impatient)) as made:
        assert [row.number for row in made.read(file, first=heard.append).rows] == [900]
    assert heard == []


def test_a_failure_is_the_same_with_first_rows_asked_for(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b"")
    made = Readers()
    with pytest.raises(FileError) as failure:
        made.read(tmp_path / "f.csv", first=lambda _: None)
    made.close()
    assert failure.value.kind == "empty"


def test_an_option_holds_for_the_first_rows_too(tmp_path: Path) -> None:
    heard: list[Table] = []
    made = Readers()
    table = made.read(csv(tmp_path), ReadOptions(header_row=5), first=heard.append)
    made.close()
    assert heard[0].header_row == table.header_row == 5
    assert heard[0].rows[0].cells == ("k6", f"{LONG}6")


def test_nobody_hands_over_first_rows_that_were_not_asked_for(tmp_path: Path, numbers: Numbers) -> None:
    rest = (
        '{"digest": "", "sheet": null, "sheets": [], "header_row": 1, "columns": [], "order": [], "covered": [], '
        '"notes": {"details": [""], "columns": [], "file": {}}, "hidden_rows": 0, "empty_rows": 0, "encoding": null, '
        '"delimiter": null, "alternative": null, "above": []}'
    )
    (tmp_path / "f.csv").touch()
    with readers(stand_in(numbers, f"say(b'1', {rest.encode()!r}); time.sleep(100)")) as made:
        assert refused(made, tmp_path / "f.csv").kind == "damaged"
    heard: list[Table] = []
    twice = f"say(b'1', {rest.encode()!r}); say(b'1', {rest.encode()!r}); time.sleep(100)"
    with readers(stand_in(numbers, twice)) as made, pytest.raises(FileError) as failure:
        made.read(tmp_path / "f.csv", first=heard.append)
    assert failure.value.kind == "damaged"
    assert len(heard) == 1
    assert numbers.alive() == []
