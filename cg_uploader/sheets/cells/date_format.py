"""Owns how a section of a number format that shows dates, times or durations is drawn."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from cg_uploader.model.enums import NoteKind
from cg_uploader.sheets.cells.clean_text import Draw, Said, Shown
from cg_uploader.sheets.cells.format_code import Code, Part
from cg_uploader.sheets.cells.serial_dates import as_date, as_dates, as_datetime, as_datetimes, as_duration, as_time

_WHOLE = frozenset("ymd")


def _minutes(clock: list[str], position: int) -> bool:
    """Whether the ``m`` at a position means minutes: it stands next to hours or seconds."""
    before = next((part for part in reversed(clock[:position]) if part != "a/p"), "")
    after = clock[position + 1] if position + 1 < len(clock) else ""
    return before.startswith(("h", "[h")) or after.startswith(("s", "[s"))


class Parts(NamedTuple):
    """What a section shows: parts of dates (``y m d`` and others), whether time, whether a duration."""

    dates: frozenset[str]
    timed: bool
    elapsed: bool

    @property
    def partial(self) -> bool:
        """Whether it shows a date, but not all of it."""
        return bool(self.dates) and not self.dates >= _WHOLE

    def moment(self, text: str) -> Shown:
        """What is shown of a moment that is written in the form that is sent: a date, a date and a time, or a time."""
        date, _, clock = text.rpartition(" ")
        if ":" not in clock:
            date, clock = clock, ""
        if self.dates and date:
            shown = f"{date} {clock or '00:00:00'}" if self.timed else date
            return shown, (NoteKind.PARTIAL_DATE,) if self.partial else ()
        if self.timed and not (self.dates or self.elapsed):
            hours, _, rest = clock.partition(":")
            return (f"{int(hours) % 24:02d}:{rest}" if clock else "00:00:00"), ()
        return text, ()


def clock_parts(code: Code) -> Parts:
    """What a section shows of dates and times."""
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
    return Parts(frozenset(dates), timed, any(text[0] == "[" for text in clock))


def _runs(letters: str) -> list[str]:
    """``yyyymmdd`` → ``yyyy``, ``mm``, ``dd``."""
    runs: list[str] = []
    for letter in letters:
        if runs and runs[-1][0] == letter:
            runs[-1] += letter
        else:
            runs.append(letter)
    return runs


class Moments:
    """Draws dates, with their time if ``timed``."""

    def __init__(self, date1904: bool, said: Said, *, timed: bool) -> None:
        self._date1904 = date1904
        self._said = said
        self._one, self._many = (as_datetime, as_datetimes) if timed else (as_date, as_dates)

    def __call__(self, value: float) -> Shown:
        """The date of a number."""
        return _dated(self._one(value, self._date1904), self._said)

    def many(self, values: Sequence[Any], settled: Collection[str]) -> list[str | None]:
        """See ``Quick``."""
        if all(kind in settled for kind in self._said):
            return self._many(values, self._date1904)
        return [None] * len(values)


def date_drawer(code: Code, date1904: bool) -> Draw:
    """What draws numbers under a section that shows dates or times."""
    parts = clock_parts(code)
    if parts.dates:
        said: Said = (NoteKind.PARTIAL_DATE,) if parts.partial else ()
        if date1904:
            said = (*said, NoteKind.DATE_SYSTEM)
        return Moments(date1904, said, timed=parts.timed)
    if parts.elapsed:
        return lambda value: _dated(as_duration(value), ())
    return lambda value: _dated(as_time(value), ())


def _dated(text: str | None, said: Said) -> Shown:
    return ("", (NoteKind.NO_SUCH_DATE,)) if text is None else (text, said)
