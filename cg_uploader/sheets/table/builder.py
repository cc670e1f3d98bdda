"""What a sheet's rows become: the header row, the columns, the rows below, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cg_uploader.model.enums import NoteKind
from cg_uploader.model.table import Column, Table
from cg_uploader.sheets.cells.clean_text import column_letter
from cg_uploader.sheets.cells.converter import CellConverter
from cg_uploader.sheets.cells.notes import CellNote, NoteCollector
from cg_uploader.sheets.table.cell_layout import CellLayout, buffer_row, map_filled
from cg_uploader.sheets.table.columns import TableColumns
from cg_uploader.sheets.table.header_search import HeaderSearch
from cg_uploader.sheets.table.merged_cells import Area, find_covered
from cg_uploader.sheets.table.mixed_dates import MixedDateFinder
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.spool import RowPacker
from cg_uploader.sheets.table.table_notes import (
    note_headings,
    note_hidden,
    note_merged_cells,
    note_mixed_dates,
    note_recalculation,
    note_totals_row,
)

_ROWS_PER_TICK = 512
_KEPT_THOUGH_BLANK = (NoteKind.ERROR_VALUE, NoteKind.NOT_CALCULATED)


class RowLimitReached(Exception):
    """Raised when as many rows as were asked for have been read."""


class TableBuilder:
    """Takes rows one by one, finds the header row, and fills a store.

    ``header_row``, ``hidden_rows`` and ``empty_rows`` are numbers of the table so far. ``search`` may be given the merged
    cells before the first row.
    """

    def __init__(self, cells: CellConverter, control: ReadControl, header_row: int | None = None) -> None:
        """``header_row``: the number of the header row, if the user chose it."""
        self.notes = NoteCollector()
        self.search = HeaderSearch(cells, header_row)
        self.header_row = 0
        self.hidden_rows = 0
        self.empty_rows = 0
        # Numbers of the rows that are not taken, because a table adds up its columns there.
        self.totals_rows: Collection[int] = ()
        # Whether rows may have more cells than there are headings, which is noted.
        self.ragged = False
        self._cells = cells
        self._control = control
        self._dates = MixedDateFinder()
        self._packer = RowPacker(control.store(), self._dates.look)
        self._columns = TableColumns({})
        # Numbers of rows, still to come, in which a quotation mark never closes.
        self._unclosed: set[int] = set()
        self._last_number = 0
        self._rows_since_tick = 0

    # -------------------------------------------------------------------------------------------------------- rows

    def add(self, number: int, hidden: bool, layout: CellLayout, values: Sequence[Any]) -> None:
        """Take the next row. A value of None is no cell. Rows must come in the order of their numbers.

        Raises:
            RowLimitReached: when there are as many rows as were asked for.
            UsageError: when the header row that the user chose holds no headings.
            Cancelled: when the user stopped the reading.
        """
        self._count(1)
        if not self.header_row:
            self._begin(self.search.take(buffer_row(number, hidden, layout, values)))
            return
        if not layout.formatters:
            self._prepare(layout)
        texts = ["" if value is None else text(value) for text, value in zip(layout.formatters, values, strict=True)]
        notes = self._cells.notes.take()
        if not any(texts) and not any(kind in _KEPT_THOUGH_BLANK for _column, kind, _detail in notes):
            return
        self.empty_rows += number - self._last_number - 1
        self._last_number = number
        if number in self.totals_rows:
            note_totals_row(self.notes, number)
        elif hidden:
            self.hidden_rows += 1
        else:
            self._keep(number, layout, texts, notes)

    def _keep(self, number: int, layout: CellLayout, texts: list[str], notes: list[CellNote]) -> None:
        """Spool a row, and the notes on its cells."""
        if layout.unproved:
            self._columns.prove(layout, [texts])
        if layout.surplus and any(texts[-layout.surplus :]):
            notes.append((layout.columns[-layout.surplus], NoteKind.LONG_ROW, ""))
        if number in self._unclosed:
            self._unclosed.discard(number)
            notes.append((0, NoteKind.UNCLOSED_QUOTE, ""))
        self._packer.append(number, texts if layout.in_order else layout.spread(texts, ""))
        for note in notes:
            self.notes.add(number, note)
        if notes:
            self._cells.notes.settle(notes)
        if self._control.limit is not None and len(self._packer) >= self._control.limit:
            raise RowLimitReached

    def add_many(self, numbers: Sequence[int], hidden: bool, layout: CellLayout, values: Sequence[Sequence[Any]]) -> None:
        """Take the next rows at once, all of one layout.

        ``values`` has one sequence per column, in which None is no cell. Rows that need a note, or that may be blank, go one
        by one.

        Raises:
            RowLimitReached, UsageError, Cancelled: as ``add`` does.
        """
        done = 0
        while not self.header_row and done < len(numbers):
            self.add(numbers[done], hidden, layout, [column[done] for column in values])
            done += 1
        if done:
            numbers, values = numbers[done:], [column[done:] for column in values]
        if numbers and not hidden and not self._needs_single_rows(numbers) and self._add_at_once(numbers, layout, values):
            return
        for number, row in zip(numbers, zip(*values, strict=True), strict=True):
            self.add(number, hidden, layout, row)

    def _add_at_once(self, numbers: Sequence[int], layout: CellLayout, values: Sequence[Sequence[Any]]) -> bool:
        """Spool rows, and return True. Return False, with nothing done, when they must be looked at one by one."""
        if not layout.formatters:
            self._prepare(layout)
        formatters = zip(layout.formatters, values, strict=True)
        columns = [map_filled(formatter.format_many, column, "") for formatter, column in formatters]
        if self._cells.notes.pending or not _are_filled(columns) or _holds_text(columns[len(columns) - layout.surplus :]):
            self._cells.notes.take()
            return False
        self._count(len(numbers))
        self.empty_rows += numbers[-1] - self._last_number - len(numbers)
        self._last_number = numbers[-1]
        if layout.unproved:
            self._columns.prove(layout, zip(*columns, strict=True))
        self._packer.extend(numbers, columns if layout.in_order else layout.spread(columns, [""] * len(numbers)))
        return True

    def mark_unclosed(self, number: int) -> None:
        """Tell that in the row of this number, which comes next, a quotation mark never closes."""
        self._unclosed.add(number)

    def _needs_single_rows(self, numbers: Sequence[int]) -> bool:
        """Return whether rows must be looked at one by one whatever they hold."""
        limit = self._control.limit
        return (
            not self.header_row
            or (limit is not None and len(self._packer) + len(numbers) >= limit)
            or (bool(self._unclosed) and max(self._unclosed) >= numbers[0])
            or any(numbers[0] <= number <= numbers[-1] for number in self.totals_rows)
        )

    def _count(self, rows: int) -> None:
        self._rows_since_tick += rows
        if self._rows_since_tick >= _ROWS_PER_TICK:
            self._rows_since_tick = 0
            self._control.tick(len(self._packer))

    def _prepare(self, layout: CellLayout) -> None:
        self._columns.prepare(layout, self._cells, ragged=self.ragged)

    def _begin(self, header_row: int) -> None:
        """Take the headings from this row, and the rows below it. 0: the header row is not clear yet."""
        if not header_row:
            return
        self.header_row = self._last_number = header_row
        headings, rows = self.search.release(header_row)
        self.hidden_rows = self.search.hidden_rows
        self._columns = TableColumns(headings)
        for row in rows:
            self.add(*row)

    # ------------------------------------------------------------------------------------------------------ finish

    def close_rows(self) -> bool:
        """End the rows, and return whether there is a table.

        Raises:
            UsageError: when the header row that the user chose holds no headings.
        """
        if not self.header_row:
            with suppress(RowLimitReached):
                self._begin(self.search.decide())
        return self.is_table

    @property
    def is_table(self) -> bool:
        """Whether there is a header row, and anything that can be seen: a chosen header row may be hidden."""
        return bool(self.header_row) and (self.search.has_visible_rows or len(self._packer) > 0)

    def blank_merged(self, areas: Sequence[Area]) -> None:
        """Show blanks in the cells that merged cells cover, and note it."""
        positions = self._columns.positions()
        covering = [
            area for area in areas if area[1] > self.header_row and any(area[2] <= column <= area[3] for column in positions)
        ]
        if covering:
            note_merged_cells(self.notes, covering)
            self._packer.cover(find_covered(covering, {column: index for index, column in enumerate(positions)}))

    def note_recalculation(self) -> None:
        """Note that the results of formulas may be out of date."""
        note_recalculation(self.notes)

    def columns(self, is_hidden: Callable[[int], bool] = lambda _column: False) -> tuple[Column, ...]:
        """Return the columns that have a heading or hold something, from left to right, and note what is odd about them.

        ``is_hidden`` tells whether a column of the sheet is hidden.
        """
        positions, headings = self._columns.positions(), self._columns.headings
        columns = tuple(Column(headings.get(column, ""), column_letter(column), is_hidden(column)) for column in positions)
        note_headings(self.notes, self.header_row, positions, columns)
        note_hidden(self.notes, columns, self.hidden_rows)
        return columns

    def table(
        self, file: Path, digest: str, columns: tuple[Column, ...], *, sheet: str | None = None, sheets: tuple[str, ...] = ()
    ) -> Table:
        """End the rows, and return the table as it is now. ``columns`` are those that the method of this name returned."""
        rows = self._packer.seal(self._columns.order())
        note_mixed_dates(self.notes, self._dates, self._columns.slot_positions())
        return Table(
            file=file,
            digest=digest,
            sheet=sheet,
            sheets=sheets,
            header_row=self.header_row,
            columns=columns,
            rows=rows,
            notes=self.notes.make_notes(self._columns.headings),
            hidden_rows=self.hidden_rows,
            empty_rows=self.empty_rows,
            above=tuple(self.search.rows_above(self._columns.positions())),
        )


def _are_filled(columns: Sequence[Sequence[str]]) -> bool:
    """Return whether no row is blank."""
    return any(map(all, columns)) or all(map(any, zip(*columns, strict=True)))


def _holds_text(columns: Sequence[Sequence[str]]) -> bool:
    return any(map(any, columns))
