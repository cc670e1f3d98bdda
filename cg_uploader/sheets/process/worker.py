"""The process in which a file is read: it takes one job, sends the rows and the rest of the table, and ends.

A file that makes the reading code crash or swell takes this process with it and nothing else.
"""

from __future__ import annotations

import os
import signal
import struct
import threading
import time
import traceback
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

from cg_uploader.errors import FileError, UploaderError, UsageError
from cg_uploader.sheets.cells.notes import CollectedNotes, NoteCollector
from cg_uploader.sheets.formats.registry import load_openers
from cg_uploader.sheets.open_file import parse
from cg_uploader.sheets.process.limits import (
    check_own_memory,
    limit_own_process,
    text_too_long_error,
    too_much_memory_error,
)
from cg_uploader.sheets.process.protocol import FrameKind, MessageTooLong, ParseJob, encode_failure, send_message
from cg_uploader.sheets.process.table_json import encode_table
from cg_uploader.sheets.table.merged_cells import Spans
from cg_uploader.sheets.table.read_progress import ReadControl, ReadProgress
from cg_uploader.sheets.table.spool import Spool
from cg_uploader.translation import _, use

# After so many seconds first rows alone would come too late to be worth a reading of their own.
_MAX_FIRST_ROWS_SECONDS = 2.0

# So many bytes of text, and so many times the size of the file, are sent before the rest is counted.
_MIN_UNCOUNTED_BYTES, _UNCOUNTED_RATIO = 64 << 20, 16


class RowSender:
    """A store whose rows go to the program. Nothing stays here.

    When they have more than ``uncounted`` bytes, the rest is counted and not sent. So a small file that stands for a huge
    table is refused before its text has filled a disk.
    """

    def __init__(self, out: IO[bytes], max_text: int, uncounted: int | None) -> None:
        """``max_text``: more bytes raise a FileError. ``uncounted`` None: the rows were counted already, send all."""
        self.order: tuple[int, ...] = ()
        self.covered: Spans = {}
        self.counts_only = False
        self._out = out
        self._max_text = max_text
        self._uncounted = uncounted
        self._text_bytes = 0
        send_message(out, FrameKind.ROWS_BEGIN)

    def wants(self, lines: Sequence[str]) -> bool:
        """Return whether they are sent. They are counted in any case.

        Raises:
            FileError: kind ``too-big``, when the rows have too many bytes of text.
        """
        if self.counts_only:
            self._count(sum(len(line) if line.isascii() else len(line.encode()) for line in lines))
        return not self.counts_only

    def _count(self, size: int) -> None:
        self._text_bytes += size
        if self._text_bytes > self._max_text:
            raise text_too_long_error(self._max_text)
        self.counts_only = self._uncounted is not None and self._text_bytes > self._uncounted

    def take(self, numbers: array[int], data: bytes) -> None:
        """Send one block.

        Raises:
            FileError: kind ``too-big``, when the rows have too many bytes of text.
        """
        self._count(len(data))
        send_message(self._out, FrameKind.ROWS, struct.pack("=I", len(numbers)), numbers.tobytes(), data)

    def seal(self, order: Sequence[int]) -> Spool:
        """Remember the order of the columns, and return a spool without rows."""
        self.order = tuple(order)
        return Spool()

    def cover(self, spans: Spans) -> None:
        """Remember what is blank."""
        self.covered = spans


def main() -> int:
    """Report that this process is ready, take a job from standard input, and send what comes of it to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program decides what Ctrl-C means
    with open(0, "rb", closefd=False) as source, open(1, "wb", closefd=False) as out:
        try:
            load_openers()
            send_message(out, FrameKind.ALIVE)
            line = source.readline()
            if line:
                threading.Thread(target=_end_with_parent, daemon=True).start()
                _answer(ParseJob.from_line(line), out)
        except BrokenPipeError:
            os._exit(1)  # the program is gone, so what is still to be written cannot be
    return 0


def _end_with_parent() -> None:
    """End this process when the program ends, which closes its end of standard input."""
    os.read(0, 1)
    os._exit(1)


def _answer(job: ParseJob, out: IO[bytes]) -> None:
    use(job.catalogue)
    limit_own_process(job.limits.address)
    try:
        _send_tables(job, out)
    except (FileError, UsageError) as error:
        failure: UploaderError = error
    except (MemoryError, MessageTooLong):
        failure = too_much_memory_error(job.file.name)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug must reach the program as a sentence, without data of the user in it
        failure = _unexpected_error(job.file, error)
    else:
        return
    send_message(out, FrameKind.FAILURE, encode_failure(failure))


def _unexpected_error(file: Path, error: Exception) -> FileError:
    """Return the error for a bug in the reading code, with its place in that code."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    sentence = _(
        "{name} cannot be read: something in it is not as it should be ({error} in {module}, line {line}). Open it in Excel "
        "and save it again, or ask for a new copy."
    )
    sentence = sentence.format(name=file.name, error=type(error).__name__, module=Path(frame.filename).name, line=frame.lineno)
    return FileError(sentence, kind="damaged")


def _send_tables(job: ParseJob, out: IO[bytes]) -> None:
    """Send the first rows as a table of their own if they are asked for, then the whole table."""
    if job.first:
        began = time.monotonic()
        with suppress(UploaderError):  # reading the whole file meets the same error, or finds the rows later
            _send_table(job, out, FrameKind.FIRST, job.first, lambda: time.monotonic() - began > _MAX_FIRST_ROWS_SECONDS)
    _send_table(job, out, FrameKind.END, job.options.limit)


def _send_table(
    job: ParseJob, out: IO[bytes], end: FrameKind, limit: int | None, cancelled: Callable[[], bool] | None = None
) -> None:
    """Send a table of ``limit`` rows, or of all. One that is much larger than its file is counted first, then read again."""
    senders: list[RowSender] = []
    uncounted: list[int | None] = [max(_MIN_UNCOUNTED_BYTES, _UNCOUNTED_RATIO * _measure_file(job.file))]

    def begin() -> RowSender:
        senders.append(RowSender(out, job.limits.text, uncounted[-1]))
        return senders[-1]

    def report(progress: ReadProgress) -> None:
        check_own_memory(job.limits.memory)
        send_message(out, FrameKind.ALIVE, b"" if progress.share is None else str(round(1000 * progress.share)).encode())

    control = ReadControl(report, cancelled, limit, begin, brief=end is FrameKind.FIRST)
    table = parse(job.file, replace(job.options, limit=limit), control)
    if senders[-1].counts_only:
        uncounted.append(None)
        table = parse(job.file, replace(job.options, limit=limit), control)
    notes = table.notes.collector if isinstance(table.notes, CollectedNotes) else NoteCollector()
    for chunk in notes.dump_chunks():
        send_message(out, FrameKind.NOTES, chunk)
    send_message(out, end, encode_table(table, notes, senders[-1].order, senders[-1].covered))


def _measure_file(file: Path) -> int:
    """Return the bytes of a file, or 0 when it cannot be measured, because reading it meets the same error."""
    try:
        return file.stat().st_size
    except (OSError, ValueError):
        return 0
