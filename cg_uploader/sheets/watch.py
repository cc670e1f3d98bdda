"""Owns how a reading is followed from outside: how far it is, whether it may go on, and where its rows go."""

from __future__ import annotations

import time
from collections.abc import Callable

from cg_uploader.errors import Cancelled
from cg_uploader.sheets.spool import Spool, Store

_PAUSE = 0.1


class Watch:
    """How a reading is followed: ``progress`` gets the rows so far, ``cancelled`` may end it, ``limit`` rows are enough.

    ``store`` makes the place that rows go to; it is called anew whenever a reading begins again from the first row.
    """

    def __init__(
        self,
        progress: Callable[[int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        limit: int | None = None,
        store: Callable[[], Store] = Spool,
    ) -> None:
        self.limit = limit
        self.store = store
        self._progress = progress
        self._cancelled = cancelled
        self._said = 0.0

    def tick(self, rows: int) -> None:
        """Say how far the reading is, at most ten times a second; Cancelled when the person stopped it."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("Reading was stopped.")
        now = time.monotonic()
        if self._progress is not None and now - self._said >= _PAUSE:
            self._said = now
            self._progress(rows)
