"""A journal that SQLite cannot read any more: how it is known, and how it is set aside whole, never overwritten."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

from cg_uploader.errors import JournalError
from cg_uploader.uploads.journal.holds import somebody_works

ALWAYS_CHECKED_BYTES = 16 << 20
"""A journal up to this size is looked through at each start (some hundredths of a second); a larger one when it looks cut,
or when SQLite stumbled over it before."""
COMPANIONS = ("-wal", "-shm", "-journal")
PREFIX = "journal-damaged-"


def is_damaged(file: Path) -> bool:
    """Whether ``file`` is a journal that cannot be trusted; nothing is written, and a good one stays byte for byte.

    SQLite alone opens it: on POSIX whoever closes a file gives up every lock that this process has on it, also those that
    SQLite holds for another thread, and the next program to close the journal would throw that thread's log away.
    """
    size = size_of(file)
    if size == 0:
        return size_of(_beside(file, "-wal")) > 0  # SQLite would throw the write-ahead log away
    if (
        size > ALWAYS_CHECKED_BYTES
        and not _mark(file).exists()
        and _is_sound(file, "immutable=1", "select 1 from sqlite_master")
    ):
        return False
    damaged = not _is_sound(file)
    if not damaged and _mark(file).exists():
        with suppress(OSError):  # a disk that cannot be written: whoever opens the journal next says so
            _mark(file).unlink()
    return damaged


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says with ``error`` that the file itself is damaged."""
    return (getattr(error, "sqlite_errorname", "") or "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


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


def _is_sound(file: Path, way: str = "mode=ro", look: str = "pragma quick_check(1)") -> bool:
    """A read-only connection leaves the file and its write-ahead log as they are, also at its end.

    ``immutable=1`` sees the file as it is without its log: SQLite says so at once when it is no journal, or cut.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?{way}", uri=True, timeout=30.0)) as connection:
            return connection.execute(look).fetchone() in (("ok",), (1,), None)
    except sqlite3.OperationalError:
        return True  # it cannot be looked at now, which proves nothing
    except sqlite3.DatabaseError as error:
        return not is_damage(error)


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
