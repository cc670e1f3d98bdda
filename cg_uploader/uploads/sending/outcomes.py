"""The outcome of a row from its last reply and what was decided about it."""

from __future__ import annotations

from collections.abc import Sequence

from cg_uploader.api.replies import field_of
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.request import Reply
from cg_uploader.model.run import Outcome
from cg_uploader.uploads.sending.retry import Decision
from cg_uploader.uploads.sending.scheduler import Ticket

POSSIBLY_ARRIVED = "An earlier try may have arrived."


def outcome_of(ticket: Ticket, reply: Reply, decision: Decision, headings: Sequence[str]) -> Outcome:
    """What became of the ticket's row."""
    status = decision.status
    messages: tuple[tuple[str, str], ...] = ()
    if status is RowStatus.REFUSED and reply.errors:
        messages = tuple((field_of(key, headings), text) for key, text in reply.errors)
    if decision.message and not (messages and decision.message == reply.message):
        messages += (("", decision.message),)
    if status is RowStatus.NOT_SURE and ticket.uncertain and decision.stop is not None:
        messages += (("", POSSIBLY_ARRIVED),)
    if status is RowStatus.ACCEPTED:
        messages = ()
    return Outcome(ticket.request.row, status, reply.status, messages, ticket.tries, ticket.who)
