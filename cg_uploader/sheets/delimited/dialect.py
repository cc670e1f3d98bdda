"""Owns finding out how a text is delimited: the delimiter, and what marks and escapes quotations."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from cg_uploader.sheets.delimited.padding import Padding, padding

DELIMITERS = ",;\t|^"
# Stands for *no delimiter*: a character that no text holds when it is cut.
NONE = "\0"

_SAMPLE_LINES = 2_000
_SAMPLE_RECORDS = 500
_TYPED_RECORDS = 100
_SURE = 0.9
_LEAST = 0.4
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
    """How a text is delimited; ``guessed`` when another reading is about as good.

    ``declared``: the first line says so and is not a row.  ``quote`` opens and closes quotations; with ``escaped`` a backslash
    stands before one that does neither; with ``skip`` a space stands before each opening one.  ``width``: most records' fields.
    ``rival``: the delimiter of the other reading, when it is so good that only a person can tell; empty when there is none.
    """

    char: str
    quote: str = '"'
    escaped: bool = False
    skip: bool = False
    width: int = 1
    guessed: bool = False
    declared: bool = False
    rival: str = ""

    @property
    def padding(self) -> Padding:
        """Finds the quotations that have blanks before them."""
        return padding(self.char, self.quote)

    def reader(self, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        """The csv module's records of these lines; csv.Error for what is too long, and if ``strict`` for disorder."""
        return csv.reader(lines, delimiter=self.char, quotechar=self.quote, skipinitialspace=self.skip, strict=strict)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A dialect, and how well it explains the sample: 0 not at all, 1 all records are alike and all columns of one type.

    ``whole``: the first record has as many fields as most; ``sure``: it has, or all but a few from some record on have;
    ``faults``: records unlike the others, and lines with quotation marks in disorder.  ``lone``: the first record is one field,
    all others are two, as if it were the heading of texts that hold a delimiter.
    """

    dialect: Dialect
    score: float
    whole: bool
    sure: bool
    faults: int
    lone: bool = False


def find_dialect(lines: Sequence[str], wanted: str | None = None) -> Dialect:
    """The dialect that best explains ``lines`` (without their ends); ``wanted``: the delimiter that a person chose."""
    said = _SEP.fullmatch(lines[0]) if lines else None
    sample = list(filter(None, lines[bool(said) : _SAMPLE_LINES]))
    chosen = wanted or (said[1] if said else None)
    if chosen is not None:
        return replace(_best_with(chosen, sample).dialect, declared=said is not None)
    readings = sorted((_best_with(char, sample) for char in DELIMITERS), key=lambda reading: -reading.score)
    best, second = readings[:2]
    if best.dialect.char == "," and _is_decimals(sample):
        return _best_with(NONE, sample).dialect
    if best.score < _LEAST:
        rival = best.dialect.char if best.score > _CLOSE * _LEAST else ""
        return replace(_best_with(NONE, sample).dialect, guessed=best.score > 0, rival=rival)
    start = lines.index(sample[0])
    if best.lone and best.dialect.char == "," and all(lines[start : start + 2]):  # a blank line parts a title from a table
        return replace(best.dialect, guessed=True, rival=NONE)
    close = second.score > _CLOSE * best.score and second.whole >= best.whole  # headings hold no decimal commas
    rival = second.dialect.char if close else ""
    return replace(best.dialect, guessed=not best.sure or bool(rival), rival=rival)


def _best_with(char: str, lines: Sequence[str]) -> _Reading:
    """The best reading with one delimiter: the usual one, unless the evidence for another is overwhelming."""
    usual = _read(Dialect(char), lines)
    text = "\n".join(lines)
    other = usual
    many = max(4, len(lines) // 2)
    if text.count("'") > many and _opens_and_closes(text, char, "'") > many and not _opens_and_closes(text, char, '"'):
        other = _read(replace(usual.dialect, quote="'"), lines)
    elif '\\"' in text and '"' in text.replace('\\"', ""):
        other = _read(replace(usual.dialect, escaped=True), lines)
    elif char != NONE and f'{char} "' in text and not re.search(f'{re.escape(char)}"', text):
        other = _read(replace(usual.dialect, skip=True), lines)
    better = other.faults < usual.faults or (other.dialect.quote == "'" and other.score >= usual.score)
    better = better or (other.dialect.skip and other.faults == usual.faults)  # the csv module is faster than cutting by hand
    return other if better and other.faults <= (1 - _OVERWHELMING) * len(lines) else usual


def _opens_and_closes(text: str, char: str, quote: str) -> int:
    """How many fields a mark opens, if it closes as many; else 0."""
    edge = re.escape(char)
    opening = len(re.findall(f"(?:^|{edge}){quote}(?!{edge}|$)", text, re.MULTILINE))
    closing = len(re.findall(f"(?<!{edge}){quote}(?:$|(?={edge}))", text, re.MULTILINE))
    return opening if opening == closing else 0


def _read(dialect: Dialect, lines: Sequence[str]) -> _Reading:
    records: list[list[str]] = []
    if dialect.escaped:
        lines = [line.replace("\\\\", "").replace('\\"', "") for line in lines]
    lines = list(map(dialect.padding.without, lines))
    with suppress(csv.Error):  # a record that is too long for the csv module; what came before it says enough
        records += filter(None, islice(dialect.reader([line + "\n" for line in _closed(lines, dialect)]), _SAMPLE_RECORDS))
    widths = Counter(map(len, records))
    width = max(widths, key=lambda fields: (widths[fields], fields), default=1)
    several = [(count, fields) for fields, count in widths.items() if fields > 1]
    faults = sum(count for fields, count in widths.items() if fields != width) + _faults(lines, dialect)
    if not several:
        return _Reading(replace(dialect, width=width), 0.0, False, False, faults)
    count, fields = max(several)
    near = sum(count for count, _ in several) - count
    alike = [record for record in records if len(record) == fields][:_TYPED_RECORDS]
    score = (count + 0.5 * near) / len(records) * _types_agree(alike)
    begin = next(i for i, record in enumerate(records) if len(record) == fields)
    sure = begin == 0 or count >= _SURE * (len(records) - begin)
    lone = list(map(len, records)) == [1] + [2] * (len(records) - 1) and _may_be_texts(records[1:], lines, dialect)
    return _Reading(replace(dialect, width=width), score, begin == 0, sure, faults, lone)


def _closed(lines: Sequence[str], dialect: Dialect) -> Sequence[str]:
    """The lines, without quotation marks in the first when one there never closes: it would take all others into its field."""
    if not lines or dialect.quote not in lines[0]:
        return lines
    try:
        closes = next(dialect.reader(line + "\n" for line in lines))[-1].count("\n") < len(lines)
    except csv.Error:  # the field has become too long
        closes = False
    return lines if closes else [lines[0].replace(dialect.quote, ""), *lines[1:]]


def _may_be_texts(pairs: Sequence[Sequence[str]], lines: Sequence[str], dialect: Dialect) -> bool:
    """Whether pairs may be texts that hold a delimiter: none is quoted, no half is always blank, the first is no headings."""
    return not any(dialect.quote in line for line in lines) and all(map(any, zip(*pairs, strict=True))) and not _headed(pairs)


def _faults(lines: Sequence[str], dialect: Dialect) -> int:
    """How many lines have quotation marks that are not in order, of those that stand alone."""
    faults = 0
    for line in lines[:_SAMPLE_RECORDS]:
        if dialect.quote in line:
            try:
                list(dialect.reader([line], strict=True))
            except csv.Error:
                faults += 1
    return faults


def _types_agree(records: Sequence[Sequence[str]]) -> float:
    """How far the fields below each other are of one type, from 0.5 to 1; fields that hold other delimiters are of none."""
    shares = []
    for column in zip(*records[1:], strict=True):
        types = Counter(_type(text.strip()) for text in column)
        del types[""]
        if types:
            mess = types.pop("messy", 0)
            shares.append((max(types.values(), default=0) + 0.5 * mess) / (types.total() + mess))
    return 0.5 + 0.5 * (sum(shares) / len(shares)) if shares else 1.0


def _is_decimals(sample: Sequence[str]) -> bool:
    """Whether one heading stands over numbers of which some have a decimal comma."""
    heading, numbers = "".join(sample[:1]), sample[1:]
    return "," not in heading and any("," in text for text in numbers) and all(map(_DECIMALS.fullmatch, numbers))


def _headed(records: Sequence[Sequence[str]]) -> bool:
    """Whether the first record is of another type than the others somewhere, as headings are; blank fields are of any type."""
    types = ([_type(text.strip()) for text in record] for record in records)
    return any(len({*column[1:]} - {""}) == 1 and column[0] not in column[1:] for column in zip(*types, strict=True))


def _type(text: str) -> str:
    if not text:
        return ""
    for name, form in _TYPES.items():
        if form.fullmatch(text):
            return name
    return "messy" if _MESSY.search(text) else "text"
