"""The reading of files of sent rows of version 1, which nothing writes any more.

- ``CG Uploader memory 1``
- ``{"from": name, "made": ISO 8601, "rows": entries, "places": pairs, "salt": hex, "key": hex}``, with the key sealed
- the entries, as in later versions
- 32 bytes: SHA-256 of all before
- 32 bytes: BLAKE2b of the same, keyed by the code
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from cg_uploader.uploads.journal.sent_rows.export_format import (
    BLOCK_ENTRIES,
    ENTRY,
    MAX_HEADER_BYTES,
    Contents,
    Header,
    are_places,
    bare,
    damaged,
    incomplete,
    is_hex,
    magic,
    opened,
    parsed,
    wrong_code,
)

_MAGIC = magic(1)
_CHECK_BYTES = 32


@dataclass(frozen=True, slots=True)
class _EarlierLine(Header):
    """The second line, and where the entries are."""

    places: list[tuple[str, str]]
    salt: bytes
    # The key, sealed by the code.
    key: bytes
    # Where the entries begin, in bytes.
    offset: int

    @property
    def checked_bytes(self) -> int:
        """The size of the file in bytes, without the two checks at its end."""
        return self.offset + self.rows * ENTRY.size


def read_header(file: Path) -> Header:
    """Return what a file of this version says without its code.

    Raises:
        FileError: It cannot be read, is damaged, or was cut.
    """
    return _read_line(file)


def read_contents(file: Path, code: str) -> Contents:
    """Return what a file of this version says, after all of it was checked.

    Raises:
        FileError: It cannot be read, is damaged, was cut, or the code does not open it.
    """
    line = _read_line(file)
    seal, check = _derived(bare(code), line.salt)
    plain, keyed = hashlib.sha256(), hashlib.blake2b(key=check, digest_size=_CHECK_BYTES)
    left = line.checked_bytes
    with opened(file) as stream:
        while left > 0 and (block := stream.read(min(left, 1 << 20))):
            plain.update(block)
            keyed.update(block)
            left -= len(block)
        written = stream.read(2 * _CHECK_BYTES)
    if not hmac.compare_digest(plain.digest(), written[:_CHECK_BYTES]):
        raise damaged(file)
    if not hmac.compare_digest(keyed.digest(), written[_CHECK_BYTES:]):
        raise wrong_code(file)
    key = bytes(a ^ b for a, b in zip(line.key, seal, strict=True))
    return Contents(line, key, line.places, _blocks(file, line))


def _blocks(file: Path, line: _EarlierLine) -> Generator[bytes, None, None]:
    with opened(file) as stream:
        stream.seek(line.offset)
        for begun in range(0, line.rows, BLOCK_ENTRIES):
            size = min(line.rows - begun, BLOCK_ENTRIES) * ENTRY.size
            if len(block := stream.read(size)) < size:
                raise incomplete(file)
            yield block


def _read_line(file: Path) -> _EarlierLine:
    with opened(file) as stream:
        stream.seek(len(_MAGIC))
        text = stream.readline(MAX_HEADER_BYTES)
        file_size = stream.size()
    if not text.endswith(b"\n") and len(text) < MAX_HEADER_BYTES:
        raise incomplete(file)
    line = _line(parsed(text), len(_MAGIC) + len(text))
    if line is None or file_size > (size := line.checked_bytes + 2 * _CHECK_BYTES):
        raise damaged(file)
    if file_size < size:
        raise incomplete(file)
    return line


def _line(header: object, offset: int) -> _EarlierLine | None:
    match header:
        case {"from": str(name), "made": str(made), "rows": int(rows), "places": list(places), "salt": salt, "key": key}:
            if rows >= 0 and are_places(places) and is_hex(salt, 16) and is_hex(key, 32):
                pairs = [(records, reference) for records, reference in places]
                return _EarlierLine(name, made, rows, pairs, bytes.fromhex(salt), bytes.fromhex(key), offset)
    return None


def _derived(code: str, salt: bytes) -> tuple[bytes, bytes]:
    both = hashlib.blake2b(code.encode(), salt=salt, person=b"cgu-memory", digest_size=64).digest()
    return both[:32], both[32:]
