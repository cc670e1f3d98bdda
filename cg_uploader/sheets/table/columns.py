"""The columns of a table: their headings, and where their texts stand in the spooled rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cg_uploader.sheets.cells.converter import CellConverter
from cg_uploader.sheets.table.cell_layout import CellLayout


class TableColumns:
    """The columns that have a heading, and those that have none and turn out to hold something.

    A column is known by its position in the sheet, from 0. Its slot is where its texts stand in the spooled rows.
    """

    def __init__(self, headings: dict[int, str]) -> None:
        """``headings`` by column, without blank ones."""
        self.headings = headings
        self._slots = {column: slot for slot, column in enumerate(sorted(headings))}
        self._used = set(headings)

    def positions(self) -> list[int]:
        """Return the columns of the table, from left to right."""
        return sorted(self._used)

    def order(self) -> list[int]:
        """Return the slot of each column of the table, from left to right."""
        return [self._slots[column] for column in self.positions()]

    def slot_positions(self) -> dict[int, int]:
        """Return the column of each slot."""
        return {slot: column for column, slot in self._slots.items()}

    def prepare(self, layout: CellLayout, cells: CellConverter, *, ragged: bool) -> None:
        """Give a layout its formatters and its slots. In a ``ragged`` file rows may be longer than the header row."""
        kinds = zip(layout.columns, layout.kinds, strict=True)
        layout.formatters = tuple(cells.make_formatter(column, *kind) for column, kind in kinds)
        layout.slots = tuple(self._slots.setdefault(column, len(self._slots)) for column in layout.columns)
        if ragged:
            layout.surplus = max(0, len(layout.columns) - max(self.headings) - 1)
        layout.in_order = layout.slots == tuple(range(len(layout.slots)))
        layout.unproved = [(index, column) for index, column in enumerate(layout.columns) if column not in self._used]

    def prove(self, layout: CellLayout, rows: Iterable[Sequence[str]]) -> None:
        """Count columns without heading among those of the table as soon as they hold something."""
        for texts in rows:
            self._used.update(column for index, column in layout.unproved if texts[index])
            layout.unproved = [(index, column) for index, column in layout.unproved if column not in self._used]
            if not layout.unproved:
                return
