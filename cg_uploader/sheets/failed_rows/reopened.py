"""Owns the repair file that is opened again: it is read as the original table with only those rows, numbered as there."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from operator import lt

from cg_uploader.errors import UsageError
from cg_uploader.lazy_sequence import Computed
from cg_uploader.model.enums import BLANKS, NoteKind
from cg_uploader.model.provenance import Origin
from cg_uploader.model.table import Column, Note, Row, Rows, Table
from cg_uploader.sheets.cells.clean_text import column_letter, column_position
from cg_uploader.sheets.failed_rows.writer import IDENTIFIER, PROBLEM, ROW, WHAT_TO_DO, WHEN, unguarded

_ADDED = (PROBLEM, WHAT_TO_DO, WHEN, IDENTIFIER)
_TAILS = ([PROBLEM, WHAT_TO_DO], [PROBLEM, WHAT_TO_DO, WHEN, IDENTIFIER])
# Digits; no file has more rows.
_LONGEST_NUMBER = 9

# How the problem of such a row begins in a repair file.
_SAID = {"Refused: ": NoteKind.REFUSED, "Held back: ": NoteKind.HELD_BACK}

# For each column, where its text stands in the repair file's rows; None: nowhere, it is blank.
Places = Sequence[int | None]


def reopened(table: Table) -> Table:
    """``table`` itself, unless it is a repair file: then the columns and row numbers of the file that its rows come from.

    Raises:
        UsageError: It is the csv file of rows that may have arrived.  A csv file cannot ask before they are sent again.
    """
    headings = [column.heading for column in table.columns]
    is_text = table.sheet is None
    if is_text and {ROW, *_ADDED} <= set(headings):
        table.rows.close()
        raise UsageError(
            f"{table.file.name} holds rows that may have arrived already, so they are not sent from it. "
            "Look them up in CustomerGauge under Data → Rest APIs → Request History."
        )
    written = table.origin is None and headings[:1] == [ROW] and any(headings[-len(tail) :] == tail for tail in _TAILS)
    if table.origin is None and not written:
        return table
    origin = table.origin or Origin()
    added = {len(headings) - 1 - headings[::-1].index(heading) for heading in _ADDED if heading in headings}
    at = 0 if headings[:1] == [ROW] else None
    own = [place for place in range(len(headings)) if place not in added and place != at]
    given = [replace(column, heading=unguarded(column.heading)) for column in table.columns] if is_text else table.columns
    columns, places = _columns(given, own, origin)
    rows, kept = _numbered(table.rows, at, places, origin.last, unguarded if is_text else str)
    numbers = rows.numbers
    problem = headings.index(PROBLEM) if PROBLEM in headings and headings.index(PROBLEM) in added else None
    notes = _Notes(table.notes, rows, [_note(origin, kept, numbers[-1] if numbers else 0)], problem)
    unsure = WHEN in headings and headings.index(WHEN) in added
    return replace(table, columns=columns, rows=rows, notes=notes, origin=replace(origin, unsure=unsure), above=())


def said_before(number: int, kind: NoteKind, reason: str) -> Note:
    """The note about a row that CustomerGauge refused, or the check held back, before."""
    who = "CustomerGauge refused it" if kind is NoteKind.REFUSED else "the check held it back"
    return Note(number, None, kind, f"Row {number}: {who} before: {reason}")


def _note(origin: Origin, kept: int, last: int) -> Note:
    where = f"the failed rows of upload {origin.run}, {origin.file}" if origin.run else "failed rows that CG Uploader has saved"
    said = f"These are {where}; rows are numbered as there."
    if kept:
        said += f" {kept:,} of them had no number of their own in the column “{ROW}” and are the last ones, up to {last:,}."
    if not origin.run:
        said += " What the file said about its upload has gone, so connection and columns are to be chosen as for any file."
    return Note(None, None, NoteKind.FAILED_ROWS, said)


# ------------------------------------------------------------------------------------------------------------ columns


def _columns(columns: Sequence[Column], own: Sequence[int], origin: Origin) -> tuple[tuple[Column, ...], Places]:
    """The columns as the original file had them, and where the text of each one stands."""
    if not origin.run:  # all that is certain is that one column was put in front
        shifted = [replace(columns[at], letter=column_letter(max(0, column_position(columns[at].letter) - 1))) for at in own]
        return tuple(shifted), own
    there = {column_position(columns[at].letter) - 1: at for at in own}
    expected = range(len(origin.columns))
    stayed = all(_bare(columns[there[k]].heading if k in there else "") == _bare(origin.columns[k][1]) for k in expected)
    if stayed and all(k in expected for k in there):
        return tuple(Column(heading, letter) for letter, heading in origin.columns), [there.get(k) for k in expected]
    return _by_heading([columns[at] for at in own], origin), own


def _bare(heading: str) -> str:
    """A heading without blanks at its ends, which not every program keeps."""
    return heading.strip(BLANKS)


def _by_heading(columns: Sequence[Column], origin: Origin) -> tuple[Column, ...]:
    """Somebody has moved, added or removed columns: letters by headings that are there once, else letters of no column."""
    here = Counter(_bare(column.heading) for column in columns)
    before = Counter(_bare(heading) for _, heading in origin.columns)
    known = {_bare(heading): Column(heading, letter) for letter, heading in origin.columns}
    free = max((column_position(letter) for letter, _ in origin.columns), default=-1)
    named = []
    for column in columns:
        name = _bare(column.heading)
        if here[name] == before[name] == 1:
            named.append(known[name])
        else:
            free += 1
            named.append(replace(column, letter=column_letter(free)))
    return tuple(named)


# --------------------------------------------------------------------------------------------------------------- rows


def _numbered(
    inner: Rows, at: int | None, places: Places, last: int, as_sent: Callable[[str], str]
) -> tuple[_OriginalRows, int]:
    """The rows in the order of their original numbers, and how many had none that could be used.

    Those get numbers behind ``last``, which no other row of the original file has: they are nobody that was written to before.
    """
    here = array("Q", (row.number for row in inner))
    if at is None:
        return _OriginalRows(inner, here, None, here, places, as_sent), 0
    numbers = array("Q", (_number(row.cells[at]) for row in inner))
    if all(map(lt, array("Q", [0]) + numbers, numbers)):
        return _OriginalRows(inner, here, None, numbers, places, as_sent), 0
    seen, lost = set[int](), list[int]()
    for position, number in enumerate(numbers):
        if number == 0 or number in seen:
            lost.append(position)
        seen.add(number)
    highest = max(seen)
    for free, position in enumerate(lost, max(last, highest) + 1):
        numbers[position] = free
    order = array("Q", sorted(range(len(numbers)), key=numbers.__getitem__))
    return _OriginalRows(inner, here, order, numbers, places, as_sent), len(lost)


def _number(text: str) -> int:
    """A row number, or 0."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0


