"""Drives the real window and prints per phase how long it stood still: ``window_probe.py look|upload PROFILE FILE``.

``look`` reads and checks the file, begins to send it, stops, and then has 100,000 outcomes arrive; ``upload`` only sends it.
A pause is the gap between two ticks of a 5 ms timer, less those 5 ms.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QObject, Qt, QTimer

from cg_uploader.gui.app import make_application, make_services
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.services import Practice
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step
from cg_uploader.gui.uploading import UploadEnd
from cg_uploader.gui.worker import Announce, Cancelled, Work
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.enums import Activity, Region, RowStatus
from cg_uploader.model.run import Batch, Outcome, RunSummary
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.profiles import parse

TICK_MS = 5
TIMEOUT_SECONDS = 120.0
IDLE_SECONDS = 2.0
SENDING_SECONDS = 15.0
OUTCOMES, BATCHES, BATCH_SECONDS = 100_000, 100, 0.1
REFUSED_SHARE = 0.05

Phases = Iterator[tuple[str, Callable[[], bool]]]
"""What is measured, one after the other: a name, and what says that it is over."""


class Clock(QObject):
    """Ticks, notes the gaps, and moves on to the next phase when one is over."""

    def __init__(self, phases: Phases, at_the_end: Callable[[], object]) -> None:
        super().__init__()
        self.gaps: dict[str, list[float]] = {}
        self._phases = phases
        self._at_the_end = at_the_end
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._is_over: Callable[[], bool] = lambda: True
        self._now: list[float] = []
        self._last = self._begun = time.perf_counter()
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self._now.append((now - self._last) * 1_000 - TICK_MS)
        self._last = now
        if self._is_over():
            name, self._is_over = next(self._phases, ("the end", lambda: False))
            self._now, self._begun = self.gaps.setdefault(name, []), now
            if name == "the end":
                self._timer.stop()
                self._at_the_end()
        elif now - self._begun > TIMEOUT_SECONDS:
            print(f"The window did not come to the end of “{list(self.gaps)[-1]}”.", file=sys.stderr, flush=True)
            os._exit(1)  # at once: what it waits for may be a thread of its own

    def as_data(self) -> dict[str, dict[str, float]]:
        """The 99th percentile and the longest pause per phase, in milliseconds, and how many ticks there were."""
        return {
            name: {"p99": sorted(gaps)[int(0.99 * len(gaps))], "longest": max(gaps), "ticks": len(gaps)}
            for name, gaps in self.gaps.items()
            if gaps
        }


class Drive:
    """The window and what a person would do in it."""

    def __init__(self, window: MainWindow, profile: Path, file: Path) -> None:
        self._window = window
        self._session = window.session
        self._page = window.upload_page
        self._profile = parse(profile.read_text())
        self._file = file
        self._sending = False

    def look(self) -> Phases:
        """Idle, reading, checking, preparing, sending for a while, outcomes in great number."""
        begun = time.perf_counter()
        yield "idle", lambda: time.perf_counter() - begun > IDLE_SECONDS
        yield from self._until_checked()
        self._start()
        yield "preparing", lambda: self._sending
        since = time.perf_counter()
        yield "uploading", lambda: time.perf_counter() - since > SENDING_SECONDS
        self._page.stop()
        yield "stopping", lambda: self._session.run is not None
        self._page._begin(lambda _: outcomes_arriving(self._session.run))
        yield "outcomes", lambda: not self._session.running

    def upload(self) -> Phases:
        """Send the whole file."""
        yield from self._until_checked()
        self._start()
        yield "preparing", lambda: self._sending
        yield "uploading", lambda: self._session.run is not None

    def _until_checked(self) -> Phases:
        self._session.use_profile(self._profile, Credentials("practice", "practice"))
        self._window.show_step(Step.FILE)
        self._window.open_any(self._file)
        yield "reading", lambda: self._session.table is not None
        self._window.show_step(Step.CHECK)
        yield "checking", lambda: self._session.result is not None
        self._window.show_step(Step.UPLOAD)
        yield "looking back", self._page.before.button.isEnabled

    def _start(self) -> None:
        heard = self._page._on_batch

        def hear(batch: Batch) -> None:
            self._sending = self._sending or batch.activity is Activity.SENDING
            heard(batch)

        self._page._on_batch = hear  # type: ignore[method-assign]
        self._page.before.button.click()


def outcomes_arriving(run: RunSummary | None) -> Work:
    """A work that announces outcomes ten times a second, as a run with a very quick service would."""
    assert run is not None

    def work(announce: Announce, _cancelled: Cancelled) -> object:
        each = OUTCOMES // BATCHES
        counts = dict.fromkeys(RowStatus, 0)
        for first in range(0, OUTCOMES, each):
            outcomes = tuple(map(_outcome, range(first, first + each)))
            for outcome in outcomes:
                counts[outcome.status] += 1
            announce(Batch(OUTCOMES, dict(counts), outcomes))
            time.sleep(BATCH_SECONDS)
        summary = RunSummary(run.run, run.file, run.profile, Region.PRACTICE, OUTCOMES, counts, run.started, run.started)
        return UploadEnd(summary, ())

    return work


def _outcome(row: int) -> Outcome:
    if row % round(1 / REFUSED_SHARE):
        return Outcome(row, RowStatus.ACCEPTED, 200, (), 1, f"person{row}@example.com")
    said = (("Email", "The email must be a valid email address."),)
    return Outcome(row, RowStatus.REFUSED, 422, said, 1, f"person{row}@example")


def main() -> None:
    """Open the window, drive it, print what the clock says, close."""
    what, profile, file = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    application = make_application()
    paths = AppPaths(Path(os.environ["CG_UPLOADER_HOME"]))
    paths.prepare()
    window = MainWindow(Session(), make_services(paths, application, Practice()))
    window.show()
    drive = Drive(window, profile, file)
    clock = Clock(drive.look() if what == "look" else drive.upload(), window.close)
    application.exec()
    print(json.dumps(clock.as_data()))


if __name__ == "__main__":
    main()
