"""The problems of one row, found before it is sent: its values, what is missing, its size, what the file says about it."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import TypeAlias

from cg_uploader.fields.configuration import required_groups
from cg_uploader.fields.headings import shown
from cg_uploader.fields.messages import FieldMessage, either
from cg_uploader.fields.problems import Problem
from cg_uploader.fields.value_types import SHAPES, level_of
from cg_uploader.model.configuration import Field
from cg_uploader.model.enums import BLANKS, Level, NoteKind
from cg_uploader.model.message import Message, message
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import LONGEST_URL, MOST_FIELDS, Request
from cg_uploader.model.table import Column, Note, Row

# Characters: what file imports take (article H5000866058), and more than any documented field takes (H5000810958).
LONG, VERY_LONG = 128, 255
# Bytes that one character can become in the address: four bytes of UTF-8, three signs each.
LONGEST_ENCODED = 12

# Notes that put all cells of their row in doubt, whichever column they stand in.
_WHOLE_ROW = frozenset((NoteKind.UNCLOSED_QUOTE, NoteKind.LONG_ROW, NoteKind.REFUSED, NoteKind.HELD_BACK))

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HALVES = re.compile("[\ud800-\udfff]")

# Of a field: longest length without a remark, bits of the required groups it fills, whether a value fits (None: anything).
Rule: TypeAlias = tuple[int, int, Callable[[str], bool] | None]


class RowChecker:
    """Finds what is wrong with a row of one plan; made once, safe to use from several threads.

    A row without a problem of level *error* can be encoded, and what goes out of it is within all limits.
    """

    def __init__(self, plan: Plan) -> None:
        """Prepare what is the same for all rows."""
        configuration = plan.configuration
        fields = {field.heading: field for field in configuration.fields}
        columns = {heading: None if at is None else plan.table.columns[at] for heading, at, _ in plan.wires}
        constants = {heading: text for heading, at, text in plan.wires if at is None}
        self._plan = plan
        self._cells = {heading: (fields[heading], column) for heading, column in columns.items()}
        groups = [tuple(h for h in group if h in columns) for group in required_groups(configuration)]
        self._groups = [group for group in groups if group]
        self._all = (1 << len(self._groups)) - 1
        self._rules: dict[str, Rule] = {
            heading: (
                fields[heading].max_length or LONG,
                0 if _is_blank(constants.get(heading, "-")) else _bits(heading, self._groups),
                SHAPES[fields[heading].kind].fits if fields[heading].kind in SHAPES else None,
            )
            for heading in columns
        }
        self._room = (LONGEST_URL - _fixed_length(plan)) // LONGEST_ENCODED
        self._notes = _RowNotes(plan)

    def of_file(self) -> tuple[Problem, ...]:
        """What the file's notes say about a column that is sent, or about the file as a whole."""
        return tuple(self._notes.of_file())

    def problems(self, row: Row, request: Request) -> tuple[Problem, ...]:
        """Everything about a row and what would go out for it; level *error* means that it is held back."""
        met = length = 0
        rules = self._rules
        for heading, value in request.pairs:
            if value:
                longest, bits, fits = rules[heading]
                size = len(value)
                if size > longest or not value.isprintable() or (fits is not None and not fits(value)):
                    break
                met |= bits
                length += size
        else:
            plain = met == self._all and 0 < length <= self._room and len(request.pairs) <= MOST_FIELDS
            if plain and row.number not in self._plan.edits and not self._notes.has(row.number):
                return ()
        found = tuple(self._all_problems(row, request))
        if any(problem.level is Level.ERROR for problem in found):
            return tuple(problem for problem in found if problem.kind != NoteKind.HELD_BACK)
        return found

    def _all_problems(self, row: Row, request: Request) -> Iterator[Problem]:
        yield from self._notes.problems(row.number)
        filled = set()
        for heading, value in request.pairs:
            if value:
                yield from self._of_value(row.number, heading, value)
            if not _is_blank(value):
                filled.add(heading)
        yield from self._of_row(row.number, request, filled)
        values = [value for _, value in request.pairs]
        if sum(map(len, values)) > self._room and not any(map(_HALVES.search, values)):
            yield from _of_size(row.number, request)

    def _of_value(self, number: int, heading: str, value: str) -> Iterator[Problem]:
        field, column = self._cells[heading]
        longest, _, fits = self._rules[heading]
        if len(value) <= longest and value.isprintable() and (fits is None or fits(value)):
            return

        def problem(level: Level, kind: str, sentence: FieldMessage, **arguments: int) -> Problem:
            where, name = _where(number, field, column), column.heading if column else None
            return Problem(number, name, heading, level, kind, message(sentence, value=shown(value), **arguments), where)

        if _HALVES.search(value):
            yield problem(Level.ERROR, "half-character", FieldMessage.HALF_CHARACTER)
        elif _FORBIDDEN.search(value):
            yield problem(Level.ERROR, "forbidden-characters", FieldMessage.FORBIDDEN_CHARACTERS)
        elif (shape := SHAPES.get(field.kind)) is not None and not shape.fits(value):
            yield problem(level_of(field.kind, value), field.kind.value, shape.misfit)
        if len(value) > longest:
            far = len(value) > max(VERY_LONG, longest)
            kind, sentence = ("far-too-long", FieldMessage.VERY_LONG) if far else ("too-long", FieldMessage.LONG)
            yield problem(Level.WARNING, kind, sentence, chars=len(value), max_chars=longest)

    def _of_row(self, number: int, request: Request, filled: set[str]) -> Iterator[Problem]:
        if not filled:
            yield _of_whole_row(number, "nothing-to-send", message(FieldMessage.NOTHING_TO_SEND))
            return
        for group in self._groups:
            if filled.isdisjoint(group):
                field, column = self._cells[group[0]]
                text = message(FieldMessage.MISSING, wanted=either(group))
                name, where = column.heading if column else None, _where(number, field, column)
                yield Problem(number, name, group[0], Level.ERROR, "missing", text, where)
        if len(request.pairs) > MOST_FIELDS:
            text = message(FieldMessage.TOO_MANY_FIELDS, fields=len(request.pairs), max_fields=MOST_FIELDS)
            yield _of_whole_row(number, "too-many-fields", text)


