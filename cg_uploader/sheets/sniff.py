"""Owns telling what a file holds by its content, whatever its name says, and the refusal of what is no spreadsheet."""

from __future__ import annotations

import codecs
import re
from enum import Enum
from typing import IO

from cg_uploader.errors import FileError
from cg_uploader.sheets.compound import MAGIC

HEAD = 1 << 16
_FOREIGN = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"BM": "a picture",
    b"RIFF": "sound or video",
    b"\x1f\x8b": "a packed file",
    b"7z\xbc\xaf": "a packed file",
    b"Rar!": "a packed file",
    b"{\\rtf": "a text document",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"SQLite format 3": "a database",
}
_WEB = re.compile(r"<(?:!doctype\s+html|html|head|body|table|meta|script|style|div)\b", re.IGNORECASE)
_XML_2003 = "urn:schemas-microsoft-com:office:spreadsheet"
_BINARY = bytes([*range(1, 9), *range(14, 26), 27, 28, 29, 30, 31])


class Content(Enum):
    """What a file holds."""

    TEXT = "text with delimiters"
    ZIP = "a ZIP container"
    OLE = "an OLE container"


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
    for magic, what in _FOREIGN.items():
        if head.startswith(magic) and (len(magic) > 2 or b"\0" in head[:64]):
            raise not_a_spreadsheet(name, what)
    _refuse_markup(start, name)
    if binary(head):
        raise not_a_spreadsheet(name, "something else than a table")
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
    return None


def binary(head: bytes) -> bool:
    """Whether bytes are no text in any encoding that is read here."""
    if wide_kind(head):
        return False
    odd = len(head) - len(head.translate(None, _BINARY))
    return odd > max(2, len(head) // 200) or head.count(0) > max(8, len(head) // 50)


def not_a_spreadsheet(name: str, what: str) -> FileError:
    """The failure for a file that holds something else."""
    return FileError(
        f"{name} is {what}, not a spreadsheet. Choose an Excel, OpenDocument or CSV file.", kind="not-a-spreadsheet"
    )


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
        raise not_a_spreadsheet(name, "an XML document")
