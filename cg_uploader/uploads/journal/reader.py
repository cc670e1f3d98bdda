"""The reading half of the journal: plans, rows, outcomes and totals of its runs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.run import Outcome, RunSummary
from cg_uploader.settings.paths import AppPaths
from cg_uploader.translation import _
from cg_uploader.uploads.journal import plan_json
from cg_uploader.uploads.journal.dates import day_of
from cg_uploader.uploads.journal.journal_rows import (
    COLUMN_COUNT,
    COLUMNS,
    LEFT_TO_DO,
    JournalRow,
    JournalRows,
    as_written,
    count_states,
    row_of,
    span,
    text_of,
)
from cg_uploader.uploads.journal.run_summary import check_record, summary_of
from cg_uploader.uploads.journal.sent_rows.entries import keyed, plain_customer
from cg_uploader.uploads.journal.sent_rows.related_runs import run_of
from cg_uploader.uploads.journal.storage import database
from cg_uploader.uploads.journal.storage.run_locks import RunLocks
from cg_uploader.uploads.journal.storage.sqlite_errors import translated


class JournalReader:
    """Reads the runs of an open journal.  ``to_read`` opens a journal that cannot be written."""

    @classmethod
    @contextmanager
    def to_read(cls, paths: AppPaths) -> Iterator[JournalReader]:
        """Open a journal that can only be read, and close it at the end.

        Raises:
            JournalError: It cannot be used.
        """
        opened = database.open_to_read(paths)
        with closing(opened.db):
            yield JournalReader(paths, opened)

    def __init__(self, paths: AppPaths, opened: database.OpenedDatabase) -> None:
        """``opened`` is the journal of ``paths``."""
        self._file = paths.journal
        self._db: sqlite3.Connection = opened.db
        self._secret = opened.secret
        self._run_locks = RunLocks(paths, opened.file, self._holder)

    def plan(self, run: int) -> Plan:
        """Return the plan of a run, with the rows of the journal.

        Raises:
            UsageError: There is no such run.
            RunChanged: Something in its record is not as it was written.
        """
        record = self._run(run)
        with translated(self._file, run):
            return plan_json.load(record["plan"], JournalRows(record["rows"], lambda start: self.rows(run, start)))

    def rows(self, run: int, start: int = 0, *, settled_only: bool = False) -> Iterator[JournalRow]:
        """Iterate over the rows of a run from a position on, in file order.

        With ``settled_only``, without those that the run still has to send.
        """
        first, last = span(run)
        with translated(self._file, run):
            wanted = f"not {LEFT_TO_DO}" if settled_only else "1"
            query = f"select {COLUMNS} from row where id >= ? and id < ? and {wanted} order by id"
            for record in self._db.execute(query, (first + start, last)):
                yield row_of(record)

    def outcomes(self, run: int, *, settled_only: bool = False) -> Iterator[Outcome]:
        """Iterate over the outcomes of a run's rows as they are now, in file order.  ``settled_only`` as in ``rows``."""
        return (row.outcome for row in self.rows(run, settled_only=settled_only))

    def counts(self, run: int, *, settled_only: bool = False) -> dict[RowStatus, int]:
        """Count the rows of a run by status, as they are now.  ``settled_only`` as in ``rows``."""
        with translated(self._file, run):
            return count_states(self._db, run, f"not {LEFT_TO_DO}" if settled_only else "1")

    def summary(self, run: int) -> RunSummary:
        """Return how a run stands.  Its totals add up, also after a crash."""
        record = self._run(run)
        held = record["finished"] is None and self._run_locks.is_held(run)
        if record["finished"] is None:
            record = self._run(run)  # it may have ended before its lock was looked at
        counts = self.counts(run)
        self._run(run)  # raises when it was forgotten meanwhile
        with translated(self._file, run):
            return summary_of(record, counts, held=held)

    def runs(self) -> list[int]:
        """Return the numbers of all runs, newest first."""
        with translated(self._file):
            return [number for (number,) in self._db.execute("select id from run order by id desc")]

    def runs_of(self, plan: Plan) -> list[int]:
        """Return the runs of the same sheet of the same content, for the same reference and address, newest first."""
        query = "select id from run where content = ? and records = ? and reference = ? order by id desc"
        with translated(self._file):
            same = (plan_json.content_of(plan.table), plan.address.records, plan.configuration.reference)
            return [number for (number,) in self._db.execute(query, same)]

    def has_once_only(self, run: int) -> bool:
        """Tell whether the run has once-only rows."""
        return self._count(run, "once = 1", max_count=1) > 0

    def size(self, run: int) -> int:
        """Return how many rows the run has, without looking at them."""
        return int(self._run(run)["rows"])

    def unsettled(self, run: int) -> int:
        """Count the rows that the run can still send.  There are none once its values are deleted."""
        return 0 if self._run(run)["values_deleted"] else self._count(run, LEFT_TO_DO)

    def ensure_values(self, run: int, *, to_send: bool) -> None:
        """Make sure that the values of the rows that are to be sent, or else saved as failed rows, are still there.

        Raises:
            UsageError: There are such rows, and their values were deleted.
        """
        deleted = self._run(run)["values_deleted"]
        count = 0
        if deleted:
            count = self._count(run, LEFT_TO_DO) if to_send else self.summary(run).attention
        if not count:
            return
        if to_send:
            text = _(
                "The row values of upload {run} were deleted on {day}, as the settings say, so {count:,} of its rows cannot be "
                "sent any more. Open the file itself again."
            )
        else:
            text = _(
                "The row values of upload {run} were deleted on {day}, as the settings say, so {count:,} of its rows cannot be "
                "saved any more. Open the file itself again."
            )
        raise UsageError(text.format(run=run, day=day_of(deleted), count=count))

    def left_to_do(self, run: int, start: int, max_rows: int) -> list[JournalRow]:
        """Return up to ``max_rows`` rows that the run still has to send, from a position on, in file order.

        Raises:
            RunChanged: A row is not as it was written.
        """
        first, last = span(run)
        query = f"select {COLUMNS} from row where id >= ? and id < ? and {LEFT_TO_DO} order by id limit ?"
        with translated(self._file, run):
            rows = [row_of(record) for record in self._db.execute(query, (first + start, last, max_rows))]
            (columns,) = self._db.execute(COLUMN_COUNT, (run,)).fetchone()
            if columns is None or any(len(row.cells) != columns for row in rows):
                raise ValueError("a row without one text for each column")
        return rows

    def anything_answered(self, run: int) -> bool:
        """Tell whether a row of the run has left before."""
        return self._count(run, "attempts > 0", max_count=1) > 0

    def _count(self, run: int, condition: str, max_count: int = -1) -> int:
        query = f"select count(*) from (select 1 from row where id >= ? and id < ? and {condition} limit ?)"
        with translated(self._file):
            return int(self._db.execute(query, (*span(run), max_count)).fetchone()[0])

    def is_customer(self, run: int, client_id: str) -> bool | None:
        """Tell whether the run was begun with this Client ID.  None for a run of practice or of an earlier version."""
        with translated(self._file, run), as_written():
            customer = text_of(json.loads(self._run(run)["plan"]).get("customer", ""))
        return None if not customer else customer == self._customer(client_id)

    def run_of(self, origin: Provenance) -> int | None:
        """Return the run that a file of failed rows comes from.  None when this computer does not have it."""
        with translated(self._file, origin.run), as_written():
            return run_of(self._db, origin)

    def fingerprint(self, plain: bytes) -> bytes:
        """Return the keyed hash of a request's fingerprint.  Values cannot be tried against it without the journal."""
        return keyed(plain, self._secret)

    def _customer(self, client_id: str) -> str:
        """Return the keyed hash of a Client ID, and an empty text for none."""
        return self.fingerprint(plain_customer(client_id)).hex() if client_id.strip() else ""

    def _holder(self, run: int) -> str:
        record = self._db.execute("select held_by from run where id = ?", (run,)).fetchone()
        return record[0] if record else ""

    def _run(self, run: int) -> dict[str, Any]:
        with translated(self._file):
            cursor = self._db.execute("select * from run where id = ?", (run,))
            record = cursor.fetchone()
        if record is None:
            raise UsageError(_("There is no upload {run} on this computer. The history lists what there is.").format(run=run))
        with translated(self._file, run):
            return check_record(dict(zip((name for name, *_rest in cursor.description), record, strict=True)))