def _bits(heading: str, groups: list[tuple[str, ...]]) -> int:
    return sum(1 << i for i, group in enumerate(groups) if heading in group)


def _is_blank(value: str) -> bool:
    return not value or not value.strip(BLANKS)


def _where(number: int, field: Field, column: Column | None) -> str:
    if column is None:
        return f"Row {number}, the text for all rows in “{field.heading}”"
    return f"Row {number}, column {column.letter} ({shown(column.heading)})" if column.heading else f"{column.letter}{number}"


def _fixed_length(plan: Plan) -> int:
    """Bytes of a row's address without its values; more than any limit when a heading or the reference cannot be encoded."""
    empty = Request(0, plan.address.records, plan.configuration.reference, tuple((heading, "") for heading, _, _ in plan.wires))
    try:
        return _address_length(empty)
    except UnicodeEncodeError:
        return LONGEST_URL + 1


def _address_length(request: Request) -> int:
    return len(request.records) + 1 + len(request.query())


def _of_size(number: int, request: Request) -> Iterator[Problem]:
    try:
        length = _address_length(request)
    except UnicodeEncodeError:
        yield _of_whole_row(number, "heading", message(FieldMessage.HALF_HEADING))
        return
    if length > LONGEST_URL:
        text = message(FieldMessage.TOO_LONG_TO_SEND, bytes=length, max_bytes=LONGEST_URL)
        yield _of_whole_row(number, "url-too-long", text)


def _of_whole_row(number: int, kind: str, text: Message) -> Problem:
    return Problem(number, None, None, Level.ERROR, kind, text, f"Row {number}")


def _of_note(number: int, note: Note, heading: str | None, level: Level) -> Problem:
    """A note that begins with its row is taken apart; one that names its cell inside the sentence stays as it is."""
    where = f"Row {number}"
    found = note.text.removeprefix(f"{where}: ")
    return Problem(number, note.column or None, heading, level, note.kind, found, "" if found == note.text else where)


class _RowNotes:
    """The file's notes about rows, as far as they matter to a plan: two numbers each, however many there are."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._headings: dict[str, str] = {}
        self._positions: dict[str, list[int]] = {}
        for heading, position, _ in plan.wires:
            if position is not None:
                name = plan.table.columns[position].heading
                self._headings.setdefault(name, heading)
                self._positions.setdefault(name, []).append(position)
        rows, indexes, ordered = array("Q"), array("Q"), True
        for i, note in enumerate(plan.table.notes):
            if note.row is not None and self.level(note) is not None:
                ordered = ordered and (not rows or rows[-1] <= note.row)
                rows.append(note.row)
                indexes.append(i)
        if not ordered:
            order = sorted(range(len(rows)), key=rows.__getitem__)
            rows, indexes = (array("Q", [numbers[i] for i in order]) for numbers in (rows, indexes))
        self._rows, self._indexes = rows, indexes

    def level(self, note: Note) -> Level | None:
        """How much a note matters to what is sent; None for information and for columns that stay behind."""
        sent = note.column is None or note.column in self._headings or note.kind in _WHOLE_ROW
        return note.kind.level if sent and note.kind.checked else None

    def has(self, number: int) -> bool:
        """Whether there may be notes about a row."""
        at = bisect_left(self._rows, number) if self._rows else 0
        return at < len(self._rows) and self._rows[at] == number

    def problems(self, number: int) -> Iterator[Problem]:
        """A row's notes as problems, unless a person has accepted the row or entered something in their place."""
        if number in self._plan.trusted:
            return
        at = bisect_left(self._rows, number)
        while at < len(self._rows) and self._rows[at] == number:
            note = self._plan.table.notes[self._indexes[at]]
            level = self.level(note)
            if level is not None and not self._settled(note):
                heading = self._headings.get(note.column or "")
                yield _of_note(number, note, heading, level)
            at += 1

    def _settled(self, note: Note) -> bool:
        edits = self._plan.edits.get(note.row or 0, {})
        if note.kind in _WHOLE_ROW:
            return bool(edits)
        return any(position in edits for position in self._positions.get(note.column or "", ()))

    def of_file(self) -> Iterator[Problem]:
        """Notes about a column or the whole file that matter to what is sent."""
        for note in self._plan.table.notes:
            if note.row is None and (level := self.level(note)) is not None:
                heading = self._headings.get(note.column or "") if note.column is not None else None
                yield Problem(None, note.column, heading, level, note.kind, note.text)
