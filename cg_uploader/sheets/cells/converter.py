"""Owns the way from a stored cell (kind, style, value) to its text: one prepared function per column, kind and style."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from itertools import islice
from typing import Any, Protocol, cast

from cg_uploader.errors import FileError
from cg_uploader.model.enums import NoteKind
from cg_uploader.sheets.cells.clean_text import REPLACED, Quick, Shown, is_plain, sent, unescape, visible
from cg_uploader.sheets.cells.notes import ONCE, Found
from cg_uploader.sheets.cells.number_format import NumberFormat, number_format
from cg_uploader.sheets.cells.serial_dates import MOMENT, from_iso, is_clock

_REMEMBERED = 4_096
_AT_ONCE = 1_024
_SAMPLE = 32
_NOT_PLAIN = ("| ", " |", "|#", "|Err:", "_x", '="', "E+")
# `="00123"` is how delimited text tells Excel to leave digits alone.
_TRICK = re.compile(r'="((?:[^"]|"")*)"', re.DOTALL)
_DETAILED = (NoteKind.ERROR_TEXT, NoteKind.ERROR_VALUE)
_HUGE = float("inf")
_BOOLEANS = {"1": "TRUE", "0": "FALSE", "true": "TRUE", "false": "FALSE"}


class Kind(Enum):
    """What a stored cell is.

    SHARED values are places in the list of shared texts; TEXT values have Excel's escapes, VERBATIM ones have not; FIELD
    values are from delimited text; DATE values are ISO texts, MOMENT values dates and times in the form that is sent.
    """

    NUMBER = "n"
    SHARED = "s"
    TEXT = "str"
    BOOLEAN = "b"
    ERROR = "e"
    DATE = "d"
    NOT_CALCULATED = "f"
    VERBATIM = "text"
    FIELD = "field"
    MOMENT = "moment"
    BLANK = ""

    __hash__ = object.__hash__  # that of Enum is ten times as slow, and each row is looked up by its kinds


_OWN = (Kind.TEXT, Kind.VERBATIM, Kind.FIELD)


class SharedTexts:
    """The texts that cells share: ``texts`` as they are, ``plain`` the same where it can be sent as it is, else None.

    They are read when they are needed, so that the first rows of a large file need not wait for the last texts.
    """

    def __init__(self, more: Callable[[SharedTexts], bool] = lambda _: False) -> None:
        """``more`` adds the next texts; False when there are none left."""
        self.texts: list[str] = []
        self.plain: list[str | None] = []
        self._more = more

    def reach(self, place: int) -> bool:
        """Whether there is a text at this place."""
        while place >= len(self.texts):
            if not self._more(self):
                return False
        return place >= 0

    def finish(self) -> None:
        """Read all that are left, so that damage among them is not overlooked."""
        while self._more(self):
            pass

    def extend(self, texts: Sequence[str], *, plain: bool = False) -> None:
        """Add texts; ``plain`` when all of them are known to be."""
        self.texts += texts
        self.plain += texts if plain else [text if is_plain(text) else None for text in texts]


def shared_texts(texts: Iterator[str]) -> SharedTexts:
    """The shared texts that an iterator gives one by one."""

    def more(shared: SharedTexts) -> bool:
        some = list(islice(texts, _AT_ONCE))
        shared.extend(some)
        return bool(some)

    return SharedTexts(more)


class Text(Protocol):
    """Gives the text for stored values of one column, kind and style."""

    def __call__(self, value: Any, /) -> str:
        """The text for one value."""

    def many(self, values: Sequence[Any], /) -> list[str]:
        """The texts for many, in less time."""


class _Fixed:
    """Texts that one function makes, one by one."""

    def __init__(self, make: Callable[[Any], str]) -> None:
        self._make = make

    def __call__(self, value: Any) -> str:
        """The text for one value."""
        return self._make(value)

    def many(self, values: Sequence[Any]) -> list[str]:
        """The texts for many."""
        return list(map(self._make, values))


class _Remembered(dict[Any, str]):
    """Texts by value, so that a value costs one look-up the second time; what still needs a note is not kept.

    With a ``quick`` way many values that are numbers need not be looked at one by one.
    """

    def __init__(self, make: Callable[[Any], Shown], column: int, said: Said, quick: Quick | None = None) -> None:
        super().__init__()
        self._make = make
        self._column = column
        self._said = said
        self._quick = quick

    def __missing__(self, value: Any) -> str:
        """The text for a value seen for the first time, or again after many others."""
        text, kinds = self._make(value)
        if kinds and self._said.add(self._column, kinds, text):
            return text
        if len(self) >= _REMEMBERED:
            self.clear()
        self[value] = text
        return text

    def __call__(self, value: Any) -> str:
        """The text for one value."""
        return self[value]

    def many(self, values: Sequence[Any]) -> list[str]:
        """The texts for many; of those that are seen for the first time most need not be looked at one by one."""
        if self._quick is None or all(map(self.__contains__, values[:_SAMPLE])):
            return list(map(self.__getitem__, values))
        known = list(self._known(values, self._quick))
        if len(self) < _REMEMBERED:
            self.update([(value, text) for text, value in known if text is not None])
        return [self[value] if text is None else text for text, value in known]

    def _known(self, values: Sequence[Any], quick: Quick) -> Iterable[tuple[str | None, Any]]:
        """What the quick way knows of each value, and the value."""
        try:
            return zip(quick(values, self._said.settled(self._column)), values, strict=True)
        except ValueError:
            return zip([None] * len(values), values, strict=True)


class _Shared(_Remembered):
    """Shared texts, by their place in the list."""

    def __init__(self, shared: SharedTexts, make: Callable[[Any], Shown], column: int, said: Said) -> None:
        super().__init__(make, column, said)
        self._shared = shared

    def many(self, values: Sequence[Any]) -> list[str]:
        """The texts for many; those that are sent as they are cost next to nothing."""
        try:
            places = [*map(int, values)]
            if min(places) < 0 or not self._shared.reach(max(places)):
                return super().many(values)
        except ValueError:
            return super().many(values)
        texts = [*map(self._shared.plain.__getitem__, places)]
        if None not in texts:
            return cast("list[str]", texts)
        return [self[value] if text is None else text for text, value in zip(texts, values, strict=True)]


class _Own(_Remembered):
    """Texts that stand in their cells."""

    def many(self, values: Sequence[Any]) -> list[str]:
        """The texts for many; if all are sent as they are, they are looked at all at once."""
        joined = f"|{'|'.join(values)}|"
        if joined.isascii() and joined.isprintable() and not any(mark in joined for mark in _NOT_PLAIN):
            return list(values)
        return super().many(values)


class Said:
    """What has to be said about the values that were turned into texts since it was last asked."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self.silent: set[tuple[int, NoteKind]] = set()

    def add(self, column: int, kinds: Sequence[NoteKind], detail: str) -> bool:
        """Remember what has to be said; whether it was anything that is not known of the column already."""
        fresh = [(column, kind, detail if kind in _DETAILED else "") for kind in kinds if (column, kind) not in self.silent]
        self.found += fresh
        return bool(fresh)

    def settled(self, column: int) -> set[NoteKind]:
        """The kinds that need not be found again in a column."""
        return {kind for place, kind in self.silent if place == column}

    def take(self) -> list[Found]:
        """What was found, which is then forgotten."""
        found, self.found = self.found, []
        return found

    def settle(self, found: Sequence[Found]) -> None:
        """These are noted: what is said once per column need not be found again."""
        self.silent.update((column, kind) for column, kind, _ in found if kind in ONCE)


