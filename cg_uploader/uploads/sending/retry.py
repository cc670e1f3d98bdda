"""What follows from a reply: accepted, refused, not sent, not sure, or once more; pure decisions without memory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cg_uploader.api.token import NOT_FOR_RECORDS
from cg_uploader.model.data_types import Repeat, facts_of
from cg_uploader.model.enums import Answer, Body, DataType, RowStatus
from cg_uploader.model.request import Reply

RESEND_WAITS = (2.0, 8.0, 30.0)
MOST_THROTTLED = 6
THROTTLED_WAIT = 30.0


class Action(StrEnum):
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
    ends here, and ``exit_code`` for programs.  ``message``: about the row, beside the reply's errors per field; may be "".
    """

    action: Action
    status: RowStatus
    wait: float = 0.0
    everyone: bool = False
    slow_down: bool = False
    stop: str | None = None
    exit_code: int = 5
    message: str = ""


_ACCEPTED = Decision(Action.SETTLE, RowStatus.ACCEPTED)


def decide(reply: Reply, attempts: Attempts, *, once_only: bool, data_type: DataType) -> Decision:
    """What follows from ``reply`` for one row; the same for the same arguments.

    ``once_only``: the row must never leave twice.  NOT_CONNECTED and NOT_SIGNED_IN are RESEND with ``everyone``: how long,
    unless the answer to a sign-in said it, and when it has lasted too long, is for whoever sees all connections.
    """
    case = _Case(reply, attempts, once_only, data_type)
    if reply.answer in (Answer.NOT_CONNECTED, Answer.NOT_SIGNED_IN):
        return Decision(Action.RESEND, case.unsent, reply.retry_after or 0.0, everyone=True, message=reply.message)
    if reply.answer is Answer.UNTRUSTED:
        return case.stopped(case.unsent, reply.message or "The connection is not to be trusted.")
    if reply.answer is Answer.PROXY_LOGIN:
        return case.stopped(case.unsent, reply.message or "A proxy wants a user name and a password.", exit_code=4)
    if reply.answer is Answer.TOO_LONG:
        status = RowStatus.NOT_SURE if attempts.may_have_arrived else RowStatus.HELD_BACK
        return Decision(Action.SETTLE, status, message=f"{_TOO_LONG} It did not leave this computer.")
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

    def stopped(self, status: RowStatus, reason: str, *, exit_code: int = 5, key: str | None = None) -> Decision:
        """The run ends, the row is ``status``, and both say why; in the service's words those about ``key``."""
        said = next((text for name, text in self.reply.errors if name == key), None)
        text = reason + self.quoted(said, unless_in=reason)
        return Decision(Action.SETTLE, status, stop=text, exit_code=exit_code, message=text)

    def quoted(self, said: str | None = None, *, unless_in: str = "") -> str:
        """The answer's own words, to go behind ours, or ""; what is not JSON may be somebody else's than CustomerGauge's."""
        reply = self.reply
        said = said or reply.message
        if not said or said in unless_in:
            return ""
        return f" The answer ({reply.status}) reads: {said}" if reply.body is Body.OTHER else f" CustomerGauge says: {said}"


def _success(case: _Case) -> Decision:
    if case.reply.answer is Answer.BODY_LOST or case.reply.body in (Body.BLANK, Body.JSON):
        return _ACCEPTED
    if case.reply.body is Body.JSON_ERRORS:
        reason = "The answer says success and names errors at the same time. Look the row up in Request History."
    else:
        reason = (
            "The answer is a web page or a text, not CustomerGauge's: a proxy or a login page of the network may have "
            "answered. Open the internet in a browser, sign in there if asked, and look the row up in Request History."
        )
    return case.stopped(RowStatus.NOT_SURE, reason)


def _redirected(case: _Case, status: int) -> Decision:
    if status in (301, 307, 308):
        reason = "The address has moved, or a login page of the network stands before it. Check the region and the network."
        return case.stopped(case.unsent, reason)
    reason = "The answer points to another page, which may also follow a success. Look the row up in Request History."
    return case.stopped(RowStatus.NOT_SURE, reason)


_TOO_LONG = "The row is too long. Shorten its texts or use fewer fields."

