"""The errors for what goes wrong with the journal's file, each with a sentence for the user."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cg_uploader.errors import DiskFull, JournalError, RunChanged
from cg_uploader.system.atomic_file import FULL
from cg_uploader.translation import _
from cg_uploader.uploads.journal.storage import corruption
from cg_uploader.uploads.journal.storage.run_locks import gone


@contextmanager
def translated(file: Path, run: int | None = None) -> Iterator[None]:
    """Raise what goes wrong inside as an error with a sentence.  SQLite's own texts may quote a row's values.

    Args:
        file: The journal.
        run: The run whose record is read, if it is one run's.

    Raises:
        DiskFull: The disk is full.
        RunChanged: Something in the record of ``run`` is not as it was written.
        JournalError: Anything else.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _operational(error, file, run) from None
    except sqlite3.DatabaseError as error:
        if corruption.is_damage(error):
            corruption.mark_damaged(file)
        raise JournalError(
            _(
                "The record of uploads {file} is damaged. Start CG Uploader again: it sets the damaged record aside and says "
                "what that means."
            ).format(file=file)
        ) from None
    except (KeyError, ValueError):
        raise _changed(file, run) from None
    except OSError as error:
        raise (_full(file) if error.errno in FULL else _not_written(file, error)) from None


def _operational(error: sqlite3.OperationalError, file: Path, run: int | None) -> JournalError:
    """Choose the error by SQLite's code, whose low byte is the kind.  An error that Python makes itself has none."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    kind = None if code is None else code & 0xFF
    if kind is None:
        return _changed(file, run)  # a text in the file that is no Unicode
    if kind == sqlite3.SQLITE_IOERR and not file.exists():
        return gone(file)
    if kind in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return _full(file)
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return JournalError(_("Another program keeps {file} busy. Close it, then continue.").format(file=file))
    if kind in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return cannot_be_kept(file, _("it cannot be written"))
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    return JournalError(
        _("The record of uploads {file} cannot be used ({name}). Close what else uses it, then try again.").format(
            file=file, name=name
        )
    )


def _not_written(file: Path, error: OSError) -> JournalError:
    return JournalError(
        _(
            "{file} cannot be written ({reason}), so uploads cannot be recorded. Make it writable, then continue; nothing was "
            "sent that is not recorded."
        ).format(file=error.filename or file, reason=error.strerror)
    )


def _full(file: Path) -> DiskFull:
    return DiskFull(
        _(
            "The disk is full: {file}, the record of uploads, cannot be written. Make room on that disk, then try again. "
            "Nothing was sent that is not recorded."
        ).format(file=file)
    )


def _changed(file: Path, run: int | None) -> JournalError:
    """Return the error for values that were changed in a file that SQLite can read.  Other runs can still be used."""
    if run is not None:
        return RunChanged(
            _(
                "Something that {file} says of upload {run} is not as it was written: a fault of the disk, or another program. "
                "Forget upload {run} to delete it from the record. The others can be used."
            ).format(file=file, run=run)
        )
    return JournalError(
        _(
            "Something in {file}, the record of uploads, is not as it was written: a fault of the disk, or another program. "
            "Move the file away to begin a new record."
        ).format(file=file)
    )


def cannot_be_kept(file: Path, reason: str) -> JournalError:
    """Return the error for a folder in which no journal can be kept."""
    return JournalError(
        _(
            "The record of uploads cannot be kept in {folder} ({reason}). Make that folder writable, then try again; nothing "
            "was sent."
        ).format(folder=file.parent, reason=reason)
    )
