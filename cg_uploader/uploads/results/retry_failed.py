"""Failed rows that are to be sent again, from a file of failed rows or from the journal, and the run that they come from."""

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
from cg_uploader.translation import _
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
    # A sentence that says which rows these are.
    message: str

    def sentence(self, plan: Plan) -> str:
        """Return what the user has to know when the rows are sent by ``plan``."""
        return " ".join(filter(None, (self.message, self._other_reference(plan), self._other_region(plan), self._unsent(plan))))

    def _other_reference(self, plan: Plan) -> str:
        if self.reference in ("", plan.configuration.reference):
            return ""
        text = _(
            "They were sent with “{profile}” to the reference “{reference}”, and would now be sent with “{profile_now}” to "
            "“{reference_now}”."
        )
        return text.format(
            profile=self.profile,
            reference=self.reference,
            profile_now=plan.profile,
            reference_now=plan.configuration.reference,
        )

    def _other_region(self, plan: Plan) -> str:
        if self.region is None or self.region is plan.region:
            return ""
        text = _("They went to the region {region}, and would now go to the region {region_now}.")
        return text.format(region=self.region.upper(), region_now=plan.region.upper())

    def _unsent(self, plan: Plan) -> str:
        sources = self.mapping.sources if self.mapping is not None else ()
        headings = [*(heading for heading, _source in sources), *self.constants]
        unsent = [f"“{heading}”" for heading in headings if plan.mapping.source(heading) is None]
        if not unsent:
            return ""
        return _("{headings} went to CustomerGauge then, and would not now.").format(headings=", ".join(unsent))


def retried_rows(table: Table, journal: Journal) -> RetriedRows | None:
    """Return what this computer can say of the run that the rows of ``table`` come from.

    None: they are no failed rows, or do not say which run they come from. What the file says only chooses among this
    computer's own runs.
    """
    origin = table.origin
    if origin is None or not origin.run:
        return None
    run = journal.run_of(origin)
    name = origin.file or _("a file")
    if run is not None:
        plan = journal.plan(run)
        message = _("These are failed rows of upload {run} ({file}). Only they are sent.").format(run=run, file=name)
        return RetriedRows(run, plan.profile, plan.region, plan.configuration.reference, plan.mapping, (), message)
    message = _(
        "These are failed rows of upload {run} ({file}), which this computer does not know (any more): rows that were accepted "
        "in it meanwhile are not recognised."
    ).format(run=origin.run, file=name)
    sources = tuple((heading, _source(table, letter)) for heading, letter in origin.sources)
    mapping = Mapping(sources) if sources else None
    return RetriedRows(None, origin.profile, None, origin.reference, mapping, origin.constants, message)


def _source(table: Table, letter: str) -> Source:
    """Return the column by its heading where no other column has it, else by its letter, which changes more easily."""
    headings = [column.heading for column in table.columns]
    heading = next((column.heading for column in table.columns if column.letter == letter), "")
    return Source(column=heading) if heading and headings.count(heading) == 1 else Source(letter=letter)


def failed_table(journal: Journal, run: int) -> Table:
    """Return the rows of a run that can be corrected and sent again, as a table of its own. They keep their numbers.

    Once-only rows that may have arrived are left out.

    Raises:
        UsageError: There are none, or their values were deleted.
        UploaderError: The folder for temporary files has no space for them.
    """
    try:
        return _failed_table(journal, run)
    except OSError as error:
        text = _("The folder for temporary files has no space for these rows ({reason}). Make room there, and try again.")
        raise UploaderError(text.format(reason=error.strerror), kind="storage") from None


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
    journal.ensure_values(run, to_send=False)  # another program may have deleted them while they were read
    if not len(packer):
        text = _(
            "All these rows may have arrived. Look them up in CustomerGauge under Data → Rest APIs → Request History first."
        )
        raise UsageError(text)
    rows = packer.seal(range(len(plan.table.columns)))
    sheets = (plan.table.sheet,) if plan.table.sheet else ()
    origin = origin_of(run, journal.summary(run), plan)
    return replace(plan.table, sheets=sheets, rows=rows, notes=notes, origin=origin)
