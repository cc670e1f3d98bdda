"""The recording of outcomes, which are committed to the journal and only then announced."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cg_uploader.model.enums import Activity
from cg_uploader.model.run import Batch, Doing, Outcome, RunSummary, Stop
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending.queue.scheduler import PendingRow


class Recorder:
    """Collects outcomes until the next commit, and announces what is committed.  Used by the engine's thread alone."""

    def __init__(self, run: int, journal: Journal, on_batch: Callable[[Batch], None]) -> None:
        """``on_batch`` is called with everything that is on disk."""
        self._run = run
        self._journal = journal
        self._on_batch = on_batch
        self._settled: list[tuple[int, Outcome]] = []
        self._returned: list[tuple[int, str]] = []
        self._unannounced: list[Outcome] = []
        self._before, self._rows = journal.counts(run, settled_only=True), journal.size(run)
        self._counts = dict(self._before)
        self._shown: Doing | None = None

    def settle(self, pending: PendingRow, outcome: Outcome) -> None:
        """Let the next commit record a row's outcome."""
        self._settled.append((pending.position, outcome))
        self._counts[outcome.status] += 1

    def put_back(self, pending: PendingRow) -> None:
        """Let the next commit return a row that did not leave to the state that it had before it was marked."""
        self._returned.append((pending.position, pending.resting))

    def commit(self, intents: Sequence[PendingRow] = ()) -> None:
        """Record outcomes, returned rows and intents in one commit.

        Only after it may outcomes be announced, and may the rows of ``intents`` leave.
        """
        if not (self._settled or intents or self._returned):
            return
        self._journal.record(self._run, self._settled, [pending.position for pending in intents], self._returned)
        for pending in intents:
            pending.intended = True
        self._unannounced += [outcome for _, outcome in self._settled]
        self._settled, self._returned = [], []

    def announce(self, doing: Doing) -> None:
        """Announce what is committed, and what the run does now."""
        outcomes, self._unannounced = tuple(self._unannounced), []
        self._shown = doing
        self._on_batch(Batch(self._rows, dict(self._counts), outcomes, doing, self._run, self._before))

    def announce_news(self, doing: Doing) -> None:
        """Announce what is committed, if anything is new since the last time."""
        if self._unannounced or doing != self._shown:
            self.announce(doing)

    def why_no_room(self) -> Stop | None:
        """Return why the run should stop before its next row leaves, or None while there is room to record it."""
        return self._journal.why_no_room()

    def end(self, stop: Stop | None) -> RunSummary:
        """Commit what is left, end the run for now, and return how it stands."""
        self.commit()
        summary = self._journal.end(self._run, stop)
        self.announce(Doing(Activity.FINISHED))
        return summary
