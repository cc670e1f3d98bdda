"""Whatever is uploaded, killed, resumed, skipped, tried again and forgotten: older values never overwrite newer ones.

The model is what arrived for each address, in order.  A row is newer by its upload, then by its number there; failed rows are
as old as the upload that they come from.
"""

from __future__ import annotations

import random
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rig import OK, Heard, ScriptedClient, Timer, inline, plan_of, status

from cg_uploader.errors import UploaderError
from cg_uploader.model.enums import Answer, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply, Request
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.results.retry_failed import failed_table
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

pytestmark = pytest.mark.slow

Age = tuple[int, int]
"""Which upload, and which row."""
Arrived = tuple[Age, str]
"""A row's age and the name that it brought."""


class Killed(BaseException):
    """The program dies while a row is on its way."""


@dataclass(frozen=True)
class Mood:
    """How likely a row is lost, an answer is lost, the program dies and the user stops."""

    lost: float = 0.0
    unanswered: float = 0.0
    die: float = 0.0
    stop: float = 0.0


WELL = Mood()
MOODS = (WELL, WELL, Mood(lost=0.9), Mood(unanswered=0.9), Mood(0.2, 0.4, 0.1, 0.1), Mood(die=0.4), Mood(stop=0.5))


def is_blocked(name: str) -> bool:
    """What CustomerGauge refuses, it refuses each time."""
    return name.endswith("!")


class Service(ScriptedClient):
    """Checks that a row may come, and writes down what arrives."""

    def __init__(self, world: World, age: int, mood: Mood, chance: random.Random) -> None:
        super().__init__()
        self.world, self.age, self.mood, self.chance = world, age, mood, chance
        self.control = Control()

    def send(self, request: Request) -> Reply:
        (_, email), (_, name) = request.pairs
        age, known = (self.age, request.row), self.world.accepted.setdefault(email, set())
        self.sent.append(request.row)
        assert age >= max(known, default=age), f"{email}: {age} would overwrite {max(known)}"
        if self.chance.random() < self.mood.stop:
            self.control.stop()
        if self.chance.random() < self.mood.die / 2:
            raise Killed
        if self.chance.random() < self.mood.lost:
            return self.chance.choice([Reply(Answer.NOTHING), status(500)])
        if is_blocked(name):
            return status(422, ("First Name", "is blocked."))
        self.world.arrived.setdefault(email, []).append((age, name))
        if self.chance.random() < self.mood.die:
            raise Killed
        if self.chance.random() < self.mood.unanswered:
            return self.chance.choice([Reply(Answer.NOTHING), status(504)])
        known.add(age)
        return OK


