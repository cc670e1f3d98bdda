"""The service that a benchmark sends to, as a process of its own, and what it says it received."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import loops
from processes import HERE, PYTHON, ROOT, environment, spend

_CEILING_ROWS = 20_000
_CEILING_SECONDS = 2


class Kind(Enum):
    """The product's practice server, or one that only counts."""

    PRACTICE = "practice server"
    RAW = "counting server"


@dataclass(frozen=True, slots=True)
class Received:
    """What a server says it received: how many records, and seconds between the first and the last."""

    rows: int
    seconds: float

    def rate(self, connections: int) -> float:
        """Rows per second.  The first row of each connection takes no time, so it does not count."""
        return (self.rows - connections) / self.seconds


class Server:
    """A running server; ``delay`` is milliseconds per record, ``port`` 0 any free one."""

    def __init__(self, kind: Kind, delay: int = 0, *, port: int = 0) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cg-uploader-server-")
        self._process = subprocess.Popen(
            list(map(str, self._command(kind, delay, port))), cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        said = dict(self._process.stdout.readline().split() for _ in range(3))
        self.auth, self.records, self._page = said["auth"], said["records"], said["page"]

    def _command(self, kind: Kind, delay: int, port: int) -> tuple[str | Path | int, ...]:
        if kind is Kind.RAW:
            return PYTHON, HERE / "raw_server.py", delay, port
        script = Path(self._folder.name, "script.json")
        script.write_text(json.dumps({"remember": 0}))
        return PYTHON, "-m", "cg_uploader", "practice-server", "--port", port, "--delay", delay, "--script", script

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._folder.cleanup()

    def received(self, rows: int) -> Received:
        """What has come so far; RuntimeError unless these are exactly ``rows``: sent once each, or the figures mean nothing."""
        found = self._summary()
        if found["received"] != rows:
            raise RuntimeError(f"{rows} rows were to be sent, and {found['received']} requests came")
        return Received(found["received"], found["last_received"] - found["first_received"])

    @property
    def port(self) -> int:
        """Where it listens, so that another one can take its place."""
        return urlsplit(self._page).port or 0

    def first_received(self) -> float | None:
        """When the first record came, on this computer's monotonic clock; None before."""
        return self._summary()["first_received"] or None

    def _summary(self) -> dict[str, Any]:
        with urlopen(f"{self._page}ledger?summary=1") as answer:
            found: dict[str, Any] = json.load(answer)
            return found


def ceiling(kind: Kind, connections: int) -> str:
    """How many rows a second the server takes from the quickest client there is, and which one that was."""
    with Server(kind) as server:
        if shutil.which("wrk") is None:
            spend([PYTHON, HERE / "loops.py", "raw", server.auth, server.records, str(_CEILING_ROWS), str(connections)])
            rows = _CEILING_ROWS // connections * connections
            return f"{server.received(rows).rate(connections):,.0f} rows/s (raw sockets)"
        return f"{_wrk(server, connections):,.0f} rows/s (wrk)"


def _wrk(server: Server, connections: int) -> float:
    lines = (
        'wrk.method = "PUT"',
        'wrk.headers["Accept"] = "application/json"',
        f'wrk.headers["Authorization"] = "Bearer {loops.sign_in(server.auth)}"',
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("\n".join(lines))
        script.flush()
        url = f"{server.records}?configuration=contact&record%5BEmail%5D=person%40example.com"
        said = spend(["wrk", "-t1", f"-c{connections}", f"-d{_CEILING_SECONDS}s", "-s", script.name, url]).out
    if "Non-2xx" in said:
        raise RuntimeError(f"the server refused: {said}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if found is None:
        raise RuntimeError(f"wrk said {said}")
    return float(found[1])
