"""Owns how delimited text is cut: which delimiter, where a record ends, what a quotation mark means."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

DELIMITERS = ",;\t|^"
_SAMPLE_RECORDS = 500
_SURE = 0.9
_LEAST = 0.4
NONE = "\0"
"""Stands for *no delimiter*: a character that no text holds when it is cut."""
_SEP = re.compile(r'"?sep=(.)"?[,;\t ]*', re.IGNORECASE)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_LONGEST = 1 << 26


@dataclass(frozen=True, slots=True)
class Delimiter:
    """A delimiter, whether it is a guess; with ``declared`` the first line says so and is not a row."""

    char: str
    guessed: bool = False
    declared: bool = False


def find_delimiter(lines: Sequence[str]) -> Delimiter:
    """The delimiter that cuts most records into the same number of fields; NONE if there is one column."""
    said = _SEP.fullmatch(lines[0].rstrip("\n")) if lines else None
    if said:
        return Delimiter(said[1], declared=True)
    scored = sorted(
        ((score, -place, char) for place, char in enumerate(DELIMITERS) if (score := _score(lines, char)) > 0), reverse=True
    )
    best = scored[0] if scored else (0.0, 0, ",")
    if best[0] < _LEAST:
        return Delimiter(NONE, guessed=best[0] > 0)
    close = len(scored) > 1 and scored[1][0] > 0.8 * best[0]
    return Delimiter(best[2], guessed=best[0] < _SURE or close)


def _score(lines: Sequence[str], char: str) -> float:
    """How consistently a delimiter cuts: the share of records that have the commonest number of fields above one."""
    counts: Counter[int] = Counter()
    with suppress(csv.Error):  # a record that is too long for the csv module; what came before it says enough
        for record in islice(csv.reader(lines, delimiter=char), _SAMPLE_RECORDS):
            if record:
                counts[len(record)] += 1
    total = counts.total() or 1
    several = [(count, fields) for fields, count in counts.items() if fields > 1]
    if not several:
        return 0.0
    count = max(several)[0]
    near = sum(n for fields, n in counts.items() if fields > 1) - count
    return (count + 0.5 * near) / total


def split_record(text: str, delimiter: str) -> tuple[list[str], int, bool]:
    """The first record of ``text``: its fields, where the next one begins, and whether a quotation mark in it never closes.

    Gives what the csv module gives, except that a quotation mark that never closes is a character like any other.
    """
    fields: list[str] = []
    place, unclosed = 0, False
    while True:
        field, place, open_quote = _field(text, place, delimiter)
        fields.append(field)
        unclosed = unclosed or open_quote
        if place >= len(text) or text[place] == "\n":
            return fields, place + 1, unclosed
        place += 1
        if place >= len(text):
            fields.append("")
            return fields, place + 1, unclosed


def _field(text: str, place: int, delimiter: str) -> tuple[str, int, bool]:
    """One field from a place on, the place of what ends it, and whether its quotation mark never closes."""
    quoted, unclosed = "", False
    if text[place : place + 1] == '"':
        end = _closing(text, place + 1)
        if end < 0:
            unclosed = True
        else:
            quoted, place = text[place + 1 : end].replace('""', '"'), end + 1
    stops = [stop for stop in (text.find(delimiter, place), text.find("\n", place)) if stop >= 0]
    stop = min(stops, default=len(text))
    return quoted + text[place:stop], stop, unclosed


def _closing(text: str, place: int) -> int:
    """Where the quotation mark is that closes a field; -1 when there is none."""
    while (place := text.find('"', place)) >= 0:
        if text[place + 1 : place + 2] != '"':
            return place
        place += 2
    return -1


class Records:
    """Walks the records of delimited text, many at once: (records, whether a quotation mark in the only one never closes).

    The csv module does the work; only a record that it cannot end is cut here.
    """

    def __init__(self, blocks: Iterator[list[str]], delimiter: str) -> None:
        """``blocks`` are lists of lines; lines end with LF, except perhaps the last."""
        self._blocks = blocks
        self._delimiter = delimiter
        self._waiting: list[str] = []
        self._pending: list[str] = []
        self._ended = False

    def __iter__(self) -> Iterator[tuple[list[list[str]], bool]]:
        """Walk them once."""
        for lines in self._blocks:
            try:
                yield list(csv.reader(lines, delimiter=self._delimiter, strict=True)), False
            except csv.Error:
                self._waiting = lines[::-1]
                yield from self._carefully()

    def _carefully(self) -> Iterator[tuple[list[list[str]], bool]]:
        """Records one by one, until the waiting lines are used up and a record ends where a line does."""
        while self._waiting:
            self._ended = False
            try:
                for fields in csv.reader(self._source(), delimiter=self._delimiter):
                    if self._ended:
                        break
                    self._pending.clear()
                    yield [fields], False
                    if not self._waiting:
                        return
                else:
                    return
            except csv.Error:
                self._gather()
            yield self._by_hand()

    def _source(self) -> Iterator[str]:
        """Lines for the csv module, remembered until their record is complete.

        The module asks for another line only inside quotation marks, or for the next record: a record that comes after the
        end of the lines was never closed.
        """
        while line := self._next():
            self._pending.append(line)
            yield line
        self._ended = True

    def _next(self) -> str:
        if not self._waiting:
            self._waiting = next(self._blocks, [])[::-1]
        return self._waiting.pop() if self._waiting else ""

    def _gather(self) -> None:
        """Add lines to a record that is too long for the csv module, until it ends or is too long for anybody."""
        size, doubled = 0, 1
        while size < _LONGEST and split_record("".join(self._pending), self._delimiter)[2]:
            size, doubled = sum(map(len, self._pending)), doubled * 2
            more = [line for _ in range(doubled * 100) if (line := self._next())]
            if not more:
                return
            self._pending += more

    def _by_hand(self) -> tuple[list[list[str]], bool]:
        """Cut the first pending record; the lines after it are read again."""
        text = "".join(self._pending)
        fields, end, unclosed = split_record(text, self._delimiter)
        self._pending.clear()
        self._waiting += reversed(_LINE.findall(text, end))
        return [fields], unclosed
