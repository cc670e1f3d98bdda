"""The record of runs on this computer: intent before a row leaves, outcome after; what it says survives any crash.

A row's state is ``waiting`` (nothing has left), ``sending`` (it may have left, no answer is known) or one of the six final
words.  The text of a row is kept until it is accepted or forgotten; a journal is used by the thread that opened it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from cg_uploader.errors import RunHeld, UsageError
from cg_uploader.model import Outcome, Plan, Row, RunSummary, Stop
from cg_uploader.settings.paths import Places
from cg_uploader.uploads import planfile, store
from cg_uploader.vocabulary import RowStatus

WAITING = "waiting"
SENDING = "sending"
REACH = 32
"""A row's key is the run's number shifted by this many bits, plus its position: one index serves run and order."""

LEFT_TO_DO = "(state in ('waiting', 'not_sent') or (once = 0 and state in ('sending', 'not_sure')))"
"""What a run still has to send: nothing arrived for certain, or a repeat does no harm."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A row as the journal keeps it; ``cells`` are empty once the row is accepted or forgotten."""

    position: int
    number: int
    state: str
    once_only: bool
    cells: tuple[str, ...]
    who: str = ""
    http: int | None = None
    attempts: int = 0
    messages: tuple[tuple[str, str], ...] = ()
    fingerprint: bytes = b""
    answered: datetime | None = None

    @property
    def status(self) -> RowStatus:
        """The final word for the row if the run ended now."""
        if self.state == WAITING:
            return RowStatus.NOT_SENT
        return RowStatus.NOT_SURE if self.state == SENDING else RowStatus(self.state)

    @property
    def outcome(self) -> Outcome:
        """The row's outcome as it stands."""
        messages = self.messages or UNFINISHED.get(self.state, ())
        return Outcome(self.number, self.status, self.http, messages, self.attempts, self.who, self.fingerprint)


UNFINISHED: dict[str, tuple[tuple[str, str], ...]] = {
    WAITING: (("", "The upload stopped before this row."),),
    SENDING: (("", "The upload was cut off before CustomerGauge answered for this row."),),
}


