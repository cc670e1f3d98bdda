"""Which column of a file of failed rows is which, and which row of the original file each of its rows is."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from operator import lt

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import NoteKind, RowStatus
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.table import Column, Table
from cg_uploader.sheets.failed_rows.formula_guard import unguarded
from cg_uploader.sheets.failed_rows.original_columns import Places, original_columns, with_headings
from cg_uploader.sheets.failed_rows.row_mark import (
    LOOK_UP,
    AddedColumn,
    UploadMark,
    added_column,
    heading_of,
    parse_mark,
    parse_upload,
)
from cg_uploader.translation import _

# Statuses that were decided by looking at the row, so that it is to be corrected before it is sent again.
_FAILURES = {RowStatus.REFUSED.value: NoteKind.REFUSED, RowStatus.HELD_BACK.value: NoteKind.HELD_BACK}
_FIRST = heading_of(AddedColumn.ROW)


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of a file of failed rows say."""

    # The columns of the original file.
    columns: tuple[Column, ...]
    # For each of them, where its text stands in a row of the file of failed rows.
    places: Places
    # The original number of each row, in the order of the file of failed rows.  0: the row was added there.
    numbers: array[int]
    # Whether each row was refused or held back, in that order. None: neither of the two.
    failures: Sequence[NoteKind | None]
    # Where the file says what was wrong with a row.  None: nowhere.
    problem: int | None
    # Where the rows come from.
    origin: Provenance
    # Returns what a text was before it was saved in this file.
    as_sent: Callable[[str], str] = str
    # Returns the reason for a failure from the text in the column ``problem``.
    reason: Callable[[str], str] = str


def marked_layout(table: Table) -> Layout | None:
    """Return the layout of a file of failed rows.  None: it is another file, or was saved by an earlier version.

    Raises:
        UsageError: The file does not say any more what its rows are, or they may have arrived and it cannot ask.
    """
    added = _added([column.heading for column in table.columns])
    at = added.get(AddedColumn.ROW)
    if at is None:
        if added or _has_marks(table):
            raise _lost(table)
        return None
    marks = _marks(table, at)
    if marks.unsure and table.sheet is None:
        raise may_have_arrived(table)
    upload = _upload(table, marks.upload)
    as_sent = unguarded if upload is not None and upload.guarded else str
    own = [place for place in range(len(table.columns)) if place not in added.values()]
    given = [replace(column, heading=as_sent(column.heading)) for column in table.columns]
    origin = table.origin or _origin(upload, [given[place] for place in own])
    columns, places = original_columns(given, own, origin)
    origin = replace(origin, unsure=marks.unsure)
    return Layout(columns, places, marks.numbers, marks.failures, added.get(AddedColumn.PROBLEM), origin, as_sent)


def _has_marks(table: Table) -> bool:
    """Tell whether marks stand below another heading, or in place of one."""
    first = next(iter(table.rows), None)
    texts = [*(column.heading for column in table.columns), *(first.cells if first is not None else ())]
    return any(parse_mark(text) for text in texts)


def _origin(upload: UploadMark | None, own: Sequence[Column]) -> Provenance:
    """Return what the marks say of the upload, with the columns ``own`` of the original file."""
    return Provenance() if upload is None else with_headings(upload.origin, upload, own)


def may_have_arrived(table: Table) -> UsageError:
    """Return why a text file of rows that may have arrived is not opened: it has no second sheet, and cannot ask."""
    return UsageError(
        _(
            "{file} holds rows that may have arrived already, so they are not sent from it. Look them up in CustomerGauge "
            "under Data → Rest APIs → Request History."
        ).format(file=table.file.name)
    )


def _added(headings: Sequence[str]) -> dict[AddedColumn, int]:
    """Return where the added columns stand: the first mark column, and the last one of each other kind."""
    added: dict[AddedColumn, int] = {}
    for place, heading in enumerate(headings):
        column = added_column(heading)
        if column is not None and not (column is AddedColumn.ROW and column in added):
            added[column] = place
    return added


@dataclass(slots=True)
class _Marks:
    """What the marks of the rows say, in the order of the file of failed rows."""

    # 0: the row has none.
    numbers: array[int] = field(default_factory=lambda: array("Q"))
    failures: list[NoteKind | None] = field(default_factory=list)
    # Whether any row may have arrived.
    unsure: bool = False
    # What all of them say of their upload. None: there are no rows.
    upload: str | None = None


def _marks(table: Table, at: int) -> _Marks:
    marks = _Marks()
    for row in table.rows:
        text = row.cells[at]
        mark = parse_mark(text)
        if mark is None and text:
            raise UsageError(
                _(
                    "Row {row} of {file} has another text below “{column}” than CG Uploader has written there. Put it back, or "
                    "delete the row. In a row that you have added this cell stays empty."
                ).format(row=row.number, file=table.file.name, column=_FIRST)
            )
        marks.numbers.append(0 if mark is None else mark.number)
        marks.failures.append(None if mark is None else _FAILURES.get(mark.word))
        if mark is not None:
            if marks.upload not in (None, mark.upload):
                raise _of_several(table)
            marks.upload = mark.upload
            marks.unsure |= mark.word == LOOK_UP
    if marks.upload is None and marks.numbers:
        raise _lost(table)
    _refuse_twice(table, marks.numbers)
    return marks


def ascends(numbers: array[int]) -> bool:
    """Tell whether each number is higher than the one before, and the first one higher than 0."""
    return all(map(lt, array("Q", [0]) + numbers, numbers))


def _refuse_twice(table: Table, numbers: array[int]) -> None:
    if ascends(numbers):
        return
    for number, following in pairwise(sorted(number for number in numbers if number)):
        if number == following:
            raise UsageError(
                _(
                    "Row {row} of the original file stands more than once in {file}. Delete the copies. Where a copy is meant "
                    "as a new row, empty its cell below “{column}”."
                ).format(row=number, file=table.file.name, column=_FIRST)
            )


def _upload(table: Table, text: str | None) -> UploadMark | None:
    """Return what the rows say of their upload.  None: there are no rows."""
    if text is None:
        return None
    upload = parse_upload(text)
    if upload is None:
        raise _lost(table)
    hidden, origin = table.origin, upload.origin
    if hidden is not None and (hidden.run, hidden.started, hidden.digest) != (origin.run, origin.started, origin.digest):
        raise _of_several(table)
    return upload


def _lost(table: Table) -> UsageError:
    return UsageError(
        _(
            "{file} holds failed rows, and its column “{column}” does not say any more which rows they are. Undo that change, "
            "or save the failed rows again and correct the new file."
        ).format(file=table.file.name, column=_FIRST)
    )


def _of_several(table: Table) -> UsageError:
    return UsageError(
        _("{file} holds failed rows of more than one upload. Put the rows of each upload into a file of their own.").format(
            file=table.file.name
        )
    )
