"""What single cells of a workbook become: for each, what the file holds, the text expected, and the notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from casefiles import Expected, found_in, number, row, sheet, text, workbook


@dataclass(frozen=True)
class Cell:
    """A cell as the file holds it, and what is expected; ``code`` is its number format."""

    xml: str
    sent: str
    kinds: Sequence[str] = ()
    code: str | int = "General"
    properties: str = ""
    calculation: str = ""


def n(stored: object, code: str | int, sent: str, *kinds: str) -> Cell:
    return Cell(number(stored, 1), sent, kinds, code)


def general(stored: object, sent: str, *kinds: str) -> Cell:
    return n(stored, "General", sent, *kinds)


def t(stored: str, sent: str, *kinds: str) -> Cell:
    return Cell(text(stored), sent, kinds)


def typed(kind: str, inside: str, sent: str, *kinds: str, code: str | int = "General") -> Cell:
    return Cell(f'<c t="{kind}" s="1">{inside}</c>', sent, kinds, code)


def rich(inside: str, sent: str) -> Cell:
    return Cell(f'<c t="inlineStr"><is>{inside}</is></c>', sent)


DATE, TIME, MOMENT = "yyyy-mm-dd", "hh:mm", "yyyy-mm-dd hh:mm"
NINE, LARGE = "digits-lost", 10**15

CASES: dict[str, dict[str, Cell]] = {
    "text cells are sent as they are": {
        "leading zeros": t("00123", "00123"),
        "a card number": t("4111111111111111", "4111111111111111"),
        "a formula result that is text": typed("str", "<v>2024-01-05</v>", "2024-01-05"),
        "what looks like an exponent": t("1E5", "1E5"),
        "what looks like a formula": t("=1+1", "=1+1"),
        "an apostrophe inside": t("'quoted'", "'quoted'"),
    },
    "words that mean nothing elsewhere are text": {
        word: t(word, word) for word in ("NA", "N/A", "null", "None", "nan", "TRUE", "-")
    },
    "ends are trimmed and nothing inside changes": {
        "no-break and wide blanks": t("\xa0\u3000 Ann \u3000\xa0", "Ann"),
        "zero width space, word joiner, mark": t("\u200bAnn\u2060\ufeff", "Ann"),
        "two blanks inside": t("Ann  Lee", "Ann  Lee"),
        "a no-break space inside": t("Ann\xa0Lee", "Ann\xa0Lee", "invisible-characters"),
        "a direction mark inside": t("A\u200eB", "A\u200eB", "invisible-characters"),
        "only blanks": t(" \t\xa0 ", ""),
    },
    "escapes are decoded and control characters taken out": {
        "an escaped line end": t("a_x000D__x000a_b", "a\nb"),
        "an escaped underscore": t("_x005F_x0041_", "_x0041_"),
        "three digits are no escape": t("_x041_", "_x041_"),
        "an escaped bell": t("a_x0007_b", "ab", "control-characters"),
        "a tab stays": t("a\tb", "a\tb"),
        "half a pair": t("a_xD83D_b", "ab", "control-characters"),
        "both halves of a pair": t("_xD83D__xDE00_", "😀"),
    },
    "runs are joined and readings left out": {
        "blanks between runs": rich('<r><t xml:space="preserve">Ann </t></r><r><t>Lee</t></r>', "Ann Lee"),
        "a phonetic run": rich('<t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh>', "東京"),
        "a comment and CDATA": rich("<t>A<!-- no --><![CDATA[<B>]]></t>", "A<B>"),
    },
    "whole numbers have plain digits": {
        "no point": general("5.0", "5"),
        "no minus before zero": general("-0", "0"),
        "an exponent in the file": general("1.2E3", "1200"),
    },
    "fractions have fifteen digits and no noise": {
        "three tenths": general("0.30000000000000004", "0.3"),
        "small": general("1.234E-5", "0.00001234"),
        "fifteen digits": general("1.2345678901234567", "1.23456789012346"),
    },
    "long numbers keep their digits": {
        "a phone number": general("491701234567", "491701234567"),
        "fifteen digits": general("123456789012345", "123456789012345"),
        "sixteen digits": general("1234567890123456", "1234567890123456", NINE),
        "beyond what a number holds": general("12345678901234567890", "12345678901234600000", NINE),
        "very large": general("1e300", "1E+300", NINE),
        "very small": general("1e-20", "1E-20"),
    },
    "a number format is applied, without marks and signs": {
        "thousands": n("1234.5", "#,##0.00", "1234.50"),
        "leading zeros": n("123", "00000", "00123"),
        "literal text": n("42", '"ACC-"00000', "ACC-00042"),
        "a unit": n("12", '0 "kg"', "12 kg"),
        "a currency in brackets": n("1234.5", "[$€-407] #,##0.00", "1234.50"),
        "a currency's letters": n("12", '0.00 "EUR"', "12.00"),
        "a lone point": n("5", "0.", "5"),
        "no zero before the point": n("0.5", ".0", "0.5"),
        "a condition": n("150", '[>100]"high";0', "high"),
    },
    "negative numbers have a minus in front": {
        "brackets": n("-1234", "#,##0.00;(#,##0.00)", "-1234.00"),
        "red without minus": n("-5", "0.00;[Red]0.00", "-5.00"),
        "rounds to zero": n("-0.001", "0.00", "0.00", "rounded"),
        "zero drawn as a dash": n("0", '_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-', "0"),
    },
    "rounding is as shown, half away from zero": {
        "2.675": n("2.675", "0.00", "2.68", "rounded"),
        "1.005": n("1.005", "0.00", "1.01", "rounded"),
        "9.995": n("9.995", "0.00", "10.00", "rounded"),
        "-2.5": n("-2.5", "0", "-3", "rounded"),
    },
    "formats that show less than the number send the number": {
        "scientific": n("123456", "0.00E+00", "123456", "stored-value"),
        "a fraction": n("0.5", "# ?/?", "0.5", "stored-value"),
        "thousands left out": n("1234567", "0,", "1234567", "stored-value"),
        "millions": n("1500000", '0.0,,"M"', "1500000", "stored-value"),
    },
    "percentages are sent as shown": {
        "one place": n("0.125", "0.0%", "12.5%", "percent"),
        "rounded": n("0.1256", "0%", "13%", "percent", "rounded"),
    },
    "what a format hides is blank": {
        "everything": n("5", ";;;", "", "hidden-by-format"),
        "zero": n("0", "0;-0;;@", ""),
        "a text section": Cell('<c t="inlineStr" s="1"><is><t>Ng</t></is></c>', "Dr. Ng", (), '0;0;0;"Dr. "@'),
    },
    "the format decides what is a date": {
        "red is a colour": n("45296", "[Red]0", "45296"),
        "days in quotes": n("7", '0 "days"', "7 days"),
        "a literal d": n("7", "0\\d", "7d"),
        "a locale alone": n("45296", "[$-409]0", "45296"),
        "years": n("45296", "yyyy;@", "2024-01-05", "partial-date"),
        "a long date": n("45296", "[$-F800]dddd, mmmm dd, yyyy", "2024-01-05"),
        "a built-in date": n("45296", 14, "2024-01-05"),
        "a built-in time": n("0.5", 20, "12:00:00"),
        "a Chinese date": n("45296", 31, "2024-01-05"),
        "a Chinese time": n("0.5", 32, "12:00:00"),
    },
    "dates are written year first, times to the second": {
        "a day": n("45296", "d.m.yy", "2024-01-05"),
        "a day and time": n("45296.5", "d.m.yy h:mm", "2024-01-05 12:00:00"),
        "a time": n("0.75", "h:mm AM/PM", "18:00:00"),
        "a month": n("45296", "mmm yy", "2024-01-05", "partial-date"),
        "a typed date": typed("d", "<v>2024-01-05T10:30:00</v>", "2024-01-05 10:30:00"),
        "a typed day": typed("d", "<v>2024-01-05</v>", "2024-01-05"),
    },
    "days are counted as in Excel": {
        "1": n("1", DATE, "1900-01-01"),
        "59": n("59", DATE, "1900-02-28"),
        "60": n("60", DATE, "", "no-such-date"),
        "61": n("61", DATE, "1900-03-01"),
        "0": n("0", DATE, "", "no-such-date"),
        "-1": n("-1", DATE, "", "no-such-date"),
        "the last day": n("2958465", DATE, "9999-12-31"),
        "a day later": n("2958466", DATE, "", "no-such-date"),
        "from 1904 on": Cell(number(0, 1), "1904-01-01", ("date-system",), DATE, '<workbookPr date1904="1"/>'),
    },
    "moments are rounded to the second and carried": {
        "to the next day": n("45296.9999999", MOMENT, "2024-01-06 00:00:00"),
        "a day by a hair": n("45295.99999999999", DATE, "2024-01-05"),
        "midnight of a time": n("0.9999999", TIME, "00:00:00"),
    },
    "durations may pass a day": {
        "hours": n("1.5", "[h]:mm", "36:00:00"),
        "the same as a time": n("1.5", "h:mm", "12:00:00"),
        "minutes": n("0.0625", "[mm]:ss", "01:30:00"),
        "negative": n("-0.5", "[h]:mm", "", "no-such-date"),
    },
    "booleans are TRUE and FALSE": {
        "one": typed("b", "<v>1</v>", "TRUE"),
        "zero": typed("b", "<v>0</v>", "FALSE"),
    },
    "error cells are blank and said, texts like errors stay": {
        "not available": typed("e", "<v>#N/A</v>", "", "error-value"),
        "a new error": typed("e", "<v>#SPILL!</v>", "", "error-value"),
        "getting data": typed("e", "<v>#GETTING_DATA</v>", "", "error-value"),
        "a text": t("#REF!", "#REF!", "error-text"),
    },
    "formulas give what was calculated": {
        "under its format": Cell('<c s="1"><f>A1/2</f><v>0.5</v></c>', "0.50", (), "0.00"),
        "nothing calculated": Cell("<c><f>A1</f></c>", "", ("not-calculated",)),
        "an empty result": Cell("<c><f>A1</f><v></v></c>", "", ("not-calculated",)),
        "an empty text": Cell('<c t="str"><f>A1</f><v></v></c>', ""),
        "calculated when opened": Cell(
            "<c><f>1+1</f><v>2</v></c>", "2", ("recalculation",), calculation='<calcPr fullCalcOnLoad="1"/>'
        ),
    },
}
FILE_NOTES = ("recalculation",)
COLUMN_NOTES = ("rounded", "stored-value", "percent", "partial-date", "invisible-characters", "date-system")
ALL = [pytest.param(cell, id=f"{decision}: {name}") for decision, cells in CASES.items() for name, cell in cells.items()]


@pytest.mark.parametrize("cell", ALL)
def test_a_cell_becomes(tmp_path: Path, cell: Cell) -> None:
    xml = sheet(row(text("Key"), text("Value")), row(text("k"), cell.xml))
    path = workbook(tmp_path / "cell.xlsx", xml, formats=[cell.code], properties=cell.properties, calculation=cell.calculation)
    notes = [
        (None if kind in (*FILE_NOTES, *COLUMN_NOTES) else 2, None if kind in FILE_NOTES else "Value", kind)
        for kind in cell.kinds
    ]
    assert found_in(path) == Expected(["Key", "Value"], [(2, ("k", cell.sent))], notes)
