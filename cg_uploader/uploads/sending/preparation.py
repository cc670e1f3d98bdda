"""The preparation of a run: the plan is checked, its rows are decided, and the run is recorded before a row leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cg_uploader.errors import Cancelled, ConsentMissing, CredentialsRefused, MappingError
from cg_uploader.fields.checks import find_plan_problems
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.enums import Activity, Level, RowStatus
from cg_uploader.model.message import message
from cg_uploader.model.plan import Plan
from cg_uploader.model.run import Batch, Doing, Outcome
from cg_uploader.model.table import Row
from cg_uploader.translation import _
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow
from cg_uploader.uploads.journal.messages import UploadMessage
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.decisions import decide_rows, state_of_known

ROWS_PER_MESSAGE = 2_000
ROWS_PER_BLOCK = 5_000


def refuse_impossible(plan: Plan) -> None:
    """Refuse a plan that must not be sent.

    Raises:
        MappingError: The plan has an error that is about all rows.
        ConsentMissing: It may send surveys, and the user has not agreed to that.
    """
    for problem in find_plan_problems(plan):
        if problem.level is Level.ERROR:
            raise MappingError(problem.text)
    if facts_of(plan.configuration.data_type).inviting and not plan.consent:
        raise ConsentMissing(
            _(
                "This configuration may send a survey to a real person for every row, and you have not agreed to that yet. "
                "Say that surveys may be sent, then start again; nothing was sent."
            )
        )


def refuse_other_customer(run: int, plan: Plan, journal: Journal, client_id: str) -> None:
    """Refuse to send rows of one customer to another one.

    Raises:
        CredentialsRefused: ``run`` was begun with another Client ID.
    """
    if journal.is_customer(run, client_id) is False:
        raise CredentialsRefused(
            _(
                "Upload {run} was begun with the connection “{connection}” and another Client ID: its rows may be another "
                "customer's. Continue it with that Client ID; if the same customer has a new one, upload the file again and "
                "skip what was accepted. Nothing was sent."
            ).format(run=run, connection=plan.profile)
        )


def prepare(plan: Plan, journal: Journal, *, on_batch: Callable[[Batch], None], control: Control, client_id: str = "") -> int:
    """Decide what becomes of every row, record the run with all of them, and return its number.

    From then on the file is not needed, and a row that the checks hold back can never leave.

    Raises:
        Cancelled: The user has stopped it meanwhile.
        DiskFull: Twice the estimated space of the record is not free.
        AlreadyUploaded: Once-only rows were sent before, and the user has not chosen yet.
    """
    lookup = journal.duplicate_lookup(plan, repeatable=bool(plan.skip_accepted), client_id=client_id)
    rows = _watched(decide_rows(plan, lookup.facts), len(plan.table.rows), on_batch, control)
    return journal.record_run(plan, rows, client_id)


def skip_imported(run: int, plan: Plan, journal: Journal) -> None:
    """Let rows of ``run`` stay behind that a colleague has sent since it began, as far as that was imported here.

    Nothing stays behind where the user has just chosen to send everything again.
    """
    lookup = None if plan.skip_accepted is False else journal.imported_lookup(run, plan)
    position = 0
    while lookup is not None and (block := journal.left_to_do(run, position, ROWS_PER_BLOCK)):
        position = block[-1].position + 1
        outcomes = []
        for row in block:
            before = lookup(plan.request(Row(row.number, row.cells))) if row.once_only else None
            if before is not None:
                state, messages = state_of_known(row.number, before)
                outcomes.append((row.position, Outcome(row.number, RowStatus(state), row.http, messages, row.attempts)))
        journal.record(run, outcomes)


def _watched(
    rows: Iterator[JournalRow], total: int, on_batch: Callable[[Batch], None], control: Control
) -> Iterator[JournalRow]:
    counts = dict.fromkeys(RowStatus, 0)
    for number, row in enumerate(rows):
        if number % ROWS_PER_MESSAGE == 0:
            if control.stopping:
                raise Cancelled(_("The upload was stopped before anything was sent."))
            doing = Doing(Activity.PREPARING, message(UploadMessage.AT_ROW, row=row.number))
            on_batch(Batch(total, dict(counts), doing=doing))
        if row.state != WAITING:
            counts[row.status] += 1
        yield row
