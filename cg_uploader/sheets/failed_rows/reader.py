"""How a file of failed rows is opened again: it is read as the original table with only those rows."""

from __future__ import annotations

from dataclasses import replace

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import NoteKind
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.table import Note, Table
from cg_uploader.sheets.failed_rows.earlier_layout import earlier_layout
from cg_uploader.sheets.failed_rows.layout import marked_layout
from cg_uploader.sheets.failed_rows.original_rows import FailureNotes, OriginalRows


def as_original(table: Table) -> Table:
    """Return ``table`` itself, or, for a file of failed rows, the original table with the rows that it holds.

    Columns, letters and row numbers are those of the original file.

    Raises:
        UsageError: It is a file of failed rows that does not say any more which rows they are, or a csv file of rows that may
            have arrived, which cannot ask before they are sent again.
    """
    try:
        layout = marked_layout(table) or earlier_layout(table)
    except UsageError:
        table.rows.close()
        raise
    if layout is None:
        return table
    rows = OriginalRows(table.rows, layout)
    notes = FailureNotes(table.notes, rows, _note(layout.origin, rows))
    return replace(table, columns=layout.columns, rows=rows, notes=notes, origin=layout.origin, above=())


def _note(origin: Provenance, rows: OriginalRows) -> Note:
    where = f"the failed rows of upload {origin.run}, {origin.file}" if origin.run else "failed rows that CG Uploader has saved"
    text = f"These are {where}; rows are numbered as there."
    if rows.added:
        last = rows.numbers[-1]
        text += f" {rows.added:,} of them had no number of their own and are the last ones, up to {last:,}."
    if not origin.run:
        text += " It does not say which upload they come from, so connection and columns are to be chosen as for any file."
    return Note(None, None, NoteKind.FAILED_ROWS, text)
