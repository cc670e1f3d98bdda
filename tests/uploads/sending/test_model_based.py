"""Engine and journal against a model of the service: any answers, kills, stops and pauses in any order, then a resume.

The model is a list of what arrived.  A kill drops engine and journal where they stand: at a send, inside a commit or behind
it, or while a batch is announced.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from rig import OK, InlineSenders, Timer, plan_of, status

from cg_uploader.model.enums import Activity, Answer, DataType, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply, Request
from cg_uploader.model.run import Batch, Outcome
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.dependencies import Dependencies
from cg_uploader.uploads.sending.queue.scheduler import PendingRow
from cg_uploader.uploads.sending.sleep_inhibitor import SleepInhibitor
from cg_uploader.uploads.sending.worker_pool import AttemptResult

pytestmark = pytest.mark.slow

ROWS = 14
DAY = 86_400.0

# an answer, and whether the record takes effect
ANSWERS: tuple[tuple[Reply, bool], ...] = (
    (OK, True),
    (Reply(Answer.BODY_LOST, 200), True),
    (Reply(Answer.NOTHING), True),
    (Reply(Answer.NOTHING), False),
    (Reply(Answer.NOT_CONNECTED, message="No way."), False),
    (status(500), False),
    (status(504), True),
    (status(503, retry_after=5.0), False),
    (status(429, retry_after=1.0), False),
    (status(401), False),
    (status(403), False),
    (status(422, ("Email", "No.")), False),
)
MOMENTS = ("before a send", "behind a send", "before a commit", "behind a commit", "announcing")


class Killed(BaseException):
    """The program is gone; nobody can catch that."""


@dataclass
class Plot:
    """What happens in one episode: answers in turn, then good ones; and at the nth send or moment something else."""

    answers: Sequence[tuple[Reply, bool]] = ()
    kill: tuple[str, int] | None = None
    stop: int = 0
    pause: int = 0
    jump: tuple[int, float] = (0, 0.0)
    passed: Counter[str] = field(default_factory=Counter)

    def at(self, moment: str) -> None:
        """Killed when this is the moment."""
        self.passed[moment] += 1
        if self.kill == (moment, self.passed[moment]):
            raise Killed


class Service:
    """The model: every record that took effect, in order, and every success that was answered."""

    def __init__(self) -> None:
        self.effects: Counter[int] = Counter()
        self.perhaps: Counter[int] = Counter()
        self.promised: set[int] = set()
        self.order: list[int] = []


class MortalJournal(Journal):
    """A journal whose program may die at a commit."""

    plot: Plot

    def record(self, *args: Any, **more: Any) -> None:
        self.plot.at("before a commit")
        super().record(*args, **more)
        self.plot.at("behind a commit")

    @contextmanager
    def _change(self, *, durable: bool = True) -> Iterator[Any]:
        with super()._change(durable=durable) as db:
            yield db
            if hasattr(self, "plot"):
                self.plot.at("inside a commit")


class Senders(InlineSenders):
    """Attempts that are under way together must be of different lanes, and nothing begins while it should not."""

    def __init__(self, client: Client, connections: int, timer: Timer, control: Control) -> None:
        super().__init__(client, connections, timer)
        self.control = control
        self.opened: set[str | None] = set()

    def get(self, timeout: float) -> list[AttemptResult]:
        if self.inbox:
            assert not self.control.stopping, "nothing new leaves after a stop"
            assert not self.control.paused, "nothing new leaves while paused"
            together = self.inbox[: self.connections]
            keys = Counter(key for pending in together for key in pending.keys if not key.startswith("first of account"))
            keys += Counter(pending.account for pending in together if pending.account not in {None, *self.opened})
            assert not keys or max(keys.values()) == 1, "rows that share a lane are under way together"
        found = super().get(timeout)
        self.opened |= {sent.pending.account for sent in found if sent.reply is not None and sent.reply.status == 200}
        return found

    def put(self, pending: PendingRow) -> None:
        assert pending.position not in {other.position for other in self.inbox}
        super().put(pending)


class Client:
    """Answers by the plot, and enters into the model what takes effect."""

    client_id = "id"

    def __init__(self, service: Service, plot: Plot, control: Control, wall: Timer) -> None:
        self.service, self.plot, self.control, self.wall = service, plot, control, wall
        self.answers = list(plot.answers)
        self.sends = 0

    def sign_in(self) -> None:
        """Always fine."""

    def abort(self) -> None:
        """Nothing is in flight for long."""

    def send(self, request: Request, _may_leave: object = None) -> Reply:
        self.plot.at("before a send")
        self.sends += 1
        reply, takes_effect = self.answers.pop(0) if self.answers else (OK, True)
        self.service.order.append(request.row)
        if takes_effect:
            self.service.effects[request.row] += 1
        if takes_effect or reply.answer is Answer.NOTHING or (reply.status or 0) >= 500:
            self.service.perhaps[request.row] += 1
        self.plot.at("behind a send")
        if reply.status == 200:
            self.service.promised.add(request.row)
        if self.sends == self.plot.stop:
            self.control.stop()
        if self.sends == self.plot.pause:
            self.control.pause()
        if self.sends == self.plot.jump[0]:
            self.wall.now += self.plot.jump[1]
        return reply


class Listener:
    """What a person sees: it must be in the journal, which is looked at through a connection of its own."""

    def __init__(self, paths: AppPaths, plot: Plot, control: Control) -> None:
        self.journal = Journal(paths)
        self.plot, self.control = plot, control
        self.told: dict[int, RowStatus] = {}

    def __call__(self, batch: Batch) -> None:
        self.plot.at("announcing")
        if batch.activity is Activity.PREPARING:
            return
        kept = {row.number: row for row in self.journal.rows(batch.run)}
        assert all(kept[outcome.row].state == outcome.status.value for outcome in batch.outcomes)
        assert sum(batch.counts.values()) <= batch.rows == ROWS
        for shown in (RowStatus.ACCEPTED, RowStatus.REFUSED):
            assert batch.counts[shown] == sum(row.status is shown for row in kept.values())
        self.told.update((outcome.row, outcome.status) for outcome in batch.outcomes)
        if batch.activity is Activity.PAUSED:
            self.control.proceed()


def places_in(folder: Path) -> AppPaths:
    found = AppPaths(folder)
    found.prepare()
    return found


class RunsOfOneFile(RuleBasedStateMachine):
    """One file, one run, any number of episodes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.paths = places_in(self.folder)
        self.service = Service()
        self.timer, self.wall = Timer(), Timer()
        self.run = 0
        self.known: dict[int, Outcome] = {}

    @initialize(
        kind=st.sampled_from([DataType.CONTACT, DataType.SURVEY, DataType.ACTIVITY]), connections=st.sampled_from([1, 3, 16])
    )
    def begin(self, kind: DataType, connections: int) -> None:
        rows = [(f"p{n % 5}@example.com", f"R{n % 6}" if n % 3 else "", f"A{n % 4}") for n in range(ROWS)]
        headings = ("Email", "Reference", "Account Name")
        self.plan: Plan = plan_of(rows, headings, data_type=kind, reference="any", connections=connections)
        self.once = {
            number
            for number, cells in enumerate(rows, 2)
            if kind is DataType.SURVEY or (kind is DataType.ACTIVITY and not cells[1])
        }
        lane = {DataType.ACTIVITY: 1}.get(kind, 0)
        self.lanes: dict[str, list[int]] = {}
        for number, cells in enumerate(rows, 2):
            if cells[lane]:
                self.lanes.setdefault(cells[lane], []).append(number)

    @rule(
        answers=st.lists(st.sampled_from(ANSWERS), max_size=20),
        kill=st.none() | st.tuples(st.sampled_from((*MOMENTS, "inside a commit")), st.integers(1, 12)),
        stop=st.integers(0, 30),
        pause=st.integers(0, 30),
        jump=st.tuples(st.integers(0, 20), st.sampled_from([-DAY, DAY])),
    )
    def send(
        self,
        answers: list[tuple[Reply, bool]],
        kill: tuple[str, int] | None,
        stop: int,
        pause: int,
        jump: tuple[int, float],
    ) -> None:
        self.episode(Plot(answers, kill, stop, pause, jump))

    @precondition(lambda self: self.run)
    @rule()
    def send_the_rest(self) -> None:
        """With a service in good health nothing is left after one resume, but once-only rows that nobody knows about, and rows
        that later ones of their lane have overtaken."""
        self.episode(Plot())
        with Journal(self.paths) as journal:
            assert journal.unsettled(self.run) == 0
        for number, outcome in self.known.items():
            assert outcome.status in (RowStatus.ACCEPTED, RowStatus.REFUSED, RowStatus.NOT_SURE)
            assert outcome.status is not RowStatus.NOT_SURE or number in self.once or self.is_overtaken(number)

    def episode(self, plot: Plot) -> None:
        control, killed, ordered = Control(), False, len(self.service.order)
        self.service.promised.clear()
        accepted = {number for number, outcome in self.known.items() if outcome.status is RowStatus.ACCEPTED}
        listener = Listener(self.paths, plot, control)
        around = Dependencies(
            clock=self.timer,
            wall=self.wall,
            pool=lambda client, connections, control: Senders(client, connections, self.timer, control),  # type: ignore[arg-type]
            sleep_inhibitor=lambda: SleepInhibitor(lambda: lambda: None),
        )
        client = Client(self.service, plot, control, self.wall)
        journal = MortalJournal(self.paths)
        journal.plot = plot
        try:
            if self.run:
                engine.resume(self.run, client, journal, on_batch=listener, control=control, dependencies=around)
            else:
                engine.upload(self.plan, client, journal, on_batch=listener, control=control, dependencies=around)
        except Killed:
            killed = True
        finally:
            journal.close()
            listener.journal.close()
        order = self.service.order[ordered:]
        for number in order:
            for lane in self.lanes.values():
                assert number not in lane or max(accepted & set(lane), default=0) <= number, "it would undo a later row"
        self.look(killed, accepted, listener.told, order)

    def look(self, killed: bool, accepted: set[int], told: dict[int, RowStatus], order: Sequence[int]) -> None:
        """Everything that must hold after an episode, however it ended."""
        with Journal(self.paths) as journal:
            self.run = next(iter(journal.runs()), 0)
            if not self.run:
                assert killed
                assert not self.service.order, "a row has left without a record"
                return
            summary = journal.summary(self.run)
            self.known = {outcome.row: outcome for outcome in journal.outcomes(self.run)}
        assert sum(summary.counts.values()) == summary.rows == ROWS == len(self.known)
        assert Counter(outcome.status for outcome in self.known.values()) == {s: n for s, n in summary.counts.items() if n}
        for number in self.once:
            assert self.service.perhaps[number] <= 1, "a once-only row may have arrived twice"
        now = {number for number, outcome in self.known.items() if outcome.status is RowStatus.ACCEPTED}
        assert accepted <= now <= accepted | self.service.promised
        if not killed:
            assert now == accepted | self.service.promised
        for number, outcome in self.known.items():
            if outcome.status in (RowStatus.NOT_SENT, RowStatus.SKIPPED, RowStatus.HELD_BACK):
                assert not self.service.perhaps[number], "certain that nothing arrived must be certain"
        for number, said in told.items():
            assert self.known[number].status is said, "what was shown must stay true"
        self.check_order(order)

    def is_overtaken(self, number: int) -> bool:
        accepted = {row for row, outcome in self.known.items() if outcome.status is RowStatus.ACCEPTED}
        return any(number in lane and max(accepted & set(lane), default=0) > number for lane in self.lanes.values())

    def check_order(self, order: Sequence[int]) -> None:
        for lane in self.lanes.values():
            mine = [number for number in order if number in lane]
            assert mine == sorted(mine), "rows of a lane keep file order, repeats included"

    def teardown(self) -> None:
        if self.run:
            self.send_the_rest()
        shutil.rmtree(self.folder)


TestRunsOfOneFile = RunsOfOneFile.TestCase
TestRunsOfOneFile.settings = settings(
    max_examples=90, stateful_step_count=6, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
