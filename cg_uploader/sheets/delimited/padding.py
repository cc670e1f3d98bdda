"""The blanks before a quotation, which belong to it when it ends where its field ends."""

from __future__ import annotations

import re
from functools import lru_cache

from cg_uploader.model.enums import BLANKS


class QuotePadding:
    """Finds the blanks before quotations in text with one delimiter and one quotation mark."""

    def __init__(self, char: str, quote: str) -> None:
        blanks = "".join(sorted({*BLANKS} - {*"\r\n", char}))
        some, edge = f"[{re.escape(blanks)}]", re.escape(char)
        self._char = char
        self._near = re.compile(f"{some}{quote}")
        self._near_not_space = re.compile(f"[{re.escape(blanks.replace(' ', ''))}] *{quote}")
        self._anywhere = re.compile(
            rf"(?:^|{edge}){some}+{quote}(?:{quote}(?={quote}|{some}|{edge}|$)|(?!{quote}))", re.MULTILINE
        )
        self._start = re.compile(f"{some}+{quote}")
        self._end = re.compile(rf"{some}*(?:{edge}|\n|\Z)")
        self._field = re.compile(rf"{some}*({quote}(?:[^{quote}]|{quote}{quote})*{quote}{some}*)(?={edge}|\Z)|[^{edge}]*")

    def is_in(self, text: str, *, spaces: bool = True) -> bool:
        """Whether a field may begin with blanks and a quotation somewhere. Without ``spaces`` only other blanks count."""
        near = self._near if spaces else self._near_not_space
        return bool(near.search(text) and self._anywhere.search(text))

    def find_opening(self, text: str, index: int) -> int:
        """Find the quotation mark behind the blanks with which the field at an index begins. -1 when there is none."""
        start = self._start.match(text, index)
        return start.end() - 1 if start else -1

    def is_end(self, text: str, index: int) -> bool:
        """Whether a field ends at an index, or behind blanks there."""
        return bool(self._end.match(text, index))

    def remove(self, line: str) -> str:
        """Take such blanks out of a line."""
        if not self.is_in(line):
            return line
        fields, index = [], 0
        while index <= len(line) and (field := self._field.match(line, index)):
            fields.append(field[1] or field[0])
            index = field.end() + 1
        return self._char.join(fields)


@lru_cache(maxsize=32)
def get_padding(char: str, quote: str) -> QuotePadding:
    """Give what finds blanks for a delimiter and a quotation mark."""
    return QuotePadding(char, quote)
