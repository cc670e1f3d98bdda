r"""The grammar of number format codes: sections, conditions, and the tokens that a section is made of.

A format can spell out thousands separators, because Excel groups by three only: India writes ``##\,##\,##0``. Such a separator
is taken out as Excel's own is. What tells it from the marks in the number of a thing (``000-00-0000``, ``00 00 00``,
``0000 0000 0000``):

- Between the digits of the whole part stands nothing but one and the same mark: ``, . ' ’ ` ´ ·``, the Arabic ``٬ ،``, or a
  blank of any width.
- The last group has three digits and so have the others, but the first may have fewer. With commas the others may have two.
- No zero is drawn in front of the number: the first placeholder is ``#`` or ``?``, or the condition of the section keeps
  smaller numbers away.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from cg_uploader.sheets.cells.currency import UNQUOTED_SIGN, is_currency

_TOKEN = re.compile(
    rf"""(?P<unquoted>{UNQUOTED_SIGN})
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


class TokenKind(Enum):
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


Token = tuple[TokenKind, str]
# Comparison and bound, as ``(">=", 100.0)``.
Condition = tuple[str, float]


@dataclass(frozen=True, slots=True)
class FormatSection:
    """One section of a format code."""

    # What it is made of.
    tokens: tuple[Token, ...]
    # Which numbers it is for, if it says so.
    condition: Condition | None = None

    def has(self, *kinds: TokenKind) -> bool:
        """Whether any token is of one of these kinds."""
        return any(kind in kinds for kind, _ in self.tokens)


@dataclass(frozen=True, slots=True)
class _LiteralContext:
    """What decides whether a literal is a currency."""

    # Its section is for negative numbers alone.
    negative: bool
    # The digits of the format look like an amount.
    like_money: bool
    # It stands before the digits.
    before: bool
    # The digits begin with zeros, as in the number of a thing.
    zero_padded: bool


def _without_money(literal: str, context: _LiteralContext) -> str:
    """Take the currency out of a literal, with a sign or brackets beside it.

    Unicode's currency signs and direction marks go wherever they stand. Letters before digits that begin with zeros stay.
    """
    core = literal.strip(_BESIDE_MONEY)
    is_word = context.before and context.zero_padded and core.isalpha()
    if not is_word and is_currency(core, like_money=context.like_money, before=context.before):
        head, _, tail = literal.partition(core)
        if head.endswith("(") and tail.startswith(")"):
            head, tail = head[:-1], tail[1:]
        if context.negative or not _joins_a_name(head, tail, context):
            literal = "".join((head + tail).split())
    return "".join(char for char in literal if unicodedata.category(char) not in _NEVER_SENT)


def _joins_a_name(head: str, tail: str, context: _LiteralContext) -> bool:
    """Whether a dash beside letters is no sign: ``"RM-"00000`` draws the number of a thing."""
    if context.before:
        return bool(_DASH.search(tail)) and not _SIGN_BEHIND.fullmatch(tail)
    return bool(_DASH.search(head + tail))


_MARKS = {
    ".": TokenKind.POINT,
    ",": TokenKind.COMMA,
    "%": TokenKind.PERCENT,
    "/": TokenKind.SLASH,
    "@": TokenKind.TEXT,
}
_PLAIN_KINDS = {
    "general": TokenKind.GENERAL,
    "exponent": TokenKind.EXPONENT,
    "clock": TokenKind.CLOCK,
    "digit": TokenKind.DIGIT,
}


def _make_token(group: str, text: str) -> Token | None:
    """Make the token for one match of the grammar. None for what draws nothing that is sent."""
    if group in ("unquoted", "quoted", "escaped", "plain"):
        return TokenKind.LITERAL, text
    if group == "bracket":
        return (TokenKind.ELAPSED, text.lower()) if _ELAPSED.fullmatch(text) else None
    if group == "mark":
        return _MARKS[text], text
    if group in _PLAIN_KINDS:
        return _PLAIN_KINDS[group], text.lower() if group == "clock" else text
    return None


def _join_literals(tokens: list[Token]) -> list[Token]:
    joined: list[Token] = []
    for kind, text in tokens:
        if kind is TokenKind.LITERAL and joined and joined[-1][0] is TokenKind.LITERAL:
            joined[-1] = (kind, joined[-1][1] + text)
        else:
            joined.append((kind, text))
    return joined


def _without_separators(tokens: list[Token], min_size: float) -> list[Token]:
    """Take out thousands separators that are spelled out. ``min_size``: the section is for no smaller numbers."""
    point = next((i for i, (kind, _) in enumerate(tokens) if kind is TokenKind.POINT), len(tokens))
    digits = [i for i, (kind, _) in enumerate(tokens[:point]) if kind is TokenKind.DIGIT]
    if not digits:
        return tokens
    first, last = digits[0], digits[-1]
    optional = tokens[first][1] != "0" or min_size >= 10 ** (len(digits) - 1) - 1
    if not optional or not _are_thousands(tokens[first : last + 1]):
        return tokens
    return [token for i, token in enumerate(tokens) if token[0] is not TokenKind.LITERAL or not first < i < last]