class CellTexts:
    """Makes the functions that turn stored values into texts, and gathers in ``said`` what has to be said meanwhile."""

    def __init__(self, formats: Sequence[NumberFormat], shared: SharedTexts | None = None, *, date1904: bool = False) -> None:
        self.said = Said()
        self._formats = formats
        self._shared = shared or SharedTexts()
        self._date1904 = date1904
        self._general = number_format("General")

    def text(self, column: int, kind: Kind, style: int) -> Text:
        """What gives the texts to be sent for values of one column, kind and style."""
        if kind is Kind.BLANK:
            return _Fixed(lambda _: "")
        if kind is Kind.BOOLEAN:
            return _Fixed(lambda value: _BOOLEANS.get(value.strip().lower(), value))
        if kind in (Kind.ERROR, Kind.NOT_CALCULATED):
            return self._noted(column, NoteKind.ERROR_VALUE if kind is Kind.ERROR else NoteKind.NOT_CALCULATED)
        form = self._format(style)
        make = self._shown(kind, form)
        if kind is Kind.SHARED and form.plain_text:
            return _Shared(self._shared, make, column, self.said)
        if kind is Kind.NUMBER:
            return _Remembered(make, column, self.said, form.many)
        return (_Own if kind in _OWN and form.plain_text else _Remembered)(make, column, self.said)

    def heading(self, kind: Kind, style: int) -> Callable[[Any], str]:
        """The function that gives the text of a heading: like any cell, but with its ends as they are."""
        if kind in (Kind.SHARED, *_OWN):
            return lambda value: visible(self._raw(kind, value))[0]
        if kind in (Kind.NUMBER, Kind.DATE, Kind.MOMENT):
            shown = self._shown(kind, self._format(style))
            return lambda value: shown(value)[0]
        return self.text(0, kind, style)

    def _format(self, style: int) -> NumberFormat:
        return self._formats[style] if style < len(self._formats) else self._general

    def _noted(self, column: int, kind: NoteKind) -> Text:
        def note(value: str | None) -> str:
            self.said.add(column, (kind,), value or "")
            return ""

        return _Fixed(note)

    def _raw(self, kind: Kind, value: str) -> str:
        if kind is Kind.VERBATIM:
            return value
        if kind is Kind.FIELD:
            value = value if value.isascii() else value.translate(REPLACED)
            trick = _TRICK.fullmatch(value.strip(" ")) if '="' in value else None
            return trick[1].replace('""', '"') if trick else value
        if kind is Kind.TEXT:
            return unescape(value)
        place = int(value) if str(value).strip().isdecimal() else -1
        if self._shared.reach(place):
            return self._shared.texts[place]
        raise FileError("The file is damaged: a cell names a text that is not there. Save it again in Excel.", kind="damaged")

    def _shown(self, kind: Kind, form: NumberFormat) -> Callable[[Any], Shown]:
        if kind is Kind.NUMBER:
            return _numbers(form)
        if kind is Kind.DATE:
            return self._moment(form)
        if kind is Kind.MOMENT:
            return lambda value: _moment(value, form)

        def text(value: str) -> Shown:
            raw, said = sent(self._raw(kind, value))
            if kind is Kind.FIELD and not value.isascii() and not REPLACED.keys().isdisjoint(map(ord, value)):
                said = (*said, NoteKind.REPLACED_BYTE)
            if form.plain_text:
                return raw, said
            shown, more = form.text(raw)
            return sent(shown)[0], (*said, *more)

        return text

    def _moment(self, form: NumberFormat) -> Callable[[str], Shown]:
        """Cells that hold an ISO date: under the format if that is one, else the date, and the time if there is any."""

        def text(value: str) -> Shown:
            number = from_iso(value, self._date1904)
            if number is None:
                return sent(value)
            if form.shows:
                return form.number(number)
            timed = is_clock(value) or (number < 1 and not self._date1904)
            code = "hh:mm:ss" if timed else "yyyy-mm-dd hh:mm:ss" if number % 1 else "yyyy-mm-dd"
            return number_format(code, self._date1904).number(number)

        return text


def _moment(text: str, form: NumberFormat) -> Shown:
    """A date or time that is in the form that is sent already, as far as its format shows it."""
    if not MOMENT.fullmatch(text):
        return "", (NoteKind.NO_SUCH_DATE,)
    return form.shows.moment(text) if form.shows else (text, ())


def _numbers(form: NumberFormat) -> Callable[[Any], Shown]:
    """The function for stored numbers under a format; what cannot be read as a number is text."""
    draw = form.number

    def text(value: str | float) -> Shown:
        try:
            number = float(value)
        except ValueError:
            return sent(str(value))
        return draw(number) if -_HUGE < number < _HUGE else sent(str(value))

    return text
