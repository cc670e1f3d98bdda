"""A row as the journal keeps it: its states, and how it stands in the database.

A state is ``waiting`` (nothing has left), ``sending`` (it may have left, no answer is known), ``overtaken`` (it may have
arrived, and a newer row has since), ``withheld`` (nothing has left, and a newer row has brought some of its fields; for both
see ``row_order``) or one of the six final words.
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
# A row's key is the run's number shifted by this many bits, plus its position: one index serves run and order.
REACH = 32

COLUMNS = "row.id, number, state, once, cells, who, http, attempts, messages, fingerprint, answered"
COLUMN_COUNT = "select iif(json_valid(plan), json_array_length(plan, '$.columns'), null) from run where id = ?"
ADD = "insert into row (id, number, state, once, cells, who, messages, fingerprint, subject) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
# States of a row that has left, or may have.
LEFT = f"('accepted', '{SENDING}', 'not_sure', '{OVERTAKEN}')"
# Such a row has no text, unlike one that another run has taken over. One that the user leaves out has no fingerprint.
SKIPPED_AS_ACCEPTED = "(state = 'skipped' and fingerprint <> x'' and coalesce(cells, '[]') = '[]')"
# What a run still has to send: nothing arrived for certain, or a repeat does no harm.
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
    """A row as the journal keeps it; ``cells`` are empty once the row is accepted or its values were deleted.

    ``subject``: a keyed hash of what the row is about, only written; empty when nothing identifies it.
    """

    position: int
    number: int
    state: str
    once_only: bool
    cells: tuple[str, ...]
    who: str = ""
    http: int | None = None
    attempts: int = 0
    messages: Messages = ()
    fingerprint: bytes = b""
    answered: datetime | None = None
    subject: bytes = b""

    @property
    def status(self) -> RowStatus:
        """The final word for the row if the run ended now."""
        return status_of(self.state)

    @property
    def outcome(self) -> Outcome:
        """The row's outcome as it stands."""
        messages = self.messages or UNFINISHED.get(self.state, ())
        return Outcome(self.number, self.status, self.http, messages, self.attempts, self.who, self.fingerprint)


@contextmanager
def as_written() -> Iterator[None]:
    """ValueError for whatever goes wrong while a kept value is taken apart: the disk, or another program, has changed it."""
    try:
        yield
    except _CHANGED as error:
        raise ValueError(_NOT_AS_WRITTEN) from error


def text_of(value: object) -> str:
    """The same; TypeError when it is no text."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def status_of(state: str) -> RowStatus:
    """The final word for a row in ``state`` if its run ended now."""
    if state in {WAITING, WITHHELD}:
        return RowStatus.NOT_SENT
    if state == OVERTAKEN:
        return RowStatus.NOT_SURE
    return RowStatus.NOT_SURE if state == SENDING else RowStatus(state)


def count_states(db: sqlite3.Connection, run: int, wanted: str) -> dict[RowStatus, int]:
    """Count the rows of a run for which the condition ``wanted`` holds, by their status.

    Raises:
        ValueError: A row is in a state that nobody has written.
    """
    states = (WAITING, SENDING, OVERTAKEN, WITHHELD, *(status.value for status in RowStatus))
    each = ", ".join(["count(*) filter (where state = ?)"] * len(states))  # grouping would need a temporary file
    query = f"select count(*), {each} from row where id >= ? and id < ? and {wanted}"
    rows, *counts = db.execute(query, (*states, *span(run))).fetchone()
    if sum(counts) != rows:
        raise ValueError("a state that nobody has written")
    totals = dict.fromkeys(RowStatus, 0)
    for state, count in zip(states, counts, strict=True):
        totals[status_of(state)] += count
    return totals


def kept_of(record: Record) -> JournalRow:
    """The row in a database record of ``COLUMNS``; ValueError when it is not as it was written."""
    key, number, state, once, cells, who, http, attempts, messages, fingerprint, answered = record
    match record[1:]:
        case (int(), str(), int(), str() | None, str(), int() | None, int(), str(), bytes(), int() | float() | None):
            status_of(state)
        case _:
            raise ValueError(_NOT_AS_WRITTEN)
    try:
        return JournalRow(
            key & ((1 << REACH) - 1),
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
    except _CHANGED as error:  # not ``as_written``: it takes as long as all the rest, and there may be a million rows
        raise ValueError(_NOT_AS_WRITTEN) from error


def _texts(value: list[str]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("no list of texts")
    "".join(value)  # TypeError when one is no text
    return tuple(value)


def record_of(first: int, row: JournalRow) -> tuple[int, int, str, bool, str, str, str, bytes, bytes | None]:
    """What a new row puts into the database: id, number, state, once, cells, who, messages, fingerprint, subject."""
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
    """The keys of a run's rows: from the first on, below the second."""
    return run << REACH, (run + 1) << REACH


def as_text(value: Sequence[object]) -> str:
    """A value as the database keeps it; ASCII, so that text which is no Unicode survives."""
    return json.dumps(value, separators=(",", ":")) if value else "[]"


class JournalRows:
    """The rows of a run as a table's rows; those that were accepted have no text any more."""

    def __init__(self, count: int, walk: Callable[[int], Iterator[JournalRow]]) -> None:
        """``walk`` goes through them from a position on."""
        self._count = count
        self._walk = walk

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        return self.walk(0)

    def __getitem__(self, position: int) -> Row:
        return next(self.walk(position))

    def walk(self, start: int) -> Iterator[Row]:
        """Walk them from a position on."""
        return (Row(kept.number, kept.cells) for kept in self._walk(start))

    def close(self) -> None:
        """Nothing to give back: the journal is somebody else's."""
