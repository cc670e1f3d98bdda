"""How a csv file keeps texts that a spreadsheet program would take for formulas: with an apostrophe before them."""

from __future__ import annotations

import re

_LIKE_A_FORMULA = re.compile("'*[=+\\-@\t\r]")
_GUARDED = re.compile("''*[=+\\-@\t\r]")


def guarded(text: str) -> str:
    """Return ``text`` as a csv file has it: an apostrophe before what a spreadsheet program would take for a formula."""
    return f"'{text}" if _LIKE_A_FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return the text that ``guarded`` was given."""
    return text[1:] if _GUARDED.match(text) else text
