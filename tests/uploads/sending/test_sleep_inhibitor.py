"""The computer is kept awake while rows are under way: asked for on real buses, and by recorded calls elsewhere."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest
from rig import Heard, InlineSenders, ScriptedClient, Timer, people, plan_of

from cg_uploader.model.enums import Activity
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine, sleep_inhibitor
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.dependencies import Dependencies
from cg_uploader.uploads.sending.sleep_inhibitor import SleepDetector, SleepInhibitor

needs_bus = pytest.mark.skipif(
    sys.platform in ("win32", "darwin") or shutil.which("dbus-daemon") is None, reason="there is no dbus-daemon here"
)


@pytest.fixture
def bus() -> Iterator[Callable[[], str]]:
    """Starts buses of this test alone; gives each one's address."""
    with contextlib.ExitStack() as started:

        def start() -> str:
            command = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address"]
            daemon = started.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            started.callback(daemon.terminate)
            assert daemon.stdout is not None
            return daemon.stdout.readline().strip()

        yield start


class Desktop:
    """Pretends to be the services that a desktop has; remembers who asked for what, and knows who still holds it."""

    def __init__(self, address: str, *services: str) -> None:
        from jeepney import DBusAddress, DBusNameFlags, message_bus, new_method_call
        from jeepney.bus import get_bus
        from jeepney.io.blocking import DBusConnection, prep_socket

        self._new_call, self._daemon = new_method_call, DBusAddress("/", "org.freedesktop.DBus", "org.freedesktop.DBus")
        self._open = lambda: DBusConnection(prep_socket(get_bus(address), True), True)
        self._connection = self._open()
        for service in services:
            self._connection.send_and_get_reply(message_bus.RequestName(service, DBusNameFlags.do_not_queue))
        self.asked: list[tuple[str, str, tuple[Any, ...]]] = []
        self._read_end, self._write_end = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        from jeepney import MessageType, new_method_return
        from jeepney.low_level import HeaderFields

        with contextlib.suppress(OSError, ConnectionError, ValueError):
            while True:
                message = self._connection.receive()
                if message.header.message_type is not MessageType.method_call:
                    continue
                fields = message.header.fields
                interface = fields[HeaderFields.interface]
                self.asked.append((interface, fields[HeaderFields.sender], message.body))
                handle = "login1" in interface
                answer = new_method_return(message, "h" if handle else "u", (self._write_end if handle else 7,))
                self._connection.send(answer)
                if handle:
                    os.close(self._write_end)

    def holders(self) -> int:
        """How many of those who asked are still there."""
        with closing(self._open()) as connection:
            calls = [self._new_call(self._daemon, "NameHasOwner", "s", (sender,)) for _, sender, _ in self.asked]
            return sum(connection.send_and_get_reply(call).body[0] for call in calls)

    def handle_is_closed(self) -> bool:
        """Whether nobody holds the login service's handle any more; waits for that."""
        return os.read(self._read_end, 1) == b""

    def close(self) -> None:
        os.close(self._read_end)
        self._connection.sock.shutdown(2)
        self._thread.join(60)
        self._connection.close()


