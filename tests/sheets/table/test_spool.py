from __future__ import annotations

import gc
import threading
import warnings
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cg_uploader.model.table import Row
from cg_uploader.sheets.table.merged_cells import find_covered
from cg_uploader.sheets.table.spool import BLOCK_ROWS, RowPacker, Spool, is_valid_block

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
ROWS = st.lists(st.lists(TEXT, min_size=1, max_size=4), max_size=40)


def filled(rows: list[list[str]], *, width: int, in_memory: int = 1 << 20) -> Spool:
    spool = Spool(in_memory)
    packer = RowPacker(spool)
    for number, cells in enumerate(rows, 2):
        packer.append(number, cells)
    assert len(packer) == len(rows)
    assert packer.seal(range(width)) is spool
    return spool


@given(ROWS, st.sampled_from([0, 50, 1 << 20]))
def test_rows_come_back_as_they_were(rows: list[list[str]], in_memory: int) -> None:
    spool = filled(rows, width=4, in_memory=in_memory)
    expected = [Row(number, tuple(cells + [""] * (4 - len(cells)))) for number, cells in enumerate(rows, 2)]
    assert list(spool) == expected
    assert [spool[i] for i in range(len(spool))] == expected
    assert list(spool.walk(3)) == expected[3:]
    spool.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_disk_without_room_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing tries once more to write what waits in the file's buffer."""
    monkeypatch.setattr("tempfile.TemporaryFile", lambda prefix: Path("/dev/full").open("r+b"))  # noqa: SIM115
    spool = Spool(in_memory=0)
    spool.take(array("I", [1]), b"a")
    with pytest.raises(OSError, match="space"):
        spool.seal([0])
    spool.close()


def test_columns_can_be_put_in_another_order() -> None:
    spool = Spool()
    packer = RowPacker(spool)
    packer.append(1, ["a", "b", "c"])
    packer.append(2, ["d"])
    packer.extend([3, 4], [["e", "h"], ["f", "i"], ["g", "j"]])
    packer.seal([2, 0])
    assert [row.cells for row in spool] == [("c", "a"), ("", "d"), ("g", "e"), ("j", "h")]
    assert spool[-1].number == 4
    with pytest.raises(IndexError):
        spool[4]


def test_walks_from_several_threads_do_not_disturb_each_other() -> None:
    rows = [[str(i), str(i * 7)] for i in range(5 * BLOCK_ROWS + 3)]
    spool = filled(rows, width=2, in_memory=0)
    seen: list[bool] = []

    def walk() -> None:
        seen.append([list(row.cells) for row in spool] == rows and list(spool[4 * BLOCK_ROWS].cells) == rows[4 * BLOCK_ROWS])

    threads = [threading.Thread(target=walk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert seen == [True] * 4
    spool.close()


ROW = st.integers(2, 3 * BLOCK_ROWS)
RANGES = st.lists(st.tuples(ROW, ROW, st.integers(0, 3), st.integers(0, 3)), max_size=5)


@settings(max_examples=30)
@given(RANGES)
def test_what_merged_cells_cover_is_blank_and_nothing_else(ranges: list[tuple[int, int, int, int]]) -> None:
    """``ranges`` have first and last row, first and last column; the table has columns 0, 1 and 3 of the sheet."""
    spool = filled([["a", "b", "c"]] * (2 * BLOCK_ROWS + 9), width=3)
    spool.cover(find_covered(ranges, {0: 0, 1: 1, 3: 2}))

    def text(number: int, column: int, text: str) -> str:
        inside = any(a <= number <= b and c <= column <= d and (a, c) != (number, column) for a, b, c, d in ranges)
        return "" if inside else text

    for row in spool:
        assert row.cells == tuple(text(row.number, column, t) for column, t in ((0, "a"), (1, "b"), (3, "c")))


def test_only_whole_blocks_are_blocks() -> None:
    good = array("I", [2, 5, 9]), b"a\x1fb\x1e\x1ec"
    assert is_valid_block(*good)
    assert not is_valid_block(array("I"), b"")
    assert not is_valid_block(array("I", [2, 5]), good[1])
    assert not is_valid_block(array("I", [2, 5, 5]), good[1])
    assert not is_valid_block(good[0], good[1] + b"\xff")
    assert not is_valid_block(array("I", range(BLOCK_ROWS + 1)), b"\x1e" * BLOCK_ROWS)


def test_a_spool_that_is_dropped_gives_its_file_back_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spool = filled([["x" * 100]] * 10, width=1, in_memory=0)
        assert len(list(spool)) == 10
        del spool
        gc.collect()


def test_a_closed_spool_has_no_rows() -> None:
    spool = filled([["x"]], width=1, in_memory=0)
    spool.close()
    assert len(spool) == 0
    assert list(spool) == []
