"""The opening of the journal's file, which is made private first, or set aside where it is damaged."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from cg_uploader.errors import DiskFull, JournalError
from cg_uploader.model.run import Stop, stop_for
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.settings.paths import AppPaths
from cg_uploader.translation import _
from cg_uploader.uploads.journal.storage import commit_counter, corruption, migration_copy, schema
from cg_uploader.uploads.journal.storage.run_locks import ensure_same, gate, identity_of, of_unknown_runs
from cg_uploader.uploads.journal.storage.sqlite_errors import cannot_be_kept, translated

# How long to wait for a journal on a full disk while another program has it open.
ALONE_SECONDS = 2.0
# Free space that a run needs to record the outcomes of the rows in flight.
RESERVE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class OpenedDatabase:
    """The open journal."""

    # Its connection: write-ahead log, every commit on disk when it returns, deleted values overwritten.
    db: sqlite3.Connection
    # The journal's key.
    secret: bytes
    # The count of its commits.
    counter: commit_counter.CommitCounter
    # Device and number of the file (see `run_locks.ensure_same`).
    file: tuple[int, int] | None
    # Where a damaged journal was moved just now. None where there was none.
    set_aside: Path | None
    # Whether an earlier journal proved damaged or gone just now.
    lost: bool


def open_journal(paths: AppPaths) -> OpenedDatabase:
    """Open the journal.  A damaged one is moved aside whole before, and a new one is begun.

    Raises:
        JournalError: The file is foreign or newer than this program.  It stays as it is.
    """
    file = paths.journal
    with translated(file):
        _refuse_links(file)
        aside = _set_aside_if_damaged(paths)
        try:
            return _connected(file, paths.locks, aside)
        except _CommitsMissing as behind:
            return _connected(file, paths.locks, _set_aside_behind(paths, behind.file))
        except DiskFull as full:  # memory that programs share needs some bytes on disk, and reading alone needs none
            try:
                return _connected(file, paths.locks, aside, alone=True)
            except JournalError:  # a migration needs some after all
                raise full from None


def can_only_be_read(paths: AppPaths) -> bool:
    """Tell whether there is a journal that cannot be written, or whose folder cannot be written."""
    file = paths.journal
    return os.access(file, os.R_OK) and not all(os.access(path, os.W_OK) for path in (file, file.parent))


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
        with ExitStack() as on_failure:
            on_failure.callback(connection.close)
            schema.refuse_foreign(connection, file)
            _refuse_earlier(connection, file)
            _refuse_behind(connection, counted, file)
            secret: bytes = connection.execute("select secret from key").fetchone()[0]
            on_failure.pop_all()
    return OpenedDatabase(connection, secret, commit_counter.CommitCounter(file, secret), opened, None, False)


def _refuse_earlier(connection: sqlite3.Connection, file: Path) -> None:
    if schema.version_of(connection) < len(schema.MIGRATIONS):
        raise cannot_be_kept(file, _("it is of an earlier version and cannot be brought up to date"))


def _connected_to_read(file: Path) -> sqlite3.Connection:
    """Connect so that commits of other programs are seen.

    Where SQLite would have to make files for that, and no log is left, connect to the file as one that does not change.
    """
    logged = corruption.size_of(file.with_name(file.name + "-wal")) > 0
    for mode in ("mode=ro",) if logged else ("mode=ro", "immutable=1"):
        address = f"{file.absolute().as_uri()}?{mode}"
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
    """The journal that was opened lacks commits, and ``is_damaged`` could not see it."""

    def __init__(self, journal: Path, file: tuple[int, int] | None) -> None:
        """``file`` is its device and number."""
        super().__init__(
            _(
                "{journal}, the record of uploads, lacks what was recorded last: it is an older copy, or damaged. Make room on "
                "that disk, then start CG Uploader again: it sets the record aside and says what that means."
            ).format(journal=journal)
        )
        self.file = file


def _refuse_behind(connection: sqlite3.Connection, known: commit_counter.Acknowledged, file: Path) -> None:
    if commit_counter.is_behind(connection, known):
        raise _CommitsMissing(file, identity_of(file))


def _connected(file: Path, locks: Path, aside: Path | None, *, alone: bool = False) -> OpenedDatabase:
    """Open the file.  With ``alone``, no other program can have it open, so SQLite keeps in memory what programs share."""
    with translated(file):
        _refuse_foreign(file, "immutable=1" if alone else "mode=ro")
        _create_private(file)
        opened = identity_of(file)
        known = commit_counter.acknowledged(file)
        address = f"{file.absolute().as_uri()}?mode=rw"  # so SQLite makes no file, which others could read
        timeout = ALONE_SECONDS if alone else schema.BUSY_SECONDS
        connection = sqlite3.connect(address, uri=True, timeout=timeout, isolation_level=None)
        with ExitStack() as on_failure:
            on_failure.callback(connection.close)
            if alone:
                connection.execute("pragma locking_mode=exclusive")
            migrated = schema.bring_up_to_date(connection, file)
            _make_strict(connection)
            ensure_same(file, opened)
            _refuse_behind(connection, known, file)
            secret: bytes = connection.execute("select secret from key").fetchone()[0]
            counter = commit_counter.CommitCounter(file, secret)
            lost = _note_loss(connection, counter, aside, of_unknown_runs(file, locks, lambda: last_run(connection)))
            on_failure.pop_all()
    if not migrated:
        migration_copy.drop(file)
    return OpenedDatabase(connection, secret, counter, opened, aside, lost)


def last_run(connection: sqlite3.Connection) -> int:
    """Return the highest number that the journal has given to a run, forgotten ones included."""
    record = connection.execute("select seq from sqlite_sequence where name = 'run'").fetchone()
    return int(record[0]) if record else 0


def _note_loss(
    connection: sqlite3.Connection, counter: commit_counter.CommitCounter, aside: Path | None, unknown: Sequence[Path]
) -> bool:
    """Record the loss of an earlier journal, and tell whether there was one.

    It was set aside just now (``aside``), or it is gone and its count of commits or its lock files (``unknown``) are left.
    These are deleted last, so that the next start finds the loss again when this program dies in between.
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


