"""The journal's file: made private before SQLite sees it, its schema, and SQLite's failures in words."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from cg_uploader.errors import DiskFull, JournalError

MIGRATIONS = (
    """
    create table key (secret blob not null);
    create table run (
        id integer primary key autoincrement,
        content text not null,
        records text not null,
        reference text not null,
        plan text not null,
        sent_by text not null,
        started text not null,
        finished text,
        stopped text,
        exit integer,
        rows integer not null
    );
    create index run_by_content on run (content);
    create table row (
        id integer primary key,
        number integer not null,
        state text not null,
        once integer not null,
        cells text,
        who text not null default '',
        http integer,
        attempts integer not null default 0,
        messages text not null default '[]',
        answered real,
        fingerprint blob not null
    );
    create index once_by_fingerprint on row (fingerprint) where once = 1;
    """,
)
"""What brings a journal from version n to n + 1; ``PRAGMA user_version`` says where one stands."""

BUSY_SECONDS = 30.0


def open_journal(file: Path) -> sqlite3.Connection:
    """The journal's connection: write-ahead log, every commit on the platter, deleted values overwritten.

    JournalError when the file is damaged, foreign or newer than this program; it is left as it is then.
    """
    with translated(file):
        _create_private(file)
        connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _prepare(connection, file)
        except BaseException:
            connection.close()
            raise
    return connection


def _create_private(file: Path) -> None:
    """SQLite makes files that others can read, so the file exists, readable by its owner alone, before SQLite opens it."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise JournalError(
            f"The record of uploads cannot be kept in {file.parent} ({error.strerror}). "
            "Make that folder writable, then try again; nothing was sent."
        ) from None


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    if _version(connection) != len(MIGRATIONS):
        with FileLock(f"{file}.lock", mode=0o600, timeout=BUSY_SECONDS):
            _bring_up_to_date(connection, file)
    connection.execute("pragma synchronous=full")
    if connection.execute("pragma secure_delete=on").fetchone()[0] != 1:
        raise JournalError("This computer's SQLite cannot overwrite what it deletes, so nothing is recorded with it.")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])


def _bring_up_to_date(connection: sqlite3.Connection, file: Path) -> None:
    """Make or migrate the journal in one commit; two programs that start at once do it once."""
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise JournalError(
            f"{file} was written by a newer CG Uploader. Install the newest version and try again; nothing was changed."
        )
    if version == 0 and connection.execute("select count(*) from sqlite_master").fetchone()[0]:
        raise JournalError(f"{file} is not CG Uploader's record of uploads. Move it away, then try again.")
    if version == len(MIGRATIONS):
        return
    connection.execute("pragma journal_mode=wal")
    connection.execute("begin immediate")
    for script in MIGRATIONS[version:]:
        for statement in script.split(";"):
            connection.execute(statement)
    connection.execute("insert into key select ? where not exists (select 1 from key)", (os.urandom(32),))
    connection.execute(f"pragma user_version = {len(MIGRATIONS)}")
    connection.execute("commit")


def ensure_space(folder: Path, needed: int) -> None:
    """DiskFull unless ``needed`` bytes are free where the journal lives."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFull(
            f"The record of this upload needs {needed / 1e6:,.0f} MB in {folder}, and {free / 1e6:,.0f} MB are free. "
            "Make room on that disk, then continue."
        )


@contextlib.contextmanager
def translated(file: Path) -> Iterator[None]:
    """SQLite's failures as ours: DiskFull, or JournalError with a sentence."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "full" in text or "disk I/O" in text:
            raise DiskFull(
                f"The disk is full: the record of this upload in {file.parent} cannot be written. "
                "Make room on that disk, then continue; nothing was sent that is not recorded."
            ) from None
        if "locked" in text:
            raise JournalError(f"Another program keeps {file} busy. Close it, then continue.") from None
        raise JournalError(f"The record of uploads {file} cannot be used ({text}).") from None
    except sqlite3.DatabaseError as error:
        raise JournalError(
            f"{file} is damaged ({error}). Move it away to start a new record; earlier runs are in the damaged one."
        ) from None
