"""Rows on their way out: marked, in flight, or waiting to be sent again."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator

from cg_uploader.uploads.sending.recorder import Recorder
from cg_uploader.uploads.sending.scheduler import Ticket
from cg_uploader.uploads.sending.worker_pool import Senders, Sent


class Departures:
    """The rows that the engine has taken from the backlog, in front of the threads that send."""

    def __init__(self, senders: Senders, recorder: Recorder) -> None:
        """``recorder`` puts rows back that wait again."""
        self.senders = senders
        self._recorder = recorder
        self._marked: deque[Ticket] = deque()
        self._waiting: list[tuple[float, int, Ticket]] = []
        self._flying: dict[int, Ticket] = {}

    @property
    def flying(self) -> int:
        """How many rows are with the threads that send."""
        return len(self._flying)

    @property
    def due(self) -> float | None:
        """When the first wait of a row is over, on the engine's clock; None when no row waits."""
        return self._waiting[0][0] if self._waiting else None

    def unanswered(self) -> list[Ticket]:
        """Return the rows that are with the threads that send."""
        return list(self._flying.values())

    def unsent(self) -> Iterator[Ticket]:
        """Walk through the rows that were taken and have not left, or not again."""
        yield from self._marked
        yield from (ticket for _, _, ticket in self._waiting)

    def add(self, group: Iterable[Ticket]) -> None:
        """Put rows that are marked now behind the others."""
        self._marked.extend(group)

    def next(self, now: float) -> Ticket | None:
        """Take the row that goes next: one whose wait is over, else one that is marked; None when there is none."""
        if self._waiting and self._waiting[0][0] <= now:
            return heapq.heappop(self._waiting)[2]
        return self._marked.popleft() if self._marked else None

    def launch(self, ticket: Ticket, now: float) -> None:
        """Hand a row, which the journal says is being sent, to the threads."""
        ticket.dispatched = now
        self._flying[ticket.position] = ticket
        self.senders.put(ticket)

    def land(self, sent: Sent) -> Ticket:
        """Take note that an attempt has come back; return its row."""
        del self._flying[sent.ticket.position]
        return sent.ticket

    def wait(self, ticket: Ticket, due: float) -> None:
        """Let a row wait until ``due`` on the engine's clock."""
        heapq.heappush(self._waiting, (due, ticket.position, self._unmarked(ticket)))

    def hold_back_queued(self, due: float) -> None:
        """A wait that holds for everybody: what no thread has begun yet waits too."""
        for ticket in self.senders.withdraw():
            self.wait(self._flying.pop(ticket.position), due)

    def take_back(self) -> None:
        """What no thread has begun yet does not leave."""
        for ticket in reversed(self.senders.withdraw()):
            self._marked.appendleft(self._unmarked(self._flying.pop(ticket.position)))

    def _unmarked(self, ticket: Ticket) -> Ticket:
        """Let the next commit put a once-only row back that waits again, so that a crash meanwhile leaves no doubt about it."""
        if ticket.once_only and ticket.intended and not ticket.in_doubt:
            ticket.intended = False
            self._recorder.put_back(ticket)
        return ticket
