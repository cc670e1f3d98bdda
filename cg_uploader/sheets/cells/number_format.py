"""Owns how a number format is applied: the text that Excel shows, with what a program cannot read taken out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property, lru_cache, partial
from itertools import repeat
from typing import Any

from cg_uploader.model.enums import NoteKind
from cg_uploader.sheets.cells.clean_text import (
    DIGITS_LIMIT,
    LONGEST,
    SHORTEST,
    Draw,
    Quick,
    Said,
    Shown,
    decimal,
    general,
    generals,
    visible,
    whole_digits,
)
from cg_uploader.sheets.cells.date_format import Moments, Parts, clock_parts, date_drawer
from cg_uploader.sheets.cells.format_code import Code, Part, Token, sections

_EXACT = Context(prec=700, rounding=ROUND_HALF_UP)
_LONGEST_CODE = 512
_DASHES = frozenset("-–—")
_SIGN_BEFORE = re.compile(r"(?<!\w)[-−–‑](?!(?<=\w .) )|[△▲▼]")
# What a section draws around its digits for *negative*: a minus, or Japan's mark; not the dash of `ACC-` or `/-`.
_SIGN_BEHIND = re.compile(r"(?<![\w/(])[-−–‑](?=\W*$)|[△▲▼]")
_MOST_PLACES = 14
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
}


def _as_general(value: float) -> Shown:
    return general(value)


def _stored(value: float) -> Shown:
    text, said = general(value)
    return text, (NoteKind.STORED_VALUE, *said)


def _hidden(value: float) -> Shown:
    return "", (NoteKind.HIDDEN_BY_FORMAT,) if value else ()


# --------------------------------------------------------------------------------------------------------------- digits


def _stored_anyway(code: Code) -> bool:
    """Whether the section shows less than the number: scientific, a fraction, or scaled by thousands."""
    parts = [part for part, _ in code.tokens]
    if Part.EXPONENT in parts:
        return True
    digits = [i for i, part in enumerate(parts) if part is Part.DIGIT]
    if Part.SLASH in parts and digits and digits[0] < parts.index(Part.SLASH):
        return True
    return any(
        part is Part.COMMA and i and parts[i - 1] in (Part.DIGIT, Part.COMMA) and not _digit_follows(parts, i)
        for i, part in enumerate(parts)
    )


def _digit_follows(parts: list[Part], position: int) -> bool:
    """Whether another integer digit comes after a position, before the decimal point."""
    for part in parts[position + 1 :]:
        if part is Part.POINT:
            return False
        if part is Part.DIGIT:
            return True
    return False


def _whole_part(tokens: list[Token], digits: str) -> str:
    """Digits poured into the placeholders from the right; what is left over goes before the first one."""
    out: list[str] = []
    left = len([1 for part, _ in tokens if part is Part.DIGIT])
    for part, text in reversed(tokens):
        if part is Part.DIGIT:
            left -= 1
            if left == 0:
                out.append(digits or ("0" if text == "0" else ""))
                digits = ""
            else:
                out.append(digits[-1:] or ("0" if text == "0" else ""))
                digits = digits[:-1]
        elif part in (Part.LITERAL, Part.PERCENT, Part.SLASH):
            out.append(text)
    return "".join(reversed(out))


def _fraction_part(tokens: list[Token], digits: str) -> tuple[str, bool]:
    """Decimals poured into the placeholders from the left, and whether any is drawn."""
    forced = 0
    places = [text for part, text in tokens if part is Part.DIGIT]
    for i, text in enumerate(places):
        if text == "0" or digits[i] != "0" or digits[i:].strip("0"):
            forced = i + 1
    out, used = [], 0
    for part, text in tokens:
        if part is Part.DIGIT:
            out.append(digits[used] if used < forced else "")
            used += 1
        elif part in (Part.LITERAL, Part.PERCENT, Part.SLASH):
            out.append(text)
    return "".join(out), forced > 0


def _without_drawn_sign(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """A section for negative numbers without the brackets or the sign that it draws around the digits."""
    places = [i for i, (part, _) in enumerate(tokens) if part in (Part.DIGIT, Part.GENERAL)]
    if not places:
        return tokens
    before = "".join(text for part, text in tokens[: places[0]] if part is Part.LITERAL)
    after = "".join(text for part, text in tokens[places[-1] + 1 :] if part is Part.LITERAL)
    brackets = str.maketrans("", "", "()" if "(" in before and ")" in after else "")
    clean = [
        (part, sign.sub("", text.translate(brackets)) if part is Part.LITERAL and not inside else text)
        for i, (part, text) in enumerate(tokens)
        for sign, inside in [(_SIGN_BEFORE if i < places[0] else _SIGN_BEHIND, places[0] < i < places[-1])]
    ]
    return tuple((part, text) for part, text in clean if text)


class _Digits:
    """Draws numbers into the placeholders of one section."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        parts = [part for part, _ in tokens]
        point = parts.index(Part.POINT) if Part.POINT in parts else len(tokens)
        self._tokens = tokens
        self._whole = list(tokens[:point])
        self._rest = list(tokens[point + 1 :])
        if point < len(tokens) and Part.DIGIT not in parts[:point]:
            self._whole.append((Part.DIGIT, "#"))  # what stands before the point is always shown
        self._scale = 2 * parts.count(Part.PERCENT)
        self._places = [part for part, _ in self._rest].count(Part.DIGIT)
        self._digits = Part.DIGIT in parts
        self._step = Decimal(1).scaleb(-self._places)
        self._shape: Said = (NoteKind.PERCENT,) if self._scale else ()
        self.plain = _plain(list(tokens))

    @cached_property
    def unsigned(self) -> _Digits:
        """The same for negative numbers: without the sign that the section draws itself."""
        tokens = _without_drawn_sign(self._tokens)
        return self if tokens == self._tokens else _Digits(tokens)

    def __call__(self, value: float) -> Shown:
        """The section drawn for a number, a minus in front of a negative one that has digits."""
        zeros, places, percent = self.plain
        if zeros and not percent and SHORTEST <= value < LONGEST:
            whole, _, fraction = f"{value:.15g}".partition(".")
            if len(fraction) <= places:
                whole = whole.rjust(zeros, "0")
                return (f"{whole}.{fraction.ljust(places, '0')}" if places else whole), ()
        if not self._digits:
            return self._words(value)
        if value < 0 and self.unsigned is not self:
            return self.unsigned(value)
        exact = decimal(value).scaleb(self._scale, _EXACT)
        rounded = exact.copy_abs().quantize(self._step, context=_EXACT)
        said = self._shape if rounded == exact.copy_abs() else (*self._shape, NoteKind.ROUNDED)
        if not -DIGITS_LIMIT < value < DIGITS_LIMIT:
            said = (*said, NoteKind.DIGITS_LOST)
        whole, _, fraction = f"{rounded:f}".partition(".")
        drawn, decimals = _fraction_part(self._rest, fraction)
        left = _whole_part(self._whole, whole.lstrip("0"))
        if decimals or self._places:
            left = left if left[-1:].isdigit() or whole != "0" else left + "0"
        text = f"{left}.{drawn}" if decimals else left + drawn
        text = text.strip()
        if not text:
            return _hidden(value)
        if value == 0 and set(text) <= _DASHES:
            return "0", ()
        return ("-" + text if value < 0 and rounded else text), said

    def many(self, values: Sequence[Any], settled: Collection[str], *, negative: bool = False) -> list[str | None]:
        """See ``Quick``; plain digits only, of negative numbers too if ``negative``.

        Python rounds the stored number, Excel its 15 digits: that differs only where they end in half of the last place.
        """
        zeros, drawn, percent = self.plain
        places, factor, sign = drawn + self._scale, 100 if percent else 1, "%" * percent
        if not zeros or places >= _MOST_PLACES or any(kind not in settled for kind in self._shape):
            return [None] * len(values)
        if not places and whole_digits(values):
            return list(map(str.zfill, values, repeat(zeros)))
        form = f"%0{zeros + drawn + (drawn > 0)}.{drawn}f"
        most, rounding, texts = 10.0 ** (_MOST_PLACES - places), NoteKind.ROUNDED in settled, list[str | None]()
        for value in map(float, values):
            size, text = (abs(value) if negative else value), None
            if SHORTEST <= size < most:
                number = size * factor
                text = form % number
                if float(text) != number:
                    exact = "%.15g" % size  # noqa: UP031 - the quickest way, and there are many
                    if not rounding or exact[-1] == "5":
                        beyond = len(exact.partition(".")[2]) - places
                        text = None if beyond == 1 or (beyond > 1 and not rounding) else text
                if text is not None and (value < 0 or sign):
                    text = f"{'-' * (value < 0 and text.strip('0.') != '')}{text}{sign}"
            texts.append(text)
        return texts

    def _words(self, value: float) -> Shown:
        """A section without placeholders: its literal text, and a dash for zero is a zero."""
        text = "".join(text for part, text in self._whole + self._rest if part is not Part.COMMA).strip()
        if text and set(text) <= _DASHES and value == 0:
            return "0", ()
        return (text, self._shape) if text else _hidden(value)


