"""The engine with its real threads, the real client and the practice server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from rig import OK, Heard, people, plan_of

from cg_uploader.api.client import Client
from cg_uploader.api.connections import Timeouts
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.enums import Activity, DataType, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply, Request
from cg_uploader.model.run import Batch, RunSummary
from cg_uploader.practice import faults
from cg_uploader.practice.ledger import overlapping
from cg_uploader.practice.server import PracticeServer
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.dependencies import Dependencies

ID = Credentials("an-id", "a-secret")


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def carry_out(plan: Plan, journal: Journal, control: Control | None = None, on_batch: Any = None) -> RunSummary:
    with closing(Client(plan.address, ID)) as client:
        return engine.upload(
            plan, client, journal, on_batch=Heard() if on_batch is None else on_batch, control=control or Control()
        )


def practice(*rules: dict[str, Any], delay: float = 0.0) -> PracticeServer:
    return PracticeServer(script=faults.parse({"rules": list(rules)}), delay=delay)


def wait_until(true: Any, seconds: float = 60.0) -> None:
    moment = threading.Event()
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        moment.wait(0.005)


def test_of_a_thousand_different_people_only_equals_wait_for_each_other(journal: Journal) -> None:
    rows = people(1000)
    rows[500] = rows[499]
    with practice(delay=0.02) as server:
        summary = carry_out(plan_of(rows, address=server.address, connections=16), journal)
        entries = server.ledger.entries
    assert summary.counts[RowStatus.ACCEPTED] == 1000
    assert server.ledger.max_in_flight <= 16
    assert overlapping(entries) == ()


class Gate:
    """A client that lets no row come back before so many are under way; remembers in which order they left."""

    client_id = ""

    def __init__(self, together: int) -> None:
        self.left: list[int] = []
        self._together = threading.Barrier(together)

    def sign_in(self) -> None:
        """Always fine."""

    def send(self, request: Request, may_leave: Callable[[], bool]) -> Reply:
        self.left.append(request.row)
        self._together.wait(60)
        return OK

    def abort(self) -> None:
        self._together.abort()


@pytest.mark.parametrize("pair", [(0, 1), (7, 8), (15, 16), (40, 41)])
def test_one_pair_of_equals_keeps_no_connection_idle(journal: Journal, pair: tuple[int, int]) -> None:
    """Sixteen rows must be under way at once, each time, until none is left: with one connection idle nothing comes back."""
    rows = people(16 * 6 + 1)
    rows[pair[1]] = rows[pair[0]]
    gate = Gate(16)
    plan = plan_of(rows[:-1], connections=16)
    summary = engine.upload(plan, gate, journal, on_batch=Heard(), control=Control())
    assert summary.counts[RowStatus.ACCEPTED] == 96
    first, second = (gate.left.index(position + 2) for position in pair)
    assert first // 16 < second // 16, "equals are never under way together"


def test_equals_keep_file_order_and_are_never_under_way_together(journal: Journal) -> None:
    rows = [(f"p{n % 7}@example.com", f"{n:04}") for n in range(200)]
    with practice({"when": {"First Name": "0010"}, "do": "500", "times": 1}, delay=0.002) as server:
        carry_out(plan_of(rows, address=server.address, connections=16), journal)
        entries = server.ledger.entries
    assert overlapping(entries) == ()
    for person in range(7):
        names = [entry.fields["First Name"] for entry in entries if entry.fields["Email"] == f"p{person}@example.com"]
        assert names == sorted(names)


def test_the_first_row_of_an_account_goes_before_its_others(journal: Journal) -> None:
    rows = [(f"p{n}@example.com", f"Account {n % 5}") for n in range(100)]
    refused = {"when": {"Email": "p0@example.com"}, "do": "refused"}
    with practice(refused, delay=0.01) as server:
        plan = plan_of(rows, ("Email", "Account Name"), address=server.address, connections=16)
        carry_out(plan, journal)
        entries = server.ledger.entries
    for account in range(5):
        mine = [entry for entry in entries if entry.fields["Account Name"] == f"Account {account}"]
        done = next(entry for entry in mine if entry.processed)
        before = mine[: mine.index(done) + 1]
        for earlier, later in zip(before, mine[1 : len(before) + 1], strict=False):
            assert earlier.answered is not None
            assert earlier.answered <= later.received


def test_once_only_rows_go_one_at_a_time(journal: Journal) -> None:
    with practice(delay=0.005) as server:
        plan = plan_of(people(60), data_type=DataType.SURVEY, reference="survey", address=server.address, connections=16)
        summary = carry_out(plan, journal)
    assert summary.counts[RowStatus.ACCEPTED] == 60
    assert server.ledger.max_in_flight == 1
    assert server.ledger.invitations == 60


@pytest.mark.parametrize("kind", [DataType.CONTACT, DataType.SURVEY])
def test_stop_while_every_connection_hangs_waits_for_no_answer(journal: Journal, kind: DataType) -> None:
    control = Control()
    with practice({"when": {"any": True}, "do": "hang"}) as server:
        plan = plan_of(people(50), data_type=kind, reference="survey", address=server.address, connections=4)
        done: list[RunSummary] = []
        thread = threading.Thread(target=lambda: done.append(_own_journal(plan, journal, control)))
        thread.start()
        wait_until(lambda: server.ledger.received >= (4 if kind is DataType.CONTACT else 1))
        control.stop()
        thread.join(120)
        assert server.ledger.received == (4 if kind is DataType.CONTACT else 1), "nothing new has left"
    (summary,) = done
    flying = 4 if kind is DataType.CONTACT else 1
    assert summary.counts[RowStatus.NOT_SURE] == flying
    assert summary.counts[RowStatus.NOT_SENT] == 50 - flying


def _own_journal(plan: Plan, journal: Journal, control: Control) -> RunSummary:
    """A thread's own journal, and a client that would wait an hour for an answer."""
    patient = Client(plan.address, ID, timeouts=Timeouts(read=3600.0))
    with closing(Journal(AppPaths(journal._file.parent))) as own, closing(patient):
        return engine.upload(plan, patient, own, on_batch=Heard(), control=control)