class Journal:
    """Runs and their rows in one SQLite file; every method that changes something has committed when it returns."""

    def __init__(self, places: Places) -> None:
        """Open the journal of ``places``, making it when there is none; JournalError when it cannot be used."""
        places.prepare()
        self._locks = places.locks
        self._file = places.journal
        self._db = store.open_journal(self._file)
        self._secret: bytes = self._db.execute("select secret from key").fetchone()[0]

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    # ------------------------------------------------------------------ one run: beginning, rows, end

    @contextmanager
    def hold(self, run: int) -> Iterator[None]:
        """Nobody else on this computer works on ``run`` meanwhile; RunHeld when somebody does."""
        lock = FileLock(self._locks / f"run-{run}.lock", mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise RunHeld(
                f"Another CG Uploader works on run {run} at this moment. Wait until it ends, or stop it there."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _is_held(self, run: int) -> bool:
        try:
            with self.hold(run):
                return False
        except RunHeld:
            return True

    def begin(self, plan: Plan, rows: Iterable[Kept]) -> int:
        """Record a new run with all its rows in one commit; returns its number.  After that its file is not needed."""
        with self._change() as db:
            cursor = db.execute(
                "insert into run (digest, records, reference, plan, started, rows) values (?, ?, ?, ?, ?, 0)",
                (plan.table.digest, plan.address.records, plan.configuration.reference, planfile.dump(plan), _now()),
            )
            run = cursor.lastrowid or 0
            first = run << REACH
            added = db.executemany(
                "insert into row (id, number, state, once, cells, who, messages, fingerprint) values (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        first + r.position,
                        r.number,
                        r.state,
                        r.once_only,
                        _text(r.cells),
                        r.who,
                        _text(r.messages),
                        r.fingerprint,
                    )
                    for r in rows
                ),
            )
            db.execute("update run set rows = ? where id = ?", (max(added.rowcount, 0), run))
        return run

    def ensure_space(self, needed: int) -> None:
        """DiskFull unless ``needed`` bytes are free for the journal."""
        store.ensure_space(self._file.parent, needed)

    def left_to_do(self, run: int, start: int, most: int) -> list[Kept]:
        """Up to ``most`` rows that the run still has to send, from a position on, in file order."""
        first, last = _span(run)
        query = f"select {_COLUMNS} from row where id >= ? and id < ? and {LEFT_TO_DO} order by id limit ?"
        with store.translated(self._file):
            return [_kept(record) for record in self._db.execute(query, (first + start, last, most))]

    def record(
        self,
        run: int,
        outcomes: Sequence[tuple[int, Outcome]],
        intents: Iterable[int] = (),
        back: Iterable[tuple[int, str]] = (),
    ) -> None:
        """One commit: outcomes by position, positions about to be sent, positions that did not leave and their state before.

        The text of an accepted row is deleted with its outcome.
        """
        first, now = run << REACH, time.time()
        with self._change() as db:
            db.executemany(
                "update row set state = ?, http = ?, attempts = ?, messages = ?, answered = ? where id = ?",
                [(o.status.value, o.http, o.attempts, _text(o.messages), now, first + at) for at, o in outcomes],
            )
            db.executemany(
                "update row set cells = null, who = '' where id = ?",
                [(first + at,) for at, o in outcomes if o.status is RowStatus.ACCEPTED],
            )
            db.executemany("update row set state = 'sending' where id = ?", [(first + at,) for at in intents])
            db.executemany("update row set state = ? where id = ?", [(state, first + at) for at, state in back])

    def settle_cut_off(self, run: int) -> None:
        """After a crash: once-only rows that may have left become *not sure*, for good."""
        message = _text((*UNFINISHED[SENDING],))
        with self._change() as db:
            db.execute(
                "update row set state = 'not_sure', messages = ? where id >= ? and id < ? and once = 1 and state = 'sending'",
                (message, *_span(run)),
            )

    def end(self, run: int, stop: Stop | None) -> RunSummary:
        """The run ends here, for now; returns how it stands."""
        with self._change() as db:
            db.execute(
                "update run set finished = ?, stopped = ?, exit = ? where id = ?",
                (_now(), stop.reason if stop else None, stop.exit_code if stop else None, run),
            )
        return self.summary(run)

    def reopen(self, run: int) -> None:
        """The run goes on."""
        with self._change() as db:
            db.execute("update run set finished = null, stopped = null, exit = null where id = ?", (run,))

    # ------------------------------------------------------------------ reading

    def plan(self, run: int) -> Plan:
        """The plan of a run, over the rows as the journal keeps them; UsageError when there is no such run."""
        return planfile.load(self._run(run)["plan"], KeptRows(self, run))

    def rows(self, run: int) -> Iterator[Kept]:
        """Every row of a run, in file order."""
        with store.translated(self._file):
            for record in self._db.execute(f"select {_COLUMNS} from row where id >= ? and id < ? order by id", _span(run)):
                yield _kept(record)

    def outcomes(self, run: int) -> Iterator[Outcome]:
        """Every row's outcome as it stands, in file order."""
        return (row.outcome for row in self.rows(run))

    def counts(self, run: int, *, settled_only: bool = False) -> dict[RowStatus, int]:
        """The six totals as they stand; ``settled_only`` leaves out rows that the run still has to send."""
        wanted = f"not {LEFT_TO_DO}" if settled_only else "1"
        query = f"select state, count(*) from row where id >= ? and id < ? and {wanted} group by state"
        totals = dict.fromkeys(RowStatus, 0)
        with store.translated(self._file):
            for state, count in self._db.execute(query, _span(run)):
                totals[Kept(0, 0, state, False, ()).status] += count
        return totals

    def summary(self, run: int) -> RunSummary:
        """How a run stands; its totals add up, also after a crash."""
        record = self._run(run)
        plan = json.loads(record["plan"])
        stop = Stop(record["stopped"], record["exit"]) if record["stopped"] else None
        if record["finished"] is None:
            stop = Stop("The upload is under way." if self._is_held(run) else "The upload was cut off before its end.")
        return RunSummary(
            run=run,
            file=plan["file"],
            profile=plan["profile"],
            region=plan["region"],
            rows=record["rows"],
            counts=self.counts(run),
            started=datetime.fromisoformat(record["started"]),
            finished=datetime.fromisoformat(record["finished"]) if record["finished"] else None,
            stopped=stop,
        )

    def runs(self) -> list[int]:
        """Numbers of all runs, newest first."""
        with store.translated(self._file):
            return [number for (number,) in self._db.execute("select id from run order by id desc")]

    def runs_of(self, plan: Plan) -> list[int]:
        """Runs of the same file content for the same configuration and address, newest first."""
        query = "select id from run where digest = ? and records = ? and reference = ? order by id desc"
        with store.translated(self._file):
            same = (plan.table.digest, plan.address.records, plan.configuration.reference)
            return [number for (number,) in self._db.execute(query, same)]

    def known(self, runs: Iterable[int]) -> dict[tuple[int, bytes], Kept]:
        """Rows of these runs not to be sent once more, by number and fingerprint: accepted, or once-only and not sure."""
        found: dict[tuple[int, bytes], Kept] = {}
        wanted = "state = 'accepted' or (once = 1 and state in ('sending', 'not_sure'))"
        query = f"select {_COLUMNS} from row where id >= ? and id < ? and ({wanted})"
        with store.translated(self._file):
            for run in runs:
                for row in map(_kept, self._db.execute(query, _span(run))):
                    before = found.get((row.number, row.fingerprint))
                    if before is None or before.status is not RowStatus.ACCEPTED:
                        found[row.number, row.fingerprint] = row
        return found

    def has_once_only(self, run: int) -> bool:
        """Whether the run has a row whose repeat could do harm."""
        query = "select exists (select 1 from row where id >= ? and id < ? and once = 1)"
        with store.translated(self._file):
            return bool(self._db.execute(query, _span(run)).fetchone()[0])

    def unsettled(self, run: int) -> int:
        """How many rows the run still has to send."""
        query = f"select count(*) from row where id >= ? and id < ? and {LEFT_TO_DO}"
        with store.translated(self._file):
            return int(self._db.execute(query, _span(run)).fetchone()[0])

    def fingerprint(self, plain: bytes) -> bytes:
        """A request's fingerprint as this journal keeps it: without the journal nobody can try values against it."""
        return hashlib.blake2b(plain, key=self._secret, digest_size=16).digest()

    def forget(self, run: int) -> None:
        """Delete a run and everything about its rows."""
        self._run(run)
        with self.hold(run), self._change() as db:
            db.execute("delete from row where id >= ? and id < ?", _span(run))
            db.execute("delete from run where id = ?", (run,))
        self._db.execute("pragma wal_checkpoint(truncate)")

    # ------------------------------------------------------------------ inside

    def _run(self, run: int) -> dict[str, Any]:
        with store.translated(self._file):
            cursor = self._db.execute("select * from run where id = ?", (run,))
            record = cursor.fetchone()
        if record is None:
            raise UsageError(f"There is no run {run} on this computer. “cg-uploader history” lists what there is.")
        return dict(zip((name for name, *_ in cursor.description), record, strict=True))

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with store.translated(self._file):
            self._db.execute("begin immediate")
            try:
                yield self._db
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("rollback")
                raise


