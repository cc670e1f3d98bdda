"""Owns how a reading is followed from outside: how far it is, whether it may go on, and where its rows go."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cg_uploader.errors import Cancelled
from cg_uploader.sheets.table.spool import RowStore, Spool

_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """How far a reading is: rows so far, and how much of the file they are, from 0 to 1; None when nobody can tell."""

    rows: int
    share: float | None = None


class ReadControl:
    """How a reading is followed: ``progress`` hears of it, ``cancelled`` may end it, ``limit`` rows are enough.

    ``store`` makes the place that rows go to; it is called anew whenever a reading begins again from the first row.
    ``brief``: what stands behind the last row that is wanted need not be known, not even the names of further sheets.
    """

    def __init__(
        self,
        progress: Callable[[ReadProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        limit: int | None = None,
        store: Callable[[], RowStore] = Spool,
        *,
        brief: bool = False,
    ) -> None:
        self.limit = limit
        self.store = store
        self.brief = brief
        self.share: Callable[[], float | None] = lambda: None
        self._progress = progress
        self._cancelled = cancelled
        self._said = 0.0

    def follow(self, place: Callable[[], int], size: int) -> None:
        """From now on the share is how far ``place`` has come on its way to ``size``; unknown once ``place`` is closed."""

        def share() -> float | None:
            try:
                return min(place() / size, 1.0) if size > 0 else None
            except ValueError:
                return None

        self.share = share

    def tick(self, rows: int) -> None:
        """Say how far the reading is, at most ten times a second; Cancelled when the person stopped it."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("Reading was stopped.")
        now = time.monotonic()
        if self._progress is not None and now - self._said >= _PAUSE:
            self._said = now
            self._progress(ReadProgress(rows, self.share()))
