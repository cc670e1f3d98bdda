"""The rows of a table while the program runs: in memory while they are few, else in a private temporary file."""

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
from cg_uploader.sheets.cells.separators import CELL, ROW
from cg_uploader.sheets.table.merged_cells import Spans
from cg_uploader.translation import _

# So many rows make a block; only the last block may have less.
BLOCK_ROWS = 512
# So many bytes of text are kept in memory.
MAX_IN_MEMORY = 8 << 20
_CACHED_BLOCKS = 8


class RowStore(Protocol):
    """What packed rows are given to."""

    def wants(self, lines: Sequence[str]) -> bool:
        """Return whether a block of these rows is wanted. It is not when it is enough to count them."""

    def take(self, numbers: array[int], data: bytes) -> None:
        """Keep one block: the numbers of its rows, and their texts with U+001F between cells and U+001E between rows."""

    def seal(self, order: Sequence[int]) -> Rows:
        """End taking, and return the rows as far as they are here. ``order``: which of the texts each column shows."""

    def cover(self, spans: Spans) -> None:
        """Show blanks in some cells, whatever text was given."""


class RowPacker:
    """Puts rows together into blocks of ``BLOCK_ROWS`` rows, the last one shorter, and gives them to a store.

    Texts must not hold U+001E or U+001F. Cell texts never do, because control characters are taken out of them. A row may be
    shorter than the table is wide. The rest is blank.
    """

    def __init__(self, store: RowStore, look: Callable[[Sequence[int], Sequence[str]], None] = lambda *_: None) -> None:
        """``look`` gets each block before it goes: the numbers of its rows, and their texts with U+001F between cells."""
        self._store = store
        self._look = look
        self._count = 0
        self._numbers = array("I")
        self._pending: list[str] = []

    def __len__(self) -> int:
        """Return how many rows have come."""
        return self._count

    def append(self, number: int, cells: Sequence[str]) -> None:
        """Add a row: its number as Excel shows it, and its texts."""
        self._count += 1
        self._numbers.append(number)
        self._pending.append(CELL.join(cells))
        if len(self._pending) == BLOCK_ROWS:
            self._flush()

    def extend(self, numbers: Sequence[int], columns: Sequence[Sequence[str]]) -> None:
        """Add rows, whose texts are given column by column."""
        self._count += len(numbers)
        self._numbers.extend(numbers)
        self._pending += map(CELL.join, zip(*columns, strict=True))
        while len(self._pending) >= BLOCK_ROWS:
            self._flush()

    def seal(self, order: Sequence[int]) -> Rows:
        """End adding, and return the rows (see ``RowStore.seal``)."""
        if self._pending:
            self._flush()
        return self._store.seal(order)

    def cover(self, spans: Spans) -> None:
        """Show blanks in some cells (see ``RowStore.cover``)."""
        self._store.cover(spans)

    def _flush(self) -> None:
        numbers, lines = self._numbers[:BLOCK_ROWS], self._pending[:BLOCK_ROWS]
        del self._numbers[:BLOCK_ROWS], self._pending[:BLOCK_ROWS]
        if not self._store.wants(lines):
            return
        self._look(numbers, lines)
        self._store.take(numbers, ROW.join(lines).encode())


