"""Owns what becomes of the messages of a child: a Table, or the failure it tells; nothing a child says is believed unseen."""

from __future__ import annotations

import json
import re
import sys
from array import array
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from cg_uploader.errors import FileError, UploaderError, UsageError
from cg_uploader.model.table import Alternative, Column, Row, Table
from cg_uploader.sheets.cells.clean_text import column_letter
from cg_uploader.sheets.cells.notes import NoteCollector
from cg_uploader.sheets.failed_rows.hidden_sheet import origin_of
from cg_uploader.sheets.failed_rows.reopened import reopened
from cg_uploader.sheets.process.limits import MAX_TEXT_BYTES, text_too_long_error
from cg_uploader.sheets.process.parse_process import interrupted_error
from cg_uploader.sheets.process.protocol import Message, MessageKind
from cg_uploader.sheets.table.merged_cells import Spans
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.spool import BLOCK_ROWS, Spool, is_valid_block

MOST_ROWS = 100_000_000
_MOST_COLUMNS = 16_384
_MOST_NUMBER = (1 << 32) - 1
_LONGEST_SENTENCE = 2_000
_DIGEST = re.compile("[0-9a-f]{64}|")


class TableReceiver:
    """Takes the messages about one file, one by one; ``first`` gets a table of the first rows, if that comes."""

    def __init__(
        self, file: Path, watch: ReadControl, first: Callable[[Table], None] | None = None, *, max_text: int = MAX_TEXT_BYTES
    ) -> None:
        self._file = file
        self._max_text = max_text
        self._watch = watch
        self._first = first
        self._share: float | None = None
        watch.share = lambda: self._share
        self._forget()

    def _forget(self) -> None:
        self._spool = Spool()
        self._notes = NoteCollector()
        self._rows = self._last = self._text = 0
        self._short = False

    def tick(self) -> None:
        """Say how far the reading is; Cancelled when the person stopped it."""
        self._watch.tick(self._rows)

    def close(self) -> None:
        """Give the rows' space back, when there will be no table."""
        self._spool.close()

    def take(self, message: Message) -> Table | None:
        """Take a message; the table, when it was the last one.

        FileError or UsageError when the child says so; FileError when it says what cannot be, or there is no space for rows.
        """
        kind, data = message
        try:
            if kind is MessageKind.END:
                return self._table(json.loads(data))
            begun = self._taken(kind, data)
        except OSError as error:
            text = f"The folder for temporary files has no space for the rows of {self._file.name}. Make some, and try again."
            raise FileError(text, kind="too-big") from error
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
            raise interrupted_error(self._file.name) from error
        if begun is not None and self._first is not None:
            first, self._first = self._first, None
            first(begun)
        return None

    def _taken(self, kind: MessageKind, data: bytes) -> Table | None:
        """Take what is not the end; the table of the first rows when it has become complete."""
        if kind is MessageKind.ROWS:
            self._take_rows(data)
        elif kind is MessageKind.ROWS_BEGIN:
            self._begin()
        elif kind is MessageKind.NOTES:
            self._notes.load_chunk(data)
        elif kind is MessageKind.ALIVE:
            self._share = _number(int(data), 1000) / 1000 if data else None
        elif kind is MessageKind.FAILURE:
            raise _failure(json.loads(data))
        elif kind is MessageKind.FIRST:
            return self._begun(json.loads(data))
        return None

    def _begun(self, rest: Any) -> Table:
        """The table of the first rows, which comes once; what comes then has nothing to do with it."""
        if self._first is None:
            raise ValueError("nobody asked for first rows")
        table = self._table(rest)
        self._forget()
        return table

    def _begin(self) -> None:
        self._spool.close()
        self._spool = Spool()
        self._rows = self._last = self._text = 0
        self._short = False

    def _take_rows(self, data: bytes) -> None:
        numbers = array("I")
        start = 4 + 4 * int.from_bytes(data[:4], sys.byteorder)
        numbers.frombytes(data[4:start])
        texts = data[start:]
        if self._short or not is_valid_block(numbers, texts) or numbers[0] <= self._last or self._rows > MOST_ROWS:
            raise ValueError("not the next block")
        self._text += len(texts)
        if self._text > self._max_text:
            failure = text_too_long_error(self._max_text)
            raise FileError(f"{self._file.name}: {failure.sentence}", kind=failure.kind)
        self._spool.take(numbers, texts)
        self._rows += len(numbers)
        self._last = numbers[-1]
        self._short = len(numbers) < BLOCK_ROWS

    def _table(self, rest: Any) -> Table:
        columns = {_number(place, _MOST_COLUMNS): _column(place, heading, hidden) for place, heading, hidden in rest["columns"]}
        order = [_number(place, _MOST_COLUMNS) for place in rest["order"]]
        if list(columns) != sorted(columns) or len(columns) != len(order) or not _DIGEST.fullmatch(rest["digest"]):
            raise ValueError("not a table")
        self._notes.load_rest(rest["notes"])
        self._spool.seal(order)
        self._spool.cover(_spans(rest["covered"], len(order)))
        table = Table(
            file=self._file,
            digest=rest["digest"],
            sheet=_text_or_none(rest["sheet"]),
            sheets=tuple(map(_text, rest["sheets"])),
            header_row=_number(rest["header_row"], _MOST_NUMBER),
            columns=tuple(columns.values()),
            rows=self._spool,
            notes=self._notes.make_notes({place: column.heading for place, column in columns.items()}),
            hidden_rows=_number(rest["hidden_rows"], _MOST_NUMBER),
            empty_rows=_number(rest["empty_rows"], _MOST_NUMBER),
            encoding=_text_or_none(rest["encoding"]),
            delimiter=_text_or_none(rest["delimiter"]),
            alternative=_alternative(rest["alternative"]),
            above=_above(rest["above"], rest["header_row"], len(order)),
            origin=origin_of(rest["about"]) if rest.get("about") is not None else None,
        )
        return reopened(table)