def test_nothing_leaves_while_paused_or_after_stop(journal: Journal) -> None:
    control, seen = Control(), []

    class Watch(Heard):
        def __call__(self, batch: Batch) -> None:
            self.append(batch)
            if batch.activity is Activity.PAUSED:
                seen.append(server.ledger.received)
                if len(seen) == 1:
                    control.proceed()
            elif batch.settled >= 20 and not seen:
                control.pause()
            elif batch.settled >= 60:
                control.stop()

    with practice(delay=0.01) as server:
        summary = carry_out(plan_of(people(400), address=server.address), journal, control, Watch())
    assert seen, "the pause must be announced"
    assert 60 <= summary.counts[RowStatus.ACCEPTED] < 400
    assert summary.exit_code == 130


def test_the_totals_are_the_ledgers(journal: Journal) -> None:
    rules = [{"when": {"record": n}, "do": "refused", "times": 1} for n in (3, 17, 90)]
    with practice(*rules) as server:
        summary = carry_out(plan_of(people(300), address=server.address, connections=8), journal)
        processed = server.ledger.processed
    assert summary.counts[RowStatus.ACCEPTED] == processed == 297
    assert summary.counts[RowStatus.REFUSED] == 3


def test_commits_are_in_groups_and_announcements_in_batches(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still, so that only full groups make a commit: 16 rows are twice the connections."""
    commits: list[int] = []
    record = Journal.record
    monkeypatch.setattr(
        Journal, "record", lambda self, run, *rest, **more: commits.append(1) or record(self, run, *rest, **more)
    )
    heard = Heard()
    with practice() as server:
        plan = plan_of(people(2000), address=server.address, connections=8)
        with closing(Client(plan.address, ID)) as client:
            still = Dependencies(clock=lambda: 0.0)
            engine.upload(plan, client, journal, on_batch=heard, control=Control(), dependencies=still)
    assert server.ledger.processed == 2000
    assert len(commits) <= 2000 // 16 + 2
    assert sum(batch.activity is not Activity.PREPARING for batch in heard) <= 2
