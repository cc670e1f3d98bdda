"""Which words of a number format are currencies."""

from __future__ import annotations

import re

import pytest

from cg_uploader.sheets.cells.currency import UNQUOTED_SIGN, is_currency


@pytest.mark.parametrize(
    "text", ["€", "$", "US$", "EUR", "kr", "Kč", "zł", "CHF", "FCFA", "₹", "R$", " kr. ", "\u200f€", "د.إ.\u200f"]
)
def test_signs_and_codes_are_currencies_wherever_they_stand(text: str) -> None:
    for like_money in (True, False):
        for before in (True, False):
            assert is_currency(text, like_money=like_money, before=before)


@pytest.mark.parametrize("text", ["km", "kg", "pcs", "°C", "%", "", "  ", "Row", "EURO zone"])
def test_units_and_words_are_none(text: str) -> None:
    assert not is_currency(text, like_money=True, before=True)


@pytest.mark.parametrize("text", ["KM", "R", "F", "ID"])
def test_letters_that_are_units_too_are_currencies_of_what_looks_like_money(text: str) -> None:
    assert is_currency(text, like_money=True, before=False)
    assert not is_currency(text, like_money=False, before=True)


@pytest.mark.parametrize("text", ["L", "K", "M", "Q"])
def test_single_letters_behind_the_digits_are_units(text: str) -> None:
    assert is_currency(text, like_money=True, before=True)
    assert not is_currency(text, like_money=True, before=False)


@pytest.mark.parametrize(("code", "sign"), [("#,##0 kr", "kr"), ("#,##0.00 CHF", "CHF"), ("FCFA 0", "FCFA")])
def test_bare_signs_are_found_in_a_format(code: str, sign: str) -> None:
    found = re.search(UNQUOTED_SIGN, code)
    assert found is not None
    assert found[0] == sign


@pytest.mark.parametrize("code", ["yyyy-mm-dd", "krone", "hh:mm:ss", "0.00"])
def test_no_part_of_a_word_or_a_date_is_a_sign(code: str) -> None:
    assert re.search(UNQUOTED_SIGN, code) is None