class _OriginalRows:
    """Rows of a repair file as rows of the original table; an implementation of ``model.Rows``.

    ``here`` and ``numbers``: their numbers in the repair file and the original ones, row by row as they stand in that file;
    ``order``: where each row of the original order stands there, None when that is the same.  ``as_sent``: what a text of the
    repair file was before it was saved there.
    """

    def __init__(
        self,
        inner: Rows,
        here: array[int],
        order: array[int] | None,
        numbers: array[int],
        places: Places,
        as_sent: Callable[[str], str],
    ) -> None:
        self.numbers = numbers if order is None else array("Q", (numbers[at] for at in order))
        self._inner = inner
        self._here = here
        self._given = numbers
        self._order = order
        self._places = places
        self._as_sent = as_sent

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Row]:
        return self.walk(0)

    def __getitem__(self, position: int) -> Row:
        if position < 0:
            position += len(self)
        inner = self._inner[position if self._order is None else self._order[position]]
        return self._row(self.numbers[position], inner)

    def walk(self, start: int) -> Iterator[Row]:
        """Walk them from a position on."""
        if self._order is None:
            for number, row in zip(self.numbers[start:], self._inner.walk(start), strict=True):
                yield self._row(number, row)
        else:
            for position in range(start, len(self)):
                yield self[position]

    def _row(self, number: int, inner: Row) -> Row:
        cells = inner.cells
        return Row(number, tuple("" if place is None else self._as_sent(cells[place]) for place in self._places))

    def problems(self, at: int) -> Iterator[str]:
        """The texts of another column of the repair file, row by row."""
        for position in range(len(self)):
            yield self.other(position, at)

    def other(self, position: int, at: int) -> str:
        """The text of another column of the repair file."""
        return self._inner[position if self._order is None else self._order[position]].cells[at]

    def number(self, here: int) -> int:
        """The original number of the row that stands in row ``here`` of the repair file."""
        at = bisect_left(self._here, here)
        if at == len(self._here) or self._here[at] != here:
            return here
        return self._given[at]

    def close(self) -> None:
        """Give temporary space back."""
        self._inner.close()


class _Notes(Computed[Note]):
    """The notes of a repair file, about rows as the original one numbers them, and one for each row that failed before.

    ``problem``: where the repair file says what was wrong.
    """

    def __init__(self, inner: Sequence[Note], rows: _OriginalRows, first: list[Note], problem: int | None) -> None:
        self._inner = inner
        self._rows = rows
        self._first = first
        self._problem = problem or 0
        problems = enumerate(rows.problems(problem)) if problem is not None else ()
        self._said = array("Q", (position for position, text in problems if text.startswith(tuple(_SAID))))

    def __len__(self) -> int:
        return len(self._first) + len(self._inner) + len(self._said)

    def make(self, position: int) -> Note:
        if position < len(self._first):
            return self._first[position]
        position -= len(self._first)
        if position < len(self._inner):
            note = self._inner[position]
            if note.column is None and note.row is None:
                return note
            row = None if note.row is None else self._rows.number(note.row)
            return replace(note, row=row, text=f"In the file of failed rows: {note.text}")  # cells are named as they are there
        at = self._said[position - len(self._inner)]
        text = self._rows.other(at, self._problem)
        start, kind = next(entry for entry in _SAID.items() if text.startswith(entry[0]))
        return said_before(self._rows.numbers[at], kind, text.removeprefix(start))
