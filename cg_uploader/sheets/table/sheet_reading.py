"""What all workbooks have in common: which sheet is read, and what one reading gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Generic, NamedTuple, Protocol, TypeVar

from cg_uploader.errors import FileError, UsageError
from cg_uploader.sheets.table.builder import RowLimitReached, TableBuilder
from cg_uploader.sheets.table.cell_layout import MAX_COLUMNS
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.translation import _

_Location = TypeVar("_Location")


@dataclass(frozen=True, slots=True)
class SheetReading:
    """A sheet that has been read."""

    # The name of the sheet.
    sheet: str
    # What took its rows.
    builder: TableBuilder
    # First and last position of columns that are hidden; they may overlap.
    hidden_columns: Sequence[tuple[int, int]] = ()
    # The merged cells.
    merged: Sequence[Area] = ()

    def hidden_positions(self) -> frozenset[int]:
        """Return the positions of the hidden columns."""
        changes = [0] * (MAX_COLUMNS + 1)
        for first, last in self.hidden_columns:
            changes[min(max(first, 0), MAX_COLUMNS)] += 1
            changes[min(last + 1, MAX_COLUMNS)] -= 1
        return frozenset(column for column, depth in enumerate(accumulate(changes)) if depth > 0)


class Workbook(Protocol):
    """An open workbook of any format."""

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of its sheets, visible ones first. They are complete once a sheet has been read."""

    def read(self, wanted: str | None, control: ReadControl, header_row: int | None) -> SheetReading:
        """Read the wanted sheet, or the first visible one that holds anything.

        Raises:
            FileError: kind ``damaged``, ``too-big``, or ``empty`` when no sheet holds anything.
            UsageError: for a sheet or header row that does not exist.
            Cancelled: when the user stopped the reading.
        """


class ListedSheet(NamedTuple, Generic[_Location]):
    """A sheet as the workbook lists it."""

    # Its name.
    name: str
    # Where it is read from: the name of a part, or a position in bytes.
    location: _Location
    # Whether the user can see it.
    visible: bool


def sort_visible_first(sheets: Sequence[ListedSheet[_Location]]) -> list[ListedSheet[_Location]]:
    """Return the sheets, those that cannot be seen last, else in their order."""
    return sorted(sheets, key=lambda sheet: not sheet.visible)


def choose_sheets(sheets: Sequence[ListedSheet[_Location]], wanted: str | None) -> Sequence[ListedSheet[_Location]]:
    """Return the sheets to try, in order: the wanted one, or the visible ones, or all when none is visible.

    Raises:
        UsageError: when there is no sheet ``wanted``.
    """
    if wanted is None:
        return [sheet for sheet in sheets if sheet.visible] or sheets
    chosen = next((sheet for sheet in sheets if sheet.name == wanted), None)
    if chosen is None:
        raise no_such_sheet_error([sheet.name for sheet in sheets])
    return [chosen]


def no_such_sheet_error(sheets: Sequence[str]) -> UsageError:
    """Return the error for a sheet that the user named and that does not exist. What was typed may be a secret."""
    sentence = _("There is no sheet of that name. The file has: {sheets}.")
    return UsageError(sentence.format(sheets=", ".join(sheets)), kind="sheet")


def empty_sheet_error(wanted: str | None) -> FileError:
    """Return the error for sheets that hold nothing."""
    if wanted is None:
        return FileError(_("No visible sheet holds anything. Choose another sheet or file."), kind="empty")
    sentence = _("The sheet “{sheet}” holds nothing. Choose another sheet or file.")
    return FileError(sentence.format(sheet=wanted), kind="empty")


def read_first_filled(
    sheets: Sequence[ListedSheet[_Location]], wanted: str | None, read: Callable[[ListedSheet[_Location]], SheetReading]
) -> SheetReading:
    """Return the reading of the wanted sheet, or the first of a visible sheet that gives a table.

    Raises:
        UsageError: when there is no sheet ``wanted``.
        FileError: kind ``empty``, when no sheet gives a table.
    """
    for sheet in choose_sheets(sheets, wanted):
        reading = read(sheet)
        if reading.builder.close_rows():
            return reading
    raise empty_sheet_error(wanted)


def run_to_limit(read: Callable[[], object]) -> None:
    """Run ``read`` until it ends, or until there are as many rows as were asked for."""
    with suppress(RowLimitReached):
        read()
