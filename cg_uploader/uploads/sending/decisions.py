"""The decisions on a plan's rows before anything is sent: each is sent, skipped, held back, or asked about.

They are pure: they read nothing but their arguments.
"""

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
from cg_uploader.translation import _
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow
from cg_uploader.uploads.journal.messages import UploadMessage

if TYPE_CHECKING:
    from cg_uploader.uploads.journal.sent_rows.duplicate_lookup import KnownRow, RowFacts

_NOTHING: Messages = ()


class Facts(Protocol):
    """Looks up what is known of a row, as ``DuplicateLookup.facts`` does."""

    def __call__(self, position: int, request: Request, *, once_only: bool, look: bool = True) -> RowFacts:
        """Return the facts of the row at ``position``.  With ``look`` False, only its hashes are returned."""


class Recognition:
    """Tells of rows, in file order, whether they are known from earlier uploads.

    Skipping a row must not change the result: what is sent leaves an identifier with the values that the whole file would.  So
    a row that left, and was followed by another row of its identifier, is known once the newest row comes.  When a row of an
    identifier is sent, later rows of it count as not known, because the row changes the values.
    """

    def __init__(self) -> None:
        # Position, number and what is known of rows of which a later row has shown that they had left.
        self.shown_later: list[tuple[int, int, KnownRow]] = []
        self._sent: set[bytes] = set()
        self._followed: dict[bytes, list[tuple[int, int, KnownRow]]] = {}

    def of(self, position: int, number: int, facts: RowFacts, *, once_only: bool, leaves: bool) -> KnownRow | None:
        """Return what is known of a row by its ``facts``.  With ``leaves`` False it is not sent, whatever is known."""
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


def decide_rows(plan: Plan, facts: Facts) -> Iterator[JournalRow]:
    """Decide what becomes of every row of ``plan``, in file order, given the ``facts`` of earlier uploads.

    A row of which a later row shows that it had left comes a second time, at the end.  It stays behind then: skipped if it was
    accepted, else *not sure*.

    Raises:
        AlreadyUploaded: A once-only row was sent before, and the user has not chosen yet.
    """
    checker, recognition = RowChecker(plan), Recognition()
    identifiers = Identifiers(plan.configuration, [heading for heading, _position, _constant in plan.bindings])
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
        state, messages = state_of_known(number, before)
        yield JournalRow(position, number, state, once_only=False, cells=(), messages=messages)


def _by_itself(plan: Plan, row: Row, request: Request, checker: RowChecker) -> tuple[str, Messages]:
    """Return state and messages of a row by the user's choices and the checks."""
    if plan.leaves_out(row.number):
        return RowStatus.SKIPPED.value, (("", message(UploadMessage.LEFT_OUT)),)
    if errors := [problem for problem in checker.find_problems(row, request) if problem.level is Level.ERROR]:
        return RowStatus.HELD_BACK.value, tuple((problem.heading or "", problem.message) for problem in errors)
    return WAITING, _NOTHING


def state_of_known(number: int, before: KnownRow) -> tuple[str, Messages]:
    """Return state and messages of a row that stays behind because of what is known of it."""
    return _as_known(number, before, skip_accepted=True)


def _as_known(number: int, before: KnownRow | None, skip_accepted: bool | None) -> tuple[str, Messages]:
    """Return state and messages of a row by what is known of it.

    A row that was accepted is skipped.  One that may have arrived stays *not sure*.
    """
    if before is None or skip_accepted is False or before.status is RowStatus.NOT_SENT:
        return WAITING, _NOTHING
    if skip_accepted is None:
        raise AlreadyUploaded(
            _("Row {row} is in an earlier upload too. Say whether accepted rows are skipped or sent again.").format(row=number)
        )
    accepted = before.status is RowStatus.ACCEPTED
    return (RowStatus.SKIPPED if accepted else RowStatus.NOT_SURE).value, (("", _of_before(before)),)


def _of_before(before: KnownRow) -> Message:
    """Return the message about what is known of a row."""
    when = before.when.astimezone().date().isoformat() if before.when else ""
    if before.status is not RowStatus.ACCEPTED:
        return message(UploadMessage.UNSURE_ON, when=when) if when else message(UploadMessage.UNSURE_BEFORE)
    if before.origin:
        arguments = {"when": when, "origin": before.origin} if when else {"origin": before.origin}
        return message(UploadMessage.ACCEPTED_ON_BY if when else UploadMessage.ACCEPTED_BY, **arguments)
    return message(UploadMessage.ACCEPTED_ON, when=when) if when else message(UploadMessage.ACCEPTED_BEFORE)
