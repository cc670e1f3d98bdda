"""How Excel's day numbers become dates, times and durations in ISO form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from math import floor
from typing import Any

SECONDS_PER_DAY = 86_400
_MILLISECONDS_PER_DAY = SECONDS_PER_DAY * 1000
_LAST = 2_958_465.99
_EPOCH = date(1899, 12, 30).toordinal()
_EPOCH_1904 = date(1904, 1, 1).toordinal()
# From the first of these day numbers to the second there is a date for each, in both date systems.
_SURE = 61, 2_950_000

# Dates, dates with times, and times or durations in the form that is sent.
MOMENT = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}:[0-9]{2}:[0-9]{2})?|[0-9]{2,}:[0-9]{2}:[0-9]{2}")


def _format_day(number: int, date1904: bool) -> str:
    """Write a whole day number as an ISO date. The 1900 system counts a 29 February 1900 that never was."""
    if date1904:
        return date.fromordinal(_EPOCH_1904 + number).isoformat()
    return date.fromordinal(_EPOCH + number + (number < 60)).isoformat()


def _exists(number: float, date1904: bool) -> bool:
    if date1904:
        return 0 <= number <= _LAST - 1462
    return 1 <= number <= _LAST and not 60 <= number < 61


def as_date(value: float, date1904: bool) -> str | None:
    """Write a day number as ``YYYY-MM-DD`` after rounding to a millisecond. None when there is no such date."""
    if not -1 < value < _LAST:
        return None
    number = round(value * SECONDS_PER_DAY * 1000) / _MILLISECONDS_PER_DAY
    return _format_day(floor(number), date1904) if _exists(number, date1904) else None


def as_datetime(value: float, date1904: bool) -> str | None:
    """Write a day number as ``YYYY-MM-DD HH:MM:SS`` of the nearest second. None when there is no such date."""
    if not -1 < value < _LAST:
        return None
    seconds = floor(value * SECONDS_PER_DAY + 0.5)
    if not _exists(seconds / SECONDS_PER_DAY, date1904):
        return None
    return f"{_format_day(seconds // SECONDS_PER_DAY, date1904)} {_format_clock(seconds % SECONDS_PER_DAY)}"


def as_dates(values: Sequence[Any], date1904: bool) -> list[str | None]:
    """Write many stored numbers as ``as_date`` does, in less time. None for the few that it must look at.

    Raises:
        ValueError: A value is not a number.
    """
    start = _EPOCH_1904 if date1904 else _EPOCH
    first, last = _SURE
    return [
        date.fromordinal(start + round(value * SECONDS_PER_DAY * 1000) // _MILLISECONDS_PER_DAY).isoformat()
        if first <= value < last
        else None
        for value in map(float, values)
    ]


def as_datetimes(values: Sequence[Any], date1904: bool) -> list[str | None]:
    """Write many stored numbers as ``as_datetime`` does, in less time. None for the few that it must look at.

    Raises:
        ValueError: A value is not a number.
    """
    start = datetime.fromordinal(_EPOCH_1904 if date1904 else _EPOCH)
    first, last = _SURE
    return [
        (start + timedelta(0, int(value * SECONDS_PER_DAY + 0.5))).isoformat(" ") if first <= value < last else None
        for value in map(float, values)
    ]


def as_time(value: float) -> str | None:
    """Write the time of a day number as ``HH:MM:SS`` of the nearest second. None when it is negative."""
    return None if value < 0 else _format_clock(floor((value % 1) * SECONDS_PER_DAY + 0.5) % SECONDS_PER_DAY)


def as_duration(value: float) -> str | None:
    """Write a number of days as ``HH:MM:SS`` of the nearest second. Hours may pass 24. None when it is negative."""
    return None if value < 0 else _format_clock(floor(value * SECONDS_PER_DAY + 0.5))


def _format_clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def is_clock(text: str) -> bool:
    """Whether an ISO text is a time of the day without a date."""
    text = text.strip()
    return text.startswith("T") or ":" in text[:3]


def parse_iso(text: str, date1904: bool) -> float | None:
    """Read an ISO date, date-time or time as a day number. None when it is none of them."""
    text = text.strip().removesuffix("Z")
    try:
        if is_clock(text):
            clock = time.fromisoformat(text)
            return (clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6) / SECONDS_PER_DAY
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
    days = (moment - datetime(1970, 1, 1)) / timedelta(days=1) + 719_163  # noqa: DTZ001 - a clock on the wall
    if date1904:
        return days - _EPOCH_1904
    number = days - _EPOCH
    return number - (number < 61)
