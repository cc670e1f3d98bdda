"""Which of two rows about the same thing is the newer, and what becomes of an older one: it never goes out over a newer one.

A row that may be repeated stays behind for good once a newer one of its identifier, at the same address, has been accepted.
If it may have arrived, it stays *not sure*.  If it certainly has not, it is *skipped*: the newer values are there already.

Rows of a run that began later are newer, and within a run those further down.  Failed rows are as old as the run that they
come from, whenever they are sent and whatever was corrected in them.  Rows that were added to their file are new.

In another run a row that may have arrived counts like an accepted one, and so does one that was skipped as accepted.  In the
run itself such a row is sent again after the older one, so only what was accepted counts.

Where nothing identifies the rows of a run, they go one at a time, because any two may be about the same.  So there each row
that was accepted further down counts.  In other runs it does not: that would hold back all rows of a file for one of another.

A newer row counts whole when its run sends every field that the older one's run sends.  When it sends some of them, the older
row stays behind all the same, as *not sure* or *not sent*: it would overwrite newer values, and its other values have not
arrived.  When it sends none of them it does not count.  What names the rows is no value of theirs.

Rows of another customer are about somebody else.

When a run is forgotten, rows that are left to be sent are settled before.  Of rows that are not, such as refused ones, nobody
can say afterwards whether they are older than something in that run.

The user may say otherwise: failed rows are new where their run begins with the choice to send everything again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from cg_uploader.fields.configuration import Identifiers
from cg_uploader.model.message import message
from cg_uploader.model.provenance import Provenance
from cg_uploader.uploads.journal.journal_rows import (
    LEFT,
    LEFT_TO_DO,
    OVERTAKEN,
    SKIPPED_AS_ACCEPTED,
    WITHHELD,
    JournalRows,
    span,
)
from cg_uploader.uploads.journal.messages import UploadMessage, as_stored
from cg_uploader.uploads.journal.plan_json import SENT_AGAIN, load, origin_in
from cg_uploader.uploads.journal.sent_rows.related_runs import differs_in_customer, run_of

_MINE = f"id >= :first and id < :last and once = 0 and {LEFT_TO_DO}"
# In the same run.
_BELOW = "state = 'accepted' and id > my_id"
# In a run of failed rows, or the one that they come from.
_OF_THE_SAME_FILE = (
    "(state = 'accepted' and (number > my_number or (number = my_number and :other > :run))"
    f" or state = '{OVERTAKEN}' and number = my_number and :other < :run)"
)
# The same row in the run that failed rows come from.
_WITHHELD_BEFORE = f"state = '{WITHHELD}' and number = my_number and :other < :run"
_OF_A_NEWER_FILE = f"(state in {LEFT} or {SKIPPED_AS_ACCEPTED})"
_NAMED = (
    "with mine as materialized (select id as my_id, number as my_number, subject as about from row"
    f" where {_MINE} and subject is not null and number <= :highest)"
    " select my_id as id, max(number) as newer from row cross join mine on about = subject"
    " where id >= :from and id < :to and once = 0 and {newer} group by my_id"
)
_NAMELESS = f"select id, :newest as newer from row where {_MINE} and subject is null"
_STAY = (
    "update row set state = case when {unsure} then :overtaken else :never_left end,"
    " messages = json_array(json_array('', json_array(case when {unsure} then :unsure else :unsent end,"
    " json_object('row', found.newer, 'upload', :other))))"
    " from ({found}) found where row.id = found.id"
)
_BEGIN_UNSURE = (
    "update row set state = 'not_sure', messages = :said, answered = before.latest from"
    " (select number as numbered, max(answered) as latest from json_each(:keys) join row other on other.id = value"
    " where once = 0 and state in ('sending', 'not_sure') group by number) before"
    " where id >= :first and id < :last and once = 0 and state = 'waiting' and number = numbered"
)
# A run whose address is not as it was written may have had any.
_SAME_ADDRESS = "(records = (select records from run where id = ?) or typeof(records) <> 'text')"
_STAY_FOLLOWED = (
    f"update row set state = '{OVERTAKEN}', answered = null, messages = :said"
    " where id >= :first and id < :last and once = 0 and state = 'not_sure'"
)
_ANY_NUMBER = 1 << 62
# What is said of a row that may have arrived, and of one that has not.
_Words = tuple[UploadMessage, UploadMessage]
_FURTHER_DOWN = UploadMessage.UNSURE_BELOW, UploadMessage.UNSENT_BELOW
_ANYBODY = UploadMessage.UNSURE_NAMELESS, UploadMessage.UNSENT_NAMELESS
_NEWER_THERE = UploadMessage.UNSURE_NEWER, UploadMessage.UNSENT_NEWER
_PARTLY_NEWER = UploadMessage.UNSURE_PARTLY, UploadMessage.UNSENT_PARTLY
_STAYED_THERE = UploadMessage.UNSURE_STAYED, UploadMessage.UNSENT_STAYED
_UNSURE = "row.state in ('sending', 'not_sure')"
_UNSURE_BEFORE = (
    "row.number in (select number from row before where id >= :before and id < :behind"
    f" and once = 0 and state in ('sending', 'not_sure', '{OVERTAKEN}'))"
)


def settle_overtaken(db: sqlite3.Connection, run: int) -> None:
    """Inside one commit: the rows of ``run`` that it still means to send, and must not any more, stay behind.

    It costs one look at the run's rows as long as none of them is behind an accepted one, and no newer run is known.
    """
    first, last = span(run)
    open_rows = {"first": first, "last": last}
    found = db.execute(f"select id from row where {_MINE} order by id limit 1", open_rows).fetchone()
    if found is None:
        return
    first = found[0]
    query = "select id, number from row where id >= ? and id < ? and once = 0 and state = 'accepted' order by id desc limit 1"
    for latest, number in db.execute(query, (first, last)).fetchall():
        own = {"first": first, "last": latest, "from": first, "to": last, "highest": _ANY_NUMBER, "other": run}
        _stay(db, _NAMED.format(newer=_BELOW), own, _FURTHER_DOWN)
        if _is_nameless(db, run):
            _stay(db, _NAMELESS, own | {"newest": number}, _ANYBODY)
    _settle_older(db, run, first)


def hold_back_overtaken(db: sqlite3.Connection, run: int) -> None:
    """Inside the commit that completes a run of failed rows: those that a newer row has overtaken do not leave."""
    parent = _parent(db, run)
    if parent is not None:
        _settle_older(db, run, span(run)[0], parent)


def hold_back_followed(db: sqlite3.Connection, run: int) -> None:
    """Inside that commit: rows that may have arrived before, and then were followed by an accepted one, stay *not sure*.

    Only such rows of a run that leaves accepted ones out are *not sure* before anything of it has left.
    """
    first, last = span(run)
    db.execute(
        _STAY_FOLLOWED, {"first": first, "last": last, "said": as_stored((("", message(UploadMessage.UNSURE_FOLLOWED)),))}
    )


def keep_unsure(db: sqlite3.Connection, run: int, theirs: list[int]) -> None:
    """Inside that commit: failed rows that may have arrived in one of the rows ``theirs`` begin as *not sure*."""
    if _parent(db, run) is None:
        return  # new rows, and nothing that would be newer than the run's own has arrived of them
    first, last = span(run)
    said = as_stored((("", message(UploadMessage.UNSURE_IN_FILE)),))
    db.execute(_BEGIN_UNSURE, {"first": first, "last": last, "keys": json.dumps(theirs), "said": said})


def settle_before_forgetting(db: sqlite3.Connection, run: int, is_held: Callable[[int], bool]) -> None:
    """Inside one commit: what the rows of ``run`` mean for older rows of other runs is settled while it can be known."""
    query = f"select id from run where {_SAME_ADDRESS} and id <> ?"
    for (other,) in db.execute(query, (run, run)).fetchall():
        if not is_held(other):
            settle_overtaken(db, other)


def _settle_older(db: sqlite3.Connection, run: int, first: int, parent: int | None = None) -> None:
    """The same, by rows of other runs; ``first``: the first key of a row to send; ``parent``: where failed rows come from."""
    last = span(run)[1]
    before, behind = span(parent) if parent else (0, 0)
    mine = _fields(db, run)
    others = [(_fields(db, found[0]), found) for found in _newer(db, run)]
    others.sort(key=lambda other: not _covers(other[0], mine))  # those that leave nothing to be looked at go first
    for fields, (other, same_file, highest) in others:
        start, end = span(other)
        known = {"first": first, "last": last, "from": start, "to": end, "highest": highest, "run": run, "other": other}
        newer = _NAMED.format(newer=_OF_THE_SAME_FILE if same_file else _OF_A_NEWER_FILE)
        known |= {"before": before, "behind": behind}
        if _covers(fields, mine):
            _stay(db, newer, known, _NEWER_THERE)
        elif _touches(fields, mine):
            _stay(db, newer, known, _PARTLY_NEWER, WITHHELD)
        if same_file and fields == mine:
            _stay(db, _NAMED.format(newer=_WITHHELD_BEFORE), known, _STAYED_THERE, WITHHELD)


def _stay(db: sqlite3.Connection, found: str, known: dict[str, int], why: _Words, never_left: str = "skipped") -> None:
    """Rows that ``found`` finds are not sent; ``never_left``: the state of one that has certainly not arrived."""
    unsure = f"({_UNSURE} or {_UNSURE_BEFORE})" if "before" in known else _UNSURE
    said = {"overtaken": OVERTAKEN, "never_left": never_left, "unsure": why[0].value, "unsent": why[1].value}
    db.execute(_STAY.format(unsure=unsure, found=found), known | said)


@dataclass(frozen=True, slots=True)
class _Fields:
    """What a run sends: all headings, and the one that names its rows before others."""

    headings: frozenset[str]
    name: str | None


def _fields(db: sqlite3.Connection, run: int) -> _Fields | None:
    """None when its plan is not as it was written."""
    with suppress(KeyError, ValueError, TypeError):
        plan = load(_plan_text(db, run), JournalRows(0, lambda _: iter(())))
        headings = [heading for heading, _, _ in plan.bindings]
        return _Fields(frozenset(headings), Identifiers(plan.configuration, headings).first)
    return None


def _covers(newer: _Fields | None, older: _Fields | None) -> bool:
    """Whether no value of the older rows is missing in the newer ones; never when one of the plans cannot be read."""
    return newer is not None and older is not None and _values(older, newer) <= newer.headings


def _touches(newer: _Fields | None, older: _Fields | None) -> bool:
    """Whether the older rows may overwrite a value of the newer ones."""
    return newer is None or older is None or not _values(older, newer).isdisjoint(newer.headings)


def _values(older: _Fields, newer: _Fields) -> frozenset[str]:
    """Headings of values that can differ between two rows of one name.

    What names the rows of either run before others is the same in both, or blank: a row is named by the next heading then.
    """
    return older.headings - {older.name, newer.name}


def _newer(db: sqlite3.Connection, run: int) -> Iterator[tuple[int, bool, int]]:
    """Other runs that may have newer rows, the newest first; whether they are of the same file; up to which row number."""
    age = _age(db, run)
    highest = _last_number(db, run) if age < run else _ANY_NUMBER
    differs = differs_in_customer(db, run)
    query = f"select id from run where id >= ? and id <> ? and {_SAME_ADDRESS}"
    for (other,) in db.execute(f"{query} order by id desc", (age, run, run)).fetchall():
        others = _age(db, other)
        if others >= age and not differs(other):
            yield other, others == age, highest


def _age(db: sqlite3.Connection, run: int) -> int:
    """The run whose rows these were at first, as far as it is known: a smaller number is older."""
    while (parent := _parent(db, run)) is not None:
        run = parent
    return run


def _parent(db: sqlite3.Connection, run: int) -> int | None:
    """The run that the rows of ``run`` are as old as; None when they are new, or that run is not known (any more)."""
    origin = _origin(db, run)
    parent = None if origin is None else run_of(db, origin)
    return parent if parent is not None and parent < run else None


def _last_number(db: sqlite3.Connection, run: int) -> int:
    """The highest number of a row that came back; those behind it were added to the file of failed rows."""
    origin = _origin(db, run)
    return origin.last if origin is not None and origin.last else _ANY_NUMBER


def _origin(db: sqlite3.Connection, run: int) -> Provenance | None:
    with suppress(KeyError, ValueError, TypeError):  # a plan that is not as it was written names no other run
        text = _plan_text(db, run)
        return None if SENT_AGAIN in text else origin_in(text)
    return None


def _is_nameless(db: sqlite3.Connection, run: int) -> bool:
    fields = _fields(db, run)
    return fields is not None and fields.name is None


def _plan_text(db: sqlite3.Connection, run: int) -> str:
    return str(db.execute("select plan from run where id = ?", (run,)).fetchone()[0])
