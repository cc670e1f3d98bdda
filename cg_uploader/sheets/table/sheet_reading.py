"""Owns what all kinds of workbooks have in common: which sheet is read, and what one reading gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from cg_uploader.errors import FileError, UsageError
from cg_uploader.sheets.table.builder import MOST_COLUMNS, Enough, TableBuilder
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import Watch


@dataclass(frozen=True, slots=True)
class SheetReading:
    """A sheet that has been read: its builder, and what was found around the rows."""

    sheet: str
    builder: TableBuilder
    hidden_columns: Sequence[tuple[int, int]] = ()
    merged: Sequence[Area] = ()

    def hidden(self) -> frozenset[int]:
        """Positions of the columns that cannot be seen."""
        changes = [0] * (MOST_COLUMNS + 1)
        for first, last in self.hidden_columns:
            changes[min(max(first, 0), MOST_COLUMNS)] += 1
            changes[min(last + 1, MOST_COLUMNS)] -= 1
        return frozenset(column for column, hides in enumerate(accumulate(changes)) if hides > 0)


class Book(Protocol):
    """A workbook of any kind."""

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of its sheets, visible ones first; complete once a sheet has been read."""

    def read(self, wanted: str | None, watch: Watch, header_row: int | None) -> SheetReading:
        """Read the wanted sheet, or the first visible one that holds anything."""


def candidates(sheets: Sequence[str], visible: int, wanted: str | None) -> Sequence[str]:
    """The sheets to try, in order; ``visible`` says how many of the first can be seen."""
    if wanted is None:
        return sheets[:visible] or sheets
    if wanted not in sheets:
        raise no_such_sheet(sheets)
    return [wanted]


def no_such_sheet(sheets: Sequence[str]) -> UsageError:
    """Make the failure for a sheet that the user named and that is not there; what was typed may be a secret."""
    return UsageError(f"There is no sheet of that name. The file has: {', '.join(sheets)}.", kind="sheet")


def nothing_in(wanted: str | None) -> FileError:
    """The failure for sheets that hold nothing."""
    where = "No sheet that can be seen" if wanted is None else f"The sheet “{wanted}”"
    holds = "holds anything" if wanted is None else "holds nothing"
    return FileError(f"{where} {holds}. Choose another sheet or file.", kind="empty")


def first_filled(names: Sequence[str], wanted: str | None, read: Callable[[str], SheetReading]) -> SheetReading:
    """The first reading that gives a table."""
    for name in names:
        reading = read(name)
        if reading.builder.close_rows():
            return reading
    raise nothing_in(wanted)


def until_enough(read: Callable[[], object]) -> None:
    """Run ``read`` until it ends, or until there are as many rows as were asked for."""
    with suppress(Enough):
        read()
