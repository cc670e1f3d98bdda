"""Owns what goes between the process that reads a file and the one that asked: one job there, many messages back."""

from __future__ import annotations

import json
import os
import struct
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import IO

from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.process.limits import Limits
from cg_uploader.translation import in_use

# No message has more bytes.
MOST = 256 << 20

_HEAD = struct.Struct("<cI")


class Kind(Enum):
    """What a message says."""

    # Something was done since the last message; it has no bytes, or says how much of the file is read, in thousandths.
    ALIVE = b"A"
    # The rows come from the first one; those that came before are void.
    ROWS_BEGIN = b"B"
    # One block: how many rows, their numbers (32 bits each), their texts as `Spool.take` has them.
    ROWS = b"R"
    # A chunk of notes of cells.
    NOTES = b"N"
    # As END, of a table that has the first rows alone; then the reading begins, with other rows and notes.
    FIRST = b"1"
    # All the rest of the table, as JSON; nothing comes after it.
    END = b"E"
    # Why there is no table, as JSON; nothing comes after it.
    FAILURE = b"F"


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked for.

    ``first``: a table of so many first rows is wanted before the whole one.
    ``catalogue``: the catalogue of messages in use, for the sentences of failures, or None for English.
    """

    file: Path
    options: ReadOptions
    limits: Limits
    first: int = 0
    catalogue: Path | None = field(default_factory=in_use)

    def packed(self) -> bytes:
        """The job as one line; paths go as the system's own bytes, whatever language either process thinks it is in."""
        catalogue = None if self.catalogue is None else _path_out(self.catalogue)
        job = [_path_out(self.file.absolute()), asdict(self.options), asdict(self.limits), self.first, catalogue]
        return json.dumps(job).encode() + b"\n"

    @classmethod
    def unpacked(cls, line: bytes) -> Job:
        """The job of such a line."""
        path, options, limits, first, catalogue = json.loads(line)
        messages = None if catalogue is None else _path_in(catalogue)
        return cls(_path_in(path), ReadOptions(**options), Limits(**limits), first, messages)


def _path_out(path: Path) -> str:
    return os.fsencode(path).decode("latin-1")


def _path_in(text: str) -> Path:
    return Path(os.fsdecode(text.encode("latin-1")))


Message = tuple[Kind, bytes]


class TooMuch(Exception):
    """Not a failure of the channel: a message would be longer than messages are."""


def send(out: IO[bytes], kind: Kind, *parts: bytes) -> None:
    """Send one message at once; TooMuch when it has too many bytes."""
    length = sum(map(len, parts))
    if length > MOST:
        raise TooMuch
    out.write(b"".join([_HEAD.pack(kind.value, length), *parts]))
    out.flush()


def receive(source: IO[bytes]) -> Message | None:
    """The next message; None at the end, also in the middle of one; ValueError for what is no message."""
    head = source.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    code, length = _HEAD.unpack(head)
    kind = Kind(code)
    if length > MOST:
        raise ValueError("too long a message")
    data = source.read(length)
    return (kind, data) if len(data) == length else None
