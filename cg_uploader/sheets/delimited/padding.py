"""Owns the blanks before a quotation, which belong to it when it ends where its field ends."""

from __future__ import annotations

import re
from functools import lru_cache

from cg_uploader.model.enums import BLANKS


class Padding:
    """Finds such blanks in text with one delimiter and one quotation mark."""

    def __init__(self, char: str, quote: str) -> None:
        blanks = "".join(sorted({*BLANKS} - {*"\r\n", char}))
        some, edge = f"[{re.escape(blanks)}]", re.escape(char)
        self._char = char
        self._near = re.compile(f"{some}{quote}")
        self._near_other = re.compile(f"[{re.escape(blanks.replace(' ', ''))}] *{quote}")
        self._anywhere = re.compile(
            rf"(?:^|{edge}){some}+{quote}(?:{quote}(?={quote}|{some}|{edge}|$)|(?!{quote}))", re.MULTILINE
        )
        self._start = re.compile(f"{some}+{quote}")
        self._end = re.compile(rf"{some}*(?:{edge}|\n|\Z)")
        self._field = re.compile(rf"{some}*({quote}(?:[^{quote}]|{quote}{quote})*{quote}{some}*)(?={edge}|\Z)|[^{edge}]*")

    def is_in(self, text: str, *, spaces: bool = True) -> bool:
        """Whether a field may begin so somewhere; without ``spaces`` only with other blanks than these."""
        near = self._near if spaces else self._near_other
        return bool(near.search(text) and self._anywhere.search(text))

    def opening(self, text: str, place: int) -> int:
        """The place of the quotation mark behind the blanks with which a field begins; -1 when there is none."""
        found = self._start.match(text, place)
        return found.end() - 1 if found else -1

    def is_end(self, text: str, place: int) -> bool:
        """Whether a field ends at a place, or behind blanks there."""
        return bool(self._end.match(text, place))

    def without(self, line: str) -> str:
        """A line without such blanks."""
        if not self.is_in(line):
            return line
        fields, place = [], 0
        while place <= len(line) and (found := self._field.match(line, place)):
            fields.append(found[1] or found[0])
            place = found.end() + 1
        return self._char.join(fields)


@lru_cache(maxsize=32)
def padding(char: str, quote: str) -> Padding:
    """The one for a delimiter and a quotation mark."""
    return Padding(char, quote)
