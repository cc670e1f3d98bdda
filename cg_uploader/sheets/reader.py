"""The one door of this package: any file becomes a Table, or an error that says why not."""

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

    ``progress`` is told how far the reading is, at most ten times a second. With a ``limit`` of rows the digest is empty,
    because only the beginning of the file is read.

    Raises:
        Cancelled: when ``cancelled()`` returns True.
        UsageError: for a sheet or header row that does not exist.
        FileError: when the file cannot be read. Kind missing, locked, changed, password, damaged, empty, web-page, xml-2003,
            not-a-spreadsheet or too-big.
    """
    limits = DEFAULT_LIMITS.within_free_space()
    job = ParseJob(Path(file), options, limits)
    return _read_with(ParseProcess(worker_command(), limits), job, ReadControl(progress, cancelled))


class Readers:
    """Reads files as ``read`` does, and keeps one process ready, so that the next file need not wait for its start.

    Each process reads one file. Any thread may read. ``close`` must be called.
    """

    def __init__(self, command: Sequence[str] = (), limits: Limits = DEFAULT_LIMITS) -> None:
        """``command`` starts a process of another kind."""
        self._command = list(command) or worker_command()
        self._limits = limits
        self._lock = threading.Lock()
        self._closed = False
        self._ready: ParseProcess | None = None

    def prepare(self) -> None:
        """Start a process for the next file, without waiting for it.

        Raises:
            FileError: when the system does not start it.
        """
        with self._lock:
            if self._ready is None and not self._closed:
                self._ready = ParseProcess(self._command, self._limits)

    def read(
        self,
        file: Path,
        options: ReadOptions = AS_FOUND,
        *,
        progress: Callable[[ReadProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        first: Callable[[Table], None] | None = None,
    ) -> Table:
        """Read ``file`` as the function ``read`` does, and raise what it raises.

        While the rest is read, ``first`` gets a table of the first rows alone, with what is known of the file by then and an
        empty digest. It needs no closing. It does not come when the rows stand too far behind the beginning of the file.
        """
        job = ParseJob(Path(file), options, self._limits.within_free_space(), FIRST_ROWS if first is not None else 0)
        try:
            return _read_with(self._take_process(), job, ReadControl(progress, cancelled), first)
        finally:
            with suppress(FileError):  # reading the next file meets the same error
                self.prepare()

    def close(self) -> None:
        """End the process that is ready."""
        with self._lock:
            ready, self._ready, self._closed = self._ready, None, True
        if ready is not None:
            ready.close()

    def _take_process(self) -> ParseProcess:
        """Return the process that is ready, or a new one."""
        with self._lock:
            ready, self._ready = self._ready, None
        if ready is not None and ready.alive:
            return ready
        if ready is not None:
            ready.close()
        return ParseProcess(self._command, self._limits)


def _read_with(
    process: ParseProcess, job: ParseJob, control: ReadControl, on_first_rows: Callable[[Table], None] | None = None
) -> Table:
    receiver, table = TableReceiver(job.file, control, on_first_rows, max_text=job.limits.text), None
    with closing(process):
        try:
            for message in process.messages(job, receiver.tick):
                table = receiver.take(message)
                if table is not None:
                    return table
        finally:
            if table is None:
                receiver.close()
    raise interrupted_error(job.file.name)
