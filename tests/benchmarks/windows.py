"""How the window behaves while the program works, and how soon it is there: targets 8 to 10, and 1 with the window."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import people
from figures import interleaved, middle, ratio, spread, table
from processes import HERE, PYTHON, ROOT, environment, spend
from servers import Kind, Received, Server

ANSWER_MS = 150
_AT_ONCE_ROWS = 20_000
OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}

Pauses = Mapping[str, Mapping[str, float]]
"""Phase → ``p99`` and ``longest`` in milliseconds, and the number of ``ticks``."""


def probe(what: str, file: Path, headings: Sequence[str], server: Server, connections: int) -> Pauses:
    """What ``window_probe.py`` says: the real window with a file, a profile and a home of its own."""
    with tempfile.TemporaryDirectory(prefix="cg-uploader-home-") as home:
        profile = Path(home, "benchmark.json")
        profile.write_text(people.profile(server.auth, server.records, headings, connections))
        env = {"CG_UPLOADER_HOME": f"{home}/stored", **OFFSCREEN}
        found: Pauses = json.loads(spend([PYTHON, HERE / "window_probe.py", what, profile, file], env=env).out)
        return found


def upload_with_window(rows: int, connections: int) -> tuple[Received, Pauses]:
    """Send ``rows`` rows from the open window: what the server saw, and the pauses."""
    file = people.eight_columns(rows)
    with Server(Kind.PRACTICE, ANSWER_MS) as server:
        pauses = probe("upload", file, people.EIGHT, server, connections)
        return server.received(rows), pauses


def pauses(*, quick: bool) -> None:
    """Targets 8 and 9: how long the window stands still."""
    rows, connections, times = 100_000, 8, 1 if quick else 3
    found = [_looked(rows, connections) for _ in range(times)]
    table(
        "Targets 8 and 9: pauses of the window in ms (8: longest 100, aim 50, p99 20; 9: p99 100, aim 20)",
        ("", "p99", "longest", "ticks"),
        [
            (
                phase,
                spread([run[phase]["p99"] for run in found], ".1f"),
                spread([run[phase]["longest"] for run in found], ".0f"),
                f"{middle(run[phase]['ticks'] for run in found):,.0f}",
            )
            for phase in found[0]
        ],
        [
            f"{rows:,} × 12 read and checked; sent at {ANSWER_MS} ms over {connections} connections, stopped after 15 s",
            "then 100,000 outcomes in ten seconds, one in twenty refused; then other rows sent without answer time",
            "“idle” is what the machine does to a window at rest",
        ],
    )


def _looked(rows: int, connections: int) -> Pauses:
    """All phases of one round."""
    with Server(Kind.PRACTICE, ANSWER_MS) as server:
        found = probe("look", people.twelve_columns(rows, inline=False), people.TWELVE, server, connections)
    with Server(Kind.RAW) as server:
        at_once = probe("upload", people.eight_columns(_AT_ONCE_ROWS), people.EIGHT, server, connections)
        server.received(_AT_ONCE_ROWS)
    return {**found, "no answer time": at_once["uploading"]}


def start(*, quick: bool) -> None:
    """Target 10: from starting the program to the window being there, once everything is in the disk cache."""
    times = 3 if quick else 7
    with tempfile.TemporaryDirectory(prefix="cg-uploader-bytecode-") as bytecode:
        runs = {kind: partial(seconds_until_shown, kind, bytecode) for kind in ("bare", "product")}
        interleaved(runs, 1)
        found = interleaved(runs, times)
    bare, product = found["bare"], found["product"]
    beyond = [ours - 0.3 for ours in product]
    table(
        "Target 10: seconds until the window can be seen (must: 0.3 s + 2 × bare; aim 1.5 × bare)",
        ("", "seconds", "÷ bare", "(less 0.3 s) ÷ bare"),
        [
            ("CG Uploader", spread(product), ratio(product, bare), ratio(beyond, bare)),
            ("bare QMainWindow", spread(bare), "1", ""),
        ],
        [f"offscreen, from the start of the process; {times} runs each in turn after one that does not count and compiles"],
    )


def seconds_until_shown(kind: str, bytecode: str) -> float:
    """From starting the process until it says that its window can be seen; compiled modules are kept in ``bytecode``.

    An installed program has its modules compiled, whatever the environment of this benchmark says of writing them.
    """
    with tempfile.TemporaryDirectory(prefix="cg-uploader-home-") as home:
        env = environment(
            {"CG_UPLOADER_HOME": home, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": "", **OFFSCREEN}
        )
        begun = time.perf_counter()
        command = [PYTHON, str(HERE / "window_start.py"), kind]
        with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = process.stdout.readline().strip()
            seconds = time.perf_counter() - begun
        if said != "shown" or process.returncode != 0:
            raise RuntimeError(f"the {kind} window ended with {process.returncode} and said “{said}”")
        return seconds
