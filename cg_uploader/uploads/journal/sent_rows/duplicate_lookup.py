"""The lookup of a plan's rows in earlier uploads, so that no row is sent twice unasked.

A once-only row is known by its text in any file, and by its number in its first file with any text.  Where the same text has
another number, what has become of that row counts too.  A repeatable row is known only as accepted, by the sent rows of its
identifier.
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
from cg_uploader.translation import N_, _
from cg_uploader.uploads.journal.journal_rows import LEFT, LEFT_TO_DO, SHIFT, as_written, span, status_of
from cg_uploader.uploads.journal.messages import UploadMessage, as_stored
from cg_uploader.uploads.journal.plan_json import first_content
from cg_uploader.uploads.journal.sent_rows.entries import (
    Numbered,
    SentRow,
    SentRows,
    add_sent_rows,
    keyed,
    knows_waiting,
    plain_subject,
)
from cg_uploader.uploads.journal.sent_rows.related_runs import RelatedRuns, differs_in_customer
from cg_uploader.uploads.journal.sent_rows.row_order import hold_back_followed, hold_back_overtaken, keep_unsure
from cg_uploader.uploads.journal.storage.sqlite_errors import translated

_JUST_LEFT = N_("Some of these rows have just left in another upload. Look at the history, then start again.")
# The most telling status first.
_WEIGHT = (RowStatus.ACCEPTED, RowStatus.NOT_SURE, RowStatus.NOT_SENT)
_SAME_TEXT = f"select row.id, number from row join run on run.id = row.id >> {SHIFT} where fingerprint = ? and once = 1"
_TWINS = (
    " from row mine join row other on other.fingerprint = mine.fingerprint and other.once = 1"
    f" join run on run.id = other.id >> {SHIFT}"
    " where mine.id >= :first and mine.id < :last and mine.once = 1 and mine.state = 'waiting'"
    " and not (other.id >= :first and other.id < :last) and other.state in"
)
_KIN = (
    "with mine as materialized"
    " (select number, once as mine_once from row where id >= :first and id < :last and state = 'waiting')"
    f" select other.id, other.once from json_each(:kin) join row other on other.id >= value << {SHIFT}"
    f" and other.id < value + 1 << {SHIFT} cross join mine on mine.number = other.number where"
)


@dataclass(frozen=True, slots=True)
class KnownRow:
    """What is known of a row from earlier uploads."""

    status: RowStatus  # accepted, not sure or still to be sent
    when: datetime | None = None  # as far as it is recorded
    origin: str = ""  # who exported this knowledge, empty for this computer


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What this computer knows of one row of a plan, and how the journal names it."""

    # Keyed hash of what would be sent.
    fingerprint: bytes
    # Keyed hash of what the row is about, empty when nothing identifies it.
    subject: bytes
    # What is known of a once-only row, or of a repeatable row of the same identifier with the same content.
    known: KnownRow | None = None
    # Whether the newest row of a repeatable row's identifier has other content, or may not have arrived.
    other_since: bool = False


class DuplicateLookup:
    """Looks a plan's rows up in earlier uploads."""

    def __init__(self, db: sqlite3.Connection, plan: Plan, secret: bytes, journal: Path, client_id: str) -> None:
        """Prepare the lookup.

        Args:
            db: The journal.
            plan: What is to be sent.
            secret: The journal's key.
            journal: The journal's file, which errors name.
            client_id: For whom the rows are.
        """
        self._db = db
        self._plan = plan
        self._journal = journal
        self._secret = secret
        self._related_runs = RelatedRuns(db, plan)
        self._unsure = plan.table.origin is not None and plan.table.origin.unsure
        self._sent_rows = SentRows(db, plan, secret, client_id=client_id)
        self._identifiers = Identifiers(plan.configuration, [heading for heading, _position, _constant in plan.bindings])

    @property
    def knows_repeatable(self) -> bool:
        """Whether a repeatable row can be known: rows of this configuration at this address were accepted before."""
        return self._sent_rows.knows_destination and self._identifiers.known

    def facts(self, position: int, request: Request, *, once_only: bool, look: bool = True) -> RowFacts:
        """Return what is known of the row at ``position``, counted from 0.

        Of all that is known of a once-only row, *accepted* is returned before *not sure*, and that before *not sent*.  With
        ``look`` False, only its hashes are returned.

        Raises:
            JournalError: Something about it is not as it was written.
        """
        plain, key = request.fingerprint, self._identifiers.key(request)
        subject = None if key is None else plain_subject(self._plan, key)
        hashes = keyed(plain, self._secret), b"" if subject is None else keyed(subject, self._secret)
        if not look or (subject is None and not once_only):
            return RowFacts(*hashes)
        with translated(self._journal), as_written():
            if once_only:
                return RowFacts(*hashes, self._of_once_only(position, request.row, plain))
            sent, other_since = self._sent_rows.of_repeatable(plain, subject or b"")
        return RowFacts(*hashes, None if sent is None else _known(sent), other_since)

    def _of_once_only(self, position: int, number: int, plain: bytes) -> KnownRow | None:
        for run in self._related_runs.unknown:
            with translated(self._journal, run):
                raise ValueError("it may have had this row")
        numbers = self._numbers(position, number, plain)
        facts: list[KnownRow] = []
        for numbered, likely_position in numbers.items():
            facts += self._facts(*numbered, likely_position)
            if any(fact.status is RowStatus.ACCEPTED for fact in facts):
                break  # no other status counts more
        if self._unsure:
            facts.append(KnownRow(RowStatus.NOT_SURE))
        if (sent := self._sent_rows.of_once_only(plain, numbers)) is not None:
            facts.append(_known(sent))
        known = [fact for fact in facts if fact.status in _WEIGHT]
        return min(known, key=lambda fact: _WEIGHT.index(fact.status), default=None)

    def _facts(self, file: str, number: int, position: int) -> Iterator[KnownRow]:
        for run in self._related_runs.runs(file):
            with translated(self._journal, run), as_written():
                facts = [_fact(*fact) for fact in self._related_runs.of(run, number, position)]
            yield from facts

    def _numbers(self, position: int, number: int, plain: bytes) -> dict[Numbered, int]:
        """Return the row's file and number, those of every row with the same text, and where each probably is in a run."""
        numbers = {(self._related_runs.file, number): position}
        for key, other in self._db.execute(_SAME_TEXT, (keyed(plain, self._secret),)):
            if (file := self._related_runs.file_of(key >> SHIFT)) is not None:
                numbers.setdefault((file, other), key & ((1 << SHIFT) - 1))
        return numbers


