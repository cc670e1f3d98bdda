from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cg_uploader.sheets.cells.clean_text import (
    BLANKS,
    clean_cell,
    column_letter,
    column_position,
    is_plain,
    strip_controls,
    unescape,
)
from cg_uploader.sheets.cells.serial_dates import as_date, as_datetime, parse_iso
from cg_uploader.sheets.failed_rows.writer import escaped


@given(st.text())
def test_sent_text_has_no_blanks_at_its_ends_and_no_control_characters(text: str) -> None:
    result, said = clean_cell(text)
    assert result == result.strip(BLANKS)
    assert not any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\t\n" for char in result)
    assert clean_cell(result)[0] == result
    if "control-characters" in said:
        assert len(result) < len(text.replace("\r\n", "\n").strip(BLANKS))


@given(st.text())
def test_inside_nothing_changes(text: str) -> None:
    inner = f"a{text}b"
    kept = [
        char
        for char in inner.replace("\r\n", "\n").replace("\r", "\n")
        if unicodedata.category(char) not in ("Cc", "Cs") or char in "\t\n"
    ]
    assert clean_cell(inner)[0] == "".join(kept)


@given(st.text())
def test_plain_texts_are_sent_as_they_are(text: str) -> None:
    if is_plain(text):
        assert clean_cell(text) == (text, ())


@pytest.mark.parametrize("blank", list(BLANKS))
def test_every_kind_of_blank_is_trimmed(blank: str) -> None:
    assert clean_cell(f"{blank}a{blank}")[0] == "a"
    assert "control-characters" not in clean_cell(f"{blank}a{blank}")[1]


@pytest.mark.parametrize(
    ("text", "result", "kind"),
    [
        ("a\x00b", "ab", "control-characters"),
        ("a\xa0b", "a\xa0b", "invisible-characters"),
        ("a\u200fb", "a\u200fb", "invisible-characters"),
        ("#N/A", "#N/A", "error-text"),
        ("Err:502", "Err:502", "error-text"),
        ("#REF!", "#REF!", "error-text"),
        ("a\ud800b", "ab", "control-characters"),
        (" #SPILL! ", "#SPILL!", "error-text"),
    ],
)
def test_what_is_said_about_texts(text: str, result: str, kind: str) -> None:
    assert clean_cell(text) == (result, (kind,))


@pytest.mark.parametrize(
    ("stored", "text"),
    [("a_x000D_\nb", "a\r\nb"), ("_x005F_x000D_", "_x000D_"), ("_x00e4_", "ä"), ("_x12_", "_x12_"), ("_xD83D__xDE00_", "😀")],
)
def test_escapes_of_excel_are_decoded(stored: str, text: str) -> None:
    assert unescape(stored) == text


@example("_x0000\x1f")
@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text("_x0FD5aA\r\n\x1f"))
def test_escaping_and_unescaping_are_inverse(text: str) -> None:
    assert unescape(escaped(text)) == text


def test_headings_keep_their_ends() -> None:
    assert strip_controls(" Email\xa0") == (" Email\xa0", ())
    assert strip_controls("a\r\nb\x01") == ("a\nb", ("control-characters",))


@given(st.integers(0, 16_383))
def test_column_letters(position: int) -> None:
    assert column_position(column_letter(position)) == position


def test_column_letters_are_those_of_excel() -> None:
    assert [column_letter(i) for i in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


@given(
    st.datetimes().filter(lambda moment: moment.year >= 1900).map(lambda moment: moment.replace(microsecond=0)), st.booleans()
)
def test_iso_dates_and_day_numbers_are_inverse(moment: object, date1904: bool) -> None:
    text = str(moment)
    number = parse_iso(text.replace(" ", "T"), date1904)
    assert number is not None
    if not date1904 or text >= "1904":
        assert as_datetime(number, date1904) == text
        assert as_date(number, date1904) == text[:10]
