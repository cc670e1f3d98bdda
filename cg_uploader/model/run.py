"""A run: the outcomes of its rows, the batches that it announces, its totals."""

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
    """What became of one row."""

    # Its number, as Excel shows it.
    row: int
    status: RowStatus
    # The status of the last answer. None: there was none.
    http: int | None = None
    # What there is to know.
    messages: Messages = ()
    attempts: int = 0
    # Its identifier, as the user knows it.
    who: str = ""
    # Of its request. Empty: it was not made.
    fingerprint: bytes = b""

    @property
    def message(self) -> str:
        """All messages in one line."""
        return in_one_line(self.messages)


@dataclass(frozen=True, slots=True)
class Doing:
    """What a run is doing at the moment.  Window and terminal make the text."""

    kind: Activity
    # Why, or what has happened. Empty: nothing.
    why: Text = ""
    # Seconds until it goes on by itself. None: it does not wait.
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What a run announces, about ten times a second at most.  Everything in it is on disk."""

    # What the totals will add up to.
    rows: int
    # Totals so far.
    counts: Dict[RowStatus, int]
    # What became of rows since the last batch.
    outcomes: tuple[Outcome, ...] = ()
    doing: Doing = Doing(Activity.SENDING)
    # The number of the run. 0: it is not recorded yet.
    run: int = 0
    # Totals before the run, or its continuation, sent anything.
    before: Dict[RowStatus, int] = field(default_factory=dict)

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
    """Why a run ended before its last row.  ``str`` makes the sentence."""

    reason: StopReason
    # What a command ends with.
    exit_code: int = 5
    # The arguments of the reason's sentence.
    arguments: tuple[tuple[str, Argument], ...] = ()
    # What follows that sentence, such as the words of the answer.
    more: Messages = ()

    @property
    def messages(self) -> Messages:
        """The reason's sentence, and what follows it."""
        return (("", Message(self.reason, self.arguments)), *self.more)

    def __str__(self) -> str:
        return in_one_line(self.messages)


def stop_for(reason: StopReason, exit_code: int = 5, more: Messages = (), **arguments: Argument) -> Stop:
    """Make a stop from the arguments of the reason's sentence."""
    return Stop(reason, exit_code, message(reason, **arguments).arguments, more)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a run stands."""

    run: int
    file: str
    profile: str
    region: Region
    rows: int
    # Of each status. They add up to ``rows``.
    counts: Dict[RowStatus, int]
    started: datetime
    # None: it has not ended yet, or was cut off.
    finished: datetime | None = None
    # Why it ended before its last row. None: it did not.
    stopped: Stop | None = None
    sent_by: str = ""
    # Since when it cannot be continued, because its values are deleted.
    values_deleted: datetime | None = None
    # Whether a program works on it now.
    held: bool = False

    def __post_init__(self) -> None:
        """Check that the totals add up.

        Raises:
            ValueError: they do not, which is a bug.
        """
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
        """Why it has not reached its end, in a sentence.  Empty when it has."""
        return self.state.text({}) if self.stopped is None else str(self.stopped)

    @property
    def attention(self) -> int:
        """How many rows the user has to look at."""
        return sum(count for status, count in self.counts.items() if STATUSES[status].needs_attention)

    @property
    def exit_code(self) -> int:
        """0 when all rows are accepted or skipped, 1 when some need attention, else the reason's own."""
        if self.state is RunState.FINISHED:
            return 1 if self.attention else 0
        return 5 if self.stopped is None else self.stopped.exit_code
