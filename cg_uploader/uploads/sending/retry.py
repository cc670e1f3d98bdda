"""The decision on a row after a reply: accepted, refused, not sent, not sure, or to be sent again.

It is pure: it depends on its arguments alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cg_uploader.api.messages import ApiMessage
from cg_uploader.model.data_types import Repeat, facts_of
from cg_uploader.model.enums import Answer, Body, DataType, RowStatus
from cg_uploader.model.message import Argument, Text, message
from cg_uploader.model.request import Reply
from cg_uploader.model.run import Stop, stop_for
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.uploads.journal.messages import UploadMessage

# Seconds before a row is sent again, by the number of its failures.
RESEND_WAITS = (2.0, 8.0, 30.0)
# How often a row is sent again after answers that there are too many requests.
MAX_THROTTLED = 6
# Seconds to wait after such an answer when it does not say.
THROTTLED_WAIT = 30.0


class NextStep(StrEnum):
    """What to do with a row now."""

    SETTLE = "settle"
    RESEND = "resend"


@dataclass(frozen=True, slots=True)
class Attempts:
    """What happened to a row before a reply."""

    sent: int = 0  # attempts in which bytes may have left
    unauthorized: int = 0  # answers that the sign-in is not accepted
    throttled: int = 0  # answers that there are too many requests
    failures: int = 0  # failed answers (5xx), or none at all
    earlier: bool = False  # sent without a clear answer before this run went on

    @property
    def may_have_arrived(self) -> bool:
        """Whether one of the attempts may have succeeded."""
        return self.failures > 0 or self.earlier

    def after(self, reply: Reply) -> Attempts:
        """Return the attempts with one more counted, the one that brought ``reply``."""
        if reply.answer.unsent:
            return self
        failed = reply.status is None or reply.status >= 500 or reply.status in (408, 425) or reply.status < 200
        return Attempts(
            self.sent + 1,
            self.unauthorized + (reply.status == 401),
            self.throttled + (reply.status == 429),
            self.failures + failed,
            self.earlier,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a row."""

    action: NextStep
    status: RowStatus  # for RESEND: what the row becomes if there is no further attempt
    wait: float = 0.0  # seconds before the next attempt
    everyone: bool = False  # whether all connections wait
    slow_down: bool = False  # whether fewer connections are used
    stop: Stop | None = None  # why the run ends here
    messages: tuple[Text, ...] = ()  # about the row, beside the reply's errors per field

    @property
    def message(self) -> str:
        """All messages in one line."""
        return " ".join(map(str, self.messages))


_ACCEPTED = Decision(NextStep.SETTLE, RowStatus.ACCEPTED)


def decide(reply: Reply, attempts: Attempts, *, once_only: bool, data_type: DataType) -> Decision:
    """Decide what follows from ``reply`` for one row.

    For NOT_CONNECTED and NOT_SIGNED_IN all connections wait.  How long, unless the answer to a sign-in says it, and when it has
    been too long, is decided by ``Throttle``, which knows all connections.

    Args:
        reply: What came of the last attempt.
        attempts: What happened to the row before.
        once_only: Whether the row must never leave twice.
        data_type: Of the configuration.
    """
    case = _Case(reply, attempts, once_only, data_type)
    if reply.answer in (Answer.NOT_CONNECTED, Answer.NOT_SIGNED_IN):
        return Decision(NextStep.RESEND, case.unsent, reply.retry_after or 0.0, everyone=True)
    if reply.answer is Answer.UNTRUSTED:
        return case.stopped(case.unsent, StopReason.UNTRUSTED, why=reply.message or message(ApiMessage.UNTRUSTED))
    if reply.answer is Answer.PROXY_LOGIN:
        why = reply.message or message(ApiMessage.ANY_PROXY_LOGIN)
        return case.stopped(case.unsent, StopReason.PROXY_LOGIN, exit_code=4, why=why)
    if reply.answer is Answer.TOO_LONG:
        status = RowStatus.NOT_SURE if attempts.may_have_arrived else RowStatus.HELD_BACK
        return Decision(NextStep.SETTLE, status, messages=(message(UploadMessage.TOO_LONG_UNSENT),))
    return _answered(case, reply.status or 0)


def _answered(case: _Case, status: int) -> Decision:
    if 200 <= status < 300:
        return _success(case)
    if 300 <= status < 400:
        return _redirected(case, status)
    if 400 <= status < 500 and status not in (408, 425):
        return _refusal(case, status)
    return _failure(case, status)


@dataclass(frozen=True, slots=True)
class _Case:
    reply: Reply
    attempts: Attempts
    once_only: bool
    data_type: DataType

    @property
    def unsent(self) -> RowStatus:
        """The status of a row that has not left now: *not sent*, or *not sure* where an earlier attempt may have succeeded."""
        return RowStatus.NOT_SURE if self.attempts.may_have_arrived else RowStatus.NOT_SENT

    def stopped(
        self, status: RowStatus, reason: StopReason, *, exit_code: int = 5, key: str | None = None, **arguments: Argument
    ) -> Decision:
        """End the run with ``reason``, and the row with ``status``.

        Both quote the answer: its error about the field ``key``, or else its message.
        """
        error = next((text for name, text in self.reply.errors if name == key), None)
        own = message(reason, **arguments)
        quoted = () if arguments.get("why") == self.reply.message else self.quoted(error)
        ended = Stop(reason, exit_code, own.arguments, tuple(("", text) for text in quoted))
        return Decision(NextStep.SETTLE, status, stop=ended, messages=(own, *quoted))

    def quoted(self, error: str | None = None) -> tuple[Text, ...]:
        """Return a message that quotes ``error`` or the answer.  An answer that is not JSON may not be CustomerGauge's."""
        words = error or self.reply.message
        if not words:
            return ()
        if self.reply.body is Body.OTHER:
            return (message(UploadMessage.ANSWER_READS, status=self.reply.status or 0, words=words),)
        return (message(UploadMessage.CUSTOMERGAUGE_SAYS, words=words),)


