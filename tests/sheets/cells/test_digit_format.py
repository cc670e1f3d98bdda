"""How digits are rendered: rounded as Excel does, with one minus, many at once as one by one."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.sheets.cells.number_format import NumberFormat


@pytest.mark.parametrize(
    ("value", "text"), [(2.675, "2.68"), (1.005, "1.01"), (9.995, "10.00"), (-2.675, "-2.68"), (0.125, "0.13")]
)
def test_halves_are_rounded_away_from_zero_and_it_is_said(value: float, text: str) -> None:
    assert NumberFormat("0.00").format_number(value) == (text, ("rounded",))


BEFORE = ("", "-", "(", "\\-", "-$", '"kr" -', '"-R$ "', "[Red]-", "▲ ", "_-[$€-407] -")
AFTER = {"(": ")", "-": " %", "": "-"}
CONDITIONS = (
    "{0};{1}",
    "[>=0]{0};{1}",
    "[>=0]{0};[<0]{1}",
    "[<0]{1};{0}",
    "{0};{1};{0}",
    "[>0]{0};[<0]{1};{0}",
    "{1}",
    "[>5]{0};{1}",
)


@given(
    st.sampled_from(BEFORE),
    st.sampled_from(CONDITIONS),
    st.sampled_from(["0.00", "#,##0.00", "General"]),
    st.integers(-(10**9), -1).map(lambda cents: cents / 100),
)
def test_a_negative_number_has_one_minus_whatever_a_section_draws(
    before: str, sections: str, digits: str, value: float
) -> None:
    code = sections.format(digits, f"{before}{digits}{AFTER.get(before, '')}")
    text = NumberFormat(code).format_number(value)[0]
    number = text.removesuffix(" %")
    assert number.startswith("-")
    assert Decimal(number) == Decimal(str(value)) * (100 if text != number else 1)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e14, max_value=1e14), st.integers(0, 6))
def test_fixed_decimals_are_decimal_rounding_of_15_digits(value: float, places: int) -> None:
    code = "#,##0" + ("." + "0" * places if places else "")
    exact = Decimal(f"{value:.15g}")
    expected = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text, said = NumberFormat(code).format_number(value)
    assert Decimal(text) == expected
    assert text.startswith("-") == (expected < 0)
    assert ("rounded" in said) == (expected != exact)


@pytest.mark.parametrize(
    ("code", "values", "texts"),
    [
        ("00000", ["7", "12345", "123456"], ["00007", "12345", "123456"]),
        ("#,##0.00", ["1.5", "1234.25", "683.6300000000001"], ["1.50", "1234.25", "683.63"]),
        ("General", ["5", "0.30000000000000004", "-2.5"], ["5", "0.3", "-2.5"]),
        ("yyyy-mm-dd hh:mm", ["45296.5", "45296.99999999999"], ["2024-01-05 12:00:00", "2024-01-06 00:00:00"]),
    ],
)
def test_common_numbers_need_no_look_at_each_of_them(code: str, values: list[str], texts: list[str]) -> None:
    many = NumberFormat(code).format_many
    assert many is not None
    assert many(values, ()) == texts


def test_what_is_settled_of_a_column_needs_no_look_either() -> None:
    many = NumberFormat("0.00").format_many
    assert many is not None
    assert many(["1.234", "1.235", "1.2351"], ()) == [None, None, None]
    assert many(["1.234", "1.235", "1.2351"], {"rounded"}) == ["1.23", None, "1.24"]
