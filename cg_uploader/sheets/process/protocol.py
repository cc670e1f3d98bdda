"""What goes between the program and the process that reads a file: one job there, many messages back."""

from __future__ import annotations

import json
import os
import struct
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import IO

from cg_uploader.errors import FileError, UploaderError, UsageError
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.process.limits import Limits
from cg_uploader.translation import in_use

# No message has more bytes.
MAX_MESSAGE_BYTES = 256 << 20

# Before each message: its kind, and how many bytes it has.
_HEADER = struct.Struct("<cI")
_MAX_SENTENCE_CHARS = 2_000


class FrameKind(Enum):
    """What a message from the reading process holds."""

    # A sign of life. It has no bytes, or says how much of the file is read, in thousandths.
    ALIVE = b"A"
    # The rows come from the first one. Those that came before are void.
    ROWS_BEGIN = b"B"
    # One block: how many rows, their numbers (32 bits each), their texts as `Spool.take` has them.
    ROWS = b"R"
    # A chunk of notes on cells.
    NOTES = b"N"
    # As END, for a table of the first rows alone. Then the reading begins again, with other rows and notes.
    FIRST = b"1"
    # The rest of the table, as JSON. Nothing comes after it.
    END = b"E"
    # Why there is no table, as JSON. Nothing comes after it.
    FAILURE = b"F"


@dataclass(frozen=True, slots=True)
class ParseJob:
    """What the reading process is asked for."""

    # The file to read.
    file: Path
    # What the user chose about the reading.
    options: ReadOptions
    # What the process may take.
    limits: Limits
    # A table of so many first rows is wanted before the whole one. 0: it is not.
    first: int = 0
    # The catalogue of messages in use, for the sentences of failures. None: English.
    catalogue: Path | None = field(default_factory=in_use)

    def to_line(self) -> bytes:
        """Return the job as one line.

        Paths go as the system's own bytes, because the two processes may disagree on the encoding of file names.
        """
        catalogue = None if self.catalogue is None else _path_to_text(self.catalogue)
        job = [_path_to_text(self.file.absolute()), asdict(self.options), asdict(self.limits), self.first, catalogue]
        return json.dumps(job).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> ParseJob:
        """Return the job that ``to_line`` made a line of."""
        path, options, limits, first, catalogue = json.loads(line)
        messages = None if catalogue is None else _path_from_text(catalogue)
        return cls(_path_from_text(path), ReadOptions(**options), Limits(**limits), first, messages)


def _path_to_text(path: Path) -> str:
    return os.fsencode(path).decode("latin-1")


def _path_from_text(text: str) -> Path:
    return Path(os.fsdecode(text.encode("latin-1")))


Message = tuple[FrameKind, bytes]


class MessageTooLong(Exception):
    """Raised for a message with more bytes than messages may have."""


def send_message(out: IO[bytes], kind: FrameKind, *parts: bytes) -> None:
    """Send one message at once.

    Raises:
        MessageTooLong: when ``parts`` have more than ``MAX_MESSAGE_BYTES`` together.
    """
    length = sum(map(len, parts))
    if length > MAX_MESSAGE_BYTES:
        raise MessageTooLong
    out.write(b"".join([_HEADER.pack(kind.value, length), *parts]))
    out.flush()


def receive_message(source: IO[bytes]) -> Message | None:
    """Return the next message, or None at the end of the stream, also in the middle of a message.

    Raises:
        ValueError: for bytes that are no message.
    """
    header = source.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    code, length = _HEADER.unpack(header)
    kind = FrameKind(code)
    if length > MAX_MESSAGE_BYTES:
        raise ValueError("too long a message")
    data = source.read(length)
    return (kind, data) if len(data) == length else None


def encode_failure(failure: UploaderError) -> bytes:
    """Return a FileError or UsageError as the bytes of a message."""
    error = "usage" if isinstance(failure, UsageError) else "file"
    sentence = failure.sentence.encode(errors="replace").decode()  # names of files may hold what no text holds
    return json.dumps({"error": error, "kind": failure.kind, "sentence": sentence}).encode()


def decode_failure(data: bytes) -> UploaderError:
    """Return the error that ``encode_failure`` made bytes of.

    Raises:
        ValueError, TypeError, LookupError: for bytes that are no failure.
    """
    failure = json.loads(data)
    errors: dict[str, type[UploaderError]] = {"file": FileError, "usage": UsageError}
    sentence, kind = require_text(failure["sentence"]), require_text(failure["kind"])
    return errors[failure["error"]](sentence[:_MAX_SENTENCE_CHARS], kind=kind)


def require_text(value: object) -> str:
    """Return ``value``, a text that can be written to any file.

    Raises:
        TypeError: when it is no text.
        ValueError: when it holds lone surrogates.
    """
    if not isinstance(value, str):
        raise TypeError("not a text")
    value.encode()
    return value
