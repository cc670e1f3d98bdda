"""How a text is delimited, as its lines show it: the delimiter, and what marks and escapes quotations."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from cg_uploader.sheets.delimited.padding import QuotePadding, get_padding

DELIMITERS = ",;\t|^"
# Stands for *no delimiter*: a character that no text holds when it is tokenized.
NO_DELIMITER = "\0"

_SAMPLE_LINES = 2_000
_SAMPLE_RECORDS = 500
_TYPED_RECORDS = 100
# Shares and scores, from 0 to 1.
_SURE = 0.9
_MIN_SCORE = 0.4
_CLOSE = 0.8
_OVERWHELMING = 0.95
_SEP = re.compile(r'"?sep=(.)"?[,;\t ]*', re.IGNORECASE)
_TYPES = {
    "number": re.compile(r"[-+(]?[$€£¥]?\s?\d[\d.,' ]*\s?[%€$£]?\)?"),
    "date": re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?Z?)?|\d{1,2}:\d\d(?::\d\d)?"),
    "address": re.compile(r"[^@\s;|^]+@[^@\s;|^]+|https?://\S+|\+[\d ()/-]{5,}"),
}
_DECIMALS = re.compile(r"[-+]?(?:[€$£¥]\s?)?(?:\d+|\d{1,3}(?:[. ]\d{3})+)(?:,\d+)?\s?[%€$£¥]?")
_MESSY = re.compile(r'[;\t|^]|^"|"$')


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text is delimited."""

    # The delimiter, or ``NO_DELIMITER``.
    char: str
    # What opens and closes quotations.
    quote: str = '"'
    # Whether a backslash stands before a quotation mark that does neither.
    escaped: bool = False
    # Whether a space stands before each opening quotation mark.
    skip: bool = False
    # How many fields most records have.
    width: int = 1
    # Whether another reading is about as good.
    guessed: bool = False
    # Whether the first line names the delimiter, and is no row.
    declared: bool = False
    # The delimiter of another reading that only the user can tell from this one. Empty when there is none.
    rival: str = ""

    @property
    def padding(self) -> QuotePadding:
        """Finds the quotations that have blanks before them."""
        return get_padding(self.char, self.quote)

    def reader(self, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        """Give the csv module's records of these lines.

        Raises:
            csv.Error: A field is too long, or quotation marks are in disorder and ``strict`` is set.
        """
        return csv.reader(lines, delimiter=self.char, quotechar=self.quote, skipinitialspace=self.skip, strict=strict)


@dataclass(frozen=True, slots=True)
class _ScoredDialect:
    """A dialect, and how well it explains the sample."""

    dialect: Dialect
    # From 0, not at all, to 1, all records are alike and all columns of one type.
    score: float
    # Whether the first record has as many fields as most.
    first_fits: bool
    # Whether it has, or all records but a few from some record on have.
    sure: bool
    # Records unlike the others, and lines with quotation marks in disorder.
    faults: int
    # Whether the first record is one field and all others are two, as if it were the heading of texts that hold a delimiter.
    one_heading: bool = False


def find_dialect(lines: Sequence[str], chosen: str | None = None) -> Dialect:
    """Find the dialect that best explains ``lines`` (without their ends). ``chosen``: the delimiter that the user chose."""
    declared = _find_declared(lines)
    sample = list(filter(None, lines[bool(declared) : _SAMPLE_LINES]))
    known = chosen or declared
    if known:
        return replace(_find_best_quotation(known, sample).dialect, declared=bool(declared))
    scored = (_find_best_quotation(char, sample) for char in DELIMITERS)
    best, second = sorted(scored, key=lambda candidate: -candidate.score)[:2]
    if best.dialect.char == "," and _are_decimals(sample):
        return _find_best_quotation(NO_DELIMITER, sample).dialect
    if best.score < _MIN_SCORE:
        rival = best.dialect.char if best.score > _CLOSE * _MIN_SCORE else ""
        return replace(_find_best_quotation(NO_DELIMITER, sample).dialect, guessed=best.score > 0, rival=rival)
    rival = NO_DELIMITER if _may_be_one_column(best, lines, sample) else _find_rival(best, second)
    return replace(best.dialect, guessed=not best.sure or bool(rival), rival=rival)


def _find_declared(lines: Sequence[str]) -> str:
    """Give the delimiter that the first line names (``sep=;``). Empty when it names none."""
    declared = _SEP.fullmatch(lines[0]) if lines else None
    return declared[1] if declared else ""


def _may_be_one_column(best: _ScoredDialect, lines: Sequence[str], sample: Sequence[str]) -> bool:
    """Whether the commas may be part of texts, below one heading that directly stands over them."""
    if not best.one_heading or best.dialect.char != ",":
        return False
    start = lines.index(sample[0])
    return all(lines[start : start + 2])  # a blank line parts a title from a table


def _find_rival(best: _ScoredDialect, second: _ScoredDialect) -> str:
    """Give the delimiter of the second best reading if it is about as good. Headings hold no decimal commas."""
    close = second.score > _CLOSE * best.score and second.first_fits >= best.first_fits
    return second.dialect.char if close else ""


def _find_best_quotation(char: str, lines: Sequence[str]) -> _ScoredDialect:
    """Find the best dialect with one delimiter: the default one, unless the evidence for another is overwhelming."""
    default = _score(Dialect(char), lines)
    variant = _find_variant(char, lines)
    if variant is None:
        return default
    other = _score(variant, lines)
    better = other.faults < default.faults or (variant.quote == "'" and other.score >= default.score)
    better = better or (variant.skip and other.faults == default.faults)  # the csv module is faster than cutting by hand
    return other if better and other.faults <= (1 - _OVERWHELMING) * len(lines) else default


def _find_variant(char: str, lines: Sequence[str]) -> Dialect | None:
    """Find another way to quote or to escape that the lines give cause to try."""
    text = "\n".join(lines)
    many = max(4, len(lines) // 2)
    if text.count("'") > many and _count_quotations(text, char, "'") > many and not _count_quotations(text, char, '"'):
        return Dialect(char, quote="'")
    if '\\"' in text and '"' in text.replace('\\"', ""):
        return Dialect(char, escaped=True)
    if char != NO_DELIMITER and f'{char} "' in text and not re.search(f'{re.escape(char)}"', text):
        return Dialect(char, skip=True)
    return None


def _count_quotations(text: str, char: str, quote: str) -> int:
    """Count the fields that a mark opens, if it closes as many. Else 0."""
    edge = re.escape(char)
    opening = len(re.findall(f"(?:^|{edge}){quote}(?!{edge}|$)", text, re.MULTILINE))
    closing = len(re.findall(f"(?<!{edge}){quote}(?:$|(?={edge}))", text, re.MULTILINE))
    return opening if opening == closing else 0


def _score(dialect: Dialect, lines: Sequence[str]) -> _ScoredDialect:
    """Read the sample with a dialect, and score how well it explains it."""
    if dialect.escaped:
        lines = [line.replace("\\\\", "").replace('\\"', "") for line in lines]
    lines = list(map(dialect.padding.remove, lines))
    records: list[list[str]] = []
    with suppress(csv.Error):  # a record that is too long for the csv module; what came before it says enough
        closed = [line + "\n" for line in _close_first_line(lines, dialect)]
        records += filter(None, islice(dialect.reader(closed), _SAMPLE_RECORDS))
    widths = Counter(map(len, records))
    width = max(widths, key=lambda fields: (widths[fields], fields), default=1)
    dialect = replace(dialect, width=width)
    faults = widths.total() - widths[width] + _count_faults(lines, dialect)
    if not any(fields > 1 for fields in widths):
        return _ScoredDialect(dialect, 0.0, False, False, faults)
    count, fields = max((count, fields) for fields, count in widths.items() if fields > 1)
    near = widths.total() - widths[1] - count
    alike = [record for record in records if len(record) == fields]
    score = (count + 0.5 * near) / len(records) * _score_types(alike[:_TYPED_RECORDS])
    begin = records.index(alike[0])
    sure = begin == 0 or count >= _SURE * (len(records) - begin)
    return _ScoredDialect(dialect, score, begin == 0, sure, faults, _has_one_heading(records, lines, dialect))


def _close_first_line(lines: Sequence[str], dialect: Dialect) -> Sequence[str]:
    """Take quotation marks out of the first line when one there never closes. It would take all others into its field."""
    if not lines or dialect.quote not in lines[0]:
        return lines
    try:
        closes = next(dialect.reader(line + "\n" for line in lines))[-1].count("\n") < len(lines)
    except csv.Error:  # the field has become too long
        closes = False
    return lines if closes else [lines[0].replace(dialect.quote, ""), *lines[1:]]


def _has_one_heading(records: Sequence[Sequence[str]], lines: Sequence[str], dialect: Dialect) -> bool:
    """Whether one heading stands over pairs that may be texts with a delimiter in them.

    None of them is quoted, no half is always blank, and the first is no headings.
    """
    if list(map(len, records)) != [1] + [2] * (len(records) - 1):
        return False
    pairs = records[1:]
    if any(dialect.quote in line for line in lines):
        return False
    return all(map(any, zip(*pairs, strict=True))) and not _are_headings(pairs)


def _count_faults(lines: Sequence[str], dialect: Dialect) -> int:
    """Count the lines whose quotation marks are not in order when they stand alone."""
    faults = 0
    for line in lines[:_SAMPLE_RECORDS]:
        if dialect.quote in line:
            try:
                list(dialect.reader([line], strict=True))
            except csv.Error:
                faults += 1
    return faults


def _score_types(records: Sequence[Sequence[str]]) -> float:
    """Score how far the fields of each column are of one type, from 0.5 to 1. Fields with other delimiters are of none."""
    shares = []
    for column in zip(*records[1:], strict=True):
        types = Counter(_find_type(text.strip()) for text in column)
        del types[""]
        if types:
            messy = types.pop("messy", 0)
            shares.append((max(types.values(), default=0) + 0.5 * messy) / (types.total() + messy))
    return 0.5 + 0.5 * (sum(shares) / len(shares)) if shares else 1.0


def _are_decimals(sample: Sequence[str]) -> bool:
    """Whether one heading stands over numbers of which some have a decimal comma."""
    heading, numbers = "".join(sample[:1]), sample[1:]
    return "," not in heading and any("," in text for text in numbers) and all(map(_DECIMALS.fullmatch, numbers))


def _are_headings(records: Sequence[Sequence[str]]) -> bool:
    """Whether the first record is of another type than the others somewhere, as headings are. Blanks are of any type."""
    types = ([_find_type(text.strip()) for text in record] for record in records)
    return any(len({*column[1:]} - {""}) == 1 and column[0] not in column[1:] for column in zip(*types, strict=True))


def _find_type(text: str) -> str:
    if not text:
        return ""
    for name, pattern in _TYPES.items():
        if pattern.fullmatch(text):
            return name
    return "messy" if _MESSY.search(text) else "text"
