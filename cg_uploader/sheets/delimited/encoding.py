"""How the encoding of a text file is found out."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from cg_uploader.errors import UsageError
from cg_uploader.sheets.cells.clean_text import WESTERN_CHARS
from cg_uploader.sheets.containers.unicode_text import detect_wide_encoding
from cg_uploader.sheets.delimited.codepage_detection import WESTERN, guess_code_page
from cg_uploader.translation import _

CHUNK = 1 << 20
_NOT_FOR_FILES = frozenset(["idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "unicode-escape"])
# Names of our own ways to treat bytes that do not fit an encoding.
_AS_WESTERN, _AS_BAD = "cg-uploader-western", "cg-uploader-bad"
_BAD = "\udfff"
_NO_FIRST = bytes(range(0xC0))  # what begins no character of more than one byte in UTF-8
_MARKS = (b"\0", b"\x1a", b"\x1c", b"\x1d", b"\x1e", b"\x1f")


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a file, and what else was found out while it was looked through."""

    # Python's name.
    name: str
    # How bad bytes are treated, by Python's name for it.
    errors: str
    # Whether it is a guess.
    guessed: bool
    # SHA-256 of the whole file in hexadecimal. Empty when only its first bytes were looked at.
    digest: str
    # Whether there may be zero bytes, a byte order mark, an end mark or separators for machines in the text.
    marks: bool
    # The encoding that only the user can tell from this one. Empty when there is none.
    rival: str = ""


def _replace_by_western(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are bad in another encoding as ``WESTERN_CHARS``, and the rest of them as control characters."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) if 0xDC00 + byte in WESTERN_CHARS else chr(byte) for byte in bad), error.end


def _mark_as_bad(error: UnicodeError) -> tuple[str, int]:
    """Put one half of a character in the place of each fault. No text holds such a half by itself."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return _BAD, error.end


codecs.register_error(_AS_WESTERN, _replace_by_western)
codecs.register_error(_AS_BAD, _mark_as_bad)


class _Utf8Statistics:
    """Counts, chunk by chunk, how well bytes fit UTF-8.

    Attributes:
        high: How many characters above ASCII there are.
        bad: How many faults there are.
    """

    def __init__(self) -> None:
        self.high = 0
        self.bad = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")(_AS_BAD)

    def add(self, data: bytes, *, final: bool = False) -> None:
        """Count the next bytes."""
        begun = self._decoder.getstate()[0]
        if data.isascii() and not begun:
            return
        text = self._decoder.decode(data, final)
        bad = text.count(_BAD)
        if bad:
            self.bad += bad
            self.high += len(text) - len(text.encode("ascii", "ignore")) - bad
        else:  # as above, in a third of the time: without faults there are as many characters as first bytes
            cut_off = bool(self._decoder.getstate()[0])
            self.high += bool(begun) + len(data.translate(None, _NO_FIRST)) - cut_off


def detect_encoding(handle: IO[bytes], *, chosen: str | None, max_bytes: int | None, tick: Callable[[], None]) -> Encoding:
    """Look through the file, or its first ``max_bytes``. ``chosen``: the encoding that the user chose.

    Raises:
        UsageError: There is no encoding of the chosen name.
    """
    if chosen is not None:
        _check_known(chosen)
    head, digest, statistics, marks = b"", hashlib.sha256(), _Utf8Statistics(), max_bytes is not None
    for chunk in _read_chunks(handle, max_bytes, tick):
        head = head or chunk
        digest.update(chunk)
        statistics.add(chunk)
        marks = marks or any(mark in chunk for mark in _MARKS)
    statistics.add(b"", final=max_bytes is None)
    name, errors, guessed = (chosen, "replace", False) if chosen is not None else _judge(head, statistics)
    rival = ""
    if name == WESTERN and guessed:
        name, rival = guess_code_page(_read_chunks(handle, max_bytes, tick))
    handle.seek(0)
    return Encoding(name, errors, guessed, digest.hexdigest() if max_bytes is None else "", marks or chosen is not None, rival)


def _read_chunks(handle: IO[bytes], max_bytes: int | None, tick: Callable[[], None]) -> Iterator[bytes]:
    """Read the file from its beginning, or as much of it as is looked at."""
    handle.seek(0)
    seen = 0
    while (max_bytes is None or seen < max_bytes) and (chunk := handle.read(CHUNK)):
        seen += len(chunk)
        yield chunk
        tick()


def _judge(head: bytes, statistics: _Utf8Statistics) -> tuple[str, str, bool]:
    """Give the name, the treatment of bad bytes, and whether it is a guess."""
    wide = detect_wide_encoding(head)
    if wide:
        return wide, "replace", False
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", _AS_WESTERN, statistics.bad > 0
    if statistics.bad == 0 or statistics.high > 3 * statistics.bad:
        return "utf-8", _AS_WESTERN, statistics.bad > 0
    return WESTERN, _AS_WESTERN, True


def _check_known(name: str) -> None:
    try:
        "a".encode(name)
        known = codecs.lookup(name).name not in _NOT_FOR_FILES
    except (LookupError, ValueError):
        known = False
    if not known:
        # What was typed may be a secret.
        text = _("There is no encoding of that name. Use utf-8, utf-16, cp1252 or another well-known name.")
        raise UsageError(text, kind="encoding")
