"""How the cells of a row are laid out, which many rows share, and where a sheet may have cells at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from cg_uploader.errors import FileError
from cg_uploader.sheets.cells.converter import CellFormatter, CellKind
from cg_uploader.translation import _

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
# A number of thousands of digits is no help in a message.
_MAX_NUMBER_SHOWN = 10**12

_T = TypeVar("_T")


# What a cell holds, and the position of its number format. A plain tuple, because one is made for each cell.
KindAndStyle = tuple[CellKind, int]


class CellLayout:
    """One arrangement of cells, shared by all rows that have it: their columns, and how their texts are made."""

    __slots__ = ("columns", "formatters", "in_order", "kinds", "slots", "surplus", "unproved")

    def __init__(self, columns: Sequence[int], kinds: Sequence[KindAndStyle]) -> None:
        """``columns`` are positions, each once, in the order in which values will come."""
        self.columns = tuple(columns)
        self.kinds = tuple(kinds)
        # What follows is set when the header row is known.
        # What makes the texts, for each cell.
        self.formatters: tuple[CellFormatter, ...] = ()
        # Where each text stands in the spooled row.
        self.slots: tuple[int, ...] = ()
        # Whether the texts stand in the spooled row as they come.
        self.in_order = False
        # How many of the last cells stand to the right of all headings.
        self.surplus = 0
        # (index of the cell, column) for columns that have no heading, and no text so far.
        self.unproved: list[tuple[int, int]] = []

    def spread(self, texts: Sequence[_T], blank: _T) -> list[_T]:
        """Return ``texts`` where the spooled row has them, with ``blank`` between them."""
        spread = [blank] * (max(self.slots, default=-1) + 1)
        for slot, text in zip(self.slots, texts, strict=True):
            spread[slot] = text
        return spread


class BufferedRow(NamedTuple):
    """A row that is kept as it came, until it is clear what it is."""

    # As Excel shows it.
    number: int
    # Whether it cannot be seen.
    hidden: bool
    # How its cells are laid out.
    layout: CellLayout
    # The stored value of each cell. There is no None.
    values: Sequence[Any]


def buffer_row(number: int, hidden: bool, layout: CellLayout, values: Sequence[Any]) -> BufferedRow:
    """Return a row with those cells that exist. A value of None is no cell."""
    if None not in values:
        return BufferedRow(number, hidden, layout, values)
    cells = [cell for cell in zip(layout.columns, layout.kinds, values, strict=True) if cell[2] is not None]
    filled = CellLayout([column for column, _kind, _value in cells], [kind for _column, kind, _value in cells])
    return BufferedRow(number, hidden, filled, [value for _column, _kind, value in cells])


def map_filled(convert: Callable[[Sequence[Any]], Sequence[_T]], column: Sequence[Any], blank: _T) -> Sequence[_T]:
    """Return what ``convert`` makes of the values of a column, and ``blank`` in the place of each None."""
    if None not in column:
        return convert(column)
    filled = [value for value in column if value is not None]
    converted = iter(convert(filled) if filled else ())
    return [blank if value is None else next(converted) for value in column]


def check_cell_position(row: int, column: int) -> None:
    """Check that a sheet may have such a cell. ``row`` counts from 1, ``column`` from 0.

    Raises:
        FileError: kind ``too-big``, when it stands where no spreadsheet has a cell.
    """
    if row > MAX_ROWS or column >= MAX_COLUMNS:
        sizes = {"max_rows": f"{MAX_ROWS:,}", "max_columns": f"{MAX_COLUMNS:,}"}
        if max(row, column) >= _MAX_NUMBER_SHOWN:
            sentence = _(
                "A cell stands far outside any sheet. A sheet has {max_rows} rows and {max_columns} columns. "
                "Copy the part that you need into a new workbook."
            ).format(**sizes)
        else:
            sentence = _(
                "A cell stands in row {row}, column {column}. A sheet has {max_rows} rows and {max_columns} columns. "
                "Copy the part that you need into a new workbook."
            ).format(row=row, column=column + 1, **sizes)
        raise FileError(sentence, kind="too-big")
