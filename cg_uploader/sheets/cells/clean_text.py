"""Owns what text a stored cell becomes: clean text, plain numbers, and what has to be said about either."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from cg_uploader.model.enums import BLANKS, NoteKind

EXACT_LIMIT = 2**53
DIGITS_LIMIT = 10**15
# From the first of these numbers up to the second, Python draws 15 significant digits without an exponent.
SHORTEST, LONGEST = 0.0001, DIGITS_LIMIT - 1

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_INVISIBLE = re.compile("[\xa0\u061c\u200b-\u200f\u202a-\u202f\u2060\u2066-\u2069\ufeff]")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_ERROR = re.compile(
    r"#(?:N/A|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|GETTING_DATA|SPILL!|CALC!|FIELD!|BLOCKED!|UNKNOWN!|CONNECT!|BUSY!|PYTHON!|EXTERNAL!)"
    r"|Err:5\d\d"
)

_CUT_SHORT = re.compile(r"[-+]?\d(?:[.,]\d+)?E\+\d{2,3}")
# Stands for a character that could not be read.
LOST = "\ufffd"

# Windows' western letters by the halves of characters that stand for bad bytes until a cell's text is made.
REPLACED = {0xDC00 + byte: letter for byte in range(0x80, 0x100) if (letter := bytes([byte]).decode("cp1252", "ignore"))}

# Kinds of notes that a text gives cause for.
Said = tuple[NoteKind, ...]
Shown = tuple[str, Said]
# Draws a number with its sign; the section was already chosen.
Draw = Callable[[float], Shown]
# The texts for many numbers, as they are stored, in less time: where nothing has to be said but what is settled already, else
# None. ValueError when one is not a number.
Quick = Callable[[Sequence[Any], Collection[str]], Sequence[str | None]]


def unescape(text: str) -> str:
    """``text`` with Excel's ``_xHHHH_`` decoded (``_x005F_`` is an underscore); surrogate pairs are joined."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return _SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def visible(text: str) -> tuple[str, Said]:
    """``text`` without control characters, line breaks as LF, ends as they are: what a heading keeps."""
    if text.isprintable():
        return text, ()
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = _CONTROL.sub("", text)
    if len(kept) == len(text):
        return text, ()
    return kept, () if kept.strip(BLANKS) == text.strip(BLANKS) else (NoteKind.CONTROL_CHARACTERS,)


def sent(text: str) -> tuple[str, Said]:
    """The text that is sent for a text cell: ends trimmed, control characters out, and what has to be said about it."""
    if text.isascii() and text.isprintable():
        text = text.strip(" ")
        return text, _looks(text)
    text, said = visible(text)
    text = text.strip(BLANKS)
    if text.isascii():
        return text, (*said, *_looks(text))
    if LOST in text:
        said = (*said, NoteKind.LOST_CHARACTER)
    return text, (*said, NoteKind.INVISIBLE_CHARACTERS) if _INVISIBLE.search(text) else said


def _looks(text: str) -> Said:
    """What has to be said about a text because it reads like something that went wrong before."""
    if text.startswith(("#", "Err:")) and _ERROR.fullmatch(text):
        return (NoteKind.ERROR_TEXT,)
    return (NoteKind.TRUNCATED_NUMBER,) if "E+" in text and _CUT_SHORT.fullmatch(text) else ()


def is_plain(text: str) -> bool:
    """Whether a text is sent as it is and nothing has to be said; False for some of which that is true too."""
    return (
        text.isascii()
        and text.isprintable()
        and text[:1] not in "# "
        and text[:4] != "Err:"
        and text[-1:] != " "
        and "E+" not in text
    )


def decimal(value: float) -> Decimal:
    """The 15 significant digits that Excel keeps of a number."""
    return Decimal(f"{value:.15g}")


def general(value: float) -> tuple[str, Said]:
    """A number under the format *General*: plain digits, 15 of them, no exponent between 10^-15 and 10^21."""
    size = abs(value)
    said: Said = (NoteKind.DIGITS_LOST,) if size >= DIGITS_LIMIT else ()
    if size <= EXACT_LIMIT and value == int(value):
        return str(int(value)), said
    number = decimal(value)
    if size >= 1e21 or size < 1e-15:
        sign, digits, exponent = number.normalize().as_tuple()
        head, tail = str(digits[0]), "".join(map(str, digits[1:]))
        return f"{'-' * sign}{head}{'.' * bool(tail)}{tail}E{int(exponent) + len(digits) - 1:+d}", said
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text), said


def generals(values: Sequence[Any]) -> Sequence[str | None]:
    """As ``general`` for many as they are stored, in less time; None for those that it has to be asked about.

    ValueError when one is not a number.
    """
    if whole_digits(values):
        return values
    least, most = SHORTEST, LONGEST
    return [f"{value:.15g}" if least <= value < most or least <= -value < most else None for value in map(float, values)]


def whole_digits(values: Sequence[Any]) -> bool:
    """Whether all stored numbers are whole ones above zero, in plain digits that Excel keeps; one look is for all of them."""
    try:
        joined = "".join(values)
    except TypeError:
        return False
    return joined.isascii() and joined.isdecimal() and min(values) >= "1" and max(map(len, values)) < 16


@lru_cache(maxsize=20_000)
def column_letter(position: int) -> str:
    """Excel's letter of a column; 0 is ``A``, 26 ``AA``."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=20_000)
def column_position(letters: str) -> int:
    """Position of a column by Excel's letter; ``A`` is 0."""
    position = 0
    for letter in letters:
        position = position * 26 + ord(letter) - 64
    return position - 1
