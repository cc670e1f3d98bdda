"""How text in UTF-16 or UTF-32 is recognised, and bytes that are no text in any encoding."""

from __future__ import annotations

import codecs
import unicodedata

_SAMPLE_BYTES = 4096
# Shares of the characters of a sample: of bytes that would be zero, and of bytes that would not.
_MANY_ZEROS = 0.4
_SOME_ZEROS = 0.02
_HARDLY_ANY = 0.05
_ASCII_TEXT = bytes([0, *b"\t\r\n", *range(0x20, 0x7F)])
_BINARY = bytes([*range(1, 9), *range(14, 26), 27, 28, 29, 30, 31])
# Categories of Unicode that no text has: control, not assigned, private use, surrogate.
_NEVER_IN_TEXT = ("Cc", "Cn", "Co", "Cs")


def detect_wide_encoding(head: bytes) -> str | None:
    """Return UTF-16 or UTF-32 with its byte order, when a mark or the pattern of zero bytes says so, else None."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    count = len(head[:_SAMPLE_BYTES]) // 4
    first, second, third, fourth = (head[i : 4 * count : 4].count(0) for i in range(4))
    if count >= 2 and third == fourth == count and first < _HARDLY_ANY * count:
        return "utf-32-le"
    if count >= 2 and first == second == count and fourth < _HARDLY_ANY * count:
        return "utf-32-be"
    return _detect_utf16(head)


def _detect_utf16(head: bytes) -> str | None:
    sample = head[: len(head) & ~1][:_SAMPLE_BYTES]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    count = len(sample) // 2
    orders = (("utf-16-le", odd, even), ("utf-16-be", even, odd))
    min_many, min_some, max_hardly_any = _MANY_ZEROS * count, _SOME_ZEROS * count, _HARDLY_ANY * count
    if count >= 2:
        for encoding, zeros, others in orders:
            if zeros > min_many and others < max_hardly_any:
                return encoding
    if sample.isascii() and not sample.translate(None, _ASCII_TEXT):  # single bytes, with zero bytes here and there
        return None
    likely = (encoding for encoding, zeros, others in orders if zeros > min_some and not others)
    return next((encoding for encoding in likely if _is_text(sample, encoding)), None)


def _is_text(sample: bytes, encoding: str) -> bool:
    """Return whether bytes are lines of assigned characters. Most need no zero bytes (Greek, Russian)."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    return "\n" in text and not any(unicodedata.category(char) in _NEVER_IN_TEXT for char in set(text) - set("\t\r\n"))


def is_binary(head: bytes) -> bool:
    """Return whether bytes are no text in any encoding that is read here."""
    if detect_wide_encoding(head):
        return False
    binary_count = len(head) - len(head.translate(None, _BINARY))
    return binary_count > max(2, len(head) // 200) or head.count(0) > max(8, len(head) // 50)
