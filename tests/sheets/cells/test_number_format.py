from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cg_uploader.sheets.cells.builtin_formats import get_built_in_code
from cg_uploader.sheets.cells.clean_text import format_general
from cg_uploader.sheets.cells.number_format import NumberFormat

ACCOUNTING = '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)'

SHOWN = [
    # zip codes, phones, keys: what a format adds is kept
    ("00000", 123, "00123"),
    ("00000;@", 1067, "01067"),
    ("[$-407]00000", 1067, "01067"),
    ("00000-0000", 123456789, "12345-6789"),
    ("[<=99999]00000;00000-0000", 21345678, "02134-5678"),
    ('"ACC-"00000', 42, "ACC-00042"),
    ("\\N\\o\\.\\ 0", 5, "No. 5"),
    ("[<=9999999]###-####;(###) ###-####", 2125551234, "(212) 555-1234"),
    ('"+"0', 491701234567, "+491701234567"),
    ("00\\ 00\\ 00\\ 00\\ 00", 612345678, "06 12 34 56 78"),
    ('0 "kg"', 12, "12 kg"),
    ("000-00-0000", 123456789, "123-45-6789"),
    # thousands marks, currency, padding go
    ("#,##0.00", 1234.5, "1234.50"),
    ("# ##0", 1234567, "1234567"),
    ("#'##0", 1234567, "1234567"),
    ("$#,##0.00", 7, "7.00"),
    ("[$€-2] #,##0", 99, "99"),
    ('#,##0.00 "EUR"', 12.5, "12.50"),
    ('#,##0 "kr"', 250, "250"),
    ("\\€0.00", 5, "5.00"),
    ("0_)", 5, "5"),
    ('0 "Q"', 7, "7 Q"),
    (ACCOUNTING, 1234.5, "1234.50"),
    (ACCOUNTING, -1234.5, "-1234.50"),
    (ACCOUNTING, 0, "0"),
    # a zero of a format that only colours is drawn as General
    ("[Red]", 5, "5"),
    ("0;[Red]", -5, "-5"),
    # decimals
    ("0.", 5, "5"),
    (".0", 0.5, "0.5"),
    (".00", 12.5, "12.50"),
    (".0%", -1.5, "-150.0%"),
    ("#.##", 0.5, "0.5"),
    ("#.##", 0, "0"),
    ("0.0#", 1.25, "1.25"),
    ("0.##", 5, "5"),
    ("0.0##", 1.5, "1.5"),
    # negative numbers
    ("#,##0;(#,##0)", -1234, "-1234"),
    ("0.00;[Red]0.00", -5, "-5.00"),
    ("0.00_);[Red](0.00)", -5, "-5.00"),
    ("0;-0", -5, "-5"),
    ("0;0-", -5, "-5"),
    ("00000", -42, "-00042"),
    ("0.00", -0.001, "0.00"),
    ("0;-0", -0.4, "0"),
    ('0;"minus"', -5, "minus"),
    ("General;-General", -5.5, "-5.5"),
    ("General;(General)", -5.5, "-5.5"),
    ('#,##0;"▲ "#,##0', -1234, "-1234"),
    ('0;"ACC-"0', -5, "-ACC-5"),
    # a dash that is no sign, also behind letters that are a currency elsewhere
    ('"RM-"00000', 42, "RM-00042"),
    ('"DM-"0000;"DM-"0000', 42, "DM-0042"),
    ('[<1000]"RM-"000;"RM-"0000', 1500, "RM-1500"),
    ('"RM-"000;"RM-"000;"RM-"000', 0, "RM-000"),
    ('0;-0;"CHF"* "-"??', 0, "0"),
    ('"RM-"00000', -42, "-RM-00042"),
    ('"EUR - "0.00', 42, "EUR - 42.00"),
    ('"EUR - "0.00', -42, "-EUR - 42.00"),
    ('0"-EUR"', 42, "42-EUR"),
    ('"2024-"000', -5, "-2024-005"),
    ('0"-A"', -5, "-5-A"),
    ('0" - late"', -5, "-5 - late"),
    ('"₹"#,##0"/-"', -500, "-500/-"),
    ('0.00" (EUR)"', 5, "5.00"),
    ('"(US$) "0', -5, "-5"),
    # currency beside a sign, as Excel writes it in Norway, Brazil, Switzerland and Japan
    ('"kr"\\ #,##0.00;"kr"\\ \\-#,##0.00', -5, "-5.00"),
    ('_-* #,##0\\ "kr"_-;\\-* #,##0\\ "kr"_-;_-* "-"\\ "kr"_-;_-@_-', 0, "0"),
    ('_-"R$"\\ * #,##0.00_-;\\-"R$"\\ * #,##0.00_-;_-"R$"\\ * "-"??_-;_-@_-', -5, "-5.00"),
    ('_-"R$"\\ * #,##0.00_-;\\-"R$"\\ * #,##0.00_-;_-"R$"\\ * "-"??_-;_-@_-', 0, "0"),
    ('"CHF" #,##0.00;"CHF"-#,##0.00', -5, "-5.00"),
    ('"US$"#,##0.00', 1234.5, "1234.50"),
    ('#,##0"円"', 1234, "1234"),
    ('0 "T€"', 5, "5 T"),
    ('_ "CHF"\\ * #,##0.00_ ;_ "CHF"\\ * \\-#,##0.00_ ;_ "CHF"\\ * "-"??_ ;_ @_ ', -5, "-5.00"),
    ('_ "CHF"\\ * #,##0.00_ ;_ "CHF"\\ * \\-#,##0.00_ ;_ "CHF"\\ * "-"??_ ;_ @_ ', 0, "0"),
    ('_-"ر.س."\\ * #,##0.00_-;_-"ر.س."\\ * #,##0.00\\-;_-"ر.س."\\ * "-"??_-;_-@_-', -5, "-5.00"),
    ("0.00;–0.00", -5, "-5.00"),
    ("[$€-2]\\ #,##0.00_);\\([$€-2]\\ #,##0.00\\)", -5, "-5.00"),
    # percent
    ("0.0%", 0.125, "12.5%"),
    ("0 %", 0.07, "7 %"),
    ("0%", 0.28999999999999998, "29%"),
    ("0%", -0.05, "-5%"),
    # hidden, literal
    (";;;", 5, ""),
    ("0;-0;;@", 0, ""),
    ("#", 0, ""),
    ("", 5, "5"),
    ('[=1]"Yes";[=0]"No"', 1, "Yes"),
    ('0;0;"n/a"', 0, "n/a"),
    ('General" m"', 7, "7 m"),
    # what shows less than the number
    ("0.00E+00", 491701234567, "491701234567"),
    ("# ?/?", 0.5, "0.5"),
    ("0,", 5000, "5000"),
    ('0.0,,"M"', 1e7, "10000000"),
    # dates
    ("yyyy-mm-dd", 45296.75, "2024-01-05"),
    ("[$-411]ge.m.d;@", 45296, "2024-01-05"),
    ('yyyy"年"m"月"d"日"', 45296, "2024-01-05"),
    ('d/m/yyyy hh"h"mm', 45296.604166666664, "2024-01-05 14:30:00"),
    ("h:mm AM/PM", 0.75, "18:00:00"),
    ("h AM/PM:mm", 0.75, "18:00:00"),
    ("mm:ss.0", 0.0105, "00:15:07"),
    ("[h]:mm", 1.5, "36:00:00"),
    ("[mm]:ss", 1.5, "36:00:00"),
    ("h:mm", 1.5, "12:00:00"),
    ("hh:mm:ss", 0.999999, "00:00:00"),
    ("yyyy-mm-dd hh:mm", 45296.99999999, "2024-01-06 00:00:00"),
    ("yyyy-mm-dd", 45295.99999999999, "2024-01-05"),
    ("yyyy-mm-dd", 1, "1900-01-01"),
    ("yyyy-mm-dd", 59, "1900-02-28"),
    ("yyyy-mm-dd", 61, "1900-03-01"),
    ("yyyy-mm-dd", 2958465, "9999-12-31"),
    ("[<1]h:mm:ss;yyyy-mm-dd", 0.75, "18:00:00"),
    ("[<1]h:mm:ss;yyyy-mm-dd", 45296, "2024-01-05"),
    # letters that make no date
    ("[Red]0", 5, "5"),
    ('0 "days"', 5, "5 days"),
    ("0\\d", 5, "5d"),
    ("0_d", 9, "9"),
    ("[White]General", 5, "5"),
    ('"y"0;"d"0', 5, "y5"),
]


