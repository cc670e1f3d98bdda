"""Owns failed rows that are to be sent again, from a file of failed rows or straight from the journal: what came with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cg_uploader.errors import UploaderError, UsageError
from cg_uploader.model.configuration import Mapping, Source
from cg_uploader.model.enums import NoteKind, Region, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.statuses import STATUSES
from cg_uploader.model.table import Note, Table
from cg_uploader.sheets.failed_rows.original_rows import failed_before
from cg_uploader.sheets.table.spool import RowPacker, Spool
from cg_uploader.uploads.results.report import origin_of

if TYPE_CHECKING:
    from cg_uploader.uploads.journal.journal import Journal

_FAILURES = {RowStatus.REFUSED: NoteKind.REFUSED, RowStatus.HELD_BACK: NoteKind.HELD_BACK}


@dataclass(frozen=True, slots=True)
class RetriedRows:
    """What this computer can say of the run that failed rows come from."""

    # None: it is not in this computer's record, or not any more.
    run: int | None
    # The name of the profile that sent them. Empty: not known.
    profile: str
    # None: not known.
    region: Region | None
    # The reference of the configuration that they were sent to. Empty: not known.
    reference: str
    # None: not known.
    mapping: Mapping | None
    # Headings of fields that had one text in every row, which is not known any more.
    constants: tuple[str, ...]
    # Which rows these are, for people.
    notes: str

    def sentence(self, plan: Plan) -> str:
        """Return what the user has to know when the rows are sent by ``plan``."""
        texts = [self.notes]
        if self.reference not in ("", plan.configuration.reference):
            texts.append(
                f"They were sent with “{self.profile}” to the reference “{self.reference}”, and would now be sent with "
                f"“{plan.profile}” to “{plan.configuration.reference}”."
            )
        if self.region is not None and self.region is not plan.region:
            texts.append(
                f"They went to the region {self.region.upper()}, and would now go to the region {plan.region.upper()}."
            )
        sources = self.mapping.sources if self.mapping is not None else ()
        headings = [*(heading for heading, _ in sources), *self.constants]
        gone = [heading for heading in headings if plan.mapping.source(heading) is None]
        if gone:
            names = ", ".join(f"“{heading}”" for heading in gone)
            texts.append(f"{names} went to CustomerGauge then, and would not now.")
        return " ".join(texts)


def retried_rows(table: Table, journal: Journal) -> RetriedRows | None:
    """Return what this computer can say of the run that the rows of ``table`` come from.

    None: they are no failed rows, or do not say which run they come from.  What the file says only ever chooses among this
    computer's own runs.
    """
    origin = table.origin
    if origin is None or not origin.run:
        return None
    run = journal.run_of(origin)
    name = origin.file or "a file"
    if run is not None:
        plan = journal.plan(run)
        notes = f"These are failed rows of upload {run} ({name}); only they are sent."
        return RetriedRows(run, plan.profile, plan.region, plan.configuration.reference, plan.mapping, (), notes)
    notes = (
        f"These are failed rows of upload {origin.run} ({name}), which this computer does not know (any more): rows that were "
        "accepted in it meanwhile are not recognised."
    )
    sources = tuple((heading, _source(table, letter)) for heading, letter in origin.sources)
    mapping = Mapping(sources) if sources else None
    return RetriedRows(None, origin.profile, None, origin.reference, mapping, origin.constants, notes)


def _source(table: Table, letter: str) -> Source:
    """Return the column by its heading, which survives more than its letter, where that is there once."""
    headings = [column.heading for column in table.columns]
    heading = next((column.heading for column in table.columns if column.letter == letter), "")
    return Source(column=heading) if heading and headings.count(heading) == 1 else Source(letter=letter)


def failed_table(journal: Journal, run: int) -> Table:
    """Return the rows of a run that can be corrected and sent again, as a table of its own with the numbers they have.

    Once-only rows that may have arrived stay behind.

    Raises:
        UsageError: There are no others, or their values were deleted.
        UploaderError: The folder for temporary files has no space for them.
    """
    try:
        return _failed_table(journal, run)
    except OSError as error:
        text = f"The folder for temporary files has no space for these rows ({error.strerror}). Make some, and try again."
        raise UploaderError(text, kind="storage") from None


def _failed_table(journal: Journal, run: int) -> Table:
    journal.ensure_values(run, to_send=False)
    plan = journal.plan(run)
    notes: list[Note] = []
    packer = RowPacker(Spool())
    for row in journal.rows(run):
        if STATUSES[row.status].needs_attention and not (row.once_only and row.status is RowStatus.NOT_SURE):
            packer.append(row.number, row.cells)
            if row.status in _FAILURES:
                notes.append(failed_before(row.number, _FAILURES[row.status], row.outcome.message))
    journal.ensure_values(run, to_send=False)  # else their time came to its end while they were read, by another program
    if not len(packer):
        raise UsageError("All these rows may have arrived. Look them up under Data → Rest APIs → Request History first.")
    rows = packer.seal(range(len(plan.table.columns)))
    sheets = (plan.table.sheet,) if plan.table.sheet else ()
    origin = origin_of(run, journal.summary(run), plan)
    return replace(plan.table, sheets=sheets, rows=rows, notes=notes, origin=origin)
