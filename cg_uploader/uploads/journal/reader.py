"""What the journal says of its runs: their plans, rows, outcomes and totals; nothing is changed."""

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
from cg_uploader.uploads.journal import database, plan_json
from cg_uploader.uploads.journal.dates import day_of
from cg_uploader.uploads.journal.journal_rows import (
    COLUMN_COUNT,
    COLUMNS,
    LEFT_TO_DO,
    JournalRow,
    JournalRows,
    as_written,
    count_states,
    kept_of,
    span,
    text_of,
)
from cg_uploader.uploads.journal.locks import RunLocks
from cg_uploader.uploads.journal.run_summary import checked, summary_of
from cg_uploader.uploads.journal.sent_rows.entries import keyed, plain_customer
from cg_uploader.uploads.journal.sent_rows.related_runs import run_of


class JournalReader:
    """Reads the runs of an open journal.  ``to_read`` opens one that cannot be written."""

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
        """``opened``: the journal of ``paths``."""
        self._file = paths.journal
        self._db: sqlite3.Connection = opened.db
        self._secret = opened.secret
        self._holds = RunLocks(paths, opened.file, self._holder)

    def plan(self, run: int) -> Plan:
        """The plan of a run, over the rows as the journal keeps them; UsageError when there is no such run."""
        record = self._run(run)
        with database.translated(self._file, run):
            return plan_json.load(record["plan"], JournalRows(record["rows"], lambda start: self.rows(run, start)))

    def rows(self, run: int, start: int = 0, *, settled_only: bool = False) -> Iterator[JournalRow]:
        """Every row of a run from a position on, in file order; ``settled_only`` leaves out those still to be sent."""
        first, last = span(run)
        with database.translated(self._file, run):
            wanted = f"not {LEFT_TO_DO}" if settled_only else "1"
            query = f"select {COLUMNS} from row where id >= ? and id < ? and {wanted} order by id"
            for record in self._db.execute(query, (first + start, last)):
                yield kept_of(record)

    def outcomes(self, run: int, *, settled_only: bool = False) -> Iterator[Outcome]:
        """Every row's outcome as it stands, in file order; ``settled_only`` as in ``rows``."""
        return (row.outcome for row in self.rows(run, settled_only=settled_only))

    def counts(self, run: int, *, settled_only: bool = False) -> dict[RowStatus, int]:
        """The six totals as they stand; ``settled_only`` leaves out rows that the run still has to send."""
        with database.translated(self._file, run):
            return count_states(self._db, run, f"not {LEFT_TO_DO}" if settled_only else "1")

    def summary(self, run: int) -> RunSummary:
        """How a run stands; its totals add up, also after a crash."""
        record = self._run(run)
        held = record["finished"] is None and self._holds.is_held(run)
        if record["finished"] is None:
            record = self._run(run)  # it may have ended just before its lock was looked at
        counts = self.counts(run)
        self._run(run)  # it was not forgotten meanwhile
        with database.translated(self._file, run):
            return summary_of(record, counts, held=held)

    def runs(self) -> list[int]:
        """Numbers of all runs, newest first."""
        with database.translated(self._file):
            return [number for (number,) in self._db.execute("select id from run order by id desc")]

    def runs_of(self, plan: Plan) -> list[int]:
        """Runs of the same sheet of the same file content for the same configuration and address, newest first."""
        query = "select id from run where content = ? and records = ? and reference = ? order by id desc"
        with database.translated(self._file):
            same = (plan_json.content_of(plan.table), plan.address.records, plan.configuration.reference)
            return [number for (number,) in self._db.execute(query, same)]

    def has_once_only(self, run: int) -> bool:
        """Whether the run has a row whose repeat could do harm."""
        return self._count(run, "once = 1", most=1) > 0

    def size(self, run: int) -> int:
        """How many rows the run has, without looking at them."""
        return int(self._run(run)["rows"])

    def unsettled(self, run: int) -> int:
        """How many rows the run still can send; none once its values were deleted."""
        return 0 if self._run(run)["values_deleted"] else self._count(run, LEFT_TO_DO)

    def ensure_values(self, run: int, *, to_send: bool) -> None:
        """UsageError when the run has rows to send (or for somebody to see to), and their values were deleted."""
        gone = self._run(run)["values_deleted"]
        if gone and (count := self._count(run, LEFT_TO_DO) if to_send else self.summary(run).attention):
            raise UsageError(
                f"The row values of upload {run} were deleted on {day_of(gone)}, as the settings say, so "
                f"{count:,} of its rows cannot be {'sent' if to_send else 'saved'} any more. Open the file itself again."
            )

    def left_to_do(self, run: int, start: int, most: int) -> list[JournalRow]:
        """Up to ``most`` rows that the run still has to send, from a position on, in file order."""
        first, last = span(run)
        query = f"select {COLUMNS} from row where id >= ? and id < ? and {LEFT_TO_DO} order by id limit ?"
        with database.translated(self._file, run):
            found = [kept_of(record) for record in self._db.execute(query, (first + start, last, most))]
            (columns,) = self._db.execute(COLUMN_COUNT, (run,)).fetchone()
            if columns is None or any(len(row.cells) != columns for row in found):
                raise ValueError("a row that has not one text for each column")
        return found

    def anything_answered(self, run: int) -> bool:
        """Whether a row of the run has left before."""
        return self._count(run, "attempts > 0", most=1) > 0

    def _count(self, run: int, what: str, most: int = -1) -> int:
        query = f"select count(*) from (select 1 from row where id >= ? and id < ? and {what} limit ?)"
        with database.translated(self._file):
            return int(self._db.execute(query, (*span(run), most)).fetchone()[0])

    def is_customer(self, run: int, client_id: str) -> bool | None:
        """Whether the run was begun with this Client ID; None when it does not say: of practice, or of an earlier version."""
        with database.translated(self._file, run), as_written():
            kept = text_of(json.loads(self._run(run)["plan"]).get("customer", ""))
        return None if not kept else kept == self._customer(client_id)

    def run_of(self, origin: Provenance) -> int | None:
        """The run that a file of failed rows says it comes from, if it is one of this computer's."""
        with database.translated(self._file, origin.run), as_written():
            return run_of(self._db, origin)

    def fingerprint(self, plain: bytes) -> bytes:
        """A request's fingerprint as this journal keeps it: without the journal nobody can try values against it."""
        return keyed(plain, self._secret)

    def _customer(self, client_id: str) -> str:
        """A Client ID as this journal keeps it: whoever has not both cannot tell which it was."""
        return self.fingerprint(plain_customer(client_id)).hex() if client_id.strip() else ""

    def _holder(self, run: int) -> str:
        found = self._db.execute("select held_by from run where id = ?", (run,)).fetchone()
        return found[0] if found else ""

    def _run(self, run: int) -> dict[str, Any]:
        with database.translated(self._file):
            cursor = self._db.execute("select * from run where id = ?", (run,))
            record = cursor.fetchone()
        if record is None:
            raise UsageError(f"There is no run {run} on this computer. “cg-uploader history” lists what there is.")
        with database.translated(self._file, run):
            return checked(dict(zip((name for name, *_ in cursor.description), record, strict=True)))