def _are_thousands(tokens: list[Token]) -> bool:
    """Whether the tokens of a whole part are digits with one thousands separator between their groups."""
    groups, marks = [0], set[str]()
    for kind, text in tokens:
        if kind is TokenKind.DIGIT:
            groups[-1] += 1
        elif kind in (TokenKind.LITERAL, TokenKind.COMMA):
            marks.add(text.strip() or " ")
            groups.append(0)
        else:
            return False
    return len(marks) == 1 and marks <= _THOUSANDS and _are_group_sizes(groups, two_allowed=marks == {","})


def _are_group_sizes(sizes: list[int], *, two_allowed: bool) -> bool:
    """Whether groups of these numbers of digits are thousands, or as in India thousands and hundreds of them."""
    by_three = set(sizes[1:]) == {3}
    by_two = two_allowed and set(sizes[1:-1]) == {2} and sizes[-1] == 3
    return sizes[0] <= 3 and (by_three or by_two)


def _like_money(tokens: list[Token]) -> bool:
    """Whether the digits of a section look like an amount: with thousands separators, or two decimals."""
    kinds = [kind for kind, _ in tokens]
    if TokenKind.DIGIT not in kinds or TokenKind.CLOCK in kinds or TokenKind.ELAPSED in kinds:
        return False
    point = kinds.index(TokenKind.POINT) if TokenKind.POINT in kinds else len(kinds)
    whole = kinds[kinds.index(TokenKind.DIGIT) : point]
    if TokenKind.COMMA in whole or len(_without_separators(tokens, 0)) < len(tokens):
        return True
    return kinds[point:].count(TokenKind.DIGIT) == 2


def _clean_literals(tokens: list[Token], *, negative: bool, like_money: bool) -> tuple[Token, ...]:
    """Take the currency out of a section. ``negative``, ``like_money``: as in ``_LiteralContext``."""
    digits = [i for i, (kind, _) in enumerate(tokens) if kind in (TokenKind.DIGIT, TokenKind.GENERAL)]
    first = digits[0] if digits else len(tokens)
    zero_padded = [text for _, text in tokens[first : first + 2]] == ["0", "0"]
    clean = [
        (kind, _without_money(text, _LiteralContext(negative, like_money, i < first, zero_padded)))
        if kind is TokenKind.LITERAL
        else (kind, text)
        for i, (kind, text) in enumerate(tokens)
    ]
    return tuple((kind, text) for kind, text in clean if text)


def _parse_condition(text: str) -> Condition | None:
    match = _CONDITION.fullmatch(text.strip())
    return (match[1], float(match[2])) if match else None


def _is_negative(condition: Condition | None, before: list[FormatSection], tokens: list[Token]) -> bool:
    """Whether a section is for negative numbers, or draws zero without a digit, by its condition and its place."""
    if condition:
        return condition[0] in ("<", "<=") and condition[1] <= 0
    if len(before) > 1 and any(kind is TokenKind.GENERAL or (kind is TokenKind.DIGIT and text != "?") for kind, text in tokens):
        return False
    return bool(before) and before[0].condition in (None, (">", 0.0), (">=", 0.0))


def _find_min_size(condition: Condition | None, before: list[FormatSection]) -> float:
    """Find the size that all numbers of a section have at least, by its condition and those of the sections before it."""
    min_size = 0.0
    if condition and (condition[1] > 0) == (condition[0] in (">", ">=")) and condition[0] in ("<", "<=", ">", ">="):
        min_size = abs(condition[1])
    bounds = [section.condition[1] for section in before if section.condition and section.condition[0] in ("<", "<=")]
    return max([min_size, *bounds])


@lru_cache(maxsize=2_000)
def parse_sections(code: str) -> tuple[FormatSection, ...]:
    """Parse a format code: at most four sections, without currency, thousands separators, colour, locale and padding."""
    drafts = _draft_sections(code)
    like_money = any(_like_money(tokens) for tokens, _ in drafts)
    sections: list[FormatSection] = []
    for tokens, condition in drafts:
        negative, min_size = _is_negative(condition, sections, tokens), _find_min_size(condition, sections)
        clean = _clean_literals(_without_separators(tokens, min_size), negative=negative, like_money=like_money)
        sections.append(FormatSection(clean, condition))
    return tuple(sections)


def _draft_sections(code: str) -> list[tuple[list[Token], Condition | None]]:
    """Give the tokens of each section and its condition, as they are written.

    A colour alone means *General* in that colour.
    """
    drafts: list[tuple[list[Token], Condition | None]] = []
    for matches in _split_sections(code)[:4]:
        tokens: list[Token] = []
        condition, coloured = None, False
        for group, text in matches:
            if group == "bracket":
                condition, coloured = _parse_condition(text) or condition, True
            token = _make_token(group, text)
            if token:
                tokens.append(token)
        if coloured and not tokens and condition is None:
            tokens = [(TokenKind.GENERAL, "General")]
        drafts.append((_join_literals(tokens), condition))
    return drafts


def _split_sections(code: str) -> list[list[tuple[str, str]]]:
    """Match the grammar: (group of the grammar, text) for each token, section by section."""
    sections: list[list[tuple[str, str]]] = [[]]
    for match in _TOKEN.finditer(code):
        group, text = match.lastgroup or "plain", match[match.lastgroup or 0]
        if group == "mark" and text == ";":
            sections.append([])
        else:
            sections[-1].append((group, text))
    return sections