def _failure(told: Any) -> UploaderError:
    kinds: dict[str, type[UploaderError]] = {"file": FileError, "usage": UsageError}
    return kinds[told["error"]](_text(told["sentence"])[:_LONGEST_SENTENCE], kind=_text(told["kind"]))


def _column(place: int, heading: Any, hidden: Any) -> Column:
    return Column(_text(heading), column_letter(place), bool(hidden))


def _spans(told: Any, columns: int) -> Spans:
    return {_number(place, columns - 1): _ascending(spans) for place, spans in told}


def _ascending(told: Sequence[Any]) -> list[tuple[int, int]]:
    spans = [(_number(first, _MOST_NUMBER), _number(last, _MOST_NUMBER)) for first, last in told]
    if any(first > last for first, last in spans) or any(a[1] >= b[0] for a, b in pairwise(spans)):
        raise ValueError("not in order")
    return spans


def _above(told: Any, header_row: int, columns: int) -> tuple[Row, ...]:
    rows = tuple(Row(_number(number, header_row - 1), tuple(map(_text, cells))) for number, cells in told)
    if any(len(row.cells) != columns for row in rows) or any(a.number >= b.number for a, b in pairwise(rows)):
        raise ValueError("not rows above a table")
    return rows


def _alternative(told: Any) -> Alternative | None:
    if told is None:
        return None
    encoding, delimiter, own, other = told
    return Alternative(_text_or_none(encoding), _text_or_none(delimiter), _rows(own), _rows(other))


def _rows(told: Any) -> tuple[tuple[str, ...], ...]:
    """Rows that are all as wide as the first one; there is one."""
    rows = tuple(tuple(map(_text, row)) for row in told)
    if {len(row) for row in rows} != {len(rows[0])}:
        raise ValueError("not rows of a table")
    return rows


def _number(told: Any, most: int) -> int:
    if not isinstance(told, int) or not 0 <= told <= most:
        raise ValueError("not such a number")
    return told


def _text(told: Any) -> str:
    """A text that can be written down anywhere; ValueError when it is none."""
    if not isinstance(told, str):
        raise TypeError("not a text")
    told.encode()
    return told


def _text_or_none(told: Any) -> str | None:
    return None if told is None else _text(told)
