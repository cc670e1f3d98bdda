"""The format of a file of sent rows: two lines that are read without the code, then sealed blocks.

- ``CG Uploader memory 2``
- ``{"from": name, "made": ISO 8601, "rows": entries, "first": bytes, "salt": hex, "check": hex, "start": hex}``
- 32 bytes: SHA-256 of the two lines, to which the first block is bound
- one sealed block of ``first`` bytes: the key of the hashes, and the places, as JSON
- sealed blocks of 10,000 entries each, of which the last one has the rest

All sizes follow from the second line, so a file that was cut is recognised without the code.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

from cg_uploader.errors import FileError
from cg_uploader.system.named_file import NamedFile, is_there
from cg_uploader.translation import _

VERSION = 2
# subject, fingerprint, whether it was surely accepted, seconds since 1970, index of its place.
ENTRY = struct.Struct(">16s16sBdH")
MAX_HEADER_BYTES = 8 << 20
BLOCK_ENTRIES = 10_000

_MAX_FIRST_LINE_BYTES = 64
_MAGIC = "CG Uploader memory {version}\n"
_VERSIONS = re.compile(_MAGIC.format(version="([1-9][0-9]{0,8})").encode())
_DIGEST_BYTES = 32
_SEAL_BYTES = 17


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says without its code."""

    # Whose rows they are.
    name: str
    # When the file was made (ISO 8601).
    made: str
    # How many entries it has.
    rows: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file says with its code."""

    header: Header
    # What the hashes are keyed with.
    key: bytes
    # Addresses of records and references, to which entries refer by index.
    places: list[tuple[str, str]]
    # Packed entries, several in each block. It raises FileError where the file is damaged. It keeps the file open until closed.
    blocks: Generator[bytes, None, None]


@dataclass(frozen=True, slots=True)
class _Line(Header):
    """The second line, and where the sealed blocks are."""

    # Bytes of the first block, sealed.
    first: int
    # What makes a key from the code, what tells a wrong code, and what begins the blocks.
    salt: bytes
    check: bytes
    start: bytes
    # SHA-256 of both lines.
    digest: bytes
    # Where the first block begins, in bytes.
    offset: int

    @property
    def file_size(self) -> int:
        """The size of the whole file in bytes."""
        blocks = -(-self.rows // BLOCK_ENTRIES)
        return self.offset + self.first + self.rows * ENTRY.size + blocks * _SEAL_BYTES

    def sizes(self) -> Iterator[int]:
        """Iterate over the sizes of the sealed blocks in bytes."""
        yield self.first
        for begun in range(0, self.rows, BLOCK_ENTRIES):
            yield min(self.rows - begun, BLOCK_ENTRIES) * ENTRY.size + _SEAL_BYTES


@contextmanager
def opened(file: Path) -> Iterator[NamedFile]:
    """Open the file to be read.

    Raises:
        FileError: It cannot be read, or not to its end.
    """
    try:
        with NamedFile(file) as stream:
            yield stream
    except OSError as error:
        if not is_there(file):  # what was typed may be a secret
            raise FileError(_("There is no such file. Ask for it again, or for a new export."), kind="missing") from None
        reason = error.strerror
        raise FileError(_("{file} cannot be read ({reason}).").format(file=file, reason=reason), kind="missing") from None


def read_version(file: Path) -> int:
    """Return the version of a file of sent rows.

    Raises:
        FileError: It is no such file, or a later version.
    """
    with opened(file) as stream:
        match = _VERSIONS.fullmatch(stream.readline(_MAX_FIRST_LINE_BYTES))
    if match is None:
        sentence = _("{file} is not a file of sent rows.").format(file=file.name)
        raise FileError(f"{sentence} {_advice()}", kind="not-sent-rows")
    version = int(match[1])
    if version > VERSION:
        sentence = _("{file} was made by a later version of CG Uploader. Update CG Uploader, then import it again.")
        raise FileError(sentence.format(file=file.name), kind="later-version")
    return version


def magic(version: int) -> bytes:
    """Return the first line of a file of that version."""
    return _MAGIC.format(version=version).encode()


def bare(code: str) -> str:
    """Return the letters and digits of a code, in lower case."""
    return "".join(filter(str.isalnum, code)).lower()


def damaged(file: Path) -> FileError:
    """Return the error of a file that is not as it was written."""
    sentence = _("{file} is damaged: something in it was changed.").format(file=file.name)
    return FileError(f"{sentence} {_advice()}", kind="damaged")


def incomplete(file: Path) -> FileError:
    """Return the error of a file that was cut."""
    sentence = _("{file} is not complete: its end is missing.").format(file=file.name)
    return FileError(f"{sentence} {_advice()}", kind="damaged")


def wrong_code(file: Path) -> FileError:
    """Return the error of a code that is not the file's."""
    sentence = _("The code does not open {file}. Enter it as it was shown at the export.")
    return FileError(sentence.format(file=file.name), kind="password")


