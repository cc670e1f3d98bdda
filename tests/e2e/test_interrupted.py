"""Ctrl-C, SIGTERM, a halted process and clocks that jump, seen from outside the program.

How long each may take is tested beside the engine, with a clock that the test moves.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from laws import HEADINGS, check, finish, people, received, upload_words
from program import ENOUGH_SECONDS, Program, ledger_lines, received_count, wait_until

pytestmark = [pytest.mark.process, pytest.mark.skipif(os.name == "nt", reason="Windows knows these signals by other names")]

BOTH_KINDS = pytest.mark.parametrize("kind", ["contact", "survey"])


def hang(times: int) -> dict[str, Any]:
    return {"rules": [{"when": {"any": True}, "do": "hang", "times": times}]}


BUSY = {"rules": [{"when": {"record": 3}, "do": "429", "seconds": 300, "times": 1}]}


def wait_for_rows(folder: Path, process: subprocess.Popen[str], count: int) -> None:
    """Until the service has received that many."""
    wait_until(lambda: received_count(folder) >= count, process)


@BOTH_KINDS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_everything_hangs_ends_the_program(tmp_path: Path, kind: str, number: int) -> None:
    program = Program(tmp_path)
    with program.practice(hang(4 if kind == "contact" else 1)) as practice:
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        with program.start(*upload_words(people(tmp_path, 30), profile)) as process:
            wait_for_rows(tmp_path, process, 4 if kind == "contact" else 1)
            process.send_signal(number)
            assert process.stderr is not None
            assert "Stopping" in process.stderr.readline()
            _, err = process.communicate(timeout=ENOUGH_SECONDS)
        assert process.returncode == 130
        assert "resume 1" in err
        code, said = finish(program)
    check(tmp_path, said, kind, 30)
    assert said["not_sure"] == (0 if kind == "contact" else 1)
    assert code == said["not_sure"]


def test_a_second_ctrl_c_waits_for_nothing(tmp_path: Path) -> None:
    program = Program(tmp_path)
    with program.practice(hang(1)) as practice:
        profile = program.profile(practice, HEADINGS, reference="survey", data_type="survey")
        with program.start(*upload_words(people(tmp_path, 30), profile)) as process:
            wait_for_rows(tmp_path, process, 1)
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            assert "Stopping" in process.stderr.readline()
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=ENOUGH_SECONDS)
        assert process.returncode == 130
        _, said = finish(program)
    check(tmp_path, said, "survey", 30)


def test_a_signal_during_a_wait_of_five_minutes(tmp_path: Path) -> None:
    program = Program(tmp_path)
    with program.practice(BUSY) as practice:
        profile = program.profile(practice, HEADINGS)
        with program.start(*upload_words(people(tmp_path, 30), profile, "--connections", "1")) as process:
            assert process.stderr is not None
            while "Waiting" not in process.stderr.readline():
                assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=ENOUGH_SECONDS)
        assert process.returncode == 130
        code, said = finish(program)
    assert code == 0
    check(tmp_path, said, "contact", 30)


def test_a_signal_during_a_sign_in_that_hangs(tmp_path: Path) -> None:
    program = Program(tmp_path)
    with program.practice({"token": ["hang", "hang"]}) as practice:
        profile = program.profile(practice, HEADINGS)
        with program.start(*upload_words(people(tmp_path, 30), profile)) as process:
            wait_until(lambda: bool(practice.summary()["sign_ins"]), process)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=ENOUGH_SECONDS)
        assert process.returncode == 130, err
        assert "Traceback" not in err
        assert practice.summary()["received"] == 0


@pytest.mark.slow
@BOTH_KINDS
def test_a_halted_program_goes_on_where_it_was(tmp_path: Path, kind: str) -> None:
    """As in sleep, connections are dead afterwards: the service has gone and come back meanwhile."""
    rows = 60
    program = Program(tmp_path)
    with program.practice(delay=50) as practice:
        port = practice.port
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        process = program.start(*upload_words(people(tmp_path, rows), profile, "--connections", "16"), "--json")
        wait_for_rows(tmp_path, process, 20)
        process.send_signal(signal.SIGSTOP)
        before = len(ledger_lines(tmp_path))
    with program.practice(port=port), process:
        assert len(ledger_lines(tmp_path)) <= before + 16
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=ENOUGH_SECONDS)
        _, said = finish(program)
    check(tmp_path, said, kind, rows, cut_off=1)
    assert said["not_sure"] <= (0 if kind == "contact" else 1), err


def fake_time() -> Path | None:
    return next((file for file in Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


@pytest.mark.skipif(fake_time() is None, reason="libfaketime is not installed, so the clock of a program cannot be set")
@BOTH_KINDS
@pytest.mark.parametrize("jump", ["+1d", "-1d"])
@pytest.mark.slow
def test_a_clock_that_is_set_by_a_day(tmp_path: Path, kind: str, jump: str) -> None:
    """Forward, the sign-in is old at once and is renewed; back, it is as young as it is.  No wait becomes longer for it."""
    rows, offset = 60, tmp_path / "offset"
    offset.write_text("+0", encoding="ascii")
    program = Program(tmp_path)
    script = {"rules": [{"when": {"Email": "row41@example.com"}, "do": "429", "seconds": 3, "times": 1}]}
    with program.practice(script, delay=40) as practice:
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        with program.start(*upload_words(people(tmp_path, rows), profile)) as process:
            wait_for_rows(tmp_path, process, 5)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=ENOUGH_SECONDS)
        begun_with = practice.summary()["sign_ins"]["200"]
        program.environment = {  # a resume reads no file: the library cannot stand processes that wait for children
            "LD_PRELOAD": str(fake_time()),
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
        with program.start("resume", "--json") as process:
            wait_for_rows(tmp_path, process, 25)
            offset.write_text(jump, encoding="ascii")
            _, err = process.communicate(timeout=ENOUGH_SECONDS)
        program.environment = {}
        signed_in = practice.summary()["sign_ins"]["200"] - begun_with
    assert process.returncode == 0, err
    assert signed_in == (2 if jump == "+1d" else 1)
    assert ("its clock was set" in err) is (jump == "+1d")
    times = [line["received"] for line in received(tmp_path)["row41@example.com"]]
    assert len(times) == 2
    assert times[1] - times[0] >= 3, "the wait is what was asked for"
    _, said = program.json("resume")
    check(tmp_path, said, kind, rows)
    assert said["accepted"] == rows
    assert said["seconds"] >= 0, "also when it ended before it began, by the clock on the wall"
