"""The check of the journal for damage and lost commits, and the moving aside of such a journal, whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

from cg_uploader.errors import JournalError
from cg_uploader.translation import _
from cg_uploader.uploads.journal.storage import commit_counter, migration_copy, schema
from cg_uploader.uploads.journal.storage.run_locks import any_run_locked

# A journal up to this size is checked at each start, in some hundredths of a second. A larger one is checked when it looks cut
# off, or when SQLite found damage in it before.
ALWAYS_CHECKED_BYTES = 16 << 20
COMPANIONS = ("-wal", "-shm", "-journal", migration_copy.SUFFIX)
PREFIX = "journal-damaged-"


def is_damaged(file: Path) -> bool:
    """Tell whether ``file`` is a journal that cannot be trusted.  A sound one stays unchanged to the byte.

    Only SQLite opens it.  On POSIX, closing a file releases every lock that this process has on it, also those that SQLite
    holds for another thread.  The next program to close the journal would then delete that thread's write-ahead log.
    """
    known = commit_counter.acknowledged(file)
    size = size_of(file)
    if size == 0:
        return size_of(_beside(file, "-wal")) > 0  # SQLite would delete the write-ahead log
    if size > ALWAYS_CHECKED_BYTES and not _mark(file).exists() and not _shows(file, _cannot_be_read, "immutable=1"):
        return _shows(file, lambda db: _is_behind(db, known))
    damaged = _shows(file, _fails_check) or _shows(file, lambda db: _is_behind(db, known))
    if not damaged and _mark(file).exists():
        with suppress(OSError):  # when the disk cannot be written, opening the journal says so next
            _mark(file).unlink()
    return damaged


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether ``error`` means that the file itself is damaged."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def mark_damaged(file: Path) -> None:
    """Let the next start check ``file``, whatever its size."""
    with suppress(OSError):  # otherwise the next start finds the damage again
        _mark(file).touch(mode=0o600)


def set_aside(file: Path, locks: Path) -> Path:
    """Give the damaged journal and its companions a new name, and return that.

    Raises:
        JournalError: Another program works on a run of it, or it cannot be moved.
    """
    if any_run_locked(locks):
        raise JournalError(
            _("{file} is damaged, and another CG Uploader is sending rows. Wait until it ends, then try again.").format(
                file=file
            )
        )
    stem = f"{PREFIX}{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    number, target = 1, file.with_name(f"{stem}.sqlite3")
    while any(_beside(target, suffix).exists() for suffix in ("", *COMPANIONS)):
        number += 1
        target = file.with_name(f"{stem}-{number}.sqlite3")
    try:
        for suffix in ("", *COMPANIONS):
            if _beside(file, suffix).exists():
                _beside(file, suffix).rename(_beside(target, suffix))
        _mark(file).unlink(missing_ok=True)
    except OSError as error:
        raise JournalError(
            _(
                "{file} is damaged and cannot be moved away ({reason}). Close other windows of CG Uploader, or move it away "
                "yourself, then try again."
            ).format(file=file, reason=error.strerror)
        ) from None
    return target


def find_old(folder: Path, days: int) -> list[Path]:
    """Return the files that were set aside more than ``days`` days ago, by the time in their names.

    They hold row values too.
    """
    old = []
    for path in folder.glob(f"{PREFIX}*"):
        try:
            moved = datetime.strptime(path.name.removeprefix(PREFIX)[:15], "%Y%m%d-%H%M%S").astimezone()
        except ValueError:
            continue
        if datetime.now().astimezone() - moved > timedelta(days=days):
            old.append(path)
    return old


def _shows(file: Path, check: Callable[[sqlite3.Connection], bool], mode: str = "mode=ro") -> bool:
    """Tell whether ``check`` finds something in ``file``, or SQLite says that the file is damaged.

    A read-only connection changes neither the file nor its write-ahead log, also when it is closed.  ``immutable=1`` reads the
    file without its log.  SQLite then says at once when it is no database, or cut off.
    """
    address = f"{file.absolute().as_uri()}?{mode}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=30.0, isolation_level=None)) as connection:
            connection.execute("begin")
            return check(connection)
    except sqlite3.OperationalError:
        return False  # it cannot be read now, which proves nothing
    except sqlite3.DatabaseError as error:
        return is_damage(error)


def _cannot_be_read(connection: sqlite3.Connection) -> bool:
    connection.execute("select 1 from sqlite_master").fetchone()  # raises when it cannot
    return False


def _fails_check(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("pragma quick_check(1)").fetchone() != ("ok",))


def _is_behind(connection: sqlite3.Connection, known: commit_counter.Acknowledged) -> bool:
    """Tell whether commits are missing.  An empty file lacks none: it becomes a new journal, which nothing was counted for."""
    return schema.can_read(connection) and commit_counter.is_behind(connection, known)


def _beside(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


def _mark(file: Path) -> Path:
    return _beside(file, "-looked-damaged")


def size_of(file: Path) -> int:
    """Return the size of a file in bytes, and 0 when there is none."""
    try:
        return file.stat().st_size
    except OSError:
        return 0
