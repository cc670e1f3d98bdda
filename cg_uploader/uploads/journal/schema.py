"""The journal's schema: numbered migrations, each whole or not at all, and what is no journal of ours."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from cg_uploader.errors import JournalError
from cg_uploader.uploads.journal import migration_copy
from cg_uploader.uploads.journal.locks import gate

# What brings a journal from version n to n + 1; `PRAGMA user_version` says where one stands. Version 2: who holds a run, when
# its values were deleted; `memory` is what was accepted, by whom it is about (`subject`), under the key of its `origin` (0:
# this computer's own); `clock` is when the journal was last used; `loss` says that an earlier journal was damaged (`file`:
# its name now) or is gone (an empty `file`). Version 3: `commits` of the journal are counted (see `commit_counter`). Version 4:
# whether a loss was `told` (`known_to_person`: an upload went on all the same, as the user said). Version 5: no run is marked
# as half recorded any more (see `recording`); what is said of a row or a stop in the program's own words is kept as kind and
# arguments (see `messages`), sentences of earlier versions stay.
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

# To forget an upload of a million rows, or to take a memory of as many in, is one commit: a slow disk needs half a minute.
BUSY_SECONDS = 120.0
# The mark of our journals from version 2 on.
APPLICATION = 0x43475550


def refuse_foreign(connection: sqlite3.Connection, file: Path) -> None:
    """JournalError when the file is newer than this program, or somebody else's; nothing is written.

    One transaction, which ends with the connection, so that all three looks see the same moment: another program may be
    making the journal right now.
    """
    connection.execute("begin")
    version = version_of(connection)
    if version > len(MIGRATIONS):
        raise JournalError(
            f"{file} was written by a newer CG Uploader. Install the newest version and try again; nothing was changed."
        )
    if _is_foreign(connection):
        raise JournalError(f"{file} is not CG Uploader's record of uploads. Move it away, then try again; nothing was changed.")


def can_read(connection: sqlite3.Connection) -> bool:
    """Whether the file is a journal of ours, with all its tables, that this program can read."""
    return 0 < version_of(connection) <= len(MIGRATIONS) and not _is_foreign(connection)


def _is_foreign(connection: sqlite3.Connection) -> bool:
    tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    mark = connection.execute("pragma application_id").fetchone()[0]
    return mark not in (0, APPLICATION) or bool(tables and not (version_of(connection) and {"key", "run", "row"} <= tables))


def version_of(connection: sqlite3.Connection) -> int:
    """How many migrations the journal has behind it."""
    return int(connection.execute("pragma user_version").fetchone()[0])


def bring_up_to_date(connection: sqlite3.Connection, file: Path) -> bool:
    """Make or migrate the journal in one commit, and return whether it was migrated.

    Whatever interrupts it, the version before is left as it was.

    Two programs that start at once do it once.  A copy of the version before is kept beside the journal (see
    ``migration_copy``).
    """
    if version_of(connection) == len(MIGRATIONS):
        return False
    with gate(file):
        version = version_of(connection)
        if version == len(MIGRATIONS):
            return False
        connection.execute("pragma journal_mode=wal")
        connection.execute("begin immediate")
        try:
            if version:
                migration_copy.keep(file)
            for script in MIGRATIONS[version:]:
                for statement in script.split(";"):
                    connection.execute(statement)
            connection.execute("insert into key (secret) select ? where not exists (select 1 from key)", (os.urandom(32),))
            connection.execute(f"pragma application_id = {APPLICATION}")
            connection.execute(f"pragma user_version = {len(MIGRATIONS)}")
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise
    return version > 0
