"""A plan's rows become the journal's rows before the first one leaves: held back, skipped, or waiting to be sent."""

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
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow
from cg_uploader.uploads.journal.messages import UploadMessage
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.decisions import as_skipped, decided

ROWS_BETWEEN_WORDS = 2_000
ROWS_OF_A_LOOK = 5_000


def refuse_impossible(plan: Plan) -> None:
    """MappingError when nothing of the plan could be sent rightly; ConsentMissing when it may invite people unasked."""
    for problem in find_plan_problems(plan):
        if problem.level is Level.ERROR:
            raise MappingError(problem.text)
    if facts_of(plan.configuration.data_type).inviting and not plan.consent:
        raise ConsentMissing(
            "This configuration may send a survey to a real person for every row, and nobody has agreed to that yet. "
            "Say that surveys may be sent, then start again; nothing was sent."
        )


def refuse_other_customer(run: int, plan: Plan, journal: Journal, client_id: str) -> None:
    """CredentialsRefused when ``run`` was begun with another Client ID: rows of one customer must not go to another one."""
    if journal.is_customer(run, client_id) is False:
        raise CredentialsRefused(
            f"Upload {run} was begun with the connection “{plan.profile}” and another Client ID: its rows may be another "
            "customer's. Continue it with that Client ID; if the same customer has a new one, upload the file again and skip "
            "what was accepted. Nothing was sent."
        )


def prepare(plan: Plan, journal: Journal, *, on_batch: Callable[[Batch], None], control: Control, client_id: str = "") -> int:
    """Decide what becomes of every row, record the run with all of them, and return its number.

    From then on the file is not needed, and a row that the checks hold back can never leave.

    Raises:
        Cancelled: The user stopped it meanwhile.
        DiskFull: Twice the estimated space of the record is not free.
        AlreadyUploaded: Once-only rows were sent before and nobody has chosen.
    """
    past = journal.past(plan, repeatable=bool(plan.skip_accepted), client_id=client_id)
    rows = _watched(decided(plan, past.facts), len(plan.table.rows), on_batch, control)
    return journal.record_run(plan, rows, client_id)


def look_again(run: int, plan: Plan, journal: Journal) -> None:
    """Before rows of ``run`` leave: those that a colleague has sent since it began, as far as this computer was told, stay.

    But for those that a person has just asked to send again.
    """
    told = None if plan.skip_accepted is False else journal.told_since(run, plan)
    position = 0
    while told is not None and (block := journal.left_to_do(run, position, ROWS_OF_A_LOOK)):
        position = block[-1].position + 1
        outcomes = []
        for row in block:
            before = told(plan.request(Row(row.number, row.cells))) if row.once_only else None
            if before is not None:
                state, messages = as_skipped(row.number, before)
                outcomes.append((row.position, Outcome(row.number, RowStatus(state), row.http, messages, row.attempts)))
        journal.record(run, outcomes)


def _watched(
    rows: Iterator[JournalRow], total: int, on_batch: Callable[[Batch], None], control: Control
) -> Iterator[JournalRow]:
    counts = dict.fromkeys(RowStatus, 0)
    for number, row in enumerate(rows):
        if number % ROWS_BETWEEN_WORDS == 0:
            if control.stopping:
                raise Cancelled("The upload was stopped before anything was sent.")
            doing = Doing(Activity.PREPARING, message(UploadMessage.AT_ROW, row=row.number))
            on_batch(Batch(total, dict(counts), doing=doing))
        if row.state != WAITING:
            counts[row.status] += 1
        yield row
