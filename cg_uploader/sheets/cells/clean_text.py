"""The text that a stored cell becomes: clean text, plain numbers, and the notes that either gives cause for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from cg_uploader.model.enums import BLANKS, NoteKind

MAX_EXACT_INTEGER = 2**53
# Excel keeps 15 digits: a number of this size or more has lost some.
DIGITS_LIMIT = 10**15
# From the first of these numbers up to the second, Python writes 15 significant digits without an exponent.
MIN_PLAIN, MAX_PLAIN = 0.0001, DIGITS_LIMIT - 1

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_INVISIBLE = re.compile("[\xa0\u061c\u200b-\u200f\u202a-\u202f\u2060\u2066-\u2069\ufeff]")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_ERROR = re.compile(
    r"#(?:N/A|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|GETTING_DATA|SPILL!|CALC!|FIELD!|BLOCKED!|UNKNOWN!|CONNECT!|BUSY!|PYTHON!|EXTERNAL!)"
    r"|Err:5\d\d"
)
_TRUNCATED = re.compile(r"[-+]?\d(?:[.,]\d+)?E\+\d{2,3}")
# Stands for a character that could not be read.
REPLACEMENT_CHARACTER = "\ufffd"
# Windows' western characters, by the halves of characters that stand for bad bytes until a cell's text is made.
WESTERN_CHARS = {0xDC00 + byte: char for byte in range(0x80, 0x100) if (char := bytes([byte]).decode("cp1252", "ignore"))}

# The kinds of notes that a text gives cause for.
NoteKinds = tuple[NoteKind, ...]
NotedText = tuple[str, NoteKinds]
# Renders a number with its sign. Its section of the format was chosen before.
Renderer = Callable[[float], NotedText]
# Renders many stored numbers in less time; the second argument holds the kinds that are noted already.
# None stands for a number that a Renderer must look at, because it may need another note. ValueError when a value is no number.
BulkRenderer = Callable[[Sequence[Any], Collection[str]], Sequence[str | None]]


def unescape(text: str) -> str:
    """Decode Excel's ``_xHHHH_`` (``_x005F_`` is an underscore) and join surrogate pairs."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return _SURROGATES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def strip_controls(text: str) -> NotedText:
    """Take control characters out and write line breaks as LF. Blanks at the ends stay, because a heading keeps them."""
    if text.isprintable():
        return text, ()
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    clean = _CONTROL.sub("", text)
    if len(clean) == len(text):
        return text, ()
    return clean, () if clean.strip(BLANKS) == text.strip(BLANKS) else (NoteKind.CONTROL_CHARACTERS,)


def clean_cell(text: str) -> NotedText:
    """Make the text that is sent for a text cell: without blanks at its ends and without control characters."""
    if text.isascii() and text.isprintable():
        text = text.strip(" ")
        return text, _find_damage(text)
    text, kinds = strip_controls(text)
    text = text.strip(BLANKS)
    if text.isascii():
        return text, (*kinds, *_find_damage(text))
    if REPLACEMENT_CHARACTER in text:
        kinds = (*kinds, NoteKind.LOST_CHARACTER)
    return text, (*kinds, NoteKind.INVISIBLE_CHARACTERS) if _INVISIBLE.search(text) else kinds


def _find_damage(text: str) -> NoteKinds:
    """Recognise a text that a program wrote in the place of a value: an error, or a number without its last digits."""
    if text.startswith(("#", "Err:")) and _ERROR.fullmatch(text):
        return (NoteKind.ERROR_TEXT,)
    return (NoteKind.TRUNCATED_NUMBER,) if "E+" in text and _TRUNCATED.fullmatch(text) else ()


def is_plain(text: str) -> bool:
    """Whether a text is sent as it is, without a note. A quick look: False for some texts of which that is true too."""
    return (
        text.isascii()
        and text.isprintable()
        and text[:1] not in "# "
        and text[:4] != "Err:"
        and text[-1:] != " "
        and "E+" not in text
    )


def to_decimal(value: float) -> Decimal:
    """Give the 15 significant digits that Excel keeps of a number."""
    return Decimal(f"{value:.15g}")


def format_general(value: float) -> NotedText:
    """Write a number under the format *General*: 15 plain digits, no exponent between 10^-15 and 10^21."""
    size = abs(value)
    kinds: NoteKinds = (NoteKind.DIGITS_LOST,) if size >= DIGITS_LIMIT else ()
    if size <= MAX_EXACT_INTEGER and value == int(value):
        return str(int(value)), kinds
    number = to_decimal(value)
    if size >= 1e21 or size < 1e-15:
        sign, digits, exponent = number.normalize().as_tuple()
        head, tail = str(digits[0]), "".join(map(str, digits[1:]))
        return f"{'-' * sign}{head}{'.' * bool(tail)}{tail}E{int(exponent) + len(digits) - 1:+d}", kinds
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text), kinds


def format_general_many(values: Sequence[Any]) -> Sequence[str | None]:
    """Write many stored numbers as ``format_general`` does, in less time. None for those that it must look at.

    Raises:
        ValueError: A value is not a number.
    """
    if are_plain_integers(values):
        return values
    low, high = MIN_PLAIN, MAX_PLAIN  # local names are faster in the loop
    return [f"{value:.15g}" if low <= value < high or low <= -value < high else None for value in map(float, values)]


def are_plain_integers(values: Sequence[Any]) -> bool:
    """Whether all stored numbers are texts of at most 15 digits, above zero and whole. All are looked at together."""
    try:
        joined = "".join(values)
    except TypeError:
        return False
    return joined.isascii() and joined.isdecimal() and min(values) >= "1" and max(map(len, values)) < 16


@lru_cache(maxsize=20_000)
def column_letter(position: int) -> str:
    """Give Excel's letter of a column. 0 is ``A``, 26 ``AA``."""
    chars = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        chars = chr(65 + rest) + chars
    return chars


@lru_cache(maxsize=20_000)
def column_position(letter: str) -> int:
    """Give the position of a column by Excel's letter. ``A`` is 0."""
    position = 0
    for char in letter:
        position = position * 26 + ord(char) - 64
    return position - 1
