"""How rows are put together where a file gives cells one by one, and sorted where they come in any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Protocol

from cg_uploader.sheets.cells.converter import CellKind
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.cell_layout import MAX_COLUMNS, CellLayout, KindAndStyle, check_cell_position
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.sheet_reading import run_to_limit

_MAX_LAYOUTS = 10_000
_SINGLE_ROWS, _MAX_ROWS_AT_ONCE = 200, 256


class RowSink(Protocol):
    """What rows are handed to."""

    def add(self, number: int, hidden: bool, layout: CellLayout, values: Sequence[Any]) -> None:
        """Take one row. A value of None is no cell."""

    def add_many(self, numbers: Sequence[int], hidden: bool, layout: CellLayout, values: Sequence[Sequence[Any]]) -> None:
        """Take some rows of one layout. ``values`` has one sequence per column, in which None is no cell."""


class RowsOutOfOrder(Exception):
    """Raised when rows do not come in the order of their numbers. All of them are then read again, and sorted."""


class RowAssembler:
    """Puts cells into rows and hands them over, many at once where neighbours have the same layout.

    The first rows are handed over one by one, as soon as the next one begins, because they may be all that is wanted.
    """

    def __init__(self, sink: RowSink, *, ordered: bool) -> None:
        """``sink`` gets the rows. With ``ordered``, a row out of order raises RowsOutOfOrder."""
        self._sink = sink
        self._ordered = ordered
        self._layouts: dict[tuple[object, object], CellLayout] = {}
        self._number = 0
        self._hidden = False
        self._cells: dict[int, tuple[KindAndStyle, Any]] = {}
        self._single_rows_left = _SINGLE_ROWS
        # What the rows that wait have in common: whether they are hidden, and their layout.
        self._alike: tuple[bool, CellLayout] | None = None
        self._numbers: list[int] = []
        self._values: list[list[Any]] = []

    def begin(self, number: int, hidden: bool) -> None:
        """Begin a row, numbered as Excel does.

        Raises:
            RowsOutOfOrder: when its number is not higher than that of the row before.
            FileError: kind ``too-big``, when no sheet has such a row.
        """
        self._end_row()
        if number <= self._number and self._ordered:
            raise RowsOutOfOrder
        check_cell_position(number, 0)
        self._number, self._hidden = number, hidden

    def cell(self, column: int, kind: CellKind, style: int, value: Any) -> None:
        """Take a cell of the row that was begun.

        Raises:
            FileError: kind ``too-big``, when no sheet has such a column.
        """
        if column >= MAX_COLUMNS:
            check_cell_position(1, column)
        self._cells[column] = (kind, style), value

    def end(self) -> None:
        """Hand over the rows that are left."""
        self._end_row()
        self._hand_over()

    def _end_row(self) -> None:
        if not self._cells:
            return
        cells, self._cells = self._cells, {}
        key = tuple(cells), tuple([kind for kind, _value in cells.values()])
        layout = self._layouts.get(key)
        if layout is None:
            if len(self._layouts) >= _MAX_LAYOUTS:
                self._layouts.clear()
            layout = self._layouts[key] = CellLayout(*key)
        values = [value for _kind, value in cells.values()]
        if self._single_rows_left:
            self._single_rows_left -= 1
            self._sink.add(self._number, self._hidden, layout, values)
            return
        if self._alike != (self._hidden, layout) or len(self._numbers) == _MAX_ROWS_AT_ONCE:
            self._hand_over()
            self._alike = self._hidden, layout
        self._numbers.append(self._number)
        self._values.append(values)

    def _hand_over(self) -> None:
        if self._alike is not None and self._numbers:
            self._sink.add_many(self._numbers, *self._alike, [*zip(*self._values, strict=True)])
            self._numbers, self._values = [], []


class RowSorter:
    """Keeps rows until all have come. Rows with the same number become one, with the last value of each cell."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[bool, dict[int, tuple[KindAndStyle, Any]]]] = {}

    def add(self, number: int, hidden: bool, layout: CellLayout, values: Sequence[Any]) -> None:
        """Keep a row."""
        given = zip(layout.columns, layout.kinds, values, strict=True)
        cells = {column: (kind, value) for column, kind, value in given if value is not None}
        if cells:
            was_hidden, before = self._rows.get(number, (False, {}))
            self._rows[number] = hidden or was_hidden, before | cells

    def add_many(self, numbers: Sequence[int], hidden: bool, layout: CellLayout, values: Sequence[Sequence[Any]]) -> None:
        """Keep some rows."""
        for number, row in zip(numbers, zip(*values, strict=True), strict=True):
            self.add(number, hidden, layout, row)

    def hand_over(self, builder: TableBuilder) -> None:
        """Give all rows to the builder, in the order of their numbers."""
        for number in sorted(self._rows):
            hidden, cells = self._rows[number]
            layout = CellLayout(list(cells), [kind for kind, _value in cells.values()])
            builder.add(number, hidden, layout, [value for _kind, value in cells.values()])


class _DiscardingSink:
    """Discards rows, where a sheet is only read for what stands behind them."""

    def __init__(self, control: ReadControl) -> None:
        self._control = control

    def add(self, *_row: Any) -> None:
        """Discard a row."""
        self._control.tick(0)

    def add_many(self, *_rows: Any) -> None:
        """Discard some rows."""
        self._control.tick(0)


def fill_builder(
    make_builder: Callable[[], TableBuilder], read: Callable[[RowSink, bool], Sequence[Area]], control: ReadControl
) -> TableBuilder:
    """Let ``read(sink, ordered)`` fill a new builder, and return it.

    When rows come in any order, ``read`` is called once more, and its rows are sorted. ``read`` returns the merged cells, which
    stand behind all rows. Where headings depend on them, the sheet is read twice.
    """

    @cache
    def merged() -> Sequence[Area]:
        share = control.share
        try:
            return read(_DiscardingSink(control), False)
        finally:
            control.share = share

    builder = make_builder()
    builder.search.merged = merged
    try:
        run_to_limit(lambda: read(builder, True))
    except RowsOutOfOrder:
        builder, rows = make_builder(), RowSorter()
        builder.search.merged = merged
        read(rows, False)
        run_to_limit(lambda: rows.hand_over(builder))
    return builder
