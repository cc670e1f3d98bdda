"""What became of rows and of a run: outcomes, batches that are announced, totals that add up."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import datetime

from cg_uploader.model.enums import Activity, Region, RowStatus
from cg_uploader.model.message import Argument, Message, Messages, Text, in_one_line, message
from cg_uploader.model.statuses import STATUSES
from cg_uploader.model.stop_reasons import RunState, StopReason


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row.

    ``messages``: what there is to know.  ``who``: its identifier, as the user knows it.
    """

    row: int
    status: RowStatus
    http: int | None = None
    messages: Messages = ()
    attempts: int = 0
    who: str = ""
    fingerprint: bytes = b""

    @property
    def message(self) -> str:
        """All sentences in one line."""
        return in_one_line(self.messages)


@dataclass(frozen=True, slots=True)
class Doing:
    """What a run is doing at the moment; window and terminal make the text."""

    kind: Activity
    # Why, or what has happened; "" when there is nothing to say.
    why: Text = ""
    # Seconds until it goes on by itself; None when nothing is waited for.
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What a run announces, at most about ten times a second; everything in it is on disk."""

    rows: int  # what the totals will add up to
    counts: Dict[RowStatus, int]  # totals so far
    outcomes: tuple[Outcome, ...] = ()
    doing: Doing = Doing(Activity.SENDING)
    run: int = 0  # not recorded yet
    before: Dict[RowStatus, int] = field(default_factory=dict)  # totals before the run, or its continuation, sent anything

    @property
    def activity(self) -> Activity:
        """The kind of what the run is doing."""
        return self.doing.kind

    @property
    def settled(self) -> int:
        """How many rows have an outcome."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run ended before its last row; ``str`` makes the sentence."""

    reason: StopReason
    # What a program ends with that has only this run to do.
    exit_code: int = 5
    # The arguments of the reason's own sentence.
    arguments: tuple[tuple[str, Argument], ...] = ()
    # What stands behind that sentence, such as the answer's words.
    more: Messages = ()

    @property
    def messages(self) -> Messages:
        """The reason's own sentence, and what stands behind it."""
        return (("", Message(self.reason, self.arguments)), *self.more)

    def __str__(self) -> str:
        return in_one_line(self.messages)


def stop_for(reason: StopReason, exit_code: int = 5, more: Messages = (), **arguments: Argument) -> Stop:
    """Make a stop, with the arguments of the reason's sentence by their names."""
    return Stop(reason, exit_code, message(reason, **arguments).arguments, more)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a run stands; the six counts always add up to ``rows``.

    ``stopped``: why it ended before its last row.  ``values_deleted``: since when it cannot be continued.
    """

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
    # Whether a program works on it.
    held: bool = False

    def __post_init__(self) -> None:
        """Totals that do not add up are a bug, not a report."""
        if sum(self.counts.values()) != self.rows:
            raise ValueError(f"{dict(self.counts)} do not add up to {self.rows} rows")

    @property
    def state(self) -> RunState:
        """How it stands, in one word."""
        if self.finished is None:
            return RunState.UNDER_WAY if self.held else RunState.CUT_OFF
        return RunState.FINISHED if self.stopped is None else RunState.STOPPED

    @property
    def why(self) -> str:
        """Why it has not come to its end, or not yet, in a sentence; empty when it has."""
        return self.state.text({}) if self.stopped is None else str(self.stopped)

    @property
    def attention(self) -> int:
        """How many rows the user has to look at."""
        return sum(count for status, count in self.counts.items() if STATUSES[status].needs_attention)

    @property
    def exit_code(self) -> int:
        """0 everything accepted or skipped, 1 some rows need attention, else the reason's own."""
        if self.state is RunState.FINISHED:
            return 1 if self.attention else 0
        return 5 if self.stopped is None else self.stopped.exit_code