class KeptRows:
    """The rows of a run as a table's rows; those that were accepted have no text any more."""

    def __init__(self, journal: Journal, run: int) -> None:
        self._journal = journal
        self._run = run

    def __len__(self) -> int:
        return self._journal.summary(self._run).rows

    def __iter__(self) -> Iterator[Row]:
        return (Row(kept.number, kept.cells) for kept in self._journal.rows(self._run))

    def __getitem__(self, position: int) -> Row:
        return next(self.walk(position))

    def walk(self, start: int) -> Iterator[Row]:
        """Walk them from a position on."""
        return (Row(kept.number, kept.cells) for kept in self._journal.rows(self._run) if kept.position >= start)

    def close(self) -> None:
        """Nothing to give back: the journal is somebody else's."""


_COLUMNS = "id, number, state, once, cells, who, http, attempts, messages, fingerprint, answered"


def _kept(record: tuple[int, int, str, int, str | None, str, int | None, int, str, bytes, float | None]) -> Kept:
    key, number, state, once, cells, who, http, attempts, messages, fingerprint, answered = record
    return Kept(
        key & ((1 << REACH) - 1),
        number,
        state,
        bool(once),
        tuple(json.loads(cells)) if cells else (),
        who,
        http,
        attempts,
        tuple((heading, text) for heading, text in json.loads(messages)) if messages != "[]" else (),
        fingerprint,
        datetime.fromtimestamp(answered, UTC) if answered else None,
    )


def _span(run: int) -> tuple[int, int]:
    return run << REACH, (run + 1) << REACH


def _text(value: Sequence[object]) -> str:
    return json.dumps(value, separators=(",", ":")) if value else "[]"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
