"""Owns the rows of a table while the program runs: in memory while small, in a private temporary file beyond that."""

from __future__ import annotations

import tempfile
import threading
import weakref
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from operator import itemgetter, lt
from typing import IO, Protocol

from cg_uploader.errors import Cancelled
from cg_uploader.model.table import Row, Rows
from cg_uploader.sheets.table.merged_cells import Spans

BLOCK_ROWS = 512
MAX_IN_MEMORY = 8 << 20
_CACHED_BLOCKS = 8
_CELL, _ROW = "\x1f", "\x1e"


class RowStore(Protocol):
    """What packed rows are given to."""

    def wants(self, lines: Sequence[str]) -> bool:
        """Whether a block of these rows is to be given; no, when it is enough to count them."""

    def take(self, numbers: array[int], data: bytes) -> None:
        """Keep one block: the numbers of its rows, and their texts with U+001F between cells and U+001E between rows."""

    def seal(self, order: Sequence[int]) -> Rows:
        """End taking; ``order`` says which of the given texts each column shows.  The rows, as far as they are here."""

    def cover(self, spans: Spans) -> None:
        """Show blanks in some places, whatever text was given."""


class RowPacker:
    """Puts rows together into blocks of ``BLOCK`` rows, the last one shorter, and gives them to a store.

    Texts must not hold U+001E or U+001F: cell texts never hold control characters.  A row may be shorter than the table is
    wide; the rest is blank.
    """

    def __init__(self, store: RowStore, look: Callable[[Sequence[int], Sequence[str]], None] = lambda *_: None) -> None:
        """``look`` is shown each block before it goes: the numbers of its rows, and their texts with U+001F between cells."""
        self._store = store
        self._look = look
        self._count = 0
        self._numbers = array("I")
        self._pending: list[str] = []

    def __len__(self) -> int:
        """How many rows have come."""
        return self._count

    def append(self, number: int, cells: Sequence[str]) -> None:
        """Add a row: its number as Excel shows it, and its texts."""
        self._count += 1
        self._numbers.append(number)
        self._pending.append(_CELL.join(cells))
        if len(self._pending) == BLOCK_ROWS:
            self._flush()

    def extend(self, numbers: Sequence[int], columns: Sequence[Sequence[str]]) -> None:
        """Add rows that are given column by column."""
        self._count += len(numbers)
        self._numbers.extend(numbers)
        self._pending += map(_CELL.join, zip(*columns, strict=True))
        while len(self._pending) >= BLOCK_ROWS:
            self._flush()

    def seal(self, order: Sequence[int]) -> Rows:
        """End adding; see ``Store.seal``."""
        if self._pending:
            self._flush()
        return self._store.seal(order)

    def _flush(self) -> None:
        numbers, lines = self._numbers[:BLOCK_ROWS], self._pending[:BLOCK_ROWS]
        del self._numbers[:BLOCK_ROWS], self._pending[:BLOCK_ROWS]
        if not self._store.wants(lines):
            return
        self._look(numbers, lines)
        self._store.take(numbers, _ROW.join(lines).encode())


def is_valid_block(numbers: array[int], data: bytes) -> bool:
    """Whether these are the numbers of some rows, ascending, and a text for each of them; for blocks from elsewhere."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return (
        0 < len(numbers) <= BLOCK_ROWS and data.count(_ROW.encode()) == len(numbers) - 1 and all(map(lt, numbers, numbers[1:]))
    )


class Spool:
    """Blocks of rows that are taken, then sealed, then walked or fetched; an implementation of ``model.Rows``.

    Any thread may read a sealed spool.  Who walks it when it is closed gets Cancelled: nobody needs its rows any more.
    """

    def __init__(self, in_memory: int = MAX_IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._numbers = array("I")
        self._blocks: list[bytes] = []
        self._places = array("Q", [0])
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._decoded: OrderedDict[int, list[Row]] = OrderedDict()
        self._order: tuple[int, ...] = ()
        self._covered: Spans = {}

    def wants(self, _: Sequence[str]) -> bool:
        """Every block."""
        return True

    def take(self, numbers: array[int], data: bytes) -> None:
        """Keep one block; only the last one may have less than ``BLOCK`` rows."""
        self._numbers.extend(numbers)
        self._places.append(self._places[-1] + len(data))
        if self._file is None and self._places[-1] <= self._in_memory:
            self._blocks.append(data)
            return
        if self._file is None:
            self._file = self._opened()
            self._file.writelines(self._blocks)
            self._blocks.clear()
        self._file.write(data)

    def seal(self, order: Sequence[int]) -> Spool:
        """End taking; ``order`` says which of the given texts each column shows."""
        if self._file is not None:
            self._file.flush()
        self._order = tuple(order)
        return self

    def cover(self, spans: Spans) -> None:
        """Show blanks in some places of a sealed spool, before anybody looks at it."""
        self._covered = spans

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
        block, place = divmod(position, BLOCK_ROWS)
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
        count = len(self._numbers)
        block, place = divmod(max(start, 0), BLOCK_ROWS)
        while block * BLOCK_ROWS < count:
            yield from self._decode(block)[place:]
            block, place = block + 1, 0

    def close(self) -> None:
        """Give memory and temporary file back; there are no rows after that."""
        with self._lock:
            self._closed = True
            self._numbers = array("I")
            self._blocks.clear()
            self._decoded.clear()
            if self._file is not None:
                _close(self._file)

    def _opened(self) -> IO[bytes]:
        """A temporary file that nobody else can open, and that is gone when the spool is."""
        file = tempfile.TemporaryFile(prefix="cg-uploader-")  # noqa: SIM115 - lives as long as the rows
        weakref.finalize(self, _close, file)
        return file

    def _data(self, block: int) -> tuple[array[int], bytes]:
        """The numbers and the texts of a block."""
        with self._lock:
            if self._closed:
                raise Cancelled("These rows are not needed any more.")
            numbers = self._numbers[block * BLOCK_ROWS : (block + 1) * BLOCK_ROWS]
            if self._file is None:
                return numbers, self._blocks[block]
            start, end = self._places[block], self._places[block + 1]
            self._file.seek(start)
            return numbers, self._file.read(end - start)

    def _decode(self, block: int) -> list[Row]:
        numbers, data = self._data(block)
        lines = [line.split(_CELL) for line in data.decode().split(_ROW)]
        texts = self._arranged(lines)
        if self._covered:
            texts = map(tuple, self._blanked(numbers, list(map(list, texts))))
        return list(map(Row, numbers, texts))

    def _blanked(self, numbers: array[int], lines: list[list[str]]) -> list[list[str]]:
        """The texts of a block with blanks where they are covered."""
        for place, spans in self._covered.items():
            at = bisect_left(spans, numbers[0], key=itemgetter(1))
            while at < len(spans) and spans[at][0] <= numbers[-1]:
                first, last = spans[at]
                for line in lines[bisect_left(numbers, first) : bisect_right(numbers, last)]:
                    line[place] = ""
                at += 1
        return lines

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


def _close(file: IO[bytes]) -> None:
    """Close a temporary file; on a full disk that fails, and its content is not wanted any more."""
    with suppress(OSError):
        file.close()