def _plain(tokens: list[Token]) -> tuple[int, int, bool]:
    """How many digits a section shows at least before the point, and how many behind it, and whether a percent sign follows.

    No digits at all when it is not plain digits: other places, or texts among them.
    """
    percent = tokens[-1:] == [(Part.PERCENT, "%")]
    kinds = [part for part, _ in tokens]
    whole, _, rest = "".join(text for part, text in tokens[: len(tokens) - percent] if part is not Part.COMMA).partition(".")
    zeros = len(whole) - len(whole.rstrip("0"))
    plain = not whole.strip("#0") and "0" not in whole[: len(whole) - zeros] and not rest.strip("0")
    digits = set(kinds[: len(kinds) - percent]) <= {Part.DIGIT, Part.COMMA, Part.POINT}
    return (zeros, len(rest), percent) if plain and digits else (0, 0, False)


def _general_drawer(code: Code) -> Draw:
    words = tuple(token for token in code.tokens if token[0] in (Part.GENERAL, Part.LITERAL))
    negative = _without_drawn_sign(words)
    if len(words) == 1:
        return _as_general

    def draw(value: float) -> Shown:
        number, said = general(abs(value))
        drawn = negative if value < 0 else words
        text = "".join(number if part is Part.GENERAL else text for part, text in drawn).strip()
        return ("-" + text if value < 0 else text), said

    return draw


