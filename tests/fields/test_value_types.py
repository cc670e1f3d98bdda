"""What values of each kind look like."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.fields.value_types import VALUE_SHAPES, get_level
from cg_uploader.model.enums import FieldKind, Level

GOOD = {
    FieldKind.EMAIL: ["ann@example.com", "a.b+c@x-y.co.uk", "jörg@müller.de", "o'brien@x.org", "1@2.3"],
    FieldKind.PHONE: ["+49 (30) 12-34", "004930123", "123"],
    FieldKind.DATE: ["2024-02-29", "0001-01-01", "9999-12-31"],
    FieldKind.DATETIME: ["2024-02-29 23:59:59", "2024-01-05 00:00:00"],
    FieldKind.NUMBER: ["0", "-1", "12.50", "00123", "123456789012345678901234567890"],
    FieldKind.FLAG: ["Y", "N", "1", "0"],
}
BAD = {
    FieldKind.EMAIL: [
        *[
            "ann",
            "ann@",
            "@x.org",
            "ann@x",
            "a@b@x.org",
            "ann@x..org",
            "ann@.org",
            "ann@x.org.",
            "a@x.org;b@y.org",
            "ann@x.org,",
            "@",
        ],
        *["ann @x.org", " ann@x.org", "ann@x.org ", "Ann <ann@x.org>", "ann\xa0@x.org", "ann@x.\nde", "ann@x.o\u200brg"],
        "a\xad@x.org",
    ],
    FieldKind.PHONE: ["n/a", "12", "+", "030 12x", "4.91701E+11", "\u0661\u0662\u0663", "030\n123"],
    FieldKind.DATE: [
        *["2023-02-29", "2024-1-5", "20240105", "05.01.2024", "01/05/2024", "2024-W01-1", "2024-13-01", "٢024-01-05", "45296"],
        "2024-01-05 00:00:00",
    ],
    FieldKind.DATETIME: [
        "2024-01-05",
        "2024-01-05T10:00:00",
        "2024-01-05 10:00",
        "2024-01-05 24:00:00",
        "2024-01-05 10+00:00",
        "2024-02-30 10:00:00",
        "2024-01-05 10:00:00+0530",
    ],
    FieldKind.NUMBER: ["1,5", "12.5%", "1E+300", ".5", "5.", "+5", "€5", "1 000", "--1", "\u0665", "nan", "1_000"],
    FieldKind.FLAG: ["TRUE", "yes", "y", "x", "2"],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in GOOD.items() for value in values])
def test_values_that_fit(kind: FieldKind, value: str) -> None:
    assert VALUE_SHAPES[kind].fits(value)


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in BAD.items() for value in values])
def test_values_that_do_not_fit(kind: FieldKind, value: str) -> None:
    assert not VALUE_SHAPES[kind].fits(value)
    assert get_level(kind, value) is Level.ERROR


@pytest.mark.parametrize("value", ["030/123", "030.12.34"])
def test_a_phone_number_with_other_punctuation_is_a_warning(value: str) -> None:
    assert not VALUE_SHAPES[FieldKind.PHONE].fits(value)
    assert get_level(FieldKind.PHONE, value) is Level.WARNING


@given(st.dates(), st.datetimes())
def test_every_date_and_time_fits(day: date, moment: datetime) -> None:
    assert VALUE_SHAPES[FieldKind.DATE].fits(day.isoformat())
    assert VALUE_SHAPES[FieldKind.DATETIME].fits(moment.replace(microsecond=0).isoformat(" "))


@given(st.text(max_size=30))
def test_any_text_gets_an_answer(value: str) -> None:
    for shape in VALUE_SHAPES.values():
        if shape.fits(value):
            assert value.isprintable()
            assert value == value.strip() or shape is VALUE_SHAPES[FieldKind.PHONE]
