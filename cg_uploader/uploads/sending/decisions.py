"""What becomes of a plan's rows before anything is sent: sent, skipped, held back, or asked about; pure decisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from cg_uploader.errors import AlreadyUploaded
from cg_uploader.fields.checks import RowChecker
from cg_uploader.fields.configuration import Identifiers, once_only
from cg_uploader.model.enums import Level, RowStatus
from cg_uploader.model.message import Message, Messages, message
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Request
from cg_uploader.model.table import Row
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow
from cg_uploader.uploads.journal.messages import UploadMessage

if TYPE_CHECKING:
    from cg_uploader.uploads.journal.sent_rows.duplicate_lookup import KnownRow, RowFacts

_NOTHING: Messages = ()


class Facts(Protocol):
    """Answers what is known of a row, as ``Past.facts`` does."""

    def __call__(self, position: int, request: Request, *, once_only: bool, look: bool = True) -> RowFacts:
        """Return the facts of the row at ``position``; with ``look`` False, its names alone."""


class Recognition:
    """Tells of rows, in file order, whether they are known from before; it asks nobody.

    What is left out changes nothing: what is sent brings an identifier to where the whole file would.  So a row that left, and
    then was followed by another, is known too once the row that stands there comes.  When a row is sent, those after it count
    as not known, because it changes what stands there.
    """

    def __init__(self) -> None:
        # Position, number and what is known of rows that a later row has shown to have left.
        self.shown_later: list[tuple[int, int, KnownRow]] = []
        self._sent: set[bytes] = set()
        self._followed: dict[bytes, list[tuple[int, int, KnownRow]]] = {}

    def of(self, position: int, number: int, facts: RowFacts, *, once_only: bool, leaves: bool) -> KnownRow | None:
        """Return what is known of a row by its ``facts``; ``leaves`` False: it is not sent whatever is known."""
        if once_only:
            return facts.known
        if facts.subject in self._sent:
            return None
        if not facts.other_since:
            if facts.known is not None:
                self.shown_later += self._followed.pop(facts.subject, ())
            return facts.known
        if leaves and facts.known is not None:
            self._followed.setdefault(facts.subject, []).append((position, number, facts.known))
        elif leaves:
            self._sent.add(facts.subject)
        return None


def decided(plan: Plan, facts: Facts) -> Iterator[JournalRow]:
    """Decide what becomes of every row of ``plan``, in file order, given the ``facts`` of earlier uploads.

    A row that is shown later to have left comes a second time, at the end, as one that stays behind: skipped if it was
    accepted, else *not sure*.

    Raises:
        AlreadyUploaded: A once-only row was sent before, and nobody has chosen yet.
    """
    checker, recognition = RowChecker(plan), Recognition()
    identifiers = Identifiers(plan.configuration, [heading for heading, _, _ in plan.bindings])
    for position, row in enumerate(plan.table.rows):
        request = plan.request(row)
        once, cells = once_only(plan.configuration, request), plan.cells(row)
        state, messages = _by_itself(plan, row, request, checker)
        leaves = state == WAITING
        look = leaves if once else bool(plan.skip_accepted)
        known = facts(position, request, once_only=once, look=look)
        before = recognition.of(position, row.number, known, once_only=once, leaves=leaves) if look else None
        if leaves:
            state, messages = _as_known(row.number, before, plan.skip_accepted)
            cells = () if state == RowStatus.SKIPPED else cells
        fingerprint = known.fingerprint if leaves else b""
        who = identifiers.who(request)
        yield JournalRow(
            position, row.number, state, once, cells, who, messages=messages, fingerprint=fingerprint, subject=known.subject
        )
    for position, number, before in recognition.shown_later:
        state, messages = as_skipped(number, before)
        yield JournalRow(position, number, state, once_only=False, cells=(), messages=messages)


def _by_itself(plan: Plan, row: Row, request: Request, checker: RowChecker) -> tuple[str, Messages]:
    """What the user's choices and the checks say of a row."""
    if plan.leaves_out(row.number):
        return RowStatus.SKIPPED.value, (("", message(UploadMessage.LEFT_OUT)),)
    if errors := [problem for problem in checker.find_problems(row, request) if problem.level is Level.ERROR]:
        return RowStatus.HELD_BACK.value, tuple((problem.heading or "", problem.message) for problem in errors)
    return WAITING, _NOTHING


def as_skipped(number: int, before: KnownRow) -> tuple[str, Messages]:
    """What becomes of a row that stays behind because of what is known of it: its state, and why."""
    return _as_known(number, before, skip_accepted=True)


def _as_known(number: int, before: KnownRow | None, skip_accepted: bool | None) -> tuple[str, Messages]:
    """What an earlier run means for a row: accepted rows are skipped, one that may have arrived stays *not sure*."""
    if before is None or skip_accepted is False or before.status is RowStatus.NOT_SENT:
        return WAITING, _NOTHING
    if skip_accepted is None:
        raise AlreadyUploaded(
            f"Row {number} stands in an earlier upload too. Say whether accepted rows are skipped or sent again."
        )
    accepted = before.status is RowStatus.ACCEPTED
    return (RowStatus.SKIPPED if accepted else RowStatus.NOT_SURE).value, (("", _of_before(before)),)


def _of_before(before: KnownRow) -> Message:
    """Say what is known of a row from before."""
    when = before.when.astimezone().date().isoformat() if before.when else ""
    if before.status is not RowStatus.ACCEPTED:
        return message(UploadMessage.UNSURE_ON, when=when) if when else message(UploadMessage.UNSURE_BEFORE)
    if before.origin:
        arguments = {"when": when, "origin": before.origin} if when else {"origin": before.origin}
        return message(UploadMessage.ACCEPTED_ON_BY if when else UploadMessage.ACCEPTED_BY, **arguments)
    return message(UploadMessage.ACCEPTED_ON, when=when) if when else message(UploadMessage.ACCEPTED_BEFORE)
