"""How a section of a number format that shows dates, times or durations is rendered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from cg_uploader.model.enums import NoteKind
from cg_uploader.sheets.cells.clean_text import NotedText, NoteKinds, Renderer
from cg_uploader.sheets.cells.format_code import FormatSection, TokenKind
from cg_uploader.sheets.cells.serial_dates import as_date, as_dates, as_datetime, as_datetimes, as_duration, as_time

_FULL_DATE = frozenset("ymd")


class DateParts(NamedTuple):
    """What a section shows of dates and times."""

    # Parts of a date: ``y``, ``m``, ``d``, and ``w`` for a weekday.
    dates: frozenset[str]
    # Whether it shows a time.
    timed: bool
    # Whether it shows a duration.
    elapsed: bool

    @property
    def partial(self) -> bool:
        """Whether it shows a date, but not all of it."""
        return bool(self.dates) and not self.dates >= _FULL_DATE

    def select(self, text: str) -> NotedText:
        """Give what is shown of a date, a date with time, or a time that is written in the form that is sent."""
        date, _, clock = text.rpartition(" ")
        if ":" not in clock:
            date, clock = clock, ""
        clock = clock or "00:00:00"
        if self.dates and date:
            return (f"{date} {clock}" if self.timed else date), (NoteKind.PARTIAL_DATE,) if self.partial else ()
        if self.timed and not self.dates and not self.elapsed:
            return _wrap_hours(clock), ()
        return text, ()


def _wrap_hours(clock: str) -> str:
    """Write a duration as a time of the day."""
    hours, _, rest = clock.partition(":")
    return f"{int(hours) % 24:02d}:{rest}"


def find_date_parts(section: FormatSection) -> DateParts:
    """Find what a section shows of dates and times."""
    runs = _find_runs(section)
    parts = [_name_part(runs, position) for position in range(len(runs))]
    return DateParts(frozenset(filter(None, parts)), "" in parts, any(run[0] == "[" for run in runs))


def _find_runs(section: FormatSection) -> list[str]:
    """Give the date and time codes of a section: ``yyyy``, ``[h]``, ``a/p`` for a half of the day."""
    runs: list[str] = []
    for kind, text in section.tokens:
        if kind is TokenKind.ELAPSED:
            runs.append(f"[{text}]")
        elif kind is TokenKind.CLOCK:
            runs += ["a/p"] if "/" in text else _split_runs(text)
    return runs


def _name_part(runs: Sequence[str], position: int) -> str:
    """Give the part of a date that a code shows, as in ``DateParts.dates``. Empty for a part of a time."""
    run = runs[position]
    char = run[0]
    if char in "hs[" or run == "a/p" or (char == "m" and len(run) < 3 and _is_minutes(runs, position)):
        return ""
    if char in "yeb":
        return "y"
    weekday = char in "ag" or (char == "d" and len(run) > 2)
    return "w" if weekday else char


def _is_minutes(runs: Sequence[str], position: int) -> bool:
    """Whether the ``m`` at a position means minutes: it stands next to hours or seconds."""
    before = next((run for run in reversed(runs[:position]) if run != "a/p"), "")
    after = runs[position + 1] if position + 1 < len(runs) else ""
    return before.startswith(("h", "[h")) or after.startswith(("s", "[s"))


def _split_runs(chars: str) -> list[str]:
    """Split ``yyyymmdd`` into ``yyyy``, ``mm``, ``dd``."""
    runs: list[str] = []
    for char in chars:
        if runs and runs[-1][0] == char:
            runs[-1] += char
        else:
            runs.append(char)
    return runs


class DateRenderer:
    """Renders day numbers as dates, with their time if ``timed``."""

    def __init__(self, date1904: bool, kinds: NoteKinds, *, timed: bool) -> None:
        self._date1904 = date1904
        self._kinds = kinds
        self._format_one, self._format_many = (as_datetime, as_datetimes) if timed else (as_date, as_dates)

    def __call__(self, value: float) -> NotedText:
        """Render one number as a date."""
        return _note_missing_date(self._format_one(value, self._date1904), self._kinds)

    def render_many(self, values: Sequence[Any], settled: Collection[str]) -> list[str | None]:
        """Render many numbers as a ``BulkRenderer`` does."""
        if all(kind in settled for kind in self._kinds):
            return self._format_many(values, self._date1904)
        return [None] * len(values)


def make_date_renderer(section: FormatSection, date1904: bool) -> Renderer:
    """Make what renders numbers under a section that shows dates or times."""
    parts = find_date_parts(section)
    if parts.dates:
        kinds: NoteKinds = (NoteKind.PARTIAL_DATE,) if parts.partial else ()
        if date1904:
            kinds = (*kinds, NoteKind.DATE_SYSTEM)
        return DateRenderer(date1904, kinds, timed=parts.timed)
    if parts.elapsed:
        return lambda value: _note_missing_date(as_duration(value), ())
    return lambda value: _note_missing_date(as_time(value), ())


def _note_missing_date(text: str | None, kinds: NoteKinds) -> NotedText:
    return ("", (NoteKind.NO_SUCH_DATE,)) if text is None else (text, kinds)