def imported_lookup(db: sqlite3.Connection, plan: Plan, started: str) -> Callable[[Request], KnownRow | None] | None:
    """Return what looks a once-only row up in files that were imported since ``started`` (ISO 8601).  None without any."""
    imported = SentRows(db, plan, b"", imported_since=started)
    file = first_content(plan.table)

    def look_up(request: Request) -> KnownRow | None:
        sent = imported.of_once_only(request.fingerprint, [(file, request.row)])
        return None if sent is None else _known(sent)

    return look_up if imported else None


def _fact(state: str, answered: float | None) -> KnownRow:
    return KnownRow(status_of(state), datetime.fromtimestamp(answered, UTC) if answered else None)


def _known(sent: SentRow) -> KnownRow:
    return KnownRow(RowStatus.ACCEPTED if sent.sure else RowStatus.NOT_SURE, sent.when, sent.origin)


def take_over(db: sqlite3.Connection, run: int, plan: Plan, *, again: bool, is_held: Callable[[int], bool]) -> None:
    """Inside one commit, let only ``run`` send its waiting rows, whatever other runs still have to send.

    Otherwise an older run that goes on later would send an older text of a row after the newer one.  Two kinds of repeatable
    rows stay with the other run too.  Of a run of the same file that is under way, it is not known which row is the newer.
    Rows of another customer's run are about something else.  Failed rows that may have arrived there begin as *not sure* here.

    Args:
        db: The journal.
        run: The run.
        plan: What it carries out.
        again: Whether the user has chosen to send everything again.
        is_held: Tells whether a program works on a run.

    Raises:
        AlreadyUploaded: A row has left in another run meanwhile, and ``again`` is False.
        RunHeld: A run that is under way still has to send a row.
    """
    hold_back_overtaken(db, run)
    hold_back_followed(db, run)
    related_runs = RelatedRuns(db, plan, without=run)
    first, last = span(run)
    rows = {"first": first, "last": last, "kin": json.dumps(related_runs.runs())}
    if not again:
        _refuse_just_left(db, run, rows)
    keys = _waiting_elsewhere(db, run, rows, related_runs, is_held)
    for other in {key >> SHIFT for key in keys}:
        if is_held(other):
            raise RunHeld(
                _("Upload {other}, which is under way, has rows of this file. Wait until it ends, or stop it there.").format(
                    other=other
                )
            )
        add_sent_rows(db, other, idle=True)  # including what may have arrived, before it is marked as taken over
    keep_unsure(db, run, keys)
    taken = as_stored((("", message(UploadMessage.TAKEN_OVER, upload=run)),))
    db.executemany("update row set state = 'skipped', messages = ? where id = ?", [(taken, key) for key in keys])


def _refuse_just_left(db: sqlite3.Connection, run: int, rows: dict[str, object]) -> None:
    for query in (f"select 1 {_TWINS} {LEFT}", f"{_KIN} state in {LEFT} and mine_once"):
        if db.execute(f"{query} limit 1", rows).fetchone():
            raise AlreadyUploaded(_(_JUST_LEFT))
    if knows_waiting(db, run):  # it left in a run that was forgotten since the rows were looked up
        raise AlreadyUploaded(_(_JUST_LEFT))


def _waiting_elsewhere(
    db: sqlite3.Connection, run: int, rows: dict[str, object], related_runs: RelatedRuns, is_held: Callable[[int], bool]
) -> list[int]:
    """Return the keys of rows in other runs that would be sent too, without those that stay with their runs."""
    differs = differs_in_customer(db, run)
    shared = {other for other in related_runs.same if is_held(other)}
    shared |= {other for other in related_runs.runs() if differs(other)}
    keys = [key for (key,) in db.execute(f"select other.id {_TWINS} ('waiting', 'not_sent')", rows)]
    kin = db.execute(f"{_KIN} {LEFT_TO_DO}", rows)
    return keys + [key for key, once in kin if once or key >> SHIFT not in shared]
