"""The bridge: results arrive on the window's thread, once, and no thread is left."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QThread
from pytestqt.qtbot import QtBot
from windows import TIMEOUT_MS

from cg_uploader.errors import FileError
from cg_uploader.gui.worker import Announce, Cancelled, Runner, Worker


@pytest.fixture
def runner() -> Runner:
    return Runner()


class Listener:
    """Keeps what a runner told, with the thread it was told on."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, object, QThread]] = []

    def batch(self, told: object) -> None:
        self.heard.append(("batch", told, QThread.currentThread()))

    def done(self, told: object) -> None:
        self.heard.append(("done", told, QThread.currentThread()))

    def failed(self, told: object) -> None:
        self.heard.append(("failed", told, QThread.currentThread()))


def test_a_worker_runs_off_the_windows_thread_and_tells_its_result(qtbot: QtBot) -> None:
    window_thread = threading.get_ident()
    worker = Worker(lambda _announce, _cancelled: threading.get_ident())
    with qtbot.waitSignal(worker.done, timeout=TIMEOUT_MS) as told:
        worker.start()
    assert worker.wait()
    assert told.args is not None
    assert told.args[0] != window_thread


def test_batches_come_in_order_and_on_the_windows_thread(qtbot: QtBot, runner: Runner) -> None:
    listener = Listener()

    def work(announce: Announce, _cancelled: Cancelled) -> object:
        for number in range(200):
            announce(number)
        return True

    runner.start(work, done=listener.done, failed=listener.failed, batch=listener.batch)
    qtbot.waitUntil(lambda: not runner.busy, timeout=TIMEOUT_MS)
    runner.shut_down()
    assert [told for kind, told, _ in listener.heard if kind == "batch"] == list(range(200))
    assert listener.heard[-1][:2] == ("done", True)
    assert {thread for *_, thread in listener.heard} == {QThread.currentThread()}


@pytest.mark.parametrize(("failure", "bugs"), [(FileError("Not there."), 0), (ZeroDivisionError("by hand"), 1)])
def test_a_failure_arrives_as_the_exception_and_a_bug_is_heard_of_too(
    qtbot: QtBot, runner: Runner, failure: Exception, bugs: int
) -> None:
    listener = Listener()

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        raise failure

    with qtbot.captureExceptions() as heard_of:
        runner.start(work, done=listener.done, failed=listener.failed)
        qtbot.waitUntil(lambda: not runner.busy, timeout=TIMEOUT_MS)
    runner.shut_down()
    assert [(kind, told) for kind, told, _ in listener.heard] == [("failed", failure)]
    assert len(heard_of) == bugs


def test_a_new_work_replaces_the_one_before_whose_result_nobody_hears(qtbot: QtBot, runner: Runner) -> None:
    listener = Listener()
    let_go = threading.Event()

    def slow(announce: Announce, cancelled: Cancelled) -> object:
        announce("old batch")
        let_go.wait(60)
        return ("old", cancelled())

    runner.start(slow, done=listener.done, failed=listener.failed, batch=listener.batch)
    runner.start(lambda _announce, _cancelled: "new", done=listener.done, failed=listener.failed)
    qtbot.waitUntil(lambda: bool(listener.heard), timeout=TIMEOUT_MS)
    let_go.set()
    runner.shut_down()
    qtbot.wait(1)
    assert [told for _, told, _ in listener.heard] == ["new"]


def test_giving_up_is_asked_of_the_work(qtbot: QtBot, runner: Runner) -> None:
    listener = Listener()
    begun = threading.Event()

    def patient(_announce: Announce, cancelled: Cancelled) -> object:
        begun.set()
        while not cancelled():
            threading.Event().wait(0.001)
        return "gave up"

    runner.start(patient, done=listener.done)
    assert begun.wait(60)
    runner.give_up()
    qtbot.waitUntil(lambda: not runner.busy, timeout=TIMEOUT_MS)
    runner.shut_down()
    assert [told for _, told, _ in listener.heard] == ["gave up"]


def test_shutting_down_joins_every_thread(runner: Runner) -> None:
    ended: list[int] = []

    def patient(_announce: Announce, cancelled: Cancelled) -> object:
        while not cancelled():
            threading.Event().wait(0.001)
        ended.append(1)
        return None

    for _ in range(5):
        runner.start(patient)
    runner.shut_down()
    assert len(ended) == 5
    assert not runner.busy


def test_busy_is_told_at_both_ends(qtbot: QtBot, runner: Runner) -> None:
    seen: list[bool] = []
    runner.busy_changed.connect(seen.append)
    runner.start(lambda _announce, _cancelled: None)
    qtbot.waitUntil(lambda: len(seen) == 2, timeout=TIMEOUT_MS)
    runner.shut_down()
    assert seen == [True, False]
