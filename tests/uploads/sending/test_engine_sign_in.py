"""The sign-in in a run, over HTTP: how often, after which break, and that what it has not let through has not left."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from rig import Heard, Timer, inline, people, plan_of
from underway import Underway, held, wait_until

from cg_uploader.api.client import Client
from cg_uploader.api.connections import Timeouts
from cg_uploader.api.token import Clock
from cg_uploader.errors import Cancelled, NotReachable
from cg_uploader.model.configuration import Address, Credentials
from cg_uploader.model.enums import Activity, DataType, RowStatus
from cg_uploader.model.run import Batch
from cg_uploader.practice import faults
from cg_uploader.practice.server import PracticeServer
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.eta import done, format_doing, to_send

ID = Credentials("an-id", "a-secret")
BOTH_KINDS = pytest.mark.parametrize("kind", [DataType.CONTACT, DataType.SURVEY])


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def practice(*rules: dict[str, Any], delay: float = 0.0, **more: Any) -> PracticeServer:
    return PracticeServer(script=faults.parse({"rules": list(rules), **more}), delay=delay)


def sign_ins(server: PracticeServer) -> int:
    return sum(server.ledger.sign_ins.values())


@pytest.mark.parametrize("connections", [1, 2, 8, 16])
def test_an_endless_401_costs_one_more_sign_in_whatever_the_number_of_connections(journal: Journal, connections: int) -> None:
    with practice({"when": {"any": True}, "do": "unauthorized"}, delay=0.05) as server:
        plan = plan_of(people(100), address=server.address, connections=connections)
        with closing(Client(plan.address, ID)) as client:
            summary = engine.upload(plan, client, journal, on_batch=Heard(), control=Control())
        assert sign_ins(server) == 2
        assert server.ledger.received <= 2 * connections
    assert (summary.exit_code, summary.counts[RowStatus.NOT_SENT]) == (4, 100)
    assert "does not accept the sign-in for records" in str(summary.stopped)


def test_a_401_in_mid_run_costs_one_sign_in(journal: Journal) -> None:
    rules = [{"when": {"Email": f"person{n}@example.com"}, "do": "unauthorized", "times": 1} for n in (30, 60)]
    with practice(*rules) as server:
        plan = plan_of(people(100), address=server.address, connections=8)
        with closing(Client(plan.address, ID)) as client:
            summary = engine.upload(plan, client, journal, on_batch=Heard(), control=Control())
        assert sign_ins(server) == 3
    assert summary.counts[RowStatus.ACCEPTED] == 100


@BOTH_KINDS
@pytest.mark.parametrize("refusal", ["401", "401-empty", "401-html", "invalid_client"])
def test_a_sign_in_that_is_refused_in_mid_run_is_asked_once(journal: Journal, kind: DataType, refusal: str) -> None:
    with practice(token_calls=3, token=["usual", {"do": refusal, "times": 50}]) as server:
        plan = plan_of(people(10), data_type=kind, reference=kind.value, address=server.address, connections=1)
        with closing(Client(plan.address, ID)) as client:
            summary = engine.upload(plan, client, journal, on_batch=Heard(), control=Control())
        assert sign_ins(server) == 2
    assert (summary.exit_code, summary.counts[RowStatus.ACCEPTED], summary.counts[RowStatus.NOT_SENT]) == (4, 3, 7)
    assert "does not accept the Client ID and secret" in str(summary.stopped)


@BOTH_KINDS
@pytest.mark.parametrize("status", ["429", "503"])
def test_the_break_that_a_sign_in_asks_for_in_mid_run_is_kept(paths: AppPaths, kind: DataType, status: str) -> None:
    token = [{"do": "usual", "expires_in": 1000}, {"do": status, "seconds": 20}, "usual"]
    with practice(token=token, delay=0.02) as server:
        plan = plan_of(people(60), data_type=kind, reference="survey", address=server.address)
        run = Underway(paths, plan, clock=held(), wall=held())
        wait_until(lambda: server.ledger.processed >= 8)
        run.wall.added += 900.0
        wait_until(lambda: _moved(run, 0.001) and run.says(Activity.WAITING))
        assert format_doing(run.heard[-1].doing) == "CustomerGauge asked for a break. Going on in 20 s."
        sent = server.ledger.received
        run.clock.added += 17.0
        run.turn_over()
        assert (sign_ins(server), server.ledger.received) == (2, sent), "17 of 20 seconds are no 20"
        wait_until(lambda: _moved(run, 0.01) and run.summary is not None)
        summary = run.end()
        assert sign_ins(server) == 3
    assert summary.counts[RowStatus.ACCEPTED] == 60


def _moved(run: Underway, seconds: float) -> bool:
    run.clock.added += seconds
    return True


class Resting(Control):
    """Lets no real time pass while it waits; ``rested``: how many seconds it waited."""

    def __init__(self, timer: Timer) -> None:
        super().__init__()
        self.timer = timer
        self.rested = 0.0
        self.stop_after = float("inf")

    def wait(self, seconds: float) -> None:
        self.rested += seconds
        self.timer.now += seconds
        if self.rested >= self.stop_after:
            self.stop()


@pytest.mark.parametrize("status", ["429", "503"])
def test_the_break_that_the_first_sign_in_asks_for_is_kept_and_said(journal: Journal, status: str) -> None:
    timer, heard = Timer(), Heard()
    control = Resting(timer)
    with practice(token=[{"do": status, "seconds": 20}, {"do": status, "seconds": 7}, "usual"]) as server:
        plan = plan_of(people(5), address=server.address)
        with closing(Client(plan.address, ID, clock=Clock(monotonic=timer))) as client:
            summary = engine.upload(plan, client, journal, on_batch=heard, control=control, dependencies=inline(timer))
        assert sign_ins(server) == 3
    assert 27.0 <= control.rested < 28.0
    waits = [batch for batch in heard if batch.activity is Activity.WAITING]
    assert format_doing(waits[0].doing) == "CustomerGauge asked for a break. Going on in 20 s."
    assert waits[-1].rows == 5
    assert summary.counts[RowStatus.ACCEPTED] == 5


def test_during_the_break_of_a_continued_run_nothing_of_what_is_left_counts_as_done(journal: Journal) -> None:
    timer, heard, control = Timer(), Heard(), Control()

    def stop_after_some(batch: Batch) -> None:
        if batch.settled >= 2:
            control.stop()

    with practice(token=["usual", {"do": "429", "seconds": 20}, "usual"]) as server:
        plan = plan_of(people(8), address=server.address, connections=1)
        with closing(Client(plan.address, ID, clock=Clock(monotonic=timer))) as client:
            first = engine.upload(plan, client, journal, on_batch=stop_after_some, control=control, dependencies=inline(timer))
        accepted = first.counts[RowStatus.ACCEPTED]
        assert 2 <= accepted < 8
        with closing(Client(plan.address, ID, clock=Clock(monotonic=timer))) as client:
            around = inline(timer)
            engine.resume(first.run, client, journal, on_batch=heard, control=Resting(timer), dependencies=around)
    waits = [batch for batch in heard if batch.activity is Activity.WAITING]
    assert waits
    assert {(done(batch), to_send(batch), batch.settled) for batch in waits} == {(0, 8 - accepted, accepted)}


def test_a_sign_in_that_asks_for_a_break_for_ever_ends_the_run(journal: Journal) -> None:
    timer = Timer()
    with practice(token=[{"do": "429", "seconds": 20, "times": 50}]) as server:
        plan = plan_of(people(5), address=server.address)
        client = Client(plan.address, ID, clock=Clock(monotonic=timer))
        with closing(client), pytest.raises(NotReachable, match="Try again in 20 s"):
            engine.upload(plan, client, journal, on_batch=Heard(), control=Resting(timer), dependencies=inline(timer))
        assert sign_ins(server) == 1 + 6
    assert journal.runs() == []


def test_stop_during_the_break_that_the_first_sign_in_asks_for(journal: Journal) -> None:
    timer = Timer()
    control = Resting(timer)
    control.stop_after = 5.0
    with practice(token=[{"do": "429", "seconds": 300}]) as server:
        plan = plan_of(people(5), address=server.address)
        client = Client(plan.address, ID, clock=Clock(monotonic=timer))
        with closing(client), pytest.raises(Cancelled):
            engine.upload(plan, client, journal, on_batch=Heard(), control=control, dependencies=inline(timer))
        assert sign_ins(server) == 1
    assert control.rested < 6.0


@contextmanager
def mute() -> Iterator[str]:
    """A port that lets everybody in and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        over, inside = threading.Event(), []

        def work() -> None:
            while not over.is_set():
                with suppress(OSError):
                    inside.append(listener.accept()[0])

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}/records/"
        finally:
            over.set()
            thread.join(60)
            for sock in inside:
                sock.close()


@BOTH_KINDS
def test_rows_whose_handshake_is_never_answered_are_not_sent(journal: Journal, kind: DataType) -> None:
    timer = Timer()
    with practice() as server, mute() as records:
        plan = replace(plan_of(people(3), data_type=kind, reference="survey"), address=Address(server.address.auth, records))
        with closing(Client(plan.address, ID, timeouts=Timeouts(connect=0.3))) as client:
            summary = engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(timer))
    assert (summary.counts[RowStatus.NOT_SENT], summary.counts[RowStatus.NOT_SURE]) == (3, 0)
    assert summary.exit_code == 4
    assert "did not answer within" in str(summary.stopped)
    assert [outcome.attempts for outcome in journal.outcomes(summary.run)] == [0, 0, 0]
