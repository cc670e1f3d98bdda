"""Whatever people do with files, failed rows and records of uploads, nobody is written to twice unless a person says so.

Two people, each with a computer, against a model of what each computer must know: of once-only rows the texts and the numbers
that may have arrived, of repeatable ones the newest content of each identifier.  Anything happens in any order: uploads of the
whole file or a part of it, edits and corrections in the window and in files of failed rows, which travel; kills, stops,
continued runs; forgotten runs, deleted values, a colleague's memory, and a damaged record.
"""

from __future__ import annotations

import random
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rig import OK, Heard, ListedRows, ScriptedClient, Timer, inline, people, plan_of, status

from cg_uploader.errors import UploaderError
from cg_uploader.model.configuration import Options
from cg_uploader.model.enums import Answer, DataType, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply, Request
from cg_uploader.model.table import Table
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.planning import plan_builder
from cg_uploader.uploads.results.retry_failed import failed_table
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

pytestmark = pytest.mark.slow

DAY = 86_400.0
ROWS = 4
SURVEY = plan_of(people(ROWS), data_type=DataType.SURVEY, reference="survey")
RESAVED = replace(SURVEY, table=replace(SURVEY.table, digest="the same rows, and other bytes"))
CONTACTS = plan_of(people(ROWS), reference="contact", connections=1)


class Killed(BaseException):
    """The program dies while a row is on its way."""


@dataclass
class Knowledge:
    """``names``: texts and numbers of once-only rows that may have arrived; ``newest``: by e-mail address, the moment and the
    content of what came last, and whether it was surely accepted."""

    names: set[object] = field(default_factory=set)
    newest: dict[str, tuple[int, object, bool]] = field(default_factory=dict)

    # By e-mail address, the last that was surely accepted.
    accepted: dict[str, tuple[int, object, bool]] = field(default_factory=dict)

    def learn(self, other: Knowledge) -> None:
        """Take over what somebody else knows."""
        self.names |= other.names
        for mine, theirs in ((self.newest, other.newest), (self.accepted, other.accepted)):
            for email, last in theirs.items():
                mine[email] = max(last, mine.get(email, last), key=lambda one: one[0])

    def settle_as_refused(self, pairs: tuple[tuple[str, str], ...]) -> None:
        """What is refused now was not accepted before: an attempt with the same values that may have arrived did not."""
        email = pairs[0][1]
        if self.newest.get(email, (0, None, True))[1:] == (pairs, False):
            del self.newest[email]
            if email in self.accepted:
                self.newest[email] = self.accepted[email]


class Computer:
    """A person's journal; ``own``: what it has sent itself, ``known``: with what was imported."""

    def __init__(self, folder: Path) -> None:
        self.paths = AppPaths(folder)
        self.open()
        self.own, self.known = Knowledge(), Knowledge()
        self.warned = True
        self.days = 0

    def open(self) -> None:
        """Power does not fail here, so that nothing need wait for the disk."""
        self.journal = Journal(self.paths)
        self.journal._db.execute("pragma synchronous=off")

    def damage(self) -> None:
        """Nothing is known any more."""
        self.journal.close()
        self.paths.journal.write_bytes(b"no database any more" * 99)
        self.open()
        self.own, self.known = Knowledge(), Knowledge()


class Service(ScriptedClient):
    """Asks whether a row should have come, and answers as it is in the mood for."""

    def __init__(self, world: World, computer: Computer, plan: Plan, chance: random.Random, *, asked: bool) -> None:
        self.control = Control()
        super().__init__()
        self.world, self.computer, self.plan, self.chance, self.asked = world, computer, plan, chance, asked
        self.mood = chance.choice(MOODS)

    def send(self, request: Request, _may_leave: object = None) -> Reply:
        if self.chance.random() < self.mood.stop:
            self.control.stop()
        names = {request.pairs, (first_content(self.plan), request.row)}
        if self.plan.configuration.data_type is DataType.SURVEY and not self.asked:
            assert self.computer.warned, "nobody was told that earlier uploads are not known any more"
            assert not names & self.computer.known.names, f"row {request.row} may arrive a second time"
        if self.chance.random() < self.mood.refuse:
            for knowledge in (self.computer.own, self.computer.known):
                knowledge.settle_as_refused(request.pairs)
            return status(422, ("First Name", f"is blocked {self.chance.random()}"))
        lost = self.chance.random() < self.mood.lose
        self.world.moment += 1
        last = (self.world.moment, request.pairs, not lost)
        email = request.pairs[0][1]
        arrived = Knowledge(names, {email: last}, {} if lost else {email: last})
        if self.plan.configuration.data_type is DataType.CONTACT:
            arrived.names.clear()
        self.computer.own.learn(arrived)
        self.computer.known.learn(arrived)
        if lost and self.chance.random() < 0.3:
            raise Killed
        return OK if not lost else self.chance.choice([Reply(Answer.NOTHING), status(503)])


