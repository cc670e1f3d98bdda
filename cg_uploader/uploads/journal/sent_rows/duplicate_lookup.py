"""What is known about a row from before, so that nobody is written to twice unasked.

A once-only row is known by its text, whatever the file, and by its number in the file where it stood first, whatever its text
is now; where the same text stands under another number, what has become of that one counts too.  A repeatable row is known
only as accepted, by what this computer remembers of its identifier.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cg_uploader.errors import AlreadyUploaded, RunHeld
from cg_uploader.fields.configuration import Identifiers
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.message import message
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Request
from cg_uploader.uploads.journal.database import translated
from cg_uploader.uploads.journal.journal_rows import LEFT, LEFT_TO_DO, REACH, as_written, span, status_of
from cg_uploader.uploads.journal.messages import UploadMessage, as_stored
from cg_uploader.uploads.journal.plan_json import first_content
from cg_uploader.uploads.journal.sent_rows.entries import (
    Numbered,
    SentRow,
    SentRows,
    keyed,
    knows_waiting,
    plain_subject,
    remember,
)
from cg_uploader.uploads.journal.sent_rows.related_runs import RelatedRuns, differs_in_customer
from cg_uploader.uploads.journal.sent_rows.row_order import hold_back_followed, hold_back_overtaken, keep_unsure

_JUST_LEFT = "Some of these rows have just left in another upload. Look at the history, then start again."
_WEIGHT = (RowStatus.ACCEPTED, RowStatus.NOT_SURE, RowStatus.NOT_SENT)
_SAME_TEXT = f"select row.id, number from row join run on run.id = row.id >> {REACH} where fingerprint = ? and once = 1"
_TWINS = (
    " from row mine join row other on other.fingerprint = mine.fingerprint and other.once = 1"
    f" join run on run.id = other.id >> {REACH}"
    " where mine.id >= :first and mine.id < :last and mine.once = 1 and mine.state = 'waiting'"
    " and not (other.id >= :first and other.id < :last) and other.state in"
)
_KIN = (
    "with mine as materialized"
    " (select number, once as mine_once from row where id >= :first and id < :last and state = 'waiting')"
    f" select other.id, other.once from json_each(:kin) join row other on other.id >= value << {REACH}"
    f" and other.id < value + 1 << {REACH} cross join mine on mine.number = other.number where"
)


@dataclass(frozen=True, slots=True)
class KnownRow:
    """What is known of a row from before: accepted, not sure or still to be sent; when, as far as that is recorded.

    ``origin``: whose imported memory says so; empty for this computer.
    """

    status: RowStatus
    when: datetime | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What this computer knows of one row of a plan, and how the journal names it."""

    # Keyed hash of what would be sent.
    fingerprint: bytes
    # Keyed hash of what the row is about; empty when nothing identifies it.
    subject: bytes
    # What is known of the row itself. Of one that may be repeated: when a row with just this content left.
    known: KnownRow | None = None
    # Whether the newest row of its identifier has other content, or may not have arrived; of rows that may be repeated.
    other_since: bool = False


class DuplicateLookup:
    """Looks a plan's rows up."""

    def __init__(self, db: sqlite3.Connection, plan: Plan, secret: bytes, journal: Path, client_id: str) -> None:
        """``journal``: its file, to be named when something in it is not as it was written; ``client_id``: for whom."""
        self._db = db
        self._plan = plan
        self._journal = journal
        self._secret = secret
        self._families = RelatedRuns(db, plan)
        self._unsure = plan.table.origin is not None and plan.table.origin.unsure
        self._memory = SentRows(db, plan, secret, client_id=client_id)
        self._identifiers = Identifiers(plan.configuration, [heading for heading, _, _ in plan.bindings])

    @property
    def knows_repeatable(self) -> bool:
        """Whether any row of this configuration at this address was accepted before: else there is nothing to look for."""
        return self._memory.knows_place and self._identifiers.known

    def facts(self, position: int, request: Request, *, once_only: bool, look: bool = True) -> RowFacts:
        """Return what is known of the row at ``position``, counted from 0; with ``look`` False, its names alone.

        Of a once-only row: accepted before all, then not sure, then still to be sent.

        Raises:
            JournalError: Something about it is not as it was written.
        """
        plain, key = request.fingerprint, self._identifiers.key(request)
        about = None if key is None else plain_subject(self._plan, key)
        names = keyed(plain, self._secret), b"" if about is None else keyed(about, self._secret)
        if not look or (about is None and not once_only):
            return RowFacts(*names)
        with translated(self._journal), as_written():
            if once_only:
                return RowFacts(*names, self._of_once_only(position, request.row, plain))
            remembered, other_since = self._memory.of_repeatable(plain, about or b"")
        return RowFacts(*names, None if remembered is None else _known(remembered), other_since)

    def _of_once_only(self, position: int, number: int, plain: bytes) -> KnownRow | None:
        for run in self._families.unknown:
            with translated(self._journal, run):
                raise ValueError("it may have had this row")
        numbers = self._numbers(position, number, plain)
        facts: list[KnownRow] = []
        for numbered, at in numbers.items():
            facts += self._facts(*numbered, at)
            if any(fact.status is RowStatus.ACCEPTED for fact in facts):
                break  # nothing says more
        if self._unsure:
            facts.append(KnownRow(RowStatus.NOT_SURE))
        if (remembered := self._memory.of_once_only(plain, numbers)) is not None:
            facts.append(_known(remembered))
        known = [fact for fact in facts if fact.status in _WEIGHT]
        return min(known, key=lambda fact: _WEIGHT.index(fact.status), default=None)

    def _facts(self, file: str, number: int, position: int) -> Iterator[KnownRow]:
        for run in self._families.runs(file):
            with translated(self._journal, run), as_written():
                facts = [_fact(*fact) for fact in self._families.of(run, number, position)]
            yield from facts

    def _numbers(self, position: int, number: int, plain: bytes) -> dict[Numbered, int]:
        """What the row is called: by its number in its first file, and wherever the same text stands; with its position."""
        numbers = {(self._families.file, number): position}
        for key, other in self._db.execute(_SAME_TEXT, (keyed(plain, self._secret),)):
            if (file := self._families.file_of(key >> REACH)) is not None:
                numbers.setdefault((file, other), key & ((1 << REACH) - 1))
        return numbers


