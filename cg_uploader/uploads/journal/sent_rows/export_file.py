"""The file of sent rows that one computer exports and a colleague's imports.

It holds keyed hashes, times, addresses, references, whose it is, and the key, encrypted with a code of 100 random bits.  The
user sends the code another way than the file, which says nothing about any row without it.  With both, guesses can be tried,
such as one e-mail address after the other.  So only the colleague may have both.
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
from cg_uploader.translation import N_, _, ngettext
from cg_uploader.uploads.journal.dates import day_of, iso
from cg_uploader.uploads.journal.run_locks import user_name
from cg_uploader.uploads.journal.sent_rows import entries

MAGIC = b"CG Uploader memory 1\n"
ENTRY = struct.Struct(">16s16sBdH")
CHECK_BYTES = 32
MAX_HEADER_BYTES = 8 << 20
ENTRIES_AT_ONCE = 10_000
_ADVICE = N_("Ask for the file again, or for a new export.")
CODE_ADVICE = N_(
    "Tell your colleague the code another way than you hand over the file. Whoever has both can find out whether "
    "a row, or an e-mail address, that they know already is among the rows."
)


@dataclass(frozen=True, slots=True)
class ImportedSentRows:
    """What was imported of one colleague's sent rows."""

    name: str  # user and computer
    made: str  # when it was exported (ISO 8601)
    imported: str  # when it was imported (ISO 8601)
    rows: int
    unsure: int  # how many of them may have arrived

    @property
    def description(self) -> str:
        """What of it is known here, in one sentence."""
        days = {"name": self.name, "made": day_of(self.made), "imported": day_of(self.imported)}
        accepted = _accepted(self.rows - self.unsure)
        if not self.unsure:
            text = _("{accepted} of {name}, as they stood on {made}, imported on {imported}.")
            return text.format(accepted=accepted, **days)
        text = _("{accepted} of {name}, and {unsure:,} that may have arrived, as they stood on {made}, imported on {imported}.")
        return text.format(accepted=accepted, unsure=self.unsure, **days)

    @property
    def import_message(self) -> str:
        """What has just been imported, in one sentence."""
        names = {"accepted": _accepted(self.rows - self.unsure), "name": self.name, "made": day_of(self.made)}
        if not self.unsure:
            return _("{accepted} that {name} had sent by {made}: remembered here now.").format(**names)
        text = _("{accepted} that {name} had sent by {made}, and {unsure:,} that may have arrived: remembered here now.")
        return text.format(unsure=self.unsure, **names)


def _accepted(count: int) -> str:
    return ngettext("{count:,} accepted row", "{count:,} accepted rows", count).format(count=count)


class SentRowsFile:
    """Exports the sent rows of one journal, and imports those of others."""

    def __init__(
        self, db: sqlite3.Connection, secret: bytes, change: Callable[[], AbstractContextManager[sqlite3.Connection]]
    ) -> None:
        """``secret`` is the journal's key.  ``change`` makes one commit."""
        self._db = db
        self._secret = secret
        self._change = change

    def rows(self) -> int:
        """Count the rows that this computer has sent itself.  A row can have several entries."""
        return entries.rows_of(self._db, entries.OWN)[0]

    def describe(self) -> tuple[str, ...]:
        """Say what is known: a sentence for this computer, then one for each import."""
        rows, unsure = entries.rows_of(self._db, entries.OWN)
        accepted = _accepted(rows - unsure)
        own = _("This computer remembers {accepted} that it has sent itself.").format(accepted=accepted)
        if unsure:
            text = _("This computer remembers {accepted} that it has sent itself, and {unsure:,} that may have arrived.")
            own = text.format(accepted=accepted, unsure=unsure)
        return (own, *(imported.description for imported in self.imports()))

    def imports(self) -> list[ImportedSentRows]:
        """Return what was imported, oldest first."""
        origins = self._db.execute("select name, made, imported, id from origin order by id").fetchall()
        return [ImportedSentRows(name, made, came, *entries.rows_of(self._db, origin)) for name, made, came, origin in origins]

    def export_to(self, target: Path) -> tuple[int, str]:
        """Write this computer's own sent rows to ``target``, whole or not at all.

        Returns:
            How many rows there are, and the code.

        Raises:
            UsageError: There are none, or ``target`` cannot be written.
        """
        with self._one_moment():
            destinations = self._db.execute("select id, records, reference from place order by id").fetchall()
            count = self.rows()
            if not count:
                raise UsageError(_("Nothing has been accepted from this computer yet, so there is nothing to export."))
            code = base64.b32encode(os.urandom(15)).decode().lower()[:20]
            salt = os.urandom(16)
            seal, check = _derived(code, salt)
            header = {
                # In English, because the colleague's language is not known.
                "from": f"{user_name() or 'a user without a name'} on {computer_name() or 'another computer'}",
                "made": iso(),
                "rows": self._db.execute("select count(*) from memory where origin = 0").fetchone()[0],
                "paths": [destination[1:] for destination in destinations],
                "salt": salt.hex(),
                "key": _xor(self._secret, seal).hex(),
            }
            with saved_whole(target) as part, part.open("wb") as stream:
                _write(stream, header, self._packed([destination[0] for destination in destinations]), check)
        return count, "-".join(code[start : start + 5] for start in range(0, len(code), 5))

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        """Read everything inside as it is at the beginning, whatever another program writes meanwhile."""
        self._db.execute("begin")
        try:
            yield
        finally:
            self._db.execute("rollback")

    def _packed(self, destinations: list[int]) -> Iterator[bytes]:
        index = {destination: number for number, destination in enumerate(destinations)}
        for subject, fingerprint, sure, answered, destination in entries.own_entries(self._db):
            yield ENTRY.pack(subject, fingerprint, sure, answered, index[destination])

    def import_from(self, file: Path, code: str) -> ImportedSentRows:
        """Import the sent rows in ``file``.  Doing it again changes nothing.

        Raises:
            FileError: It is no such file, it is damaged, or the code does not open it.
            UsageError: It was exported from this computer.
        """
        header = read_header(file)
        key = self._decrypted_key(file, header, code)
        if key == self._secret:
            raise UsageError(_("{file} was exported from this computer, so there is nothing to add.").format(file=file.name))
        imported = iso()
        with self._change() as db:
            db.execute(
                "insert into origin (name, secret, made, imported) values (?, ?, ?, ?) on conflict (secret)"
                " do update set name = excluded.name, made = max(made, excluded.made), imported = excluded.imported",
                (header["from"], key, header["made"], imported),
            )
            (origin,) = db.execute("select id from origin where secret = ?", (key,)).fetchone()
            destinations = [entries.destination_id(db, records, reference) for records, reference in header["paths"]]
            entries.add_imported(db, origin, _entries(file, header["rows"], destinations))
        return ImportedSentRows(header["from"], header["made"], imported, *entries.rows_of(self._db, origin))

    def _decrypted_key(self, file: Path, header: dict[str, Any], code: str) -> bytes:
        bare = "".join(filter(str.isalnum, code)).lower()
        seal, check = _derived(bare, bytes.fromhex(header["salt"]))
        plain, keyed = hashlib.sha256(), hashlib.blake2b(key=check, digest_size=CHECK_BYTES)
        with _opened(file) as stream:
            left = stream.size() - 2 * CHECK_BYTES
            while left > 0 and (block := stream.read(min(left, 1 << 20))):
                plain.update(block)
                keyed.update(block)
                left -= len(block)
            checks = stream.read(2 * CHECK_BYTES)
        if not hmac.compare_digest(plain.digest(), checks[:CHECK_BYTES]):
            text = _("{file} is damaged: something in it was changed.").format(file=file.name)
            raise FileError(text + " " + _(_ADVICE), kind="damaged")
        if not hmac.compare_digest(keyed.digest(), checks[CHECK_BYTES:]):
            text = _("The code does not open {file}. Enter it as it was shown at the export.").format(file=file.name)
            raise FileError(text, kind="password")
        return _xor(bytes.fromhex(header["key"]), seal)


