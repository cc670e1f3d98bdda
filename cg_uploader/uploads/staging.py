"""A plan's rows become the journal's rows before the first one leaves: held back, skipped, or waiting to be sent."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from cg_uploader.errors import Cancelled, ConsentMissing, MappingError
from cg_uploader.fields.checks import RowChecker, plan_problems
from cg_uploader.fields.configuration import Identifiers, once_only
from cg_uploader.model import Batch, Plan
from cg_uploader.uploads.control import Control
from cg_uploader.uploads.journal import WAITING, Journal, Kept
from cg_uploader.vocabulary import Activity, Level, RowStatus

SAMPLE_ROWS = 200
ROW_OVERHEAD_BYTES = 160
ROWS_BETWEEN_WORDS = 2_000

Messages = tuple[tuple[str, str], ...]
NOTHING: Messages = ()


def refuse_impossible(plan: Plan) -> None:
    """MappingError when nothing of the plan could be sent rightly; ConsentMissing when it may invite people unasked."""
    for problem in plan_problems(plan):
        if problem.level is Level.ERROR:
            raise MappingError(problem.text)
    if plan.configuration.data_type.inviting and not plan.consent:
        raise ConsentMissing(
            "This configuration may send a survey to a real person for every row, and nobody has agreed to that yet. "
            "Say that surveys may be sent, then start again; nothing was sent."
        )


def stage(plan: Plan, journal: Journal, *, on_batch: Callable[[Batch], None], control: Control) -> int:
    """Record the run with all its rows in one commit and return its number; Cancelled when the person stops it meanwhile.

    From then on the file is not needed, and a row that the checks hold back can never leave.  DiskFull when twice the
    estimated space of the record is not free.
    """
    journal.ensure_space(2 * _estimated_bytes(plan) + (1 << 20))
    known = journal.known(journal.runs_of(plan)) if plan.skip_accepted else {}
    return journal.begin(plan, _watched(_rows(plan, journal, known), len(plan.table.rows), on_batch, control))


def _estimated_bytes(plan: Plan) -> int:
    sample = [sum(map(len, row.cells)) + 4 * len(row.cells) for row in itertools.islice(plan.table.rows, SAMPLE_ROWS)]
    each = sum(sample) / len(sample) if sample else 0
    return int((each + ROW_OVERHEAD_BYTES) * len(plan.table.rows))


def _rows(plan: Plan, journal: Journal, known: dict[tuple[int, bytes], Kept]) -> Iterator[Kept]:
    checker = RowChecker(plan)
    identifiers = Identifiers(plan.configuration, [heading for heading, _, _ in plan.wires])
    first, last = plan.options.rows or (0, 1 << 62)
    for position, row in enumerate(plan.table.rows):
        request = plan.request(row)
        state, messages, fingerprint = WAITING, NOTHING, b""
        if row.number in plan.left_out or not first <= row.number <= last:
            state, messages = RowStatus.SKIPPED.value, (("", "Left out by you."),)
        elif errors := [problem for problem in checker.problems(row, request) if problem.level is Level.ERROR]:
            state, messages = RowStatus.HELD_BACK.value, tuple((p.heading or "", p.text) for p in errors)
        else:
            fingerprint = journal.fingerprint(request.fingerprint)
            if (before := known.get((row.number, fingerprint))) is not None:
                state, messages = _as_known(before)
        yield Kept(
            position,
            row.number,
            state,
            once_only(plan.configuration, request),
            plan.cells(row),
            identifiers.who(request),
            messages=messages,
            fingerprint=fingerprint,
        )


def _as_known(before: Kept) -> tuple[str, Messages]:
    """What an earlier run says of a row: accepted rows are skipped, and one that may have arrived stays *not sure*."""
    if before.status is RowStatus.ACCEPTED:
        return RowStatus.SKIPPED.value, (("", "Accepted in an earlier upload."),)
    return RowStatus.NOT_SURE.value, (("", "Not sure since an earlier upload, so not sent again."),)


def _watched(rows: Iterator[Kept], total: int, on_batch: Callable[[Batch], None], control: Control) -> Iterator[Kept]:
    counts = dict.fromkeys(RowStatus, 0)
    for number, row in enumerate(rows):
        if number % ROWS_BETWEEN_WORDS == 0:
            if control.stopping:
                raise Cancelled("The upload was stopped before anything was sent.")
            on_batch(Batch(total, dict(counts), activity=Activity.PREPARING, detail=f"Row {row.number}"))
        if row.state != WAITING:
            counts[row.status] += 1
        yield row
