"""Owns the rows of a table while the program runs: in memory while small, in a private temporary file beyond that."""

from __future__ import annotations

import tempfile
import threading
import weakref
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import IO

from cg_uploader.model import Row

BLOCK = 512
IN_MEMORY = 8 << 20
_CACHED_BLOCKS = 8
_CELL, _ROW = "\x1f", "\x1e"


class Spool:
    """Rows that are appended, then sealed, then walked or fetched; an implementation of ``model.Rows``.

    Texts must not hold U+001E or U+001F: cell texts never hold control characters.  What is appended may be shorter than the
    table is wide; the rest is blank.  Any thread may read a sealed spool.
    """

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._numbers = array("I")
        self._pending: list[str] = []
        self._blocks: list[bytes] = []
        self._places = array("Q", [0])
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._decoded: OrderedDict[int, list[Row]] = OrderedDict()
        self._replaced: dict[int, tuple[str, ...]] = {}
        self._order: tuple[int, ...] = ()

    def append(self, number: int, cells: Sequence[str]) -> None:
        """Add a row: its number as Excel shows it, and its texts."""
        self._numbers.append(number)
        self._pending.append(_CELL.join(cells))
        if len(self._pending) == BLOCK:
            self._flush()

    def extend(self, numbers: Sequence[int], columns: Sequence[Sequence[str]]) -> None:
        """Add rows that are given column by column."""
        self._numbers.extend(numbers)
        self._pending += map(_CELL.join, zip(*columns, strict=True))
        while len(self._pending) >= BLOCK:
            self._flush()

    def seal(self, order: Sequence[int]) -> None:
        """End appending; ``order`` says which of the appended texts each column shows."""
        if self._pending:
            self._flush()
        if self._file is not None:
            self._file.flush()
        self._order = tuple(order)

    def replace(self, position: int, cells: Sequence[str]) -> None:
        """Give the row at a position other texts, one per column; for the few rows that are known better later."""
        self._replaced[position] = tuple(cells)
        with self._lock:
            self._decoded.pop(position // BLOCK, None)

    def position(self, number: int) -> int:
        """Position of the first row with this number or a higher one."""
        return bisect_left(self._numbers, number)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._numbers)

    def __iter__(self) -> Iterator[Row]:
        """Walk the rows from the first."""
        return self.walk(0)

    def __getitem__(self, position: int) -> Row:
        """The row at a position, from the end if negative; IndexError beyond the end."""
        if position < 0:
            position += len(self._numbers)
        if not 0 <= position < len(self._numbers):
            raise IndexError(position)
        block, place = divmod(position, BLOCK)
        with self._lock:
            rows = self._decoded.pop(block, None)
        if rows is None:
            rows = self._decode(block)
        with self._lock:
            self._decoded[block] = rows
            while len(self._decoded) > _CACHED_BLOCKS:
                self._decoded.popitem(last=False)
        return rows[place]

    def walk(self, start: int) -> Iterator[Row]:
        """Walk the rows from a position on; walks do not disturb each other."""
        block, place = divmod(max(start, 0), BLOCK)
        while block * BLOCK < len(self._numbers):
            yield from self._decode(block)[place:]
            block, place = block + 1, 0

    def close(self) -> None:
        """Give memory and temporary file back; there are no rows after that."""
        with self._lock:
            self._numbers = array("I")
            self._blocks.clear()
            self._decoded.clear()
            if self._file is not None:
                self._file.close()

    def _flush(self) -> None:
        data = _ROW.join(self._pending[:BLOCK]).encode()
        del self._pending[:BLOCK]
        self._places.append(self._places[-1] + len(data))
        if self._file is None and self._places[-1] <= self._in_memory:
            self._blocks.append(data)
            return
        if self._file is None:
            self._file = self._opened()
            self._file.writelines(self._blocks)
            self._blocks.clear()
        self._file.write(data)

    def _opened(self) -> IO[bytes]:
        """A temporary file that nobody else can open, and that is gone when the spool is."""
        file = tempfile.TemporaryFile(prefix="cg-uploader-")  # noqa: SIM115  lives as long as the rows
        weakref.finalize(self, file.close)
        return file

    def _data(self, block: int) -> bytes:
        if self._file is None:
            return self._blocks[block]
        start, end = self._places[block], self._places[block + 1]
        with self._lock:
            self._file.seek(start)
            return self._file.read(end - start)

    def _decode(self, block: int) -> list[Row]:
        first = block * BLOCK
        numbers = self._numbers[first : first + BLOCK]
        lines = [line.split(_CELL) for line in self._data(block).decode().split(_ROW)]
        rows = [Row(number, cells) for number, cells in zip(numbers, self._arranged(lines), strict=True)]
        if self._replaced:
            for position, cells in self._replaced.items():
                if first <= position < first + BLOCK:
                    rows[position - first] = Row(numbers[position - first], cells)
        return rows

    def _arranged(self, lines: list[list[str]]) -> Iterator[tuple[str, ...]]:
        """The texts in the table's column order, blanks where a row was short."""
        width = max(self._order, default=-1) + 1
        for line in lines:
            line.extend([""] * (width - len(line)))
        if self._order == tuple(range(width)) and all(len(line) == width for line in lines):
            return map(tuple, lines)
        if len(self._order) > 1:
            return map(itemgetter(*self._order), lines)
        return (tuple(line[place] for place in self._order) for line in lines)