@pytest.mark.parametrize(("code", "value", "text"), SHOWN, ids=str)
def test_a_number_is_sent_as_shown(code: str, value: float, text: str) -> None:
    assert NumberFormat(code).format_number(value)[0] == text


@pytest.mark.parametrize(
    ("code", "value", "kind"),
    [
        ("0.0%", 0.125, "percent"),
        ("mmm yy", 45296, "partial-date"),
        ("dddd", 45296, "partial-date"),
        ("0.00E+00", 5, "stored-value"),
        (";;;", 5, "hidden-by-format"),
        ("yyyy-mm-dd", 0, "no-such-date"),
        ("yyyy-mm-dd", 60, "no-such-date"),
        ("yyyy-mm-dd", -1, "no-such-date"),
        ("yyyy-mm-dd", 2958466, "no-such-date"),
        ("h:mm", -0.5, "no-such-date"),
        ("[h]:mm", -0.5, "no-such-date"),
        ("General", 1e15, "digits-lost"),
        ("0", 4111111111111111, "digits-lost"),
        ("#,##0.00", -(10**15), "digits-lost"),
    ],
)
def test_what_the_text_does_not_show_is_said(code: str, value: float, kind: str) -> None:
    assert kind in NumberFormat(code).format_number(value)[1]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (14, "2024-01-05"),
        (31, "2024-01-05"),
        (57, "2024-01-05"),
        (22, "2024-01-05 00:00:00"),
        (1, "45296"),
        (49, "45296"),
        (23, "45296"),
    ],
)
def test_formats_without_a_code_are_known_by_their_id(number: int, text: str) -> None:
    assert NumberFormat(get_built_in_code(number)).format_number(45296)[0] == text


