"""The journal's file: made private before SQLite sees it, opened or set aside, and SQLite's failures in words."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cg_uploader.errors import DiskFull, JournalError, RunChanged
from cg_uploader.model.run import Stop, stop_for
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.settings.paths import AppPaths
from cg_uploader.system.atomic_file import FULL
from cg_uploader.uploads.journal import commit_counter, corruption, migration_copy, schema
from cg_uploader.uploads.journal.locks import ensure_same, gate, gone, identity_of, of_unknown_runs

# How long a journal on a full disk is waited for while another program has it.
ALONE_SECONDS = 2.0
# What a run under way needs free, so that the outcomes of the rows in flight can be recorded when nothing new leaves.
RESERVE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class OpenedDatabase:
    """The journal, open: its connection (write-ahead log, every commit on the platter, deleted values overwritten)."""

    db: sqlite3.Connection
    # The journal's key.
    secret: bytes
    # Where its commits are acknowledged.
    counter: commit_counter.CommitCounter
    # Which file it is (see `locks.ensure_same`).
    file: tuple[int, int] | None
    # Where a damaged journal was moved just now; None usually.
    set_aside: Path | None
    # Whether an earlier journal was found damaged or gone just now.
    lost: bool


def open_journal(paths: AppPaths) -> OpenedDatabase:
    """Open the journal; a damaged one is moved aside whole before, and a new one begun.

    JournalError when the file is foreign or newer than this program; it stays as it is then.
    """
    file = paths.journal
    with translated(file):
        _refuse_links(file)
        aside = _set_aside_if_damaged(paths)
        try:
            return _connected(file, paths.locks, aside)
        except _CommitsMissing as behind:
            return _connected(file, paths.locks, _set_aside_behind(paths, behind.file))
        except DiskFull as full:  # what programs share needs some bytes, and reading needs none
            try:
                return _connected(file, paths.locks, aside, alone=True)
            except JournalError:  # to be brought up to date it needs some after all
                raise full from None


def can_only_be_read(paths: AppPaths) -> bool:
    """Whether the journal is there, and it or its folder cannot be written."""
    file = paths.journal
    return os.access(file, os.R_OK) and not all(os.access(one, os.W_OK) for one in (file, file.parent))


def open_to_read(paths: AppPaths) -> OpenedDatabase:
    """Open a journal that can only be read.  Nothing is made or changed.

    Raises:
        JournalError: It is foreign, of another version, or has lost commits.  Or what was recorded last cannot be read
            without writing.
    """
    file = paths.journal
    _refuse_links(file)
    with translated(file):
        counted, opened = commit_counter.acknowledged(file), identity_of(file)
        connection = _connected_to_read(file)
        try:
            schema.refuse_foreign(connection, file)
            _refuse_earlier(connection, file)
            _refuse_behind(connection, counted, file)
            secret: bytes = connection.execute("select secret from key").fetchone()[0]
        except BaseException:
            connection.close()
            raise
    return OpenedDatabase(connection, secret, commit_counter.CommitCounter(file, secret), opened, None, False)


def _refuse_earlier(connection: sqlite3.Connection, file: Path) -> None:
    if schema.version_of(connection) < len(schema.MIGRATIONS):
        raise _not_kept(file, "it is of an earlier version and cannot be brought up to date")


def _connected_to_read(file: Path) -> sqlite3.Connection:
    """Connect so that commits of other programs are seen.

    Where SQLite would have to make files for that, and no log is left, connect to the file as one that does not change.
    """
    logged = corruption.size_of(file.with_name(file.name + "-wal")) > 0
    for way in ("mode=ro",) if logged else ("mode=ro", "immutable=1"):
        address = f"{file.absolute().as_uri()}?{way}"
        connection = sqlite3.connect(address, uri=True, timeout=schema.BUSY_SECONDS, isolation_level=None)
        try:
            schema.version_of(connection)
        except sqlite3.OperationalError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


class _CommitsMissing(JournalError):
    """The journal that was opened has lost commits, and ``is_damaged`` could not see it."""

    def __init__(self, journal: Path, file: tuple[int, int] | None) -> None:
        """``file``: which file it is."""
        super().__init__(
            f"{journal}, the record of uploads, lacks what was recorded last: it is an older copy, or damaged. "
            "Make room on that disk, then start CG Uploader again: it sets the record aside and says what that means."
        )
        self.file = file


def _refuse_behind(connection: sqlite3.Connection, known: commit_counter.Acknowledged, file: Path) -> None:
    if commit_counter.is_behind(connection, known):
        raise _CommitsMissing(file, identity_of(file))


def _connected(file: Path, locks: Path, aside: Path | None, *, alone: bool = False) -> OpenedDatabase:
    """Open the file.

    ``alone``: no other program has it meanwhile, so that SQLite keeps in memory what programs share.
    """
    with translated(file):
        _refuse_foreign(file, "immutable=1" if alone else "mode=ro")
        _create_private(file)
        opened = identity_of(file)
        known = commit_counter.acknowledged(file)
        address = f"{file.absolute().as_uri()}?mode=rw"  # SQLite makes no file that others could read
        timeout = ALONE_SECONDS if alone else schema.BUSY_SECONDS
        connection = sqlite3.connect(address, uri=True, timeout=timeout, isolation_level=None)
        try:
            if alone:
                connection.execute("pragma locking_mode=exclusive")
            migrated = schema.bring_up_to_date(connection, file)
            _make_strict(connection)
            ensure_same(file, opened)
            _refuse_behind(connection, known, file)
            secret: bytes = connection.execute("select secret from key").fetchone()[0]
            counter = commit_counter.CommitCounter(file, secret)
            lost = _note_loss(connection, counter, aside, of_unknown_runs(file, locks, lambda: last_run(connection)))
        except BaseException:
            connection.close()
            raise
    if not migrated:
        migration_copy.drop(file)
    return OpenedDatabase(connection, secret, counter, opened, aside, lost)


def last_run(connection: sqlite3.Connection) -> int:
    """Return the highest number that the journal has given to a run, forgotten ones included."""
    found = connection.execute("select seq from sqlite_sequence where name = 'run'").fetchone()
    return int(found[0]) if found else 0


def _note_loss(
    connection: sqlite3.Connection, counter: commit_counter.CommitCounter, aside: Path | None, unknown: Sequence[Path]
) -> bool:
    """Record that an earlier journal was set aside, or that its commits are counted here, or its runs locked, and it is gone.

    ``unknown``: the lock files of runs that this journal has never known.  They and the count are dropped last, so that a
    program which dies in between leaves the loss to the next start.
    """
    if aside is None and not unknown and not counter.others():
        return False
    connection.execute(
        "insert into loss (day, file) select date('now', 'localtime'), ?1"
        " where ?1 <> '' or not exists (select 1 from loss where not known_to_person)",
        (aside.name if aside is not None else "",),
    )
    connection.execute("update loss set told = 0")
    counter.drop_others()
    for file in unknown:
        with contextlib.suppress(OSError):
            file.unlink()
    return True


def loss(connection: sqlite3.Connection, *, untold: bool) -> tuple[str, str, bool] | None:
    """Return the day, the file's name and whether the user has answered, of the last loss; None when there was none.

    ``untold``: only of those that the user was not told of.
    """
    query = "select day, file, known_to_person from loss where told < ? order by rowid desc limit 1"
    found = connection.execute(query, (1 if untold else 2,)).fetchone()
    return None if found is None else (found[0], found[1], bool(found[2]))


def _make_strict(connection: sqlite3.Connection) -> None:
    connection.execute("pragma synchronous=full")
    if connection.execute("pragma secure_delete=on").fetchone()[0] != 1:
        raise JournalError("This computer's SQLite cannot overwrite what it deletes, so nothing is recorded with it.")


def _set_aside_if_damaged(paths: AppPaths) -> Path | None:
    file = paths.journal
    if not corruption.is_damaged(file):
        return None
    with gate(file):
        return corruption.set_aside(file, paths.locks) if corruption.is_damaged(file) else None


def _set_aside_behind(paths: AppPaths, found: tuple[int, int] | None) -> Path | None:
    """Move the journal away that was ``found`` to have lost commits; None when another program has done it meanwhile."""
    with gate(paths.journal):
        return corruption.set_aside(paths.journal, paths.locks) if identity_of(paths.journal) == found else None


def _refuse_links(file: Path) -> None:
    """A link in the journal's place would let somebody else choose what is read and written."""
    companions = (*corruption.COMPANIONS, commit_counter.SUFFIX, ".lock")
    for path in (file, *(file.with_name(file.name + ending) for ending in companions)):
        if path.is_symlink():
            raise JournalError(f"{path} is a link, and nothing is recorded through a link. Remove it, then try again.")


