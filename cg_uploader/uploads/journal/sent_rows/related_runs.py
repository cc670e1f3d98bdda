"""The runs that share their rows: those of a file, and those of its files of failed rows.

A row is found in them by its number, because a corrected row has another text than before.
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
# A run whose record does not say whose rows it has, or where they went.
_CHANGED = "(typeof(records) <> 'text' or typeof(reference) <> 'text' or typeof(content) <> 'text')"
_FACT = f"select state, answered from row where id = ? and (once = 1 or state in {LEFT})"


class RelatedRuns:
    """The runs for a plan's configuration and address, by the file that their rows come from (``plan_json.first_content``).

    Attributes:
        file: The file of the plan's rows.
        same: Runs of the whole file, where the plan is of the whole file too.
        unknown: Runs whose plan is not as it was written, so that their file is not known.
    """

    def __init__(self, db: sqlite3.Connection, plan: Plan, *, without: int = 0) -> None:
        """``without`` is the number of a run that is left out, or 0."""
        self._db = db
        self.file = first_content(plan.table)
        self.same: set[int] = set()
        self.unknown: list[int] = []
        self._files: dict[int, str] = {}
        self._runs: dict[str, list[int]] = defaultdict(list)
        query = f"select id, content, plan, {_CHANGED} from run where id <> ? and (records = ? and reference = ? or {_CHANGED})"
        destination = (plan.address.records, plan.configuration.reference)
        for run, content, text, changed in db.execute(query, (without, *destination)):
            try:
                self._files[run], own = _first_file(content, text, changed=changed)
            except ValueError:
                self.unknown.append(run)
                continue
            self._runs[self._files[run]].append(run)
            if own and plan.table.origin is None and content == self.file:
                self.same.add(run)

    def file_of(self, run: int) -> str | None:
        """Return the file of a run's rows, or None when the run is not one of these."""
        return self._files.get(run)

    def runs(self, file: str | None = None) -> list[int]:
        """Return the runs with rows of ``file``, by default the plan's."""
        return self._runs.get(self.file if file is None else file, [])

    def of(self, run: int, number: int, position: int) -> Iterator[Fact]:
        """Look a row up in a run, and yield its state and when it was answered.

        A row that was repeatable then counts when it has left, because it may have been the same invitation.

        Args:
            run: The run.
            number: The row's number in the first file.
            position: Where the row probably is in the run.
        """
        if (key := self._key(run, number, position)) is not None:
            yield from self._db.execute(_FACT, (key,))

    def _key(self, run: int, number: int, position: int) -> int | None:
        """Return the key of a row.  It is sought at ``position``, then by bisection, as numbers grow from row to row."""
        first, last = span(run)
        if self._number(first + position) == number:
            return first + position
        (count,) = self._db.execute("select max(id) - ? + 1 from row where id >= ? and id < ?", (first, first, last)).fetchone()
        low, high = 0, count or 0
        while low < high:
            middle = (low + high) // 2
            other = self._number(first + middle)
            if other == number:
                return first + middle
            low, high = (middle + 1, high) if other is not None and other < number else (low, middle)
        return None

    def _number(self, key: int) -> int | None:
        record = self._db.execute("select number from row where id = ?", (key,)).fetchone()
        return None if record is None else int(record[0])


def _first_file(content: str, text: str, *, changed: bool) -> tuple[str, bool]:
    if changed:
        raise ValueError("address, reference or content is no text")
    return first_file(content, text)


def run_of(db: sqlite3.Connection, origin: Provenance) -> int | None:
    """Return the run that a file of failed rows comes from.  None when this computer does not have it, or cannot read it."""
    query = "select started, content from run where id = ?"
    started, content = db.execute(query, (origin.run,)).fetchone() or (None, None)
    same = isinstance(content, str) and started == origin.started and content.split(" ")[0] == origin.digest
    return origin.run if same else None


def differs_in_customer(db: sqlite3.Connection, run: int) -> Callable[[int], bool]:
    """Return a function that tells whether another run was begun for another customer than ``run``.

    Runs of practice and of an earlier version do not say for whom they were begun.  They count as the same customer's.
    """
    mine = _customer(db, run)
    return lambda other: bool(mine) and _customer(db, other) not in {"", mine}


def _customer(db: sqlite3.Connection, run: int) -> str:
    (text,) = db.execute("select plan from run where id = ?", (run,)).fetchone()
    return customer_in(str(text))
