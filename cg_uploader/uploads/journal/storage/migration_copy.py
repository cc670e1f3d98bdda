"""The copy of a journal that is made before a migration and deleted at the next good start.

It holds row values as the journal does.  So whatever deletes row values deletes the copy too.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, closing, suppress
from pathlib import Path

SUFFIX = "-before"
TIMEOUT_SECONDS = 2.0
_FLAGS = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)


def file_of(journal: Path) -> Path:
    """Return the path of a journal's copy."""
    return journal.with_name(journal.name + SUFFIX)


def keep(journal: Path) -> None:
    """Copy what is committed in ``journal``, over an older copy.

    The caller has begun to write, so that no other program can write meanwhile.

    Raises:
        sqlite3.Error: The journal cannot be read, or the copy cannot be written.
        OSError: The copy cannot be made.
    """
    target = file_of(journal)
    target.unlink(missing_ok=True)
    os.close(os.open(target, _FLAGS, 0o600))
    with ExitStack() as on_failure:
        on_failure.callback(drop, journal)
        with (
            closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True, timeout=TIMEOUT_SECONDS)) as source,
            closing(sqlite3.connect(f"{target.absolute().as_uri()}?mode=rw", uri=True)) as copy,
        ):
            source.execute("select 1 from sqlite_master").fetchone()  # raises when locked, where `backup` would wait for ever
            source.backup(copy)
            copy.execute("pragma journal_mode=delete")  # one file, without companions
        on_failure.pop_all()


def drop(journal: Path) -> None:
    """Delete the copy, if there is one.  Where that fails, the next start does it."""
    with suppress(OSError):
        file_of(journal).unlink()
