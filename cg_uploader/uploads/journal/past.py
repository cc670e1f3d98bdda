"""What is known about a row from before, so that nobody is written to twice unasked.

A once-only row is known by its fingerprint, whatever the file; one of the same file also by its place in it, and one of a
repair file by its number in the file that it comes from.  A repeatable row
is known only as accepted, by what this computer remembers of its identifier.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cg_uploader.errors import AlreadyUploaded, RunHeld
from cg_uploader.fields.configuration import Identifiers
from cg_uploader.model import Plan, Request
from cg_uploader.uploads.journal.family import Family
from cg_uploader.uploads.journal.kept import COLUMNS, REACH, Kept, Record, as_text, kept_of, span
from cg_uploader.uploads.journal.memory import Memory, Remembered, keyed, remember
from cg_uploader.vocabulary import RowStatus

_LEFT = ("accepted", "sending", "not_sure")
_WEIGHT = (RowStatus.ACCEPTED, RowStatus.NOT_SURE, RowStatus.NOT_SENT)
_BY_PLACE = f"select {COLUMNS} from row where id = ?"
_BY_FINGERPRINT = (
    f"select {COLUMNS} from row join run on run.id = row.id >> {REACH}"
    " where fingerprint = ? and once = 1 and run.rows >= 0"
    " and state in ('accepted', 'sending', 'not_sure', 'waiting', 'not_sent')"
)
_TWINS = (
    f" from row mine join row other on other.fingerprint = mine.fingerprint and other.once = 1"
    f" join run on run.id = other.id >> {REACH}"
    " where mine.id >= :first and mine.id < :last and mine.once = 1 and mine.state = 'waiting'"
    " and not (other.id >= :first and other.id < :last) and run.rows >= 0 and other.state in "
)
_SAME_PLACE = (
    "select other.id from row other join row mine on mine.id = other.id - :theirs + :first and mine.number = other.number"
    " where other.id >= :theirs and other.id < :theirs_last and mine.state = 'waiting' and (other.once or :repeatable)"
    " and (other.state in ('waiting', 'not_sent') or (other.once = 0 and other.state in ('sending', 'not_sure')))"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a row from before: accepted, not sure or still to be sent; when, as far as that is recorded.

    ``origin``: whose imported memory says so; empty for this computer.
    """

    status: RowStatus
    when: datetime | None = None
    origin: str = ""


class Past:
    """Looks a plan's rows up, in file order; ``runs`` are those of the same sheet of the same file."""

    def __init__(self, db: sqlite3.Connection, plan: Plan, runs: Sequence[int], secret: bytes) -> None:
        self._db = db
        self._runs = runs
        self._secret = secret
        self._family = Family(db, plan, runs)
        self._unsure = plan.table.origin is not None and plan.table.origin.unsure
        self._memory = Memory(db, plan, secret)
        self._identifiers = Identifiers(plan.configuration, [heading for heading, _, _ in plan.wires])

    @property
    def knows_repeatable(self) -> bool:
        """Whether any row of this configuration at this address was accepted before: else there is nothing to look for."""
        return self._memory.knows_place and self._identifiers.known

    def of(self, position: int, request: Request, *, once_only: bool) -> Known | None:
        """What is known of a row: accepted before all, then not sure, then still to be sent; None when nothing is.

        For a row that may be repeated only *accepted* with the very same content counts, and nothing else since.
        """
        plain = request.fingerprint
        if not once_only:
            found = self._memory.of_repeatable(plain, self._identifiers.key(request))
            return None if found is None else _known(found)
        rows = [row for row in self._here(position, request.row) if row.once_only]
        rows += [row for row in self._family.of(request.row) if row.once_only]
        rows += [kept_of(record) for record in self._db.execute(_BY_FINGERPRINT, (keyed(plain, self._secret),))]
        facts = [Known(row.status, row.answered) for row in rows if row.status in _WEIGHT]
        if self._unsure:
            facts.append(Known(RowStatus.NOT_SURE))
        if (remembered := self._memory.of_once_only(plain)) is not None:
            facts.append(_known(remembered))
        return min(facts, key=lambda fact: _WEIGHT.index(fact.status), default=None)

    def _here(self, position: int, number: int) -> Iterator[Kept]:
        for run in self._runs:
            record: Record | None = self._db.execute(_BY_PLACE, ((run << REACH) + position,)).fetchone()
            if record is not None and record[1] == number:
                yield kept_of(record)


def told_since(db: sqlite3.Connection, plan: Plan, started: str) -> Callable[[Request], Known | None] | None:
    """What memories that were imported since ``started`` (ISO 8601) say of a once-only row; None: there are none."""
    memory = Memory(db, plan, b"", imported_since=started)

    def look_up(request: Request) -> Known | None:
        found = memory.of_once_only(request.fingerprint)
        return None if found is None else _known(found)

    return look_up if memory else None


def _known(found: Remembered) -> Known:
    return Known(RowStatus.ACCEPTED if found.sure else RowStatus.NOT_SURE, found.when, found.origin)


def take_over(
    db: sqlite3.Connection, run: int, runs: Sequence[int], family: Family, *, again: bool, is_held: Callable[[int], bool]
) -> None:
    """Inside one commit: the rows of ``run`` that wait become its alone, whatever other runs still meant to send.

    Else an older run that goes on later would send an older text of a row after the newer one.  Repeatable rows of the same
    file that a run is working on stay that run's too: at the same moment nobody can say which is the newer.

    AlreadyUploaded when one of them has left meanwhile in another run (unless ``again``: a person wants that); RunHeld when
    a run that still means to send one is being worked on.
    """
    first, last = span(run)
    place = {"first": first, "last": last}
    twins = db.execute(f"select 1 {_TWINS} ('accepted', 'sending', 'not_sure') limit 1", place)
    if not again and (twins.fetchone() or _has_left(db, family, place)):
        raise AlreadyUploaded("Some of these rows have just left in another upload. Look at the history, then start again.")
    theirs: dict[int, None] = dict.fromkeys(_left_in(db, family, place))
    for (key,) in db.execute(f"select other.id {_TWINS} ('waiting', 'not_sent')", place):
        theirs[key] = None
    for other in runs:
        begin, end = span(other)
        there = {**place, "theirs": begin, "theirs_last": end, "repeatable": not is_held(other)}
        for (key,) in db.execute(_SAME_PLACE, there):
            theirs[key] = None
    for other in {key >> REACH for key in theirs}:
        if is_held(other):
            raise RunHeld(f"Upload {other}, which is under way, has rows of this file. Wait until it ends, or stop it there.")
        remember(db, other)  # also what may have arrived, before it is said to be taken over
    message = as_text((("", f"Taken over by upload {run}."),))
    db.executemany("update row set state = 'skipped', messages = ? where id = ?", [(message, key) for key in theirs])


def _has_left(db: sqlite3.Connection, family: Family, place: dict[str, int]) -> bool:
    """Whether a once-only row that waits has left in another run of the family since this one looked."""
    if not family.runs:
        return False
    waiting = "select number from row where id >= :first and id < :last and state = 'waiting' and once = 1"
    numbers = db.execute(waiting, place).fetchall()
    return any(row.once_only and row.state in _LEFT for (number,) in numbers for row in family.of(number))


def _left_in(db: sqlite3.Connection, family: Family, place: dict[str, int]) -> Iterator[int]:
    """Keys of what other runs of the family still mean to send of the rows that wait: their text is the older one."""
    if family.runs:
        waiting = "select number from row where id >= :first and id < :last and state = 'waiting'"
        for (number,) in db.execute(waiting, place).fetchall():
            yield from family.left(number)
