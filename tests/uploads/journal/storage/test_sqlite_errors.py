"""What SQLite says in a code becomes an error with a sentence."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cg_uploader.errors import DiskFull, JournalError
from cg_uploader.uploads.journal.storage.sqlite_errors import translated


def test_a_full_disk_is_told_from_other_failures(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    for code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_IOERR_WRITE):
        with pytest.raises(DiskFull), translated(tmp_path / "x"):
            raise failure(code)
    for code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED):
        with pytest.raises(JournalError, match="Another program"), translated(tmp_path / "x"):
            raise failure(code)
    for code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
        with pytest.raises(JournalError, match="cannot be written"), translated(tmp_path / "x"):
            raise failure(code)
    with pytest.raises(JournalError, match="cannot be used"), translated(tmp_path / "x"):
        raise failure(sqlite3.SQLITE_ERROR)


def failure(code: int) -> sqlite3.OperationalError:
    """What SQLite raises, in words that say nothing: only the code may decide."""
    error = sqlite3.OperationalError("database is locked or full or readonly")
    error.sqlite_errorcode = code
    return error


def test_a_disk_that_fails_is_not_said_to_be_full_when_the_record_is_gone(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="was deleted or moved away"), translated(tmp_path / "journal.sqlite3"):
        raise failure(sqlite3.SQLITE_IOERR)
