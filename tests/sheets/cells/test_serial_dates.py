"""Excel's day numbers as dates, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.sheets.cells import serial_dates
from cg_uploader.sheets.cells.serial_dates import as_date, as_dates, as_datetime, as_datetimes, as_duration, as_time, parse_iso

BOTH = st.booleans()


@pytest.mark.parametrize(
    ("number", "date1904", "text"),
    [
        (1, False, "1900-01-01"),
        (59, False, "1900-02-28"),
        (60, False, None),  # the 29 February 1900 that never was
        (61, False, "1900-03-01"),
        (0, False, None),
        (-1, False, None),
        (2_958_465, False, "9999-12-31"),
        (2_958_466, False, None),
        (46_085, False, "2026-03-04"),
        (0, True, "1904-01-01"),
        (44_623, True, "2026-03-04"),
        (2_957_004, True, None),
    ],
)
def test_the_date_of_a_number(number: int, date1904: bool, text: str | None) -> None:
    assert as_date(number, date1904) == text
    assert as_datetime(number, date1904) == (text and f"{text} 00:00:00")


def test_a_moment_is_rounded_to_its_second_and_a_date_to_its_millisecond() -> None:
    assert as_datetime(46_085.9999999, False) == "2026-03-05 00:00:00"
    assert as_date(46_085.9999999, False) == "2026-03-04"
    assert as_date(46_085.99999999999, False) == "2026-03-05"


@given(st.floats(-10, 2_958_500, allow_nan=False), BOTH)
def test_many_at_once_are_what_each_is_or_are_left_to_be_asked(number: float, date1904: bool) -> None:
    for many, one in ((as_dates, as_date), (as_datetimes, as_datetime)):
        (found,) = many([str(number)], date1904)
        assert found in (None, one(number, date1904))


@given(st.integers(61, 2_900_000), BOTH)
def test_a_date_comes_back_as_its_number(number: int, date1904: bool) -> None:
    text = as_date(number, date1904)
    assert text is not None
    assert parse_iso(text, date1904) == number


@pytest.mark.parametrize(
    ("value", "time", "duration"), [(0.5, "12:00:00", "12:00:00"), (1.25, "06:00:00", "30:00:00"), (-0.1, None, None)]
)
def test_times_begin_anew_each_day_and_durations_do_not(value: float, time: str | None, duration: str | None) -> None:
    assert (as_time(value), as_duration(value)) == (time, duration)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1900-01-01", 1),
        ("1900-02-28", 59),
        ("1900-03-01", 61),
        ("2026-03-04T12:00:00Z", 46_085.5),
        ("06:00", 0.25),
        ("T06:00", 0.25),
    ],
)
def test_iso_texts_are_numbers(text: str, number: float) -> None:
    assert parse_iso(text, False) == number


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "25:00"])
def test_other_texts_are_none(text: str) -> None:
    assert parse_iso(text, False) is None


@pytest.mark.parametrize("text", ["2026-03-04", "2026-03-04 10:11:12", "30:00:00", "10:11:12"])
def test_the_forms_that_are_sent_are_known(text: str) -> None:
    assert serial_dates.MOMENT.fullmatch(text)
    assert not serial_dates.MOMENT.fullmatch(f"{text} x")
