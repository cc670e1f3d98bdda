"""The rows that a run still has to send, read from the journal in blocks and handed out as their order allows."""

from __future__ import annotations

from cg_uploader.fields.configuration import Identifiers
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.table import Row
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.sending.queue.scheduler import ALL_ROWS, ONCE_ONLY, PendingRow, Scheduler
from cg_uploader.uploads.sending.retry import Attempts

# How many rows are read ahead, and how many of them at once.
LOOK_AHEAD = 1_000
BLOCK = 100


class Backlog:
    """The rows of one run that have no outcome yet, in file order.  Used by the engine's thread alone."""

    def __init__(self, run: int, plan: Plan, journal: Journal) -> None:
        """``plan`` is what ``journal`` has for ``run``."""
        self._run = run
        self._plan = plan
        self._journal = journal
        self._identifiers = Identifiers(plan.configuration, [heading for heading, _position, _constant in plan.bindings])
        self._scheduler = Scheduler()
        self._next_position: int | None = 0

    def __bool__(self) -> bool:
        """Whether any row is left, including those under way."""
        return self._next_position is not None or len(self._scheduler) > 0

    def fill(self) -> None:
        """Read rows from the journal until enough are there."""
        while self._next_position is not None and len(self._scheduler) < LOOK_AHEAD:
            block = self._journal.left_to_do(self._run, self._next_position, BLOCK)
            for row in block:
                self._scheduler.add(self._pending_row(row))
            self._next_position = block[-1].position + 1 if len(block) == BLOCK else None

    def take_group(self, room: int, limit: int) -> list[PendingRow]:
        """Return the next rows that may leave, up to ``limit``, or ``room`` where that is more.

        Repeatable rows are marked ahead, so that a quick service does not wait for the disk.  A once-only row is marked when it
        leaves, so it is returned only while there is ``room`` for it.
        """
        group: list[PendingRow] = []
        while len(group) < max(room, limit):
            pending = self._scheduler.take()
            if pending is None:
                break
            if pending.once_only and len(group) >= room:
                self._scheduler.put_back(pending)
                break
            group.append(pending)
        return group

    def finish(self, pending: PendingRow, *, accepted: bool) -> None:
        """Take note that a row has its outcome.  Rows that wait for it may leave."""
        self._scheduler.finish(pending, accepted=accepted)

    def _pending_row(self, row: JournalRow) -> PendingRow:
        request = self._plan.request(Row(row.number, row.cells))
        key = self._identifiers.key(request) if self._identifiers.known else ALL_ROWS
        keys = () if key is None else (key,)
        return PendingRow(
            position=row.position,
            request=request,
            who=row.who,
            keys=(*keys, ONCE_ONLY) if row.once_only else keys,
            account=self._identifiers.account(request),
            once_only=row.once_only,
            resting=row.state,
            uncertain=row.status is RowStatus.NOT_SURE,
            attempts=Attempts(earlier=row.status is RowStatus.NOT_SURE),
            tries=row.attempts,
        )
