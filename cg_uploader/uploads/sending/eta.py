"""How fast a run goes and how long it will still take, honestly: nothing is said before it can be known."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from cg_uploader.model.enums import Activity
from cg_uploader.model.run import Batch, Doing
from cg_uploader.translation import _, ngettext

ROWS_BEFORE_A_WORD = 20
WINDOW_SECONDS = 30.0


class RateEstimator:
    """Rows per second over the last half minute of sending, and the seconds that remain at that rate."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` gives seconds that only ever grow."""
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()
        self._first: int | None = None

    def feed(self, batch: Batch) -> None:
        """Take note of a batch; time that passes while nothing may leave does not count."""
        if batch.activity in (Activity.PREPARING, Activity.PAUSED):
            self._marks.clear()
            return
        now = self._clock()
        if self._first is None:
            self._first = batch.settled
        self._marks.append((now, batch.settled))
        while now - self._marks[0][0] > WINDOW_SECONDS and len(self._marks) > 2:
            self._marks.popleft()

    @property
    def rate(self) -> float | None:
        """Rows per second, or None as long as fewer than 20 rows have been settled since the first batch."""
        if len(self._marks) < 2 or self._first is None or self._marks[-1][1] - self._first < ROWS_BEFORE_A_WORD:
            return None
        (begun, before), (now, after) = self._marks[0], self._marks[-1]
        return (after - before) / (now - begun) if now > begun and after > before else None

    def seconds_left(self, rows: int) -> float | None:
        """Seconds until ``rows`` rows are settled, or None when nobody can know."""
        rate = self.rate
        return (rows - self._marks[-1][1]) / rate if rate else None


def to_send(batch: Batch) -> int:
    """How many rows there were to be sent when the run began or was continued; with the rows of ``before`` they are all."""
    return batch.rows - sum(batch.before.values())


def done(batch: Batch) -> int:
    """How many of the rows to be sent have an outcome: progress is about these, totals are about all rows."""
    return batch.settled - sum(batch.before.values())


def in_words(seconds: float | None) -> str:
    """``about 4 minutes left``; empty when nobody can know."""
    if seconds is None:
        return ""
    if seconds < 10:
        return _("a few seconds left")
    if seconds < 90:
        count = round(seconds / 10) * 10
        return ngettext("about {count} second left", "about {count} seconds left", count).format(count=count)
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("about {count} minute left", "about {count} minutes left", minutes).format(count=minutes)
    return _("about {hours:.1f} hours left").format(hours=minutes / 60)


def doing_in_words(doing: Doing) -> str:
    """Say why a run waits or stops, and for how long: ``CustomerGauge asked for a break. Going on in 20 s``."""
    left = "" if doing.seconds is None else f"Going on in {doing.seconds:.0f} s."
    return f"{doing.why} {left}".strip()
