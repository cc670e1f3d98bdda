"""How many commits the journal has acknowledged, written beside it: a journal that knows fewer has lost some.

SQLite drops the damaged frames of a write-ahead log without an error, and an older copy of the journal is a sound one.  Only
what stands outside shows the loss.  The journal counts its commits.  The count is written here after the commit, and before a
row leaves or anybody is told.  So a power cut can only leave the count here too low, which proves nothing.

The file holds a ring of entries: whose count it is (a keyed hash), the count, a checksum.  Programs that run side by side write
different entries, and the highest one counts.  An entry that is not whole does not count.  A file that cannot be read, or is
not there, says nothing: a journal of an earlier version has none.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import struct
from contextlib import suppress
from pathlib import Path

SUFFIX = "-commits"
SLOTS = 64
_ENTRY = struct.Struct(">16sQ8s")
_SIZE = SLOTS * _ENTRY.size
_EMPTY = bytes(_ENTRY.size)
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_SYNC = getattr(os, "fdatasync", os.fsync)  # not on macOS and Windows

# The highest acknowledged count of each journal by its identity; usually one.
Acknowledged = dict[bytes, int]


def file_of(journal: Path) -> Path:
    """Where the count of a journal stands."""
    return journal.with_name(journal.name + SUFFIX)


def acknowledged(journal: Path) -> Acknowledged:
    """What stands beside ``journal``.  To be read before the journal is: another program may commit in between."""
    found: Acknowledged = {}
    for identity, count in filter(None, _entries(journal)):
        found[identity] = max(count, found.get(identity, 0))
    return found


def count(db: sqlite3.Connection) -> int:
    """Count one more commit, inside it; return the new count."""
    db.execute("update key set commits = commits + 1")
    return int(db.execute("select commits from key").fetchone()[0])


def is_behind(db: sqlite3.Connection, known: Acknowledged) -> bool:
    """Whether the journal has lost commits that were acknowledged, or the key by which it knows rows."""
    match db.execute("select * from key").fetchone():
        case (bytes(secret),):  # of a version that counted nothing
            return known.get(_identity(secret), 0) > 0
        case (bytes(secret), int(reached)):
            return known.get(_identity(secret), 0) > reached
    return True


class CommitCounter:
    """Writes the count beside one journal; used by the thread that opened the journal."""

    def __init__(self, journal: Path, secret: bytes) -> None:
        """``secret``: the journal's key.  The file is made with the first count."""
        self._journal = journal
        self._identity = _identity(secret)
        self._handle: int | None = None

    def others(self) -> bool:
        """Whether counts of another journal stand here: that one was in this place before, and is gone."""
        return any(identity != self._identity for identity in acknowledged(self._journal))

    def drop_others(self) -> None:
        """Take the counts of other journals away; OSError when that cannot be done."""
        for slot, entry in enumerate(_entries(self._journal)):
            if entry is not None and entry[0] != self._identity:
                self._write(slot, _EMPTY)
        if self._handle is not None:
            _SYNC(self._handle)

    def acknowledge(self, count: int, *, durable: bool) -> None:
        """Write the count of a commit that is on the platter; OSError when that cannot be done.

        ``durable``: this too is on the platter before the function returns.
        """
        self._write(count % SLOTS, _packed(self._identity, count))
        if durable and self._handle is not None:
            _SYNC(self._handle)

    def close(self) -> None:
        """Give the file back."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _write(self, slot: int, entry: bytes) -> None:
        if self._handle is None:
            self._handle = _opened(file_of(self._journal))
        os.lseek(self._handle, slot * _ENTRY.size, os.SEEK_SET)
        os.write(self._handle, entry)


def _opened(file: Path) -> int:
    """The file, whole, for this user alone; a new one is on the platter with its name."""
    handle = os.open(file, _FLAGS, 0o600)
    try:
        if (size := os.fstat(handle).st_size) < _SIZE:
            os.lseek(handle, size, os.SEEK_SET)
            os.write(handle, bytes(_SIZE - size))
            os.fsync(handle)
            _sync_folder(file.parent)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # no folder can be opened there
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network drives cannot
            os.fsync(handle)
    finally:
        os.close(handle)


def _entries(journal: Path) -> list[tuple[bytes, int] | None]:
    """What each slot says; None for one that is empty or not whole."""
    try:
        file = file_of(journal)
        content = file.read_bytes()[:_SIZE] if file.is_file() else b""  # a pipe in its place would be waited for
    except OSError:
        return []
    return [_unpacked(content[at : at + _ENTRY.size]) for at in range(0, len(content), _ENTRY.size)]


def _packed(identity: bytes, count: int) -> bytes:
    return _ENTRY.pack(identity, count, _checksum(identity, count))


def _unpacked(entry: bytes) -> tuple[bytes, int] | None:
    if len(entry) < _ENTRY.size or entry == _EMPTY:
        return None
    identity, count, checksum = _ENTRY.unpack(entry)
    return (identity, count) if checksum == _checksum(identity, count) else None


def _checksum(identity: bytes, count: int) -> bytes:
    return hashlib.blake2b(_ENTRY.pack(identity, count, b""), digest_size=8).digest()


def _identity(secret: bytes) -> bytes:
    """What tells one journal from another, and does not tell its key."""
    return hashlib.blake2b(b"journal", key=secret[:64], digest_size=16).digest()
