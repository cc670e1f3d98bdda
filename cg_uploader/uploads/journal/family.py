"""Runs that share their rows: a file's own, and those of its repair files; a row is known there by its number.

A corrected row has another text than before, so that only its number says that it is the same person.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from cg_uploader.model import Plan
from cg_uploader.origin import Origin
from cg_uploader.sheets.about import origin_of
from cg_uploader.uploads.journal.kept import COLUMNS, LEFT_TO_DO, Kept, kept_of, span
from cg_uploader.uploads.journal.planfile import first_content

HAS_ORIGIN = '"origin": [['


class Family:
    """The other runs for the same configuration and address whose rows have the numbers of the same first file.

    ``known`` are runs of exactly the plan's own file: rows are found by their place there, unless the plan or the run has only
    some of them (failed rows that were taken up in the window).
    """

    def __init__(self, db: sqlite3.Connection, plan: Plan, known: Sequence[int]) -> None:
        self._db = db
        mine = first_content(plan.table)
        elsewhere = () if plan.table.origin is not None else known
        self.runs = [run for run, content, whole in _runs(db, plan) if content == mine and not (whole and run in elsewhere)]

    def of(self, number: int) -> Iterator[Kept]:
        """What the runs say of the row with this number."""
        for run in self.runs:
            if (key := self._key(run, number)) is not None:
                yield kept_of(self._db.execute(f"select {COLUMNS} from row where id = ?", (key,)).fetchone())

    def left(self, number: int) -> Iterator[int]:
        """Keys of the rows with this number that a run still means to send."""
        for run in self.runs:
            key = self._key(run, number)
            if key is not None and self._db.execute(f"select 1 from row where id = ? and {LEFT_TO_DO}", (key,)).fetchone():
                yield key

    def _key(self, run: int, number: int) -> int | None:
        """The key of a row, by bisection: numbers grow from row to row."""
        first, last = span(run)
        (count,) = self._db.execute("select max(id) - ? + 1 from row where id >= ? and id < ?", (first, first, last)).fetchone()
        low, high = 0, count or 0
        while low < high:
            middle = (low + high) // 2
            (found,) = self._db.execute("select number from row where id = ?", (first + middle,)).fetchone()
            if found == number:
                return first + middle
            low, high = (middle + 1, high) if found < number else (low, middle)
        return None


def _runs(db: sqlite3.Connection, plan: Plan) -> Iterator[tuple[int, str, bool]]:
    """Each run for the same configuration and address: what file its rows were in at first, and whether it has all of them."""
    query = "select id, content, plan from run where records = ? and reference = ? and rows >= 0"
    for run, content, text in db.execute(query, (plan.address.records, plan.configuration.reference)).fetchall():
        origin = origin_of(json.loads(text)["origin"]) if HAS_ORIGIN in text else None
        yield run, content if origin is None else origin.content, origin is None


def run_of(db: sqlite3.Connection, origin: Origin) -> int | None:
    """The run that a repair file says it comes from, if it is one of this computer's."""
    record = db.execute("select started, content from run where id = ? and rows >= 0", (origin.run,)).fetchone()
    return origin.run if record and record[0] == origin.started and record[1].split(" ")[0] == origin.digest else None