def _advice() -> str:
    return _("Ask for the file again, or for a new export.")


def write(
    stream: BinaryIO, code: str, header: Header, key: bytes, places: list[tuple[str, str]], entries: Iterator[bytes]
) -> None:
    """Write a file of ``header.rows`` packed entries, sealed by ``code``."""
    from cg_uploader.uploads.journal.sent_rows.sealing import Sealer  # it takes long to load, and few starts need it

    sealer = Sealer(bare(code))
    first = json.dumps({"key": key.hex(), "places": places}).encode()
    line = {"from": header.name, "made": header.made, "rows": header.rows, "first": len(first) + _SEAL_BYTES}
    line |= {"salt": sealer.salt.hex(), "check": sealer.check.hex(), "start": sealer.start.hex()}
    lines = magic(VERSION) + json.dumps(line).encode() + b"\n"
    digest = hashlib.sha256(lines).digest()
    stream.write(lines + digest)
    stream.write(sealer.seal(first, bound=digest, last=not header.rows))
    for begun in range(0, header.rows, BLOCK_ENTRIES):
        block = b"".join(islice(entries, BLOCK_ENTRIES))
        stream.write(sealer.seal(block, last=begun + BLOCK_ENTRIES >= header.rows))


def read_header(file: Path) -> Header:
    """Return what a file of this version says without its code.

    Raises:
        FileError: It cannot be read, is damaged, or was cut.
    """
    return _read_line(file)


def read_contents(file: Path, code: str) -> Contents:
    """Return what a file of this version says.  No block is used before it is known to be as it was sealed.

    Raises:
        FileError: It cannot be read, is damaged, was cut, or the code does not open it.
    """
    line = _read_line(file)
    blocks = _unsealed(file, line, code)
    match parsed(next(blocks)):
        case {"key": str(key), "places": list(places)} if is_hex(key, 32) and are_places(places):
            return Contents(line, bytes.fromhex(key), [(records, reference) for records, reference in places], blocks)
    blocks.close()
    raise damaged(file)


def are_places(places: list[Any]) -> bool:
    """Tell whether it is a list of pairs of texts."""
    return all(isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair) for pair in places)


def _unsealed(file: Path, line: _Line, code: str) -> Generator[bytes, None, None]:
    from cg_uploader.uploads.journal.sent_rows.sealing import NotAsSealed, Opener, WrongCode  # as above

    left, bound = line.file_size - line.offset, line.digest
    try:
        opener = Opener(bare(code), line.salt, line.check, line.start)
        with opened(file) as stream:
            stream.seek(line.offset)
            for size in line.sizes():
                left -= size
                yield opener.open(stream.read(size), bound=bound, last=not left)
                bound = b""
    except WrongCode:
        raise wrong_code(file) from None
    except NotAsSealed:
        raise damaged(file) from None


def _read_line(file: Path) -> _Line:
    with opened(file) as stream:
        lines = stream.readline(_MAX_FIRST_LINE_BYTES)
        lines += (text := stream.readline(MAX_HEADER_BYTES))
        digest = stream.read(_DIGEST_BYTES)
        size = stream.size()
    if len(lines) + _DIGEST_BYTES > size:
        raise incomplete(file)
    if hashlib.sha256(lines).digest() != digest:
        raise damaged(file)
    line = _line(parsed(text), digest, len(lines) + _DIGEST_BYTES)
    if line is None or size > line.file_size:
        raise damaged(file)
    if size < line.file_size:
        raise incomplete(file)
    return line


def _line(header: object, digest: bytes, offset: int) -> _Line | None:
    match header:
        case {"from": str(name), "made": str(made), "rows": int(rows), "first": int(first), **more}:
            salt, check, start = more.get("salt"), more.get("check"), more.get("start")
            usable = rows >= 0 and 0 < first <= MAX_HEADER_BYTES
            if usable and is_hex(salt, 16) and is_hex(check, 32) and is_hex(start, 24):
                sealed = bytes.fromhex(salt), bytes.fromhex(check), bytes.fromhex(start)
                return _Line(name, made, rows, first, *sealed, digest, offset)
    return None


def parsed(text: bytes) -> object:
    """Return what a text says as JSON, or None when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_hex(text: object, size: int) -> TypeGuard[str]:
    """Tell whether it is a text of ``size`` bytes in hexadecimal."""
    return isinstance(text, str) and re.fullmatch(f"[0-9a-f]{{{2 * size}}}", text) is not None
