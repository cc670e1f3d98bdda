"""What this computer remembers of rows that were accepted: keyed hashes and times, no values.

One entry per thing that rows are about (the identifier of a contact, an account, a referenced activity, at one address, of one
customer as far as the run says for whom): its newest accepted content.  So a row counts as accepted only while no later row of
the same identifier was accepted with other content, whatever file or configuration that came from.  Where a run had later rows
of an identifier, those that left before them have an entry by their text each: a file with several rows of an identifier is
known whole.  A once-only row has two entries of its own, which nothing replaces: one by its text, and one by its
number in the file where it stood first, which knows it in any text.
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
from cg_uploader.uploads.journal.plan_json import customer_in, first_file, place_in

# What a run says of itself when all of it is remembered; 1: by a program that did not know once-only rows by their numbers,
# 2: by one that did not know rows which others of their identifier followed, 3: by one that knew only accepted ones of these.
_WHOLLY = 4
# The origin of what this computer has recorded itself; others were imported, each with a key of its own.
OWN = 0

# subject, fingerprint, whether it was surely accepted, seconds since 1970, number of its place.
Entry = tuple[bytes, bytes, int, float, int]
# fingerprint, whether it was surely accepted, seconds since 1970.
_Entry = tuple[bytes, int, float]
# A row by its number in the file where it stood first (`plan_json.first_content`).
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
# A failed row that was overtaken has a time in the run in which it left, and none where it stayed behind.
_HAS_LEFT = f"(state in {LEFT} and (state <> '{OVERTAKEN}' or answered is not null))"
_BY_SUBJECT = (
    f"{_ADD} select 0, of_customer(subject), fingerprint, state = 'accepted', {_WHEN}, :place from row"
    f" where id >= :first and id < :last and subject is not null and {_HAS_LEFT}"
    f" order by subject, {_WHEN}, id {_KEEP}"
)
# To be taken over first: of a row that was skipped as accepted, the subject's entry still says when that was.
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
    """When a row was accepted, or, ``sure`` False, may have been; ``origin``: whose memory says so, empty for this computer."""

    sure: bool
    when: datetime
    origin: str = ""


@dataclass(frozen=True, slots=True)
class _Key:
    origin: int
    name: str
    secret: bytes

    def hash(self, plain: bytes) -> bytes:
        return keyed(plain, self.secret)


def keyed(plain: bytes, secret: bytes) -> bytes:
    """16 bytes that say nothing without the key: nobody can try values against them."""
    return hashlib.blake2b(plain, key=secret, digest_size=16).digest()


def plain_subject(plan: Plan, key: str) -> bytes:
    """What a row is about, for the whole address: another configuration there may change the same contact."""
    return f"subject\n{plan.address.records}\n{key}".encode("utf-8", "surrogatepass")


def plain_customer(client_id: str) -> bytes:
    """For whom rows are, by the Client ID."""
    return f"customer\n{client_id.strip()}".encode()


def _of_customer(subject: bytes, customer: bytes, secret: bytes) -> bytes:
    """What a row is about, for one customer; the subject itself where nobody knows for whom (an empty ``customer``)."""
    return keyed(subject + customer, secret) if customer else subject


def plain_number(records: str, reference: str, numbered: Numbered) -> bytes:
    """A row by its number, for one configuration at one address."""
    return "\n".join(("number", records, reference, *map(str, numbered))).encode("utf-8", "surrogatepass")


def remember(db: sqlite3.Connection, run: int, *, idle: bool = False, leaving: bool = False) -> None:
    """Inside one commit: take over what a run's rows say; doing it again changes nothing.

    A repeatable row that may have arrived is an entry too: it makes what was accepted before uncertain.  ``idle``: nobody works
    on the run, so a row that was being sent when its program died counts as one that may have arrived.  ``leaving``: it is
    deleted next, so the text of a row that left in another text, in another run, is kept too.
    """
    found = db.execute("select finished from run where id = ?", (run,)).fetchone()
    if found is None:
        return  # another program has forgotten it meanwhile
    (ended,) = found
    _name_by_number(db, run)
    _name_by_customer(db, run)
    first, last = span(run)
    known = {
        "first": first,
        "last": last,
        "now": time.time(),
        "place": place_of(db, *_place_of_run(db, run)),
        "cut_off": "sending" if idle else "",
    }
    for name in ("fingerprint", "by_number(number)"):
        db.execute(_ONCE_ONLY.format(name=name), known)
    if leaving:
        db.execute(_IN_ANOTHER_TEXT, known)
    db.execute(_FOLLOWED, known)
    db.execute(_BY_SUBJECT, known)
    db.execute("update run set remembered = ? where id = ?", (_WHOLLY if ended is not None else 0, run))


def knows_waiting(db: sqlite3.Connection, run: int) -> bool:
    """Whether this computer remembers a once-only row that ``run`` means to send, by its text or by its number."""
    _name_by_number(db, run)
    first, last = span(run)
    return db.execute(_WAITING, {"first": first, "last": last}).fetchone() is not None


def _name_by_number(db: sqlite3.Connection, run: int) -> None:
    """SQL's ``by_number`` names a row of ``run`` by its number from now on."""
    content, plan, secret = db.execute("select content, plan, secret from run join key where id = ?", (run,)).fetchone()
    with suppress(KeyError, ValueError):  # a plan that is not as it was written names no other file
        content, _ = first_file(content, plan)
    place = _place_of_run(db, run)
    db.create_function("by_number", 1, lambda number: keyed(plain_number(*place, (str(content), number)), secret))


