"""Owns telling text in UTF-16 or UTF-32, and bytes that are no text in any encoding."""

from __future__ import annotations

import codecs
import unicodedata

_PLAIN = bytes([0, *b"\t\r\n", *range(0x20, 0x7F)])
_FEW_ZEROS = 0.02
_UNSEEN = ("Cc", "Cn", "Co", "Cs")
_BINARY = bytes([*range(1, 9), *range(14, 26), 27, 28, 29, 30, 31])


def detect_wide_encoding(head: bytes) -> str | None:
    """UTF-32 or UTF-16, with its byte order, when a mark or the pattern of zero bytes says so."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    quarter = len(head[:4096]) // 4
    first, second, third, fourth = (head[i : 4 * quarter : 4].count(0) for i in range(4))
    if quarter >= 2 and third == fourth == quarter and first < 0.05 * quarter:
        return "utf-32-le"
    if quarter >= 2 and first == second == quarter and fourth < 0.05 * quarter:
        return "utf-32-be"
    return _utf16_kind(head)


def _utf16_kind(head: bytes) -> str | None:
    sample = head[: len(head) & ~1][:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half >= 2 and odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if half >= 2 and even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    if sample.isascii() and not sample.translate(None, _PLAIN):  # western letters, and zero bytes here and there
        return None
    for order, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > _FEW_ZEROS * half and not others and _is_text(sample, order):
            return order
    return None


def _is_text(sample: bytes, encoding: str) -> bool:
    """Whether bytes are lines of characters that there are, most of which need no zero bytes (Greek, Russian)."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    return "\n" in text and not any(unicodedata.category(char) in _UNSEEN for char in set(text) - set("\t\r\n"))


def is_binary(head: bytes) -> bool:
    """Whether bytes are no text in any encoding that is read here."""
    if detect_wide_encoding(head):
        return False
    odd = len(head) - len(head.translate(None, _BINARY))
    return odd > max(2, len(head) // 200) or head.count(0) > max(8, len(head) // 50)
