"""Owns finding out in which encoding a text file is written."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from cg_uploader.errors import UsageError
from cg_uploader.sheets.cells.clean_text import REPLACED
from cg_uploader.sheets.containers.unicode_text import wide_kind
from cg_uploader.sheets.delimited.codepage_detection import WESTERN, guess

CHUNK = 1 << 20
_NOT_FOR_FILES = frozenset(["idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "unicode-escape"])
_AS_WESTERN = "cg-uploader-western"
_AS_BAD, _BAD = "cg-uploader-bad", "\udfff"
_NO_FIRST = bytes(range(0xC0))  # what begins no character of more than one byte in UTF-8
_MARKS = (b"\0", b"\x1a", b"\x1c", b"\x1d", b"\x1e", b"\x1f")


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding by Python's name, how bad bytes are treated, whether it is a guess, and the SHA-256 of the whole file.

    ``marks``: there may be zero bytes, a byte order mark, an end mark or separators for machines in the text.  ``rival``: the
    encoding that only a person can tell from this one; empty when there is none.
    """

    name: str
    errors: str
    guessed: bool
    digest: str
    marks: bool
    rival: str = ""


def _as_western(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are bad in another encoding as ``REPLACED`` ones; those that no letter has as control characters."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) if 0xDC00 + byte in REPLACED else chr(byte) for byte in bad), error.end


def _as_bad(error: UnicodeError) -> tuple[str, int]:
    """One half of a character for each fault: other than the usual mark, no text holds it by itself."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _BAD, error.end


codecs.register_error(_AS_WESTERN, _as_western)
codecs.register_error(_AS_BAD, _as_bad)


class _Census:
    """Counts, chunk by chunk, how well bytes fit UTF-8."""

    def __init__(self) -> None:
        self.letters = 0
        self.bad = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")(_AS_BAD)

    def count(self, data: bytes, *, final: bool = False) -> None:
        """Look at the next bytes."""
        begun = self._decoder.getstate()[0]
        if data.isascii() and not begun:
            return
        text = self._decoder.decode(data, final)
        bad = text.count(_BAD)
        if bad:
            self.bad += bad
            self.letters += len(text) - len(text.encode("ascii", "ignore")) - bad
        else:  # as above, in a third of the time: without faults, letters are as many as their first bytes
            cut_off = bool(self._decoder.getstate()[0])
            self.letters += bool(begun) + len(data.translate(None, _NO_FIRST)) - cut_off


def find(handle: IO[bytes], *, wanted: str | None, most: int | None, tick: Callable[[], None]) -> Encoding:
    """Look through the file, or its first ``most`` bytes (then without digest); UsageError for an unknown ``wanted``."""
    if wanted is not None:
        _check_known(wanted)
    head, digest, census, marks = b"", hashlib.sha256(), _Census(), most is not None
    for chunk in _chunks(handle, most, tick):
        head = head or chunk
        digest.update(chunk)
        census.count(chunk)
        marks = marks or any(mark in chunk for mark in _MARKS)
    census.count(b"", final=most is None)
    name, errors, guessed = (wanted, "replace", False) if wanted is not None else _judged(head, census)
    rival = ""
    if name == WESTERN and guessed:
        name, rival = guess(_chunks(handle, most, tick))
    handle.seek(0)
    return Encoding(name, errors, guessed, digest.hexdigest() if most is None else "", marks or wanted is not None, rival)


def _chunks(handle: IO[bytes], most: int | None, tick: Callable[[], None]) -> Iterator[bytes]:
    """The file from its beginning, or as much of it as is looked at."""
    handle.seek(0)
    seen = 0
    while (most is None or seen < most) and (chunk := handle.read(CHUNK)):
        seen += len(chunk)
        yield chunk
        tick()


def _judged(head: bytes, census: _Census) -> tuple[str, str, bool]:
    """Name, treatment of bad bytes, whether it is a guess."""
    wide = wide_kind(head)
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
        text = "There is no encoding of that name. Use utf-8, utf-16, cp1252 or another well-known name."
        raise UsageError(text, kind="encoding")