def _place_of_run(db: sqlite3.Connection, run: int) -> tuple[str, str]:
    """Return address and reference of a run: by its plan where they are not as they were written."""
    records, reference, plan = db.execute("select records, reference, plan from run where id = ?", (run,)).fetchone()
    return (records, reference) if isinstance(records, str) and isinstance(reference, str) else place_in(str(plan))


def _name_by_customer(db: sqlite3.Connection, run: int) -> None:
    """SQL's ``of_customer`` names what a row of ``run`` is about for its customer from now on."""
    text, secret = db.execute("select plan, secret from run join key where id = ?", (run,)).fetchone()
    customer = customer_in(str(text)).encode()
    db.create_function("of_customer", 1, lambda subject: _of_customer(subject, customer, secret))


def not_remembered(db: sqlite3.Connection) -> list[int]:
    """Runs whose rows are not wholly taken over yet, oldest first."""
    query = "select id from run where remembered < ? order by id"
    return [run for (run,) in db.execute(query, (_WHOLLY,))]


def place_of(db: sqlite3.Connection, records: str, reference: str) -> int:
    """The number of an address and reference; made when it is new."""
    db.execute("insert or ignore into place (records, reference) values (?, ?)", (records, reference))
    return int(db.execute("select id from place where records = ? and reference = ?", (records, reference)).fetchone()[0])


def take_in(db: sqlite3.Connection, origin: int, entries: Iterable[Entry]) -> None:
    """Inside one commit: entries of somebody else's memory; the newest of each subject counts."""
    db.executemany(
        f"{_ADD} values (?, ?, ?, ?, ?, ?) {_KEEP}",
        ((origin, subject, fingerprint, sure, answered, place) for subject, fingerprint, sure, answered, place in entries),
    )


def own_entries(db: sqlite3.Connection) -> Iterator[Entry]:
    """What this computer has recorded itself, in the order of subjects."""
    yield from db.execute("select subject, fingerprint, sure, answered, place from memory where origin = 0 order by subject")


def rows_of(db: sqlite3.Connection, origin: int) -> tuple[int, int]:
    """How many rows an origin knows, and how many of them only perhaps arrived: one can have several entries."""
    query = "select max(sure) as sure from memory where origin = ? group by fingerprint"
    rows, perhaps = db.execute(f"select count(*), count(*) filter (where not sure) from ({query})", (origin,)).fetchone()
    return int(rows), int(perhaps)


class SentRows:
    """Looks rows up."""

    def __init__(
        self, db: sqlite3.Connection, plan: Plan, secret: bytes, *, client_id: str = "", imported_since: str = ""
    ) -> None:
        """``secret``: this computer's own key.  ``imported_since``: only what came from others after that time (ISO 8601).

        ``client_id``: for whom the rows are; without it, only what was recorded without it is known of repeatable rows.
        """
        self._db = db
        self._plan = plan
        self._customer = b"" if REGIONS[plan.region].practice or not client_id.strip() else plain_customer(client_id)
        query = "select id, name, secret from origin where imported > ? order by id"
        others = tuple(_Key(*other) for other in db.execute(query, (imported_since,)))
        self._keys = others if imported_since else (_Key(OWN, "", secret), *others)
        place = (plan.address.records, plan.configuration.reference)
        self.knows_place = db.execute("select 1 from place where records = ? and reference = ?", place).fetchone() is not None

    def __bool__(self) -> bool:
        """Whether there is anything to look in."""
        return bool(self._keys)

    def of_once_only(self, plain: bytes, numbers: Iterable[Numbered]) -> SentRow | None:
        """What is known of a once-only row, by its plain fingerprint and its numbers: accepted before all, else perhaps."""
        place = (self._plan.address.records, self._plan.configuration.reference)
        names = (plain, *(plain_number(*place, numbered) for numbered in numbers))
        found: SentRow | None = None
        for key, name in itertools.product(self._keys, names):
            entry = self._entry(key.hash(name), key.origin)
            if entry is not None and (found is None or not found.sure):
                found = _remembered(entry, key)
        return found

    def of_repeatable(self, plain: bytes, about: bytes) -> tuple[SentRow | None, bool]:
        """Return when a row with just this content left, and whether the newest of its identifier is another one.

        Where it is the newest itself, it was accepted.
        ``plain``, ``about``: the row's plain fingerprint, and its plain subject.
        """
        newest = self._newest(about, self._customer) if self.knows_place else None
        if newest is None:
            return None, False
        entry, key = newest
        if entry[1] and entry[0] == key.hash(plain):
            return _remembered(entry, key), False
        before = self._newest(plain)
        return None if before is None else _remembered(*before), True

    def _newest(self, name: bytes, customer: bytes = b"") -> tuple[_Entry, _Key] | None:
        """The newest entry by that name; with ``customer``, of that one and of those that nobody knows the customer of."""
        found: tuple[_Entry, _Key] | None = None
        for key in self._keys:
            names = {plain := key.hash(name), _of_customer(plain, self._hashed(customer, key), key.secret)}
            for entry in (self._entry(one, key.origin) for one in names):
                if entry is not None and (found is None or entry[2] > found[0][2]):
                    found = entry, key
        return found

    @staticmethod
    def _hashed(customer: bytes, key: _Key) -> bytes:
        return key.hash(customer).hex().encode() if customer else b""

    def _entry(self, subject: bytes, origin: int) -> _Entry | None:
        found: _Entry | None = self._db.execute(
            "select fingerprint, sure, answered from memory where subject = ? and origin = ?", (subject, origin)
        ).fetchone()
        return found


def _remembered(entry: _Entry, key: _Key) -> SentRow:
    return SentRow(bool(entry[1]), datetime.fromtimestamp(entry[2], UTC), key.name)
