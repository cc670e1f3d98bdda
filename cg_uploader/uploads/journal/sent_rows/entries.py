"""The entries of sent rows in the journal: keyed hashes and times, no values.  They stay when runs are forgotten.

There is one entry for each subject, with its newest content.  A subject is what rows are about: the identifier of a contact,
an account or a referenced activity, at one address, of one customer where the run says for whom.  So a repeatable row counts
as accepted only while no later row of its identifier was accepted with other content, from whatever file or configuration.

Where a run has several rows of one identifier, each of those before the last has an entry by its text.  So a whole file with
such rows is known again.

A once-only row has two entries that are never replaced: one by its text, and one by its number in its first file, by which it
is known in any text.
"""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from cg_uploader.model.plan import Plan
from cg_uploader.model.regions import REGIONS
from cg_uploader.uploads.journal.journal_rows import LEFT, OVERTAKEN, SKIPPED_AS_ACCEPTED, span
from cg_uploader.uploads.journal.plan_json import customer_in, destination_in, first_file

# The column `remembered` of a run whose rows all have their entries. Lower numbers are from earlier versions:
# 1 had no once-only rows by number, 2 no rows that others of their identifier followed, 3 only accepted ones of these.
_COMPLETE = 4
# The origin of this computer's own entries. Others were imported, each with a key of its own.
OWN = 0

# subject, fingerprint, whether it was surely accepted, seconds since 1970, id in the table `place`.
Entry = tuple[bytes, bytes, int, float, int]
# fingerprint, whether it was surely accepted, seconds since 1970.
_Entry = tuple[bytes, int, float]
# A row by its first file (`plan_json.first_content`) and its number there.
Numbered = tuple[str, int]

_WHEN = "iif(answered between 0 and 4e9, answered, :now)"
_MY_TIME = _WHEN.replace("answered", "mine.answered")
_KEEP = (
    " on conflict (subject, origin) do update set fingerprint = excluded.fingerprint, sure = excluded.sure,"
    " answered = excluded.answered, place = excluded.place where excluded.answered >= memory.answered"
)
_ADD = "insert into memory (origin, subject, fingerprint, sure, answered, place)"
_SURER = (
    " on conflict (subject, origin) do update set sure = max(memory.sure, excluded.sure),"
    " answered = max(memory.answered, excluded.answered)"
)
_ONCE_ONLY = (
    f"{_ADD} select 0, {{name}} as name, fingerprint, state = 'accepted', {_WHEN}, :place from row"
    f" where id >= :first and id < :last and once = 1 and state in ('accepted', 'not_sure', :cut_off) order by name{_SURER}"
)
_IN_ANOTHER_TEXT = (
    f"{_ADD} select 0, row.fingerprint, row.fingerprint, sure, memory.answered, :place from row"
    " join memory on origin = 0 and memory.subject = by_number(number)"
    f" where id >= :first and id < :last and once = 1 and row.fingerprint <> x''{_SURER}"
)
_WAITING = (
    "select 1 from row where id >= :first and id < :last and once = 1 and state = 'waiting' and exists"
    " (select 1 from memory where origin = 0 and subject in (row.fingerprint, by_number(row.number))) limit 1"
)
# An overtaken row has a time in the run in which it left, and none in a run in which it stayed behind.
_HAS_LEFT = f"(state in {LEFT} and (state <> '{OVERTAKEN}' or answered is not null))"
_BY_SUBJECT = (
    f"{_ADD} select 0, of_customer(subject), fingerprint, state = 'accepted', {_WHEN}, :place from row"
    f" where id >= :first and id < :last and subject is not null and {_HAS_LEFT}"
    f" order by subject, {_WHEN}, id {_KEEP}"
)
# To be added first, because the subject's entry still says when a row was accepted that was skipped in this run.
_FOLLOWED = (
    f"{_ADD} select 0, mine.fingerprint, mine.fingerprint, mine.state = 'accepted' or known.subject is not null,"
    f" coalesce(known.answered, {_MY_TIME}), :place from"
    " (select subject, fingerprint, answered, state, lead(id) over (partition by subject order by id) as later from row"
    f" where id >= :first and id < :last and subject is not null and once = 0 and ({_HAS_LEFT} or {SKIPPED_AS_ACCEPTED}))"
    " mine left join memory known on mine.state = 'skipped' and known.origin = 0"
    " and known.subject in (mine.subject, of_customer(mine.subject))"
    " and known.fingerprint = mine.fingerprint and known.sure"
    " where later is not null and (mine.state <> 'skipped' or known.subject is not null)"
    f" order by mine.fingerprint{_SURER}"
)


@dataclass(frozen=True, slots=True)
class SentRow:
    """What an entry says of a row."""

    sure: bool  # whether it was accepted, or may have been
    when: datetime
    origin: str = ""  # who exported the entry, empty for this computer


