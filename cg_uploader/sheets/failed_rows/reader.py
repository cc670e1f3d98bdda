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
from cg_uploader.translation import _, ngettext


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
    if origin.run:
        text = _("These are the failed rows of upload {run}, {file}; rows are numbered as there.")
        sentences = [text.format(run=origin.run, file=origin.file)]
    else:
        sentences = [_("These are failed rows that CG Uploader has saved; rows are numbered as there.")]
    if rows.added:
        text = ngettext(
            "{count:,} of them had no number of its own and is the last one, row {last:,}.",
            "{count:,} of them had no number of their own and are the last ones, up to {last:,}.",
            rows.added,
        )
        sentences.append(text.format(count=rows.added, last=rows.numbers[-1]))
    if not origin.run:
        text = _("It does not say which upload they come from, so connection and columns are to be chosen as for any file.")
        sentences.append(text)
    return Note(None, None, NoteKind.FAILED_ROWS, " ".join(sentences))
