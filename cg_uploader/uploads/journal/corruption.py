"""A journal that is damaged or has lost commits: how it is known, and how it is set aside whole, never overwritten."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

from cg_uploader.errors import JournalError
from cg_uploader.uploads.journal import commit_counter, migration_copy, schema
from cg_uploader.uploads.journal.locks import somebody_works

# A journal up to this size is looked through at each start (some hundredths of a second); a larger one when it looks cut, or
# when SQLite stumbled over it before.
ALWAYS_CHECKED_BYTES = 16 << 20
COMPANIONS = ("-wal", "-shm", "-journal", migration_copy.SUFFIX)
PREFIX = "journal-damaged-"


def is_damaged(file: Path) -> bool:
    """Whether ``file`` is a journal that cannot be trusted; nothing is written, and a good one stays byte for byte.

    SQLite alone opens it: on POSIX whoever closes a file gives up every lock that this process has on it, also those that
    SQLite holds for another thread, and the next program to close the journal would throw that thread's log away.
    """
    known = commit_counter.acknowledged(file)
    size = size_of(file)
    if size == 0:
        return size_of(_beside(file, "-wal")) > 0  # SQLite would throw the write-ahead log away
    if size > ALWAYS_CHECKED_BYTES and not _mark(file).exists() and not _shows(file, _cannot_be_read, "immutable=1"):
        return _shows(file, lambda db: _is_behind(db, known))
    damaged = _shows(file, _fails_a_check) or _shows(file, lambda db: _is_behind(db, known))
    if not damaged and _mark(file).exists():
        with suppress(OSError):  # a disk that cannot be written: whoever opens the journal next says so
            _mark(file).unlink()
    return damaged


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says with ``error`` that the file itself is damaged."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def note(file: Path) -> None:
    """SQLite has stumbled over ``file``: the next start looks it through, whatever its size."""
    try:
        _mark(file).touch(mode=0o600)
    except OSError:
        return  # then the next start stumbles too, and says so again


def set_aside(file: Path, locks: Path) -> Path:
    """Move the damaged journal and its companions away under a new name, and return that.

    JournalError when another program works on a run of it, or when it cannot be moved.
    """
    if somebody_works(locks):
        raise JournalError(f"{file} is damaged, and another CG Uploader is sending rows. Wait until it ends, then try again.")
    stem = f"{PREFIX}{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    number, target = 1, file.with_name(f"{stem}.sqlite3")
    while any(_beside(target, ending).exists() for ending in ("", *COMPANIONS)):
        number += 1
        target = file.with_name(f"{stem}-{number}.sqlite3")
    try:
        for ending in ("", *COMPANIONS):
            if _beside(file, ending).exists():
                _beside(file, ending).rename(_beside(target, ending))
        _mark(file).unlink(missing_ok=True)
    except OSError as error:
        raise JournalError(
            f"{file} is damaged and cannot be moved away ({error.strerror}). "
            "Close other windows of CG Uploader, or move it away yourself, then try again."
        ) from None
    return target


def old_ones(folder: Path, days: int) -> list[Path]:
    """Files that were set aside more than ``days`` days ago, by the time in their names: they hold row values too."""
    found = []
    for path in folder.glob(f"{PREFIX}*"):
        try:
            made = datetime.strptime(path.name.removeprefix(PREFIX)[:15], "%Y%m%d-%H%M%S").astimezone()
        except ValueError:
            continue
        if datetime.now().astimezone() - made > timedelta(days=days):
            found.append(path)
    return found


def _shows(file: Path, harm: Callable[[sqlite3.Connection], bool], way: str = "mode=ro") -> bool:
    """Whether a look at ``file`` shows ``harm``, or SQLite says that the file itself is damaged.

    A read-only connection leaves the file and its write-ahead log as they are, also at its end.  ``immutable=1`` sees the file
    as it is without its log: SQLite says so at once when it is no journal, or cut.
    """
    try:
        with closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?{way}", uri=True, timeout=30.0, isolation_level=None)
        ) as connection:
            connection.execute("begin")
            return harm(connection)
    except sqlite3.OperationalError:
        return False  # it cannot be looked at now, which proves nothing
    except sqlite3.DatabaseError as error:
        return is_damage(error)


def _cannot_be_read(connection: sqlite3.Connection) -> bool:
    connection.execute("select 1 from sqlite_master").fetchone()  # else SQLite raises
    return False


def _fails_a_check(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("pragma quick_check(1)").fetchone() != ("ok",))


def _is_behind(connection: sqlite3.Connection, known: commit_counter.Acknowledged) -> bool:
    """An empty one is not: what is made of it is another journal than the one that was counted."""
    return schema.can_read(connection) and commit_counter.is_behind(connection, known)


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _mark(file: Path) -> Path:
    return _beside(file, "-looked-damaged")


def size_of(file: Path) -> int:
    """Bytes of a file; 0 when it is not there (any more)."""
    try:
        return file.stat().st_size
    except OSError:
        return 0
