"""The order in which rows may leave.

Rows that share an identifier leave one at a time and in file order.  All other rows may leave at once.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from cg_uploader.model.request import Request
from cg_uploader.uploads.sending.retry import Attempts

# The lane of once-only rows, and that of all rows where nothing identifies them.
ONCE_ONLY = "once-only"
ALL_ROWS = "all-rows"


@dataclass(slots=True, eq=False)
class PendingRow:
    """One row on its way, and what happened to it so far."""

    position: int  # in the run, counted from 0
    request: Request
    who: str  # whom it is about
    keys: tuple[str, ...]  # its lanes: of the rows in one lane, one is under way at a time
    account: str | None = None  # one row of an account is accepted before its others may leave side by side
    once_only: bool = False
    resting: str = ""  # its state in the journal before it was marked as being sent
    uncertain: bool = False  # it may have arrived already
    intended: bool = False  # the journal has it as being sent
    attempts: Attempts = field(default_factory=Attempts)
    tries: int = 0  # in all runs
    dispatched: float = 0.0  # when it was handed to the threads, on the engine's clock
    blocked: int = 0  # in how many lanes another row is before it

    @property
    def in_doubt(self) -> bool:
        """Whether an attempt of this run may have arrived."""
        return self.uncertain and self.attempts.failures > 0


class Scheduler:
    """Pending rows in file order, which may leave when no row before them in their lanes is left.

    Until a row of an account is accepted, the account is a lane too.
    """

    def __init__(self) -> None:
        self._queues: dict[str, deque[PendingRow]] = {}
        self._ready: list[tuple[int, PendingRow]] = []
        self._accounts: set[int] = set()
        self._size = 0

    def __len__(self) -> int:
        """How many rows were added and are not finished."""
        return self._size

    def add(self, pending: PendingRow) -> None:
        """Add a row.  Rows are added in file order."""
        if pending.account is not None and hash(pending.account) not in self._accounts:
            pending.keys += (_account_lane(pending.account),)
        pending.blocked = 0
        for key in pending.keys:
            queue = self._queues.setdefault(key, deque())
            pending.blocked += bool(queue)
            queue.append(pending)
        self._size += 1
        self._release((pending,), by=0)

    def take(self) -> PendingRow | None:
        """Take the first row in file order that may leave now, or None.  It keeps its lanes until ``finish``."""
        return heapq.heappop(self._ready)[1] if self._ready else None

    def put_back(self, pending: PendingRow) -> None:
        """Put a row back that was taken and did not leave.  It may leave at any time."""
        heapq.heappush(self._ready, (pending.position, pending))

    def finish(self, pending: PendingRow, *, accepted: bool) -> None:
        """Take note that a row has its outcome.  Rows that wait behind it may leave."""
        self._size -= 1
        if accepted and pending.account is not None:
            self._open(pending.account)
        for key in pending.keys:
            queue = self._queues.get(key)
            if queue is None:
                continue
            queue.popleft()
            if queue:
                self._release((queue[0],), by=1)
            else:
                del self._queues[key]

    def _open(self, account: str) -> None:
        """Let rows of an account leave side by side from now on."""
        self._accounts.add(hash(account))
        queue = self._queues.pop(_account_lane(account), None)
        if queue:
            queue.popleft()
            self._release(queue, by=1)

    def _release(self, pending_rows: Iterable[PendingRow], *, by: int) -> None:
        for pending in pending_rows:
            pending.blocked -= by
            if pending.blocked == 0:
                self.put_back(pending)


def _account_lane(account: str) -> str:
    return "first of account " + account
