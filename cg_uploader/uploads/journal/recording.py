"""The writing of a new run: first its rows, in blocks, then the run itself, which makes them count.

The run's number is given out in a commit of its own, before anything else.  So the journal knows the number of every lock file,
and of rows that a program left when it died.  Rows without a run were never recorded.  The next program deletes them, unless
their run is locked.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterable

from cg_uploader.model.plan import Plan
from cg_uploader.uploads.journal.journal_rows import INSERT, SHIFT, JournalRow, as_text, record_of, span
from cg_uploader.uploads.journal.plan_json import content_of
from cg_uploader.uploads.journal.storage.database import last_run

ROWS_PER_COMMIT = 5_000
SAMPLE_ROWS = 200
ROW_OVERHEAD_BYTES = 200
PAGE_BYTES = 4096
# A row that may have arrived keeps its text, for the file of failed rows.
_REVISE = (
    " on conflict (id) do update set state = excluded.state, messages = excluded.messages,"
    " cells = iif(excluded.state = 'skipped', null, cells), who = iif(excluded.state = 'skipped', '', who)"
)
_RUNS_OF_ROWS = (
    f"with recursive spans(run) as (select min(id) >> {SHIFT} from row union all"
    f" select (select min(id) >> {SHIFT} from row where id >= (run + 1) << {SHIFT}) from spans where run is not null)"
    " select run from spans where run is not null and run not in (select id from run)"
)


def needed_bytes(plan: Plan) -> int:
    """Return how many bytes must be free to record ``plan``: twice its estimated size, and some for the rest."""
    return 2 * estimated_bytes(plan) + (1 << 20)


def estimated_bytes(plan: Plan) -> int:
    """Estimate the record's size in bytes from the first rows.  A character outside ASCII takes six bytes."""
    sample = [len(as_text(plan.cells(row))) for row in itertools.islice(plan.table.rows, SAMPLE_ROWS)]
    each = ROW_OVERHEAD_BYTES + (sum(sample) // len(sample) if sample else 0)
    rows_per_page = PAGE_BYTES // each
    return (PAGE_BYTES // rows_per_page if rows_per_page else each + PAGE_BYTES) * len(plan.table.rows)


def reserve_number(db: sqlite3.Connection) -> int:
    """Give out the number of a new run, inside a commit.  No other run and no row has it, or had it."""
    query = f"select max(coalesce((select max(id) from run), 0), coalesce((select max(id) from row), 0) >> {SHIFT}, ?) + 1"
    (run,) = db.execute(query, (last_run(db),)).fetchone()
    db.execute("delete from sqlite_sequence where name = 'run'")
    db.execute("insert into sqlite_sequence (name, seq) values ('run', ?)", (run,))
    return int(run)


def add_rows(db: sqlite3.Connection, run: int, rows: Iterable[JournalRow]) -> None:
    """Write rows of a new run, inside a commit.

    A position that comes a second time revises its row: the row stays behind, for the reason that the second one gives.
    """
    db.executemany(INSERT + _REVISE, (record_of(run << SHIFT, row) for row in rows))


def add_run(db: sqlite3.Connection, run: int, plan: Plan, plan_text: str, started: str, who: tuple[str, str]) -> None:
    """Write the run itself, inside the commit that makes its rows count.

    Args:
        db: The journal.
        run: Its number.
        plan: What it carries out.
        plan_text: The same as ``plan_json.dump`` writes it.
        started: When its recording began (ISO 8601).
        who: The user, and the program that works on it.
    """
    destination = (plan.address.records, plan.configuration.reference)
    (rows,) = db.execute("select count(*) from row where id >= ? and id < ?", span(run)).fetchone()
    db.execute(
        "insert into run (id, content, records, reference, plan, sent_by, started, held_by, rows)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (run, content_of(plan.table), *destination, plan_text, who[0], started, who[1], rows),
    )


def unrecorded_runs(db: sqlite3.Connection, is_held: Callable[[int], bool]) -> list[int]:
    """Return the numbers of runs whose program died before their recording was complete.  They sent nothing.

    The answer is certain inside a commit only.  Outside, a run may be recorded, sent and unlocked between the look at its
    rows and the look at its lock.
    """
    return [run for (run,) in db.execute(_RUNS_OF_ROWS).fetchall() if not is_held(run)]


def erase(db: sqlite3.Connection, run: int) -> None:
    """Delete a run and its rows, inside a commit."""
    db.execute("delete from row where id >= ? and id < ?", span(run))
    db.execute("delete from run where id = ?", (run,))
