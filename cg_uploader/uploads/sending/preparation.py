"""A plan's rows become the journal's rows before the first one leaves: held back, skipped, or waiting to be sent."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from cg_uploader.errors import AlreadyUploaded, Cancelled, ConsentMissing, CredentialsRefused, MappingError
from cg_uploader.fields.checks import RowChecker, find_plan_problems
from cg_uploader.fields.configuration import Identifiers, once_only
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.enums import Activity, Level, RowStatus
from cg_uploader.model.message import Message, Messages, message
from cg_uploader.model.plan import Plan
from cg_uploader.model.run import Batch, Doing, Outcome
from cg_uploader.model.table import Row
from cg_uploader.uploads.journal.duplicate_lookup import Known, Past
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import WAITING, Kept, as_text
from cg_uploader.uploads.journal.messages import UploadMessage
from cg_uploader.uploads.sending.control import Control

SAMPLE_ROWS = 200
ROW_OVERHEAD_BYTES = 200
PAGE_BYTES = 4096
ROWS_BETWEEN_WORDS = 2_000
ROWS_OF_A_COMMIT = 5_000

NOTHING: Messages = ()


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


def stage(plan: Plan, journal: Journal, *, on_batch: Callable[[Batch], None], control: Control, client_id: str = "") -> int:
    """Record the run with all its rows and return its number; Cancelled when the person stops it meanwhile.

    From then on the file is not needed, and a row that the checks hold back can never leave.  DiskFull when twice the
    estimated space of the record is not free; AlreadyUploaded when once-only rows were sent before and nobody has chosen.
    """
    journal.ensure_space(2 * _estimated_bytes(plan) + (1 << 20))
    run = journal.begin(plan, client_id)
    try:
        past = journal.past(plan, repeatable=bool(plan.skip_accepted), client_id=client_id)
        rows = _watched(_rows(plan, journal, past), len(plan.table.rows), on_batch, control)
        while block := list(itertools.islice(rows, ROWS_OF_A_COMMIT)):
            journal.add(run, block)
        journal.record(run, [(at, _as_skipped(number, before)) for at, number, before in past.stays()])
        journal.seal(run, plan)
    except BaseException:
        journal.abandon(run)
        raise
    return run


def _estimated_bytes(plan: Plan) -> int:
    """By the first rows, as they are recorded: a letter outside English takes six bytes."""
    sample = [len(as_text(plan.cells(row))) for row in itertools.islice(plan.table.rows, SAMPLE_ROWS)]
    each = ROW_OVERHEAD_BYTES + (sum(sample) // len(sample) if sample else 0)
    rows_of_a_page = PAGE_BYTES // each
    return (PAGE_BYTES // rows_of_a_page if rows_of_a_page else each + PAGE_BYTES) * len(plan.table.rows)


def _rows(plan: Plan, journal: Journal, past: Past) -> Iterator[Kept]:
    checker = RowChecker(plan)
    identifiers = Identifiers(plan.configuration, [heading for heading, _, _ in plan.wires])
    for position, row in enumerate(plan.table.rows):
        request = plan.request(row)
        once, cells = once_only(plan.configuration, request), plan.cells(row)
        state, messages, fingerprint = WAITING, NOTHING, b""
        if plan.leaves_out(row.number):
            state, messages = RowStatus.SKIPPED.value, (("", message(UploadMessage.LEFT_OUT)),)
        elif errors := [problem for problem in checker.find_problems(row, request) if problem.level is Level.ERROR]:
            state, messages = RowStatus.HELD_BACK.value, tuple((p.heading or "", p.message) for p in errors)
        else:
            fingerprint = journal.fingerprint(request.fingerprint)
        if (once and state == WAITING) or (not once and plan.skip_accepted):
            before = past.of(position, request, once_only=once, leaves=state == WAITING)
            if state == WAITING:
                state, messages = _as_known(row.number, before, plan.skip_accepted)
                cells = () if state == RowStatus.SKIPPED else cells
        who, subject = identifiers.who(request), journal.subject(plan, identifiers.key(request))
        yield Kept(position, row.number, state, once, cells, who, messages=messages, fingerprint=fingerprint, subject=subject)


def look_again(run: int, plan: Plan, journal: Journal) -> None:
    """Before rows of ``run`` leave: those that a colleague has sent since it began, as far as this computer was told, stay.

    But for those that a person has just asked to send again.
    """
    told = None if plan.skip_accepted is False else journal.told_since(run, plan)
    position = 0
    while told is not None and (block := journal.left_to_do(run, position, ROWS_OF_A_COMMIT)):
        position = block[-1].position + 1
        outcomes = []
        for row in block:
            before = told(plan.request(Row(row.number, row.cells))) if row.once_only else None
            if before is not None:
                outcomes.append((row.position, _as_skipped(row.number, before, row)))
        journal.record(run, outcomes)


def _as_known(number: int, before: Known | None, skip_accepted: bool | None) -> tuple[str, Messages]:
    """What an earlier run means for a row: accepted rows are skipped, one that may have arrived stays *not sure*."""
    if before is None or skip_accepted is False or before.status is RowStatus.NOT_SENT:
        return WAITING, NOTHING
    if skip_accepted is None:
        raise AlreadyUploaded(
            f"Row {number} stands in an earlier upload too. Say whether accepted rows are skipped or sent again."
        )
    accepted = before.status is RowStatus.ACCEPTED
    return (RowStatus.SKIPPED if accepted else RowStatus.NOT_SURE).value, (("", _of_before(before)),)


def _of_before(before: Known) -> Message:
    """Say what is known of a row from before."""
    when = before.when.astimezone().date().isoformat() if before.when else ""
    if before.status is not RowStatus.ACCEPTED:
        return message(UploadMessage.UNSURE_ON, when=when) if when else message(UploadMessage.UNSURE_BEFORE)
    if before.origin:
        arguments = {"when": when, "origin": before.origin} if when else {"origin": before.origin}
        return message(UploadMessage.ACCEPTED_ON_BY if when else UploadMessage.ACCEPTED_BY, **arguments)
    return message(UploadMessage.ACCEPTED_ON, when=when) if when else message(UploadMessage.ACCEPTED_BEFORE)


def _as_skipped(number: int, before: Known, row: Kept | None = None) -> Outcome:
    """The outcome of a row that stays behind because of what is known of it."""
    state, said = _as_known(number, before, skip_accepted=True)
    return Outcome(number, RowStatus(state), row.http if row else None, said, row.attempts if row else 0)


def _watched(rows: Iterator[Kept], total: int, on_batch: Callable[[Batch], None], control: Control) -> Iterator[Kept]:
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
