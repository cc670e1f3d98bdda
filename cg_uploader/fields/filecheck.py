"""The check of a whole file: every row, duplicates, a to-do list, counts that add up; four bytes for each problem."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from cg_uploader.errors import Cancelled
from cg_uploader.fields.duplicates import DUPLICATE, People
from cg_uploader.fields.problems import Problem, todo
from cg_uploader.fields.rowcheck import LONG, VERY_LONG, RowChecker
from cg_uploader.lazy_sequence import Computed
from cg_uploader.model.enums import Level
from cg_uploader.model.plan import Plan

ROWS_BETWEEN_LOOKS = 200
SECONDS_BETWEEN_WORDS = 0.1

# Level, kind and heading: what the problems of one line of the to-do list share.
Key: TypeAlias = tuple[Level, str, str | None]


@dataclass(frozen=True, slots=True)
class Group:
    """Problems of one kind in one field: a line of the to-do list.

    ``text``: the line; ``positions``: of the rows at fault, ascending, 0 is the table's first; empty for what is said of a
    column or the file as a whole.
    """

    level: Level
    kind: str
    heading: str | None
    text: str
    positions: Sequence[int]

    @property
    def count(self) -> int:
        """How many problems."""
        return len(self.positions) or 1


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the check of a plan found: ``ready``, ``held_back`` and ``skipped`` add up to ``rows``.

    ``problems``: one by one in the order of the groups, made when they are asked for; ``groups``: errors before warnings;
    ``invited``: (people, different addresses) that the ready rows may invite, None where nobody is invited.
    """

    rows: int
    ready: int
    held_back: int
    skipped: int
    problems: Problems
    groups: tuple[Group, ...]
    invited: tuple[int, int] | None


class Problems(Computed[Problem]):
    """All problems in the order of the groups; those of rows are found anew when asked for, so a million need no memory."""

    def __init__(self, groups: tuple[Group, ...], find: Callable[[Group, int], Problem]) -> None:
        """``find`` gives the problem of a group by its number there."""
        self._groups = groups
        self._starts = list(accumulate((group.count for group in groups), initial=0))
        self._find = find

    def __len__(self) -> int:
        """How many there are."""
        return self._starts[-1]

    def of_group(self, group: Group, position: int) -> Problem | None:
        """What a group says about the row at a position of the table; None when that row is not of it."""
        at = bisect_left(group.positions, position)
        return self._find(group, at) if at < len(group.positions) and group.positions[at] == position else None

    def make(self, position: int) -> Problem:
        """The problem at a position."""
        which = bisect_right(self._starts, position) - 1
        return self._find(self._groups[which], position - self._starts[which])


def check(
    plan: Plan, *, progress: Callable[[int], None] | None = None, cancelled: Callable[[], bool] | None = None
) -> CheckResult:
    """Check every row of ``plan`` and look for duplicates among the rows that can go.

    ``progress`` hears the number of rows so far at most ten times a second; Cancelled when ``cancelled`` says so.
    """
    return _Check(plan).run(progress, cancelled)


class _Check:
    """One walk over the rows and what it gathers."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._checker = RowChecker(plan)
        self._people = People(plan)
        self._found: dict[Key, array[int]] = {}
        self._of_file: dict[Key, Problem] = {}
        self._partners: dict[str, Sequence[int]] = {}
        self._ready = self._held_back = self._skipped = 0

    def run(self, progress: Callable[[int], None] | None, cancelled: Callable[[], bool] | None) -> CheckResult:
        self._walk(progress, cancelled)
        for problem in self._checker.of_file():
            self._of_file[(problem.level, problem.kind, problem.heading or problem.column)] = problem
        for kind, (positions, partners) in self._people.repeats():
            self._found[(Level.WARNING, kind, None)] = array("I", positions)
            self._partners[kind] = partners
        groups = self._groups()
        return CheckResult(
            rows=len(self._plan.table.rows),
            ready=self._ready,
            held_back=self._held_back,
            skipped=self._skipped,
            problems=Problems(groups, self._problem),
            groups=groups,
            invited=self._people.invited(self._ready),
        )

    def _walk(self, progress: Callable[[int], None] | None, cancelled: Callable[[], bool] | None) -> None:
        plan, told = self._plan, time.monotonic()
        for position, row in enumerate(plan.table.rows):
            if position % ROWS_BETWEEN_LOOKS == 0:
                if cancelled is not None and cancelled():
                    raise Cancelled("The check was stopped.")
                if progress is not None and (now := time.monotonic()) - told >= SECONDS_BETWEEN_WORDS:
                    told = now
                    progress(position)
            if plan.leaves_out(row.number):
                self._skipped += 1
                continue
            request = plan.request(row)
            problems = self._checker.problems(row, request)
            if problems and self._keep(position, problems):
                self._held_back += 1
            else:
                self._ready += 1
                self._people.add(position, request)
        if progress is not None:
            progress(len(plan.table.rows))

    def _keep(self, position: int, problems: tuple[Problem, ...]) -> bool:
        """Gather a row's problems; whether one of them holds it back."""
        stops = False
        for level, kind, heading in {(problem.level, problem.kind, problem.heading) for problem in problems}:
            self._found.setdefault((level, kind, heading), array("I")).append(position)
            stops = stops or level is Level.ERROR
        return stops

    def _groups(self) -> tuple[Group, ...]:
        """Errors before warnings, rows before columns, the longest lines first."""
        groups = [Group(*key, self._line(key[1], key[2], len(at)), at) for key, at in self._found.items() if at]
        groups += [Group(*key, problem.text, ()) for key, problem in self._of_file.items()]
        groups.sort(key=lambda group: (group.level is not Level.ERROR, not group.positions, -group.count, group.text))
        return tuple(groups)

    def _line(self, kind: str, heading: str | None, count: int) -> str:
        if kind == DUPLICATE:
            return self._people.line(count)
        field = self._plan.configuration.field(heading) if heading is not None else None
        limit = (field.max_length if field else None) or LONG
        return todo(kind, heading, count, max(VERY_LONG, limit) if kind == "far-too-long" else limit)

    def _problem(self, group: Group, number: int) -> Problem:
        """The problem of a group by its number there, found anew."""
        key = (group.level, group.kind, group.heading)
        if not group.positions:
            return self._of_file[key]
        rows = self._plan.table.rows
        row = rows[group.positions[number]]
        request = self._plan.request(row)
        if group.kind in self._partners:
            partner = rows[self._partners[group.kind][number]]
            return self._people.problem(group.kind, request, self._plan.request(partner))
        problems = self._checker.problems(row, request)
        return next(problem for problem in problems if (problem.level, problem.kind, problem.heading) == key)
