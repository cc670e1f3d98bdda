"""The record of runs on this computer: intent before a row leaves, outcome after; what it says survives any crash.

The text of a row is kept until it is accepted or forgotten; a journal is used by the thread that opened it.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any

from cg_uploader.errors import DiskFull, RunChanged, UsageError
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.provenance import Origin
from cg_uploader.model.request import Request
from cg_uploader.model.run import Outcome, RunSummary, Stop
from cg_uploader.settings.paths import Places
from cg_uploader.uploads.journal import commit_counter, database, duplicate_lookup, plan_json, retention, row_order, sent_rows
from cg_uploader.uploads.journal.dates import day_of, iso
from cg_uploader.uploads.journal.duplicate_lookup import Known
from cg_uploader.uploads.journal.journal_rows import (
    ADD,
    COLUMN_COUNT,
    COLUMNS,
    LEFT_TO_DO,
    REACH,
    SENDING,
    UNFINISHED,
    Kept,
    KeptRows,
    as_written,
    count_states,
    kept_of,
    record_of,
    span,
    text_of,
)
from cg_uploader.uploads.journal.locks import Holds, as_holder, who_i_am
from cg_uploader.uploads.journal.messages import as_stored
from cg_uploader.uploads.journal.related_runs import run_of
from cg_uploader.uploads.journal.run_summary import checked, summary_of
from cg_uploader.uploads.journal.sent_rows_file import Exchange

_BACK = "update row set state = ?1, answered = iif(?1 = 'waiting', null, answered) where id = ?2"


class Journal:
    """Runs and their rows in one SQLite file; every method that changes something has committed when it returns."""

    def __init__(self, places: Places) -> None:
        """Open the journal of ``places``, making it when there is none; JournalError when it cannot be used.

        ``set_aside`` and ``lost``: what became of an earlier journal just now (see ``store.Opened``).
        """
        places.prepare()
        self._file = places.journal
        opened = database.open_journal(places)
        self._db, self._secret, self._counter = opened.db, opened.secret, opened.counter
        self.set_aside, self.lost = opened.set_aside, opened.lost
        self._holds = Holds(places, opened.file, self._holder)
        self._room_asked: float = float("-inf")
        self._no_room: Stop | None = None
        with suppress(DiskFull), database.translated(self._file):  # the history can be read all the same
            self._clear_unsealed()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back."""
        self._holds.release()
        self._counter.close()
        self._db.close()

    # ------------------------------------------------------------------ one run: beginning, rows, end

    @contextmanager
    def hold(self, run: int) -> Iterator[None]:
        """Nobody else on this computer works on ``run`` meanwhile; RunHeld when somebody does."""
        lock = self._holds.taken(run) or self._holds.acquire(run)
        try:
            with self._change() as db:
                db.execute("update run set held_by = ? where id = ?", (as_holder(), run))
            yield
        finally:
            lock.release()

    def _holder(self, run: int) -> str:
        found = self._db.execute("select held_by from run where id = ?", (run,)).fetchone()
        return found[0] if found else ""

    def begin(self, plan: Plan, client_id: str = "") -> int:
        """A new run, held by this journal, still without rows; nobody sees it before ``seal``."""
        place = (plan.address.records, plan.configuration.reference)
        facts = (plan_json.content_of(plan.table), *place, plan_json.dump(plan, self._customer(client_id)))
        with self._holds.unless_it_fails(), self._change() as db:
            query = "insert into run (content, records, reference, plan, sent_by, started, held_by, rows)"
            cursor = db.execute(f"{query} values (?, ?, ?, ?, ?, ?, ?, -1)", (*facts, who_i_am(), iso(), as_holder()))
            run = cursor.lastrowid or 0
            self._holds.begin(run)
        return run

    def add(self, run: int, rows: Iterable[Kept]) -> None:
        """Record some of a new run's rows in one commit."""
        with self._change(durable=False) as db:
            db.executemany(ADD, (record_of(run << REACH, row) for row in rows))

    def seal(self, run: int, plan: Plan) -> None:
        """All rows are recorded: the run exists from now on, and its file is not needed any more.

        AlreadyUploaded or RunHeld when a once-only row of it has left, or is about to leave, in another run.
        """
        with self._change() as db:
            duplicate_lookup.take_over(db, run, plan, again=plan.skip_accepted is False, is_held=self._holds.is_held)
            (count,) = db.execute("select count(*) from row where id >= ? and id < ?", span(run)).fetchone()
            db.execute("update run set rows = ? where id = ?", (count, run))
            if plan.skip_accepted is not None and self.has_once_only(run):
                db.execute("update loss set known_to_person = 1")

    def abandon(self, run: int) -> None:
        """A run that was begun and never sealed is nothing."""
        self._delete(run)
        if (lock := self._holds.taken(run)) is not None:
            lock.release()

    def past(self, plan: Plan, *, repeatable: bool = False, client_id: str = "") -> duplicate_lookup.Past:
        """What is known about the rows of ``plan`` from before; ``repeatable``: for ``client_id``, of such rows too."""
        if repeatable:
            self.remember()
        with database.translated(self._file):
            return duplicate_lookup.Past(self._db, plan, self._secret, self._file, client_id)

    def told_since(self, run: int, plan: Plan) -> Callable[[Request], Known | None] | None:
        """What memories that were imported since ``run`` began say of its once-only rows; None when none were."""
        return duplicate_lookup.told_since(self._db, plan, self._run(run)["started"])

    def ensure_space(self, needed: int) -> None:
        """DiskFull unless ``needed`` bytes are free for the journal."""
        database.ensure_space(self._file.parent, needed)

    def why_no_room(self) -> Stop | None:
        """Why a run had better stop before its next row leaves; None while there is room.  Asks the disk once a second."""
        now = time.monotonic()
        if now - self._room_asked >= 1.0:
            self._room_asked, self._no_room = now, database.why_no_room(self._file.parent)
        return self._no_room

    def left_to_do(self, run: int, start: int, most: int) -> list[Kept]:
        """Up to ``most`` rows that the run still has to send, from a position on, in file order."""
        first, last = span(run)
        query = f"select {COLUMNS} from row where id >= ? and id < ? and {LEFT_TO_DO} order by id limit ?"
        with database.translated(self._file, run):
            found = [kept_of(record) for record in self._db.execute(query, (first + start, last, most))]
            (columns,) = self._db.execute(COLUMN_COUNT, (run,)).fetchone()
            if columns is None or any(len(row.cells) != columns for row in found):
                raise ValueError("a row that has not one text for each column")
        return found

    def record(
        self,
        run: int,
        outcomes: Sequence[tuple[int, Outcome]],
        intents: Iterable[int] = (),
        back: Iterable[tuple[int, str]] = (),
    ) -> None:
        """One commit: outcomes by position, positions that did not leave and their state before, positions about to be sent.

        The text of a row that was accepted, now or before, is deleted with its outcome.
        """
        first, now, marked = run << REACH, time.time(), [((run << REACH) + at,) for at in intents]
        once = "select 1 from row where id = ? and once = 1"
        with database.translated(self._file):
            durable = any(self._db.execute(once, key).fetchone() for key in marked)
        with self._change(durable=durable) as db:
            db.executemany(
                "update row set state = ?, http = ?, attempts = ?, messages = ?, answered = ? where id = ?",
                [(o.status.value, o.http, o.attempts, as_stored(o.messages), now, first + at) for at, o in outcomes],
            )
            db.executemany(
                "update row set cells = null, who = '' where id = ?",
                [(first + at,) for at, o in outcomes if o.status in (RowStatus.ACCEPTED, RowStatus.SKIPPED)],
            )
            db.executemany(_BACK, [(state, first + at) for at, state in back])
            db.executemany(f"update row set state = 'sending', answered = {now} where id = ?", marked)

    def settle(self, run: int) -> None:
        """What must not leave (again) stays behind for good: once-only rows after a crash, and overtaken rows (``order``)."""
        query = "update row set state = 'not_sure', messages = ? where id >= ? and id < ? and once = 1 and state = 'sending'"
        with self._change() as db:
            db.execute(query, (as_stored(UNFINISHED[SENDING]), *span(run)))
            row_order.settle_overtaken(db, run)

    def end(self, run: int, stop: Stop | None) -> RunSummary:
        """The run ends here, for now; returns how it stands."""
        with self._change() as db:
            row_order.settle_overtaken(db, run)
            db.execute(
                "update run set finished = ?, stopped = ?, exit = ? where id = ?",
                (iso(), as_stored(stop.messages) if stop else None, stop.exit_code if stop else None, run),
            )
        return self.summary(run)

    def reopen(self, run: int) -> None:
        """The run goes on."""
        with self._change() as db:
            db.execute(
                "update run set finished = null, stopped = null, exit = null, ages_from = null, remembered = 0 where id = ?",
                (run,),
            )

    # ------------------------------------------------------------------ reading

    def plan(self, run: int) -> Plan:
        """The plan of a run, over the rows as the journal keeps them; UsageError when there is no such run."""
        record = self._run(run)
        with database.translated(self._file, run):
            return plan_json.load(record["plan"], KeptRows(record["rows"], lambda start: self.rows(run, start)))

    def rows(self, run: int, start: int = 0, *, settled_only: bool = False) -> Iterator[Kept]:
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
            return [number for (number,) in self._db.execute("select id from run where rows >= 0 order by id desc")]

    def runs_of(self, plan: Plan) -> list[int]:
        """Runs of the same sheet of the same file content for the same configuration and address, newest first."""
        query = "select id from run where content = ? and records = ? and reference = ? and rows >= 0 order by id desc"
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

    def fingerprint(self, plain: bytes) -> bytes:
        """A request's fingerprint as this journal keeps it: without the journal nobody can try values against it."""
        return sent_rows.keyed(plain, self._secret)

    def subject(self, plan: Plan, about: str | None) -> bytes:
        """What a row is about as this journal keeps it; empty for None."""
        return b"" if about is None else sent_rows.keyed(sent_rows.plain_subject(plan, about), self._secret)

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

    def _customer(self, client_id: str) -> str:
        """A Client ID as this journal keeps it: whoever has not both cannot tell which it was."""
        return self.fingerprint(sent_rows.plain_customer(client_id)).hex() if client_id.strip() else ""

    def loss(self, *, untold: bool = False) -> tuple[str, str, bool] | None:
        """When an earlier journal was lost last, its file's name now, and whether the user has answered; else None."""
        with database.translated(self._file):
            return database.loss(self._db, untold=untold)

    def loss_told(self) -> None:
        """Record that the user was told of every loss."""
        with self._change() as db:
            db.execute("update loss set told = 1")

    def run_of(self, origin: Origin) -> int | None:
        """The run that a repair file says it comes from, if it is one of this computer's."""
        with database.translated(self._file, origin.run), as_written():
            return run_of(self._db, origin)

    # ------------------------------------------------------------------ memory and forgetting

    def remember(self) -> None:
        """Take over what rows of runs have become since; what happens to the runs later does not matter to the memory."""
        for run in sent_rows.not_remembered(self._db):
            idle = not self._holds.is_held(run)
            with self._change() as db:
                sent_rows.remember(db, run, idle=idle)

    def memories(self) -> Exchange:
        """What is remembered, to be given to a colleague or taken from one."""
        self.remember()
        return Exchange(self._db, self._secret, self._change)

    def delete_old_values(self, days: int, now: float | None = None) -> list[int]:
        """Delete the row values of runs that ended more than ``days`` days ago (see ``expiry``), and return those runs."""
        with database.translated(self._file):
            return retention.delete_old_values(self._db, self._holds, self._file, days, now or time.time())

    def forget(self, run: int, waiting: Callable[[], object] = bool) -> bool:
        """Delete a run and everything about its rows; that they were accepted stays remembered, by keyed hashes alone.

        False when its values stay in the files as yet: another program reads them.  ``waiting`` is called before a long wait.
        """
        with suppress(RunChanged):
            self._run(run)
        with self.hold(run):
            self.remember()
            with self._change() as db:
                sent_rows.remember(db, run, idle=True, leaving=True)
                row_order.settle_before_forgetting(db, run, self._holds.is_held)
            self._delete(run)
        with database.translated(self._file):
            return retention.vanish(self._db, self._file, waiting)

    def _delete(self, run: int) -> None:
        with self._change() as db:
            retention.erase(db, run)

    def _clear_unsealed(self) -> None:
        if retention.unsealed(self._db, self._holds):
            with self._change() as db:
                for run in retention.unsealed(db, self._holds):
                    retention.erase(db, run)

    # ------------------------------------------------------------------ inside

    def _run(self, run: int) -> dict[str, Any]:
        with database.translated(self._file):
            cursor = self._db.execute("select * from run where id = ? and rows >= 0", (run,))
            record = cursor.fetchone()
        if record is None:
            raise UsageError(f"There is no run {run} on this computer. “cg-uploader history” lists what there is.")
        with database.translated(self._file, run):
            return checked(dict(zip((name for name, *_ in cursor.description), record, strict=True)))

    @contextmanager
    def _change(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One commit, acknowledged beside the journal; ``durable``: that is on the platter too (see ``commits``)."""
        with database.translated(self._file):
            self._db.execute("begin immediate")
            try:
                yield self._db
                count = commit_counter.count(self._db)
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("rollback")
                raise
            self._counter.acknowledge(count, durable=durable)
