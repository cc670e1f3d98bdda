"""Which row may go next: rows that share an identifier go one at a time and in file order, everybody else at once."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from cg_uploader.model.request import Request
from cg_uploader.uploads.sending.retry import Attempts

ONCE_ONLY = "once-only"
EVERYBODY = "everybody"


@dataclass(slots=True, eq=False)
class PendingRow:
    """One row on its way: what goes out, which lanes it must keep, and what happened to it so far.

    ``keys``: names of the lanes; ``account``: the account that has to be accepted once before its rows may go side by side.
    ``resting``: the state the journal held before the row was marked as being sent; ``uncertain``: it may have arrived already.
    ``intended``: the journal says that it is being sent.
    """

    position: int
    request: Request
    who: str
    keys: tuple[str, ...]
    account: str | None = None
    once_only: bool = False
    resting: str = ""
    uncertain: bool = False
    intended: bool = False
    attempts: Attempts = field(default_factory=Attempts)
    tries: int = 0
    dispatched: float = 0.0
    blocked: int = 0

    @property
    def in_doubt(self) -> bool:
        """Whether an attempt of this run may have arrived."""
        return self.uncertain and self.attempts.failures > 0


class Scheduler:
    """Tickets in file order, released when nobody before them in one of their lanes is under way.

    The first row of an account that no row has been accepted for goes before the account's other rows: until then the
    account is a lane too.
    """

    def __init__(self) -> None:
        self._queues: dict[str, deque[PendingRow]] = {}
        self._ready: list[tuple[int, PendingRow]] = []
        self._accounts: set[int] = set()
        self._size = 0

    def __len__(self) -> int:
        """How many tickets were added and are not finished."""
        return self._size

    def add(self, pending: PendingRow) -> None:
        """Put a ticket behind those before it; tickets are added in file order."""
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
        """The first ticket in file order that may go now, or None; it keeps its lanes until ``finish``."""
        return heapq.heappop(self._ready)[1] if self._ready else None

    def put_back(self, pending: PendingRow) -> None:
        """A ticket that was taken and did not leave: it may go at any time."""
        heapq.heappush(self._ready, (pending.position, pending))

    def finish(self, pending: PendingRow, *, accepted: bool) -> None:
        """The ticket is settled: whoever waits behind it may go."""
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
        """The account exists now: its rows no longer wait for one another."""
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
