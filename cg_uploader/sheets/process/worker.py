"""Owns the process in which a file is read: it takes one job, sends the rows and the rest of the table, and ends.

A file that makes the reading code crash or swell takes this process with it and nothing else.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import threading
import time
import traceback
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import astuple, replace
from pathlib import Path
from typing import IO, Any

from cg_uploader.errors import FileError, UploaderError, UsageError
from cg_uploader.model.table import Table
from cg_uploader.sheets.cells.clean_text import column_position
from cg_uploader.sheets.cells.notes import CollectedNotes, NoteCollector
from cg_uploader.sheets.failed_rows.hidden_sheet import lines_of
from cg_uploader.sheets.formats.registry import load_openers
from cg_uploader.sheets.open_file import parse
from cg_uploader.sheets.process.limits import check_own_memory, limit_own_process, text_too_long_error
from cg_uploader.sheets.process.protocol import MessageKind, MessageTooLong, ParseJob, send_message
from cg_uploader.sheets.table.merged_cells import Spans
from cg_uploader.sheets.table.read_progress import ReadControl, ReadProgress
from cg_uploader.sheets.table.spool import Spool
from cg_uploader.translation import use

# After so many seconds first rows alone would come too late to be worth a reading of their own.
_PATIENCE = 2.0

# So many bytes of text, and so many times the size of the file, are sent before it is known how many more there are.
_UNSEEN, _UNSEEN_TIMES = 64 << 20, 16


class RowSender:
    """A store whose rows go to the process that asked; nothing stays here.

    When they come to more than ``unseen`` bytes, the rest is counted and not sent: so a small file that stands for a huge
    table is refused before its text has filled a disk.
    """

    def __init__(self, out: IO[bytes], max_text: int, unseen: int | None) -> None:
        """``max_text``: more bytes are a FileError.  ``unseen`` None: it is known already that there are not so many."""
        self.order: tuple[int, ...] = ()
        self.covered: Spans = {}
        self.counts = False
        self._out = out
        self._max_text = max_text
        self._unseen = unseen
        self._text = 0
        send_message(out, MessageKind.ROWS_BEGIN)

    def wants(self, lines: Sequence[str]) -> bool:
        """Whether they are sent; they are counted in any case."""
        if self.counts:
            self._count(sum(len(line) if line.isascii() else len(line.encode()) for line in lines))
        return not self.counts

    def _count(self, size: int) -> None:
        self._text += size
        if self._text > self._max_text:
            raise text_too_long_error(self._max_text)
        self.counts = self._unseen is not None and self._text > self._unseen

    def take(self, numbers: array[int], data: bytes) -> None:
        """Send one block."""
        self._count(len(data))
        send_message(self._out, MessageKind.ROWS, struct.pack("=I", len(numbers)), numbers.tobytes(), data)

    def seal(self, order: Sequence[int]) -> Spool:
        """Remember the order of the columns; here are no rows."""
        self.order = tuple(order)
        return Spool()

    def cover(self, spans: Spans) -> None:
        """Remember what is blank."""
        self.covered = spans


def main() -> int:
    """Say that this process is ready, take a job from standard input, and send what comes of it to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked decides what Ctrl-C means
    with open(0, "rb", closefd=False) as source, open(1, "wb", closefd=False) as out:
        try:
            load_openers()
            send_message(out, MessageKind.ALIVE)
            line = source.readline()
            if line:
                threading.Thread(target=_end_with_the_other, daemon=True).start()
                _answer(ParseJob.unpacked(line), out)
        except BrokenPipeError:
            os._exit(1)  # nobody listens any more; what is still to be written cannot be
    return 0


def _end_with_the_other() -> None:
    """End this process when the one that asked is no more: then its end of standard input closes."""
    os.read(0, 1)
    os._exit(1)


def _answer(job: ParseJob, out: IO[bytes]) -> None:
    use(job.catalogue)
    limit_own_process(job.limits.address)
    try:
        _send_table(job, out)
    except (FileError, UsageError) as error:
        failure: UploaderError = error
    except (MemoryError, MessageTooLong):
        text = f"{job.file.name} needs more memory than a file may take. Copy the part that is meant into a new workbook."
        failure = FileError(text, kind="too-big")
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the process that asked gets a sentence; details may hold a person's data
        failure = _unexpected(job.file, error)
    else:
        return
    kind = "usage" if isinstance(failure, UsageError) else "file"
    sentence = failure.sentence.encode(errors="replace").decode()  # names of files may hold what no text holds
    send_message(out, MessageKind.FAILURE, json.dumps({"error": kind, "kind": failure.kind, "sentence": sentence}).encode())


def _unexpected(file: Path, error: Exception) -> FileError:
    """The failure for something that the reading code did not expect, with the place in that code."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
    return FileError(
        f"{file.name} cannot be read: something in it is not as it should be ({what}). Open it in Excel, save it again, or ask "
        "for a new copy.",
        kind="damaged",
    )


def _send_table(job: ParseJob, out: IO[bytes]) -> None:
    """Send the first rows as a table of their own if somebody wants them soon, then the whole one."""
    if job.first:
        began = time.monotonic()
        with suppress(UploaderError):  # the reading of the whole file says why, or finds them later
            _send(job, out, MessageKind.FIRST, job.first, lambda: time.monotonic() - began > _PATIENCE)
    _send(job, out, MessageKind.END, job.options.limit)


def _send(
    job: ParseJob, out: IO[bytes], end: MessageKind, limit: int | None, cancelled: Callable[[], bool] | None = None
) -> None:
    """Send a table; one that is much larger than its file is counted to its end before, and read once more then."""
    outboxes: list[RowSender] = []
    unseen: list[int | None] = [max(_UNSEEN, _UNSEEN_TIMES * _size_of(job.file))]

    def begin() -> RowSender:
        outboxes.append(RowSender(out, job.limits.text, unseen[-1]))
        return outboxes[-1]

    def alive(so_far: ReadProgress) -> None:
        check_own_memory(job.limits.memory)
        send_message(out, MessageKind.ALIVE, b"" if so_far.share is None else str(round(1000 * so_far.share)).encode())

    watch = ReadControl(alive, cancelled, limit, begin, brief=end is MessageKind.FIRST)
    table = parse(job.file, replace(job.options, limit=limit), watch)
    if outboxes[-1].counts:
        unseen.append(None)
        table = parse(job.file, replace(job.options, limit=limit), watch)
    notes = table.notes.collector if isinstance(table.notes, CollectedNotes) else NoteCollector()
    for chunk in notes.dump_chunks():
        send_message(out, MessageKind.NOTES, chunk)
    send_message(out, end, json.dumps(_rest(table, notes, outboxes[-1])).encode())


def _size_of(file: Path) -> int:
    try:
        return file.stat().st_size
    except (OSError, ValueError):
        return 0  # the reading says so


def _rest(table: Table, notes: NoteCollector, outbox: RowSender) -> dict[str, Any]:
    """The table but its rows and the notes of its cells."""
    return {
        "digest": table.digest,
        "sheet": table.sheet,
        "sheets": table.sheets,
        "header_row": table.header_row,
        "columns": [[column_position(column.letter), column.heading, column.hidden] for column in table.columns],
        "order": outbox.order,
        "covered": [[place, spans] for place, spans in outbox.covered.items()],
        "notes": notes.dump_rest(),
        "hidden_rows": table.hidden_rows,
        "empty_rows": table.empty_rows,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "about": list(lines_of(table.origin)) if table.origin is not None else None,
        "above": [[row.number, row.cells] for row in table.above],
        "alternative": None if table.alternative is None else astuple(table.alternative),
    }
