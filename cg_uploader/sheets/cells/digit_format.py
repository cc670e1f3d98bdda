"""How a section of a number format that shows digits is rendered."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property
from itertools import repeat
from typing import Any, NamedTuple

from cg_uploader.model.enums import NoteKind
from cg_uploader.sheets.cells.clean_text import (
    DIGITS_LIMIT,
    MAX_PLAIN,
    MIN_PLAIN,
    NotedText,
    NoteKinds,
    are_plain_integers,
    to_decimal,
)
from cg_uploader.sheets.cells.format_code import Token, TokenKind

_EXACT = Context(prec=700, rounding=ROUND_HALF_UP)
_DASHES = frozenset("-–—")
_SIGN_BEFORE = re.compile(r"(?<!\w)[-−–‑](?!(?<=\w .) )|[△▲▼]")
# What a section draws around its digits for *negative*: a minus, or Japan's mark; not the dash of `ACC-` or `/-`.
_SIGN_BEHIND = re.compile(r"(?<![\w/(])[-−–‑](?=\W*$)|[△▲▼]")
_MAX_DECIMALS = 14
_DRAWN = (TokenKind.LITERAL, TokenKind.PERCENT, TokenKind.SLASH)


def render_nothing(value: float) -> NotedText:
    """Render a section that draws nothing, which is noted unless the number is zero."""
    return "", (NoteKind.HIDDEN_BY_FORMAT,) if value else ()


def _fill_whole_part(tokens: list[Token], digits: str) -> str:
    """Pour digits into the placeholders from the right. What is left over goes before the first one."""
    drawn: list[str] = []
    placeholders = sum(kind is TokenKind.DIGIT for kind, _ in tokens)
    for kind, text in reversed(tokens):
        if kind is TokenKind.DIGIT:
            placeholders -= 1
            here, digits = (digits[-1:], digits[:-1]) if placeholders else (digits, "")
            drawn.append(here or ("0" if text == "0" else ""))
        elif kind in _DRAWN:
            drawn.append(text)
    return "".join(reversed(drawn))


def _fill_decimals(tokens: list[Token], digits: str) -> tuple[str, bool]:
    """Pour decimals into the placeholders from the left, and say whether any is drawn."""
    placeholders = [text for kind, text in tokens if kind is TokenKind.DIGIT]
    count = 0
    for i, text in enumerate(placeholders):
        if text == "0" or digits[i:].strip("0"):
            count = i + 1
    drawn, used = [], 0
    for kind, text in tokens:
        if kind is TokenKind.DIGIT:
            drawn.append(digits[used] if used < count else "")
            used += 1
        elif kind in _DRAWN:
            drawn.append(text)
    return "".join(drawn), count > 0


def without_drawn_sign(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Take the brackets or the sign out that a section for negative numbers draws around the digits."""
    digits = [i for i, (kind, _) in enumerate(tokens) if kind in (TokenKind.DIGIT, TokenKind.GENERAL)]
    if not digits:
        return tokens
    before, inside, after = tokens[: digits[0]], tokens[digits[0] : digits[-1] + 1], tokens[digits[-1] + 1 :]
    brackets = "()" if "(" in _join_literals(before) and ")" in _join_literals(after) else ""
    return (*_strip_literals(before, _SIGN_BEFORE, brackets), *inside, *_strip_literals(after, _SIGN_BEHIND, brackets))


def _join_literals(tokens: Iterable[Token]) -> str:
    return "".join(text for kind, text in tokens if kind is TokenKind.LITERAL)


def _strip_literals(tokens: Iterable[Token], sign: re.Pattern[str], brackets: str) -> Iterator[Token]:
    """Take a sign and brackets out of the literals. Those of which nothing is left are dropped."""
    table = str.maketrans("", "", brackets)
    for kind, text in tokens:
        left = sign.sub("", text.translate(table)) if kind is TokenKind.LITERAL else text
        if left:
            yield kind, left


class _PlainDigits(NamedTuple):
    """A section that shows plain digits, and perhaps a percent sign behind them."""

    # How many digits it shows at least before the point. 0: it shows something else than plain digits.
    min_digits: int = 0
    # How many it shows behind the point.
    decimals: int = 0
    # Whether a percent sign follows.
    percent: bool = False


def _find_plain_digits(tokens: tuple[Token, ...]) -> _PlainDigits:
    """Find how many digits a section shows, if it shows nothing else."""
    percent = tokens[-1:] == ((TokenKind.PERCENT, "%"),)
    tokens = tokens[: len(tokens) - percent]
    whole, _, rest = "".join(text for kind, text in tokens if kind is not TokenKind.COMMA).partition(".")
    optional = whole.rstrip("0")
    plain = not optional.strip("#") and not rest.strip("0")
    digits = all(kind in (TokenKind.DIGIT, TokenKind.COMMA, TokenKind.POINT) for kind, _ in tokens)
    return _PlainDigits(len(whole) - len(optional), len(rest), percent) if plain and digits else _PlainDigits()


