"""The speed of a run by the last answers of all rows: waits for all, fewer connections, and when the run must stop."""

from __future__ import annotations

from cg_uploader.api.messages import ApiMessage
from cg_uploader.model.enums import Answer, RowStatus
from cg_uploader.model.message import Text, message
from cg_uploader.model.request import Reply
from cg_uploader.model.run import Outcome, Stop, stop_for
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.uploads.journal.messages import UploadMessage
from cg_uploader.uploads.sending.queue.scheduler import PendingRow
from cg_uploader.uploads.sending.retry import Decision

BREAK = message(UploadMessage.BREAK)
# Seconds to wait after each attempt in a row that found no connection.
CONNECTION_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
# How many first rows may be refused for one reason before the run stops.
MAX_ALIKE = 5
# How many rows in a row may get no clear answer before the run stops.
MAX_TROUBLED = 5
# How many answers per connection must be normal before one more connection is used.
CALM_ROWS_PER_CONNECTION = 10


class Throttle:
    """Decides how fast a run sends, by its last answers.  Used by the engine's thread alone.

    Attributes:
        limit: How many connections may be busy.
        not_before: Nothing leaves before this time of the engine's clock.
        why: What is being waited for.
        anything_sent: Whether a row has left in this run.
    """

    def __init__(self, connections: int, *, at_the_start: bool) -> None:
        """With ``at_the_start``, no row of this run has been answered yet, so equal refusals of the first rows stop it."""
        self.limit = connections
        self.not_before = 0.0
        self.why: Text = ""
        self._connections = connections
        self._alike: list[Outcome] | None = [] if at_the_start else None
        self._troubled: set[int] = set()
        self._failed_connects = 0
        self._wait_begun = float("-inf")
        self._slowed = float("-inf")
        self._awoke = float("-inf")
        self._calm = 0
        self.anything_sent = not at_the_start

    def room(self, in_flight: int) -> int:
        """Return how many more rows may be handed to the threads.

        While nothing is slowed down, one row may wait behind each busy connection.
        """
        return (2 * self.limit if self.limit == self._connections else self.limit) - in_flight

    def note(self, pending: PendingRow, reply: Reply, decision: Decision, now: float) -> Stop | None:
        """Take note of the reply to one attempt, and return why the run must stop, if it must."""
        if reply.answer in (Answer.NOT_CONNECTED, Answer.NOT_SIGNED_IN):
            return self._no_connection(pending, reply, decision.wait, now)
        if reply.answer.unsent:
            return None
        self._failed_connects = 0
        self.anything_sent = True
        self._adapt(pending, decision, now)
        return self._count_trouble(pending, reply)

    def settled(self, outcome: Outcome) -> Stop | None:
        """Take note of a row's outcome, and return a Stop when the first five rows were all refused for one reason."""
        if self._alike is None:
            return None
        self._alike.append(outcome)
        first = self._alike[0]
        if outcome.status is not RowStatus.REFUSED or outcome.messages != first.messages:
            self._alike = None
        elif len(self._alike) == MAX_ALIKE:
            self._alike = None
            more = (*first.messages, ("", message(UploadMessage.CHECK_COLUMNS)))
            return stop_for(StopReason.ALL_REFUSED, more=more, count=MAX_ALIKE)
        return None

    def awoke(self, now: float) -> None:
        """Take note that the computer slept.  That rows on their way got no answer proves nothing then."""
        self._awoke = now
        self._troubled.clear()
        self._failed_connects = 0

    def _no_connection(self, pending: PendingRow, reply: Reply, asked: float, now: float) -> Stop | None:
        if pending.dispatched <= self._wait_begun:
            return None
        if self._failed_connects == len(CONNECTION_WAITS):
            reason = reply.message or message(ApiMessage.UNREACHABLE)
            late = self.anything_sent and reply.answer is Answer.NOT_CONNECTED
            return stop_for(StopReason.NO_CONNECTION, 5 if late else 4, why=reason)
        why = BREAK if asked else reply.message or message(ApiMessage.UNCONNECTED)
        self._wait(now, asked or CONNECTION_WAITS[self._failed_connects], why)
        self._failed_connects += 1
        return None

    def _adapt(self, pending: PendingRow, decision: Decision, now: float) -> None:
        if decision.everyone and decision.wait:
            self._wait(now, decision.wait, BREAK)
        if not decision.slow_down:
            self._calm += 1
            if self._calm >= CALM_ROWS_PER_CONNECTION * self.limit and self.limit < self._connections:
                self.limit += 1
                self._calm = 0
        elif pending.dispatched > self._slowed:
            self.limit = max(1, self.limit // 2)
            self._slowed = now
            self._calm = 0

    def _count_trouble(self, pending: PendingRow, reply: Reply) -> Stop | None:
        if reply.status is not None and reply.status < 500:
            self._troubled.clear()
            return None
        if pending.dispatched <= self._awoke:
            return None
        self._troubled.add(pending.position)
        if len(self._troubled) < MAX_TROUBLED:
            return None
        last = reply.message or message(UploadMessage.NO_ANSWER)
        return stop_for(StopReason.NO_CLEAR_ANSWER, count=MAX_TROUBLED, last=last)

    def _wait(self, now: float, seconds: float, why: Text) -> None:
        self._wait_begun = now
        if now + seconds > self.not_before:
            self.not_before = now + seconds
            self.why = why
