"""How a plan becomes a run: its rows first, in blocks, then the run itself; without the run, its rows are nothing.

The run's number is given out in a commit of its own, before anything else.  So a lock file, and rows that a program left when
it died, always have a number that the journal has known.  What has rows and no run was never recorded: it is cleared by the
next program that finds nobody at work on it.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterable

from cg_uploader.model.plan import Plan
from cg_uploader.uploads.journal.database import last_run
from cg_uploader.uploads.journal.journal_rows import ADD, REACH, JournalRow, as_text, record_of, span
from cg_uploader.uploads.journal.plan_json import content_of

ROWS_OF_A_COMMIT = 5_000
SAMPLE_ROWS = 200
ROW_OVERHEAD_BYTES = 200
PAGE_BYTES = 4096
# One that may have arrived keeps its text, for the file of failed rows.
_REVISE = (
    " on conflict (id) do update set state = excluded.state, messages = excluded.messages,"
    " cells = iif(excluded.state = 'skipped', null, cells), who = iif(excluded.state = 'skipped', '', who)"
)
_RUNS_OF_ROWS = (
    f"with recursive spans(run) as (select min(id) >> {REACH} from row union all"
    f" select (select min(id) >> {REACH} from row where id >= (run + 1) << {REACH}) from spans where run is not null)"
    " select run from spans where run is not null and run not in (select id from run)"
)


def needed_bytes(plan: Plan) -> int:
    """Return how many bytes must be free to record ``plan``: twice its estimated size, and some for the rest."""
    return 2 * estimated_bytes(plan) + (1 << 20)


def estimated_bytes(plan: Plan) -> int:
    """Estimate the record's size by the first rows, as they are recorded: a letter outside English takes six bytes."""
    sample = [len(as_text(plan.cells(row))) for row in itertools.islice(plan.table.rows, SAMPLE_ROWS)]
    each = ROW_OVERHEAD_BYTES + (sum(sample) // len(sample) if sample else 0)
    rows_of_a_page = PAGE_BYTES // each
    return (PAGE_BYTES // rows_of_a_page if rows_of_a_page else each + PAGE_BYTES) * len(plan.table.rows)


def give_number(db: sqlite3.Connection) -> int:
    """Give out the number of a new run, inside a commit; no other run, and no row, has or had it."""
    query = f"select max(coalesce((select max(id) from run), 0), coalesce((select max(id) from row), 0) >> {REACH}, ?) + 1"
    (run,) = db.execute(query, (last_run(db),)).fetchone()
    db.execute("delete from sqlite_sequence where name = 'run'")
    db.execute("insert into sqlite_sequence (name, seq) values ('run', ?)", (run,))
    return int(run)


def add_rows(db: sqlite3.Connection, run: int, rows: Iterable[JournalRow]) -> None:
    """Write rows of a new run, inside a commit.

    A position that comes a second time is revised: its row stays behind, for the reason that the second one gives.
    """
    db.executemany(ADD + _REVISE, (record_of(run << REACH, row) for row in rows))


def add_run(db: sqlite3.Connection, run: int, plan: Plan, plan_text: str, started: str, who: tuple[str, str]) -> None:
    """Write the run itself, inside the commit that makes its rows count.

    ``who``: the user, and who holds the run.  ``started``: when its recording began (ISO 8601).
    """
    place = (plan.address.records, plan.configuration.reference)
    (rows,) = db.execute("select count(*) from row where id >= ? and id < ?", span(run)).fetchone()
    db.execute(
        "insert into run (id, content, records, reference, plan, sent_by, started, held_by, rows)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (run, content_of(plan.table), *place, plan_text, who[0], started, who[1], rows),
    )


def never_recorded(db: sqlite3.Connection, is_held: Callable[[int], bool]) -> list[int]:
    """Return the numbers of runs whose program died before the last commit of their recording: they sent nothing.

    To be believed inside a commit only: outside, a run may be recorded, sent and let go of between the look at its rows and
    the look at its lock.
    """
    return [run for (run,) in db.execute(_RUNS_OF_ROWS).fetchall() if not is_held(run)]


def erase(db: sqlite3.Connection, run: int) -> None:
    """Delete a run and its rows, inside a commit."""
    db.execute("delete from row where id >= ? and id < ?", span(run))
    db.execute("delete from run where id = ?", (run,))
