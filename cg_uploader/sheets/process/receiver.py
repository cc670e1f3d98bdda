"""How the messages of a reading process become a Table or an error, with nothing in them believed unchecked."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cg_uploader.errors import FileError
from cg_uploader.model.table import Table
from cg_uploader.sheets.cells.notes import NoteCollector
from cg_uploader.sheets.failed_rows.reader import as_original
from cg_uploader.sheets.process.limits import MAX_TEXT_BYTES, text_too_long_error
from cg_uploader.sheets.process.parse_process import interrupted_error
from cg_uploader.sheets.process.protocol import FrameKind, Message, decode_failure
from cg_uploader.sheets.process.table_json import decode_table
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.spool import BLOCK_ROWS, Spool, is_valid_block
from cg_uploader.translation import _

MAX_ROWS_RECEIVED = 100_000_000


@dataclass(slots=True)
class _ReceivedRows:
    """The rows that have come since the last beginning."""

    # Where they are kept.
    spool: Spool = field(default_factory=Spool)
    # How many there are.
    count: int = 0
    # The number of the last one.
    last_number: int = 0
    # How many bytes of text they have.
    text_bytes: int = 0
    # Whether the last block was not full, which ends the rows.
    complete: bool = False


class TableReceiver:
    """Takes the messages about one file, one by one."""

    def __init__(
        self,
        file: Path,
        control: ReadControl,
        on_first_rows: Callable[[Table], None] | None = None,
        *,
        max_text: int = MAX_TEXT_BYTES,
    ) -> None:
        """``on_first_rows`` gets a table of the first rows, if it comes. ``max_text``: more bytes of text are refused."""
        self._file = file
        self._max_text = max_text
        self._control = control
        self._on_first_rows = on_first_rows
        self._share: float | None = None
        control.share = lambda: self._share
        self._rows = _ReceivedRows()
        self._notes = NoteCollector()

    def tick(self) -> None:
        """Report how far the reading is.

        Raises:
            Cancelled: when the user stopped it.
        """
        self._control.tick(self._rows.count)

    def close(self) -> None:
        """Free the space of the rows, when there will be no table."""
        self._rows.spool.close()

    def take(self, message: Message) -> Table | None:
        """Take a message, and return the table when it was the last one.

        Raises:
            FileError: as the process says. Kind ``damaged`` for a message that cannot be, ``too-big`` when there is
                no space for the rows.
            UsageError: as the process says.
        """
        kind, data = message
        try:
            if kind is FrameKind.END:
                return self._finish(data)
            first_rows = self._take_unfinished(kind, data)
        except OSError as error:
            sentence = _("The folder for temporary files has no space for the rows of {name}. Make some, and try again.")
            raise FileError(sentence.format(name=self._file.name), kind="too-big") from error
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
            raise interrupted_error(self._file.name) from error
        if first_rows is not None and self._on_first_rows is not None:
            on_first_rows, self._on_first_rows = self._on_first_rows, None
            on_first_rows(first_rows)
        return None

    def _take_unfinished(self, kind: FrameKind, data: bytes) -> Table | None:
        """Take a message that is not the end, and return the table of the first rows when it has become complete."""
        if kind is FrameKind.ROWS:
            self._take_rows(data)
        elif kind is FrameKind.ROWS_BEGIN:
            self._rows.spool.close()
            self._rows = _ReceivedRows()
        elif kind is FrameKind.NOTES:
            self._notes.load_chunk(data)
        elif kind is FrameKind.ALIVE:
            self._share = _decode_share(data)
        elif kind is FrameKind.FAILURE:
            raise decode_failure(data)
        elif kind is FrameKind.FIRST:
            return self._finish_first_rows(data)
        return None

    def _finish_first_rows(self, data: bytes) -> Table:
        """Return the table of the first rows, which comes once. What comes then has nothing to do with it."""
        if self._on_first_rows is None:
            raise ValueError("first rows were not asked for")
        table = self._finish(data)
        self._rows = _ReceivedRows()
        self._notes = NoteCollector()
        return table

    def _take_rows(self, data: bytes) -> None:
        rows = self._rows
        numbers = array("I")
        numbers_end = 4 + 4 * int.from_bytes(data[:4], sys.byteorder)
        numbers.frombytes(data[4:numbers_end])
        texts = data[numbers_end:]
        if rows.complete or not is_valid_block(numbers, texts):
            raise ValueError("not a block")
        if numbers[0] <= rows.last_number or rows.count > MAX_ROWS_RECEIVED:
            raise ValueError("not the next block")
        rows.text_bytes += len(texts)
        if rows.text_bytes > self._max_text:
            failure = text_too_long_error(self._max_text)
            raise FileError(f"{self._file.name}: {failure.sentence}", kind=failure.kind)
        rows.spool.take(numbers, texts)
        rows.count += len(numbers)
        rows.last_number = numbers[-1]
        rows.complete = len(numbers) < BLOCK_ROWS

    def _finish(self, data: bytes) -> Table:
        return as_original(decode_table(data, self._file, self._rows.spool, self._notes))


def _decode_share(data: bytes) -> float | None:
    """Return how much of the file is read, from 0 to 1, or None when that is not known."""
    thousandths = int(data) if data else None
    if thousandths is not None and not 0 <= thousandths <= 1000:
        raise ValueError("not a share")
    return None if thousandths is None else thousandths / 1000
