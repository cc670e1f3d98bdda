"""What a file holds by its content, whatever its name says, and the refusal of what is not a spreadsheet."""

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
    UNKNOWN_CONTENT,
    OtherFile,
    identify_by_first_bytes,
    identify_by_first_words,
    identify_companion,
    is_json,
    not_a_spreadsheet_error,
)
from cg_uploader.translation import _

# So many bytes of the beginning and of the end are looked at.
HEAD_BYTES = 1 << 16
_TAIL_BYTES = 1 << 12
_BEFORE_TEXT = "\ufeff \t\r\n\0"


def detect_content(handle: IO[bytes], name: str) -> FileContent:
    """Return what the open file holds. ``handle`` is at its start before and after.

    Raises:
        FileError: kind ``empty``, ``web-page``, ``xml-2003`` or ``not-a-spreadsheet``, when it cannot be a spreadsheet.
    """
    head = handle.read(HEAD_BYTES)
    handle.seek(0)
    if not head:
        raise FileError(_("{name} is empty. Choose another file.").format(name=name), kind="empty")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return FileContent.ZIP
    if head.startswith(MAGIC):
        return FileContent.OLE
    size = handle.seek(0, os.SEEK_END)
    handle.seek(max(0, size - _TAIL_BYTES))
    tail = handle.read(_TAIL_BYTES)
    handle.seek(0)
    other = _identify_not_delimited(head, tail, size)
    if other is Markup.FLAT:
        return FileContent.FLAT
    if other is not None:
        raise _refusal(other, name)
    if is_binary(head.rstrip(b"\0") or head):  # a disk may fill up a text with zero bytes
        raise not_a_spreadsheet_error(name, UNKNOWN_CONTENT)
    return FileContent.TEXT


def _identify_not_delimited(head: bytes, tail: bytes, size: int) -> Markup | OtherFile | None:
    """Return what a file is by its first and last bytes, or None when it may be delimited text."""
    other = identify_by_first_bytes(head) or identify_companion(head, size)
    if other is not None:
        return other
    text = decode_head(head).lstrip(_BEFORE_TEXT)
    if is_saved_page(text):
        return Markup.PAGE
    if text.startswith("<"):
        return identify_markup(text, tail.replace(b"\0", b"").decode("latin-1"))
    other = identify_by_first_words(text) or identify_by_first_lines(text)
    return JSON if other is None and is_json(text) else other


def decode_head(head: bytes) -> str:
    """Decode the beginning of a file, well enough to recognise markup."""
    while head.startswith(codecs.BOM_UTF8):
        head = head.removeprefix(codecs.BOM_UTF8)
    return head.decode(detect_wide_encoding(head) or "latin-1", "replace")


def _refusal(other: Markup | OtherFile, name: str) -> FileError:
    if isinstance(other, OtherFile):
        return not_a_spreadsheet_error(name, other)
    if other is Markup.PAGE:
        sentence = _("{name} is a web page, whatever its name says. Open it in Excel and save it as .xlsx.")
        return FileError(sentence.format(name=name), kind="web-page")
    sentence = _("{name} is in the XML format of Excel 2003, which cannot be read. Open it in Excel and save it as .xlsx.")
    return FileError(sentence.format(name=name), kind="xml-2003")