def loss(connection: sqlite3.Connection, *, unannounced: bool) -> tuple[str, str, bool] | None:
    """Return the last loss: its day, the file's name now, and whether the user has answered.  None when there was none.

    With ``unannounced``, only a loss that the user has not seen counts.
    """
    query = "select day, file, known_to_person from loss where told < ? order by rowid desc limit 1"
    record = connection.execute(query, (1 if unannounced else 2,)).fetchone()
    return None if record is None else (record[0], record[1], bool(record[2]))


def _make_strict(connection: sqlite3.Connection) -> None:
    connection.execute("pragma synchronous=full")
    if connection.execute("pragma secure_delete=on").fetchone()[0] != 1:
        raise JournalError(_("This computer's SQLite cannot overwrite what it deletes, so nothing is recorded with it."))


def _set_aside_if_damaged(paths: AppPaths) -> Path | None:
    file = paths.journal
    if not corruption.is_damaged(file):
        return None
    with gate(file):
        return corruption.set_aside(file, paths.locks) if corruption.is_damaged(file) else None


def _set_aside_behind(paths: AppPaths, opened: tuple[int, int] | None) -> Path | None:
    """Move the journal that lacks commits away.  Return None when another program has done it meanwhile."""
    with gate(paths.journal):
        return corruption.set_aside(paths.journal, paths.locks) if identity_of(paths.journal) == opened else None


def _refuse_links(file: Path) -> None:
    """Refuse a link, which would let another user choose what is read and written."""
    companions = (*corruption.COMPANIONS, commit_counter.SUFFIX, ".lock")
    for path in (file, *(file.with_name(file.name + suffix) for suffix in companions)):
        if path.is_symlink():
            raise JournalError(
                _("{path} is a link, and nothing is recorded through a link. Remove it, then try again.").format(path=path)
            )


def _refuse_foreign(file: Path, mode: str) -> None:
    """Look at the file through a connection that cannot write, so that even the log of a newer journal stays unchanged."""
    if not file.is_file() or not corruption.size_of(file) or file.with_name(file.name + "-journal").exists():
        return
    address = f"{file.absolute().as_uri()}?{mode}"
    with closing(sqlite3.connect(address, uri=True, timeout=schema.BUSY_SECONDS, isolation_level=None)) as connection:
        schema.refuse_foreign(connection, file)


def _create_private(file: Path) -> None:
    """Make the file, readable by its owner alone, before SQLite opens it.  SQLite makes files that others can read.

    An existing file is not opened here, and a new one gets its name when it is closed (see ``corruption.is_damaged``).
    """
    try:
        if not file.exists():
            _create(file)
        if not stat.S_ISREG(file.stat().st_mode):
            raise cannot_be_kept(file, _("its name belongs to something else"))
    except OSError as error:
        raise cannot_be_kept(file, error.strerror or "") from None
    if not os.access(file, os.R_OK | os.W_OK):
        raise cannot_be_kept(file, os.strerror(errno.EACCES))


def _create(file: Path) -> None:
    handle, name = tempfile.mkstemp(prefix=".new-", suffix="~", dir=file.parent)
    os.close(handle)
    try:
        os.link(name, file)
    except FileExistsError:
        return  # another program was quicker
    except OSError:  # the disk has no hard links
        with contextlib.suppress(FileExistsError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    finally:
        Path(name).unlink(missing_ok=True)


def ensure_space(folder: Path, needed: int) -> None:
    """Make sure that ``needed`` bytes are free in the journal's folder.

    Raises:
        DiskFull: They are not.
        JournalError: The folder cannot be reached.
    """
    free = _free(folder)
    if free < needed:
        raise DiskFull(
            _(
                "The record of this upload needs {needed:,} MB in {folder}, and {free:,} MB are free. Make room on that disk, "
                "then continue."
            ).format(needed=math.ceil(needed / 1e6), folder=folder, free=int(free / 1e6))
        )


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise JournalError(
            _(
                "The record of uploads cannot be kept in {folder} any more ({reason}). Make that folder reachable, then start "
                "again."
            ).format(folder=folder, reason=error.strerror)
        ) from None


def why_no_room(folder: Path) -> Stop | None:
    """Return why a run should stop, or None while there is room to record what is in flight."""
    if _free(folder) >= RESERVE_BYTES:
        return None
    return stop_for(StopReason.NO_ROOM, megabytes=f"{RESERVE_BYTES / 1e6:,.0f}", folder=str(folder))
