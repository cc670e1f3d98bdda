from __future__ import annotations

import pytest

from cg_uploader.sheets.cells.number_format import NumberFormat

LAKH = "[>=10000000]##\\,##\\,##\\,##0.00;[>=100000]##\\,##\\,##0.00;##,##0.00"
MARKS = [",", ".", "'", "’", "‘", "`", "´", "·", "٬", " ", "\xa0", "\u2009", "\u202f"]


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("written", [r"\{}", '"{}"'])
@pytest.mark.parametrize("groups", ["#{}##0", "#{0}###{0}##0", "###{0}###{0}###", "?{0}???{0}??0", "#{}000"])
def test_marks_of_thousands_that_are_spelled_out_go(mark: str, written: str, groups: str) -> None:
    code = groups.format(written.format(mark))
    assert NumberFormat(code).format_number(1234567)[0] == "1234567"
    assert NumberFormat(f"{code}.00;-{code}.00").format_number(-1234.5)[0] == "-1234.50"


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        (LAKH, 12345678.5, "12345678.50"),
        (LAKH, 234567, "234567.00"),
        (LAKH, 999, "999.00"),
        ('[>9999999]##","##","##","##0;[>99999]##","##","##0;##,##0', 123456789, "123456789"),
        ("[<=-10000000]-##\\,##\\,##\\,##0;[<=-100000]-##\\,##\\,##0;##,##0", -234567, "-234567"),
        ("#\\,##,##0", 234567, "234567"),
        # no zero can be drawn in front, because smaller numbers have another section
        ('[>=1000000]0" "000" "000;[>=1000]0" "000;0', 1234567, "1234567"),
        ('[<1000]0;[<1000000]0" "000;0" "000" "000', 1234567, "1234567"),
        # the number of a thing
        ("000-00-0000", 123456789, "123-45-6789"),
        ('0000" "0000" "0000', 123456789012, "1234 5678 9012"),
        ('####" "####" "####', 123456789012, "1234 5678 9012"),
        ("00\\ 00\\ 00\\ 00\\ 00", 612345678, "06 12 34 56 78"),
        ("##\\ ##\\ ##\\ ##", 12345678, "12 34 56 78"),
        ("###\\ ##\\ ###", 41234567, "412 34 567"),
        ("000\\.000\\.000\\-00", 12345678901, "123.456.789-01"),
        ("000\\.000", 123456, "123.456"),
        ('000" "000', 5, "000 005"),
        ("0\\.0", 12, "1.2"),
        ("##\\.###\\,00", 123456, "1.234,56"),
        ("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", 2125551234, "(212) 555-1234"),
        ("#\\_##0", 1234, "1_234"),
    ],
)
def test_a_mark_of_thousands_is_told_from_the_marks_in_the_number_of_a_thing(code: str, value: float, text: str) -> None:
    assert NumberFormat(code).format_number(value)[0] == text


SIGNS = (
    "R KM FCFA DH US$ $US GH₵ Rs. Kč zł lei Ft kr. CHF S/. B/. Bs. RD$ NT$ HK$ R$ C$ J$ TT$ Rp ₫ đ ฿ Nu. Br Ksh KSh TSh USh Kz "
    "дин. ден. лв. р. руб. грн сом сўм сум ман. դր. Lek ₾ Lari د.إ.\u200f ر.س.\u200f ج.م.\u200f د.م.\u200f रु ৳ soʻm MTn RM EUR"
)


@pytest.mark.parametrize("sign", [*SIGNS.split(), "US $", "F CFA", "F\u202fCFA", "$ US", "USD $"])
def test_a_currency_of_letters_goes_wherever_it_stands(sign: str) -> None:
    for code in ('"{}"#,##0.00', '"{}"\\ #,##0.00', '#,##0.00\\ "{}"', "#,##0.00\xa0[${}]", "[${}-409]\\ #,##0.00"):
        assert NumberFormat(code.format(sign)).format_number(1234.5)[0] == "1234.50", code
    accounting = f'_-"{sign}"* #,##0.00_-;\\-"{sign}"* #,##0.00_-;_-"{sign}"* "-"??_-;_-@_-'
    assert [NumberFormat(accounting).format_number(n)[0] for n in (5, -5, 0)] == ["5.00", "-5.00", "0"]


@pytest.mark.parametrize("sign", ["Q", "L", "K", "P", "G", "D", "E", "M", "T$"])
def test_a_letter_is_a_currency_only_before_what_looks_like_money(sign: str) -> None:
    assert NumberFormat(f'"{sign}"#,##0').format_number(1234)[0] == "1234"
    assert NumberFormat(f'"{sign} "0.00').format_number(5)[0] == "5.00"
    for code, text in (('"{}"0', "5"), ('"{}"00000', "00005"), ('"{}-"0.00', "5.00")):
        shown = NumberFormat(code.format(sign)).format_number(5)[0]
        assert shown.startswith(sign[0])
        assert shown.endswith(text)
    assert NumberFormat(f'#,##0 "{sign}"').format_number(1234)[0] == f"1234 {sign[0]}"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ('0 "KM"', "5 KM"),
        ('"ID" 0', "ID 5"),
        ('"TOP "0', "TOP 5"),
        ('0 "kn"', "5 kn"),
        ('"KM"0000', "KM0005"),
        ('"PHP"00000', "PHP00005"),
        ('#,##0 "km"', "5 km"),
        ('#,##0 "MT"', "5 MT"),
        ('0.0 "K"', "5.0 K"),
        ('0" EUR/m"', "5 EUR/m"),
        ('"Rest "0', "Rest 5"),
    ],
)
def test_units_words_and_letters_of_numbered_things_stay(code: str, text: str) -> None:
    assert NumberFormat(code).format_number(5)[0] == text


@pytest.mark.parametrize("sign", ["EUR", "CHF", "KM", "DH", "Rs.", "US$", "kr.", "B/.", "AED", "Kshs"])
def test_the_letters_of_a_bare_currency_are_not_those_of_a_date(sign: str) -> None:
    assert NumberFormat(f"{sign} #,##0.00").format_number(45296.5)[0] == "45296.50"
    assert NumberFormat(f"#,##0.00 {sign}").format_number(45296.5)[0] == "45296.50"
    assert NumberFormat("dd.mm.yyyy hh:mm").format_number(45296.5)[0] == "2024-01-05 12:00:00"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("0;-0;0;General", "Ng"),
        ("General;-General;General;General", "Ng"),
        ("0;-0;0;[Blue]General", "Ng"),
        ("0;-0;0;_(General_)", "Ng"),
        ('0;-0;0;"Dr. "General', "Dr. Ng"),
        ('0;-0;0;General" x"', "Ng x"),
        ("0;-0;0;[Red]", "Ng"),
        ("0;-0;0;0", "Ng"),
        ("0;-0;0;yyyy", "Ng"),
        ("[Red]@", "Ng"),
        ("0;@", "Ng"),
        ('0;-0;0;"fixed"', "fixed"),
        ("0;-0;0;", ""),
    ],
)
def test_what_a_section_draws_for_a_text(code: str, text: str) -> None:
    assert NumberFormat(code).format_text("Ng")[0] == text
