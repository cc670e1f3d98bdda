"""kill -9 at random moments, and resume until the end: every row is accounted for, and once-only rows arrived once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
from collections import Counter
from pathlib import Path

import pytest
from program import ENOUGH_SECONDS, LOOK_SECONDS, Program, ledger_lines, received_count, wait_until, workbook

pytestmark = [pytest.mark.process, pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")]

ROWS = 60
KILLS = 15
HEADINGS = ("Email", "First Name")


def kill_when(process: subprocess.Popen[str], folder: Path, received: int) -> bool:
    """Kill once the server has received that many records; whether the process still lived."""
    pause = threading.Event()
    while process.poll() is None and received_count(folder) < received:
        pause.wait(LOOK_SECONDS)
    process.kill()
    process.communicate(timeout=ENOUGH_SECONDS)
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize(("kind", "seed"), [("contact", 1), ("survey", 2)])
@pytest.mark.slow
def test_fifteen_kills_lose_nobody_and_invite_nobody_twice(tmp_path: Path, kind: str, seed: int) -> None:
    moments = sorted(random.Random(seed).sample(range(1, ROWS - 2), KILLS))
    program = Program(tmp_path)
    file = workbook(tmp_path / "people.xlsx", HEADINGS, [(f"p{n}@example.com", f"N{n}") for n in range(ROWS)])
    with program.practice(delay=15) as practice:
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        words: list[str | Path] = ["upload", file, "--profile", profile, "--yes-send-surveys", "--connections", "4"]
        kills = 0
        for moment in moments:
            with program.start(*words) as process:
                kills += kill_when(process, tmp_path, moment)
            words = ["resume", "1"]
        code, said = program.json("resume", "1")
        ledger = practice.summary()
    assert kills >= 10, "the kills must have hit a living program"
    assert sum(said[word] for word in ("accepted", "refused", "held_back", "not_sent", "not_sure", "skipped")) == ROWS
    assert len(said["outcomes"]) == ROWS
    processed = Counter(line["pairs"][0][1] for line in ledger_lines(tmp_path) if line["processed"])
    status = {f"p{outcome['row'] - 2}@example.com": outcome["status"] for outcome in said["outcomes"]}
    for email, word in status.items():
        assert word in ("accepted", "not_sure")
        if word == "accepted":
            assert processed[email] >= 1
    if kind == "contact":
        assert code == 0
        assert said["accepted"] == ROWS
    else:
        assert max(processed.values()) == 1
        assert said["not_sure"] <= kills
        assert code == (1 if said["not_sure"] else 0)
    assert ledger["received"] >= ROWS - said["not_sure"]


def test_a_polite_end_leaves_nothing_unsure(tmp_path: Path) -> None:
    program = Program(tmp_path)
    file = workbook(tmp_path / "people.xlsx", HEADINGS, [(f"p{n}@example.com", f"N{n}") for n in range(ROWS)])
    with program.practice(delay=30) as practice:
        profile = program.profile(practice, HEADINGS, reference="survey", data_type="survey")
        with program.start("upload", file, "--profile", profile, "--yes-send-surveys", "--json") as process:
            wait_until(lambda: received_count(tmp_path) >= 5, process)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=ENOUGH_SECONDS)
        assert process.returncode == 130
        assert "resume 1" in err
        assert '"not_sure": 0' in out
        code, said = program.json("resume")
    assert code == 0
    assert said["accepted"] == ROWS
    processed = Counter(line["pairs"][0][1] for line in ledger_lines(tmp_path) if line["processed"])
    assert set(processed.values()) == {1}
