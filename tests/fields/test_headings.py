"""Headings: which can travel, how they differ, how they are shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.fields.headings import check_heading, describe_difference, make_skeleton, normalize, quote, show_invisible


@pytest.mark.parametrize(
    "heading", ["", " ", "\u200b", "Amount [EUR]", "]", "a]b", "Na\x00me", "Tab\there", "Two\nlines", "\ud800x", "\x85"]
)
def test_headings_that_cannot_arrive_are_errors(heading: str) -> None:
    errors, warnings = check_heading(heading)
    assert errors
    assert not warnings


@pytest.mark.parametrize(
    "heading", ["a[b", "A+B", "R&D", "a=b", "50%", " Email", "Email ", "Cafe\u0301", "Account\xa0Name", "E\u200bmail"]
)
def test_risky_headings_are_warnings(heading: str) -> None:
    errors, warnings = check_heading(heading)
    assert not errors
    assert len(warnings) == 1


@pytest.mark.parametrize("heading", ["Email", "Account Name", "Acct. Name", "Größe", "007", "#1", "naïve", "名前", "“quoted”"])
def test_ordinary_headings_are_fine(heading: str) -> None:
    assert check_heading(heading) == ((), ())


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Email", "Email"),
        ("Account Name", "Account Name"),
        ("Email ", "Email·"),
        (" Email", "·Email"),
        ("Account  Name", "Account··Name"),
        ("Account\xa0Name", "Account‹no-break space›Name"),
        ("E\u200bmail", "E‹zero width space›mail"),
        ("a\tb", "a‹tab›b"),
        ("a\nb", "a‹line break›b"),
        ("a\x00b", "a‹U+0000›b"),
        ("\ud800", "‹U+D800›"),
        ("\u202eabc", "‹right-to-left override›abc"),
        ("", ""),
    ],
)
def test_the_unseen_is_shown(text: str, seen: str) -> None:
    assert show_invisible(text) == seen


@given(st.text())
def test_what_is_shown_can_be_seen(text: str) -> None:
    assert show_invisible(text).isprintable()
    assert len(quote(text)) <= 300


def test_long_values_are_shortened() -> None:
    assert quote("x" * 60) == f"“{'x' * 60}”"
    assert quote("x" * 61) == f"“{'x' * 60}…”"


@pytest.mark.parametrize(
    ("heading", "other", "words"),
    [
        ("Email", "Email", None),
        ("Email", "Email ", "a space at the end"),
        ("Email", " Email", "a space at the beginning"),
        ("Email", "EMAIL", "capitals differ"),
        ("Email", "E-mail", "spaces, “_” or “-” differ"),
        ("Account Name", "account_name", "spaces, “_” or “-” differ, capitals differ"),
        ("Account Name", "Account\xa0Name", "an invisible character or a special space"),
        ("Email", "E\u200bmail", "an invisible character or a special space"),
        ("Email", "Em\u0430il", "looks the same but the letter “\u0430” is Cyrillic"),
        ("Email", "\u0395mail", "looks the same but the letter “\u0395” is Greek"),
        ("Café", "Cafe\u0301", "looks the same but writes its accents in another form"),
        ("Email", "Telephone", "the letters differ"),
    ],
)
def test_differences_are_named(heading: str, other: str, words: str | None) -> None:
    assert describe_difference(heading, other) == words


@given(st.text(max_size=12), st.text(max_size=12))
def test_every_difference_has_words(one: str, other: str) -> None:
    assert (describe_difference(one, other) is None) == (one == other)


@given(st.text(alphabet="Email -_\u200b\u2060\xa0", max_size=12))
def test_loose_ignores_what_automatic_matching_ignores(text: str) -> None:
    assert normalize(text) == normalize(text.upper())
    assert normalize(f" _-\u200b{text}\xad") == normalize(text)


def test_unicode_forms_and_scripts_are_not_loosely_equal() -> None:
    assert normalize("Café") != normalize(unicodedata.normalize("NFD", "Café"))
    assert normalize("Email") != normalize("Em\u0430il")
    assert make_skeleton("Email") == make_skeleton("Em\u0430il")
    assert make_skeleton("Café") == make_skeleton(unicodedata.normalize("NFD", "Café"))
