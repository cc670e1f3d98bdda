"""The sleep of the computer, which is prevented while rows are under way, and noticed when it came all the same.

Only the sleep that comes by itself is prevented, not that of a closed lid.  Every system drops the request when the program
ends.  Where there is nothing to ask, such as on a computer without a desktop, nothing happens and nothing fails.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, TypeAlias

NAME = "CG Uploader"
WHY = "Rows are being uploaded"
TIMEOUT_SECONDS = 1.0
# A gap longer than this between two looks is a sleep.
SLEPT_SECONDS = 10.0

Release: TypeAlias = Callable[[], object]

_WINDOWS_CONTINUOUS = 0x80000000
_WINDOWS_SYSTEM_REQUIRED = 0x00000001
_GNOME_NO_SUSPEND = 4

# Services of a Linux desktop: service, object, the end of the interface's name, signature, arguments.
_Services: TypeAlias = tuple[tuple[str, str, str, str, tuple[Any, ...]], ...]
_SESSION: _Services = (
    ("org.gnome.SessionManager", "/org/gnome/SessionManager", "", "susu", (NAME, 0, WHY, _GNOME_NO_SUSPEND)),
    ("org.freedesktop.PowerManagement", "/org/freedesktop/PowerManagement/Inhibit", ".Inhibit", "ss", (NAME, WHY)),
)
_SYSTEM: _Services = (("org.freedesktop.login1", "/org/freedesktop/login1", ".Manager", "ssss", ("idle", NAME, WHY, "block")),)


class SleepInhibitor:
    """A request to stay awake that can be made and taken back many times.  Used by one thread."""

    def __init__(self, ask: Callable[[], Release] | None = None) -> None:
        """``ask`` makes the request and returns what takes it back.  By default it asks this system."""
        self._ask = ask or _ask
        self._wanted = False
        self._release: Release | None = None

    def keep(self, wanted: bool) -> None:
        """Let the computer stay awake from now on, or not any more."""
        if wanted == self._wanted:
            return
        self._wanted = wanted
        release, self._release = self._release, None
        with contextlib.suppress(Exception):  # a run must not end because of this
            if release is not None:
                release()
            if wanted:
                self._release = self._ask()


class SleepDetector:
    """Notices time in which this program did not run: the computer slept, the program was halted, or a clock was set."""

    def __init__(self, clock: Callable[[], float], wall: Callable[[], float]) -> None:
        """``clock`` may stand still while the computer sleeps.  ``wall`` may be set.  Together they miss nothing."""
        self._clock = clock
        self._wall = wall
        self._seen = clock(), wall()

    def look(self) -> bool:
        """Tell whether more than ten seconds have passed since the last look.  It is called several times a second."""
        before, self._seen = self._seen, (self._clock(), self._wall())
        return max(now - then for now, then in zip(self._seen, before, strict=True)) > SLEPT_SECONDS


class SleepWatch:
    """Keeps the computer awake while rows leave, and knows when it slept all the same."""

    def __init__(self, clock: Callable[[], float], wall: Callable[[], float], sleep_inhibitor: SleepInhibitor) -> None:
        """``clock`` and ``wall`` are as for ``SleepDetector``."""
        self._clock = clock
        self._sleep_detector = SleepDetector(clock, wall)
        self._sleep_inhibitor = sleep_inhibitor
        self._slept = float("-inf")

    def look(self, *, paused: bool) -> float | None:
        """Keep the computer awake unless the user has ``paused``.  Return the time by the clock if there was a gap just now."""
        self._sleep_inhibitor.keep(not paused)
        if not self._sleep_detector.look():
            return None
        self._slept = self._clock()
        return self._slept

    def slept_within(self, seconds: float, now: float) -> bool:
        """Tell whether the last gap was noticed less than ``seconds`` ago."""
        return now - self._slept < seconds

    def end(self) -> None:
        """Let the computer sleep again."""
        self._sleep_inhibitor.keep(wanted=False)


def _ask() -> Release:
    if sys.platform == "win32":
        return _ask_windows()
    if sys.platform == "darwin":
        return _ask_macos()
    return _ask_desktop()


def _ask_windows() -> Release:
    """Ask Windows.  The request belongs to the thread that makes it."""
    import ctypes

    set_state = ctypes.windll.kernel32.SetThreadExecutionState  # type: ignore[attr-defined,unused-ignore]
    set_state(_WINDOWS_CONTINUOUS | _WINDOWS_SYSTEM_REQUIRED)
    return lambda: set_state(_WINDOWS_CONTINUOUS)


def _ask_macos() -> Release:
    """Start the system's program for this, which ends when this program does."""
    null = subprocess.DEVNULL
    command = ["/usr/bin/caffeinate", "-i", "-w", str(os.getpid())]
    child = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, env={"PATH": "/usr/bin:/bin"})  # noqa: S603

    def release() -> None:
        child.terminate()
        child.wait()

    return release


def _ask_desktop() -> Release:
    """Ask the services on the two buses.  Each holds the request while the connection, or its handle, is open."""
    held = contextlib.ExitStack()
    for bus, services in (("SESSION", _SESSION), ("SYSTEM", _SYSTEM)):
        with contextlib.suppress(Exception):  # no such bus, or nothing that speaks with it
            _ask_bus(bus, services, held)
    return held.close


def _ask_bus(bus: str, services: _Services, held: contextlib.ExitStack) -> None:
    from jeepney import DBusAddress, MessageFlag, new_method_call  # type: ignore[import-untyped]
    from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]

    connection = held.enter_context(
        contextlib.closing(open_dbus_connection(bus, enable_fds=True, auth_timeout=TIMEOUT_SECONDS))
    )
    end = time.monotonic() + TIMEOUT_SECONDS
    for service, path, interface, signature, arguments in services:
        address = DBusAddress(path, bus_name=service, interface=service + interface)
        message = new_method_call(address, "Inhibit", signature, arguments)
        message.header.flags |= MessageFlag.no_auto_start
        reply = connection.send_and_get_reply(message, timeout=max(0.1, end - time.monotonic()))
        for handle in reply.body:
            if hasattr(handle, "close"):
                held.callback(handle.close)
