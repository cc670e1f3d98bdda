"""The long waits as they are: 60 s for an answer, 30 s where nobody says how long, 2, 8 and 30 s before repeats, and sleep.

Everything is started at the beginning, so that the waits go by side by side.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from laws import HEADINGS, check, email, finish, people, received, upload_words
from program import ENOUGH_SECONDS, Program, ledger_lines

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="Windows cannot halt a process"),
]

ROWS = 12
SLEPT_SECONDS = 63
Case = tuple[str, str]


def once(row: int, do: str, times: int = 1, **more: Any) -> dict[str, Any]:
    return {"when": {"Email": email(row)}, "do": do, "times": times, **more}


SCRIPTS: dict[str, list[dict[str, Any]]] = {
    "hang": [once(4, "hang")],
    "429-bare": [once(4, "429-bare")],
    "500": [once(4, "500", 3)],
    "sleep": [],
    "gone": [],
}
CASES: list[Case] = [(name, kind) for name in SCRIPTS for kind in ("contact", "survey")]


class Trial:
    """One program against one service of its own; ``joined`` waits for its end."""

    def __init__(self, folder: Path, case: Case, started: ExitStack) -> None:
        self.name, self.kind = case
        self.folder = folder
        self.program = Program(folder)
        delay = 1500 if self.name in ("sleep", "gone") else 0
        self.practice = started.enter_context(self.program.practice_process({"rules": SCRIPTS[self.name]}, delay=delay))
        profile = self.program.profile(self.practice, HEADINGS, reference=self.kind, data_type=self.kind)
        connections = "16" if self.name == "sleep" else "2"
        words = upload_words(people(folder, ROWS * 3 if self.name == "sleep" else ROWS), profile, "--connections", connections)
        self.process = self.program.start(*words, "--json")

    def act(self) -> None:
        """What happens from outside, once the first rows are there."""
        if self.name in ("sleep", "gone"):
            wait_for(lambda: len(self.lines()) >= 1, self.process)
        if self.name == "gone":
            self.practice.process.send_signal(signal.SIGKILL)
        if self.name == "sleep":
            self.process.send_signal(signal.SIGSTOP)
            self.practice.process.send_signal(signal.SIGKILL)

    def wake(self, started: ExitStack) -> None:
        """The lid is opened: the service is another one by now, and every connection is dead."""
        port = self.practice.port
        self.practice = started.enter_context(self.program.practice_process(port=port))
        self.process.send_signal(signal.SIGCONT)

    def joined(self) -> tuple[int, str]:
        out, err = self.process.communicate(timeout=ENOUGH_SECONDS)
        return self.process.returncode, out + err

    def end(self) -> None:
        """It is gone afterwards, whether a test has asked for it or not."""
        with self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()

    def lines(self) -> list[dict[str, Any]]:
        return ledger_lines(self.folder) if (self.folder / "ledger.jsonl").exists() else []

    def gaps(self, row: int) -> list[float]:
        """Seconds between the arrivals of a row."""
        times = [line["received"] for line in received(self.folder)[email(row)]]
        return [later - earlier for earlier, later in itertools.pairwise(times)]


def wait_for(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    moment = threading.Event()
    while not true():
        assert process.poll() is None, process.communicate()
        moment.wait(0.02)


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Case, Trial]]:
    """All of them, under way."""
    with ExitStack() as started:
        found: dict[Case, Trial] = {}
        for case in CASES:
            found[case] = Trial(tmp_path_factory.mktemp("-".join(case)), case, started)
        for trial in found.values():
            started.callback(trial.end)
            trial.act()
        asleep = threading.Event()
        asleep.wait(SLEPT_SECONDS)  # that long is a fact of this test: longer than the time limit for an answer
        for kind in ("contact", "survey"):
            found["sleep", kind].wake(started)
        yield found


BOTH_KINDS = pytest.mark.parametrize("kind", ["contact", "survey"])


@BOTH_KINDS
def test_an_answer_has_sixty_seconds(trials: dict[Case, Trial], kind: str) -> None:
    trial = trials["hang", kind]
    code, said = trial.joined()
    report = trial.program.json("resume")[1]
    check(trial.folder, report, kind, ROWS)
    if kind == "contact":
        assert (code, report["accepted"]) == (0, ROWS), said
        assert all(62 <= gap < 75 for gap in trial.gaps(4))
        assert len(trial.gaps(4)) == 1
    else:
        assert (code, report["accepted"], report["not_sure"]) == (1, ROWS - 1, 1), said
        assert trial.gaps(4) == []


@BOTH_KINDS
def test_too_many_requests_without_a_time_are_thirty_seconds(trials: dict[Case, Trial], kind: str) -> None:
    trial = trials["429-bare", kind]
    code, said = trial.joined()
    assert code == 0, said
    check(trial.folder, trial.program.json("resume")[1], kind, ROWS)
    (gap,) = trial.gaps(4)
    assert 30 <= gap < 40
    times = sorted(line["received"] for line in trial.lines())
    first = received(trial.folder)[email(4)][0]["received"]
    assert not [time for time in times if first + 1 < time < first + 30], "nobody sends meanwhile"


@BOTH_KINDS
def test_repeats_come_after_2_8_and_30_seconds(trials: dict[Case, Trial], kind: str) -> None:
    trial = trials["500", kind]
    code, said = trial.joined()
    report = trial.program.json("resume")[1]
    check(trial.folder, report, kind, ROWS)
    if kind == "contact":
        assert code == 0, said
        assert [round(gap) for gap in trial.gaps(4)] == pytest.approx([2, 8, 30], abs=3)
        assert all(gap >= wait for gap, wait in zip(trial.gaps(4), (2, 8, 30), strict=True)), "never shorter"
    else:
        assert (code, report["not_sure"]) == (1, 1), said
        assert trial.gaps(4) == []


@BOTH_KINDS
def test_without_a_connection_there_are_31_seconds_of_tries(trials: dict[Case, Trial], kind: str) -> None:
    trial = trials["gone", kind]
    code, said = trial.joined()
    assert code == 5, said
    assert "resume 1" in said
    assert sum(f"Going on in {seconds} s" in said for seconds in (1, 2, 4, 8, 16)) >= 1


@BOTH_KINDS
def test_sleep_is_a_pause(trials: dict[Case, Trial], kind: str) -> None:
    """All sixteen connections are dead after it, which is no reason to stop; nobody is written to twice."""
    trial = trials["sleep", kind]
    code, said = trial.joined()
    assert "was asleep" in said, said[-600:]
    assert code == (0 if kind == "contact" else 1), said
    _, report = finish(trial.program)
    check(trial.folder, report, kind, ROWS * 3, cut_off=1)
    assert report["not_sure"] == (0 if kind == "contact" else 1)
