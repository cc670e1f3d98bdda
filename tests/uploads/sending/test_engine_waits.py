"""Pause, Continue and Stop, whatever is being waited for: silence, a long wait, a sign-in, a name look-up, the disk."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from rig import OK, people, plan_of
from underway import ID, Pushed, Underway, held, wait_until

from cg_uploader.api.client import Client
from cg_uploader.api.token import Clock
from cg_uploader.errors import Cancelled
from cg_uploader.model.enums import Activity, Answer, DataType, RowStatus
from cg_uploader.model.request import Reply, Request
from cg_uploader.practice import faults
from cg_uploader.practice.server import PracticeServer
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import SENDING, WAITING
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.engine import GRACE_SECONDS

BOTH_KINDS = pytest.mark.parametrize("kind", [DataType.CONTACT, DataType.SURVEY])


def practice(*rules: dict[str, Any], delay: float = 0.0, **more: Any) -> PracticeServer:
    return PracticeServer(script=faults.parse({"rules": list(rules), **more}), delay=delay)


def flying(kind: DataType) -> int:
    """How many of four connections are busy: once-only rows go one at a time."""
    return 4 if kind is DataType.CONTACT else 1


def in_flight(server: PracticeServer) -> int:
    """How many requests the server has and has not ended."""
    return server.ledger._in_flight


ALL_HANG = {"when": {"any": True}, "do": "hang"}


@BOTH_KINDS
def test_stop_while_every_connection_hangs(paths: AppPaths, kind: DataType) -> None:
    with practice(ALL_HANG) as server:
        plan = plan_of(people(50), data_type=kind, reference="survey", address=server.address)
        run = Underway(paths, plan, clock=held(), wall=held())
        wait_until(lambda: server.ledger.received == flying(kind))
        run.control.stop()
        wait_until(lambda: run.says(Activity.STOPPING))
        run.clock.added += 3.9
        run.turn_over()
        assert run.summary is None, "what is in flight has its four seconds"
        run.clock.added += 0.2
        summary = run.end()
        assert server.ledger.received == flying(kind), "nothing new has left"
    assert summary.exit_code == 130
    assert summary.counts[RowStatus.NOT_SURE] == flying(kind)
    assert summary.counts[RowStatus.NOT_SENT] == 50 - flying(kind)


@BOTH_KINDS
def test_asked_to_stop_at_once_nothing_in_flight_is_waited_for(
    paths: AppPaths, kind: DataType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "GRACE_SECONDS", 3_600.0)
    with practice(ALL_HANG) as server:
        run = Underway(paths, plan_of(people(50), data_type=kind, reference="survey", address=server.address))
        wait_until(lambda: server.ledger.received == flying(kind))
        run.control.stop()
        run.control.stop(at_once=True)
        summary = run.end()
    assert summary.counts[RowStatus.NOT_SURE] == flying(kind)


@BOTH_KINDS
def test_what_comes_back_within_the_grace_counts(paths: AppPaths, kind: DataType) -> None:
    with practice(delay=0.7) as server:
        run = Underway(paths, plan_of(people(50), data_type=kind, reference="survey", address=server.address))
        wait_until(lambda: server.ledger.received == flying(kind))
        run.control.stop()
        summary = run.end()
    assert summary.counts[RowStatus.ACCEPTED] == server.ledger.processed == flying(kind)
    assert summary.counts[RowStatus.NOT_SURE] == 0


@BOTH_KINDS
def test_pause_while_every_connection_hangs(paths: AppPaths, kind: DataType) -> None:
    """What hangs runs into its time limit meanwhile; the repeats that fall due wait for Continue."""
    with practice({**ALL_HANG, "times": flying(kind)}) as server:
        plan = plan_of(people(30), data_type=kind, reference="survey", address=server.address)
        run = Underway(paths, plan, read_seconds=0.5)
        wait_until(lambda: server.ledger.received == flying(kind))
        run.control.pause()
        wait_until(lambda: run.says(Activity.PAUSED))
        wait_until(lambda: in_flight(server) == 0)
        run.clock.added += 40.0
        run.turn_over()
        assert server.ledger.received == flying(kind), "nothing leaves while paused"
        run.control.proceed()
        summary = run.end()
    lost = 0 if kind is DataType.CONTACT else 1
    assert summary.counts[RowStatus.ACCEPTED] == 30 - lost
    assert summary.counts[RowStatus.NOT_SURE] == lost


BUSY = {"when": {"any": True}, "do": "429", "seconds": 300, "times": 1}


@BOTH_KINDS
def test_stop_during_a_wait_of_five_minutes(paths: AppPaths, kind: DataType) -> None:
    with practice(BUSY) as server:
        run = Underway(paths, plan_of(people(50), data_type=kind, reference="survey", address=server.address, connections=1))
        wait_until(lambda: run.says(Activity.WAITING))
        run.control.stop()
        summary = run.end()
        assert server.ledger.received == 1
    assert summary.exit_code == 130
    assert summary.counts[RowStatus.NOT_SENT] == 50


@BOTH_KINDS
def test_pause_during_a_wait_neither_shortens_nor_lengthens_it(paths: AppPaths, kind: DataType) -> None:
    with practice(BUSY) as server:
        run = Underway(paths, plan_of(people(9), data_type=kind, reference="survey", address=server.address, connections=1))
        wait_until(lambda: run.says(Activity.WAITING))
        run.control.pause()
        wait_until(lambda: run.says(Activity.PAUSED))
        run.clock.added += 80.0
        run.control.proceed()
        wait_until(lambda: run.says(Activity.WAITING))
        run.clock.added += 80.0
        run.turn_over()
        run.clock.added += 80.0
        run.turn_over()
        assert server.ledger.received == 1, "240 of 300 seconds are no 300"
        run.clock.added += 70.0
        summary = run.end()
    assert summary.counts[RowStatus.ACCEPTED] == 9


def test_stop_during_a_sign_in_that_hangs(paths: AppPaths) -> None:
    with practice(token=["hang"]) as server:
        run = Underway(paths, plan_of(people(5), address=server.address))
        wait_until(lambda: any(thread.name == "sign-in" for thread in threading.enumerate()))
        run.control.stop()
        with pytest.raises(Cancelled):
            run.end()
        assert server.ledger.received == 0
    assert not any(thread.name == "sign-in" for thread in threading.enumerate()), "the thread is gone"
    with Journal(paths) as journal:
        assert journal.runs() == []


@BOTH_KINDS
def test_stop_while_the_sign_in_is_renewed(paths: AppPaths, kind: DataType) -> None:
    """Nothing is in flight then, so that even rows that may go once only stay *not sent*."""
    with practice(delay=0.05, expires_in=1000, token=[{"do": "usual", "expires_in": 1000}, "hang"]) as server:
        run = Underway(paths, plan_of(people(300), data_type=kind, reference="survey", address=server.address))
        wait_until(lambda: server.ledger.processed >= 8)
        run.wall.added += 900.0
        wait_until(lambda: in_flight(server) == 0 and run.turn_over() is None and in_flight(server) == 0)
        sent = server.ledger.received
        run.control.stop()
        wait_until(lambda: run.says(Activity.STOPPING))
        run.clock.added += GRACE_SECONDS
        summary = run.end()
        assert server.ledger.received == sent
    assert summary.counts[RowStatus.ACCEPTED] == server.ledger.processed
    assert summary.counts[RowStatus.NOT_SURE] == 0


@BOTH_KINDS
@pytest.mark.parametrize("switch", ["stop", "pause"])
def test_a_switch_turned_while_the_sign_in_is_renewed_holds_for_the_rows_that_wait_for_it(
    paths: AppPaths, kind: DataType, switch: str
) -> None:
    """The sign-in is answered after the switch: before, one row left then, seconds after Stop."""
    wall, asked, go_on = Pushed(time.time), threading.Event(), threading.Event()
    with practice(delay=0.02) as server:
        plan = plan_of(people(60), data_type=kind, reference="survey", address=server.address)
        with closing(Client(plan.address, ID, clock=Clock(wall))) as client:
            client.sign_in()
            ask = client._token._ask

            def slowly(may_leave: Callable[[], bool]) -> Any:
                answer = ask(may_leave)
                asked.set()
                assert go_on.wait(60)
                return answer

            client._token._ask = slowly
            run = Underway(paths, plan, client, wall=wall)
            wait_until(lambda: server.ledger.processed >= 8)
            wall.added += 4_000.0
            wait_until(asked.is_set)
            wait_until(lambda: in_flight(server) == 0)
            sent = server.ledger.received
            getattr(run.control, switch)()
            wait_until(lambda: run.says(Activity.PAUSED if switch == "pause" else Activity.STOPPING))
            go_on.set()
            run.turn_over()
            assert server.ledger.received == sent, "nothing has left since"
            run.control.proceed()
            summary = run.end()
    left = 60 - sent if switch == "stop" else 0
    assert (summary.counts[RowStatus.NOT_SENT], summary.counts[RowStatus.NOT_SURE]) == (left, 0)
    assert summary.counts[RowStatus.ACCEPTED] == server.ledger.received == 60 - left, "each row left once"


class SlowNames:
    """A name service that does not answer until it is told to; the first look-ups are as usual."""

    def __init__(self, usual: int) -> None:
        self.usual = usual
        self.asked = 0
        self.answer = threading.Event()
        self._real = socket.getaddrinfo

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.asked += 1
        if self.asked > self.usual:
            self.answer.wait(60)
        return self._real(*args, **kwargs)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowNames]:
    found = SlowNames(usual=1)
    monkeypatch.setattr(socket, "getaddrinfo", found)
    yield found
    found.answer.set()
    for thread in threading.enumerate():
        if thread.name == "name-look-up":
            thread.join(60)


def test_stop_while_names_are_looked_up(paths: AppPaths, names: SlowNames) -> None:
    """The connection of the sign-in serves one row at a time; the other senders wait for a name, and their rows stay here."""
    with practice(delay=0.02) as server:
        run = Underway(paths, plan_of(people(500), address=server.address))
        wait_until(lambda: names.asked == 4 and server.ledger.processed > 10)
        run.control.stop()
        wait_until(lambda: run.says(Activity.STOPPING))
        run.clock.added += GRACE_SECONDS
        summary = run.end()
        names.answer.set()
    assert summary.counts[RowStatus.ACCEPTED] == server.ledger.processed
    assert summary.counts[RowStatus.NOT_SURE] == 0, "a row without a connection has certainly not left"


def test_stop_while_the_very_first_name_is_looked_up(paths: AppPaths, names: SlowNames) -> None:
    names.usual = 0
    with practice() as server:
        run = Underway(paths, plan_of(people(5), address=server.address))
        wait_until(lambda: names.asked == 1)
        run.control.stop()
        with pytest.raises(Cancelled):
            run.end()
        names.answer.set()
        assert server.ledger.sign_ins == {}


class Gated:
    """A client whose rows come back when the test lets them; remembers which have left."""

    client_id = "id"

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.back = 0
        self.gates: dict[int, threading.Event] = {row: threading.Event() for row in range(2, 200)}

    def sign_in(self) -> None:
        """Always fine."""

    def send(self, request: Request, _may_leave: object = None) -> Reply:
        self.begun.append(request.row)
        self.gates[request.row].wait(60)
        self.back += 1
        return OK

    def abort(self) -> None:
        for gate in self.gates.values():
            gate.set()


@pytest.mark.parametrize("switch", ["stop", "pause"])
def test_a_switch_holds_while_the_disk_is_slow(paths: AppPaths, monkeypatch: pytest.MonkeyPatch, switch: str) -> None:
    slow, waits, done = threading.Event(), threading.Event(), threading.Event()
    record = Journal.record

    def slowly(journal: Journal, *args: Any, **more: Any) -> None:
        if slow.is_set():
            waits.set()
            assert done.wait(60)
        record(journal, *args, **more)

    monkeypatch.setattr(Journal, "record", slowly)
    client = Gated()
    run = Underway(paths, plan_of(people(50)), client)
    wait_until(lambda: len(client.begun) == 4)
    slow.set()
    client.gates[2].set()
    wait_until(waits.is_set)
    wait_until(lambda: len(client.begun) == 5)
    getattr(run.control, switch)()
    for row in (3, 4, 5, 6):
        client.gates[row].set()
    wait_until(lambda: client.back == 5)
    slow.clear()
    done.set()
    wait_until(lambda: run.says(Activity.PAUSED) if switch == "pause" else run.summary is not None)
    run.turn_over()
    assert sorted(client.begun) == [2, 3, 4, 5, 6], "nothing has left since"
    client.abort()
    run.control.proceed()
    summary = run.end()
    assert summary.counts[RowStatus.ACCEPTED] == (5 if switch == "stop" else 50)
    assert sum(summary.counts.values()) == 50
    assert len(client.begun) == len(set(client.begun))


class Refusing(Gated):
    """No row may leave while a switch is turned: it waits as for a connection, and is asked then."""

    def __init__(self, control: Control) -> None:
        super().__init__()
        self.control = control

    def send(self, request: Request, may_leave: Callable[[], bool]) -> Reply | None:  # type: ignore[override]
        super().send(request, may_leave)
        return OK if may_leave() else None


def states(paths: AppPaths) -> list[str]:
    with closing(Journal(paths)) as journal:
        return [row.state for row in journal.rows(1)]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_once_only_row_that_did_not_leave_is_not_in_doubt_while_paused(paths: AppPaths, rows: int) -> None:
    """Whatever ends the program in that pause, the row is *Not sent*; it is marked anew before it leaves after Continue."""
    control = Control()
    client = Refusing(control)
    run = Underway(paths, plan_of(people(rows), data_type=DataType.SURVEY, reference="survey"), client, control)
    wait_until(lambda: client.begun == [2])
    assert states(paths)[0] == SENDING
    control.pause()
    client.gates[2].set()
    wait_until(lambda: client.back == 1)
    run.turn_over()
    assert run.says(Activity.PAUSED)
    assert states(paths) == [WAITING] * rows
    client.gates[2].clear()
    control.proceed()
    wait_until(lambda: client.begun == [2, 2])
    assert states(paths)[0] == SENDING, "intent is recorded anew before it leaves"
    client.abort()
    assert run.end().counts[RowStatus.ACCEPTED] == rows


def test_a_once_only_row_that_waits_for_a_connection_is_not_in_doubt(paths: AppPaths) -> None:
    """What never was connected has not left; each further attempt is recorded before."""
    client, clock = Lost(paths), held()
    run = Underway(paths, plan_of(people(1), data_type=DataType.SURVEY, reference="survey"), client, clock=clock)
    wait_until(lambda: client.seen == [SENDING])
    run.turn_over()
    clock.added += 0.2
    wait_until(lambda: run.says(Activity.WAITING))
    assert states(paths) == [WAITING]
    client.there = True
    clock.added += 60.0
    assert run.end().counts[RowStatus.ACCEPTED] == 1
    assert client.seen == [SENDING, SENDING]


class Lost:
    """A client without a network until it is ``there``; ``seen``: what the record said of the row when it was to leave."""

    client_id = ""

    def __init__(self, paths: AppPaths) -> None:
        self.paths, self.there, self.seen = paths, False, list[str]()

    def sign_in(self) -> None:
        """Always fine."""

    def send(self, _request: Request, _may_leave: Callable[[], bool]) -> Reply:
        self.seen += states(self.paths)
        return OK if self.there else Reply(Answer.NOT_CONNECTED, message="No network.")

    def abort(self) -> None:
        """Nothing is in flight."""
