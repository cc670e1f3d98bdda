"""The record of runs on this computer: intent before a row leaves, outcome after; what it says survives any crash.

The text of a row is kept until it is accepted or forgotten; a journal is used by the thread that opened it.
"""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType

from cg_uploader.errors import JournalError, RunChanged
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Request
from cg_uploader.model.run import Outcome, RunSummary, Stop
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal import commit_counter, database, plan_json, recording, retention
from cg_uploader.uploads.journal.dates import iso
from cg_uploader.uploads.journal.journal_rows import REACH, SENDING, UNFINISHED, JournalRow, span
from cg_uploader.uploads.journal.locks import as_holder, who_i_am
from cg_uploader.uploads.journal.messages import as_stored
from cg_uploader.uploads.journal.reader import JournalReader
from cg_uploader.uploads.journal.sent_rows import duplicate_lookup, entries, row_order
from cg_uploader.uploads.journal.sent_rows.duplicate_lookup import KnownRow
from cg_uploader.uploads.journal.sent_rows.export_file import SentRowsFile

_BACK = "update row set state = ?1, answered = iif(?1 = 'waiting', null, answered) where id = ?2"


class Journal(JournalReader):
    """Runs and their rows in one SQLite file; every method that changes something has committed when it returns."""

    def __init__(self, paths: AppPaths) -> None:
        """Open the journal of ``paths``, making it when there is none; JournalError when it cannot be used.

        ``set_aside`` and ``lost``: what became of an earlier journal just now (see ``database.OpenedDatabase``).
        """
        paths.prepare()
        opened = database.open_journal(paths)
        super().__init__(paths, opened)
        self._counter = opened.counter
        self.set_aside, self.lost = opened.set_aside, opened.lost
        self._room_asked: float = float("-inf")
        self._no_room: Stop | None = None
        with suppress(JournalError), database.translated(self._file):  # what can be read is read all the same
            self._clear_never_recorded()

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

    def record_run(self, plan: Plan, rows: Iterable[JournalRow], client_id: str = "") -> int:
        """Record ``plan`` with all its ``rows`` as a new run, and return its number; this journal holds it.

        Nobody sees anything of it before it is whole.  From then on the file is not needed any more.  A position that comes
        a second time is revised: its row stays behind.

        Raises:
            DiskFull: The record could not be written, or twice its estimated size is not free.
            AlreadyUploaded: A once-only row of it has left meanwhile in another run.
            RunHeld: Another run that is under way means to send a row of it.
        """
        self.ensure_space(recording.needed_bytes(plan))
        started = iso()
        with self._change() as db:
            run = recording.give_number(db)
        self._holds.begin(run)
        try:
            remaining = iter(rows)
            while block := list(itertools.islice(remaining, recording.ROWS_OF_A_COMMIT)):
                with self._change(durable=False) as db:
                    recording.add_rows(db, run, block)
            with self._change() as db:
                text = plan_json.dump(plan, self._customer(client_id))
                recording.add_run(db, run, plan, text, started, (who_i_am(), as_holder()))
                again = plan.skip_accepted is False
                duplicate_lookup.take_over(db, run, plan, again=again, is_held=self._holds.is_held)
                if plan.skip_accepted is not None and self.has_once_only(run):
                    db.execute("update loss set known_to_person = 1")
        except BaseException:
            self._abandon(run)
            raise
        return run

    def _abandon(self, run: int) -> None:
        """What was written of a run that is not recorded goes; where that fails now, the next start does it."""
        try:
            with suppress(JournalError):
                self._delete(run)
        finally:
            if (lock := self._holds.taken(run)) is not None:
                lock.release()

    def past(self, plan: Plan, *, repeatable: bool = False, client_id: str = "") -> duplicate_lookup.DuplicateLookup:
        """What is known about the rows of ``plan`` from before; ``repeatable``: for ``client_id``, of such rows too."""
        if repeatable:
            self.remember()
        with database.translated(self._file):
            return duplicate_lookup.DuplicateLookup(self._db, plan, self._secret, self._file, client_id)

    def told_since(self, run: int, plan: Plan) -> Callable[[Request], KnownRow | None] | None:
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
        """Let what must not leave (again) stay behind: once-only rows after a crash, and overtaken rows (see ``row_order``)."""
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

    def loss(self, *, untold: bool = False) -> tuple[str, str, bool] | None:
        """When an earlier journal was lost last, its file's name now, and whether the user has answered; else None."""
        with database.translated(self._file):
            return database.loss(self._db, untold=untold)

    def loss_told(self) -> None:
        """Record that the user was told of every loss."""
        with self._change() as db:
            db.execute("update loss set told = 1")

    # ------------------------------------------------------------------ memory and forgetting

    def remember(self) -> None:
        """Take over what rows of runs have become since; what happens to the runs later does not matter to the memory."""
        for run in entries.not_remembered(self._db):
            idle = not self._holds.is_held(run)
            with self._change() as db:
                entries.remember(db, run, idle=idle)

    def memories(self) -> SentRowsFile:
        """What is remembered, to be given to a colleague or taken from one."""
        self.remember()
        return SentRowsFile(self._db, self._secret, self._change)

    def delete_old_values(self, days: int, now: float | None = None) -> list[int]:
        """Delete the row values of runs that ended more than ``days`` days ago (see ``retention``), and return those runs."""
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
                entries.remember(db, run, idle=True, leaving=True)
                row_order.settle_before_forgetting(db, run, self._holds.is_held)
            self._delete(run)
        with database.translated(self._file):
            return retention.vanish(self._db, self._file, waiting)

    def _delete(self, run: int) -> None:
        with self._change() as db:
            recording.erase(db, run)

    def _clear_never_recorded(self) -> None:
        if recording.never_recorded(self._db, self._holds.is_held):
            with self._change() as db:
                for run in recording.never_recorded(db, self._holds.is_held):
                    recording.erase(db, run)

    # ------------------------------------------------------------------ inside

    @contextmanager
    def _change(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One commit, acknowledged beside the journal; ``durable``: that is on the platter too (see ``commit_counter``)."""
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
