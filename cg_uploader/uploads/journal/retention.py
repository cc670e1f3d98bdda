"""The deletion of row values when their time is over, so that no byte of them stays on disk.

What can hold a value is deleted: texts, whom a row is about, messages, the reason of a stop.  What cannot hold one stays: row
numbers, states, counts, times, keyed fingerprints, and the plan (headings, mapping, texts that are the same for all rows).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from cg_uploader.errors import RunHeld
from cg_uploader.model.message import message
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.uploads.journal.dates import iso
from cg_uploader.uploads.journal.journal_rows import LEFT_TO_DO, span
from cg_uploader.uploads.journal.messages import UploadMessage, as_stored
from cg_uploader.uploads.journal.storage import corruption, migration_copy
from cg_uploader.uploads.journal.storage.run_locks import RunLocks
from cg_uploader.uploads.journal.storage.transaction import transaction

DAY_SECONDS = 86_400.0
# A clock that is further ahead of the last use than this is believed only when it still says so a day later.
MAX_ABSENCE_SECONDS = 45 * DAY_SECONDS
MIN_DAYS_UNFINISHED = 1
MIN_DAYS_DAMAGED = 7
ROWS_PER_COMMIT = 20_000
# Between two commits. SQLite looks every tenth of a second whether it can write.
GAP_SECONDS = 0.12
# How long to wait for a program that reads the journal while deleted values are removed from its files: at first, and once the
# user knows of the wait.
MOMENT_SECONDS = 1.0
MAX_WAIT_SECONDS = 10.0
STOPPED = as_stored((("", message(StopReason.DELETED)),))
GONE = as_stored((("", message(UploadMessage.DELETED)),))
# A repeatable row that another run has taken over, or a newer row has overtaken. It loses its fingerprint too. With a
# fingerprint and without its text it would look like one that was skipped as accepted (`SKIPPED_AS_ACCEPTED`).
_STAYED_BEHIND = "state = 'skipped' and once = 0 and coalesce(cells, '[]') <> '[]'"
_MOMENT = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*"
_ENDED = "coalesce(ages_from, finished, started)"


def judge_clock(now: float, seen: float | None, doubted: float | None) -> tuple[float | None, float | None, bool]:
    """Judge the computer's clock by the times of earlier uses.  All times are in seconds since 1970.

    A clock that was set back is believed at once, because by it nothing gets older.  One that leaps ahead is doubted for a
    day, so that a wrong date deletes nothing.

    Args:
        now: What the clock says.
        seen: The last believed time.  None at first.
        doubted: When a leap ahead was first seen.  None where there was none.

    Returns:
        ``seen`` and ``doubted`` from now on, and whether the clock is believed.
    """
    if seen is None or now <= seen + MAX_ABSENCE_SECONDS:
        return now, None, True
    if doubted is None or now < doubted:
        return seen, now, False
    if now - doubted < DAY_SECONDS:
        return seen, doubted, False
    return now, None, True


def delete_old_values(db: sqlite3.Connection, run_locks: RunLocks, journal: Path, days: int, now: float) -> list[int]:
    """Delete the row values of runs that ended more than ``days`` days ago, and return those runs.

    A run that still has rows to send keeps them at least a day.  With 0 days a finished run loses them at once.  Runs that a
    program works on keep them.  A deletion that was cut off before is completed.
    """
    seen, doubted, believed = judge_clock(now, *_clock(db))
    db.execute("update clock set seen = ?, doubted = ?", (seen, doubted))
    if believed:
        # The time of a run that ended in the future, under a wrong clock, counts from now. So does that of a run without a
        # readable time.
        late = (iso(now), iso(now + DAY_SECONDS), _MOMENT)
        query = f"update run set ages_from = ? where ({_ENDED} > ? or {_ENDED} not glob ?) and values_deleted is null"
        db.execute(query, late)
        for run in _due(db, days, now):
            _mark(db, run_locks, run, now)
        for path in corruption.find_old(journal.parent, max(days, MIN_DAYS_DAMAGED)):
            path.unlink(missing_ok=True)
    begun = [run for (run,) in db.execute("select id from run where values_deleted is not null and cleared = 0")]
    for run in begun:
        _empty(db, run)
    if begun and clear_log(db, journal):
        db.executemany("update run set cleared = 1 where id = ?", [(run,) for run in begun])
    return begun


def clear_log(db: sqlite3.Connection, journal: Path, waiting: Callable[[], object] | None = None) -> bool:
    """Empty the write-ahead log, so that it holds no deleted value, and tell whether that was possible.

    A program that reads the journal is in the way.  This waits a moment for it.  With ``waiting``, it then calls that and
    waits some seconds more.  The copy of the version before, which may hold values too, is deleted.
    """
    migration_copy.drop(journal)
    (before,) = db.execute("pragma busy_timeout").fetchone()
    try:
        if _truncate(db, MOMENT_SECONDS):
            return True
        if waiting is None:
            return False
        waiting()
        return _truncate(db, MAX_WAIT_SECONDS)
    finally:
        db.execute(f"pragma busy_timeout = {before}")


def _truncate(db: sqlite3.Connection, seconds: float) -> bool:
    db.execute(f"pragma busy_timeout = {seconds * 1000:.0f}")
    return not db.execute("pragma wal_checkpoint(truncate)").fetchone()[0]


def _clock(db: sqlite3.Connection) -> tuple[float | None, float | None]:
    record = db.execute("select seen, doubted from clock").fetchone() or ()
    seen, doubted = (value if isinstance(value, float) else None for value in (*record, None, None)[:2])
    if seen is None:  # at the first use the newest run says when the program was last used
        query = "select max(cast(strftime('%s', started) as real)) from run where started glob ?"
        (seen,) = db.execute(query, (_MOMENT,)).fetchone()
    return seen, doubted


def _mark(db: sqlite3.Connection, run_locks: RunLocks, run: int, now: float) -> None:
    """Let no program continue the run from now on.  A run that a program works on is left for another time.

    The transaction begins before the lock is taken, because a program that looks at a lock may be inside a commit too.
    """
    with ExitStack() as after_commit, transaction(db):
        try:
            lock = run_locks.acquire(run, 0)
        except RunHeld:
            return
        after_commit.callback(lock.release)
        db.execute("update run set values_deleted = ? where id = ?", (iso(now), run))


def _due(db: sqlite3.Connection, days: int, now: float) -> list[int]:
    ended = iso(now - days * DAY_SECONDS)
    long_ended = iso(now - max(days, MIN_DAYS_UNFINISHED) * DAY_SECONDS)
    query = f"select id, finished, {_ENDED} from run where values_deleted is null and {_ENDED} <= ?"
    candidates = db.execute(query, (ended,)).fetchall()
    return [run for run, finished, when in candidates if when <= long_ended or (finished and not _unsettled(db, run))]


def _unsettled(db: sqlite3.Connection, run: int) -> bool:
    query = f"select exists (select 1 from row where id >= ? and id < ? and {LEFT_TO_DO})"
    return bool(db.execute(query, span(run)).fetchone()[0])


def give_way() -> None:
    """Wait a little between commits, so that a run that is under way in another program can write."""
    time.sleep(GAP_SECONDS)


def _empty(db: sqlite3.Connection, run: int) -> None:
    """Delete the values of a run in commits of some thousand rows, so that a run in another program need not wait."""
    first, last = span(run)
    db.execute("update run set stopped = ? where id = ? and stopped is not null", (STOPPED, run))
    while first < last:
        block = db.execute(
            "select id from row where id >= ? and id < ? order by id limit 1 offset ?", (first, last, ROWS_PER_COMMIT)
        ).fetchone()
        end = block[0] if block else last
        db.execute(
            f"update row set fingerprint = iif({_STAYED_BEHIND}, x'', fingerprint), cells = null, who = '',"
            " messages = case when state in ('accepted', 'skipped') then '[]' else ? end,"
            " state = case state when 'waiting' then 'not_sent' when 'sending' then 'not_sure' else state end"
            " where id >= ? and id < ?",
            (GONE, first, end),
        )
        first = end
        if block:
            give_way()
