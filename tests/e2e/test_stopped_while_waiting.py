"""SIGTERM while a row waits for its sign-in or for a handshake, seen from outside: the row stays here, and goes out later."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from certificates import Authority
from fake_proxy import AUTH, RECORDS, FakeProxy, answer
from laws import HEADINGS, email, people, upload_words
from program import ENOUGH_SECONDS, Program

from cg_uploader.practice import faults
from cg_uploader.practice.server import PracticeServer

pytestmark = [pytest.mark.process, pytest.mark.skipif(os.name == "nt", reason="Windows knows these signals by other names")]

BOTH_KINDS = pytest.mark.parametrize("kind", ["contact", "survey"])
ROWS = 12


class Gate:
    """Holds one of those who come through it: the one with that number, counted from 1."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.reached.set()
            assert self.open.wait(ENOUGH_SECONDS)


def stopped(process: subprocess.Popen[str], gate: Gate) -> str:
    """Stop the program while it waits at the gate, and open that only when the program has said that it stops."""
    with process:
        assert gate.reached.wait(ENOUGH_SECONDS), process.communicate()
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        while "Stopping" not in (line := process.stderr.readline()):
            assert line, "it says that it stops"
        gate.open.set()
        _, err = process.communicate(timeout=ENOUGH_SECONDS)
    assert process.returncode == 130, err
    return err


@BOTH_KINDS
def test_a_row_whose_sign_in_is_answered_after_the_stop(tmp_path: Path, kind: str) -> None:
    """Each token is good for three rows, so that the fourth needs the second sign-in."""
    gate, program = Gate(2), Program(tmp_path)
    with PracticeServer(script=faults.parse({"token_calls": 3})) as server:
        give = server._token

        def slowly(*asked: Any) -> Any:
            gate()
            return give(*asked)

        server._token = slowly  # type: ignore[method-assign]
        addresses = {"auth": server.address.auth, "records": server.address.records}
        profile = program.profile(SimpleNamespace(addresses=addresses), HEADINGS, reference=kind, data_type=kind)  # type: ignore[arg-type]
        stopped(program.start(*upload_words(people(tmp_path, ROWS), profile, "--connections", "1")), gate)
        assert server.ledger.received == 4, "three rows, and the one that the token was too old for"
        report = json.loads(program.run("report", "1", "--as", "json").stdout)
        assert (report["accepted"], report["not_sent"], report["not_sure"]) == (3, ROWS - 3, 0)
        code, said = program.json("resume")
        assert (code, said["accepted"]) == (0, ROWS)
        processed = [entry.fields["Email"] for entry in server.ledger.entries if entry.processed]
    assert sorted(processed) == sorted(email(row) for row in range(2, ROWS + 2)), "each once"


class SlowRules:
    """TLS rules whose handshake has to wait at a gate."""

    def __init__(self, rules: Any, gate: Gate) -> None:
        self._rules, self._gate = rules, gate

    def wrap_bio(self, *args: Any, **kwargs: Any) -> Any:
        self._gate()
        return self._rules.wrap_bio(*args, **kwargs)


@BOTH_KINDS
def test_a_row_whose_handshake_ends_after_the_stop(tmp_path: Path, kind: str) -> None:
    """Behind a proxy, in a region whose hosts are other computers: the same way that a real upload goes."""
    gate, program, authority = Gate(1), Program(tmp_path), Authority(tmp_path / "authority")
    profile = tmp_path / "eu.json"
    configuration = {"reference": kind, "data_type": kind, "fields": [{"heading": heading} for heading in HEADINGS]}
    profile.write_text(json.dumps({"version": 1, "name": "EU", "region": "eu", "configuration": configuration}))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "preferences.json").write_text(json.dumps({"ca_file": str(authority.file)}))
    ways: dict[str, Any] = {AUTH: authority.server(AUTH), RECORDS: SlowRules(authority.server(RECORDS), gate)}
    with FakeProxy(ways, records=lambda _: answer(200)) as proxy:
        program.environment = proxy.environment
        stopped(program.start(*upload_words(people(tmp_path, ROWS), profile, "--connections", "1")), gate)
        assert proxy.puts == []
        report = json.loads(program.run("report", "1", "--as", "json").stdout)
        assert (report["not_sent"], report["not_sure"]) == (ROWS, 0)
        code, said = program.json("resume")
        assert (code, said["accepted"], len(proxy.puts)) == (0, ROWS, ROWS)
