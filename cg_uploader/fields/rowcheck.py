"""The problems of one row, found before it is sent: its values, what is missing, its size, the file's notes about it."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import TypeAlias

from cg_uploader.fields.configuration import required_groups
from cg_uploader.fields.headings import quote
from cg_uploader.fields.messages import FieldMessage, either
from cg_uploader.fields.problems import Problem, add_advice
from cg_uploader.fields.value_types import VALUE_SHAPES, get_level
from cg_uploader.model.configuration import Field
from cg_uploader.model.enums import BLANKS, Level, NoteKind
from cg_uploader.model.message import Message, message
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import MAX_FIELDS, MAX_URL_CHARS, Request
from cg_uploader.model.table import Column, Note, Row
from cg_uploader.translation import _

# What file imports take (article H5000866058), and what the longest documented field takes (H5000810958).
SAFE_CHARS, MAX_DOCUMENTED_CHARS = 128, 255
# What one character can become in the address: four bytes of UTF-8, three signs each.
MAX_ENCODED_BYTES = 12

# Notes that put all cells of their row in doubt, whichever column they stand in.
_OF_WHOLE_ROW = frozenset((NoteKind.UNCLOSED_QUOTE, NoteKind.LONG_ROW, NoteKind.REFUSED, NoteKind.HELD_BACK))

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")

# Of a field: how many characters pass without a warning, bits of the required groups that it fills, whether a value fits (None:
# anything does).
ValueRule: TypeAlias = tuple[int, int, Callable[[str], bool] | None]


class RowChecker:
    """Finds what is wrong with a row of one plan. Made once, and safe to use from several threads.

    A row without a problem of level *error* can be encoded, and what is sent of it is within all limits.
    """

    def __init__(self, plan: Plan) -> None:
        """Prepare what is the same for all rows."""
        configuration = plan.configuration
        fields = {field.heading: field for field in configuration.fields}
        columns = {heading: None if at is None else plan.table.columns[at] for heading, at, _constant in plan.bindings}
        constants = {heading: text for heading, at, text in plan.bindings if at is None}
        self._plan = plan
        self._cells = {heading: (fields[heading], column) for heading, column in columns.items()}
        groups = [tuple(h for h in group if h in columns) for group in required_groups(configuration)]
        self._groups = [group for group in groups if group]
        self._all_groups = (1 << len(self._groups)) - 1
        self._rules: dict[str, ValueRule] = {
            heading: (
                fields[heading].max_length or SAFE_CHARS,
                0 if _is_blank(constants.get(heading, "-")) else _find_group_bits(heading, self._groups),
                VALUE_SHAPES[fields[heading].kind].fits if fields[heading].kind in VALUE_SHAPES else None,
            )
            for heading in columns
        }
        self._max_chars = (MAX_URL_CHARS - _measure_fixed_part(plan)) // MAX_ENCODED_BYTES
        self._notes = _NotesByRow(plan)

    def find_of_file(self) -> tuple[Problem, ...]:
        """Find what the file's notes say about a column that is sent, or about the file as a whole."""
        return tuple(self._notes.find_of_file())

    def find_problems(self, row: Row, request: Request) -> tuple[Problem, ...]:
        """Find everything about a row and what is sent of it. Level *error* means that it is held back."""
        if self._is_clean(request) and row.number not in self._plan.edits and not self._notes.has(row.number):
            return ()
        problems = tuple(self._find_all(row, request))
        if any(problem.level is Level.ERROR for problem in problems):
            return tuple(problem for problem in problems if problem.kind != NoteKind.HELD_BACK)
        return problems

    def _is_clean(self, request: Request) -> bool:
        """Whether a quick look finds nothing wrong with the values of a row."""
        groups = chars = 0
        rules = self._rules
        for heading, value in request.pairs:
            if value:
                max_chars, bits, fits = rules[heading]
                size = len(value)
                if size > max_chars or not value.isprintable() or (fits is not None and not fits(value)):
                    return False
                groups |= bits
                chars += size
        return groups == self._all_groups and 0 < chars <= self._max_chars and len(request.pairs) <= MAX_FIELDS

    def _find_all(self, row: Row, request: Request) -> Iterator[Problem]:
        yield from self._notes.find_problems(row.number)
        filled = set()
        for heading, value in request.pairs:
            if value:
                yield from self._check_value(row.number, heading, value)
            if not _is_blank(value):
                filled.add(heading)
        yield from self._check_fields(row.number, request, filled)
        values = [value for _heading, value in request.pairs]
        if sum(map(len, values)) > self._max_chars and not any(map(_SURROGATES.search, values)):
            yield from _check_size(row.number, request)

    def _check_value(self, number: int, heading: str, value: str) -> Iterator[Problem]:
        field, column = self._cells[heading]
        for level, kind, fault in self._find_faults(field, value):
            name, where = column.heading if column else None, _describe_cell(number, field, column)
            yield Problem(number, name, heading, level, kind, add_advice(fault, kind), where)

    def _find_faults(self, field: Field, value: str) -> Iterator[tuple[Level, str, Message]]:
        """Find the faults of a value: level, kind, and what is wrong."""
        max_chars, _bits, fits = self._rules[field.heading]
        if not value.isprintable() and _SURROGATES.search(value):
            yield Level.ERROR, "half-character", message(FieldMessage.HALF_CHARACTER, value=quote(value))
        elif not value.isprintable() and _FORBIDDEN.search(value):
            yield Level.ERROR, "forbidden-characters", message(FieldMessage.FORBIDDEN_CHARACTERS, value=quote(value))
        elif fits is not None and not fits(value):
            fault = message(VALUE_SHAPES[field.kind].misfit, value=quote(value))
            yield get_level(field.kind, value), field.kind.value, fault
        if len(value) > max_chars:
            kind = "far-too-long" if len(value) > max(MAX_DOCUMENTED_CHARS, max_chars) else "too-long"
            fault = message(FieldMessage.LONG, value=quote(value), chars=len(value), max_chars=max_chars)
            yield Level.WARNING, kind, fault

    def _check_fields(self, number: int, request: Request, filled: set[str]) -> Iterator[Problem]:
        """Check whether the required fields are filled, and not too many."""
        if not filled:
            yield _make_row_problem(number, "nothing-to-send", message(FieldMessage.NOTHING_TO_SEND))
            return
        for group in self._groups:
            if filled.isdisjoint(group):
                field, column = self._cells[group[0]]
                text = add_advice(message(FieldMessage.MISSING, wanted=either(group)), "missing")
                name, where = column.heading if column else None, _describe_cell(number, field, column)
                yield Problem(number, name, group[0], Level.ERROR, "missing", text, where)
        if len(request.pairs) > MAX_FIELDS:
            fault = message(FieldMessage.TOO_MANY_FIELDS, fields=len(request.pairs), max_fields=MAX_FIELDS)
            yield _make_row_problem(number, "too-many-fields", fault)