def _refuse_foreign(file: Path, way: str) -> None:
    """Look at the file through a connection that cannot write: not even the write-ahead log of a newer journal is touched."""
    if not file.is_file() or not corruption.size_of(file) or file.with_name(file.name + "-journal").exists():
        return
    address = f"{file.absolute().as_uri()}?{way}"
    with closing(sqlite3.connect(address, uri=True, timeout=schema.BUSY_SECONDS, isolation_level=None)) as connection:
        schema.refuse_foreign(connection, file)


def _create_private(file: Path) -> None:
    """SQLite makes files that others can read, so the file exists, readable by its owner alone, before SQLite opens it.

    One that is there is not opened here, and a new one gets its name when it is closed (see ``corruption.is_damaged``).
    """
    try:
        if not file.exists():
            _create(file)
        if not stat.S_ISREG(file.stat().st_mode):
            raise _not_kept(file, "something else stands in its place")
    except OSError as error:
        raise _not_kept(file, error.strerror or "") from None
    if not os.access(file, os.R_OK | os.W_OK):
        raise _not_kept(file, os.strerror(errno.EACCES))


def _create(file: Path) -> None:
    handle, name = tempfile.mkstemp(prefix=".new-", suffix="~", dir=file.parent)
    os.close(handle)
    try:
        os.link(name, file)
    except FileExistsError:
        return  # somebody else was quicker
    except OSError:  # a disk that knows no second names
        with contextlib.suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    finally:
        Path(name).unlink(missing_ok=True)


