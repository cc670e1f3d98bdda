"""How delimited text is cut into records, with one exact rule for quotation marks."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from cg_uploader.sheets.cells.separators import CELL
from cg_uploader.sheets.delimited.dialect import Dialect

# Stand for two escaped characters while a record is cut. No text holds them then.
ESCAPED_QUOTE, ESCAPED_BACKSLASH = "\x1d", "\x1c"

_ESCAPES = re.compile(r'\\(["\\])')
_MAX_RECORD_CHARS = 1 << 26
_MAX_TRIES = 4
_MAX_CELL_CHARS = 32_767

# Records, each as one text with separators between its fields; whether a quotation mark in the only one never closes.
RecordBatch = tuple[list[str], bool]


@dataclass(frozen=True, slots=True)
class ParsedRecord:
    """The first record of a text."""

    fields: list[str]
    # The index in the text at which the next record begins.
    end: int
    # Whether a quotation mark in it never closes.
    unclosed: bool
    # The index of the first opening quotation mark whose field goes on behind the closing one, else -1.
    loose: int
    # Whether a quotation behind blanks may close in the lines that follow.
    waiting: bool = False


def parse_record(text: str, dialect: Dialect, literal: frozenset[int] = frozenset(), *, lenient: bool = False) -> ParsedRecord:
    """Parse the first record of ``text``. Quotation marks at the indexes ``literal`` are characters like any other.

    ``lenient``: so are those inside a quotation that no delimiter and no end of line follows.

    The result is what the csv module gives, except that a quotation mark that never closes is a character like any other.
    """
    fields: list[str] = []
    index, unclosed, loose, waiting = 0, False, -1, False
    while True:
        start, more = _find_start(text, index, dialect, literal, lenient)
        waiting = waiting or more
        field, index, open_quote, behind = _parse_field(text, start, dialect, literal, lenient)
        fields.append(field)
        unclosed = unclosed or open_quote
        if behind and loose < 0:
            loose = start
        if index >= len(text) or text[index] == "\n":
            return ParsedRecord(fields, index + 1, unclosed, loose, waiting)
        index += 1


def _find_start(text: str, index: int, dialect: Dialect, literal: frozenset[int], lenient: bool) -> tuple[int, bool]:
    """Find where the field at an index begins, and whether its quotation may close in the lines that follow.

    It begins at the quotation behind its blanks, when that ends where the field ends and is no longer than a cell can be.
    """
    opening = dialect.padding.find_opening(text, index)
    if opening < 0 or opening in literal:
        return index, False
    end = _find_closing(text, opening + 1, dialect.quote, dialect.char if lenient else None)
    if _tears_record(text, opening, end, dialect):
        return index, False
    if end < 0:
        return index, len(text) - opening <= _MAX_CELL_CHARS
    if end - opening > _MAX_CELL_CHARS or not dialect.padding.is_end(text, end + 1):
        return index, False
    return opening, False


def _tears_record(text: str, opening: int, end: int, dialect: Dialect) -> bool:
    """Whether a quotation holds a line break although its first line is a record like the others without it.

    Two marks that stand for *as above* are no quotation.
    """
    line_break = text.find("\n", 0, end if end >= 0 else len(text))
    return opening < line_break and text.count(dialect.char, 0, line_break) + 1 == dialect.width


def _parse_field(
    text: str, index: int, dialect: Dialect, literal: frozenset[int], lenient: bool
) -> tuple[str, int, bool, bool]:
    """Parse one field: its text, the index of what ends it, whether its quotation never closes, whether text follows that."""
    quoted, unclosed, opening = "", False, False
    if text[index : index + 1] == dialect.quote and index not in literal:
        end = _find_closing(text, index + 1, dialect.quote, dialect.char if lenient else None)
        unclosed = end < 0
        if not unclosed:
            quoted, index, opening = text[index + 1 : end].replace(dialect.quote * 2, dialect.quote), end + 1, True
    stops = [stop for stop in (text.find(dialect.char, index), text.find("\n", index)) if stop >= 0]
    stop = min(stops, default=len(text))
    return quoted + text[index:stop], stop, unclosed, opening and stop > index


def _find_closing(text: str, index: int, quote: str, before: str | None) -> int:
    """Find the quotation mark that closes a field, if need be one ``before`` a delimiter. -1 when there is none."""
    while (index := text.find(quote, index)) >= 0:
        following = text[index + 1 : index + 2]
        if following == quote:
            index += 2
        elif before is None or following in (before, "\n", ""):
            return index
        else:
            index += 1
    return -1


class Tokenizer:
    """Cuts delimited text into records, many at once.

    Lines without quotation marks are cut by replacing the delimiter. Others are cut by the csv module, and what that refuses by
    hand.
    """

    def __init__(self, blocks: Iterator[str], dialect: Dialect) -> None:
        """``blocks`` are texts of whole lines, without the end of the last one. Large blocks take less time."""
        self._blocks = blocks
        self._dialect = dialect
        self._lines: list[str] = []
        self._next_line = 0
        self._lines_read = 0

    def __iter__(self) -> Iterator[RecordBatch]:
        """Walk the records once."""
        while (text := self._read_block()) is not None:
            records = self._cut_regular(text)
            if records is not None:
                yield self._unescape(records), False
                continue
            self._lines, self._next_line = text.split("\n"), 0
            for records, unclosed in self._cut_one_by_one():
                yield self._unescape(records), unclosed

    def _read_block(self) -> str | None:
        text = next(self._blocks, None)
        return _ESCAPES.sub(_hide_escape, text) if text is not None and self._dialect.escaped else text

    def _unescape(self, records: list[str]) -> list[str]:
        if not self._dialect.escaped:
            return records
        return [record.replace(ESCAPED_QUOTE, '"').replace(ESCAPED_BACKSLASH, "\\") for record in records]

    def _cut_regular(self, text: str) -> list[str] | None:
        """Cut a text whose quotation marks are in order and whose last record ends with its last line. None for others."""
        quote, char = self._dialect.quote, self._dialect.char
        if quote not in text:
            return text.replace(char, CELL).split("\n")
        if (records := self._cut_all_quoted(text)) is not None:
            return records
        lines = text.split("\n")
        padded = self._is_padded(text)
        quoted = [line for line in lines if quote in line]
        cut = self._cut_padded(quoted) if padded else self._cut_strictly(quoted)
        if cut is None or len(cut) != len(quoted):  # there are line breaks inside quotations
            return None if padded else self._cut_strictly([line + "\n" for line in lines])
        if len(cut) == len(lines):
            return cut
        following = iter(cut)
        return [next(following) if quote in line else line.replace(char, CELL) for line in lines]

    def _is_padded(self, text: str) -> bool:
        """Whether blanks may stand before a quotation where the csv module does not expect them."""
        return self._dialect.padding.is_in(text, spaces=not self._dialect.skip)

    def _cut_padded(self, lines: list[str]) -> list[str] | None:
        """Cut lines if all quotations behind blanks end in them, else None."""
        lines = list(map(self._dialect.padding.remove, lines))
        return None if self._dialect.padding.is_in("\n".join(lines)) else self._cut_strictly(lines)

    def _cut_all_quoted(self, text: str) -> list[str] | None:
        """Cut a text in which every field is quoted and none holds a quotation mark: all between fields is known."""
        quote = self._dialect.quote
        if self._dialect.skip or len(text) < 2 or not text.startswith(quote) or not text.endswith(quote):
            return None
        text = text[1:-1].replace(f"{quote}{self._dialect.char}{quote}", CELL)
        records = text.split(f"{quote}\n{quote}")
        return None if quote in "".join(records) else records

    def _cut_strictly(self, lines: list[str]) -> list[str] | None:
        """Cut lines with the csv module. None when it finds a fault."""
        with suppress(csv.Error):
            return list(map(CELL.join, self._dialect.reader(lines, strict=True)))
        return None

    def _cut_one_by_one(self) -> Iterator[RecordBatch]:
        """Cut the waiting lines, and as many more as their last record needs."""
        records: list[str] = []
        while self._next_line < len(self._lines):
            records += self._cut_in_order()
            if self._next_line < len(self._lines):
                record, unclosed = self._cut_by_hand()
                if unclosed:
                    yield records, False
                    yield [record], True
                    records = []
                else:
                    records.append(record)
        yield records, False

    def _cut_in_order(self) -> list[str]:
        """Cut records as far as the csv module finds no fault in them."""
        records: list[str] = []
        with suppress(csv.Error):
            for fields in self._dialect.reader(self._read_lines(), strict=True):
                records.append(CELL.join(fields))
                self._next_line = self._lines_read
        return records

    def _read_lines(self) -> Iterator[str]:
        """Give the waiting lines with their ends. ``_lines_read`` is the index behind the last one that was read."""
        for index in range(self._next_line, len(self._lines)):
            if self._is_padded(self._lines[index]):
                break
            self._lines_read = index + 1
            yield self._lines[index] + "\n"

    def _cut_by_hand(self) -> tuple[str, bool]:
        """Cut the next record, whatever is wrong with it, and say whether a quotation mark in it is no quotation mark."""
        text, record = self._gather_record()
        if len(record.fields) != self._dialect.width or "\n" in text[: record.end - 1]:
            record = self._repair(text, record) or record
        self._next_line += text.count("\n", 0, record.end) or 1
        return CELL.join(record.fields), record.unclosed

    def _gather_record(self) -> tuple[str, ParsedRecord]:
        """Gather the lines that the next record needs, and parse it. A record that is far too long ends with its line."""
        count = 1
        while True:
            while self._next_line + count > len(self._lines) and (more := self._read_block()) is not None:
                self._lines = self._lines[self._next_line :] + more.split("\n")
                self._next_line = 0
            text = "".join([line + "\n" for line in self._lines[self._next_line : self._next_line + count]])
            record = parse_record(text, self._dialect)
            complete = not (record.unclosed or record.waiting)
            if complete or count > len(self._lines) - self._next_line or len(text) > _MAX_RECORD_CHARS:
                return text, record
            count *= 2

    def _repair(self, text: str, record: ParsedRecord) -> ParsedRecord | None:
        """Take some quotation marks as characters, if that makes one line a record like the others."""
        literal: frozenset[int] = frozenset()
        repaired = parse_record(text, self._dialect, lenient=True)
        for _ in range(_MAX_TRIES):
            one_line = not repaired.unclosed and "\n" not in text[: repaired.end - 1]
            if one_line and len(repaired.fields) == self._dialect.width:
                return replace(repaired, unclosed=True)
            if record.loose < 0:
                break
            literal |= {record.loose}
            record = repaired = parse_record(text, self._dialect, literal)
        return None


def _hide_escape(escape: re.Match[str]) -> str:
    return ESCAPED_QUOTE if escape[1] == '"' else ESCAPED_BACKSLASH
