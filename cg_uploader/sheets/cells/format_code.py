r"""Owns the grammar of number format codes: sections, conditions, and the tokens that a section is made of.

A format can spell out the marks of thousands, because Excel groups by three only: India writes ``##\,##\,##0``.  Such a
mark is taken out as Excel's own is.  What tells it from the marks in the number of a thing (``000-00-0000``, ``00 00 00``,
``0000 0000 0000``):

- Between the digits of the whole part stands nothing but one and the same mark: ``, . ' ’ ` ´ ·``, the Arabic ``٬ ،``, or a
  blank of any width.
- The last group has three places and so have the others, but the first may have fewer.  With commas the others may have two.
- No zero is drawn in front of the number: the first place is ``#`` or ``?``, or the condition of the section keeps smaller
  numbers away.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from cg_uploader.sheets.cells.currency import BARE, is_currency

_TOKEN = re.compile(
    rf"""(?P<bare>{BARE})
    | (?P<general>General)
    | "(?P<quoted>[^"]*)"?
    | \\(?P<escaped>.?)
    | [_*](?P<padding>.?)
    | \[(?P<bracket>[^\]]*)\]?
    | (?P<exponent>E[+-](?=[0\#?]))
    | (?P<clock>AM/PM|A/P|[ymdhsegb]+|aaaa?)
    | (?P<digit>[0\#?])
    | (?P<mark>[.,%/@;])
    | (?P<plain>.)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+(?:E[+-]?[0-9]+)?)", re.IGNORECASE)
_BESIDE_MONEY = " \xa0\u2009\u202f\u200e\u200f\u061c+-−–—()△▲▼"
_NEVER_SENT = ("Sc", "Cf")
_DASH = re.compile("[-−–—]")
_SIGN_BEHIND = re.compile(r"\s+[-−–—]")
_THOUSANDS = frozenset(",.'’‘`´·٬، ")


class Part(Enum):
    """What a token of a section is."""

    GENERAL = "general"
    LITERAL = "literal"
    DIGIT = "digit"
    POINT = "point"
    COMMA = "comma"
    PERCENT = "percent"
    SLASH = "slash"
    TEXT = "text"
    EXPONENT = "exponent"
    CLOCK = "clock"
    ELAPSED = "elapsed"


Token = tuple[Part, str]


@dataclass(frozen=True, slots=True)
class Code:
    """One section of a format code: its tokens, and the condition it has, if any."""

    tokens: tuple[Token, ...]
    condition: tuple[str, float] | None = None

    def has(self, *parts: Part) -> bool:
        """Whether any token is one of ``parts``."""
        return any(part in parts for part, _ in self.tokens)


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a literal stands.

    ``signed``: its section is for negative numbers alone; ``like_money``: the digits of the format look like an amount;
    ``before``: it stands before the digits; ``padded``: these begin with zeros, as in the number of a thing.
    """

    signed: bool
    like_money: bool
    before: bool
    padded: bool


def _without_money(literal: str, where: _Where) -> str:
    """A literal without currency, which may have a sign or brackets beside it.

    Unicode's currency signs and direction marks go wherever they stand.
    A dash behind letters is no sign but in a section for negative numbers: ``"RM-"00000`` draws the number of a thing.  So
    do letters before digits that begin with zeros.
    """
    core = literal.strip(_BESIDE_MONEY)
    word = where.before and where.padded and core.isalpha()
    if not word and is_currency(core, like_money=where.like_money, before=where.before):
        head, _, tail = literal.partition(core)
        if head.endswith("(") and tail.startswith(")"):
            head, tail = head[:-1], tail[1:]
        dash = _DASH.search(tail if where.before else head + tail)
        if where.signed or not (dash and not (where.before and _SIGN_BEHIND.fullmatch(tail))):
            literal = "".join((head + tail).split())
    return "".join(char for char in literal if unicodedata.category(char) not in _NEVER_SENT)


_MARKS = {
    ".": Part.POINT,
    ",": Part.COMMA,
    "%": Part.PERCENT,
    "/": Part.SLASH,
    "@": Part.TEXT,
}
_PLAIN_PARTS = {"general": Part.GENERAL, "exponent": Part.EXPONENT, "clock": Part.CLOCK, "digit": Part.DIGIT}


def _token(kind: str, text: str) -> Token | None:
    """The token for one match of the grammar; None for what draws nothing that is sent."""
    if kind in ("bare", "quoted", "escaped", "plain"):
        return Part.LITERAL, text
    if kind == "bracket":
        return (Part.ELAPSED, text.lower()) if _ELAPSED.fullmatch(text) else None
    if kind == "mark":
        return _MARKS[text], text
    if kind in _PLAIN_PARTS:
        return _PLAIN_PARTS[kind], text.lower() if kind == "clock" else text
    return None


def _joined(tokens: list[Token]) -> list[Token]:
    """Tokens with neighbouring literals joined."""
    joined: list[Token] = []
    for part, text in tokens:
        if part is Part.LITERAL and joined and joined[-1][0] is Part.LITERAL:
            joined[-1] = (part, joined[-1][1] + text)
        else:
            joined.append((part, text))
    return joined


def _without_marks(tokens: list[Token], least: float) -> list[Token]:
    """Tokens without the marks of thousands that are spelled out; ``least``: no smaller number comes into this section."""
    point = next((i for i, (part, _) in enumerate(tokens) if part is Part.POINT), len(tokens))
    places = [i for i, (part, _) in enumerate(tokens[:point]) if part is Part.DIGIT]
    if not places:
        return tokens
    first, last = places[0], places[-1]
    groups, marks = [0], set[str]()
    for part, text in tokens[first : last + 1]:
        if part is Part.DIGIT:
            groups[-1] += 1
        elif part in (Part.LITERAL, Part.COMMA):
            marks.add(text.strip() or " ")
            groups.append(0)
        else:
            return tokens
    by_three = set(groups[1:]) == {3}
    by_two = marks == {","} and set(groups[1:-1]) == {2} and groups[-1] == 3
    optional = tokens[first][1] != "0" or least >= 10 ** (len(places) - 1) - 1
    if len(marks) != 1 or not marks <= _THOUSANDS or groups[0] > 3 or not (by_three or by_two) or not optional:
        return tokens
    return [token for i, token in enumerate(tokens) if token[0] is not Part.LITERAL or not first < i < last]


def _like_money(tokens: list[Token]) -> bool:
    """Whether the digits of a section look like an amount: with marks of thousands, or two decimals."""
    parts = [part for part, _ in tokens]
    if Part.DIGIT not in parts or Part.CLOCK in parts or Part.ELAPSED in parts:
        return False
    point = parts.index(Part.POINT) if Part.POINT in parts else len(parts)
    whole = parts[parts.index(Part.DIGIT) : point]
    if Part.COMMA in whole or len(_without_marks(tokens, 0)) < len(tokens):
        return True
    return parts[point:].count(Part.DIGIT) == 2


def _cleaned(tokens: list[Token], *, signed: bool, like_money: bool) -> tuple[Token, ...]:
    """Tokens without currency; ``signed`` and ``like_money`` as in ``_Where``."""
    places = [i for i, (part, _) in enumerate(tokens) if part in (Part.DIGIT, Part.GENERAL)]
    first = places[0] if places else len(tokens)
    padded = [text for _, text in tokens[first : first + 2]] == ["0", "0"]
    clean = [
        (part, _without_money(text, _Where(signed, like_money, i < first, padded)) if part is Part.LITERAL else text)
        for i, (part, text) in enumerate(tokens)
    ]
    return tuple((part, text) for part, text in clean if text)


def _condition(text: str) -> tuple[str, float] | None:
    found = _CONDITION.fullmatch(text.strip())
    return (found[1], float(found[2])) if found else None


def _below_zero(condition: tuple[str, float] | None, before: list[Code], tokens: list[Token]) -> bool:
    """Whether a section is for negative numbers, or draws zero without a digit, by its condition and its place."""
    if condition:
        return condition[0] in ("<", "<=") and condition[1] <= 0
    if len(before) > 1 and any(part is Part.GENERAL or (part is Part.DIGIT and text != "?") for part, text in tokens):
        return False
    return bool(before) and before[0].condition in (None, (">", 0.0), (">=", 0.0))


def _least(condition: tuple[str, float] | None, before: list[Code]) -> float:
    """The size that all numbers of a section have at least, by its condition and those of the sections before it."""
    least = 0.0
    if condition and (condition[1] > 0) == (condition[0] in (">", ">=")) and condition[0] in ("<", "<=", ">", ">="):
        least = abs(condition[1])
    smaller = [code.condition[1] for code in before if code.condition and code.condition[0] in ("<", "<=")]
    return max([least, *smaller])


@lru_cache(maxsize=2_000)
def sections(code: str) -> tuple[Code, ...]:
    """The sections of a format code, at most four, without currency, marks of thousands, colour, locale and padding."""
    drafts = _drafts(code)
    like_money = any(_like_money(tokens) for tokens, _ in drafts)
    found: list[Code] = []
    for tokens, condition in drafts:
        signed, least = _below_zero(condition, found, tokens), _least(condition, found)
        clean = _cleaned(_without_marks(tokens, least), signed=signed, like_money=like_money)
        found.append(Code(clean, condition))
    return tuple(found)


def _drafts(code: str) -> list[tuple[list[Token], tuple[str, float] | None]]:
    """The tokens of each section and its condition, as they are written; a colour alone means *General* in that colour."""
    drafts: list[tuple[list[Token], tuple[str, float] | None]] = []
    for section in _split(code)[:4]:
        tokens: list[Token] = []
        condition, coloured = None, False
        for kind, text in section:
            if kind == "bracket":
                condition, coloured = _condition(text) or condition, True
            token = _token(kind, text)
            if token:
                tokens.append(token)
        if coloured and not tokens and condition is None:
            tokens = [(Part.GENERAL, "General")]
        drafts.append((_joined(tokens), condition))
    return drafts


def _split(code: str) -> list[list[tuple[str, str]]]:
    """The matches of the grammar, section by section."""
    found: list[list[tuple[str, str]]] = [[]]
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup or "plain", match[match.lastgroup or 0]
        if kind == "mark" and text == ";":
            found.append([])
        else:
            found[-1].append((kind, text))
    return found
