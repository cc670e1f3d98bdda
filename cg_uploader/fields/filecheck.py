"""The check of a whole file: every row, duplicates, a to-do list, counts that add up.

Each problem takes four bytes.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from cg_uploader.errors import Cancelled
from cg_uploader.fields.duplicates import DUPLICATE, DuplicateFinder
from cg_uploader.fields.problems import Problem, describe_todo
from cg_uploader.fields.rowcheck import MAX_DOCUMENTED_CHARS, SAFE_CHARS, RowChecker
from cg_uploader.lazy_sequence import LazySequence
from cg_uploader.model.enums import Level
from cg_uploader.model.plan import Plan
from cg_uploader.translation import _

ROWS_BETWEEN_LOOKS = 200
SECONDS_BETWEEN_REPORTS = 0.1

# Level, kind and heading: what the problems of one line of the to-do list share.
ProblemKey: TypeAlias = tuple[Level, str, str | None]


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """Problems of one kind in one field: a line of the to-do list."""

    level: Level
    kind: str
    heading: str | None
    # The line.
    text: str
    # Positions of the rows at fault, ascending; 0 is the table's first. Empty for a column or the file as a whole.
    positions: Sequence[int]

    @property
    def count(self) -> int:
        """How many problems there are."""
        return len(self.positions) or 1


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the check of a plan found. ``ready``, ``held_back`` and ``skipped`` add up to ``rows``."""

    rows: int
    ready: int
    held_back: int
    skipped: int
    # One by one in the order of the groups, made when they are asked for.
    problems: ProblemList
    # Errors before warnings.
    groups: tuple[ProblemGroup, ...]
    # (people, different addresses) that the ready rows may invite. None where no row invites.
    invited: tuple[int, int] | None


class ProblemList(LazySequence[Problem]):
    """All problems in the order of the groups. Those of rows are found again when asked for, so a million need no memory."""

    def __init__(self, groups: tuple[ProblemGroup, ...], find: Callable[[ProblemGroup, int], Problem]) -> None:
        """``find`` gives the problem of a group by its index there."""
        self._groups = groups
        self._starts = list(accumulate((group.count for group in groups), initial=0))
        self._find = find

    def __len__(self) -> int:
        """How many there are."""
        return self._starts[-1]

    def of_group(self, group: ProblemGroup, position: int) -> Problem | None:
        """Give what a group says about the row at a position of the table. None when that row is not of it."""
        index = bisect_left(group.positions, position)
        in_group = index < len(group.positions) and group.positions[index] == position
        return self._find(group, index) if in_group else None

    def make(self, position: int) -> Problem:
        """Make the problem at a position."""
        group = bisect_right(self._starts, position) - 1
        return self._find(self._groups[group], position - self._starts[group])


def check(
    plan: Plan, *, progress: Callable[[int], None] | None = None, cancelled: Callable[[], bool] | None = None
) -> CheckResult:
    """Check every row of ``plan`` and find duplicates among the rows that are ready.

    ``progress`` is called with the number of rows so far, at most ten times a second.

    Raises:
        Cancelled: ``cancelled`` gave True.
    """
    return _FileCheck(plan, progress, cancelled).run()


class _FileCheck:
    """One walk over the rows and what it gathers."""

    def __init__(self, plan: Plan, progress: Callable[[int], None] | None, cancelled: Callable[[], bool] | None) -> None:
        self._plan = plan
        self._progress = progress
        self._cancelled = cancelled
        self._reported = time.monotonic()
        self._checker = RowChecker(plan)
        self._duplicates = DuplicateFinder(plan)
        self._positions: dict[ProblemKey, array[int]] = {}
        self._of_file: dict[ProblemKey, Problem] = {}
        self._partners: dict[str, Sequence[int]] = {}
        self._ready = self._held_back = self._skipped = 0

    def run(self) -> CheckResult:
        self._check_rows()
        for problem in self._checker.find_of_file():
            self._of_file[(problem.level, problem.kind, problem.heading or problem.column)] = problem
        for kind, (positions, partners) in self._duplicates.find_duplicates():
            self._positions[(Level.WARNING, kind, None)] = array("I", positions)
            self._partners[kind] = partners
        groups = self._make_groups()
        return CheckResult(
            rows=len(self._plan.table.rows),
            ready=self._ready,
            held_back=self._held_back,
            skipped=self._skipped,
            problems=ProblemList(groups, self._find_problem),
            groups=groups,
            invited=self._duplicates.count_invited(self._ready),
        )

    def _check_rows(self) -> None:
        plan = self._plan
        for position, row in enumerate(plan.table.rows):
            if position % ROWS_BETWEEN_LOOKS == 0:
                self._report(position)
            if plan.leaves_out(row.number):
                self._skipped += 1
                continue
            request = plan.request(row)
            problems = self._checker.find_problems(row, request)
            if problems and self._keep(position, problems):
                self._held_back += 1
            else:
                self._ready += 1
                self._duplicates.add(position, request)
        if self._progress is not None:
            self._progress(len(plan.table.rows))

    def _report(self, position: int) -> None:
        """Report progress, unless it was reported a moment ago.

        Raises:
            Cancelled: The user stopped the check.
        """
        if self._cancelled is not None and self._cancelled():
            raise Cancelled(_("The check was stopped."))
        if self._progress is not None and (now := time.monotonic()) - self._reported >= SECONDS_BETWEEN_REPORTS:
            self._reported = now
            self._progress(position)

    def _keep(self, position: int, problems: tuple[Problem, ...]) -> bool:
        """Gather a row's problems, and say whether one of them holds it back."""
        held_back = False
        for level, kind, heading in {(problem.level, problem.kind, problem.heading) for problem in problems}:
            self._positions.setdefault((level, kind, heading), array("I")).append(position)
            held_back = held_back or level is Level.ERROR
        return held_back

    def _make_groups(self) -> tuple[ProblemGroup, ...]:
        """Make the groups: errors before warnings, rows before columns, those of most rows first."""
        groups = [
            ProblemGroup(*key, self._describe_todo(key[1], key[2], len(positions)), positions)
            for key, positions in self._positions.items()
            if positions
        ]
        groups += [ProblemGroup(*key, problem.text, ()) for key, problem in self._of_file.items()]
        groups.sort(key=lambda group: (group.level is not Level.ERROR, not group.positions, -group.count, group.text))
        return tuple(groups)

    def _describe_todo(self, kind: str, heading: str | None, count: int) -> str:
        if kind == DUPLICATE:
            return self._duplicates.describe_todo(count)
        field = self._plan.configuration.field(heading) if heading is not None else None
        max_chars = (field.max_length if field else None) or SAFE_CHARS
        return describe_todo(
            kind, heading, count, max(MAX_DOCUMENTED_CHARS, max_chars) if kind == "far-too-long" else max_chars
        )

    def _find_problem(self, group: ProblemGroup, index: int) -> Problem:
        """Find the problem of a group by its index there."""
        key = (group.level, group.kind, group.heading)
        if not group.positions:
            return self._of_file[key]
        rows = self._plan.table.rows
        row = rows[group.positions[index]]
        request = self._plan.request(row)
        if group.kind in self._partners:
            partner = rows[self._partners[group.kind][index]]
            return self._duplicates.make_problem(group.kind, request, self._plan.request(partner))
        problems = self._checker.find_problems(row, request)
        return next(problem for problem in problems if (problem.level, problem.kind, problem.heading) == key)
