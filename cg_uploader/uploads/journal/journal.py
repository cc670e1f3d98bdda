"""The record of runs on this computer: the intent before a row leaves, the outcome after.  It survives any crash.

The text of a row is kept until it is accepted or forgotten.
"""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType

from cg_uploader.errors import JournalError, RunChanged
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Request
from cg_uploader.model.run import Outcome, RunSummary, Stop
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal import plan_json, recording, retention
from cg_uploader.uploads.journal.dates import iso
from cg_uploader.uploads.journal.journal_rows import SENDING, SHIFT, UNFINISHED, JournalRow, span
from cg_uploader.uploads.journal.messages import as_stored
from cg_uploader.uploads.journal.reader import JournalReader
from cg_uploader.uploads.journal.sent_rows import duplicate_lookup, entries, row_order
from cg_uploader.uploads.journal.sent_rows.duplicate_lookup import DuplicateLookup, KnownRow
from cg_uploader.uploads.journal.sent_rows.export_file import SentRowsFile
from cg_uploader.uploads.journal.storage import commit_counter, database
from cg_uploader.uploads.journal.storage.run_locks import describe_holder, user_name
from cg_uploader.uploads.journal.storage.sqlite_errors import translated
from cg_uploader.uploads.journal.storage.transaction import transaction

_RETURN = "update row set state = ?1, answered = iif(?1 = 'waiting', null, answered) where id = ?2"