@dataclass(frozen=True)
class Mood:
    """How likely a person stops at a row, a row is refused, and an answer is lost."""

    stop: float = 0.0
    refuse: float = 0.0
    lose: float = 0.0


MOODS = (Mood(), Mood(), Mood(refuse=0.5), Mood(stop=0.5), Mood(stop=0.9), Mood(lose=0.9), Mood(0.1, 0.2, 0.2))


def first_content(plan: Plan) -> str:
    """The file whose rows these were at first."""
    origin = plan.table.origin
    return origin.content if origin is not None and origin.run else f"{plan.table.digest} {plan.table.sheet or ''}"


class World:
    """What two people do; ``asked``: runs that were begun with a person's word that rows may be sent again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.computers = [Computer(folder / name) for name in ("mine", "theirs")]
        self.files: list[Table] = []
        self.memories: list[tuple[Path, str, Knowledge]] = []
        self.asked: set[tuple[int, int]] = set()
        self.moment = 0
        self.edits = 0

    # ------------------------------------------------------------------ sending

    def upload(self, who: int, plan: Plan, skip: bool | None, chance: random.Random) -> None:
        """As both the window and the command line do it."""
        computer, asked = self.computers[who], skip is False
        loss, there = computer.journal.loss(), computer.journal.runs()
        computer.warned = loss is None or loss[2]
        plan = replace(plan, skip_accepted=skip)
        service = Service(self, computer, plan, chance, asked=asked)
        try:
            plan_builder.refuse_repeat(
                plan_builder.find_earlier(plan, computer.journal, repeatable=chance.random() < 0.5), skip
            )
            before = dict(computer.known.newest)
            around = inline(Timer())
            engine.upload(plan, service, computer.journal, on_batch=Heard(), control=service.control, dependencies=around)
            if plan.configuration.data_type is DataType.CONTACT:
                self.look_at_skipped(computer, plan, before)
        finally:
            if asked:
                self.asked |= {(who, run) for run in computer.journal.runs() if run not in there}

    def look_at_skipped(self, computer: Computer, plan: Plan, before: dict[str, tuple[int, object, bool]]) -> None:
        """Only what was accepted just so, and is not outdone by anything newer, is left out."""
        run = computer.journal.runs()[0]
        requests = {row.number: plan.request(row) for row in plan.table.rows}
        for row in computer.journal.rows(run):
            assert not row.outcome.message.startswith("Not sure since"), "what may be repeated is sent, or left out for certain"
            if row.status is RowStatus.SKIPPED and row.outcome.message.startswith("Accepted"):
                pairs = requests[row.number].pairs
                assert before.get(pairs[0][1], (0, None, False))[1:] == (pairs, True)

    def another_text(self) -> str:
        self.edits += 1
        return f"Right {self.edits}"

    def edited(self, plan: Plan, chance: random.Random) -> Plan:
        numbers = [row.number for row in plan.table.rows if chance.random() < 0.4]
        return replace(plan, edits={number: {1: self.another_text()} for number in numbers})

    def whole_file(self, who: int, skip: bool | None, chance: random.Random) -> None:
        plan = chance.choice([SURVEY, SURVEY, SURVEY, RESAVED])
        self.upload(who, self.edited(plan, chance) if chance.random() < 0.4 else plan, skip, chance)

    def part_of_the_file(self, who: int, skip: bool | None, chance: random.Random) -> None:
        plan = replace(SURVEY, options=Options(rows=(chance.randint(2, ROWS), ROWS + 1)))
        self.upload(who, replace(plan, left_out=frozenset({chance.randint(2, ROWS + 1)})), skip, chance)

    def contacts(self, who: int, skip: bool | None, chance: random.Random) -> None:
        rows = [(email, chance.choice("ab")) for email, _ in people(ROWS)]
        self.upload(who, plan_of(rows, reference="contact", connections=1), skip, chance)

    def some_run(self, who: int, chance: random.Random) -> int:
        return chance.choice(self.computers[who].journal.runs() or [0])

    def failed_rows_in_the_window(self, who: int, skip: bool | None, chance: random.Random) -> None:
        table = failed_table(self.computers[who].journal, self.some_run(who, chance))
        self.upload(who, self.edited(retried(table), chance), skip, chance)

    def a_file_of_failed_rows(self, who: int, skip: bool | None, chance: random.Random) -> None:
        """A new one, or one of those that lie about, perhaps from the other computer, corrected here and there."""
        with suppress(UploaderError):
            self.files.append(failed_table(self.computers[who].journal, self.some_run(who, chance)))
        if self.files:
            at = chance.randrange(len(self.files))
            self.files[at] = table = self.corrected(self.files[at], chance)
            self.upload(who, retried(table), skip, chance)

    def corrected(self, table: Table, chance: random.Random) -> Table:
        """As it is read from a file: other bytes each time, rows numbered as in the first file."""
        rows = ListedRows(table.rows)
        for at, row in enumerate(rows):
            if chance.random() < 0.4:
                rows[at] = replace(row, cells=(row.cells[0], self.another_text()))
        return replace(table, digest=f"file of failed rows {self.edits}", rows=rows)

    def go_on(self, who: int, _: bool | None, chance: random.Random) -> None:
        computer = self.computers[who]
        left = [run for run in computer.journal.runs() if computer.journal.unsettled(run)]
        run = chance.choice(left or [0])
        service = Service(self, computer, computer.journal.plan(run), chance, asked=(who, run) in self.asked)
        around = inline(Timer())
        engine.resume(run, service, computer.journal, on_batch=Heard(), control=service.control, dependencies=around)

    # ------------------------------------------------------------------ forgetting and remembering

    def forget(self, who: int, _: bool | None, chance: random.Random) -> None:
        self.computers[who].journal.forget(self.some_run(who, chance))

    def delete_old_values(self, who: int, _: bool | None, __: random.Random) -> None:
        computer = self.computers[who]
        computer.days += 3
        computer.journal.delete_old_values(1, time.time() + computer.days * DAY)

    def export(self, who: int, _: bool | None, __: random.Random) -> None:
        computer, file = self.computers[who], self.folder / f"memory {len(self.memories)}"
        _, code = computer.journal.sent_rows_file().export_to(file)
        known = Knowledge()
        known.learn(computer.own)
        self.memories.append((file, code, known))

    def take_memory_in(self, who: int, _: bool | None, chance: random.Random) -> None:
        """A new one, an old one, and after a loss one's own."""
        with suppress(UploaderError):
            self.export(1 - who, None, chance)
        file, code, known = chance.choice(self.memories or [(self.folder, "", Knowledge())])
        self.computers[who].journal.sent_rows_file().import_from(file, code)
        self.computers[who].known.learn(known)

    def damage(self, who: int, _: bool | None, chance: random.Random) -> None:
        if chance.random() < 0.3:
            self.computers[who].damage()
            self.asked = {(whose, run) for whose, run in self.asked if whose != who}

    def act(self, what: str, who: int, skip: bool | None, seed: int) -> None:
        """One thing, which the program may refuse."""
        with suppress(UploaderError):
            try:
                getattr(self, what)(who, skip, random.Random(seed))
            except Killed:
                self.computers[who].journal.close()
                self.computers[who].open()
        for run in self.computers[who].journal.runs():
            self.computers[who].journal.summary(run)


def retried(table: Table) -> Plan:
    """Failed rows with the connection that they came from."""
    assert table.origin is not None
    return replace(CONTACTS if table.origin.reference == "contact" else SURVEY, table=table)


ACTS = (
    *("whole_file",) * 4,
    *("a_file_of_failed_rows", "forget") * 3,
    *("go_on", "contacts") * 3,
    *("failed_rows_in_the_window",) * 2,
    *("part_of_the_file", "delete_old_values", "take_memory_in", "damage"),
)
"""What is done more often stands here more often."""


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # what is found is short enough, and making it shorter takes minutes
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ACTS),
            st.sampled_from([0, 0, 0, 1]),
            st.sampled_from([None, True, True, False]),
            st.integers(0, 1 << 24),
        ),
        min_size=14,
        max_size=14,
    )
)
def test_nobody_is_written_to_twice_unasked(days: list[tuple[str, int, bool | None, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        try:
            for act in days:
                world.act(*act)
        finally:
            for computer in world.computers:
                computer.journal.close()