def is_valid_block(numbers: array[int], data: bytes) -> bool:
    """Return whether these are the numbers of some rows, ascending, and a text for each."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return (
        0 < len(numbers) <= BLOCK_ROWS and data.count(ROW.encode()) == len(numbers) - 1 and all(map(lt, numbers, numbers[1:]))
    )


class Spool:
    """Blocks of rows that are taken, then sealed, then walked or fetched, as ``model.Rows`` are.

    Any thread may read a sealed spool. Reading a closed one raises Cancelled, because its rows are not needed any more.
    """

    def __init__(self, in_memory: int = MAX_IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._numbers = array("I")
        self._blocks: list[bytes] = []
        self._offsets = array("Q", [0])
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._decoded: OrderedDict[int, list[Row]] = OrderedDict()
        self._order: tuple[int, ...] = ()
        self._covered: Spans = {}

    def wants(self, _: Sequence[str]) -> bool:
        """Return True: every block is kept."""
        return True

    def take(self, numbers: array[int], data: bytes) -> None:
        """Keep one block. Only the last one may have less than ``BLOCK_ROWS`` rows."""
        self._numbers.extend(numbers)
        self._offsets.append(self._offsets[-1] + len(data))
        if self._file is None and self._offsets[-1] <= self._in_memory:
            self._blocks.append(data)
            return
        if self._file is None:
            self._file = self._open_file()
            self._file.writelines(self._blocks)
            self._blocks.clear()
        self._file.write(data)

    def seal(self, order: Sequence[int]) -> Spool:
        """End taking, and return this spool. ``order`` says which of the given texts each column shows."""
        if self._file is not None:
            self._file.flush()
        self._order = tuple(order)
        return self

    def cover(self, spans: Spans) -> None:
        """Show blanks in some cells of a sealed spool, before it is read."""
        self._covered = spans

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self._numbers)

    def __iter__(self) -> Iterator[Row]:
        """Walk the rows from the first."""
        return self.walk(0)

    def __getitem__(self, position: int) -> Row:
        """Return the row at a position, counted from the end if it is negative.

        Raises:
            IndexError: beyond the end.
            Cancelled: when the spool is closed.
        """
        if position < 0:
            position += len(self._numbers)
        if not 0 <= position < len(self._numbers):
            raise IndexError(position)
        block, index = divmod(position, BLOCK_ROWS)
        with self._lock:
            rows = self._decoded.pop(block, None)
        if rows is None:
            rows = self._decode(block)
        with self._lock:
            self._decoded[block] = rows
            while len(self._decoded) > _CACHED_BLOCKS:
                self._decoded.popitem(last=False)
        return rows[index]

    def walk(self, start: int) -> Iterator[Row]:
        """Walk the rows from a position on. Several walks may go on at a time.

        Raises:
            Cancelled: when the spool is closed.
        """
        count = len(self._numbers)
        block, index = divmod(max(start, 0), BLOCK_ROWS)
        while block * BLOCK_ROWS < count:
            yield from self._decode(block)[index:]
            block, index = block + 1, 0

    def close(self) -> None:
        """Free the memory and the temporary file. There are no rows after that."""
        with self._lock:
            self._closed = True
            self._numbers = array("I")
            self._blocks.clear()
            self._decoded.clear()
            if self._file is not None:
                _close(self._file)

    def _open_file(self) -> IO[bytes]:
        """Return a temporary file that no other program can open, and that is gone when the spool is."""
        file = tempfile.TemporaryFile(prefix="cg-uploader-")  # noqa: SIM115 - lives as long as the rows
        weakref.finalize(self, _close, file)
        return file

    def _read_block(self, block: int) -> tuple[array[int], bytes]:
        """Return the numbers and the texts of a block."""
        with self._lock:
            if self._closed:
                raise Cancelled(_("These rows are not needed any more."))
            numbers = self._numbers[block * BLOCK_ROWS : (block + 1) * BLOCK_ROWS]
            if self._file is None:
                return numbers, self._blocks[block]
            start, end = self._offsets[block], self._offsets[block + 1]
            self._file.seek(start)
            return numbers, self._file.read(end - start)

    def _decode(self, block: int) -> list[Row]:
        numbers, data = self._read_block(block)
        lines = [line.split(CELL) for line in data.decode().split(ROW)]
        texts = self._arrange(lines)
        if self._covered:
            texts = map(tuple, self._blank_covered(numbers, list(map(list, texts))))
        return list(map(Row, numbers, texts))

    def _blank_covered(self, numbers: array[int], lines: list[list[str]]) -> list[list[str]]:
        """Return the texts of a block with blanks in covered cells."""
        for column, spans in self._covered.items():
            index = bisect_left(spans, numbers[0], key=itemgetter(1))
            while index < len(spans) and spans[index][0] <= numbers[-1]:
                first, last = spans[index]
                for line in lines[bisect_left(numbers, first) : bisect_right(numbers, last)]:
                    line[column] = ""
                index += 1
        return lines

    def _arrange(self, lines: list[list[str]]) -> Iterator[tuple[str, ...]]:
        """Yield the texts of each row in the order of the columns, with blanks where the row was short."""
        width = max(self._order, default=-1) + 1
        for line in lines:
            line.extend([""] * (width - len(line)))
        if self._order == tuple(range(width)) and all(len(line) == width for line in lines):
            return map(tuple, lines)
        if len(self._order) > 1:
            return map(itemgetter(*self._order), lines)
        return (tuple(line[slot] for slot in self._order) for line in lines)


def _close(file: IO[bytes]) -> None:
    """Close a temporary file. On a full disk that fails, and its content is not needed any more."""
    with suppress(OSError):
        file.close()
