"""What a run still has to send: read from the journal some way ahead, and handed out as the order of rows allows."""

from __future__ import annotations

from cg_uploader.fields.configuration import Identifiers
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.table import Row
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.sending.retry import Attempts
from cg_uploader.uploads.sending.scheduler import EVERYBODY, ONCE_ONLY, PendingRow, Scheduler

# How many rows are in sight, and how many of them are read at once.
LOOK_AHEAD = 1_000
BLOCK = 100


class Backlog:
    """The rows of one run that have no outcome yet, in file order; used by the engine's thread alone."""

    def __init__(self, run: int, plan: Plan, journal: Journal) -> None:
        """``plan``: as it is recorded for ``run``."""
        self._run = run
        self._plan = plan
        self._journal = journal
        self._identifiers = Identifiers(plan.configuration, [heading for heading, _, _ in plan.bindings])
        self._scheduler = Scheduler()
        self._next_position: int | None = 0

    def __bool__(self) -> bool:
        """Whether any row is left, rows that are under way included."""
        return self._next_position is not None or len(self._scheduler) > 0

    def fill(self) -> None:
        """Read rows from the journal until enough are in sight."""
        while self._next_position is not None and len(self._scheduler) < LOOK_AHEAD:
            block = self._journal.left_to_do(self._run, self._next_position, BLOCK)
            for kept in block:
                self._scheduler.add(self._ticket(kept))
            self._next_position = block[-1].position + 1 if len(block) == BLOCK else None

    def take_group(self, room: int, limit: int) -> list[PendingRow]:
        """Return the next rows that may go, up to ``limit``, or ``room`` where that is more.

        Repeatable rows may be marked some way ahead, so that a quick service does not wait for the disk.  A once-only row is
        marked when it leaves, so it comes only where there is ``room`` for it.
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
        """Take note that a row has its outcome; what waits for it may go."""
        self._scheduler.finish(pending, accepted=accepted)

    def _ticket(self, kept: JournalRow) -> PendingRow:
        request = self._plan.request(Row(kept.number, kept.cells))
        key = self._identifiers.key(request) if self._identifiers.known else EVERYBODY
        keys = () if key is None else (key,)
        return PendingRow(
            position=kept.position,
            request=request,
            who=kept.who,
            keys=(*keys, ONCE_ONLY) if kept.once_only else keys,
            account=self._identifiers.account(request),
            once_only=kept.once_only,
            resting=kept.state,
            uncertain=kept.status is RowStatus.NOT_SURE,
            attempts=Attempts(earlier=kept.status is RowStatus.NOT_SURE),
            tries=kept.attempts,
        )