class World:
    """One computer; ``ages``: of its runs; ``accepted``: ages of rows that the computer knows to be accepted, by address;
    ``parents``: runs whose failed rows were sent; ``forgotten``: the age of the newest run that was forgotten."""

    def __init__(self, folder: Path) -> None:
        self.paths = AppPaths(folder)
        self.open()
        self.plans: list[Plan] = []
        self.ages: dict[int, int] = {}
        self.arrived: dict[str, list[Arrived]] = {}
        self.accepted: dict[str, set[Age]] = {}
        self.emails: dict[tuple[int, int], str] = {}
        self.newest = self.forgotten = 0
        self.parents: set[int] = set()

    def open(self) -> None:
        """Power does not fail here, so that nothing need wait for the disk."""
        self.journal = Journal(self.paths)
        self.journal._db.execute("pragma synchronous=off")

    # ------------------------------------------------------------------ what the user does

    def a_new_file(self, mood: Mood, chance: random.Random) -> None:
        rows = [
            (f"{chance.choice('abc')}@example.com", chance.choice(("1", "2", "3", "no!"))) for _ in range(chance.randint(1, 5))
        ]
        plan = plan_of(rows, connections=chance.choice([1, 3]))
        self.plans.append(replace(plan, table=replace(plan.table, digest=f"file-{len(self.plans)}")))
        self.a_file(self.plans[-1], chance.choice([None, True]), mood, chance)

    def a_known_file(self, mood: Mood, chance: random.Random) -> None:
        if self.plans:
            self.a_file(chance.choice(self.plans), chance.choice([None, True, True]), mood, chance)

    def a_file(self, plan: Plan, skip: bool | None, mood: Mood, chance: random.Random) -> None:
        self.upload(replace(plan, skip_accepted=skip), mood, chance)
        if mood == WELL:
            self.look_at_what_stands(plan)
            blocked = any(is_blocked(row.cells[1]) for row in plan.table.rows)
            sent = self.upload(replace(plan, skip_accepted=True), mood, chance)
            assert blocked or not sent, "a file that was accepted whole is skipped whole"
            self.look_at_what_stands(plan)

    def failed_rows(self, mood: Mood, chance: random.Random) -> None:
        run = self.some_run(chance)
        if self.ages.get(run, 0) <= self.forgotten:
            return  # what was newer than rows that are not left to be sent is not known any more
        table = failed_table(self.journal, run)
        self.parents.add(run)
        edits = {row.number: {1: chance.choice("6789")} for row in table.rows if chance.random() < 0.5}
        plan = replace(plan_of([]), table=table, edits=edits, skip_accepted=chance.choice([None, True]))
        self.upload(plan, mood, chance, self.ages[run])

    def go_on(self, mood: Mood, chance: random.Random, run: int = 0) -> None:
        left = [run for run in self.journal.runs() if self.journal.unsettled(run)]
        run = run or chance.choice(left or [0])
        service = Service(self, self.ages.get(run, 0), mood, chance)
        around = inline(Timer())
        engine.resume(run, service, self.journal, on_batch=Heard(), control=service.control, dependencies=around)

    def forget(self, _: Mood, chance: random.Random) -> None:
        """A run that has nothing to send any more, and whose failed rows nobody has sent."""
        run = self.some_run(chance)
        if run and not self.journal.unsettled(run) and run not in self.parents:
            self.journal.forget(run)
            self.forgotten = max(self.forgotten, self.ages[run])

    def some_run(self, chance: random.Random) -> int:
        return chance.choice(self.journal.runs() or [0])

    # ------------------------------------------------------------------ what follows

    def upload(self, plan: Plan, mood: Mood, chance: random.Random, age: int = 0) -> list[int]:
        """``age``: of failed rows; what is uploaded otherwise is new."""
        self.newest += 1
        age = age or self.newest
        service, there = Service(self, age, mood, chance), self.journal.runs()
        around = inline(Timer())
        try:
            engine.upload(plan, service, self.journal, on_batch=Heard(), control=service.control, dependencies=around)
        finally:
            for run in set(self.journal.runs()) - set(there):
                self.ages[run] = age
                self.emails |= {(run, row.number): row.cells[0] for row in plan.table.rows}
        return service.sent

    def act(self, what: str, mood: Mood, seed: int) -> None:
        """One thing, which the program may refuse."""
        with suppress(UploaderError):
            try:
                getattr(self, what)(mood, random.Random(seed))
            except Killed:
                self.journal.close()
                self.open()
                self.accepted = {}  # the answer to the last row may not have come to the journal
        for run in self.journal.runs():
            for row in self.journal.rows(run):
                if row.status is RowStatus.ACCEPTED:
                    self.accepted.setdefault(self.emails[run, row.number], set()).add((self.ages[run], row.number))

    def look_at_what_stands(self, plan: Plan) -> None:
        """After an upload that nothing has disturbed the last row of each address stands."""
        last = {row.cells[0]: row.cells[1] for row in plan.table.rows if not is_blocked(row.cells[1])}
        for email, name in last.items():
            assert self.arrived[email][-1][1] == name

    def come_to_an_end(self) -> None:
        """With a service in good health each run comes to its end, and the newest of what arrived is what stands."""
        for run in reversed(self.journal.runs()):
            if self.journal.unsettled(run):
                self.go_on(WELL, random.Random(run), run)
            assert not self.journal.unsettled(run)
        for email, arrived in self.arrived.items():
            assert arrived[-1][0] == max(arrived)[0], f"{email}: {arrived}"


ACTS = ("a_new_file", "a_new_file", "a_known_file", "failed_rows", "failed_rows", "go_on", "go_on", "forget")


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(MOODS), st.integers(0, 1 << 24)), min_size=10, max_size=10))
def test_older_values_never_overwrite_newer_ones(days: list[tuple[str, Mood, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        try:
            for day in days:
                world.act(*day)
            world.come_to_an_end()
        finally:
            world.journal.close()
