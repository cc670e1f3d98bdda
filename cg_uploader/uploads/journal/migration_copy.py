"""The copy of a journal that is kept while it is brought to a newer version: until the next good start, and no longer.

It holds the values of rows as the journal does.  So whatever deletes such values deletes the copy too.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

SUFFIX = "-before"
TIMEOUT_SECONDS = 2.0
_FLAGS = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)


def file_of(journal: Path) -> Path:
    """Where the copy of a journal stands."""
    return journal.with_name(journal.name + SUFFIX)


def keep(journal: Path) -> None:
    """Copy what is committed in ``journal``; an older copy gives way.

    Nobody else must be able to write meanwhile: the caller has begun to.

    Raises:
        sqlite3.Error: The journal cannot be read, or the copy cannot be written.
        OSError: The copy cannot be made.
    """
    target = file_of(journal)
    target.unlink(missing_ok=True)
    os.close(os.open(target, _FLAGS, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True, timeout=TIMEOUT_SECONDS)) as source,
            closing(sqlite3.connect(f"{target.absolute().as_uri()}?mode=rw", uri=True)) as copy,
        ):
            source.execute("select 1 from sqlite_master").fetchone()  # says when it is locked; `backup` would wait for ever
            source.backup(copy)
            copy.execute("pragma journal_mode=delete")  # one file, without companions
    except BaseException:
        drop(journal)
        raise


def drop(journal: Path) -> None:
    """Delete the copy, if there is one; what cannot be deleted now is deleted at the next start."""
    with suppress(OSError):
        file_of(journal).unlink()
