"""One row on the wire, as text and as a fingerprint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cg_uploader.model.request import Request

REQUEST = Request(7, "http://x/records/", "contact", (("Email", "ann@example.com"), ("First Name", "Ann & Bo")))


def test_everything_but_letters_is_percent_encoded_and_order_is_kept() -> None:
    assert (
        REQUEST.query() == "configuration=contact&record%5BEmail%5D=ann%40example.com&record%5BFirst%20Name%5D=Ann%20%26%20Bo"
    )
    assert Request(2, "x", "a b", (("é", ""),)).query() == "configuration=a%20b&record%5B%C3%A9%5D="


def test_half_a_character_cannot_be_sent() -> None:
    with pytest.raises(UnicodeEncodeError):
        Request(2, "x", "contact", (("A", "\ud800"),)).query()


def test_the_row_number_is_no_part_of_what_is_sent() -> None:
    assert replace(REQUEST, row=8).fingerprint == REQUEST.fingerprint


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, records="http://y/records/"),
        replace(REQUEST, reference="survey"),
        replace(REQUEST, pairs=REQUEST.pairs[::-1]),
        replace(REQUEST, pairs=REQUEST.pairs[:1]),
        replace(REQUEST, pairs=(("Email", "ann@example.com"), ("First Name", "Ann  & Bo"))),
    ],
)
def test_anything_else_makes_another_fingerprint(other: Request) -> None:
    assert other.fingerprint != REQUEST.fingerprint
    assert len(other.fingerprint) == 16
