"""Owns how a number format is applied: the text that Excel shows, with what a program cannot read taken out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from itertools import repeat
from typing import Any

from cg_uploader.sheets.celltext import DIGITS_LIMIT, SHORTEST, Said, decimal, general, generals, whole_digits
from cg_uploader.sheets.dates import as_date, as_datetime, as_datetimes, as_duration, as_time
from cg_uploader.sheets.formatcode import Code, Part, Token, sections

_EXACT = Context(prec=700, rounding=ROUND_HALF_UP)
_WHOLE = frozenset("ymd")
_LONGEST_CODE = 512
_DASHES = frozenset("-–—")
_MOST_PLACES = 14
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
}
Shown = tuple[str, Said]
Draw = Callable[[float], Shown]
"""Draws a number with its sign; the section was already chosen."""
Quick = Callable[[Sequence[Any], Collection[str]], Sequence[str | None]]
"""The texts for many numbers, as they are stored, in less time: where nothing has to be said but what is settled already, else
None.  ValueError when one is not a number."""


def _as_general(value: float) -> Shown:
    return general(value)


def _stored(value: float) -> Shown:
    text, said = general(value)
    return text, ("stored-value", *said)


def _hidden(value: float) -> Shown:
    return "", ("hidden-by-format",) if value else ()


# ---------------------------------------------------------------------------------------------------------------- dates


def _minutes(clock: list[str], position: int) -> bool:
    """Whether the ``m`` at a position means minutes: it stands next to hours or seconds."""
    before = clock[position - 1] if position else ""
    after = clock[position + 1] if position + 1 < len(clock) else ""
    return before.startswith(("h", "[h")) or after.startswith(("s", "[s"))


def _clock_parts(code: Code) -> tuple[set[str], bool, bool]:
    """(date parts ``y m d`` and others, whether time is shown, whether a duration is) of a date section."""
    clock: list[str] = []
    for part, text in code.tokens:
        if part is Part.ELAPSED:
            clock.append(f"[{text}]")
        elif part is Part.CLOCK:
            clock += ["a/p"] if "/" in text else _runs(text)
    dates: set[str] = set()
    timed = False
    for position, text in enumerate(clock):
        if text[0] in "hs[" or text == "a/p" or (text[0] == "m" and len(text) < 3 and _minutes(clock, position)):
            timed = True
        elif text[0] in "yeb":
            dates.add("y")
        else:
            dates.add("w" if text[0] in "ag" or (text[0] == "d" and len(text) > 2) else text[0])
    return dates, timed, any(text[0] == "[" for text in clock)


def _runs(letters: str) -> list[str]:
    """``yyyymmdd`` → ``yyyy``, ``mm``, ``dd``."""
    runs: list[str] = []
    for letter in letters:
        if runs and runs[-1][0] == letter:
            runs[-1] += letter
        else:
            runs.append(letter)
    return runs


class _Moments:
    """Draws dates with their time."""

    def __init__(self, date1904: bool, said: Said) -> None:
        self._date1904 = date1904
        self._said = said

    def __call__(self, value: float) -> Shown:
        return _dated(as_datetime(value, self._date1904), self._said)

    def many(self, values: Sequence[Any], settled: Collection[str]) -> list[str | None]:
        """See ``Quick``."""
        if all(kind in settled for kind in self._said):
            return as_datetimes(values, self._date1904)
        return [None] * len(values)


def _date_drawer(code: Code, date1904: bool) -> Draw:
    dates, timed, elapsed = _clock_parts(code)
    if dates:
        said: Said = () if dates >= _WHOLE else ("partial-date",)
        if date1904:
            said = (*said, "date-system")
        return _Moments(date1904, said) if timed else lambda value: _dated(as_date(value, date1904), said)
    if elapsed:
        return lambda value: _dated(as_duration(value), ())
    return lambda value: _dated(as_time(value), ())


def _dated(text: str | None, said: Said) -> Shown:
    return ("", ("no-such-date",)) if text is None else (text, said)


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
    """A negative section without the brackets or the minus that it draws around the digits."""
    places = [i for i, (part, _) in enumerate(tokens) if part is Part.DIGIT]
    if not places:
        return tokens
    before = "".join(text for part, text in tokens[: places[0]] if part is Part.LITERAL)
    after = "".join(text for part, text in tokens[places[-1] + 1 :] if part is Part.LITERAL)
    drop = "-−" + ("()" if "(" in before and ")" in after else "")
    table = str.maketrans("", "", drop)
    clean = [
        (part, text.translate(table) if part is Part.LITERAL and not places[0] < i < places[-1] else text)
        for i, (part, text) in enumerate(tokens)
    ]
    return tuple((part, text) for part, text in clean if text)


class _Digits:
    """Draws numbers into the placeholders of one section."""

    def __init__(self, code: Code, *, negative: bool) -> None:
        tokens = _without_drawn_sign(code.tokens) if negative else code.tokens
        parts = [part for part, _ in tokens]
        point = parts.index(Part.POINT) if Part.POINT in parts else len(tokens)
        self._whole = list(tokens[:point])
        self._rest = list(tokens[point + 1 :])
        self._scale = 2 * parts.count(Part.PERCENT)
        self._places = [part for part, _ in self._rest].count(Part.DIGIT)
        self._digits = Part.DIGIT in parts
        self._step = Decimal(1).scaleb(-self._places)
        self._shape: Said = ("percent",) if self._scale else ()
        self._zeros = _zeros(tokens[:point], self._rest)

    def __call__(self, value: float) -> Shown:
        """The section drawn for a number, a minus in front of a negative one that has digits."""
        if self._zeros and SHORTEST <= value < DIGITS_LIMIT:
            whole, _, fraction = f"{value:.15g}".partition(".")
            if len(fraction) <= self._places:
                whole = whole.rjust(self._zeros, "0")
                return (f"{whole}.{fraction.ljust(self._places, '0')}" if self._places else whole), ()
        if not self._digits:
            return self._words(value)
        exact = decimal(value).scaleb(self._scale, _EXACT)
        rounded = exact.copy_abs().quantize(self._step, context=_EXACT)
        said = self._shape if rounded == exact.copy_abs() else (*self._shape, "rounded")
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

    def many(self, values: Sequence[Any], settled: Collection[str]) -> list[str | None]:
        """See ``Quick``; plain digits only.

        Python rounds the stored number, Excel its 15 digits: that differs only where they end in half of the last place.
        """
        places = self._places
        if not self._zeros or places >= _MOST_PLACES:
            return [None] * len(values)
        if not places and whole_digits(values):
            return list(map(str.zfill, values, repeat(self._zeros)))
        form = f"%0{self._zeros + places + (places > 0)}.{places}f"
        most, rounding, texts = 10.0 ** (_MOST_PLACES - places), "rounded" in settled, list[str | None]()
        for value in map(float, values):
            text = None
            if SHORTEST <= value < most:
                exact = "%.15g" % value  # noqa: UP031 - the quickest way, and there are many
                beyond = len(exact.partition(".")[2]) - places
                if beyond <= 0 or (rounding and (beyond > 1 or exact[-1] != "5")):
                    text = form % value
            texts.append(text)
        return texts

    def _words(self, value: float) -> Shown:
        """A section without placeholders: its literal text, and a dash for zero is a zero."""
        text = "".join(text for part, text in self._whole + self._rest if part is not Part.COMMA).strip()
        if text and set(text) <= _DASHES and value == 0:
            return "0", ()
        return (text, self._shape) if text else _hidden(value)


def _zeros(whole: tuple[Token, ...], rest: list[Token]) -> int:
    """How many digits a section shows at least before the point, if it is plain digits and nothing else; otherwise 0."""
    digits = "".join(text for part, text in whole if part is not Part.COMMA)
    zeros = len(digits) - len(digits.rstrip("0"))
    plain = not digits.strip("#0") and "0" not in digits[: len(digits) - zeros]
    return zeros if plain and all(token == (Part.DIGIT, "0") for token in rest) else 0


def _general_drawer(code: Code) -> Draw:
    words = [token for token in code.tokens if token[0] in (Part.GENERAL, Part.LITERAL)]
    if len(words) == 1:
        return _as_general

    def draw(value: float) -> Shown:
        number, said = general(abs(value))
        text = "".join(number if part is Part.GENERAL else text for part, text in words).strip()
        return ("-" + text if value < 0 else text), said

    return draw


# ------------------------------------------------------------------------------------------------------------- sections


def _drawer(code: Code, date1904: bool, *, negative: bool) -> Draw:
    """What draws numbers under one section."""
    if not code.tokens:
        return _hidden
    if code.has(Part.GENERAL):
        return _general_drawer(code)
    if code.has(Part.CLOCK, Part.ELAPSED):
        return _date_drawer(code, date1904)
    if _stored_anyway(code):
        return _stored
    if code.has(Part.TEXT):
        return _as_general
    return _Digits(code, negative=negative)


class NumberFormat:
    """One format code, made ready once.

    ``number(value)`` gives the text for a number, and what has to be said about it; ``many`` does so for many where there is
    a quick way.  ``dated``: it shows dates or times; ``partial``: only a part of a date; ``plain_text``: it shows texts as
    they are.
    """

    def __init__(self, code: str, date1904: bool = False) -> None:
        found = sections(code)
        texts = len(found) == 4 or (len(found) > 1 and found[-1].has(Part.TEXT))
        self._text = found[-1] if texts or (len(found) == 1 and found[0].has(Part.TEXT)) else None
        numbers = found[: len(found) - 1] if texts else found
        self.plain_text = self._text is None or self._text.tokens == ((Part.TEXT, "@"),)
        self.dated = any(code.has(Part.CLOCK, Part.ELAPSED) for code in numbers)
        self.partial = any(bool(dates) and not dates >= _WHOLE for dates, _, _ in map(_clock_parts, numbers))
        self._choices = self._conditions(numbers, date1904)
        always = len(numbers) == 1 and not self._choices[0][0]
        self.number: Draw = self._choices[0][2] if always else self._select
        self.many = self._quick()

    @staticmethod
    def _conditions(numbers: tuple[Code, ...], date1904: bool) -> list[tuple[str, float, Draw]]:
        """(comparison, bound, drawer) in the order in which they are tried; a section that fits all comes last."""
        count = len(numbers)
        stated = any(code.condition for code in numbers)
        choices = []
        for i, code in enumerate(numbers):
            condition = code.condition
            if condition is None and i < count - 1:
                condition = ("<", 0.0) if i else (">", 0.0) if count > 2 else (">=", 0.0)
            operator, bound = condition or ("", 0.0)
            negative = (i == 1 and not stated) or (operator in ("<", "<=") and bound <= 0)
            choices.append((operator, bound, _drawer(code, date1904, negative=negative)))
        return choices

    def _quick(self) -> Quick | None:
        """The quick way of the section for positive numbers, all that it is for; None when there is none."""
        operator, bound, draw = self._choices[0]
        if operator and (operator not in (">", ">=") or bound > 0):
            return None
        if draw is _as_general:
            return None if operator else lambda values, _: generals(values)
        return draw.many if isinstance(draw, _Digits | _Moments) else None

    def _select(self, value: float) -> Shown:
        """The text that the first section that fits shows."""
        for operator, bound, draw in self._choices:
            if not operator or _COMPARE[operator](value, bound):
                return draw(value)
        return general(value)

    def text(self, text: str) -> Shown:
        """The text for a text cell: most formats show it as it is."""
        if self._text is None:
            return text, ()
        shown = "".join(text if part is Part.TEXT else literal for part, literal in self._text.tokens)
        return shown, ("hidden-by-format",) if text and not shown else ()


@lru_cache(maxsize=2_000)
def number_format(code: str, date1904: bool = False) -> NumberFormat:
    """The format of a code, made once; one that is longer than Excel lets anybody write shows numbers as they are stored."""
    return NumberFormat(code if len(code) <= _LONGEST_CODE else "0.00E+00", date1904)


_BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: "#,##0;-#,##0", 6: "#,##0;-#,##0", 7: "#,##0.00;-#,##0.00", 8: "#,##0.00;-#,##0.00",
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm",
    37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00",
    41: '#,##0;-#,##0;"-";@', 42: '#,##0;-#,##0;"-";@', 43: '#,##0.00;-#,##0.00;"-";@', 44: '#,##0.00;-#,##0.00;"-";@',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    59: "0", 60: "0.00", 61: "#,##0", 62: "#,##0.00", 67: "0%", 68: "0.00%", 69: "# ?/?", 70: "# ??/??",
    71: "yyyy-mm-dd", 72: "yyyy-mm-dd", 73: "d-mmm-yy", 74: "d-mmm", 75: "mmm-yy", 76: "h:mm", 77: "h:mm:ss",
    78: "mm:ss", 79: "[h]:mm:ss", 80: "mm:ss.0", 81: "m/d/yy h:mm",
}  # fmt: skip
_BUILT_IN |= dict.fromkeys([*range(27, 32), 36, 50, 51, 52, 53, 54, 57, 58], "yyyy-mm-dd")
_BUILT_IN |= dict.fromkeys([32, 33], "h:mm:ss")
_BUILT_IN |= dict.fromkeys([34, 35, 55, 56], "[<1]h:mm:ss;yyyy-mm-dd")


def built_in_code(number: int) -> str:
    """The code of a number format that the file names by id only; *General* for ids nobody defined."""
    return _BUILT_IN.get(number, "General")
