"""Files of failed rows that the version before saved: English headings, and the status as words before the problem.

Only such files are read by their words.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import NoteKind
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.table import Table
from cg_uploader.sheets.failed_rows.formula_guard import unguarded
from cg_uploader.sheets.failed_rows.layout import Layout, may_have_arrived
from cg_uploader.sheets.failed_rows.original_columns import original_columns
from cg_uploader.translation import _

_ROW, _PROBLEM, _WHAT_TO_DO, _SENT, _IDENTIFIER = "Row", "Problem", "What to do", "When it was sent", "Identifier"
_ADDED = (_PROBLEM, _WHAT_TO_DO, _SENT, _IDENTIFIER)
_MAX_DIGITS = 9
# How the problem of such a row begins.
_FAILURES = {"Refused: ": NoteKind.REFUSED, "Held back: ": NoteKind.HELD_BACK}


def earlier_layout(table: Table) -> Layout | None:
    """Return the layout of a file of failed rows that the version before saved.  None: it is another file.

    Raises:
        UsageError: The file does not say any more what its rows are, or they may have arrived and it cannot ask.
    """
    headings = [column.heading for column in table.columns]
    is_text = table.sheet is None
    if is_text and {_ROW, *_ADDED} <= set(headings):
        raise may_have_arrived(table)
    if table.origin is None and not _is_written(headings):
        return None
    origin = table.origin or Provenance()
    added = {heading: len(headings) - 1 - headings[::-1].index(heading) for heading in _ADDED if heading in headings}
    at = _row_column(table, headings, origin)
    own = [place for place in range(len(headings)) if place not in (at, *added.values())]
    as_sent = unguarded if is_text else str
    given = [replace(column, heading=as_sent(column.heading)) for column in table.columns]
    columns, places = original_columns(given, own, origin)
    problem = added.get(_PROBLEM)
    failures = _failures(table, problem)
    numbers = array("Q", (_number(row.cells[at]) for row in table.rows))
    origin = replace(origin, unsure=_SENT in added)
    return Layout(columns, places, numbers, failures, problem, origin, as_sent, _reason)


def is_not_sure(headings: Sequence[str]) -> bool:
    """Tell whether a csv file with these headings was saved by the version before, with rows that may have arrived."""
    return headings[:1] == [_ROW] and tuple(headings[-4:]) == _ADDED


def _is_written(headings: list[str]) -> bool:
    return headings[:1] == [_ROW] and (headings[-2:] == [_PROBLEM, _WHAT_TO_DO] or is_not_sure(headings))


def _row_column(table: Table, headings: Sequence[str], origin: Provenance) -> int:
    """Return where the numbers of the rows stand: in the first column of that name, unless only the file's own is left."""
    own = sum(heading == _ROW for _letter, heading in origin.columns)
    if headings[:1] == [_ROW] or headings.count(_ROW) > own:
        return headings.index(_ROW)
    raise UsageError(
        _(
            "{file} holds failed rows, and their numbers in the column “{column}” are not there any more. Undo that change, or "
            "save the failed rows again and correct the new file."
        ).format(file=table.file.name, column=_ROW)
    )


def _failures(table: Table, problem: int | None) -> list[NoteKind | None]:
    if problem is None:
        return [None] * len(table.rows)
    return [_failure(row.cells[problem]) for row in table.rows]


def _failure(problem: str) -> NoteKind | None:
    return next((kind for beginning, kind in _FAILURES.items() if problem.startswith(beginning)), None)


def _reason(problem: str) -> str:
    """Return what was wrong with a row that was refused or held back, without the word that says which."""
    return problem.partition(": ")[2]


def _number(text: str) -> int:
    """Return a row number, or 0."""
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else 0
