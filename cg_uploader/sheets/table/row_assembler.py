"""Owns the gathering of cells into rows where a file gives them one by one, and the sorting of rows that come in any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from struct import unpack
from typing import Any, Protocol

from cg_uploader.sheets.cells.converter import CellKind
from cg_uploader.sheets.table.builder import MAX_COLUMNS, CellLayout, KindAndStyle, TableBuilder, check_cell_position
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.sheet_reading import run_to_limit

_MOST_SHAPES = 10_000
_FIRST, _MOST_AT_ONCE = 200, 256
# Error values of Excel's binary formats by their codes.
ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip


class RowSink(Protocol):
    """What rows are handed to."""

    def add(self, number: int, hidden: bool, shape: CellLayout, values: Sequence[Any]) -> None:
        """Take one row; a value of None is no cell."""

    def add_many(self, numbers: Sequence[int], hidden: bool, shape: CellLayout, values: Sequence[Sequence[Any]]) -> None:
        """Take some rows of one shape: ``values`` has one sequence per column, in which None is no cell."""


class RowsOutOfOrder(Exception):
    """Not a failure: rows do not come in the order of their numbers, so they are read again, all of them, and sorted."""


class RowAssembler:
    """Puts cells into rows and hands them over, many at once where neighbours are of one shape.

    ``sink`` gets the rows; with ``ordered`` a row out of order raises Disordered.  The first rows are handed over one by one,
    as soon as the next one begins, because they may be all that somebody wants.
    """

    def __init__(self, sink: RowSink, *, ordered: bool) -> None:
        self._sink = sink
        self._ordered = ordered
        self._shapes: dict[tuple[object, object], CellLayout] = {}
        self._number = 0
        self._hidden = False
        self._cells: dict[int, tuple[KindAndStyle, Any]] = {}
        self._alone = _FIRST
        self._alike: tuple[bool, CellLayout] | None = None
        self._numbers: list[int] = []
        self._values: list[list[Any]] = []

    def begin(self, number: int, hidden: bool) -> None:
        """The cells that come now stand in this row, numbered as Excel does."""
        self._end_row()
        if number <= self._number and self._ordered:
            raise RowsOutOfOrder
        check_cell_position(number, 0)
        self._number, self._hidden = number, hidden

    def cell(self, column: int, kind: CellKind, style: int, value: Any) -> None:
        """Take a cell of the row that was begun."""
        if column >= MAX_COLUMNS:
            check_cell_position(1, column)
        self._cells[column] = (kind, style), value

    def end(self) -> None:
        """Hand over what is left: no more rows come."""
        self._end_row()
        self._hand_over()

    def _end_row(self) -> None:
        if not self._cells:
            return
        cells, self._cells = self._cells, {}
        key = tuple(cells), tuple([kind for kind, _ in cells.values()])
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
            shape = self._shapes[key] = CellLayout(*key)
        values = [value for _, value in cells.values()]
        if self._alone:
            self._alone -= 1
            self._sink.add(self._number, self._hidden, shape, values)
            return
        if self._alike != (self._hidden, shape) or len(self._numbers) == _MOST_AT_ONCE:
            self._hand_over()
            self._alike = self._hidden, shape
        self._numbers.append(self._number)
        self._values.append(values)

    def _hand_over(self) -> None:
        if self._alike is not None and self._numbers:
            self._sink.add_many(self._numbers, *self._alike, [*zip(*self._values, strict=True)])
            self._numbers, self._values = [], []


class RowSorter:
    """Keeps rows until all have come; of rows with one number the cells are put together, the last one of each place."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[bool, dict[int, tuple[KindAndStyle, Any]]]] = {}

    def add(self, number: int, hidden: bool, shape: CellLayout, values: Sequence[Any]) -> None:
        """Keep a row."""
        given = zip(shape.columns, shape.kinds, values, strict=True)
        cells = {column: (kind, value) for column, kind, value in given if value is not None}
        if cells:
            was_hidden, before = self._rows.get(number, (False, {}))
            self._rows[number] = hidden or was_hidden, before | cells

    def add_many(self, numbers: Sequence[int], hidden: bool, shape: CellLayout, values: Sequence[Sequence[Any]]) -> None:
        """Keep some rows."""
        for number, row in zip(numbers, zip(*values, strict=True), strict=True):
            self.add(number, hidden, shape, row)

    def hand_over(self, builder: TableBuilder) -> None:
        """Give all rows to the builder, in the order of their numbers."""
        for number in sorted(self._rows):
            hidden, cells = self._rows[number]
            shape = CellLayout(list(cells), [kind for kind, _ in cells.values()])
            builder.add(number, hidden, shape, [value for _, value in cells.values()])


class _DiscardingSink:
    """Takes rows that nobody wants, where a sheet is only read for what stands behind them."""

    def __init__(self, watch: ReadControl) -> None:
        self._watch = watch

    def add(self, *_: Any) -> None:
        """Take a row."""
        self._watch.tick(0)

    def add_many(self, *_: Any) -> None:
        """Take some rows."""
        self._watch.tick(0)


def fill_builder(
    make: Callable[[], TableBuilder], read: Callable[[RowSink, bool], Sequence[Area]], watch: ReadControl
) -> TableBuilder:
    """Let ``read(sink, ordered)`` fill a new builder; if rows come in any order, once more with sorting.

    ``read`` gives the merged cells, which stand behind all rows: where headings depend on them, the sheet is read twice.
    """

    @cache
    def merged() -> Sequence[Area]:
        share = watch.share
        try:
            return read(_DiscardingSink(watch), False)
        finally:
            watch.share = share

    builder = make()
    builder.merged = merged
    try:
        run_to_limit(lambda: read(builder, True))
    except RowsOutOfOrder:
        builder, rows = make(), RowSorter()
        builder.merged = merged
        read(rows, False)
        run_to_limit(lambda: rows.hand_over(builder))
    return builder


def packed_number(rk: int) -> float:
    """A number in the four bytes that Excel's binary formats pack short numbers into."""
    if rk & 2:
        number = float((rk >> 2) - (1 << 30) if rk >> 31 else rk >> 2)
    else:
        number = float(unpack("<d", (rk & 0xFFFFFFFC).to_bytes(8, "little")[:4].rjust(8, b"\0"))[0])
    return number / 100 if rk & 1 else number
