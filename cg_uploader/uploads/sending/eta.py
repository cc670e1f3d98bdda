"""The speed of a run and the time that it will still take, shown only when enough rows were sent to know them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from cg_uploader.model.enums import Activity
from cg_uploader.model.run import Batch, Doing
from cg_uploader.translation import _, ngettext

# Rows that are settled before there is a rate.
MIN_SETTLED_ROWS = 20
# The time of which the rate is the average.
WINDOW_SECONDS = 30.0


class RateEstimator:
    """Estimates rows per second over the last half minute of sending, and the seconds that are left at that rate."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` returns seconds that only grow."""
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()
        self._first: int | None = None

    def feed(self, batch: Batch) -> None:
        """Take note of a batch.  Time in which nothing may leave does not count."""
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
        """Rows per second.  None while fewer than 20 rows have been settled since the first batch."""
        if len(self._marks) < 2 or self._first is None or self._marks[-1][1] - self._first < MIN_SETTLED_ROWS:
            return None
        (begun, before), (now, after) = self._marks[0], self._marks[-1]
        return (after - before) / (now - begun) if now > begun and after > before else None

    def seconds_left(self, rows: int) -> float | None:
        """Return the seconds until ``rows`` rows are settled, or None while there is no rate."""
        rate = self.rate
        return (rows - self._marks[-1][1]) / rate if rate else None


def to_send(batch: Batch) -> int:
    """Return how many rows were to be sent when the run began or was continued."""
    return batch.rows - sum(batch.before.values())


def done(batch: Batch) -> int:
    """Return how many of the rows that were to be sent have an outcome."""
    return batch.settled - sum(batch.before.values())


def format_time_left(seconds: float | None) -> str:
    """Say how long something takes, such as ``about 4 minutes left``.  Empty for None."""
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


def format_doing(doing: Doing) -> str:
    """Say why a run waits or stops, and for how long: ``CustomerGauge asked for a break. Going on in 20 s``."""
    left = "" if doing.seconds is None else _("Going on in {seconds:.0f} s.").format(seconds=doing.seconds)
    return f"{doing.why} {left}".strip()