_STOPS = {
    403: (
        "CustomerGauge does not allow this. Check region, rights of the Client ID, and the list of allowed IP addresses.",
        4,
    ),
    404: ("CustomerGauge knows no such address. Check the region.", 5),
    405: ("The address does not take records. Check the region.", 5),
    407: ("The proxy of your network wants a user name and a password. Ask whoever looks after the network.", 4),
}


def _refusal(case: _Case, status: int) -> Decision:
    if status == 422 or (status == 400 and _names_fields(case.reply)):
        return _invalid(case)
    if status == 401:
        return _unauthorized(case)
    if status == 429:
        return _throttled(case)
    if status in (413, 414, 431):
        return Decision(Action.SETTLE, RowStatus.REFUSED, message=_TOO_LONG + case.quoted())
    if status == 400:
        return case.stopped(case.unsent, "CustomerGauge did not understand the request. Check the region and the reference.")
    reason, exit_code = _STOPS.get(status, (f"CustomerGauge gave an answer that is not expected here ({status}).", 5))
    return case.stopped(case.unsent, reason, exit_code=exit_code)


def _names_fields(reply: Reply) -> bool:
    return any(key for key, _ in reply.errors)


def _invalid(case: _Case) -> Decision:
    keys = {key for key, _ in case.reply.errors}
    if "configuration" in keys:
        reason = (
            "CustomerGauge does not accept the reference. Copy it from the Reference column of the import configuration "
            "(type API), and check the region."
        )
        return case.stopped(case.unsent, reason, key="configuration")
    if "record" in keys:
        reason = "CustomerGauge found no record in the request. Check the field headings."
        return case.stopped(case.unsent, reason, key="record")
    facts = facts_of(case.data_type)
    if facts.repeat is Repeat.UNDOCUMENTED and case.attempts.may_have_arrived:
        message = "Refused when it was sent again: it is probably there since the first try. Look it up in Request History."
        return Decision(Action.SETTLE, RowStatus.NOT_SURE, message=message)
    message = "" if case.reply.errors else _refused_in_words(case)
    if facts.left_by_refusal:
        message = f"{message} The row may be partly written: {facts.left_by_refusal} may be there.".lstrip()
    return Decision(Action.SETTLE, RowStatus.REFUSED, message=message)


def _refused_in_words(case: _Case) -> str:
    if case.reply.body is Body.OTHER:
        return f"The row was refused.{case.quoted()}"
    return case.reply.message or "CustomerGauge refused the row without saying why."


def _unauthorized(case: _Case) -> Decision:
    if case.attempts.unauthorized == 0:
        return Decision(Action.RESEND, case.unsent, message="The sign-in was no longer accepted.")
    return case.stopped(case.unsent, NOT_FOR_RECORDS, exit_code=4)


def _throttled(case: _Case) -> Decision:
    if case.attempts.throttled >= MOST_THROTTLED:
        reason = "CustomerGauge still says that it gets too many requests. Go on later, with fewer connections."
        return case.stopped(case.unsent, reason)
    wait = case.reply.retry_after if case.reply.retry_after is not None else THROTTLED_WAIT
    message = "CustomerGauge asked for fewer requests."
    return Decision(Action.RESEND, case.unsent, wait=wait, everyone=True, slow_down=True, message=message)


def _failure(case: _Case, status: int) -> Decision:
    """No answer, or one that proves neither success nor failure."""
    what = "CustomerGauge had a failure of its own" if status >= 200 else "No complete answer came"
    quoted = case.quoted() if status >= 200 else ""
    unavailable = status == 503
    if case.once_only:
        message = f"{what}: the row may have been taken. It is not sent again by itself; look it up in Request History.{quoted}"
        if unavailable:
            reason = "CustomerGauge is not available at the moment. Go on later."
            return Decision(Action.SETTLE, RowStatus.NOT_SURE, slow_down=True, stop=reason, message=message)
        return Decision(Action.SETTLE, RowStatus.NOT_SURE, message=message)
    if case.attempts.failures >= len(RESEND_WAITS):
        message = f"{what}, also when the row was sent again. It may have been taken; once more does no harm.{quoted}"
        return Decision(Action.SETTLE, RowStatus.NOT_SURE, slow_down=unavailable, message=message)
    asked = case.reply.retry_after if unavailable else None
    wait = asked if asked is not None else RESEND_WAITS[case.attempts.failures]
    return Decision(
        Action.RESEND, RowStatus.NOT_SURE, wait=wait, everyone=asked is not None, slow_down=unavailable, message=f"{what}."
    )