def _not_kept(file: Path, why: str) -> JournalError:
    return JournalError(
        f"The record of uploads cannot be kept in {file.parent} ({why}). "
        "Make that folder writable, then try again; nothing was sent."
    )


def ensure_space(folder: Path, needed: int) -> None:
    """DiskFull unless ``needed`` bytes are free where the journal lives."""
    free = _free(folder)
    if free < needed:
        raise DiskFull(
            f"The record of this upload needs {needed / 1e6:,.0f} MB in {folder}, and {free / 1e6:,.0f} MB are free. "
            "Make room on that disk, then continue."
        )


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise JournalError(
            f"The record of uploads cannot be kept in {folder} any more ({error.strerror}). "
            "Make that folder reachable, then start again."
        ) from None


def why_no_room(folder: Path) -> Stop | None:
    """Why a run should not go on; None while what is in flight can surely be recorded."""
    if _free(folder) >= RESERVE_BYTES:
        return None
    return stop_for(StopReason.NO_ROOM, megabytes=f"{RESERVE_BYTES / 1e6:,.0f}", folder=str(folder))


@contextlib.contextmanager
def translated(file: Path, run: int | None = None) -> Iterator[None]:
    """SQLite's failures as ours: DiskFull, or JournalError with a sentence; SQLite's own texts may quote a row's values.

    ``run``: what is read belongs to this run, and RunChanged says so when it is not as it was written.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _operational(error, file, run) from None
    except sqlite3.DatabaseError as error:
        if corruption.is_damage(error):
            corruption.note(file)
        raise JournalError(
            f"The record of uploads {file} is damaged. Start CG Uploader again: it sets the damaged record aside and says "
            "what that means."
        ) from None
    except (KeyError, ValueError):
        raise _changed(file, run) from None
    except OSError as error:
        raise (_full(file) if error.errno in FULL else _not_written(file, error)) from None


def _operational(error: sqlite3.OperationalError, file: Path, run: int | None) -> JournalError:
    """By the code that SQLite gives, whose low byte is the kind; an error that Python makes itself has none."""
    match getattr(error, "sqlite_errorcode", None):
        case None:
            return _changed(file, run)  # a text in the file that is no Unicode
        case sqlite3.SQLITE_ERROR:
            pass
        case code:
            kind = code & 0xFF
            if kind == sqlite3.SQLITE_IOERR and not file.exists():
                return gone(file)
            if kind in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                return _full(file)
            if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                return JournalError(f"Another program keeps {file} busy. Close it, then continue.")
            if kind in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
                return _not_kept(file, "it cannot be written")
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    return JournalError(f"The record of uploads {file} cannot be used ({name}). Close what else uses it, then try again.")


def _not_written(file: Path, error: OSError) -> JournalError:
    return JournalError(
        f"{error.filename or file} cannot be written ({error.strerror}), so uploads cannot be recorded. "
        "Make it writable, then continue; nothing was sent that is not recorded."
    )


def _full(file: Path) -> DiskFull:
    return DiskFull(
        f"The disk is full: {file}, the record of uploads, cannot be written. "
        "Make room on that disk, then try again; nothing was sent that is not recorded."
    )


def _changed(file: Path, run: int | None) -> JournalError:
    """SQLite finds nothing wrong, and yet it is not what was written; the other runs, and what is remembered, can be used."""
    if run is not None:
        return RunChanged(
            f"Something that {file} says of upload {run} is not as it was written: a fault of the disk, or another program. "
            f"“cg-uploader forget {run}” deletes that upload from the record; the others can be used."
        )
    return JournalError(
        f"Something in {file}, the record of uploads, is not as it was written: a fault of the disk, or another program. "
        "Move the file away to begin a new record."
    )
