"""What follows from a reply: accepted, refused, not sent, not sure, or once more; pure decisions without memory."""

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

RESEND_WAITS = (2.0, 8.0, 30.0)
MAX_THROTTLED = 6
THROTTLED_WAIT = 30.0


class NextStep(StrEnum):
    """What to do with the row now."""

    SETTLE = "settle"
    RESEND = "resend"


@dataclass(frozen=True, slots=True)
class Attempts:
    """What happened to the row before this reply.

    ``sent``: attempts in which bytes may have left; ``unauthorized``: answers that the sign-in is not accepted;
    ``throttled``: answers that it goes too fast; ``failures``: failed answers (5xx) or none at all; ``earlier``: before this
    run went on, the row had been sent without a clear answer.
    """

    sent: int = 0
    unauthorized: int = 0
    throttled: int = 0
    failures: int = 0
    earlier: bool = False

    @property
    def may_have_arrived(self) -> bool:
        """Whether one of them may have worked."""
        return self.failures > 0 or self.earlier

    def after(self, reply: Reply) -> Attempts:
        """The same with one more attempt counted, the one that brought ``reply``."""
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
    """What to do.

    ``status``: final for SETTLE; for RESEND what the row is if it comes to no further attempt.  ``wait``: seconds before
    the next attempt, for all connections if ``everyone``.  ``slow_down``: use fewer connections.  ``stop``: why the run
    ends here.  ``messages``: about the row, beside the reply's errors per field; may be empty.
    """

    action: NextStep
    status: RowStatus
    wait: float = 0.0
    everyone: bool = False
    slow_down: bool = False
    stop: Stop | None = None
    messages: tuple[Text, ...] = ()

    @property
    def message(self) -> str:
        """All messages in one line."""
        return " ".join(map(str, self.messages))


_ACCEPTED = Decision(NextStep.SETTLE, RowStatus.ACCEPTED)


def decide(reply: Reply, attempts: Attempts, *, once_only: bool, data_type: DataType) -> Decision:
    """What follows from ``reply`` for one row; the same for the same arguments.

    ``once_only``: the row must never leave twice.  NOT_CONNECTED and NOT_SIGNED_IN are RESEND with ``everyone``: how long,
    unless the answer to a sign-in said it, and when it has lasted too long, is for whoever sees all connections.
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
        """*Not sent* is only true if no earlier attempt may have worked."""
        return RowStatus.NOT_SURE if self.attempts.may_have_arrived else RowStatus.NOT_SENT

    def stopped(
        self, status: RowStatus, reason: StopReason, *, exit_code: int = 5, key: str | None = None, **arguments: Argument
    ) -> Decision:
        """The run ends, the row is ``status``, and both say why; in the service's words those about ``key``."""
        said = next((text for name, text in self.reply.errors if name == key), None)
        own = message(reason, **arguments)
        quoted = () if arguments.get("why") == self.reply.message else self.quoted(said)
        ended = Stop(reason, exit_code, own.arguments, tuple(("", text) for text in quoted))
        return Decision(NextStep.SETTLE, status, stop=ended, messages=(own, *quoted))

    def quoted(self, said: str | None = None) -> tuple[Text, ...]:
        """The answer's own words, to go behind ours, if any; what is not JSON may be somebody else's than CustomerGauge's."""
        words = said or self.reply.message
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
    """No answer, or one that proves neither success nor failure."""
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
