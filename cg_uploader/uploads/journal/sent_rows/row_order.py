"""The order of rows with the same identifier: an older row is never sent over a newer one.

A repeatable row stays behind for good once a newer row of its identifier, at the same address, has been accepted.  If it may
have arrived, it stays *not sure*.  If it has not, it is *skipped*, because the newer values have arrived.

Rows of a run that began later are newer, and within a run those further down.  Failed rows are as old as the run that they
come from, whenever they are sent and whatever was corrected in them.  Rows that were added to their file are new.

In another run, a row that may have arrived counts like an accepted one, and so does one that was skipped as accepted.  In the
same run such a row is sent again after the older one, so only accepted rows count.

Where nothing identifies the rows of a run, they are sent one at a time, because any two may be about the same thing.  There
each row that was accepted further down counts.  Such rows of other runs do not count.  One of them would hold back all rows of
another file.

A newer row holds an older one back fully when its run sends every field that the older one's run sends.  When it sends some of
them, the older row stays behind as *not sure* or *not sent*.  It would overwrite newer values, and its other values have not
arrived.  When it sends none of them, it does not count.  The field that names the rows is not counted among these.

Rows of another customer do not count.

Before a run is forgotten, the rows of other runs that are still to be sent are settled.  Of other rows, such as refused ones,
it cannot be known later whether they are older than something in that run.

The user can decide otherwise.  Failed rows are new where their run begins with the choice to send everything again.
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
# In a run of failed rows, or in the run that they come from.
_OF_THE_SAME_FILE = (
    "(state = 'accepted' and (number > my_number or (number = my_number and :other > :run))"
    f" or state = '{OVERTAKEN}' and number = my_number and :other < :run)"
)
# The same row in the run that failed rows come from.
_WITHHELD_BEFORE = f"state = '{WITHHELD}' and number = my_number and :other < :run"
_OF_A_NEWER_FILE = f"(state in {LEFT} or {SKIPPED_AS_ACCEPTED})"
_NAMED = (
    "with mine as materialized (select id as my_id, number as my_number, subject as about from row"
    f" where {_MINE} and subject is not null and number <= :max_number)"
    " select my_id as id, max(number) as newer from row cross join mine on about = subject"
    " where id >= :from and id < :to and once = 0 and {newer} group by my_id"
)
_NAMELESS = f"select id, :newest as newer from row where {_MINE} and subject is null"
_STAY = (
    "update row set state = case when {unsure} then :overtaken else :never_left end,"
    " messages = json_array(json_array('', json_array(case when {unsure} then :unsure else :unsent end,"
    " json_object('row', found.newer, 'upload', :other))))"
    " from ({overtaken_rows}) found where row.id = found.id"
)
_BEGIN_UNSURE = (
    "update row set state = 'not_sure', messages = :messages, answered = before.latest from"
    " (select number as numbered, max(answered) as latest from json_each(:keys) join row other on other.id = value"
    " where once = 0 and state in ('sending', 'not_sure') group by number) before"
    " where id >= :first and id < :last and once = 0 and state = 'waiting' and number = numbered"
)
# A run whose address is not as it was written may have had this address.
_SAME_ADDRESS = "(records = (select records from run where id = ?) or typeof(records) <> 'text')"
_STAY_FOLLOWED = (
    f"update row set state = '{OVERTAKEN}', answered = null, messages = :messages"
    " where id >= :first and id < :last and once = 0 and state = 'not_sure'"
)
_ANY_NUMBER = 1 << 62
# The message for a row that may have arrived, and for one that has not.
_Reasons = tuple[UploadMessage, UploadMessage]
_FURTHER_DOWN = UploadMessage.UNSURE_BELOW, UploadMessage.UNSENT_BELOW
_NAMELESS_BELOW = UploadMessage.UNSURE_NAMELESS, UploadMessage.UNSENT_NAMELESS
_NEWER_THERE = UploadMessage.UNSURE_NEWER, UploadMessage.UNSENT_NEWER
_PARTLY_NEWER = UploadMessage.UNSURE_PARTLY, UploadMessage.UNSENT_PARTLY
_STAYED_THERE = UploadMessage.UNSURE_STAYED, UploadMessage.UNSENT_STAYED
_UNSURE = "row.state in ('sending', 'not_sure')"
_UNSURE_BEFORE = (
    "row.number in (select number from row before where id >= :before and id < :behind"
    f" and once = 0 and state in ('sending', 'not_sure', '{OVERTAKEN}'))"
)


def settle_overtaken(db: sqlite3.Connection, run: int) -> None:
    """Inside one commit, let the rows stay behind that ``run`` still has to send and a newer row has overtaken.

    This takes one look at the run's rows while none of them is before an accepted one, and no newer run is known.
    """
    first, last = span(run)
    record = db.execute(f"select id from row where {_MINE} order by id limit 1", {"first": first, "last": last}).fetchone()
    if record is None:
        return
    first = record[0]
    query = "select id, number from row where id >= ? and id < ? and once = 0 and state = 'accepted' order by id desc limit 1"
    for latest, number in db.execute(query, (first, last)).fetchall():
        own = {"first": first, "last": latest, "from": first, "to": last, "max_number": _ANY_NUMBER, "other": run}
        _stay(db, _NAMED.format(newer=_BELOW), own, _FURTHER_DOWN)
        if _is_nameless(db, run):
            _stay(db, _NAMELESS, own | {"newest": number}, _NAMELESS_BELOW)
    _settle_older(db, run, first)


def hold_back_overtaken(db: sqlite3.Connection, run: int) -> None:
    """Inside the commit that records a run of failed rows, let those stay behind that a newer row has overtaken."""
    parent = _parent(db, run)
    if parent is not None:
        _settle_older(db, run, span(run)[0], parent)


def hold_back_followed(db: sqlite3.Connection, run: int) -> None:
    """Inside that commit, let rows stay behind that may have arrived before an accepted row of their identifier.

    No other rows of a run are *not sure* before anything of it has left.
    """
    first, last = span(run)
    messages = as_stored((("", message(UploadMessage.UNSURE_FOLLOWED)),))
    db.execute(_STAY_FOLLOWED, {"first": first, "last": last, "messages": messages})


def keep_unsure(db: sqlite3.Connection, run: int, keys: list[int]) -> None:
    """Inside that commit, let failed rows begin as *not sure* that may have arrived in another run.

    ``keys`` are the keys of the rows that are taken over from other runs.
    """
    if _parent(db, run) is None:
        return  # the rows are new, so what has arrived of the others is not newer
    first, last = span(run)
    messages = as_stored((("", message(UploadMessage.UNSURE_IN_FILE)),))
    db.execute(_BEGIN_UNSURE, {"first": first, "last": last, "keys": json.dumps(keys), "messages": messages})


def settle_before_forgetting(db: sqlite3.Connection, run: int, is_held: Callable[[int], bool]) -> None:
    """Inside one commit, let the older rows of other runs stay behind while the rows of ``run`` are known."""
    query = f"select id from run where {_SAME_ADDRESS} and id <> ?"
    for (other,) in db.execute(query, (run, run)).fetchall():
        if not is_held(other):
            settle_overtaken(db, other)


def _settle_older(db: sqlite3.Connection, run: int, first: int, parent: int | None = None) -> None:
    """Let rows of ``run`` stay behind that rows of other runs have overtaken.

    Args:
        db: The journal.
        run: The run.
        first: The first key of a row that it still has to send.
        parent: The run that its failed rows come from.
    """
    last = span(run)[1]
    before, behind = span(parent) if parent else (0, 0)
    mine = _fields(db, run)
    others = [(_fields(db, newer[0]), newer) for newer in _newer(db, run)]
    others.sort(key=lambda other: not _covers(other[0], mine))  # first those that settle a row fully
    for fields, (other, same_file, max_number) in others:
        start, end = span(other)
        parameters = {"first": first, "last": last, "from": start, "to": end, "before": before, "behind": behind}
        parameters |= {"max_number": max_number, "run": run, "other": other}
        rows = _NAMED.format(newer=_OF_THE_SAME_FILE if same_file else _OF_A_NEWER_FILE)
        if _covers(fields, mine):
            _stay(db, rows, parameters, _NEWER_THERE)
        elif _touches(fields, mine):
            _stay(db, rows, parameters, _PARTLY_NEWER, WITHHELD)
        if same_file and fields == mine:
            _stay(db, _NAMED.format(newer=_WITHHELD_BEFORE), parameters, _STAYED_THERE, WITHHELD)


def _stay(
    db: sqlite3.Connection, rows: str, parameters: dict[str, int], reasons: _Reasons, never_left: str = "skipped"
) -> None:
    """Let the rows that the query ``rows`` finds stay behind.  ``never_left`` is the state of those that have not arrived."""
    unsure = f"({_UNSURE} or {_UNSURE_BEFORE})" if "before" in parameters else _UNSURE
    words = {"overtaken": OVERTAKEN, "never_left": never_left, "unsure": reasons[0].value, "unsent": reasons[1].value}
    db.execute(_STAY.format(unsure=unsure, overtaken_rows=rows), parameters | words)


@dataclass(frozen=True, slots=True)
class _Fields:
    """What a run sends."""

    headings: frozenset[str]
    name: str | None  # the first heading that names its rows


def _fields(db: sqlite3.Connection, run: int) -> _Fields | None:
    """Return what a run sends, or None when its plan is not as it was written."""
    with suppress(KeyError, ValueError, TypeError):
        plan = load(_plan_text(db, run), JournalRows(0, lambda _: iter(())))
        headings = [heading for heading, _position, _constant in plan.bindings]
        return _Fields(frozenset(headings), Identifiers(plan.configuration, headings).first)
    return None


def _covers(newer: _Fields | None, older: _Fields | None) -> bool:
    """Tell whether the newer rows have every field of the older ones.  They count as lacking some when a plan is unknown."""
    return newer is not None and older is not None and _values(older, newer) <= newer.headings


def _touches(newer: _Fields | None, older: _Fields | None) -> bool:
    """Tell whether the older rows may overwrite a value of the newer ones."""
    return newer is None or older is None or not _values(older, newer).isdisjoint(newer.headings)


def _values(older: _Fields, newer: _Fields) -> frozenset[str]:
    """Return the headings of the older rows whose values can differ between two rows of one name.

    The value that names the rows of either run is the same in both, or blank where another heading names the row.
    """
    return older.headings - {older.name, newer.name}


def _newer(db: sqlite3.Connection, run: int) -> Iterator[tuple[int, bool, int]]:
    """Iterate over other runs that may have newer rows, newest first.

    Yields:
        The run, whether it is of the same file, and the highest row number of ``run`` for which it counts.
    """
    age = _age(db, run)
    max_number = _last_number(db, run) if age < run else _ANY_NUMBER
    differs = differs_in_customer(db, run)
    query = f"select id from run where id >= ? and id <> ? and {_SAME_ADDRESS}"
    for (other,) in db.execute(f"{query} order by id desc", (age, run, run)).fetchall():
        others = _age(db, other)
        if others >= age and not differs(other):
            yield other, others == age, max_number


def _age(db: sqlite3.Connection, run: int) -> int:
    """Return the run that the rows come from at first, as far as it is known.  A lower number is older."""
    while (parent := _parent(db, run)) is not None:
        run = parent
    return run


def _parent(db: sqlite3.Connection, run: int) -> int | None:
    """Return the run that the failed rows of ``run`` come from.  None when they are new, or that run is not known."""
    origin = _origin(db, run)
    parent = None if origin is None else run_of(db, origin)
    return parent if parent is not None and parent < run else None


def _last_number(db: sqlite3.Connection, run: int) -> int:
    """Return the highest number of the failed rows.  Rows behind it were added to their file."""
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
