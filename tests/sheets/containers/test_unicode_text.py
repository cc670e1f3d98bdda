"""Text in UTF-16 or UTF-32 without a mark, and bytes that are no text."""

from __future__ import annotations

import codecs
import os

import pytest

from cg_uploader.sheets.containers.unicode_text import detect_wide_encoding, is_binary

TEXTS = {
    "western": "Name;City\nAnn;Köln\n",
    "russian": "Имя;Город\nАнна;Москва\n" * 30,
    "greek": "Όνομα;Πόλη\nΆννα;Αθήνα\n" * 30,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("kind", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_text_is_told_by_its_bytes(text: str, kind: str) -> None:
    assert detect_wide_encoding(text.encode(kind)) == kind
    assert not is_binary(text.encode(kind))


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
    ],
)
def test_a_mark_says_it(mark: bytes, kind: str) -> None:
    assert detect_wide_encoding(mark) == kind


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_narrow_text_is_not_wide_and_no_binary(text: str) -> None:
    assert detect_wide_encoding(text.encode()) is None
    assert not is_binary(text.encode())
    assert detect_wide_encoding(text.encode() + bytes(3)) is None, "zero bytes here and there"


@pytest.mark.parametrize("head", [b"", b"a", b"ab", b"a;b\n1;2\n"])
def test_little_is_no_pattern(head: bytes) -> None:
    assert detect_wide_encoding(head) is None
    assert not is_binary(head)


@pytest.mark.parametrize("head", [bytes(range(32)) * 8, b"\x01\x02\x03\x04 text", b"\x89PNG\r\n\x1a\n" + bytes(200)])
def test_bytes_that_no_text_has_are_binary(head: bytes) -> None:
    assert is_binary(head)


def test_most_of_what_is_random_is_binary() -> None:
    assert sum(is_binary(os.urandom(4_096)) for _ in range(20)) == 20