class Journal(JournalReader):
    """Runs and their rows in one SQLite file.  Used by the thread that opened it.

    Every method that changes something has committed when it returns.

    Attributes:
        set_aside: Where a damaged journal was moved just now.  None where there was none.
        lost: Whether an earlier journal proved damaged or gone just now.
    """

    def __init__(self, paths: AppPaths) -> None:
        """Open the journal of ``paths``, and make it when there is none.

        Raises:
            JournalError: It cannot be used.
        """
        paths.prepare()
        opened = database.open_journal(paths)
        super().__init__(paths, opened)
        self._counter = opened.counter
        self.set_aside, self.lost = opened.set_aside, opened.lost
        self._room_asked: float = float("-inf")
        self._no_room: Stop | None = None
        with suppress(JournalError), translated(self._file):  # a journal that cannot be written can still be read
            self._clear_unrecorded()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Release the locks of new runs, and close the file."""
        self._run_locks.release()
        self._counter.close()
        self._db.close()

    # ------------------------------------------------------------------ one run: beginning, rows, end

    @contextmanager
    def hold(self, run: int) -> Iterator[None]:
        """Keep every other program on this computer from working on ``run``.

        Raises:
            RunHeld: Another program works on it.
        """
        lock = self._run_locks.taken(run) or self._run_locks.acquire(run)
        try:
            with self._change() as db:
                db.execute("update run set held_by = ? where id = ?", (describe_holder(), run))
            yield
        finally:
            lock.release()

    def record_run(self, plan: Plan, rows: Iterable[JournalRow], client_id: str = "") -> int:
        """Record ``plan`` with all its ``rows`` as a new run, which this journal then holds, and return its number.

        Other programs see the run when it is whole.  From then on the file is not needed.  A position that comes a second
        time revises its row: the row stays behind.

        Raises:
            DiskFull: The record could not be written, or twice its estimated size is not free.
            AlreadyUploaded: A once-only row of it has left in another run meanwhile.
            RunHeld: Another run that is under way will send a row of it.
        """
        self.ensure_space(recording.needed_bytes(plan))
        started = iso()
        with self._change() as db:
            run = recording.reserve_number(db)
        self._run_locks.begin(run)
        with ExitStack() as on_failure:
            on_failure.callback(lambda: self._abandon(run))
            remaining = iter(rows)
            while block := list(itertools.islice(remaining, recording.ROWS_PER_COMMIT)):
                with self._change(durable=False) as db:
                    recording.add_rows(db, run, block)
            with self._change() as db:
                text = plan_json.dump(plan, self._customer(client_id))
                recording.add_run(db, run, plan, text, started, (user_name(), describe_holder()))
                again = plan.skip_accepted is False
                duplicate_lookup.take_over(db, run, plan, again=again, is_held=self._run_locks.is_held)
                if plan.skip_accepted is not None and self.has_once_only(run):
                    db.execute("update loss set known_to_person = 1")
            on_failure.pop_all()
        return run

    def _abandon(self, run: int) -> None:
        """Delete what was written of a run that is not recorded.  Where that fails, the next start does it."""
        try:
            with suppress(JournalError):
                self._delete(run)
        finally:
            if (lock := self._run_locks.taken(run)) is not None:
                lock.release()

    def duplicate_lookup(self, plan: Plan, *, repeatable: bool = False, client_id: str = "") -> DuplicateLookup:
        """Return what looks up the rows of ``plan`` in earlier uploads.

        Args:
            plan: What is to be sent.
            repeatable: Whether repeatable rows are looked up too.
            client_id: The customer for whom they would be sent.
        """
        if repeatable:
            self.add_sent_rows()
        with translated(self._file):
            return DuplicateLookup(self._db, plan, self._secret, self._file, client_id)

    def imported_lookup(self, run: int, plan: Plan) -> Callable[[Request], KnownRow | None] | None:
        """Return what looks up once-only rows in the files that were imported since ``run`` began, or None without any."""
        return duplicate_lookup.imported_lookup(self._db, plan, self._run(run)["started"])

    def ensure_space(self, needed: int) -> None:
        """Make sure that ``needed`` bytes are free for the journal.

        Raises:
            DiskFull: They are not.
        """
        database.ensure_space(self._file.parent, needed)

    def why_no_room(self) -> Stop | None:
        """Return why a run should stop before its next row leaves, or None while there is room.

        The disk is asked once a second.
        """
        now = time.monotonic()
        if now - self._room_asked >= 1.0:
            self._room_asked, self._no_room = now, database.why_no_room(self._file.parent)
        return self._no_room

    def record(
        self,
        run: int,
        outcomes: Sequence[tuple[int, Outcome]],
        intents: Iterable[int] = (),
        returned: Iterable[tuple[int, str]] = (),
    ) -> None:
        """Record what has become of rows in one commit.  The text of a row that was accepted, now or before, is deleted.

        Args:
            run: The run.
            outcomes: Positions and their outcomes.
            intents: Positions that are about to be sent.
            returned: Positions that did not leave, and their states before.
        """
        first, now = run << SHIFT, time.time()
        marked = [(first + position,) for position in intents]
        once = "select 1 from row where id = ? and once = 1"
        with translated(self._file):
            durable = any(self._db.execute(once, key).fetchone() for key in marked)
        with self._change(durable=durable) as db:
            db.executemany(
                "update row set state = ?, http = ?, attempts = ?, messages = ?, answered = ? where id = ?",
                [
                    (outcome.status.value, outcome.http, outcome.attempts, as_stored(outcome.messages), now, first + position)
                    for position, outcome in outcomes
                ],
            )
            without_text = (RowStatus.ACCEPTED, RowStatus.SKIPPED)
            db.executemany(
                "update row set cells = null, who = '' where id = ?",
                [(first + position,) for position, outcome in outcomes if outcome.status in without_text],
            )
            db.executemany(_RETURN, [(state, first + position) for position, state in returned])
            db.executemany(f"update row set state = 'sending', answered = {now} where id = ?", marked)

    def settle(self, run: int) -> None:
        """Let rows stay behind that must not leave, or not again.

        These are once-only rows that were under way at a crash, and overtaken rows (see ``row_order``).
        """
        query = "update row set state = 'not_sure', messages = ? where id >= ? and id < ? and once = 1 and state = 'sending'"
        with self._change() as db:
            db.execute(query, (as_stored(UNFINISHED[SENDING]), *span(run)))
            row_order.settle_overtaken(db, run)

    def end(self, run: int, stop: Stop | None) -> RunSummary:
        """End the run for now, because of ``stop`` or with its last row, and return how it stands."""
        with self._change() as db:
            row_order.settle_overtaken(db, run)
            db.execute(
                "update run set finished = ?, stopped = ?, exit = ? where id = ?",
                (iso(), as_stored(stop.messages) if stop else None, stop.exit_code if stop else None, run),
            )
        return self.summary(run)

    def reopen(self, run: int) -> None:
        """Record that the run goes on."""
        with self._change() as db:
            db.execute(
                "update run set finished = null, stopped = null, exit = null, ages_from = null, remembered = 0 where id = ?",
                (run,),
            )

    def loss(self, *, unannounced: bool = False) -> tuple[str, str, bool] | None:
        """Return the last loss of an earlier journal: its day, the file's name now, and whether the user has answered.

        None when there was none, or with ``unannounced`` when the user has seen it.
        """
        with translated(self._file):
            return database.loss(self._db, unannounced=unannounced)

    def mark_loss_announced(self) -> None:
        """Record that the user has seen every loss."""
        with self._change() as db:
            db.execute("update loss set told = 1")

    # ------------------------------------------------------------------ sent rows and forgetting

    def add_sent_rows(self) -> None:
        """Add what has left since to the sent rows.  They stay when the runs are forgotten."""
        for run in entries.runs_to_add(self._db):
            idle = not self._run_locks.is_held(run)
            with self._change() as db:
                entries.add_sent_rows(db, run, idle=idle)

    def sent_rows_file(self) -> SentRowsFile:
        """Return the sent rows, to be exported for a colleague or imported from one."""
        self.add_sent_rows()
        return SentRowsFile(self._db, self._secret, self._change)

    def delete_old_values(self, days: int, now: float | None = None) -> list[int]:
        """Delete the row values of runs that ended more than ``days`` days ago, and return those runs (see ``retention``).

        ``now`` is in seconds since 1970, and by default the computer's time.
        """
        with translated(self._file):
            return retention.delete_old_values(self._db, self._run_locks, self._file, days, now or time.time())

    def forget(self, run: int, waiting: Callable[[], object] = bool) -> bool:
        """Delete a run and everything about its rows but the keyed hashes of those that have left.

        Tell whether its values have left the files.  They have not while another program reads them.  ``waiting`` is called
        before a long wait for that program.
        """
        with suppress(RunChanged):
            self._run(run)
        with self.hold(run):
            self.add_sent_rows()
            with self._change() as db:
                entries.add_sent_rows(db, run, idle=True, leaving=True)
                row_order.settle_before_forgetting(db, run, self._run_locks.is_held)
            self._delete(run)
        with translated(self._file):
            return retention.clear_log(self._db, self._file, waiting)

    def _delete(self, run: int) -> None:
        with self._change() as db:
            recording.erase(db, run)

    def _clear_unrecorded(self) -> None:
        if recording.unrecorded_runs(self._db, self._run_locks.is_held):
            with self._change() as db:
                for run in recording.unrecorded_runs(db, self._run_locks.is_held):
                    recording.erase(db, run)

    # ------------------------------------------------------------------ inside

    @contextmanager
    def _change(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Make one commit, and count it beside the journal.

        With ``durable``, the count is on disk too when this returns (see ``commit_counter``).
        """
        with translated(self._file):
            with transaction(self._db):
                yield self._db
                count = commit_counter.count(self._db)
            self._counter.acknowledge(count, durable=durable)
