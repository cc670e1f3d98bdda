"""Owns the one door of this room: any file becomes a Table, or a sentence that says why not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from cg_uploader.errors import FileError
from cg_uploader.model.table import Table
from cg_uploader.sheets.options import AS_FOUND, ReadOptions
from cg_uploader.sheets.process.limits import DEFAULT_LIMITS, Limits
from cg_uploader.sheets.process.parse_process import ParseProcess, interrupted_error, worker_command
from cg_uploader.sheets.process.protocol import ParseJob
from cg_uploader.sheets.process.receiver import TableReceiver
from cg_uploader.sheets.table.read_progress import ReadControl, ReadProgress

__all__ = ["ReadOptions", "ReadProgress", "Readers", "read"]

FIRST_ROWS = 100


def read(
    file: Path,
    options: ReadOptions = AS_FOUND,
    *,
    progress: Callable[[ReadProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Table:
    """Read ``file`` into a Table, in a process that is started for it.

    ``progress`` hears how far it is, at most ten times a second.  Cancelled when ``cancelled()`` says so; UsageError
    for a sheet or header row that is not there; FileError (kind: missing, locked, changed, password, damaged, empty, web-page,
    xml-2003, not-a-spreadsheet, too-big) when the file cannot be read.  With a ``limit`` the digest is empty, because only the
    beginning is looked at.
    """
    limits = DEFAULT_LIMITS.with_room()
    return _read_by(
        ParseProcess(worker_command(), limits), ParseJob(Path(file), options, limits), ReadControl(progress, cancelled)
    )


class Readers:
    """Reads files as ``read`` does, and keeps one process ready, so that the next file need not wait for its start.

    Each process reads one file.  Any thread may read.  ``close`` must be called.
    """

    def __init__(self, words: Sequence[str] = (), limits: Limits = DEFAULT_LIMITS) -> None:
        """``words`` start a process of another kind."""
        self._words = list(words) or worker_command()
        self._limits = limits
        self._lock = threading.Lock()
        self._closed = False
        self._ready: ParseProcess | None = None

    def prepare(self) -> None:
        """Have a process ready; it starts while the program goes on."""
        with self._lock:
            if self._ready is None and not self._closed:
                self._ready = ParseProcess(self._words, self._limits)

    def read(
        self,
        file: Path,
        options: ReadOptions = AS_FOUND,
        *,
        progress: Callable[[ReadProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        first: Callable[[Table], None] | None = None,
    ) -> Table:
        """Read ``file``; see the function ``read``.

        ``first`` gets, while the rest is read, a table of the first rows alone, with what is known of the file by then and an
        empty digest.  Nobody has to close it.  It does not come when the rows stand too far behind the beginning of the file.
        """
        job = ParseJob(Path(file), options, self._limits.with_room(), FIRST_ROWS if first is not None else 0)
        try:
            return _read_by(self._taken(), job, ReadControl(progress, cancelled), first)
        finally:
            with suppress(FileError):  # the next file will say so
                self.prepare()

    def close(self) -> None:
        """End the process that is ready."""
        with self._lock:
            ready, self._ready, self._closed = self._ready, None, True
        if ready is not None:
            ready.close()

    def _taken(self) -> ParseProcess:
        """The process that is ready, or a new one."""
        with self._lock:
            ready, self._ready = self._ready, None
        if ready is not None and ready.alive:
            return ready
        if ready is not None:
            ready.close()
        return ParseProcess(self._words, self._limits)


def _read_by(child: ParseProcess, job: ParseJob, watch: ReadControl, first: Callable[[Table], None] | None = None) -> Table:
    receiver, table = TableReceiver(job.file, watch, first, max_text=job.limits.text), None
    with closing(child):
        try:
            for message in child.messages(job, receiver.tick):
                table = receiver.take(message)
                if table is not None:
                    return table
        finally:
            if table is None:
                receiver.close()
    raise interrupted_error(job.file.name)