def _find_group_bits(heading: str, groups: list[tuple[str, ...]]) -> int:
    return sum(1 << i for i, group in enumerate(groups) if heading in group)


def _is_blank(value: str) -> bool:
    return not value or not value.strip(BLANKS)


def _describe_row(number: int) -> str:
    return _("Row {row}").format(row=number)


def _describe_cell(number: int, field: Field, column: Column | None) -> str:
    if column is None:
        return _("Row {row}, the text for all rows in “{heading}”").format(row=number, heading=field.heading)
    if not column.heading:
        return f"{column.letter}{number}"
    text = _("Row {row}, column {letter} ({heading})")
    return text.format(row=number, letter=column.letter, heading=quote(column.heading))


def _measure_fixed_part(plan: Plan) -> int:
    """Measure a row's address without its values, in bytes.

    When a heading or the reference cannot be encoded, the result is more than any limit.
    """
    pairs = tuple((heading, "") for heading, _position, _constant in plan.bindings)
    try:
        return _measure_address(Request(0, plan.address.records, plan.configuration.reference, pairs))
    except UnicodeEncodeError:
        return MAX_URL_CHARS + 1


def _measure_address(request: Request) -> int:
    return len(request.records) + 1 + len(request.query())


def _check_size(number: int, request: Request) -> Iterator[Problem]:
    try:
        size = _measure_address(request)
    except UnicodeEncodeError:
        yield _make_row_problem(number, "heading", message(FieldMessage.HALF_HEADING))
        return
    if size > MAX_URL_CHARS:
        fault = message(FieldMessage.TOO_LONG_TO_SEND, bytes=size, max_bytes=MAX_URL_CHARS)
        yield _make_row_problem(number, "url-too-long", fault)


