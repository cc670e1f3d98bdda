"""The rows and notes of a file of failed rows, numbered as in the original file."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cg_uploader.lazy_sequence import LazySequence
from cg_uploader.model.enums import NoteKind
from cg_uploader.model.table import Note, Row, Rows
from cg_uploader.sheets.failed_rows.layout import Layout, ascends
from cg_uploader.translation import _


class OriginalRows:
    """Rows of a file of failed rows as rows of the original table, in the order of the original numbers.

    An implementation of ``model.Rows``.
    """

    def __init__(self, inner: Rows, layout: Layout) -> None:
        """Number the rows ``inner`` of the file of failed rows as ``layout`` says.

        Rows without a number get numbers behind all others of the original file: no row that was sent before has such a number.
        """
        self._inner = inner
        self._layout = layout
        # The row numbers of the file of failed rows, as rows stand there.
        self._here = array("Q", (row.number for row in inner))
        # The original numbers, as rows stand there.
        self._given, self.added = _numbered(layout.numbers, layout.origin.last)
        # Where each row of the original order stands there. None: that is the same.
        self._order = None if ascends(self._given) else array("Q", sorted(range(len(self._given)), key=self._given.__getitem__))
        # The original numbers, in their order.
        self.numbers = self._given if self._order is None else array("Q", (self._given[place] for place in self._order))

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Row]:
        return self.walk(0)

    def __getitem__(self, position: int) -> Row:
        if position < 0:
            position += len(self)
        return self._row(self.numbers[position], self._inner[self._place(position)])

    def walk(self, start: int) -> Iterator[Row]:
        """Walk them from a position on."""
        if self._order is None:
            for number, row in zip(self.numbers[start:], self._inner.walk(start), strict=True):
                yield self._row(number, row)
        else:
            for position in range(start, len(self)):
                yield self[position]

    def close(self) -> None:
        """Give temporary space back."""
        self._inner.close()

    def number(self, here: int) -> int:
        """Return the original number of the row that stands in row ``here`` of the file of failed rows."""
        place = bisect_left(self._here, here)
        if place == len(self._here) or self._here[place] != here:
            return here
        return self._given[place]

    def failed(self) -> array[int]:
        """Return the positions of the rows that were refused or held back."""
        failures = self._layout.failures
        return array("Q", (position for position in range(len(self)) if failures[self._place(position)] is not None))

    def failure(self, position: int) -> Note:
        """Return the note about a row that was refused or held back.

        Raises:
            LookupError: It was neither.
        """
        place, problem = self._place(position), self._layout.problem
        kind = self._layout.failures[place]
        if kind is None:
            raise LookupError(position)
        reason = "" if problem is None else self._layout.reason(self._layout.as_sent(self._inner[place].cells[problem]))
        return failed_before(self.numbers[position], kind, reason)

    def _place(self, position: int) -> int:
        return position if self._order is None else self._order[position]

    def _row(self, number: int, inner: Row) -> Row:
        cells, as_sent = inner.cells, self._layout.as_sent
        return Row(number, tuple("" if place is None else as_sent(cells[place]) for place in self._layout.places))


class FailureNotes(LazySequence[Note]):
    """The notes of a file of failed rows, about rows as the original file numbers them, and one for each that failed before."""

    def __init__(self, inner: Sequence[Note], rows: OriginalRows, first: Note) -> None:
        self._inner = inner
        self._rows = rows
        self._first = first
        self._failed = rows.failed()

    def __len__(self) -> int:
        return 1 + len(self._inner) + len(self._failed)

    def make(self, position: int) -> Note:
        """Return the note about the file, then those of the file itself, then those about failures."""
        if position == 0:
            return self._first
        if position > len(self._inner):
            return self._rows.failure(self._failed[position - 1 - len(self._inner)])
        note = self._inner[position - 1]
        if note.column is None and note.row is None:
            return note
        row = None if note.row is None else self._rows.number(note.row)
        text = _("In the file of failed rows: {note}").format(note=note.text)  # cells are named as they are there
        return replace(note, row=row, text=text)


def failed_before(number: int, kind: NoteKind, reason: str) -> Note:
    """Return the note about a row that CustomerGauge refused, or the check held back, before."""
    if kind is NoteKind.REFUSED:
        known = _("Row {row}: CustomerGauge refused it before: {reason}")
        unknown = _("Row {row}: CustomerGauge refused it before.")
    else:
        known = _("Row {row}: the check held it back before: {reason}")
        unknown = _("Row {row}: the check held it back before.")
    return Note(number, None, kind, (known if reason else unknown).format(row=number, reason=reason))


def _numbered(numbers: array[int], last: int) -> tuple[array[int], int]:
    """Return the numbers, with new ones behind ``last`` for rows without one of their own, and how many those are."""
    if ascends(numbers):
        return numbers, 0
    seen, without = set[int](), list[int]()
    for place, number in enumerate(numbers):
        if number == 0 or number in seen:
            without.append(place)
        seen.add(number)
    numbered = array("Q", numbers)
    for free, place in enumerate(without, max(last, *seen) + 1):
        numbered[place] = free
    return numbered, len(without)
