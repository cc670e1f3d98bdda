"""Owns the cutting of delimited text into records, and its one exact rule for quotation marks."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

# Stands between the fields of a record that has been cut; no text holds it when it is cut.
from cg_uploader.sheets.cells.separators import CELL
from cg_uploader.sheets.delimited.dialect import Dialect

# Stand for two escaped characters while a record is cut; no text holds them then.
ESCAPED_QUOTE, ESCAPED_BACKSLASH = "\x1d", "\x1c"

_ESCAPES = re.compile(r'\\(["\\])')
_LONGEST = 1 << 26
_TRIES = 4
_CELL_LENGTH = 32_767

# Records, each as one text with `CELL` between its fields; whether a quotation mark in the only one never closes.
Batch = tuple[list[str], bool]


@dataclass(frozen=True, slots=True)
class Cut:
    """The first record of a text: its fields, where the next one begins, whether a quotation mark in it never closes.

    ``loose`` is the place of the first opening quotation mark whose field goes on behind the closing one, else -1.
    ``waiting``: a quotation behind blanks may close in the lines that follow.
    """

    fields: list[str]
    end: int
    unclosed: bool
    loose: int
    waiting: bool = False


def split_record(text: str, dialect: Dialect, literal: frozenset[int] = frozenset(), *, lenient: bool = False) -> Cut:
    """Cut the first record of ``text``; quotation marks at the places ``literal`` are characters like any other.

    ``lenient``: so are those inside a quotation that no delimiter and no end of line follows.

    Gives what the csv module gives, except that a quotation mark that never closes is a character like any other.
    """
    fields: list[str] = []
    place, unclosed, loose, waiting = 0, False, -1, False
    while True:
        start, more = _start(text, place, dialect, literal, lenient)
        waiting = waiting or more
        field, place, open_quote, behind = _field(text, start, dialect, literal, lenient)
        fields.append(field)
        unclosed = unclosed or open_quote
        if behind and loose < 0:
            loose = start
        if place >= len(text) or text[place] == "\n":
            return Cut(fields, place + 1, unclosed, loose, waiting)
        place += 1


def _start(text: str, place: int, dialect: Dialect, literal: frozenset[int], lenient: bool) -> tuple[int, bool]:
    """Where a field begins: at the quotation behind its blanks, when that ends where the field ends; whether it may go on.

    One that holds line breaks does not count where its first line is a record like the others without it, as two marks that
    stand for *as above* are, nor when it is longer than a cell can be.
    """
    opening = dialect.padding.opening(text, place)
    if opening < 0 or opening in literal:
        return place, False
    end = _closing(text, opening + 1, dialect.quote, dialect.char if lenient else None)
    first = text.find("\n", 0, end if end >= 0 else len(text))
    if opening < first and text.count(dialect.char, 0, first) + 1 == dialect.width:
        return place, False
    if end < 0 or end - opening > _CELL_LENGTH:
        return place, end < 0 and len(text) - opening <= _CELL_LENGTH
    return (opening if dialect.padding.is_end(text, end + 1) else place), False


def _field(text: str, place: int, dialect: Dialect, literal: frozenset[int], lenient: bool) -> tuple[str, int, bool, bool]:
    """One field: its text, the place of what ends it, whether its quotation mark never closes, and whether text follows it."""
    quoted, unclosed, behind, opening = "", False, False, False
    if text[place : place + 1] == dialect.quote and place not in literal:
        end = _closing(text, place + 1, dialect.quote, dialect.char if lenient else None)
        unclosed = end < 0
        if not unclosed:
            quoted, place, opening = text[place + 1 : end].replace(dialect.quote * 2, dialect.quote), end + 1, True
    stops = [stop for stop in (text.find(dialect.char, place), text.find("\n", place)) if stop >= 0]
    stop = min(stops, default=len(text))
    behind = opening and stop > place
    return quoted + text[place:stop], stop, unclosed, behind


def _closing(text: str, place: int, quote: str, before: str | None) -> int:
    """Where the quotation mark is that closes a field, if need be one ``before`` a delimiter; -1 when there is none."""
    while (place := text.find(quote, place)) >= 0:
        following = text[place + 1 : place + 2]
        if following == quote:
            place += 2
        elif before is None or following in (before, "\n", ""):
            return place
        else:
            place += 1
    return -1


class Records:
    """Walks the records of delimited text, many at once.

    Lines without quotation marks are cut by replacing the delimiter; others by the csv module; what that refuses, by hand.
    """

    def __init__(self, blocks: Iterator[str], dialect: Dialect) -> None:
        """``blocks`` are texts of whole lines, without the end of the last one; many lines are soonest cut as one text."""
        self._blocks = blocks
        self._dialect = dialect
        self._lines: list[str] = []
        self._at = 0
        self._asked = 0

    def __iter__(self) -> Iterator[Batch]:
        """Walk them once."""
        while (text := self._next()) is not None:
            rows = self._regular(text)
            if rows is not None:
                yield self._plain(rows), False
                continue
            self._lines, self._at = text.split("\n"), 0
            for rows, unclosed in self._one_by_one():
                yield self._plain(rows), unclosed

    def _next(self) -> str | None:
        text = next(self._blocks, None)
        return _ESCAPES.sub(_hidden, text) if text is not None and self._dialect.escaped else text

    def _plain(self, rows: list[str]) -> list[str]:
        """The records with what was escaped."""
        if not self._dialect.escaped:
            return rows
        return [row.replace(ESCAPED_QUOTE, '"').replace(ESCAPED_BACKSLASH, "\\") for row in rows]

    def _regular(self, text: str) -> list[str] | None:
        """The records when quotation marks are in order and the last record ends with the last line, else None."""
        quote, char = self._dialect.quote, self._dialect.char
        if quote not in text:
            return text.replace(char, CELL).split("\n")
        if (rows := self._all_quoted(text)) is not None:
            return rows
        lines = text.split("\n")
        padded = self._padded(text)
        quoted = [line for line in lines if quote in line]
        cut = self._unpadded(quoted) if padded else self._cut(quoted)
        if cut is None or len(cut) != len(quoted):  # there are line breaks inside quotations
            return None if padded else self._cut([line + "\n" for line in lines])
        if len(cut) == len(lines):
            return cut
        following = iter(cut)
        return [next(following) if quote in line else line.replace(char, CELL) for line in lines]

    def _padded(self, text: str) -> bool:
        """Whether blanks may stand before a quotation where the csv module does not expect them."""
        return self._dialect.padding.is_in(text, spaces=not self._dialect.skip)

    def _unpadded(self, lines: list[str]) -> list[str] | None:
        """The records when all quotations behind blanks end in their lines, else None."""
        lines = list(map(self._dialect.padding.without, lines))
        return None if self._dialect.padding.is_in("\n".join(lines)) else self._cut(lines)

    def _all_quoted(self, text: str) -> list[str] | None:
        """The records when every field stands in quotation marks and no text holds one: then all between texts is known."""
        quote = self._dialect.quote
        if self._dialect.skip or len(text) < 2 or not text.startswith(quote) or not text.endswith(quote):
            return None
        text = text[1:-1].replace(f"{quote}{self._dialect.char}{quote}", CELL)
        rows = text.split(f"{quote}\n{quote}")
        return None if quote in "".join(rows) else rows

    def _cut(self, lines: list[str]) -> list[str] | None:
        with suppress(csv.Error):
            return list(map(CELL.join, self._dialect.reader(lines, strict=True)))
        return None

    def _one_by_one(self) -> Iterator[Batch]:
        """The records of the waiting lines, and of as many more as the last of them needs."""
        rows: list[str] = []
        while self._at < len(self._lines):
            rows += self._in_order()
            if self._at < len(self._lines):
                row, unclosed = self._by_hand()
                if unclosed:
                    yield rows, False
                    yield [row], True
                    rows = []
                else:
                    rows.append(row)
        yield rows, False

    def _in_order(self) -> list[str]:
        """Records as far as the csv module finds no fault in them."""
        rows: list[str] = []
        with suppress(csv.Error):
            for record in self._dialect.reader(self._given(), strict=True):
                rows.append(CELL.join(record))
                self._at = self._asked
        return rows

    def _given(self) -> Iterator[str]:
        """The waiting lines with their ends; ``_asked`` is behind the last that was asked for."""
        for place in range(self._at, len(self._lines)):
            if self._padded(self._lines[place]):
                break
            self._asked = place + 1
            yield self._lines[place] + "\n"

    def _by_hand(self) -> tuple[str, bool]:
        """The next record, whatever is wrong with it, and whether a quotation mark in it is no quotation mark."""
        text, cut = self._gathered()
        fields = cut.fields
        if len(fields) != self._dialect.width or "\n" in text[: cut.end - 1]:
            better = self._mended(text, cut)
            if better is not None:
                cut = better
        self._at += text.count("\n", 0, cut.end) or 1
        return CELL.join(cut.fields), cut.unclosed

    def _gathered(self) -> tuple[str, Cut]:
        """The lines that the next record needs, and how it is cut; a record that is too long for anybody ends with its line."""
        count = 1
        while True:
            while self._at + count > len(self._lines) and (more := self._next()) is not None:
                self._lines = self._lines[self._at :] + more.split("\n")
                self._at = 0
            text = "".join([line + "\n" for line in self._lines[self._at : self._at + count]])
            cut = split_record(text, self._dialect)
            if not (cut.unclosed or cut.waiting) or count > len(self._lines) - self._at or len(text) > _LONGEST:
                return text, cut
            count *= 2

    def _mended(self, text: str, cut: Cut) -> Cut | None:
        """Another reading in which some quotation marks are literal, if that makes one line a record like the others."""
        literal: frozenset[int] = frozenset()
        better = split_record(text, self._dialect, lenient=True)
        for _ in range(_TRIES):
            if len(better.fields) == self._dialect.width and not better.unclosed and "\n" not in text[: better.end - 1]:
                return replace(better, unclosed=True)
            if cut.loose < 0:
                break
            literal |= {cut.loose}
            cut = better = split_record(text, self._dialect, literal)
        return None


def _hidden(found: re.Match[str]) -> str:
    return ESCAPED_QUOTE if found[1] == '"' else ESCAPED_BACKSLASH
