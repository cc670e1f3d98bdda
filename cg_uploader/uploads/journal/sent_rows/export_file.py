"""What this computer remembers of accepted rows, as a file for a colleague, and what a colleague's file says.

The file holds keyed hashes, times, addresses and references, whose it is, and the key, sealed by a code that the program makes
up (100 random bits).  The code travels another way than the file: without it the file says nothing about any row.  Whoever
has both can try guesses, such as one e-mail address after the other, so both belong in a colleague's hands alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import os
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cg_uploader.errors import FileError, UsageError
from cg_uploader.system.atomic_file import saved_whole
from cg_uploader.system.child_processes import computer_name
from cg_uploader.system.named_file import NamedFile
from cg_uploader.uploads.journal.dates import day_of, iso
from cg_uploader.uploads.journal.locks import who_i_am
from cg_uploader.uploads.journal.sent_rows import entries

MAGIC = b"CG Uploader memory 1\n"
ENTRY = struct.Struct(">16s16sBdH")
CHECK_BYTES = 32
MAX_HEADER_BYTES = 8 << 20
ENTRIES_AT_ONCE = 10_000
ANOTHER = "Ask for the file again, or for a new export."


CODE_ADVICE = (
    "Tell your colleague the code another way than you hand over the file. Whoever has both can find out whether "
    "a row, or an e-mail address, that they know already is among the rows."
)


@dataclass(frozen=True, slots=True)
class ImportedSentRows:
    """Whose memory it is, when it was made and when it came; how many ``rows`` it knows, ``perhaps`` of them unsurely."""

    name: str
    made: str
    imported: str
    rows: int
    perhaps: int

    @property
    def as_kept(self) -> str:
        """What of it is here, for people."""
        made, came = day_of(self.made), day_of(self.imported)
        rows = _accepted(self.rows - self.perhaps)
        return f"{rows} of {self.name}{_and(self.perhaps)}, as they stood on {made}, imported on {came}."

    @property
    def as_taken_in(self) -> str:
        """What has just come, for people."""
        rows = _accepted(self.rows - self.perhaps)
        return f"{rows} that {self.name} had sent by {day_of(self.made)}{_and(self.perhaps)}: remembered here now."


def _accepted(count: int) -> str:
    return f"{count:,} accepted row{'' if count == 1 else 's'}"


def _and(perhaps: int) -> str:
    return f", and {perhaps:,} that may have arrived" if perhaps else ""


class SentRowsFile:
    """The memory of one journal, outgoing and incoming."""

    def __init__(
        self, db: sqlite3.Connection, secret: bytes, change: Callable[[], AbstractContextManager[sqlite3.Connection]]
    ) -> None:
        """``change`` makes one commit."""
        self._db = db
        self._secret = secret
        self._change = change

    def rows(self) -> int:
        """How many rows this computer has recorded itself: a row can have several entries."""
        return entries.rows_of(self._db, entries.OWN)[0]

    def in_words(self) -> tuple[str, ...]:
        """What is remembered, for people: of this computer, then a line for each memory that was taken in."""
        rows, perhaps = entries.rows_of(self._db, entries.OWN)
        own = f"This computer remembers {_accepted(rows - perhaps)} that it has sent itself{_and(perhaps)}."
        return (own, *(one.as_kept for one in self.imports()))

    def imports(self) -> list[ImportedSentRows]:
        """Whose memories were taken in, the oldest first."""
        origins = self._db.execute("select name, made, imported, id from origin order by id").fetchall()
        return [ImportedSentRows(name, made, came, *entries.rows_of(self._db, origin)) for name, made, came, origin in origins]

    def export_to(self, target: Path) -> tuple[int, str]:
        """Write everything this computer has recorded to ``target``, whole or not at all: of how many rows, and the code.

        UsageError when there is nothing, or the place cannot be written.
        """
        with self._one_moment():
            paths = self._db.execute("select id, records, reference from place order by id").fetchall()
            count = self.rows()
            if not count:
                raise UsageError("Nothing has been accepted from this computer yet, so there is nothing to export.")
            code = base64.b32encode(os.urandom(15)).decode().lower()[:20]
            salt = os.urandom(16)
            seal, check = _derived(code, salt)
            header = {
                "from": f"{who_i_am() or 'a user without a name'} on {computer_name() or 'another computer'}",
                "made": iso(),
                "rows": self._db.execute("select count(*) from memory where origin = 0").fetchone()[0],
                "paths": [[records, reference] for _, records, reference in paths],
                "salt": salt.hex(),
                "key": _xor(self._secret, seal).hex(),
            }
            with saved_whole(target) as part, part.open("wb") as stream:
                _write(stream, header, self._packed([place for place, _, _ in paths]), check)
        return count, "-".join(code[at : at + 5] for at in range(0, len(code), 5))

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        """What is read meanwhile is what stood there at first, whatever another program remembers."""
        self._db.execute("begin")
        try:
            yield
        finally:
            self._db.execute("rollback")

    def _packed(self, paths: list[int]) -> Iterator[bytes]:
        index = {place: at for at, place in enumerate(paths)}
        for subject, fingerprint, sure, answered, place in entries.own_entries(self._db):
            yield ENTRY.pack(subject, fingerprint, sure, answered, index[place])

    def import_from(self, file: Path, code: str) -> ImportedSentRows:
        """Take in what ``file`` says; doing it again changes nothing.

        FileError when it is no such file, damaged, or the code does not open it.
        """
        header = read_header(file)
        key = self._unsealed(file, header, code)
        if key == self._secret:
            raise UsageError(f"{file.name} was exported from this computer, so there is nothing to add.")
        imported = iso()
        with self._change() as db:
            db.execute(
                "insert into origin (name, secret, made, imported) values (?, ?, ?, ?) on conflict (secret)"
                " do update set name = excluded.name, made = max(made, excluded.made), imported = excluded.imported",
                (header["from"], key, header["made"], imported),
            )
            (origin,) = db.execute("select id from origin where secret = ?", (key,)).fetchone()
            paths = [entries.place_of(db, records, reference) for records, reference in header["paths"]]
            entries.take_in(db, origin, _entries(file, header["rows"], paths))
        return ImportedSentRows(header["from"], header["made"], imported, *entries.rows_of(self._db, origin))

    def _unsealed(self, file: Path, header: dict[str, Any], code: str) -> bytes:
        bare = "".join(filter(str.isalnum, code)).lower()
        seal, check = _derived(bare, bytes.fromhex(header["salt"]))
        plain, keyed = hashlib.sha256(), hashlib.blake2b(key=check, digest_size=CHECK_BYTES)
        with _opened(file) as stream:
            left = stream.size() - 2 * CHECK_BYTES
            while left > 0 and (block := stream.read(min(left, 1 << 20))):
                plain.update(block)
                keyed.update(block)
                left -= len(block)
            said = stream.read(2 * CHECK_BYTES)
        if not hmac.compare_digest(plain.digest(), said[:CHECK_BYTES]):
            raise FileError(f"{file.name} is damaged: something in it was changed. {ANOTHER}", kind="damaged")
        if not hmac.compare_digest(keyed.digest(), said[CHECK_BYTES:]):
            raise FileError(f"The code does not open {file.name}. Enter it as it was shown at the export.", kind="password")
        return _xor(bytes.fromhex(header["key"]), seal)


def announced(file: Path) -> str:
    """What an exported memory says of itself, for people; FileError when it is none, or cut."""
    header = read_header(file)
    return f"Accepted rows of {header['from']}, as they stood on {day_of(header['made'])}."


def read_header(file: Path) -> dict[str, Any]:
    """Whose memory a file holds, when it was made, how many rows; FileError when it is not such a file, or cut."""
    with _opened(file) as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            raise FileError(f"{file.name} is not an exported memory. {ANOTHER}", kind="not-a-memory")
        line = stream.readline(MAX_HEADER_BYTES)
        there = stream.size()
    try:
        size = len(MAGIC) + len(line) + 2 * CHECK_BYTES
        header = json.loads(line)
        good = _usable(header) and there == size + header["rows"] * ENTRY.size
    except (ValueError, RecursionError):
        good = False
    if not good:
        raise FileError(f"{file.name} is damaged or not complete. {ANOTHER}", kind="damaged")
    return dict(header)


@contextmanager
def _opened(file: Path) -> Iterator[NamedFile]:
    """The file, open to be read; FileError when it cannot be read, also in the middle."""
    try:
        with NamedFile(file) as stream:
            yield stream
    except OSError as error:
        raise FileError(f"{file} cannot be read ({error.strerror}).", kind="missing") from None


def _usable(header: Any) -> bool:
    match header:
        case {"from": str(), "made": str(), "rows": int(rows), "paths": list(paths), "salt": str(salt), "key": str(key)}:
            bytes.fromhex(salt + key)
            pairs = all(isinstance(p, list) and len(p) == 2 and all(isinstance(text, str) for text in p) for p in paths)
            return rows >= 0 and len(salt) == 32 and len(key) == 64 and pairs
    return False


def _write(stream: BinaryIO, header: dict[str, Any], entries: Iterator[bytes], check: bytes) -> None:
    plain, keyed = hashlib.sha256(), hashlib.blake2b(key=check, digest_size=CHECK_BYTES)
    for block in itertools.chain((MAGIC, json.dumps(header).encode() + b"\n"), entries):
        stream.write(block)
        plain.update(block)
        keyed.update(block)
    stream.write(plain.digest() + keyed.digest())


def _entries(file: Path, count: int, paths: list[int]) -> Iterator[entries.Entry]:
    """Nothing in it is from the future: a colleague's clock that is ahead would otherwise outdo what happens here later."""
    now = time.time()
    with _opened(file) as stream:
        stream.seek(len(MAGIC))
        stream.readline(MAX_HEADER_BYTES)
        while count > 0:
            block = stream.read(min(count, ENTRIES_AT_ONCE) * ENTRY.size)
            for subject, fingerprint, sure, answered, place in ENTRY.iter_unpack(block):
                if place >= len(paths) or not answered >= 0:  # the seal is right, so somebody has made it so
                    raise FileError(f"{file.name} is damaged or not complete. {ANOTHER}", kind="damaged")
                yield subject, fingerprint, sure, min(answered, now), paths[place]
            count -= ENTRIES_AT_ONCE


def _derived(code: str, salt: bytes) -> tuple[bytes, bytes]:
    both = hashlib.blake2b(code.encode(), salt=salt, person=b"cgu-memory", digest_size=64).digest()
    return both[:32], both[32:]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
