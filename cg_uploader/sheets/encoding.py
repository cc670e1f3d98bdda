"""Owns finding out in which encoding a text file is written."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from cg_uploader.errors import UsageError
from cg_uploader.sheets.sniff import utf16_kind

CHUNK = 1 << 20
WESTERN = "cp1252"
_NOT_FOR_FILES = frozenset(["idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "unicode-escape"])
_AS_WESTERN = "cg-uploader-western"


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding by Python's name, how bad bytes are treated, whether it is a guess, and the SHA-256 of the whole file.

    ``marks``: there may be zero bytes, a byte order mark or an end mark in the text.
    """

    name: str
    errors: str
    guessed: bool
    digest: str
    marks: bool


def _as_western(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are bad in another encoding as Windows' western letters, or as the characters of the same numbers."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    try:
        return bad.decode(WESTERN), error.end
    except UnicodeDecodeError:
        return bad.decode("latin-1"), error.end


codecs.register_error(_AS_WESTERN, _as_western)


class _Census:
    """Counts, chunk by chunk, how well bytes fit UTF-8."""

    def __init__(self) -> None:
        self.letters = 0
        self.bad = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def count(self, data: bytes, *, final: bool = False) -> None:
        """Look at the next bytes."""
        text = self._decoder.decode(data, final)
        if not text.isascii():
            bad = text.count("\ufffd")
            self.bad += bad
            self.letters += len(text) - len(text.encode("ascii", "ignore")) - bad


def find(handle: IO[bytes], *, wanted: str | None, most: int | None, tick: Callable[[], None]) -> Encoding:
    """Look through the file, or its first ``most`` bytes (then without digest); UsageError for an unknown ``wanted``."""
    if wanted is not None:
        _check_known(wanted)
    handle.seek(0)
    head, digest, census, seen, marks = b"", hashlib.sha256(), _Census(), 0, most is not None
    while (most is None or seen < most) and (chunk := handle.read(CHUNK)):
        head = head or chunk
        seen += len(chunk)
        digest.update(chunk)
        census.count(chunk)
        marks = marks or b"\0" in chunk or b"\x1a" in chunk
        tick()
    census.count(b"", final=most is None)
    handle.seek(0)
    name, errors, guessed = (wanted, "replace", False) if wanted is not None else _judged(head, census)
    return Encoding(name, errors, guessed, digest.hexdigest() if most is None else "", marks or wanted is not None)


def _judged(head: bytes, census: _Census) -> tuple[str, str, bool]:
    """Name, treatment of bad bytes, whether it is a guess."""
    wide = utf16_kind(head)
    if wide:
        return wide, "replace", False
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", _AS_WESTERN, census.bad > 0
    if census.bad == 0 or census.letters > 3 * census.bad:
        return "utf-8", _AS_WESTERN, census.bad > 0
    return WESTERN, _AS_WESTERN, True


def _check_known(name: str) -> None:
    try:
        "a".encode(name)
        known = codecs.lookup(name).name not in _NOT_FOR_FILES
    except (LookupError, ValueError):
        known = False
    if not known:
        text = f"There is no encoding “{name}”. Use utf-8, utf-16, cp1252 or another well-known name."
        raise UsageError(text, kind="encoding")