def test_the_1904_system_counts_from_another_day() -> None:
    assert [NumberFormat("yyyy-mm-dd", date1904=True).format_number(n)[0] for n in (0, 60, 43834)] == [
        "1904-01-01",
        "1904-03-01",
        "2024-01-05",
    ]


def test_text_sections() -> None:
    assert NumberFormat('"Dr. "@').format_text("Ng") == ("Dr. Ng", ())
    assert NumberFormat(";;;").format_text("Ng") == ("", ("hidden-by-format",))
    assert NumberFormat("0;-0;;@").format_text("Ng") == ("Ng", ())
    assert NumberFormat("00000").format_text("Ng") == ("Ng", ())


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_general_keeps_15_digits(value: float) -> None:
    text, _ = format_general(value)
    assert float(f"{float(text):.15g}") == float(f"{value:.15g}")
    if 1e-15 <= abs(value) < 1e21 or value == 0:
        assert "E" not in text
        assert not text.endswith(".")
    assert text != "-0"


@given(st.integers(-(2**53), 2**53))
def test_whole_numbers_keep_every_digit(value: int) -> None:
    assert format_general(float(value))[0] == str(value)


@given(
    st.text(alphabet='0#?.,%;@"\\_*[]<>=-()/ EeyYmMdDhHsSgGbBaAPpMl1$€', max_size=24),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_no_format_code_can_break_the_reader(code: str, value: float) -> None:
    form = NumberFormat(code)
    assert isinstance(form.format_number(value)[0], str)
    assert isinstance(form.format_text("x")[0], str)


NUMBERS = (
    st.floats(allow_nan=True, allow_infinity=True)
    | st.floats(-1e6, 1e6)
    | st.integers(-(10**17), 10**17).map(float)
    | st.decimals(-100_000, 10**12, places=3).map(float)
    | st.floats(0, 3_000_000).map(lambda day: round(day * 86_400) / 86_400)
)
CODES = [
    *("General", "0", "00000", "#,##0", "0.00", "#,##0.00", "#,##0.00;[Red]-#,##0.00", '0.000;"-"0.000;"none"', "0.0%"),
    *("[>=100]0;0.0", "[<100]0;0.0", "[>-5]0;0.0", "yyyy-mm-dd hh:mm", "mmm hh:mm", "[>0]General;0.00", "0.00000000000000"),
    *("[>=0]0.00;-0.00", "0.00;(0.00)", "0.00;0.00-", "-0.00", '"R$" 0.00;-"R$" 0.00', ".00"),
]


@given(st.lists(NUMBERS), st.sampled_from(CODES), st.sampled_from([repr, "{:.15g}".format, float]), st.booleans())
@example([2.675, 0.125, 1234567890123.455, 99999999999999.99], "0.00", repr, False)
@example([0.0, -0.0, 1e-5, 0.0001, 1e15, 1e300], "0.00", repr, False)
@example([1.0, 5.0, 123.0], "00000", str, False)
@example([59.9, 60.0, 61.0, 45_000.999999, 2_958_465.5], "yyyy-mm-dd hh:mm", repr, True)
def test_many_numbers_are_shown_as_each_of_them(
    numbers: list[float], code: str, stored: Callable[[float], object], date1904: bool
) -> None:
    form = NumberFormat(code, date1904)
    if form.format_many is None or not numbers:
        return
    values = [stored(number) for number in numbers]
    for settled in ((), ("rounded", "partial-date")):
        for value, text in zip(values, form.format_many(values, settled), strict=True):
            assert text is None or (text, []) == (
                form.format_number(float(str(value)))[0],
                [kind for kind in form.format_number(float(str(value)))[1] if kind not in settled],
            )