@dataclass(frozen=True, slots=True)
class _Key:
    origin: int
    name: str
    secret: bytes

    def hash(self, plain: bytes) -> bytes:
        return keyed(plain, self.secret)


def keyed(plain: bytes, secret: bytes) -> bytes:
    """Return a keyed hash of 16 bytes.  Values cannot be tried against it without the key."""
    return hashlib.blake2b(plain, key=secret, digest_size=16).digest()


def plain_subject(plan: Plan, key: str) -> bytes:
    """Return what a row is about, for the whole address, because another configuration may change the same contact."""
    return f"subject\n{plan.address.records}\n{key}".encode("utf-8", "surrogatepass")


def plain_customer(client_id: str) -> bytes:
    """Return for whom rows are, by the Client ID."""
    return f"customer\n{client_id.strip()}".encode()


def _of_customer(subject: bytes, customer: bytes, secret: bytes) -> bytes:
    """Return what a row is about, for one customer.  That is the subject alone where ``customer`` is empty: not known."""
    return keyed(subject + customer, secret) if customer else subject


def plain_number(records: str, reference: str, numbered: Numbered) -> bytes:
    """Return a row's number in its first file, for one configuration at one address."""
    return "\n".join(("number", records, reference, *map(str, numbered))).encode("utf-8", "surrogatepass")


def add_sent_rows(db: sqlite3.Connection, run: int, *, idle: bool = False, leaving: bool = False) -> None:
    """Inside one commit, add the rows of a run that have left.  Doing it again changes nothing.

    A repeatable row that may have arrived is added too, because it makes what was accepted before uncertain.

    Args:
        db: The journal.
        run: The run.
        idle: No program works on the run, so a row that was being sent when its program ended may have arrived.
        leaving: The run is deleted next, so the text of a row that left in another run, in another text, is added too.
    """
    record = db.execute("select finished from run where id = ?", (run,)).fetchone()
    if record is None:
        return  # another program has forgotten it meanwhile
    (ended,) = record
    _name_by_number(db, run)
    _name_by_customer(db, run)
    first, last = span(run)
    parameters = {
        "first": first,
        "last": last,
        "now": time.time(),
        "place": destination_id(db, *_destination_of_run(db, run)),
        "cut_off": "sending" if idle else "",
    }
    for name in ("fingerprint", "by_number(number)"):
        db.execute(_ONCE_ONLY.format(name=name), parameters)
    if leaving:
        db.execute(_IN_ANOTHER_TEXT, parameters)
    db.execute(_FOLLOWED, parameters)
    db.execute(_BY_SUBJECT, parameters)
    db.execute("update run set remembered = ? where id = ?", (_COMPLETE if ended is not None else 0, run))


def knows_waiting(db: sqlite3.Connection, run: int) -> bool:
    """Tell whether a once-only row that ``run`` has to send is among the sent rows, by its text or by its number."""
    _name_by_number(db, run)
    first, last = span(run)
    return db.execute(_WAITING, {"first": first, "last": last}).fetchone() is not None


def _name_by_number(db: sqlite3.Connection, run: int) -> None:
    """Define the SQL function ``by_number``: the keyed hash of the number of a row of ``run``."""
    content, plan, secret = db.execute("select content, plan, secret from run join key where id = ?", (run,)).fetchone()
    with suppress(KeyError, ValueError):  # a plan that is not as it was written names no other file
        content, _own = first_file(content, plan)
    destination = _destination_of_run(db, run)
    db.create_function("by_number", 1, lambda number: keyed(plain_number(*destination, (str(content), number)), secret))


def _destination_of_run(db: sqlite3.Connection, run: int) -> tuple[str, str]:
    """Return address and reference of a run, from its plan where the columns are not as they were written."""
    records, reference, plan = db.execute("select records, reference, plan from run where id = ?", (run,)).fetchone()
    return (records, reference) if isinstance(records, str) and isinstance(reference, str) else destination_in(str(plan))


def _name_by_customer(db: sqlite3.Connection, run: int) -> None:
    """Define the SQL function ``of_customer``: what a row of ``run`` is about, for the customer of ``run``."""
    text, secret = db.execute("select plan, secret from run join key where id = ?", (run,)).fetchone()
    customer = customer_in(str(text)).encode()
    db.create_function("of_customer", 1, lambda subject: _of_customer(subject, customer, secret))


def runs_to_add(db: sqlite3.Connection) -> list[int]:
    """Return the runs that do not have all their entries yet, oldest first."""
    query = "select id from run where remembered < ? order by id"
    return [run for (run,) in db.execute(query, (_COMPLETE,))]


