"""The journal's schema, in numbered migrations, and the refusal of files that are no journal of this program."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from cg_uploader.errors import JournalError
from cg_uploader.translation import _
from cg_uploader.uploads.journal.storage import migration_copy
from cg_uploader.uploads.journal.storage.run_locks import gate
from cg_uploader.uploads.journal.storage.transaction import transaction

# The script at index n brings a journal from version n to n + 1. `PRAGMA user_version` is a journal's version.
# Version 2: which program works on a run, when its values were deleted. `memory` holds sent rows: what each is about
# (`subject`), under the key of its `origin` (0: this computer), for a `place` (address and reference). `clock` is when the
# journal was last used. `loss` records an earlier journal that was damaged (`file`: its name now) or is gone (empty `file`).
# Version 3: `commits` counts the journal's commits (see `commit_counter`).
# Version 4: whether the user has seen a loss (`told`). `known_to_person`: the user has chosen to go on all the same.
# Version 5: no run is marked as half recorded any more (see `recording`). Messages are kept as kind and arguments (see
# `messages`). Sentences of earlier versions stay.
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
    """
    alter table run add column held_by text not null default '';
    alter table run add column values_deleted text;
    alter table run add column ages_from text;
    alter table run add column cleared integer not null default 0;
    alter table run add column remembered integer not null default 0;
    alter table row add column subject blob;
    create table place (
        id integer primary key,
        records text not null,
        reference text not null,
        unique (records, reference)
    );
    create table origin (
        id integer primary key,
        name text not null,
        secret blob not null unique,
        made text not null,
        imported text not null
    );
    create table memory (
        subject blob not null,
        origin integer not null,
        fingerprint blob not null,
        sure integer not null,
        answered real not null,
        place integer not null,
        primary key (subject, origin)
    ) without rowid;
    create table clock (seen real, doubted real);
    insert into clock values (null, null);
    create table loss (day text not null, file text not null, known_to_person integer not null default 0);
    """,
    """
    alter table key add column commits integer not null default 0;
    """,
    """
    alter table loss add column told integer not null default 0;
    """,
    """
    delete from run where rows = -1 and finished is null;
    update run set stopped = json_array(json_array('', json_array('earlier-version', json_object('why', stopped))))
    where typeof(stopped) = 'text';
    """,
)

# Forgetting an upload of a million rows, or importing as many sent rows, is one commit. A slow disk needs half a minute for it.
BUSY_SECONDS = 120.0
# The `PRAGMA application_id` of a journal from version 2 on.
APPLICATION = 0x43475550


def refuse_foreign(connection: sqlite3.Connection, file: Path) -> None:
    """Refuse a file that is newer than this program, or another program's.  Nothing is written.

    All three looks are in one transaction, which ends with the connection.  So they see the same moment, also while another
    program makes the journal.

    Raises:
        JournalError: The file is refused.
    """
    connection.execute("begin")
    version = version_of(connection)
    if version > len(MIGRATIONS):
        raise JournalError(
            _(
                "{file} was written by a newer CG Uploader. Install the newest version and try again; nothing was changed."
            ).format(file=file)
        )
    if _is_foreign(connection):
        raise JournalError(
            _("{file} is not CG Uploader's record of uploads. Move it away, then try again; nothing was changed.").format(
                file=file
            )
        )


def can_read(connection: sqlite3.Connection) -> bool:
    """Tell whether the file is a journal, with all its tables, of a version that this program can read."""
    return 0 < version_of(connection) <= len(MIGRATIONS) and not _is_foreign(connection)


def _is_foreign(connection: sqlite3.Connection) -> bool:
    tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    mark = connection.execute("pragma application_id").fetchone()[0]
    return mark not in (0, APPLICATION) or bool(tables and not (version_of(connection) and {"key", "run", "row"} <= tables))


def version_of(connection: sqlite3.Connection) -> int:
    """Return the journal's version: how many migrations were applied to it."""
    return int(connection.execute("pragma user_version").fetchone()[0])


def bring_up_to_date(connection: sqlite3.Connection, file: Path) -> bool:
    """Make or migrate the journal in one commit, and tell whether it was migrated.

    When this is interrupted, the version before stays as it was.  Of two programs that start at once, one does it.  A copy of
    the version before is kept beside the journal (see ``migration_copy``).
    """
    if version_of(connection) == len(MIGRATIONS):
        return False
    with gate(file):
        version = version_of(connection)
        if version == len(MIGRATIONS):
            return False
        connection.execute("pragma journal_mode=wal")
        with transaction(connection):
            if version:
                migration_copy.keep(file)
            for script in MIGRATIONS[version:]:
                for statement in script.split(";"):
                    connection.execute(statement)
            connection.execute("insert into key (secret) select ? where not exists (select 1 from key)", (os.urandom(32),))
            connection.execute(f"pragma application_id = {APPLICATION}")
            connection.execute(f"pragma user_version = {len(MIGRATIONS)}")
    return version > 0
