"""The outcome of a row from its last reply and what was decided about it."""

from __future__ import annotations

from collections.abc import Sequence

from cg_uploader.api.replies import field_of
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.message import Messages, message
from cg_uploader.model.request import Reply
from cg_uploader.model.run import Outcome
from cg_uploader.uploads.journal.messages import UploadMessage
from cg_uploader.uploads.sending.queue.scheduler import PendingRow
from cg_uploader.uploads.sending.retry import Decision


def outcome_of(pending: PendingRow, reply: Reply, decision: Decision, headings: Sequence[str]) -> Outcome:
    """Return the outcome of a row.  ``headings`` are those of the configuration."""
    status = decision.status
    messages: Messages = ()
    if status is RowStatus.REFUSED and reply.errors:
        messages = tuple((field_of(key, headings), text) for key, text in reply.errors)
    if not (messages and decision.messages == (reply.message,)):
        messages += tuple(("", text) for text in decision.messages)
    if status is RowStatus.NOT_SURE and pending.uncertain and decision.stop is not None:
        messages += (("", message(UploadMessage.POSSIBLY_ARRIVED)),)
    if status is RowStatus.ACCEPTED:
        messages = ()
    return Outcome(pending.request.row, status, reply.status, messages, pending.tries, pending.who)
