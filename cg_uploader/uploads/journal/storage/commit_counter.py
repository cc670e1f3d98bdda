"""The count of the journal's commits, kept in a file beside it, which shows when the journal has lost some.

SQLite drops the damaged frames of a write-ahead log without an error.  An older copy of the journal looks sound too.  Only a
count outside the journal shows such a loss.  It is written after a commit, and before a row leaves or an outcome is announced.
So a power cut can only leave it too low, which proves nothing.

The file is a ring of entries.  Each holds a keyed hash of the journal's key, the count, and a checksum.  Programs that run
side by side write different entries, and the highest count is valid.  An entry that is not whole is ignored.  A file that
cannot be read, or does not exist, proves nothing: a journal of an earlier version has none.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import struct
from contextlib import ExitStack, suppress
from pathlib import Path

SUFFIX = "-commits"
# Entries in the ring.
SLOTS = 64
_ENTRY = struct.Struct(">16sQ8s")
_SIZE = SLOTS * _ENTRY.size
_EMPTY = bytes(_ENTRY.size)
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_SYNC = getattr(os, "fdatasync", os.fsync)  # not on macOS and Windows

# The highest acknowledged count of each journal, by its identity. There is usually one journal.
Acknowledged = dict[bytes, int]


def file_of(journal: Path) -> Path:
    """Return the path of a journal's count."""
    return journal.with_name(journal.name + SUFFIX)


def acknowledged(journal: Path) -> Acknowledged:
    """Read the counts beside ``journal``.

    They are read before the journal is, because another program may commit in between.
    """
    counts: Acknowledged = {}
    for identity, count in filter(None, _entries(journal)):
        counts[identity] = max(count, counts.get(identity, 0))
    return counts


def count(db: sqlite3.Connection) -> int:
    """Count one more commit, inside it, and return the new count."""
    db.execute("update key set commits = commits + 1")
    return int(db.execute("select commits from key").fetchone()[0])


def is_behind(db: sqlite3.Connection, known: Acknowledged) -> bool:
    """Tell whether the journal has lost commits that were acknowledged, or its key."""
    match db.execute("select * from key").fetchone():
        case (bytes(secret),):  # a version that counted nothing
            return known.get(_identity(secret), 0) > 0
        case (bytes(secret), int(reached)):
            return known.get(_identity(secret), 0) > reached
    return True


class CommitCounter:
    """Writes the count beside one journal.  Used by the thread that opened the journal."""

    def __init__(self, journal: Path, secret: bytes) -> None:
        """``secret`` is the journal's key.  The file is made with the first count."""
        self._journal = journal
        self._identity = _identity(secret)
        self._handle: int | None = None

    def others(self) -> bool:
        """Tell whether the file has counts of another journal, which was here before and is gone."""
        return any(identity != self._identity for identity in acknowledged(self._journal))

    def drop_others(self) -> None:
        """Delete the counts of other journals.

        Raises:
            OSError: The file cannot be written.
        """
        for slot, entry in enumerate(_entries(self._journal)):
            if entry is not None and entry[0] != self._identity:
                self._write(slot, _EMPTY)
        if self._handle is not None:
            _SYNC(self._handle)

    def acknowledge(self, count: int, *, durable: bool) -> None:
        """Write the count of a commit that is on disk.

        With ``durable``, the count is on disk too when this returns.

        Raises:
            OSError: The file cannot be written.
        """
        self._write(count % SLOTS, _packed(self._identity, count))
        if durable and self._handle is not None:
            _SYNC(self._handle)

    def close(self) -> None:
        """Close the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _write(self, slot: int, entry: bytes) -> None:
        if self._handle is None:
            self._handle = _opened(file_of(self._journal))
        os.lseek(self._handle, slot * _ENTRY.size, os.SEEK_SET)
        os.write(self._handle, entry)


def _opened(file: Path) -> int:
    """Open the file in its full size, readable by this user alone.  A new one is on disk with its name."""
    handle = os.open(file, _FLAGS, 0o600)
    with ExitStack() as on_failure:
        on_failure.callback(os.close, handle)
        if (size := os.fstat(handle).st_size) < _SIZE:
            os.lseek(handle, size, os.SEEK_SET)
            os.write(handle, bytes(_SIZE - size))
            os.fsync(handle)
            _sync_folder(file.parent)
        on_failure.pop_all()
    return handle


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows cannot open a folder
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network drives cannot
            os.fsync(handle)
    finally:
        os.close(handle)


def _entries(journal: Path) -> list[tuple[bytes, int] | None]:
    """Read each slot: identity and count, or None for a slot that is empty or not whole."""
    try:
        file = file_of(journal)
        content = file.read_bytes()[:_SIZE] if file.is_file() else b""  # reading a pipe would block
    except OSError:
        return []
    return [_unpacked(content[start : start + _ENTRY.size]) for start in range(0, len(content), _ENTRY.size)]


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
    """Return what tells one journal from another without telling its key."""
    return hashlib.blake2b(b"journal", key=secret[:64], digest_size=16).digest()
