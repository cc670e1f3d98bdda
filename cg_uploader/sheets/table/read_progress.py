"""How a reading is controlled from outside: how far it is, whether it may go on, and where its rows go."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cg_uploader.errors import Cancelled
from cg_uploader.sheets.table.spool import RowStore, Spool
from cg_uploader.translation import _

_MIN_SECONDS_BETWEEN = 0.1


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """How far a reading is."""

    # Rows so far.
    rows: int
    # How much of the file they are, from 0 to 1. None: not known.
    share: float | None = None


class ReadControl:
    """What controls a reading from outside."""

    def __init__(
        self,
        progress: Callable[[ReadProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        limit: int | None = None,
        store: Callable[[], RowStore] = Spool,
        *,
        brief: bool = False,
    ) -> None:
        """``progress`` is told how far the reading is. The reading ends when ``cancelled`` returns True.

        ``limit`` rows are enough. ``store`` makes the store of the rows. It is called again whenever a reading begins again
        from the first row. With ``brief``, what stands behind the last row that is wanted need not be read, not even the names
        of further sheets.
        """
        self.limit = limit
        self.store = store
        self.brief = brief
        # Returns how much of the file is read, from 0 to 1; None when it is not known.
        self.share: Callable[[], float | None] = lambda: None
        self._progress = progress
        self._cancelled = cancelled
        self._reported = 0.0

    def follow(self, tell: Callable[[], int], size: int) -> None:
        """Count as share, from now on, the position that ``tell`` returns out of ``size``, both in bytes.

        The share is not known once the stream of ``tell`` is closed.
        """

        def share() -> float | None:
            try:
                return min(tell() / size, 1.0) if size > 0 else None
            except ValueError:
                return None

        self.share = share

    def tick(self, rows: int) -> None:
        """Report how far the reading is, at most ten times a second.

        Raises:
            Cancelled: when the user stopped the reading.
        """
        if self._cancelled is not None and self._cancelled():
            raise Cancelled(_("Reading was stopped."))
        now = time.monotonic()
        if self._progress is not None and now - self._reported >= _MIN_SECONDS_BETWEEN:
            self._reported = now
            self._progress(ReadProgress(rows, self.share()))
