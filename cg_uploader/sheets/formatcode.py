"""Owns the grammar of number format codes: sections, conditions, and the tokens that a section is made of."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

_TOKEN = re.compile(
    r"""(?P<general>General)
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
_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD "
    "HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL "
    "LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK "
    "PHP PKR PLN PYG QAR RMB RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL DEM "
    "FRF ITL ESP ATS BEF NLG FIM GRD IEP PTE SKK SIT EEK "
)
_SIGNS = (
    "kr kr. Kr Kr. Kč zł Ft lei Lei лв лв. руб руб. р. грн грн. din. дин. kn Fr. SFr. sFr. Rs. R$ S/ S/. TL Bs. B/. RM Rp DM "
    "US$ $US A$ AU$ C$ CA$ $CA HK$ NT$ NZ$ S$ SG$ RD$ TT$ BZ$ J$ N$ MX$ FJ$ $U $b 元 圓 円 원 Rs KSh Ksh Php "
    "ر.س. د.إ. ج.م. د.م. د.ك. ر.ع. ر.ق. د.ب. "
)
_MONEY = frozenset(_CODES.split()) | frozenset(_SIGNS.split())
_BESIDE_MONEY = " \xa0\u202f+-−–—()△▲▼"
_DASH = re.compile("[-−–—]")
_SIGN_BEHIND = re.compile(r"\s+[-−–—]")
_THOUSANDS = (" ", "\xa0", "\u202f", "'", "’")


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


def money(text: str) -> bool:
    """Whether a literal is only a currency sign or an ISO code."""
    text = text.strip(" \xa0\u202f")
    return bool(text) and (text in _MONEY or all(unicodedata.category(char) == "Sc" for char in text))


def _without_money(literal: str, *, signed: bool, before: bool) -> str:
    """A literal without currency, which may have a sign or brackets beside it; currency signs go wherever they stand.

    ``signed``: its section is for negative numbers alone; ``before``: it stands before the digits.  Elsewhere a dash behind
    letters is no sign: ``"RM-"00000`` draws the number of a thing.
    """
    core = literal.strip(_BESIDE_MONEY)
    if money(core):
        head, _, tail = literal.partition(core)
        if head.endswith("(") and tail.startswith(")"):
            head, tail = head[:-1], tail[1:]
        if signed or not (_DASH.search(tail if before else head + tail) and not (before and _SIGN_BEHIND.fullmatch(tail))):
            return "".join((head + tail).split())
    return "".join(char for char in literal if unicodedata.category(char) != "Sc")


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
    if kind in ("quoted", "escaped", "plain"):
        return Part.LITERAL, text
    if kind == "bracket":
        return (Part.ELAPSED, text.lower()) if _ELAPSED.fullmatch(text) else None
    if kind == "mark":
        return _MARKS[text], text
    if kind in _PLAIN_PARTS:
        return _PLAIN_PARTS[kind], text.lower() if kind == "clock" else text
    return None


def _merged(tokens: list[Token], *, signed: bool) -> tuple[Token, ...]:
    """Tokens with neighbouring literals joined and currency taken out of them; ``signed`` as for ``_without_money``."""
    joined: list[Token] = []
    for part, text in tokens:
        if part is Part.LITERAL and joined and joined[-1][0] is Part.LITERAL:
            joined[-1] = (part, joined[-1][1] + text)
        else:
            joined.append((part, text))
    first = next((i for i, (part, _) in enumerate(joined) if part in (Part.DIGIT, Part.GENERAL)), len(joined))
    clean = [
        (part, _without_money(text, signed=signed, before=i < first) if part is Part.LITERAL else text)
        for i, (part, text) in enumerate(joined)
    ]
    return _without_thousands(tuple((part, text) for part, text in clean if text))


def _without_thousands(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Tokens without blanks or apostrophes that separate thousands, as in ``# ##0``."""
    end = next((i for i, (part, _) in enumerate(tokens) if part is Part.POINT), len(tokens))
    while end and tokens[end - 1][0] is not Part.DIGIT:
        end -= 1
    if [text for _, text in tokens[max(end - 5, 0) : end] if text not in _THOUSANDS] != ["#", "#", "#", "0"]:
        return tokens
    return tuple(
        (part, text)
        for i, (part, text) in enumerate(tokens)
        if not (part is Part.LITERAL and text in _THOUSANDS and tokens[i - 1 : i] == ((Part.DIGIT, "#"),) and i < end)
    )


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


@lru_cache(maxsize=2_000)
def sections(code: str) -> tuple[Code, ...]:
    """The sections of a format code, at most four; currency, colour, locale and padding are already gone."""
    found: list[Code] = []
    tokens: list[Token] = []
    condition: tuple[str, float] | None = None
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup or "plain", match[match.lastgroup or 0]
        if kind == "mark" and text == ";":
            found.append(Code(_merged(tokens, signed=_below_zero(condition, found, tokens)), condition))
            tokens, condition = [], None
            continue
        if kind == "bracket":
            condition = _condition(text) or condition
        token = _token(kind, text)
        if token:
            tokens.append(token)
    found.append(Code(_merged(tokens, signed=_below_zero(condition, found, tokens)), condition))
    return tuple(found[:4])
