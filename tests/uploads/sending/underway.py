"""A run under way on a thread of its own, for tests that turn its switches; time can be pushed forward, never back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from rig import Heard

from cg_uploader.api.client import Client
from cg_uploader.api.connections import Timeouts
from cg_uploader.api.token import Clock
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.enums import Activity
from cg_uploader.model.plan import Plan
from cg_uploader.model.run import RunSummary
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.dependencies import Dependencies
from cg_uploader.uploads.sending.sleep_inhibitor import SleepInhibitor
from cg_uploader.uploads.sending.worker_pool import Sender

ID = Credentials("an-id", "a-secret")
TICKS = 25
"""So many looks at the clock that the engine has certainly been through its loop several times."""


def wait_until(true: Callable[[], object], seconds: float = 60.0, why: str = "it never came true") -> None:
    moment = threading.Event()
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, why
        moment.wait(0.005)


@dataclass
class Pushed:
    """Real seconds, and those that a test adds; counts how often somebody looked."""

    real: Callable[[], float] = time.monotonic
    added: float = 0.0
    looks: int = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.real() + self.added


def held() -> Pushed:
    """A clock that only a test moves."""
    return Pushed(lambda: 1_000.0)


@dataclass
class Underway:
    """A plan, or a run to continue, sent by the real engine; ``clock`` is its clock, ``wall`` the computer's."""

    paths: AppPaths
    what: Plan | int
    client: Sender | None = None
    control: Control = field(default_factory=Control)
    clock: Pushed = field(default_factory=Pushed)
    wall: Pushed = field(default_factory=lambda: Pushed(time.time))
    heard: Heard = field(default_factory=Heard)
    read_seconds: float = 60.0
    summary: RunSummary | None = None
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._work, name="run", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            with closing(Journal(self.paths)) as journal:
                self._send(journal)
        except BaseException as failure:  # noqa: BLE001 - looked at by the test
            self.failure = failure

    def _send(self, journal: Journal) -> None:
        around = Dependencies(clock=self.clock, wall=self.wall, sleep_inhibitor=lambda: SleepInhibitor(lambda: lambda: None))
        plan = journal.plan(self.what) if isinstance(self.what, int) else self.what
        clock, limits = Clock(self.wall, self.clock), Timeouts(read=self.read_seconds)
        with closing(Client(plan.address, ID, clock=clock, timeouts=limits)) as client:
            sends = self.client or client
            if isinstance(self.what, int):
                self.summary = engine.resume(
                    self.what, sends, journal, on_batch=self.heard, control=self.control, dependencies=around
                )
            else:
                self.summary = engine.upload(
                    plan, sends, journal, on_batch=self.heard, control=self.control, dependencies=around
                )

    def says(self, activity: Activity) -> bool:
        """Whether the last thing that was announced is this."""
        return bool(self.heard) and self.heard[-1].activity is activity

    def turn_over(self) -> None:
        """Wait until the engine has looked around several times more."""
        before = self.clock.looks
        wait_until(lambda: self.clock.looks > before + TICKS or not self._thread.is_alive())

    def end(self, seconds: float = 60.0) -> RunSummary:
        """Wait for the end; the threads that sent are gone then."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "the run must end"
        if self.failure is not None:
            raise self.failure
        assert self.summary is not None, "no summary"
        assert [thread.name for thread in threading.enumerate() if thread.name.startswith(("sender-", "sign-in"))] == [], [
            t.name for t in threading.enumerate()
        ]
        return self.summary
