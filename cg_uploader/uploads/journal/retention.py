"""Row values have their time: which runs' values are deleted when, and how they go so that no byte of them stays.

What can hold a value goes: texts, who a row is about, messages, the reason of a stop.  What cannot stays: row numbers,
states, counts, times, keyed fingerprints, and the plan (headings, mapping, one text for all rows: as in the profile).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from cg_uploader.errors import RunHeld
from cg_uploader.model.message import message
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.uploads.journal import corruption, migration_copy
from cg_uploader.uploads.journal.dates import iso
from cg_uploader.uploads.journal.journal_rows import LEFT_TO_DO, span
from cg_uploader.uploads.journal.locks import RunLocks
from cg_uploader.uploads.journal.messages import UploadMessage, as_stored

DAY_SECONDS = 86_400.0
# A clock that is further ahead of the last use than this is believed only when it says so again, a day later.
MAX_ABSENCE_SECONDS = 45 * DAY_SECONDS
MIN_DAYS_UNFINISHED = 1
MIN_DAYS_DAMAGED = 7
ROWS_OF_A_COMMIT = 20_000
# Between two commits; SQLite looks every tenth of a second whether it can write.
WAY_SECONDS = 0.12
MOMENT_SECONDS = 1.0
# For a program that reads the journal while deleted values are to leave its files.
MAX_WAIT_SECONDS = 10.0
STOPPED = as_stored((("", message(StopReason.DELETED)),))
GONE = as_stored((("", message(UploadMessage.DELETED)),))
# A repeatable row that another run has taken over, or a newer row has overtaken. Without its text only a fingerprint would
# tell it from one that was skipped as accepted (`SKIPPED_AS_ACCEPTED`), so it loses that too.
_STAYED_BEHIND = "state = 'skipped' and once = 0 and coalesce(cells, '[]') <> '[]'"
_MOMENT = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*"
_ENDED = "coalesce(ages_from, finished, started)"


def sight(now: float, seen: float | None, doubted: float | None) -> tuple[float | None, float | None, bool]:
    """What a use of the journal at ``now`` (seconds since 1970) makes of its clock: seen, doubted, and whether it is believed.

    A clock that was set back is believed at once: by it, nothing is older than before.  One that leaps ahead is doubted, so
    that a wrong date deletes nothing: it has to hold for a day, unless it is set right before.
    """
    if seen is None or now <= seen + MAX_ABSENCE_SECONDS:
        return now, None, True
    if doubted is None or now < doubted:
        return seen, now, False
    if now - doubted < DAY_SECONDS:
        return seen, doubted, False
    return now, None, True


def delete_old_values(db: sqlite3.Connection, holds: RunLocks, journal: Path, days: int, now: float) -> list[int]:
    """Delete the row values of runs that ended more than ``days`` days ago, and return those runs.

    A run that still has rows to send keeps them a day at least.  With 0 a finished run's values go at once.  Runs that
    somebody works on stay.  Work that was cut off before is brought to its end.
    """
    seen, doubted, believed = sight(now, *_clock(db))
    db.execute("update clock set seen = ?, doubted = ?", (seen, doubted))
    if believed:
        # A run that ended in the future was recorded under a wrong clock: its time counts from now.  So does one that no
        # moment is kept of.
        late = (iso(now), iso(now + DAY_SECONDS), _MOMENT)
        query = f"update run set ages_from = ? where ({_ENDED} > ? or {_ENDED} not glob ?) and values_deleted is null"
        db.execute(query, late)
        for run in _due(db, days, now):
            _mark(db, holds, run, now)
        for path in corruption.old_ones(journal.parent, max(days, MIN_DAYS_DAMAGED)):
            path.unlink(missing_ok=True)
    begun = [run for (run,) in db.execute("select id from run where values_deleted is not null and cleared = 0")]
    for run in begun:
        _empty(db, run)
    if begun and vanish(db, journal):
        db.executemany("update run set cleared = 1 where id = ?", [(run,) for run in begun])
    return begun


def vanish(db: sqlite3.Connection, journal: Path, waiting: Callable[[], object] | None = None) -> bool:
    """Write the write-ahead log back and cut it, so that it holds no deleted value; False while another program still reads it.

    A copy of the version before, which may hold one, is deleted.

    It waits a moment for that program.  With ``waiting``, it then calls that and waits some seconds more.
    """
    migration_copy.drop(journal)
    (before,) = db.execute("pragma busy_timeout").fetchone()
    try:
        if _cut(db, MOMENT_SECONDS):
            return True
        if waiting is None:
            return False
        waiting()
        return _cut(db, MAX_WAIT_SECONDS)
    finally:
        db.execute(f"pragma busy_timeout = {before}")


def _cut(db: sqlite3.Connection, seconds: float) -> bool:
    db.execute(f"pragma busy_timeout = {seconds * 1000:.0f}")
    return not db.execute("pragma wal_checkpoint(truncate)").fetchone()[0]


def _clock(db: sqlite3.Connection) -> tuple[float | None, float | None]:
    kept = db.execute("select seen, doubted from clock").fetchone() or ()
    seen, doubted = (value if isinstance(value, float) else None for value in (*kept, None, None)[:2])
    if seen is None:  # the first time: the newest run says when the program was last used
        query = "select max(cast(strftime('%s', started) as real)) from run where started glob ?"
        (seen,) = db.execute(query, (_MOMENT,)).fetchone()
    return seen, doubted


def _mark(db: sqlite3.Connection, holds: RunLocks, run: int, now: float) -> None:
    """From now on nobody can continue the run; one that somebody works on is left for another time."""
    db.execute("begin immediate")  # before the lock: whoever looks at it to seal a run is in the middle of a commit too
    try:
        lock = holds.acquire(run, 0)
    except BaseException as error:
        db.execute("rollback")
        if not isinstance(error, RunHeld):
            raise
        return
    try:
        with db:
            db.execute("update run set values_deleted = ? where id = ?", (iso(now), run))
    finally:
        lock.release()


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
    """Let a run that is under way elsewhere write: between commits that follow each other at once it finds no gap."""
    time.sleep(WAY_SECONDS)


def _empty(db: sqlite3.Connection, run: int) -> None:
    """In commits of some thousand rows, so that a run under way elsewhere need not wait."""
    first, last = span(run)
    db.execute("update run set stopped = ? where id = ? and stopped is not null", (STOPPED, run))
    while first < last:
        block = db.execute(
            "select id from row where id >= ? and id < ? order by id limit 1 offset ?", (first, last, ROWS_OF_A_COMMIT)
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