class DigitRenderer:
    """Renders numbers into the placeholders of one section."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        kinds = [kind for kind, _ in tokens]
        point = kinds.index(TokenKind.POINT) if TokenKind.POINT in kinds else len(tokens)
        self._tokens = tokens
        self._whole = list(tokens[:point])
        self._rest = list(tokens[point + 1 :])
        if point < len(tokens) and TokenKind.DIGIT not in kinds[:point]:
            self._whole.append((TokenKind.DIGIT, "#"))  # what stands before the point is always shown
        self._scale = 2 * kinds.count(TokenKind.PERCENT)
        self._decimals = [kind for kind, _ in self._rest].count(TokenKind.DIGIT)
        self._has_digits = TokenKind.DIGIT in kinds
        self._step = Decimal(1).scaleb(-self._decimals)
        self._kinds: NoteKinds = (NoteKind.PERCENT,) if self._scale else ()
        self.plain = _find_plain_digits(tokens)

    @cached_property
    def unsigned(self) -> DigitRenderer:
        """The same for negative numbers: without the sign that the section draws itself."""
        tokens = without_drawn_sign(self._tokens)
        return self if tokens == self._tokens else DigitRenderer(tokens)

    def __call__(self, value: float) -> NotedText:
        """Render one number, with a minus in front of a negative one that has digits."""
        text = self._render_plain(value)
        if text is not None:
            return text, ()
        if not self._has_digits:
            return self._render_literals(value)
        if value < 0 and self.unsigned is not self:
            return self.unsigned(value)
        return self._render_exactly(value)

    def _render_plain(self, value: float) -> str | None:
        """Write a positive number in plain digits, which takes less time. None when it has more decimals than are shown."""
        min_digits, decimals, percent = self.plain
        if not min_digits or percent or not MIN_PLAIN <= value < MAX_PLAIN:
            return None
        whole, _, fraction = f"{value:.15g}".partition(".")
        if len(fraction) > decimals:
            return None
        whole = whole.rjust(min_digits, "0")
        return f"{whole}.{fraction.ljust(decimals, '0')}" if decimals else whole

    def _render_literals(self, value: float) -> NotedText:
        """Render a section without placeholders: its literal text, where a dash for zero is a zero."""
        text = "".join(text for kind, text in self._whole + self._rest if kind is not TokenKind.COMMA).strip()
        if text and set(text) <= _DASHES and value == 0:
            return "0", ()
        return (text, self._kinds) if text else render_nothing(value)

    def _render_exactly(self, value: float) -> NotedText:
        """Round half away from zero, as Excel does, and fill the placeholders."""
        exact = to_decimal(value).scaleb(self._scale, _EXACT).copy_abs()
        rounded = exact.quantize(self._step, context=_EXACT)
        text = self._fill(rounded)
        if not text:
            return render_nothing(value)
        if value == 0 and set(text) <= _DASHES:
            return "0", ()
        kinds = self._kinds if rounded == exact else (*self._kinds, NoteKind.ROUNDED)
        if not -DIGITS_LIMIT < value < DIGITS_LIMIT:
            kinds = (*kinds, NoteKind.DIGITS_LOST)
        return ("-" + text if value < 0 and rounded else text), kinds

    def _fill(self, rounded: Decimal) -> str:
        """Fill the placeholders with the digits of a number that is not negative."""
        whole, _, fraction = f"{rounded:f}".partition(".")
        decimals, any_drawn = _fill_decimals(self._rest, fraction)
        text = _fill_whole_part(self._whole, whole.lstrip("0"))
        if (any_drawn or self._decimals) and whole == "0" and not text[-1:].isdigit():
            text += "0"
        return (f"{text}.{decimals}" if any_drawn else text + decimals).strip()

    def render_many(self, values: Sequence[Any], settled: Collection[str], *, negative: bool = False) -> list[str | None]:
        """Render many numbers in plain digits as a ``BulkRenderer`` does. ``negative``: negative ones too."""
        min_digits, decimals, percent = self.plain
        places = decimals + self._scale
        if not min_digits or places >= _MAX_DECIMALS or set(self._kinds).difference(settled):
            return [None] * len(values)
        if not places and are_plain_integers(values):
            return list(map(str.zfill, values, repeat(min_digits)))
        numbers = list(map(float, values))
        texts = self._round_many(map(abs, numbers) if negative else numbers, rounding_noted=NoteKind.ROUNDED in settled)
        if percent or (negative and not min(numbers, default=0) >= 0):  # the smallest may be no number
            return [text and _add_sign(text, number, percent) for text, number in zip(texts, numbers, strict=True)]
        return texts

    def _round_many(self, sizes: Iterable[float], *, rounding_noted: bool) -> list[str | None]:
        """Round numbers as Python does. None for those that Excel may round otherwise or that may need a note."""
        min_digits, decimals, percent = self.plain
        places, factor = decimals + self._scale, 100 if percent else 1
        template = f"%0{min_digits + decimals + (decimals > 0)}.{decimals}f"
        limit = 10.0 ** (_MAX_DECIMALS - places)
        texts = list[str | None]()
        for size in sizes:
            text = None
            if MIN_PLAIN <= size < limit:
                number = size * factor
                text = template % number
                if float(text) != number and _must_look(size, places, rounding_noted=rounding_noted):
                    text = None
            texts.append(text)
        return texts


def _must_look(size: float, places: int, *, rounding_noted: bool) -> bool:
    """Whether a number that was rounded to decimal places must be looked at.

    Python rounds the stored number, Excel its 15 digits: that differs only where they end in half of the last decimal.
    """
    exact = "%.15g" % size  # noqa: UP031 - the quickest way, and there are many
    if rounding_noted and exact[-1] != "5":
        return False
    beyond = len(exact.partition(".")[2]) - places
    return beyond == 1 or (beyond > 1 and not rounding_noted)


def _add_sign(text: str, number: float, percent: bool) -> str:
    minus = number < 0 and text.strip("0.") != ""
    return f"{'-' * minus}{text}{'%' * percent}"
