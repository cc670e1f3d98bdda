"""The rows on their way out: marked, in flight, or waiting to be sent again."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator

from cg_uploader.uploads.sending.queue.scheduler import PendingRow
from cg_uploader.uploads.sending.recorder import Recorder
from cg_uploader.uploads.sending.worker_pool import AttemptResult, WorkerPool


class Departures:
    """The rows that the engine has taken from the backlog and that have no outcome yet."""

    def __init__(self, pool: WorkerPool, recorder: Recorder) -> None:
        """``pool`` sends rows.  ``recorder`` puts rows back that wait again."""
        self.pool = pool
        self._recorder = recorder
        self._marked: deque[PendingRow] = deque()
        self._waiting: list[tuple[float, int, PendingRow]] = []
        self._in_flight: dict[int, PendingRow] = {}

    @property
    def in_flight(self) -> int:
        """How many rows are with the threads that send."""
        return len(self._in_flight)

    @property
    def due(self) -> float | None:
        """When the first wait of a row is over, on the engine's clock.  None when no row waits."""
        return self._waiting[0][0] if self._waiting else None

    def unanswered(self) -> list[PendingRow]:
        """Return the rows that are with the threads that send."""
        return list(self._in_flight.values())

    def unsent(self) -> Iterator[PendingRow]:
        """Iterate over the rows that were taken and have not left, or not again."""
        yield from self._marked
        yield from (pending for _, _, pending in self._waiting)

    def add(self, group: Iterable[PendingRow]) -> None:
        """Add rows that are marked now, behind the others."""
        self._marked.extend(group)

    def next(self, now: float) -> PendingRow | None:
        """Take the next row to send: one whose wait is over, else one that is marked.  None when there is none."""
        if self._waiting and self._waiting[0][0] <= now:
            return heapq.heappop(self._waiting)[2]
        return self._marked.popleft() if self._marked else None

    def launch(self, pending: PendingRow, now: float) -> None:
        """Hand a row to the threads that send.  The journal has it as being sent."""
        pending.dispatched = now
        self._in_flight[pending.position] = pending
        self.pool.put(pending)

    def land(self, sent: AttemptResult) -> PendingRow:
        """Take note that an attempt has come back, and return its row."""
        del self._in_flight[sent.pending.position]
        return sent.pending

    def wait(self, pending: PendingRow, due: float) -> None:
        """Let a row wait until ``due`` on the engine's clock."""
        heapq.heappush(self._waiting, (due, pending.position, self._unmarked(pending)))

    def hold_back_queued(self, due: float) -> None:
        """Let the rows wait too that no thread has begun yet."""
        for pending in self.pool.withdraw():
            self.wait(self._in_flight.pop(pending.position), due)

    def take_back(self) -> None:
        """Take back the rows that no thread has begun yet."""
        for pending in reversed(self.pool.withdraw()):
            self._marked.appendleft(self._unmarked(self._in_flight.pop(pending.position)))

    def _unmarked(self, pending: PendingRow) -> PendingRow:
        """Let the next commit put a once-only row back that waits again, so that it is not in doubt after a crash."""
        if pending.once_only and pending.intended and not pending.in_doubt:
            pending.intended = False
            self._recorder.put_back(pending)
        return pending