def told_since(db: sqlite3.Connection, plan: Plan, started: str) -> Callable[[Request], KnownRow | None] | None:
    """What memories that were imported since ``started`` (ISO 8601) say of a once-only row; None: there are none."""
    memory = SentRows(db, plan, b"", imported_since=started)
    file = first_content(plan.table)

    def look_up(request: Request) -> KnownRow | None:
        found = memory.of_once_only(request.fingerprint, [(file, request.row)])
        return None if found is None else _known(found)

    return look_up if memory else None


def _fact(state: str, answered: float | None) -> KnownRow:
    return KnownRow(status_of(state), datetime.fromtimestamp(answered, UTC) if answered else None)


def _known(found: SentRow) -> KnownRow:
    return KnownRow(RowStatus.ACCEPTED if found.sure else RowStatus.NOT_SURE, found.when, found.origin)


def take_over(db: sqlite3.Connection, run: int, plan: Plan, *, again: bool, is_held: Callable[[int], bool]) -> None:
    """Inside one commit: the rows of ``run`` that wait become its alone, whatever other runs still meant to send.

    Else an older run that goes on later would send an older text of a row after the newer one.  Repeatable rows of the same
    file that a run is working on stay that run's too: at the same moment nobody can say which is the newer.  So do repeatable
    rows of another customer's run.  Failed rows that may have arrived there begin as *not sure* here.

    AlreadyUploaded when one of them has left meanwhile in another run (unless ``again``: a person wants that); RunHeld when
    a run that still means to send one is being worked on.
    """
    hold_back_overtaken(db, run)
    hold_back_followed(db, run)
    families = RelatedRuns(db, plan, without=run)
    first, last = span(run)
    place = {"first": first, "last": last, "kin": json.dumps(families.runs())}
    for query in () if again else (f"select 1 {_TWINS} {LEFT}", f"{_KIN} state in {LEFT} and mine_once"):
        if db.execute(f"{query} limit 1", place).fetchone():
            raise AlreadyUploaded(_JUST_LEFT)
    if not again and knows_waiting(db, run):  # it left in a run that was forgotten since its rows were looked up
        raise AlreadyUploaded(_JUST_LEFT)
    differs = differs_in_customer(db, run)
    shared = {other for other in families.same if is_held(other)} | {other for other in families.runs() if differs(other)}
    theirs = [key for (key,) in db.execute(f"select other.id {_TWINS} ('waiting', 'not_sent')", place)]
    theirs += [key for key, once in db.execute(f"{_KIN} {LEFT_TO_DO}", place) if once or key >> REACH not in shared]
    for other in {key >> REACH for key in theirs}:
        if is_held(other):
            raise RunHeld(f"Upload {other}, which is under way, has rows of this file. Wait until it ends, or stop it there.")
        remember(db, other, idle=True)  # also what may have arrived, before it is said to be taken over
    keep_unsure(db, run, theirs)
    taken = as_stored((("", message(UploadMessage.TAKEN_OVER, upload=run)),))
    db.executemany("update row set state = 'skipped', messages = ? where id = ?", [(taken, key) for key in theirs])
