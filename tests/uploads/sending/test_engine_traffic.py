"""How a run behaves towards a busy or dead service: fewer connections, one wait for all, when to stop, and after sleep."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rig import Heard, InlineSenders, ScriptedClient, Timer, people, plan_of, status

from cg_uploader.api.client import Client
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.enums import Answer, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply
from cg_uploader.model.run import RunSummary
from cg_uploader.practice.ledger import overlapping
from cg_uploader.practice.server import PracticeServer
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.dependencies import Dependencies
from cg_uploader.uploads.sending.engine import AFTER_A_GAP
from cg_uploader.uploads.sending.sleep_inhibitor import SleepInhibitor
from cg_uploader.uploads.sending.worker_pool import AttemptResult

NOTHING = Reply(Answer.NOTHING)


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


class CountedSenders(InlineSenders):
    """Remembers how many attempts were under way together, each time."""

    def __init__(self, client: ScriptedClient, connections: int, timer: Timer, together: list[int]) -> None:
        super().__init__(client, connections, timer)
        self.together = together

    def get(self, timeout: float) -> list[AttemptResult]:
        found = super().get(timeout)
        if found:
            self.together.append(len(found))
        return found


def carry_out(plan: Plan, client: ScriptedClient, journal: Journal, timer: Timer) -> tuple[RunSummary, Heard, list[int]]:
    heard, together = Heard(), list[int]()
    client.clock = timer
    around = Dependencies(
        clock=timer,
        wall=timer,
        pool=lambda client, connections, _: CountedSenders(client, connections, timer, together),  # type: ignore[arg-type]
        sleep_inhibitor=lambda: SleepInhibitor(lambda: lambda: None),
    )
    summary = engine.upload(plan, client, journal, on_batch=heard, control=Control(), dependencies=around)
    return summary, heard, together


@pytest.mark.parametrize("code", [429, 503])
def test_connections_are_halved_and_grow_back_one_by_one(journal: Journal, code: int) -> None:
    client = ScriptedClient({40: [status(code, retry_after=2.0)]})
    summary, _, together = carry_out(plan_of(people(3000), connections=16), client, journal, Timer())
    assert summary.counts[RowStatus.ACCEPTED] == 3000
    before, after = together[:2], together[4:]
    assert before == [16, 16]
    assert max(after[:8]) == 8, "half of them, and for a while"
    assert max(after) == 16, "all of them again in the end"
    grown = [count for count in after if count >= 8]
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(grown) if later > max(grown[:1]))
    assert len(set(grown)) == 9, "one more at a time"


def test_a_wait_that_a_503_asks_for_holds_for_all(journal: Journal) -> None:
    client = ScriptedClient({8: [status(503, retry_after=25.0)]})
    summary, _, _ = carry_out(plan_of(people(60)), client, journal, Timer())
    assert summary.counts[RowStatus.ACCEPTED] == 60
    asked = client.times[client.sent.index(8)]
    assert [time for time in client.times if asked + 1 < time < asked + 24.5] == []


def test_a_second_unaccepted_sign_in_ends_the_run(journal: Journal) -> None:
    client = ScriptedClient({5: [status(401), status(401)], 9: [status(401)]})
    summary, _, _ = carry_out(plan_of(people(60), connections=1), client, journal, Timer())
    assert summary.exit_code == 4
    assert client.sent.count(5) == 2
    assert client.sent[-1] == 5, "nothing leaves behind it"
    assert summary.counts[RowStatus.ACCEPTED] == len(set(client.sent)) - 1 <= 4
    assert summary.counts[RowStatus.NOT_SENT] == 60 - summary.counts[RowStatus.ACCEPTED]


@pytest.mark.parametrize(("slept", "stops"), [(0.0, True), (3600.0, False)])
def test_sleep_is_no_trouble_of_the_service(journal: Journal, slept: float, stops: bool) -> None:
    """Sixteen connections that are dead after sleep are no five rows in a row; the same without sleep are."""
    timer = Timer()
    client = ScriptedClient({row: [NOTHING] for row in range(2, 18)})

    def sleep(request: object) -> None:
        if request.row == 17 and 17 not in client.sent:  # type: ignore[attr-defined]
            timer.now += slept

    client.before_send = sleep
    summary, heard, _ = carry_out(plan_of(people(100), connections=16), client, journal, timer)
    assert (summary.stopped is not None) is stops
    assert any(batch.doing.why == AFTER_A_GAP for batch in heard) is not stops
    if not stops:
        assert summary.counts[RowStatus.ACCEPTED] == 100


def test_one_telephone_number_for_all_is_no_lane(journal: Journal) -> None:
    rows = [(f"p{n}@example.com", "+31 20 000 0000") for n in range(300)]
    with PracticeServer(delay=0.02) as server, closing(Client(server.address, Credentials("an-id", "a-secret"))) as client:
        plan = plan_of(rows, ("Email", "Phone"), address=server.address, connections=16)
        engine.upload(plan, client, journal, on_batch=Heard(), control=Control())
    assert server.ledger.max_in_flight == 16
    assert server.ledger.processed == 300


def test_the_same_number_without_an_address_is_one(journal: Journal) -> None:
    rows = [("", "+31 20 000 0000") for _ in range(20)]
    with PracticeServer(delay=0.002) as server, closing(Client(server.address, Credentials("an-id", "a-secret"))) as client:
        plan = plan_of(rows, ("Email", "Phone"), address=server.address, connections=16)
        engine.upload(plan, client, journal, on_batch=Heard(), control=Control())
        entries = server.ledger.entries
    assert server.ledger.max_in_flight == 1
    assert overlapping(entries) == ()


MEASURED = """
import sys
from contextlib import closing
from pathlib import Path
from rig import OK, InlineSenders, Timer, plan_of, people
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.sleep_inhibitor import SleepInhibitor
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.dependencies import Dependencies
from cg_uploader.uploads.journal.journal import Journal

class Client:
    client_id = "id"
    def sign_in(self): pass
    def abort(self): pass
    def send(self, request, may_leave=None): return OK

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

marks = {}
def listen(batch):
    for mark in (5_000, 20_000, 60_000):
        if batch.settled >= mark:
            marks.setdefault(mark, resident())

paths, timer = AppPaths(Path(sys.argv[1])), Timer()
paths.prepare()
around = Dependencies(
    clock=timer, wall=timer, sleep_inhibitor=lambda: SleepInhibitor(lambda: lambda: None),
    pool=lambda client, connections, _: InlineSenders(client, connections, timer),
)
with closing(Journal(paths)) as journal:
    plan = plan_of(people(60_000), connections=16)
    engine.upload(plan, Client(), journal, on_batch=listen, control=Control(), dependencies=around)
print(*(marks[mark] for mark in sorted(marks)))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="here nobody can see how much memory a process has")
def test_memory_does_not_grow_with_the_rows_done(tmp_path: Path) -> None:
    here = Path(__file__).resolve().parents[2]
    found = {**os.environ, "PYTHONPATH": os.pathsep.join((str(here), str(here.parent)))}
    command = [sys.executable, "-c", MEASURED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=found)
    early, middle, late = (int(word) for word in done.stdout.split())
    assert late - middle < 8 << 20, "40,000 rows more, and no memory for them"
    assert late - early < 16 << 20
