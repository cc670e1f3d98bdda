"""Owns telling what a file holds by its content, whatever its name says, and the refusal of what is no spreadsheet."""

from __future__ import annotations

import codecs
import os
from typing import IO

from cg_uploader.errors import FileError
from cg_uploader.sheets.containers.ole_compound import MAGIC
from cg_uploader.sheets.containers.unicode_text import binary, wide_kind
from cg_uploader.sheets.formats.markup import Markup, markup
from cg_uploader.sheets.formats.messages import by_first_lines, is_saved_page
from cg_uploader.sheets.formats.registry import Content
from cg_uploader.sheets.formats.unsupported import (
    JSON,
    What,
    beside_open,
    by_first_bytes,
    by_first_words,
    is_json,
    no_spreadsheet,
    unknown,
)

HEAD = 1 << 16
_TAIL = 1 << 12
_BEFORE = "\ufeff \t\r\n\0"


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