@needs_bus
@pytest.mark.enable_socket  # a bus is a socket in the file system; this one is the test's own
def test_a_desktop_is_asked_and_hears_when_it_is_over(bus: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    address = bus()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
    with closing(Desktop(address, "org.gnome.SessionManager", "org.freedesktop.PowerManagement")) as desktop:
        kept = SleepInhibitor()
        kept.keep(True)
        assert [(interface, body) for interface, _, body in desktop.asked] == [
            ("org.gnome.SessionManager", ("CG Uploader", 0, "Rows are being uploaded", 4)),
            ("org.freedesktop.PowerManagement.Inhibit", ("CG Uploader", "Rows are being uploaded")),
        ]
        assert desktop.holders() == 2
        kept.keep(True)
        assert len(desktop.asked) == 2
        kept.keep(False)
        assert desktop.holders() == 0


@needs_bus
@pytest.mark.enable_socket  # a bus is a socket in the file system; this one is the test's own
def test_the_login_service_is_asked_not_to_sleep_when_idle(bus: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    address = bus()
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    with closing(Desktop(address, "org.freedesktop.login1")) as desktop:
        kept = SleepInhibitor()
        kept.keep(True)
        ((interface, _, body),) = desktop.asked
        assert interface == "org.freedesktop.login1.Manager"
        assert body == ("idle", "CG Uploader", "Rows are being uploaded", "block")
        kept.keep(False)
        assert desktop.handle_is_closed()


@needs_bus
@pytest.mark.enable_socket  # a bus is a socket in the file system; this one is the test's own
def test_a_bus_that_knows_no_such_service_is_no_failure(bus: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus())
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
    sleep_inhibitor._ask_desktop()()  # not through Awake, which hides errors


class RecordedBuses:
    """Stands in for buses where there is no daemon: notes what is opened, asked and closed, and answers with ``body``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, body: tuple[object, ...] | None = (7,)) -> None:
        from jeepney.io import blocking

        self.said: list[tuple[object, ...]] = []
        self._body = body
        monkeypatch.setattr(blocking, "open_dbus_connection", self._open)

    def _open(self, bus: str, **_more: object) -> Any:
        self.said.append(("open", bus))
        if self._body is None:
            raise FileNotFoundError(bus)
        return SimpleNamespace(send_and_get_reply=self._answer, close=lambda: self.said.append(("close", bus)))

    def _answer(self, message: Any, timeout: float) -> Any:
        from jeepney.low_level import HeaderFields

        self.said.append(("ask", message.header.fields[HeaderFields.destination], message.body))
        return SimpleNamespace(body=self._body)


def test_both_buses_are_asked_and_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    buses = RecordedBuses(monkeypatch)
    release = sleep_inhibitor._ask_desktop()
    assert buses.said == [
        ("open", "SESSION"),
        ("ask", "org.gnome.SessionManager", ("CG Uploader", 0, "Rows are being uploaded", 4)),
        ("ask", "org.freedesktop.PowerManagement", ("CG Uploader", "Rows are being uploaded")),
        ("open", "SYSTEM"),
        ("ask", "org.freedesktop.login1", ("idle", "CG Uploader", "Rows are being uploaded", "block")),
    ]
    del buses.said[:]
    release()
    assert sorted(buses.said) == [("close", "SESSION"), ("close", "SYSTEM")]


def test_a_computer_without_a_desktop_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both buses are tried all the same: one that is missing says nothing about the other."""
    buses = RecordedBuses(monkeypatch, body=None)
    sleep_inhibitor._ask_desktop()()
    assert buses.said == [("open", "SESSION"), ("open", "SYSTEM")]


@pytest.mark.parametrize(("platform", "way"), [("linux", "_ask_desktop"), ("win32", "_ask_windows"), ("darwin", "_ask_macos")])
def test_each_system_is_asked_in_its_own_way(monkeypatch: pytest.MonkeyPatch, platform: str, way: str) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("_ask_desktop", "_ask_windows", "_ask_macos"):
        monkeypatch.setattr(sleep_inhibitor, name, lambda name=name: asked.append(name) or (lambda: asked.append("let go")))
    kept = SleepInhibitor()
    kept.keep(True)
    kept.keep(False)
    assert asked == [way, "let go"]


def test_windows_is_told_by_the_thread_that_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[int, int]] = []
    kernel = SimpleNamespace(SetThreadExecutionState=lambda flags: said.append((flags, threading.get_ident())))
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    kept = SleepInhibitor()
    kept.keep(True)
    kept.keep(False)
    assert said == [(0x80000001, threading.get_ident()), (0x80000000, threading.get_ident())]


def test_a_mac_runs_caffeinate_for_as_long_as_this_program_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[object] = []
    child = SimpleNamespace(terminate=lambda: said.append("terminate"), wait=lambda: said.append("wait"))
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(sleep_inhibitor.subprocess, "Popen", lambda words, **more: said.append((words, more["env"])) or child)
    kept = SleepInhibitor()
    kept.keep(True)
    kept.keep(False)
    command = ["/usr/bin/caffeinate", "-i", "-w", str(os.getpid())]
    assert said == [(command, {"PATH": "/usr/bin:/bin"}), "terminate", "wait"]


def test_a_system_that_fails_is_asked_once_and_the_run_goes_on() -> None:
    asked: list[int] = []

    def fail() -> Any:
        asked.append(1)
        raise RuntimeError("no")

    kept = SleepInhibitor(fail)
    kept.keep(True)
    kept.keep(True)
    kept.keep(False)
    assert asked == [1]


@pytest.mark.parametrize("end", ["finished", "stopped", "broken"])
def test_a_run_keeps_awake_but_not_while_paused_and_never_after_its_end(paths: AppPaths, end: str) -> None:
    said: list[str] = []
    timer, control = Timer(), Control()

    def ask() -> Callable[[], object]:
        said.append("awake")
        return lambda: said.append("let go")

    class Watching(Heard):
        def __call__(self, batch):  # type: ignore[no-untyped-def]
            if batch.activity is Activity.PAUSED:
                said.append("paused")
                control.proceed()
            elif batch.settled >= 20 and "under way" not in said:
                said.append("under way")
                control.pause()
            elif batch.settled >= 60 and end == "stopped":
                control.stop()
            elif batch.settled >= 60 and end == "broken":
                raise RuntimeError("a bug of whoever listens")

    dependencies = Dependencies(
        clock=timer,
        wall=timer,
        pool=lambda client, connections, _: InlineSenders(client, connections, timer),  # type: ignore[arg-type]
        sleep_inhibitor=lambda: SleepInhibitor(ask),
    )
    with closing(Journal(paths)) as journal, contextlib.suppress(RuntimeError):
        plan = plan_of(people(100), connections=2)
        client = ScriptedClient(clock=timer)
        engine.upload(plan, client, journal, on_batch=Watching(), control=control, dependencies=dependencies)
    assert [word for word in said if word != "under way"] == [
        "awake",
        "let go",
        "paused",
        "awake",
        "let go",
    ]


def test_a_gap_is_seen_by_whichever_clock_moved() -> None:
    clock, wall = Timer(), Timer()
    gaps = SleepDetector(clock, wall)
    clock.now, wall.now = clock.now + 1, wall.now + 1
    assert not gaps.look()
    wall.now += 3600  # asleep, on a system whose clock stands still meanwhile
    assert gaps.look()
    assert not gaps.look()
    clock.now += 30  # halted
    assert gaps.look()
    wall.now -= 86_400
    assert not gaps.look()
