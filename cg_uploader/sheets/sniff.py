"""Owns telling what a file holds by its content, whatever its name says, and the refusal of what is no spreadsheet."""

from __future__ import annotations

import codecs
import os
import unicodedata
from enum import Enum
from typing import IO

from cg_uploader.errors import FileError
from cg_uploader.sheets.compound import MAGIC
from cg_uploader.sheets.impostors import (
    JSON,
    What,
    beside_open,
    by_first_bytes,
    by_first_words,
    is_json,
    no_spreadsheet,
    unknown,
)
from cg_uploader.sheets.markup import Markup, markup
from cg_uploader.sheets.messages import by_first_lines, is_saved_page

HEAD = 1 << 16
_TAIL = 1 << 12
_BEFORE = "\ufeff \t\r\n\0"
_PLAIN = bytes([0, *b"\t\r\n", *range(0x20, 0x7F)])
_FEW_ZEROS = 0.02
_UNSEEN = ("Cc", "Cn", "Co", "Cs")
_BINARY = bytes([*range(1, 9), *range(14, 26), 27, 28, 29, 30, 31])


class Content(Enum):
    """What a file holds."""

    TEXT = "text with delimiters"
    ZIP = "a ZIP container"
    OLE = "an OLE container"
    FLAT = "an OpenDocument spreadsheet in one XML file"


def sniff(handle: IO[bytes], name: str) -> Content:
    """What the open file holds; FileError for what cannot be a spreadsheet."""
    head = handle.read(HEAD)
    handle.seek(0)
    if not head:
        raise FileError(f"{name} is empty. Choose another file.", kind="empty")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Content.ZIP
    if head.startswith(MAGIC):
        return Content.OLE
    size = handle.seek(0, os.SEEK_END)
    handle.seek(max(0, size - _TAIL))
    tail = handle.read(_TAIL)
    handle.seek(0)
    found = _not_a_table(head, tail, size)
    if found is Markup.FLAT:
        return Content.FLAT
    if found is not None:
        _refuse_markup(found, name)
    if binary(head.rstrip(b"\0") or head):  # a disk may fill up a text with zero bytes
        raise unknown(name, "something else than a table")
    return Content.TEXT


def _not_a_table(head: bytes, tail: bytes, size: int) -> Markup | What | None:
    """What a file is that is no delimited text, by its first and last bytes."""
    found = by_first_bytes(head) or beside_open(head, size)
    if found is not None:
        return found
    start = decoded_head(head).lstrip(_BEFORE)
    if is_saved_page(start):
        return Markup.PAGE
    if start.startswith("<"):
        return markup(start, tail.replace(b"\0", b"").decode("latin-1"))
    named = by_first_words(start) or by_first_lines(start)
    return JSON if named is None and is_json(start) else named


def decoded_head(head: bytes) -> str:
    """The beginning as text, good enough to recognise markup."""
    while head.startswith(codecs.BOM_UTF8):
        head = head.removeprefix(codecs.BOM_UTF8)
    return head.decode(wide_kind(head) or "latin-1", "replace")


def wide_kind(head: bytes) -> str | None:
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


def binary(head: bytes) -> bool:
    """Whether bytes are no text in any encoding that is read here."""
    if wide_kind(head):
        return False
    odd = len(head) - len(head.translate(None, _BINARY))
    return odd > max(2, len(head) // 200) or head.count(0) > max(8, len(head) // 50)


def _refuse_markup(found: Markup | What, name: str) -> None:
    if found is Markup.PAGE:
        raise FileError(
            f"{name} is a web page, whatever its name says. Open it in Excel and save it as .xlsx.", kind="web-page"
        )
    if found is Markup.XML_2003:
        raise FileError(
            f"{name} is in the XML format of Excel 2003, which is not read. Open it in Excel and save it as .xlsx.",
            kind="xml-2003",
        )
    if not isinstance(found, Markup):
        raise no_spreadsheet(name, found)
