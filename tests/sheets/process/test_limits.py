"""How much text the rows of a file may come to: whatever the format, and however small the file that stands for it."""

from __future__ import annotations

import struct
from array import array
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from casefiles import ods_row, ods_text
from program import Program
from sheetfiles import Cell, binary_cell, excel, excel_binary, excel_old, open_document, record8, row_xml, sheet_xml, text8

from cg_uploader.errors import FileError
from cg_uploader.sheets.options import AS_FOUND
from cg_uploader.sheets.process import limits as limits_module
from cg_uploader.sheets.process.limits import DEFAULT_LIMITS, MAX_TEXT_BYTES, Limits
from cg_uploader.sheets.process.parse_process import ParseProcess, worker_command
from cg_uploader.sheets.process.protocol import FrameKind, ParseJob
from cg_uploader.sheets.process.receiver import TableReceiver
from cg_uploader.sheets.reader import Readers
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.spool import BLOCK_ROWS, MAX_IN_MEMORY

LONG = "x" * 32_767
ROWS, TEXT = 3 * BLOCK_ROWS, "twenty letters: abcd"
ALL = ROWS * (len(TEXT) + 1) - 3
"""Bytes of the rows: one mark between two rows of a block."""


def csv(path: Path) -> Path:
    path.write_text("Key\n" + f"{TEXT}\n" * ROWS)
    return path


def xlsx(path: Path, rows: int = ROWS, text: str = TEXT) -> Path:
    shared = Cell("<v>1</v>", kind="s")
    lines = "".join(row_xml(number, [shared]) for number in range(2, rows + 2))
    return excel(path, sheet_xml(row_xml(1, ["Key"]) + lines), shared=["unused", text])


def ods(path: Path, rows: int = ROWS, text: str = TEXT) -> Path:
    repeated = ods_row(ods_text(text), more=f'table:number-rows-repeated="{rows}"')
    return open_document(path, f'<table:table table:name="D">{ods_row(ods_text("Key"))}{repeated}</table:table>')


def xlsb(path: Path) -> Path:
    return excel_binary(
        path, [(1, False, binary_cell(0, "Key")), *((n, False, binary_cell(0, TEXT)) for n in range(2, ROWS + 2))]
    )


def xls(path: Path) -> Path:
    shared = record8(0xFC, struct.pack("<II", ROWS, 1) + text8(TEXT))
    cells = record8(0x204, struct.pack("<HHH", 0, 0, 0) + text8("Key"))
    cells += b"".join(record8(0xFD, struct.pack("<HHHI", number, 0, 0, 0)) for number in range(1, ROWS + 1))
    return excel_old(path, cells, shared=shared)


@pytest.mark.parametrize("make", [csv, xlsx, ods, xlsb, xls])
def test_every_format_is_held_to_the_limit(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    file = make(tmp_path / f"a.{make.__name__}")
    with closing(Readers(limits=Limits(text=ALL))) as readers, closing(readers.read(file).rows) as rows:
        assert (len(rows), rows[-1].cells) == (ROWS, (TEXT,))
    with closing(Readers(limits=Limits(text=ALL - 1))) as readers, pytest.raises(FileError) as caught:
        readers.read(file)
    assert caught.value.kind == "too-big"
    assert caught.value.sentence.startswith(f"{file.name}: Its rows hold more than 0 MiB of text")


@pytest.mark.parametrize(
    ("cell", "more"),
    [(ods_text("x" * 32_000), 'table:visibility="filter"'), (ods_text('<text:s text:c="2000000000"/>'), "")],
    ids=["hidden", "blank"],
)
def test_rows_that_are_left_out_are_not_repeated_for_ever_either(tmp_path: Path, cell: str, more: str) -> None:
    """Nothing of them is text of the table, but each costs time."""
    repeated = ods_row(cell, more=f'table:number-rows-repeated="1000000" {more}')
    file = open_document(tmp_path / "a.ods", f'<table:table table:name="D">{ods_row(ods_text("Key"))}{repeated}</table:table>')
    with closing(Readers()) as readers, pytest.raises(FileError) as caught:
        readers.read(file)
    assert caught.value.kind == "too-big"


@pytest.mark.parametrize("make", [ods, xlsx])
def test_a_small_file_that_stands_for_a_huge_table_is_refused_before_its_text_is_made(
    tmp_path: Path, make: Callable[[Path, int, str], Path]
) -> None:
    """What leaves the process that reads is counted, because all of it costs time and room on the disk."""
    file = make(tmp_path / f"a.{make.__name__}", 140_000, LONG)
    sent, kinds = 0, []
    with closing(ParseProcess(worker_command(), DEFAULT_LIMITS)) as child:
        for kind, data in child.messages(ParseJob(file, AS_FOUND, DEFAULT_LIMITS), lambda: None):
            kinds.append(kind)
            sent += len(data)
            if kind is FrameKind.FAILURE:
                break
    assert kinds[-1] is FrameKind.FAILURE
    assert b"more than 4 GiB of text" in data
    assert sent < 100 << 20


@pytest.mark.slow
@pytest.mark.parametrize("make", [ods, xlsx])
def test_a_huge_table_is_a_sentence(tmp_path: Path, make: Callable[[Path, int, str], Path]) -> None:
    make(tmp_path / "huge", 1_048_575 if make is ods else 140_000, LONG)
    done = Program(tmp_path).run("preview", "huge", "--as", "json")
    assert done.returncode == 3
    assert "huge: Its rows hold more than" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("make", [ods, xlsx])
def test_what_was_only_counted_and_fits_is_read_to_its_end(tmp_path: Path, make: Callable[[Path, int, str], Path]) -> None:
    """More than 64 MiB and 16 times the file: it is read once more, and nothing is there twice."""
    count = 2_600
    file = make(tmp_path / f"a.{make.__name__}", count, LONG)
    with closing(Readers()) as readers, closing(readers.read(file).rows) as rows:
        assert [row.number for row in rows] == list(range(2, count + 2))
        assert rows[0].cells == rows[-1].cells == (LONG,)


def test_what_a_process_says_is_counted_again(tmp_path: Path) -> None:
    receiver = TableReceiver(tmp_path / "a.csv", ReadControl(), max_text=10)
    block = struct.pack("=I", 2) + array("I", [2, 3]).tobytes()
    with closing(receiver):
        receiver.take((FrameKind.ROWS_BEGIN, b""))
        receiver.take((FrameKind.ROWS, block + b"1234\x1e56789"))
        receiver.take((FrameKind.ROWS_BEGIN, b""))
        with pytest.raises(FileError, match=r"^a\.csv: Its rows hold more than") as caught:
            receiver.take((FrameKind.ROWS, block + b"1234\x1e567890"))
    assert caught.value.kind == "too-big"


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(
    ("free", "text"), [(100 << 30, MAX_TEXT_BYTES), (6 << 30, 3 << 30), (MAX_IN_MEMORY, MAX_IN_MEMORY), (0, MAX_IN_MEMORY)]
)
def test_text_takes_half_of_the_free_space_at_most(monkeypatch: pytest.MonkeyPatch, free: int, text: int) -> None:
    """No disk of these sizes can be had here; what is kept in memory needs none."""
    monkeypatch.setattr(limits_module.shutil, "disk_usage", lambda _: Usage(1 << 40, 0, free))
    assert DEFAULT_LIMITS.within_free_space().text == text
    assert Limits(text=5).within_free_space().text == 5