def destination_id(db: sqlite3.Connection, records: str, reference: str) -> int:
    """Return the id of an address and reference in the table ``place``, and add them when they are new."""
    db.execute("insert or ignore into place (records, reference) values (?, ?)", (records, reference))
    return int(db.execute("select id from place where records = ? and reference = ?", (records, reference)).fetchone()[0])


def add_imported(db: sqlite3.Connection, origin: int, entries: Iterable[Entry]) -> None:
    """Inside one commit, add entries that another computer has exported.  The newest of each subject stays."""
    db.executemany(
        f"{_ADD} values (?, ?, ?, ?, ?, ?) {_KEEP}",
        ((origin, subject, fingerprint, sure, answered, place) for subject, fingerprint, sure, answered, place in entries),
    )


def own_entries(db: sqlite3.Connection) -> Iterator[Entry]:
    """Iterate over this computer's own entries, in the order of subjects."""
    yield from db.execute("select subject, fingerprint, sure, answered, place from memory where origin = 0 order by subject")


def rows_of(db: sqlite3.Connection, origin: int) -> tuple[int, int]:
    """Count the rows of an origin, and those of them that only may have arrived.  A row can have several entries."""
    query = "select max(sure) as sure from memory where origin = ? group by fingerprint"
    rows, unsure = db.execute(f"select count(*), count(*) filter (where not sure) from ({query})", (origin,)).fetchone()
    return int(rows), int(unsure)


class SentRows:
    """Looks rows up in the entries of sent rows."""

    def __init__(
        self, db: sqlite3.Connection, plan: Plan, secret: bytes, *, client_id: str = "", imported_since: str = ""
    ) -> None:
        """Prepare the lookup.

        Args:
            db: The journal.
            plan: What is to be sent.
            secret: This computer's own key.
            client_id: For whom the rows are.  Without it, repeatable rows are looked up in entries without a customer alone.
            imported_since: Only entries that were imported after this time (ISO 8601).
        """
        self._db = db
        self._plan = plan
        self._customer = b"" if REGIONS[plan.region].practice or not client_id.strip() else plain_customer(client_id)
        query = "select id, name, secret from origin where imported > ? order by id"
        others = tuple(_Key(*other) for other in db.execute(query, (imported_since,)))
        self._keys = others if imported_since else (_Key(OWN, "", secret), *others)
        self._destination = (plan.address.records, plan.configuration.reference)
        query = "select 1 from place where records = ? and reference = ?"
        self.knows_destination = db.execute(query, self._destination).fetchone() is not None

    def __bool__(self) -> bool:
        """Whether there are entries to look in."""
        return bool(self._keys)

    def of_once_only(self, plain: bytes, numbers: Iterable[Numbered]) -> SentRow | None:
        """Look a once-only row up by its plain fingerprint and its numbers.  An entry that is sure comes before others."""
        names = (plain, *(plain_number(*self._destination, numbered) for numbered in numbers))
        sent: SentRow | None = None
        for key, name in itertools.product(self._keys, names):
            entry = self._entry(key.hash(name), key.origin)
            if entry is not None and (sent is None or not sent.sure):
                sent = _sent_row(entry, key)
        return sent

    def of_repeatable(self, plain: bytes, subject: bytes) -> tuple[SentRow | None, bool]:
        """Look a repeatable row up by its plain fingerprint and its plain subject.

        Returns:
            A row with this content, if one has left, and whether the newest row of the identifier is another one.  Where the
            newest is this one, it was accepted.
        """
        newest = self._newest(subject, self._customer) if self.knows_destination else None
        if newest is None:
            return None, False
        entry, key = newest
        if entry[1] and entry[0] == key.hash(plain):
            return _sent_row(entry, key), False
        before = self._newest(plain)
        return None if before is None else _sent_row(*before), True

    def _newest(self, name: bytes, customer: bytes = b"") -> tuple[_Entry, _Key] | None:
        """Return the newest entry of a name: of ``customer``, or without a customer."""
        newest: tuple[_Entry, _Key] | None = None
        for key in self._keys:
            names = {plain := key.hash(name), _of_customer(plain, self._hashed(customer, key), key.secret)}
            for entry in (self._entry(hashed, key.origin) for hashed in names):
                if entry is not None and (newest is None or entry[2] > newest[0][2]):
                    newest = entry, key
        return newest

    @staticmethod
    def _hashed(customer: bytes, key: _Key) -> bytes:
        return key.hash(customer).hex().encode() if customer else b""

    def _entry(self, subject: bytes, origin: int) -> _Entry | None:
        query = "select fingerprint, sure, answered from memory where subject = ? and origin = ?"
        entry: _Entry | None = self._db.execute(query, (subject, origin)).fetchone()
        return entry


def _sent_row(entry: _Entry, key: _Key) -> SentRow:
    return SentRow(bool(entry[1]), datetime.fromtimestamp(entry[2], UTC), key.name)
