"""What failed rows bring back when they are to be sent again, from a repair file or straight from the journal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cg_uploader.errors import UploaderError, UsageError
from cg_uploader.model.configuration import Mapping, Source
from cg_uploader.model.enums import NoteKind, Region, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.statuses import STATUSES
from cg_uploader.model.table import Note, Table
from cg_uploader.sheets.failed_rows.reopened import said_before
from cg_uploader.sheets.table.spool import RowPacker, Spool
from cg_uploader.uploads.results.report import origin_of

if TYPE_CHECKING:
    from cg_uploader.uploads.journal.journal import Journal

_BEFORE = {RowStatus.REFUSED: NoteKind.REFUSED, RowStatus.HELD_BACK: NoteKind.HELD_BACK}


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What is known of the run that failed rows come from.

    ``run`` and ``region`` None: this computer does not know it (any more).  ``constants``: headings whose text is not known.
    """

    run: int | None
    profile: str
    region: Region | None
    reference: str
    mapping: Mapping
    constants: tuple[str, ...]
    said: str

    def sentence(self, plan: Plan) -> str:
        """What a person has to know when the rows are sent by ``plan``."""
        words = [self.said]
        if self.reference != plan.configuration.reference:
            words.append(
                f"They were sent with “{self.profile}” to the reference “{self.reference}”, and would now be sent with "
                f"“{plan.profile}” to “{plan.configuration.reference}”."
            )
        if self.region is not None and self.region is not plan.region:
            words.append(
                f"They went to the region {self.region.upper()}, and would now go to the region {plan.region.upper()}."
            )
        gone = [heading for heading, _ in self.mapping.sources if plan.mapping.source(heading) is None]
        gone += [heading for heading in self.constants if plan.mapping.source(heading) is None]
        if gone:
            names = ", ".join(f"“{heading}”" for heading in gone)
            words.append(f"{names} went to CustomerGauge then, and would not now.")
        return " ".join(words)


def take_up(table: Table, journal: Journal) -> TakenUp | None:
    """What ``table`` brings back; None when it is no repair file, or does not say any more which run it comes from.

    What the file says only ever chooses among this computer's own runs: one that is not known is not believed.
    """
    origin = table.origin
    if origin is None or not origin.run:
        return None
    run = journal.run_of(origin)
    name = origin.file or "a file"
    if run is not None:
        plan = journal.plan(run)
        said = f"These are failed rows of upload {run} ({name}); only they are sent."
        return TakenUp(run, plan.profile, plan.region, plan.configuration.reference, plan.mapping, (), said)
    said = (
        f"These are failed rows of upload {origin.run} ({name}), which this computer does not know (any more): rows that were "
        "accepted in it meanwhile are not recognised."
    )
    mapping = Mapping(tuple((heading, _source(table, letter)) for heading, letter in origin.sources))
    return TakenUp(None, origin.profile, None, origin.reference, mapping, origin.constants, said)


def _source(table: Table, letter: str) -> Source:
    """The column by its heading, which survives more than its letter, where that is there once."""
    headings = [column.heading for column in table.columns]
    heading = next((column.heading for column in table.columns if column.letter == letter), "")
    return Source(column=heading) if heading and headings.count(heading) == 1 else Source(letter=letter)


def failed_table(journal: Journal, run: int) -> Table:
    """The rows of a run that somebody can correct and send again, as a table of its own with the numbers they have.

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
            if row.status in _BEFORE:
                notes.append(said_before(row.number, _BEFORE[row.status], row.outcome.message))
    journal.ensure_values(run, to_send=False)  # else their time came to its end while they were read, by another program
    if not len(packer):
        raise UsageError("All these rows may have arrived. Look them up under Data → Rest APIs → Request History first.")
    rows = packer.seal(range(len(plan.table.columns)))
    sheets = (plan.table.sheet,) if plan.table.sheet else ()
    origin = origin_of(run, journal.summary(run), plan)
    return replace(plan.table, sheets=sheets, rows=rows, notes=notes, origin=origin)
