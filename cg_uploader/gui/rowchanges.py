"""What the user changed on the rows of one sheet, kept by the cells of the file that it belongs to.

The rule: an edit belongs to one cell of one content, by row number, column letter and the text that the file has there.
It holds in every reading of the sheet that shows this text in this cell, and waits in all others.
A row that is left out is left out wherever it stands below the header row.
A note that was accepted is accepted in the encoding in which it was read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from cg_uploader.model.provenance import Provenance
from cg_uploader.model.table import Table

# Row number, column letter, the file's own text.
Cell: TypeAlias = tuple[int, str, str]
# Row number → {column position: text to send}, as a plan has them.
Edits: TypeAlias = dict[int, dict[int, str]]
Sheet: TypeAlias = tuple[str, str | None, str | None, Provenance | None]


@dataclass(frozen=True, slots=True)
class RowChanges:
    """The changes on one sheet, whichever of its rows and columns are shown."""

    # The text that is sent instead of a cell's own.
    edits: Dict[Cell, str] = field(default_factory=dict)
    # Numbers of rows that are not to be sent.
    left_out: frozenset[int] = frozenset()
    # Encoding and number of rows whose notes were accepted.
    trusted: frozenset[tuple[str | None, int]] = frozenset()

    def edits_in(self, table: Table) -> Edits:
        """Find the edits whose cells ``table`` shows with their own text."""
        positions = {column.letter: position for position, column in enumerate(table.columns)}
        edits: Edits = {}
        for (number, letter, own), text in self.edits.items():
            position = positions.get(letter)
            if position is not None and _text(table, number, position) == own:
                edits.setdefault(number, {})[position] = text
        return edits

    def left_out_in(self, table: Table) -> frozenset[int]:
        """Find the rows of ``table`` that are left out."""
        return frozenset(number for number in self.left_out if number > table.header_row)

    def trusted_in(self, table: Table) -> frozenset[int]:
        """Find the rows of ``table`` whose notes were accepted."""
        return frozenset(n for encoding, n in self.trusted if encoding == table.encoding and n > table.header_row)

    def within(self, table: Table, edits: Edits, left_out: Iterable[int], trusted: Iterable[int]) -> RowChanges:
        """Put these changes in the place of all that ``table`` shows.  What waits stays."""
        shown = {_cell(table, number, position) for number, cells in self.edits_in(table).items() for position in cells}
        waiting = {cell: text for cell, text in self.edits.items() if cell not in shown}
        waiting |= {_cell(table, row, position): text for row, cells in edits.items() for position, text in cells.items()}
        accepted = {(table.encoding, number) for number in self.trusted_in(table)}
        return replace(
            self,
            edits=waiting,
            left_out=self.left_out - self.left_out_in(table) | frozenset(left_out),
            trusted=self.trusted - accepted | {(table.encoding, number) for number in trusted},
        )


def sheet_of(table: Table) -> Sheet:
    """The sheet that a table is a reading of: content, name, what divides its text into cells, the run of failed rows."""
    return table.digest, table.sheet, table.delimiter, table.origin


def _cell(table: Table, number: int, position: int) -> Cell:
    return number, table.columns[position].letter, _text(table, number, position) or ""


def _text(table: Table, number: int, position: int) -> str | None:
    """The file's own text of a cell.  None when the table does not have this row."""
    rows = table.rows
    index = bisect_left(range(len(rows)), number, key=lambda i: rows[i].number)
    if index == len(rows) or rows[index].number != number:
        return None
    return rows[index].cells[position]
