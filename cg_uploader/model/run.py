"""What became of rows and of a run: outcomes, batches that are announced, totals that add up."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import datetime

from cg_uploader.model.enums import Activity, Region, RowStatus
from cg_uploader.model.statuses import STATUSES


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row.

    ``messages``: (heading, or "" for the row as a whole; sentence).  ``who``: its identifier, for people.
    """

    row: int
    status: RowStatus
    http: int | None = None
    messages: tuple[tuple[str, str], ...] = ()
    attempts: int = 0
    who: str = ""
    fingerprint: bytes = b""

    @property
    def message(self) -> str:
        """All sentences in one line."""
        return " ".join(f"{heading}: {text}" if heading else text for heading, text in self.messages)


@dataclass(frozen=True, slots=True)
class Batch:
    """What a run announces, at most about ten times a second; everything in it is on disk."""

    rows: int  # what the totals will add up to
    counts: Dict[RowStatus, int]  # totals so far
    outcomes: tuple[Outcome, ...] = ()
    activity: Activity = Activity.SENDING
    detail: str = ""  # why it waits
    run: int = 0  # not recorded yet
    before: Dict[RowStatus, int] = field(default_factory=dict)  # totals before the run, or its continuation, sent anything

    @property
    def settled(self) -> int:
        """How many rows have an outcome."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run ended before its last row: a sentence, and the exit code that says so to programs."""

    reason: str
    exit_code: int = 5


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a run stands; the six counts always add up to ``rows``.  ``values_deleted``: since when it cannot be continued."""

    run: int
    file: str
    profile: str
    region: Region
    rows: int
    counts: Dict[RowStatus, int]
    started: datetime
    finished: datetime | None = None
    stopped: Stop | None = None
    sent_by: str = ""
    values_deleted: datetime | None = None

    def __post_init__(self) -> None:
        """Totals that do not add up are a bug, not a report."""
        if sum(self.counts.values()) != self.rows:
            raise ValueError(f"{dict(self.counts)} do not add up to {self.rows} rows")

    @property
    def attention(self) -> int:
        """How many rows somebody has to look at."""
        return sum(count for status, count in self.counts.items() if STATUSES[status].needs_attention)

    @property
    def exit_code(self) -> int:
        """0 everything accepted or skipped, 1 some rows need attention, else the reason's own."""
        if self.stopped is not None:
            return self.stopped.exit_code
        return 1 if self.attention else 0
