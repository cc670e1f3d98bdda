from __future__ import annotations

import gc
import threading
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.model import Row
from cg_uploader.sheets.spool import BLOCK, Spool

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
ROWS = st.lists(st.lists(TEXT, min_size=1, max_size=4), max_size=40)


def filled(rows: list[list[str]], *, width: int, in_memory: int = 1 << 20) -> Spool:
    spool = Spool(in_memory)
    for number, cells in enumerate(rows, 2):
        spool.append(number, cells)
    spool.seal(range(width))
    return spool


@given(ROWS, st.sampled_from([0, 50, 1 << 20]))
def test_rows_come_back_as_they_were(rows: list[list[str]], in_memory: int) -> None:
    spool = filled(rows, width=4, in_memory=in_memory)
    expected = [Row(number, tuple(cells + [""] * (4 - len(cells)))) for number, cells in enumerate(rows, 2)]
    assert list(spool) == expected
    assert [spool[i] for i in range(len(spool))] == expected
    assert list(spool.walk(3)) == expected[3:]
    spool.close()


def test_columns_can_be_put_in_another_order() -> None:
    spool = Spool()
    spool.append(1, ["a", "b", "c"])
    spool.append(2, ["d"])
    spool.extend([3, 4], [["e", "h"], ["f", "i"], ["g", "j"]])
    spool.seal([2, 0])
    assert [row.cells for row in spool] == [("c", "a"), ("", "d"), ("g", "e"), ("j", "h")]
    assert spool[-1].number == 4
    with pytest.raises(IndexError):
        spool[4]


def test_walks_from_several_threads_do_not_disturb_each_other() -> None:
    rows = [[str(i), str(i * 7)] for i in range(5 * BLOCK + 3)]
    spool = filled(rows, width=2, in_memory=0)
    seen: list[bool] = []

    def walk() -> None:
        seen.append([list(row.cells) for row in spool] == rows and list(spool[4 * BLOCK].cells) == rows[4 * BLOCK])

    threads = [threading.Thread(target=walk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 4
    spool.close()


def test_rows_can_be_replaced_and_found_by_number() -> None:
    spool = filled([[str(i)] for i in range(BLOCK + 2)], width=1)
    assert spool[1].cells == ("1",)
    spool.replace(1, ["new"])
    assert spool[1].cells == ("new",)
    assert [row.cells for row in spool][:3] == [("0",), ("new",), ("2",)]
    assert spool.position(3) == 1
    assert spool.position(10**6) == len(spool)


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