def _make_row_problem(number: int, kind: str, fault: Message) -> Problem:
    return Problem(number, None, None, Level.ERROR, kind, add_advice(fault, kind), _describe_row(number))


def _make_note_problem(number: int, note: Note, heading: str | None, level: Level) -> Problem:
    """Make a problem of a note. One that begins with its row is taken apart. Another names its cell in its sentence."""
    where = _describe_row(number)
    text = note.text.removeprefix(f"{where}: ")
    where = "" if text == note.text else where
    return Problem(number, note.column or None, heading, level, note.kind, text, where)


class _NotesByRow:
    """The file's notes about rows, as far as they matter to a plan: two numbers each, however many there are."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._headings: dict[str, str] = {}
        self._positions: dict[str, list[int]] = {}
        for heading, position, _constant in plan.bindings:
            if position is not None:
                name = plan.table.columns[position].heading
                self._headings.setdefault(name, heading)
                self._positions.setdefault(name, []).append(position)
        rows, indexes, ordered = array("Q"), array("Q"), True
        for i, note in enumerate(plan.table.notes):
            if note.row is not None and self._find_level(note) is not None:
                ordered = ordered and (not rows or rows[-1] <= note.row)
                rows.append(note.row)
                indexes.append(i)
        if not ordered:
            order = sorted(range(len(rows)), key=rows.__getitem__)
            rows, indexes = (array("Q", [numbers[i] for i in order]) for numbers in (rows, indexes))
        self._rows, self._indexes = rows, indexes

    def _find_level(self, note: Note) -> Level | None:
        """Find how much a note matters to what is sent. None for information and for columns that are not sent."""
        sent = note.column is None or note.column in self._headings or note.kind in _OF_WHOLE_ROW
        return note.kind.level if sent and note.kind.checked else None

    def has(self, number: int) -> bool:
        """Whether there may be notes about a row."""
        index = bisect_left(self._rows, number) if self._rows else 0
        return index < len(self._rows) and self._rows[index] == number

    def find_problems(self, number: int) -> Iterator[Problem]:
        """Make problems of a row's notes, unless the user has accepted the row or entered something in their place."""
        if number in self._plan.trusted:
            return
        index = bisect_left(self._rows, number)
        while index < len(self._rows) and self._rows[index] == number:
            note = self._plan.table.notes[self._indexes[index]]
            level = self._find_level(note)
            if level is not None and not self._is_settled(note):
                heading = self._headings.get(note.column or "")
                yield _make_note_problem(number, note, heading, level)
            index += 1

    def _is_settled(self, note: Note) -> bool:
        edits = self._plan.edits.get(note.row or 0, {})
        if note.kind in _OF_WHOLE_ROW:
            return bool(edits)
        return any(position in edits for position in self._positions.get(note.column or "", ()))

    def find_of_file(self) -> Iterator[Problem]:
        """Make problems of the notes about a column or the whole file that matter to what is sent."""
        for note in self._plan.table.notes:
            if note.row is None and (level := self._find_level(note)) is not None:
                heading = self._headings.get(note.column or "") if note.column is not None else None
                yield Problem(None, note.column, heading, level, note.kind, note.text)