def _success(case: _Case) -> Decision:
    if case.reply.answer is Answer.BODY_LOST or case.reply.body in (Body.BLANK, Body.JSON):
        return _ACCEPTED
    errors = case.reply.body is Body.JSON_ERRORS
    return case.stopped(RowStatus.NOT_SURE, StopReason.ERRORS_IN_SUCCESS if errors else StopReason.FOREIGN_PAGE)


def _redirected(case: _Case, status: int) -> Decision:
    if status in (301, 307, 308):
        return case.stopped(case.unsent, StopReason.ADDRESS_MOVED)
    return case.stopped(RowStatus.NOT_SURE, StopReason.OTHER_PAGE)


_STOPS = {
    400: (StopReason.NOT_UNDERSTOOD, 5),
    403: (StopReason.NOT_ALLOWED, 4),
    404: (StopReason.NO_SUCH_ADDRESS, 5),
    405: (StopReason.NOT_FOR_RECORDS, 5),
    407: (StopReason.PROXY_IN_THE_WAY, 4),
}


def _refusal(case: _Case, status: int) -> Decision:
    if status == 422 or (status == 400 and _names_fields(case.reply)):
        return _invalid(case)
    if status == 401:
        return _unauthorized(case)
    if status == 429:
        return _throttled(case)
    if status in (413, 414, 431):
        return Decision(NextStep.SETTLE, RowStatus.REFUSED, messages=(message(UploadMessage.TOO_LONG), *case.quoted()))
    if status in _STOPS:
        reason, exit_code = _STOPS[status]
        return case.stopped(case.unsent, reason, exit_code=exit_code)
    return case.stopped(case.unsent, StopReason.UNEXPECTED_ANSWER, answer=status)


def _names_fields(reply: Reply) -> bool:
    return any(key for key, _ in reply.errors)


def _invalid(case: _Case) -> Decision:
    keys = {key for key, _ in case.reply.errors}
    if "configuration" in keys:
        return case.stopped(case.unsent, StopReason.WRONG_REFERENCE, key="configuration")
    if "record" in keys:
        return case.stopped(case.unsent, StopReason.NO_RECORD, key="record")
    facts = facts_of(case.data_type)
    if facts.repeat is Repeat.UNDOCUMENTED and case.attempts.may_have_arrived:
        return Decision(NextStep.SETTLE, RowStatus.NOT_SURE, messages=(message(UploadMessage.REFUSED_AGAIN),))
    messages = () if case.reply.errors else _refused_in_words(case)
    if facts.left_by_refusal:
        messages += (message(UploadMessage.PARTLY_WRITTEN, left=case.data_type.value),)
    return Decision(NextStep.SETTLE, RowStatus.REFUSED, messages=messages)


def _refused_in_words(case: _Case) -> tuple[Text, ...]:
    if case.reply.body is Body.OTHER:
        return message(UploadMessage.REFUSED), *case.quoted()
    return (case.reply.message or message(UploadMessage.REFUSED_SILENTLY),)


def _unauthorized(case: _Case) -> Decision:
    if case.attempts.unauthorized == 0:
        return Decision(NextStep.RESEND, case.unsent)
    return case.stopped(case.unsent, StopReason.SIGN_IN_REFUSED, exit_code=4, why=message(ApiMessage.NOT_FOR_RECORDS))


def _throttled(case: _Case) -> Decision:
    if case.attempts.throttled >= MAX_THROTTLED:
        return case.stopped(case.unsent, StopReason.THROTTLED)
    wait = case.reply.retry_after if case.reply.retry_after is not None else THROTTLED_WAIT
    return Decision(NextStep.RESEND, case.unsent, wait=wait, everyone=True, slow_down=True)


def _failure(case: _Case, status: int) -> Decision:
    """Decide after no answer, or one that proves neither success nor failure."""
    answered, unavailable = status >= 200, status == 503
    quoted = case.quoted() if answered else ()
    if case.once_only:
        kind = UploadMessage.FAILED_ONCE if answered else UploadMessage.UNANSWERED_ONCE
        ended = stop_for(StopReason.UNAVAILABLE) if unavailable else None
        messages = (message(kind), *quoted)
        return Decision(NextStep.SETTLE, RowStatus.NOT_SURE, slow_down=unavailable, stop=ended, messages=messages)
    if case.attempts.failures >= len(RESEND_WAITS):
        kind = UploadMessage.FAILED_AGAIN if answered else UploadMessage.UNANSWERED_AGAIN
        return Decision(NextStep.SETTLE, RowStatus.NOT_SURE, slow_down=unavailable, messages=(message(kind), *quoted))
    asked = case.reply.retry_after if unavailable else None
    wait = asked if asked is not None else RESEND_WAITS[case.attempts.failures]
    return Decision(NextStep.RESEND, RowStatus.NOT_SURE, wait=wait, everyone=asked is not None, slow_down=unavailable)