def describe_file(file: Path) -> str:
    """Say whose sent rows an exported file holds, and when it was made.

    Raises:
        FileError: It is no such file, or not complete.
    """
    header = read_header(file)
    return _("Accepted rows of {name}, as they stood on {day}.").format(name=header["from"], day=day_of(header["made"]))


def read_header(file: Path) -> dict[str, Any]:
    """Return the header of an exported file: whose it is, when it was made, how many entries it has.

    Raises:
        FileError: It is no such file, or not complete.
    """
    with _opened(file) as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            text = _("{file} is not an exported file of accepted rows.").format(file=file.name)
            raise FileError(text + " " + _(_ADVICE), kind="not-a-memory")
        line = stream.readline(MAX_HEADER_BYTES)
        file_size = stream.size()
    try:
        header = json.loads(line)
        size = len(MAGIC) + len(line) + 2 * CHECK_BYTES
        good = _usable(header) and file_size == size + header["rows"] * ENTRY.size
    except (ValueError, RecursionError):
        good = False
    if not good:
        raise _incomplete(file)
    return dict(header)


def _incomplete(file: Path) -> FileError:
    text = _("{file} is damaged or not complete.").format(file=file.name)
    return FileError(text + " " + _(_ADVICE), kind="damaged")


@contextmanager
def _opened(file: Path) -> Iterator[NamedFile]:
    """Open the file to be read.

    Raises:
        FileError: It cannot be read, or not to its end.
    """
    try:
        with NamedFile(file) as stream:
            yield stream
    except OSError as error:
        text = _("{file} cannot be read ({reason}).").format(file=file, reason=error.strerror)
        raise FileError(text, kind="missing") from None


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


def _entries(file: Path, count: int, destinations: list[int]) -> Iterator[entries.Entry]:
    """Iterate over the entries of a file.

    Times in the future become now, so that an entry from a clock that is ahead is not newer than what happens here later.
    """
    now = time.time()
    with _opened(file) as stream:
        stream.seek(len(MAGIC))
        stream.readline(MAX_HEADER_BYTES)
        while count > 0:
            block = stream.read(min(count, ENTRIES_AT_ONCE) * ENTRY.size)
            for subject, fingerprint, sure, answered, number in ENTRY.iter_unpack(block):
                if number >= len(destinations) or not answered >= 0:  # the checks are right, so the file was made like this
                    raise _incomplete(file)
                yield subject, fingerprint, sure, min(answered, now), destinations[number]
            count -= ENTRIES_AT_ONCE


def _derived(code: str, salt: bytes) -> tuple[bytes, bytes]:
    both = hashlib.blake2b(code.encode(), salt=salt, person=b"cgu-memory", digest_size=64).digest()
    return both[:32], both[32:]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
