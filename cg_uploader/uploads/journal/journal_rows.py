"""A row of the journal, its states, and its form in the database.

A state is a final status or one of these:

- ``waiting``: nothing has left.
- ``sending``: it may have left, and no answer is known.
- ``overtaken``: it may have arrived, and a newer row has arrived since (see ``row_order``).
- ``withheld``: nothing has left, and a newer row has brought some of its fields (see ``row_order``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cg_uploader.model.enums import RowStatus
from cg_uploader.model.message import Messages, message
from cg_uploader.model.run import Outcome
from cg_uploader.model.table import Row
from cg_uploader.uploads.journal.messages import UploadMessage, as_stored, stored_messages

if TYPE_CHECKING:
    import sqlite3

WAITING = "waiting"
SENDING = "sending"
OVERTAKEN = "overtaken"
WITHHELD = "withheld"
# A row's key is the run's number shifted by this many bits, plus the row's position. One index serves both.
SHIFT = 32

COLUMNS = "row.id, number, state, once, cells, who, http, attempts, messages, fingerprint, answered"
COLUMN_COUNT = "select iif(json_valid(plan), json_array_length(plan, '$.columns'), null) from run where id = ?"
INSERT = (
    "insert into row (id, number, state, once, cells, who, messages, fingerprint, subject) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
# States of a row that has left, or may have.
LEFT = f"('accepted', '{SENDING}', 'not_sure', '{OVERTAKEN}')"
# Rows that were accepted before. They have no text, unlike rows that another run has taken over, and a fingerprint, unlike rows
# that the user leaves out.
SKIPPED_AS_ACCEPTED = "(state = 'skipped' and fingerprint <> x'' and coalesce(cells, '[]') = '[]')"
# Rows that a run still has to send: nothing has arrived, or a repeat does no harm.
LEFT_TO_DO = "(state in ('waiting', 'not_sent') or (once = 0 and state in ('sending', 'not_sure')))"

_CHANGED = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError)
_NOT_AS_WRITTEN = "a value is not as it was written"

Record = tuple[int, int, str, int, str | None, str, int | None, int, str, bytes, float | None]

UNFINISHED: dict[str, Messages] = {
    WAITING: (("", message(UploadMessage.NOT_REACHED)),),
    SENDING: (("", message(UploadMessage.CUT_OFF)),),
}


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A row as the journal keeps it."""

    position: int  # counted from 0
    number: int  # in the file
    state: str
    once_only: bool
    cells: tuple[str, ...]  # empty once the row is accepted or its values are deleted
    who: str = ""  # whom it is about
    http: int | None = None  # status of the last answer
    attempts: int = 0
    messages: Messages = ()
    fingerprint: bytes = b""  # keyed hash of what is sent
    answered: datetime | None = None
    subject: bytes = b""  # keyed hash of what it is about, empty when nothing identifies it; written and not read back

    @property
    def status(self) -> RowStatus:
        """The status of the row if the run ended now."""
        return status_of(self.state)

    @property
    def outcome(self) -> Outcome:
        """The outcome of the row if the run ended now."""
        messages = self.messages or UNFINISHED.get(self.state, ())
        return Outcome(self.number, self.status, self.http, messages, self.attempts, self.who, self.fingerprint)


@contextmanager
def as_written() -> Iterator[None]:
    """Raise ValueError for what goes wrong while a stored value is read.  The disk or another program has changed it."""
    try:
        yield
    except _CHANGED as error:
        raise ValueError(_NOT_AS_WRITTEN) from error


def text_of(value: object) -> str:
    """Return ``value``, a text.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def status_of(state: str) -> RowStatus:
    """Return the status of a row in ``state`` if its run ended now.

    Raises:
        ValueError: There is no such state.
    """
    if state in {WAITING, WITHHELD}:
        return RowStatus.NOT_SENT
    if state == OVERTAKEN:
        return RowStatus.NOT_SURE
    return RowStatus.NOT_SURE if state == SENDING else RowStatus(state)


def count_states(db: sqlite3.Connection, run: int, wanted: str) -> dict[RowStatus, int]:
    """Count the rows of a run for which the condition ``wanted`` holds, by their status.

    Raises:
        ValueError: A row is in an unknown state.
    """
    states = (WAITING, SENDING, OVERTAKEN, WITHHELD, *(status.value for status in RowStatus))
    each = ", ".join(["count(*) filter (where state = ?)"] * len(states))  # grouping would need a temporary file
    query = f"select count(*), {each} from row where id >= ? and id < ? and {wanted}"
    rows, *counts = db.execute(query, (*states, *span(run))).fetchone()
    if sum(counts) != rows:
        raise ValueError("an unknown state")
    totals = dict.fromkeys(RowStatus, 0)
    for state, count in zip(states, counts, strict=True):
        totals[status_of(state)] += count
    return totals


def row_of(record: Record) -> JournalRow:
    """Make a row from a database record of ``COLUMNS``.

    Raises:
        ValueError: A value is not as it was written.
    """
    key, number, state, once, cells, who, http, attempts, messages, fingerprint, answered = record
    match record[1:]:
        case (int(), str(), int(), str() | None, str(), int() | None, int(), str(), bytes(), int() | float() | None):
            status_of(state)
        case _:
            raise ValueError(_NOT_AS_WRITTEN)
    try:
        return JournalRow(
            key & ((1 << SHIFT) - 1),
            number,
            state,
            bool(once),
            _texts(json.loads(cells)) if cells else (),
            who,
            http,
            attempts,
            stored_messages(messages),
            fingerprint,
            datetime.fromtimestamp(answered, UTC) if answered else None,
        )
    except _CHANGED as error:  # `as_written` would double the time, and there may be a million rows
        raise ValueError(_NOT_AS_WRITTEN) from error


def _texts(value: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("no list of texts")
    "".join(value)  # TypeError when one is no text
    return tuple(value)


def record_of(first: int, row: JournalRow) -> tuple[int, int, str, bool, str, str, str, bytes, bytes | None]:
    """Return the values of ``INSERT`` for a new row.  ``first`` is the first key of its run."""
    who = row.who.encode("utf-8", "replace").decode()
    return (
        first + row.position,
        row.number,
        row.state,
        row.once_only,
        as_text(row.cells),
        who,
        as_stored(row.messages),
        row.fingerprint,
        row.subject or None,
    )


def span(run: int) -> tuple[int, int]:
    """Return the keys of a run's rows: the first, and the one behind the last."""
    return run << SHIFT, (run + 1) << SHIFT


def as_text(value: Sequence[object]) -> str:
    """Return a value as JSON in ASCII, so that text which is no Unicode survives."""
    return json.dumps(value, separators=(",", ":")) if value else "[]"


class JournalRows:
    """The rows of a run as a table's rows.  Accepted rows have no text any more."""

    def __init__(self, count: int, walk: Callable[[int], Iterator[JournalRow]]) -> None:
        """``walk`` iterates over them from a position on."""
        self._count = count
        self._walk = walk

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        return self.walk(0)

    def __getitem__(self, position: int) -> Row:
        return next(self.walk(position))

    def walk(self, start: int) -> Iterator[Row]:
        """Iterate over the rows from a position on."""
        return (Row(row.number, row.cells) for row in self._walk(start))

    def close(self) -> None:
        """Do nothing: the journal stays open."""
