"""How soon a half-done run goes on: target 13."""

from __future__ import annotations

import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import people
from figures import Show, spread, table, whole
from processes import PYTHON, ROOT, environment
from servers import Kind, Server

_ENOUGH_SECONDS = 1_800
_HALF = (
    "update row set state = 'accepted', cells = null, who = '', http = 200, attempts = 1"
    " where id & 4294967295 < ? and state != 'held_back'"
)


def half_done(*, quick: bool, show: Show = table) -> None:
    """Target 13: seconds from starting ``resume`` to the first request, after half of a run's rows."""
    times = 3
    lines = []
    for rows in (10, 100_000) if quick else (10, 100_000, 1_000_000):
        staged, found = _resumed(rows, times)
        lines.append((f"{rows:,}", spread(found, ".2f"), whole([staged])))
    show(
        "Target 13: seconds from starting “resume” to its first request, half of the rows done (must 10 s, aim 2 s)",
        ("rows", "seconds", "first upload: seconds to its first request"),
        lines,
        [
            "12 columns; the program is killed at its first request, then the first half is marked accepted in its record",
            f"{times} resumes each, killed at their first request; a run of 10 rows shows what the start alone takes",
        ],
    )


def _resumed(rows: int, times: int) -> tuple[float, list[float]]:
    """Seconds to the first request of the upload, and of each resume."""
    file = people.csv_file(rows)
    with tempfile.TemporaryDirectory(prefix="cg-uploader-home-") as home:
        profile = Path(home, "benchmark.json")
        env = {
            "CG_UPLOADER_HOME": f"{home}/stored",
            "CG_UPLOADER_CLIENT_ID": "practice",
            "CG_UPLOADER_CLIENT_SECRET": "practice",
        }
        with Server(Kind.RAW, 60_000) as server:
            profile.write_text(people.profile(server.auth, server.records, people.TWELVE, 4))
            staged = _until_first_request(["upload", str(file), "--profile", str(profile)], env, server)
            port = server.port
        _mark_half(next(Path(home, "stored").rglob("journal.sqlite3")), rows)
        found = []
        for _ in range(times):
            with Server(Kind.RAW, 60_000, port=port) as server:
                found.append(_until_first_request(["resume"], env, server))
        return staged, found


def _until_first_request(words: list[str], env: Mapping[str, str], server: Server) -> float:
    """Seconds until the server has a record; the program is killed then."""
    begun = time.monotonic()
    with subprocess.Popen(
        [PYTHON, "-m", "cg_uploader", *words],
        cwd=ROOT,
        env=environment(env),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            while (first := server.first_received()) is None:
                if process.poll() is not None or time.monotonic() - begun > _ENOUGH_SECONDS:
                    raise RuntimeError(f"{words[0]} sent nothing and ended with {process.poll()}")
                time.sleep(0.02)
        finally:
            process.kill()
    return first - begun


def _mark_half(journal: Path, rows: int) -> None:
    db = sqlite3.connect(journal, isolation_level=None)
    try:
        changed = db.execute(_HALF, (rows // 2,)).rowcount
    finally:
        db.close()
    if changed != rows // 2:
        raise RuntimeError(f"{changed} rows of {rows} were marked")
