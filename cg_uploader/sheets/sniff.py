"""Owns telling what a file holds by its content, whatever its name says, and the refusal of what is no spreadsheet."""

from __future__ import annotations

import codecs
import re
import unicodedata
from enum import Enum
from typing import IO

from cg_uploader.errors import FileError
from cg_uploader.sheets.compound import MAGIC
from cg_uploader.sheets.impostors import by_first_bytes, by_first_words, no_spreadsheet, unknown

HEAD = 1 << 16
_WEB = re.compile(r"<(?:!doctype\s+html|html|head|body|table|meta|script|style|div)\b", re.IGNORECASE)
_FLAT, _SPREADSHEET = "urn:oasis:names:tc:opendocument", '"application/vnd.oasis.opendocument.spreadsheet'
_XML_2003 = "urn:schemas-microsoft-com:office:spreadsheet"
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
    text = decoded_head(head)
    start = text.lstrip("\ufeff \t\r\n\0")
    what = by_first_bytes(head) or by_first_words(start)
    if what is not None:
        raise no_spreadsheet(name, what)
    if _is_flat(start):
        return Content.FLAT
    _refuse_markup(start, name)
    if binary(head):
        raise unknown(name, "something else than a table")
    return Content.TEXT


def decoded_head(head: bytes) -> str:
    """The beginning as text, good enough to recognise markup."""
    return head.removeprefix(codecs.BOM_UTF8).decode(wide_kind(head) or "latin-1", "replace")


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


def _is_flat(start: str) -> bool:
    beginning = start[:4096]
    return beginning.startswith("<") and _FLAT in beginning and _SPREADSHEET in beginning


def _refuse_markup(start: str, name: str) -> None:
    beginning = start[:4096]
    if beginning[:13].lower() == "mime-version:" or (beginning.startswith("<") and _WEB.search(beginning)):
        raise FileError(
            f"{name} is a web page, whatever its name says. Open it in Excel and save it as .xlsx.", kind="web-page"
        )
    if beginning.startswith(("<?xml", "<Workbook")):
        if _XML_2003 in beginning:
            raise FileError(
                f"{name} is in the XML format of Excel 2003, which is not read. Open it in Excel and save it as .xlsx.",
                kind="xml-2003",
            )
        raise no_spreadsheet(name, ("an XML document", "Open it in Excel, save it as .xlsx, and choose that file."))
