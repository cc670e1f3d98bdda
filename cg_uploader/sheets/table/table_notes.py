"""The notes on a whole sheet: what is hidden, merged, left out, out of date, or written in several ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from cg_uploader.model.enums import NoteKind
from cg_uploader.model.table import Column
from cg_uploader.sheets.cells.clean_text import column_letter
from cg_uploader.sheets.cells.notes import NoteCollector
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.mixed_dates import MixedDateFinder
from cg_uploader.translation import _, ngettext

_MAX_AREAS_NAMED = 3
_MAX_COLUMNS_NAMED = 5


def note_totals_row(notes: NoteCollector, number: int) -> None:
    """Note that a row was left out because a table adds up its columns there."""
    sentence = _("Row {row}, the totals row of a table, was left out.")
    notes.add_of_file(NoteKind.TOTALS_ROW, sentence.format(row=number))


def note_recalculation(notes: NoteCollector) -> None:
    """Note that the results of formulas may be out of date."""
    sentence = _("The results of formulas may be out of date. Open the file in Excel, save it, and choose it again.")
    notes.add_of_file(NoteKind.RECALCULATION, sentence)


def note_merged_cells(notes: NoteCollector, areas: Sequence[Area]) -> None:
    """Note that merged cells have their text in one row and column only."""
    names = [
        f"{column_letter(left)}{top}:{column_letter(right)}{bottom}" for top, bottom, left, right in areas[:_MAX_AREAS_NAMED]
    ]
    cells = ", ".join(names)
    if len(areas) > len(names):
        cells = _("{cells} and {count} more").format(cells=cells, count=len(areas) - len(names))
    sentence = _("Merged cells ({cells}): only the first row and column of each has the text, the others are blank.")
    notes.add_of_file(NoteKind.MERGED_CELLS, sentence.format(cells=cells))


def note_headings(notes: NoteCollector, header_row: int, positions: Sequence[int], columns: Sequence[Column]) -> None:
    """Note which headings are empty, and which come again. ``positions`` are those of ``columns`` in the sheet."""
    seen: set[str] = set()
    for position, column in zip(positions, columns, strict=True):
        if not column.heading:
            notes.add(header_row, (position, NoteKind.EMPTY_HEADING, ""))
        elif column.heading in seen:
            notes.add(header_row, (position, NoteKind.DUPLICATE_HEADING, ""))
        seen.add(column.heading)


def note_hidden(notes: NoteCollector, columns: Sequence[Column], hidden_rows: int) -> None:
    """Note that hidden columns were read, and that hidden rows were left out."""
    hidden = [column.letter for column in columns if column.hidden]
    if hidden:
        names = ", ".join(hidden[:_MAX_COLUMNS_NAMED]) + (", …" if len(hidden) > _MAX_COLUMNS_NAMED else "")
        sentence = _("Hidden columns are read too: {columns}.")
        notes.add_of_file(NoteKind.HIDDEN_COLUMNS, sentence.format(columns=names))
    if hidden_rows:
        sentence = ngettext(
            "{count} hidden row was left out. Show it in Excel and save the file if it is meant too.",
            "{count} hidden rows were left out. Show them in Excel and save the file if they are meant too.",
            hidden_rows,
        )
        notes.add_of_file(NoteKind.HIDDEN_ROWS, sentence.format(count=f"{hidden_rows:,}"))


def note_mixed_dates(notes: NoteCollector, dates: MixedDateFinder, positions: Mapping[int, int]) -> None:
    """Note in which columns dates are written in several ways. ``positions`` holds each slot's column in the sheet."""
    for slot, forms in dates.mixed():
        letter = column_letter(positions[slot])
        examples = [_("{date} in {cell}").format(date=date, cell=f"{letter}{row}") for row, date in forms.values()]
        detail = reduce(lambda one, another: _("{one} and {another}").format(one=one, another=another), examples)
        notes.add(min(row for row, _date in forms.values()), (positions[slot], NoteKind.MIXED_DATES, detail))
