"""Runs that share their rows: a file's own, and those of its files of failed rows; a row is known there by its number.

A corrected row has another text than before, so that only its number says that it is the same person.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator

from cg_uploader.model.plan import Plan
from cg_uploader.model.provenance import Provenance
from cg_uploader.uploads.journal.journal_rows import LEFT, span
from cg_uploader.uploads.journal.plan_json import customer_in, first_content, first_file

# A row's state, and when it was answered.
Fact = tuple[str, float | None]
# A run of which nobody can tell whose rows it has, or where they went.
_CHANGED = "(typeof(records) <> 'text' or typeof(reference) <> 'text' or typeof(content) <> 'text')"
_FACT = f"select state, answered from row where id = ? and (once = 1 or state in {LEFT})"


class RelatedRuns:
    """The runs for a plan's configuration and address, by the file whose rows they had at first (``plan_json.first_content``).

    ``file``: the plan's own; ``same``: runs of all rows of exactly that file, when the plan has all of them too; ``unknown``:
    runs of which nobody can tell it, as their plan is not as it was written.
    """

    def __init__(self, db: sqlite3.Connection, plan: Plan, *, without: int = 0) -> None:
        """``without``: the number of a run that is not looked at; 0 for none."""
        self._db = db
        self.file = first_content(plan.table)
        self.same: set[int] = set()
        self.unknown: list[int] = []
        self._files: dict[int, str] = {}
        self._runs: dict[str, list[int]] = defaultdict(list)
        query = f"select id, content, plan, {_CHANGED} from run where id <> ? and (records = ? and reference = ? or {_CHANGED})"
        place = (plan.address.records, plan.configuration.reference)
        for run, content, text, changed in db.execute(query, (without, *place)):
            try:
                self._files[run], own = _first_file(content, text, changed=changed)
            except ValueError:
                self.unknown.append(run)
                continue
            self._runs[self._files[run]].append(run)
            if own and plan.table.origin is None and content == self.file:
                self.same.add(run)

    def file_of(self, run: int) -> str | None:
        """Whose rows a run has; None when it is not one of these."""
        return self._files.get(run)

    def runs(self, file: str | None = None) -> list[int]:
        """Those with rows of ``file``, the plan's own by default."""
        return self._runs.get(self.file if file is None else file, [])

    def of(self, run: int, number: int, position: int) -> Iterator[Fact]:
        """What a run says of a row by its number in the first file; ``position``: where it probably stands in the run.

        A row that was taken for repeatable then counts when it has left: it may have been the same invitation.
        """
        if (key := self._key(run, number, position)) is not None:
            yield from self._db.execute(_FACT, (key,))

    def _key(self, run: int, number: int, position: int) -> int | None:
        """The key of a row: where it probably stands, else by bisection, as numbers grow from row to row."""
        first, last = span(run)
        if self._number(first + position) == number:
            return first + position
        (count,) = self._db.execute("select max(id) - ? + 1 from row where id >= ? and id < ?", (first, first, last)).fetchone()
        low, high = 0, count or 0
        while low < high:
            middle = (low + high) // 2
            found = self._number(first + middle)
            if found == number:
                return first + middle
            low, high = (middle + 1, high) if found is not None and found < number else (low, middle)
        return None

    def _number(self, key: int) -> int | None:
        found = self._db.execute("select number from row where id = ?", (key,)).fetchone()
        return None if found is None else int(found[0])


def _first_file(content: str, text: str, *, changed: bool) -> tuple[str, bool]:
    if changed:
        raise ValueError("something that says what the run is about is no text")
    return first_file(content, text)


def run_of(db: sqlite3.Connection, origin: Provenance) -> int | None:
    """The run that a file of failed rows says it comes from, if it is one of this computer's and can be read."""
    query = "select started, content from run where id = ?"
    started, content = db.execute(query, (origin.run,)).fetchone() or (None, None)
    same = isinstance(content, str) and started == origin.started and content.split(" ")[0] == origin.digest
    return origin.run if same else None


def differs_in_customer(db: sqlite3.Connection, run: int) -> Callable[[int], bool]:
    """Tell of other runs whether they were begun for another customer than ``run``.

    Where one of the two does not say for whom, they count as the same customer's: practice, and runs of an earlier version.
    """
    mine = _customer(db, run)
    return lambda other: bool(mine) and _customer(db, other) not in {"", mine}


def _customer(db: sqlite3.Connection, run: int) -> str:
    (text,) = db.execute("select plan from run where id = ?", (run,)).fetchone()
    return customer_in(str(text))
