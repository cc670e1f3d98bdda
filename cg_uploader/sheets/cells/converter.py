"""The way from a stored cell (kind, style, value) to its text: one formatter for each column, kind and style."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from itertools import islice
from typing import Any, Protocol, cast

from cg_uploader.errors import FileError
from cg_uploader.model.enums import NoteKind
from cg_uploader.sheets.cells.clean_text import (
    WESTERN_CHARS,
    BulkRenderer,
    NotedText,
    clean_cell,
    is_plain,
    strip_controls,
    unescape,
)
from cg_uploader.sheets.cells.notes import COLUMN_KINDS, CellNote
from cg_uploader.sheets.cells.number_format import NumberFormat, parse_number_format
from cg_uploader.sheets.cells.serial_dates import MOMENT, is_clock, parse_iso
from cg_uploader.translation import _

_CACHE_SIZE = 4_096
_BATCH = 1_024
_SAMPLE = 32
_NOT_PLAIN = ("| ", " |", "|#", "|Err:", "_x", '="', "E+")
# `="00123"` is how delimited text tells Excel to leave digits alone.
_QUOTED_FORMULA = re.compile(r'="((?:[^"]|"")*)"', re.DOTALL)
_DETAILED = (NoteKind.ERROR_TEXT, NoteKind.ERROR_VALUE)
_INFINITY = float("inf")
_BOOLEANS = {"1": "TRUE", "0": "FALSE", "true": "TRUE", "false": "FALSE"}


class CellKind(Enum):
    """What a stored cell is."""

    NUMBER = "n"
    SHARED = "s"  # an index into the shared texts
    TEXT = "str"  # with Excel's escapes
    BOOLEAN = "b"
    ERROR = "e"
    DATE = "d"  # an ISO text
    NOT_CALCULATED = "f"
    VERBATIM = "text"  # a text without Excel's escapes
    FIELD = "field"  # of delimited text
    MOMENT = "moment"  # a date or time in the form that is sent
    BLANK = ""

    __hash__ = object.__hash__  # that of Enum is ten times as slow, and each row is looked up by its kinds


_INLINE = (CellKind.TEXT, CellKind.VERBATIM, CellKind.FIELD)


class SharedTexts:
    """The texts that cells share, loaded as they are needed, so that the first rows need not wait for the last texts.

    Attributes:
        texts: The texts as they are stored.
        plain: The same texts where they are sent as they are, else None.
    """

    def __init__(self, load_more: Callable[[SharedTexts], bool] = lambda _: False) -> None:
        """``load_more`` adds the next texts and gives False when there are none left."""
        self.texts: list[str] = []
        self.plain: list[str | None] = []
        self._load_more = load_more

    def load_to(self, index: int) -> bool:
        """Load texts up to an index. False when there is no such text."""
        while index >= len(self.texts):
            if not self._load_more(self):
                return False
        return index >= 0

    def load_all(self) -> None:
        """Load the texts that are left, so that damage among them is not overlooked."""
        while self._load_more(self):
            pass

    def extend(self, texts: Sequence[str], *, plain: bool = False) -> None:
        """Add texts. ``plain``: all of them are known to be sent as they are."""
        self.texts += texts
        self.plain += texts if plain else [text if is_plain(text) else None for text in texts]


def make_shared_texts(texts: Iterator[str]) -> SharedTexts:
    """Make the shared texts from an iterator that gives them one by one."""

    def load_more(shared: SharedTexts) -> bool:
        batch = list(islice(texts, _BATCH))
        shared.extend(batch)
        return bool(batch)

    return SharedTexts(load_more)


class CellFormatter(Protocol):
    """Makes the texts for stored values of one column, kind and style."""

    def __call__(self, value: Any, /) -> str:
        """Make the text for one value."""

    def format_many(self, values: Sequence[Any], /) -> list[str]:
        """Make the texts for many values in less time."""


class _UncachedFormatter:
    """Calls one function for each value."""

    def __init__(self, make_text: Callable[[Any], str]) -> None:
        self._make_text = make_text

    def __call__(self, value: Any) -> str:
        """Make the text for one value."""
        return self._make_text(value)

    def format_many(self, values: Sequence[Any]) -> list[str]:
        """Make the texts for many values."""
        return list(map(self._make_text, values))


class ConversionNotes:
    """The notes about values that were turned into texts since they were last taken.

    Attributes:
        pending: The notes that were not taken yet.
        settled: Columns and kinds that are noted once per column, and were noted.
    """

    def __init__(self) -> None:
        self.pending: list[CellNote] = []
        self.settled: set[tuple[int, NoteKind]] = set()

    def add(self, column: int, kinds: Sequence[NoteKind], detail: str) -> bool:
        """Add notes about a value. False when all of them are settled for its column."""
        fresh = [(column, kind, detail if kind in _DETAILED else "") for kind in kinds if (column, kind) not in self.settled]
        self.pending += fresh
        return bool(fresh)

    def get_settled(self, column: int) -> set[NoteKind]:
        """Give the kinds that need not be found again in a column."""
        return {kind for settled_column, kind in self.settled if settled_column == column}

    def take(self) -> list[CellNote]:
        """Give the pending notes, which are then forgotten."""
        notes, self.pending = self.pending, []
        return notes

    def settle(self, notes: Sequence[CellNote]) -> None:
        """Remember that these are noted: what is noted once per column need not be found again."""
        self.settled.update((column, kind) for column, kind, _detail in notes if kind in COLUMN_KINDS)


class _CachedFormatter(dict[Any, str]):
    """Caches texts by value. A text that still needs a note is not cached.

    With a bulk renderer most numbers need not be looked at one by one.
    """

    def __init__(
        self,
        convert: Callable[[Any], NotedText],
        column: int,
        notes: ConversionNotes,
        render_many: BulkRenderer | None = None,
    ) -> None:
        super().__init__()
        self._convert = convert
        self._column = column
        self._notes = notes
        self._render_many = render_many

    def __missing__(self, value: Any) -> str:
        """Make the text for a value that is not in the cache."""
        text, kinds = self._convert(value)
        if kinds and self._notes.add(self._column, kinds, text):
            return text
        if len(self) >= _CACHE_SIZE:
            self.clear()
        self[value] = text
        return text

    def __call__(self, value: Any) -> str:
        """Make the text for one value."""
        return self[value]

    def format_many(self, values: Sequence[Any]) -> list[str]:
        """Make the texts for many values. Of the new ones most need not be looked at one by one."""
        if self._render_many is None or all(map(self.__contains__, values[:_SAMPLE])):
            return list(map(self.__getitem__, values))
        rendered = list(self._render(values, self._render_many))
        if len(self) < _CACHE_SIZE:
            self.update([(value, text) for text, value in rendered if text is not None])
        return [self[value] if text is None else text for text, value in rendered]

    def _render(self, values: Sequence[Any], render_many: BulkRenderer) -> Iterable[tuple[str | None, Any]]:
        """Pair each value with what the bulk renderer makes of it."""
        try:
            return zip(render_many(values, self._notes.get_settled(self._column)), values, strict=True)
        except ValueError:
            return zip([None] * len(values), values, strict=True)


class _SharedTextFormatter(_CachedFormatter):
    """Looks shared texts up by their index."""

    def __init__(self, shared: SharedTexts, convert: Callable[[Any], NotedText], column: int, notes: ConversionNotes) -> None:
        super().__init__(convert, column, notes)
        self._shared = shared

    def format_many(self, values: Sequence[Any]) -> list[str]:
        """Make the texts for many values. Those that are sent as they are cost next to nothing."""
        try:
            indexes = [*map(int, values)]
            if min(indexes) < 0 or not self._shared.load_to(max(indexes)):
                return super().format_many(values)
        except ValueError:
            return super().format_many(values)
        texts = [*map(self._shared.plain.__getitem__, indexes)]
        if None not in texts:
            return cast("list[str]", texts)
        return [self[value] if text is None else text for text, value in zip(texts, values, strict=True)]


class _InlineTextFormatter(_CachedFormatter):
    """Cleans texts that stand in their cells."""

    def format_many(self, values: Sequence[Any]) -> list[str]:
        """Make the texts for many values. If all are sent as they are, one look is for all of them."""
        joined = f"|{'|'.join(values)}|"
        if joined.isascii() and joined.isprintable() and not any(mark in joined for mark in _NOT_PLAIN):
            return list(values)
        return super().format_many(values)


class CellConverter:
    """Makes the formatters that turn stored values into texts, and gathers the notes about these values."""

    def __init__(self, formats: Sequence[NumberFormat], shared: SharedTexts | None = None, *, date1904: bool = False) -> None:
        self.notes = ConversionNotes()
        self._formats = formats
        self._shared = shared or SharedTexts()
        self._date1904 = date1904
        self._general = parse_number_format("General")

    def make_formatter(self, column: int, kind: CellKind, style: int) -> CellFormatter:
        """Make what gives the texts that are sent for values of one column, kind and style."""
        if kind is CellKind.BLANK:
            return _UncachedFormatter(lambda _: "")
        if kind is CellKind.BOOLEAN:
            return _UncachedFormatter(lambda value: _BOOLEANS.get(value.strip().lower(), value))
        if kind in (CellKind.ERROR, CellKind.NOT_CALCULATED):
            return self._make_noting(column, NoteKind.ERROR_VALUE if kind is CellKind.ERROR else NoteKind.NOT_CALCULATED)
        number_format = self._find_format(style)
        convert = self._make_converter(kind, number_format)
        if kind is CellKind.SHARED and number_format.keeps_text:
            return _SharedTextFormatter(self._shared, convert, column, self.notes)
        if kind is CellKind.NUMBER:
            return _CachedFormatter(convert, column, self.notes, number_format.format_many)
        if kind in _INLINE and number_format.keeps_text:
            return _InlineTextFormatter(convert, column, self.notes)
        return _CachedFormatter(convert, column, self.notes)

    def make_heading_formatter(self, kind: CellKind, style: int) -> Callable[[Any], str]:
        """Make the function that gives the text of a heading: like any cell, but with the blanks at its ends."""
        if kind in (CellKind.SHARED, *_INLINE):
            return lambda value: strip_controls(self._decode(kind, value))[0]
        if kind in (CellKind.NUMBER, CellKind.DATE, CellKind.MOMENT):
            convert = self._make_converter(kind, self._find_format(style))
            return lambda value: convert(value)[0]
        return self.make_formatter(0, kind, style)

    def _find_format(self, style: int) -> NumberFormat:
        return self._formats[style] if style < len(self._formats) else self._general

    def _make_noting(self, column: int, kind: NoteKind) -> CellFormatter:
        """Make a formatter that gives no text, but a note."""

        def note(value: str | None) -> str:
            self.notes.add(column, (kind,), value or "")
            return ""

        return _UncachedFormatter(note)

    def _decode(self, kind: CellKind, value: str) -> str:
        """Give the text of a text cell as its author typed it.

        Raises:
            FileError: There is no shared text of this index.
        """
        if kind is CellKind.VERBATIM:
            return value
        if kind is CellKind.FIELD:
            value = value if value.isascii() else value.translate(WESTERN_CHARS)
            formula = _QUOTED_FORMULA.fullmatch(value.strip(" ")) if '="' in value else None
            return formula[1].replace('""', '"') if formula else value
        if kind is CellKind.TEXT:
            return unescape(value)
        index = int(value) if str(value).strip().isdecimal() else -1
        if self._shared.load_to(index):
            return self._shared.texts[index]
        text = _("The file is damaged: a cell names a text that is not there. Save it again in Excel.")
        raise FileError(text, kind="damaged")

    def _make_converter(self, kind: CellKind, number_format: NumberFormat) -> Callable[[Any], NotedText]:
        if kind is CellKind.NUMBER:
            return _make_number_converter(number_format)
        if kind is CellKind.DATE:
            return self._make_date_converter(number_format)
        if kind is CellKind.MOMENT:
            return lambda value: _convert_moment(value, number_format)

        def convert(value: str) -> NotedText:
            text, kinds = clean_cell(self._decode(kind, value))
            if kind is CellKind.FIELD and not value.isascii() and not WESTERN_CHARS.keys().isdisjoint(map(ord, value)):
                kinds = (*kinds, NoteKind.REPLACED_BYTE)
            if number_format.keeps_text:
                return text, kinds
            formatted, more_kinds = number_format.format_text(text)
            return clean_cell(formatted)[0], (*kinds, *more_kinds)

        return convert

    def _make_date_converter(self, number_format: NumberFormat) -> Callable[[str], NotedText]:
        """Make the function for ISO dates: under the format if it is one for dates, else the date, and the time if any."""

        def convert(value: str) -> NotedText:
            number = parse_iso(value, self._date1904)
            if number is None:
                return clean_cell(value)
            if number_format.date_parts:
                return number_format.format_number(number)
            timed = is_clock(value) or (number < 1 and not self._date1904)
            code = "hh:mm:ss" if timed else "yyyy-mm-dd hh:mm:ss" if number % 1 else "yyyy-mm-dd"
            return parse_number_format(code, self._date1904).format_number(number)

        return convert


def _convert_moment(text: str, number_format: NumberFormat) -> NotedText:
    """Convert a date or time that is in the form that is sent already, as far as its format shows it."""
    if not MOMENT.fullmatch(text):
        return "", (NoteKind.NO_SUCH_DATE,)
    return number_format.date_parts.select(text) if number_format.date_parts else (text, ())


def _make_number_converter(number_format: NumberFormat) -> Callable[[Any], NotedText]:
    """Make the function for stored numbers under a format. What cannot be read as a number is text."""
    render = number_format.format_number

    def convert(value: str | float) -> NotedText:
        try:
            number = float(value)
        except ValueError:
            return clean_cell(str(value))
        return render(number) if -_INFINITY < number < _INFINITY else clean_cell(str(value))

    return convert