# ------------------------------------------------------------------------------------------------------------- sections


def _drawer(code: Code, date1904: bool) -> Draw:
    """What draws numbers under one section."""
    if not code.tokens:
        return _hidden
    if code.has(Part.GENERAL):
        return _general_drawer(code)
    if code.has(Part.CLOCK, Part.ELAPSED):
        return date_drawer(code, date1904)
    if _stored_anyway(code):
        return _stored
    if code.has(Part.TEXT):
        return _as_general
    return _Digits(code.tokens)


def _text_pieces(code: Code | None) -> list[str | None]:
    """What a section draws for a text: its literals, and None where the text itself stands.

    *General* stands for the text as ``@`` does.  A section that has neither but places for digits or dates was not made for
    texts, so they are shown as they are.
    """
    if code is None:
        return [None]
    pieces = [None if part in (Part.TEXT, Part.GENERAL) else text for part, text in code.tokens]
    return pieces if None in pieces or not code.has(Part.DIGIT, Part.CLOCK, Part.ELAPSED, Part.EXPONENT) else [None]


class NumberFormat:
    """One format code, made ready once.

    ``number(value)`` gives the text for a number, and what has to be said about it; ``many`` does so for many where there is
    a quick way.  ``shows``: parts of dates and times, None when it shows neither; ``plain_text``: it shows texts as they are.
    """

    def __init__(self, code: str, date1904: bool = False) -> None:
        found = sections(visible(code)[0] or "General")
        texts = len(found) == 4 or (len(found) > 1 and found[-1].has(Part.TEXT))
        self._pieces = _text_pieces(found[-1] if texts or (len(found) == 1 and found[0].has(Part.TEXT)) else None)
        numbers = found[: len(found) - 1] if texts else found
        self.plain_text = self._pieces == [None]
        dated = [clock_parts(code) for code in numbers if code.has(Part.CLOCK, Part.ELAPSED)]
        self.shows: Parts | None = dated[0] if dated else None
        self._choices = self._conditions(numbers, date1904)
        always = len(numbers) == 1 and not self._choices[0][0]
        self.number: Draw = self._choices[0][2] if always else self._select
        self.many = self._quick()

    @staticmethod
    def _conditions(numbers: tuple[Code, ...], date1904: bool) -> list[tuple[str, float, Draw]]:
        """(comparison, bound, drawer) in the order in which they are tried; a section that fits all comes last."""
        count = len(numbers)
        choices = []
        for i, code in enumerate(numbers):
            condition = code.condition
            if condition is None and i < count - 1:
                condition = ("<", 0.0) if i else (">", 0.0) if count > 2 else (">=", 0.0)
            operator, bound = condition or ("", 0.0)
            choices.append((operator, bound, _drawer(code, date1904)))
        return choices

    def _quick(self) -> Quick | None:
        """The quick way of the section for positive numbers, and for others that are drawn alike; None when there is none."""
        operator, bound, draw = self._choices[0]
        if operator and (operator not in (">", ">=") or bound > 0):
            return None
        if draw is _as_general:
            return None if operator else lambda values, _: generals(values)
        if isinstance(draw, _Digits):
            other = draw if not operator else self._negative()
            return partial(draw.many, negative=isinstance(other, _Digits) and other.unsigned.plain == draw.plain)
        return draw.many if isinstance(draw, Moments) else None

    def _negative(self) -> Draw | None:
        """What draws all negative numbers, when the first section draws all others or all that are positive."""
        if self._choices[0][1] == 0 and len(self._choices) > 1 and self._choices[1][:2] in (("", 0.0), ("<", 0.0)):
            return self._choices[1][2]
        return None

    def _select(self, value: float) -> Shown:
        """The text that the first section that fits shows."""
        for operator, bound, draw in self._choices:
            if not operator or _COMPARE[operator](value, bound):
                return draw(value)
        return general(value)

    def text(self, text: str) -> Shown:
        """The text for a text cell: most formats show it as it is."""
        if self.plain_text:
            return text, ()
        shown = "".join(text if piece is None else piece for piece in self._pieces)
        return shown, (NoteKind.HIDDEN_BY_FORMAT,) if text and not shown else ()


@lru_cache(maxsize=2_000)
def number_format(code: str, date1904: bool = False) -> NumberFormat:
    """The format of a code, made once; one that is longer than Excel lets anybody write shows numbers as they are stored."""
    return NumberFormat(code if len(code) <= _LONGEST_CODE else "0.00E+00", date1904)
