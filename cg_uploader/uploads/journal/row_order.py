"""Which of two rows about the same thing is the newer, and what becomes of an older one: it never goes out over a newer one.

A row that may be repeated stays behind for good once a newer one of its identifier, at the same address, has been accepted.
If it may have arrived, it stays *not sure*.  If it certainly has not, it is *skipped*: the newer values are there already.

Rows of a run that began later are newer, and within a run those further down.  Failed rows are as old as the run that they
come from, whenever they are sent and whatever was corrected in them.  Rows that were added to their file are new.

In another run a row that may have arrived counts like an accepted one, and so does one that was skipped as accepted.  In the
run itself such a row is sent again after the older one, so only what was accepted counts.

Where nothing identifies the rows of a run, they go one at a time, because any two may be about the same.  So there each row
that was accepted further down counts.  In other runs it does not: that would hold back all rows of a file for one of another.

When a run is forgotten, rows that are left to be sent are settled before.  Of rows that are not, such as refused ones, nobody
can say afterwards whether they are older than something in that run.

The user may say otherwise: failed rows are new where their run begins with the choice to send everything again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress

from cg_uploader.fields.configuration import Identifiers
from cg_uploader.model.provenance import Origin
from cg_uploader.uploads.journal.journal_rows import LEFT, LEFT_TO_DO, OVERTAKEN, SKIPPED_AS_ACCEPTED, KeptRows, span
from cg_uploader.uploads.journal.plan_json import SENT_AGAIN, load, origin_in
from cg_uploader.uploads.journal.related_runs import run_of

_MINE = f"id >= :first and id < :last and once = 0 and {LEFT_TO_DO}"
_BELOW = "state = 'accepted' and id > my_id"
"""In the same run."""
_OF_THE_SAME_FILE = (
    "(state = 'accepted' and (number > my_number or (number = my_number and :other > :run))"
    f" or state = '{OVERTAKEN}' and number = my_number and :other < :run)"
)
"""In a run of failed rows, or the one that they come from."""
_OF_A_NEWER_FILE = f"(state in {LEFT} or {SKIPPED_AS_ACCEPTED})"
_NAMED = (
    "with mine as materialized (select id as my_id, number as my_number, subject as about from row"
    f" where {_MINE} and subject is not null and number <= :highest)"
    " select my_id as id, max(number) as newer from row cross join mine on about = subject"
    " where id >= :from and id < :to and once = 0 and {newer} group by my_id"
)
_NAMELESS = f"select id, :newest as newer from row where {_MINE} and subject is null"
_STAY = (
    "update row set state = case when {unsure} then :overtaken else 'skipped' end,"
    " messages = json_array(json_array('', printf(case when {unsure} then :unsure else :unsent end, found.newer)))"
    " from ({found}) found where row.id = found.id"
)
_ANY_NUMBER = 1 << 62
_SAME = "with the same identifier"
_ANYBODY = "nothing says whom these rows are about"
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
        own = {"first": first, "last": latest, "from": first, "to": last, "highest": _ANY_NUMBER}
        _stay(db, _NAMED.format(newer=_BELOW), own, f"Row %d, further down {_SAME}, was accepted since")
        if _is_nameless(db, run):
            _stay(db, _NAMELESS, own | {"newest": number}, f"Row %d, further down, was accepted since, and {_ANYBODY}")
    _settle_older(db, run, first)


def hold_back_overtaken(db: sqlite3.Connection, run: int) -> None:
    """Inside the commit that completes a run of failed rows: those that a newer row has overtaken do not leave."""
    parent = _parent(db, run)
    if parent is not None:
        _settle_older(db, run, span(run)[0], parent)


def settle_before_forgetting(db: sqlite3.Connection, run: int, is_held: Callable[[int], bool]) -> None:
    """Inside one commit: what the rows of ``run`` mean for older rows of other runs is settled while it can be known."""
    query = "select id from run where records = (select records from run where id = ?) and id <> ? and rows >= 0"
    for (other,) in db.execute(query, (run, run)).fetchall():
        if not is_held(other):
            settle_overtaken(db, other)


def _settle_older(db: sqlite3.Connection, run: int, first: int, parent: int | None = None) -> None:
    """The same, by rows of other runs; ``first``: the first key of a row to send; ``parent``: where failed rows come from."""
    last = span(run)[1]
    before, behind = span(parent) if parent else (0, 0)
    for other, same_file, highest in _newer(db, run):
        start, end = span(other)
        known = {"first": first, "last": last, "from": start, "to": end, "highest": highest, "run": run, "other": other}
        newer = _NAMED.format(newer=_OF_THE_SAME_FILE if same_file else _OF_A_NEWER_FILE)
        known |= {"before": before, "behind": behind}
        _stay(db, newer, known, f"Upload {other} has a newer row {_SAME} (row %d)")


def _stay(db: sqlite3.Connection, found: str, known: dict[str, int], why: str) -> None:
    unsure = f"({_UNSURE} or {_UNSURE_BEFORE})" if "before" in known else _UNSURE
    said = {
        "overtaken": OVERTAKEN,
        "unsure": f"This row may have arrived. {why}, so it is not sent again.",
        "unsent": f"{why}, so this one was not sent.",
    }
    db.execute(_STAY.format(unsure=unsure, found=found), known | said)


def _newer(db: sqlite3.Connection, run: int) -> Iterator[tuple[int, bool, int]]:
    """Other runs that may have newer rows, the newest first; whether they are of the same file; up to which row number."""
    age = _age(db, run)
    highest = _last_number(db, run) if age < run else _ANY_NUMBER
    query = "select id from run where id >= ? and id <> ? and rows >= 0 and records = (select records from run where id = ?)"
    for (other,) in db.execute(f"{query} order by id desc", (age, run, run)).fetchall():
        others = _age(db, other)
        if others >= age:
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


def _origin(db: sqlite3.Connection, run: int) -> Origin | None:
    with suppress(KeyError, ValueError, TypeError):  # a plan that is not as it was written names no other run
        text = _plan_text(db, run)
        return None if SENT_AGAIN in text else origin_in(text)
    return None


def _is_nameless(db: sqlite3.Connection, run: int) -> bool:
    with suppress(KeyError, ValueError, TypeError):
        plan = load(_plan_text(db, run), KeptRows(0, lambda _: iter(())))
        return not Identifiers(plan.configuration, [heading for heading, _, _ in plan.wires]).known
    return False


def _plan_text(db: sqlite3.Connection, run: int) -> str:
    return str(db.execute("select plan from run where id = ?", (run,)).fetchone()[0])
