"""Owns telling what a file holds by its content, whatever its name says, and the refusal of what is no spreadsheet."""

from __future__ import annotations

import codecs
import os
from typing import IO

from cg_uploader.errors import FileError
from cg_uploader.sheets.containers.ole_compound import MAGIC
from cg_uploader.sheets.containers.unicode_text import detect_wide_encoding, is_binary
from cg_uploader.sheets.formats.markup import Markup, identify_markup
from cg_uploader.sheets.formats.messages import identify_by_first_lines, is_saved_page
from cg_uploader.sheets.formats.registry import FileContent
from cg_uploader.sheets.formats.unsupported import (
    JSON,
    OtherFile,
    identify_by_first_bytes,
    identify_by_first_words,
    identify_companion,
    is_json,
    not_a_spreadsheet_error,
    unknown_content_error,
)

HEAD = 1 << 16
_TAIL = 1 << 12
_BEFORE = "\ufeff \t\r\n\0"


def detect_content(handle: IO[bytes], name: str) -> FileContent:
    """What the open file holds; FileError for what cannot be a spreadsheet."""
    head = handle.read(HEAD)
    handle.seek(0)
    if not head:
        raise FileError(f"{name} is empty. Choose another file.", kind="empty")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return FileContent.ZIP
    if head.startswith(MAGIC):
        return FileContent.OLE
    size = handle.seek(0, os.SEEK_END)
    handle.seek(max(0, size - _TAIL))
    tail = handle.read(_TAIL)
    handle.seek(0)
    found = _not_a_table(head, tail, size)
    if found is Markup.FLAT:
        return FileContent.FLAT
    if found is not None:
        _refuse_markup(found, name)
    if is_binary(head.rstrip(b"\0") or head):  # a disk may fill up a text with zero bytes
        raise unknown_content_error(name, "something else than a table")
    return FileContent.TEXT


def _not_a_table(head: bytes, tail: bytes, size: int) -> Markup | OtherFile | None:
    """What a file is that is no delimited text, by its first and last bytes."""
    found = identify_by_first_bytes(head) or identify_companion(head, size)
    if found is not None:
        return found
    start = decode_head(head).lstrip(_BEFORE)
    if is_saved_page(start):
        return Markup.PAGE
    if start.startswith("<"):
        return identify_markup(start, tail.replace(b"\0", b"").decode("latin-1"))
    named = identify_by_first_words(start) or identify_by_first_lines(start)
    return JSON if named is None and is_json(start) else named


def decode_head(head: bytes) -> str:
    """The beginning as text, good enough to recognise markup."""
    while head.startswith(codecs.BOM_UTF8):
        head = head.removeprefix(codecs.BOM_UTF8)
    return head.decode(detect_wide_encoding(head) or "latin-1", "replace")


def _refuse_markup(found: Markup | OtherFile, name: str) -> None:
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
        raise not_a_spreadsheet_error(name, found)
