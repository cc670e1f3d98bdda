"""The columns of a file of failed rows as the original file had them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from cg_uploader.model.enums import BLANKS
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.table import Column
from cg_uploader.sheets.cells.clean_text import column_letter, column_position
from cg_uploader.sheets.failed_rows.row_mark import UploadMark, headings_digest

# For each column, where its text stands in the rows of a file of failed rows.  None: nowhere, it is blank.
Places = Sequence[int | None]


def original_columns(columns: Sequence[Column], own: Sequence[int], origin: Provenance) -> tuple[tuple[Column, ...], Places]:
    """Return the columns as the original file had them, and where the text of each one stands.

    ``columns``: all of the file of failed rows.  ``own``: which of them the original file had, too.
    """
    if not origin.columns:  # all that is certain is that one column was put in front
        shifted = [replace(columns[at], letter=column_letter(max(0, column_position(columns[at].letter) - 1))) for at in own]
        return tuple(shifted), own
    there = {_place(columns[at]): at for at in own}
    expected = range(len(origin.columns))
    stayed = all(_bare(columns[there[k]].heading if k in there else "") == _bare(origin.columns[k][1]) for k in expected)
    if stayed and all(k in expected for k in there):
        return tuple(Column(heading, letter) for letter, heading in origin.columns), [there.get(k) for k in expected]
    return _by_heading([columns[at] for at in own], origin), own


def with_headings(origin: Provenance, upload: UploadMark, own: Sequence[Column]) -> Provenance:
    """Return the origin with the original columns, of which a mark knows the letters only.

    Where columns were moved, added or removed since, they have no headings: then no column gets the letter of another one.
    """
    there = {_place(column): column.heading for column in own}
    headings = [there.get(place, "") for place in range(len(upload.letters))]
    stayed = headings_digest(headings) == upload.headings
    return replace(origin, columns=tuple(zip(upload.letters, headings if stayed else [""] * len(headings), strict=True)))


def _place(column: Column) -> int:
    """Return where a column stood when the file of failed rows was written, in the order of the original ones."""
    return column_position(column.letter) - 1


def _bare(heading: str) -> str:
    """Return a heading without blanks at its ends, which not every program keeps."""
    return heading.strip(BLANKS)


def _by_heading(columns: Sequence[Column], origin: Provenance) -> tuple[Column, ...]:
    """Return columns that were moved, added or removed: letters by headings that are there once, else letters of no column."""
    here = Counter(_bare(column.heading) for column in columns)
    before = Counter(_bare(heading) for _, heading in origin.columns)
    original = {_bare(heading): Column(heading, letter) for letter, heading in origin.columns}
    free = max((column_position(letter) for letter, _ in origin.columns), default=-1)
    named = []
    for column in columns:
        name = _bare(column.heading)
        if here[name] == before[name] == 1:
            named.append(original[name])
        else:
            free += 1
            named.append(replace(column, letter=column_letter(free)))
    return tuple(named)
