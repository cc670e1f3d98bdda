"""How the upload compares with the shortest loops that send the same rows: targets 1, 2, 3 and 12."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import newman
import people
from figures import MIB, Show, interleaved, middle, ratio, spread, table, whole
from processes import HERE, PYTHON, Spent, spend
from servers import Kind, Received, Server, ceiling
from windows import ANSWER_MS, upload_with_window

_CONNECTIONS = 4
_BASE_ROWS = 10
_LEAN_ROWS = 5_000
_NEWMAN_ROWS = (100, 300)
_NO_NEWMAN = "newman is left out: it is not installed, and npm cannot install it here"


@dataclass(frozen=True, slots=True)
class Run:
    """One upload: what the server saw, and what the kernel says it cost."""

    received: Received
    spent: Spent
    connections: int

    @property
    def rate(self) -> float:
        """Rows per second as the server saw them."""
        return self.received.rate(self.connections)


def product(file: Path, headings: Sequence[str], rows: int, server: Server, connections: int, *, memory: bool = False) -> Run:
    """The program as it ships: a real file, a real profile, an empty journal on disk that commits durably."""
    with tempfile.TemporaryDirectory(prefix="cg-uploader-home-") as home:
        profile = Path(home, "benchmark.json")
        profile.write_text(people.profile(server.auth, server.records, headings, connections))
        env = {
            "CG_UPLOADER_HOME": f"{home}/stored",
            "CG_UPLOADER_CLIENT_ID": "practice",
            "CG_UPLOADER_CLIENT_SECRET": "practice",
        }
        spent = spend([PYTHON, "-m", "cg_uploader", "upload", file, "--profile", profile], env=env, memory=memory)
        return Run(server.received(rows), spent, connections)


def loop(kind: str, rows: int, server: Server, connections: int) -> Run:
    """One of the loops in ``loops.py``."""
    spent = spend([PYTHON, HERE / "loops.py", kind, server.auth, server.records, str(rows), str(connections)])
    return Run(server.received(rows), spent, connections)


def _against(kind: Kind, delay: int, send: Callable[[Server], Run]) -> Callable[[], Run]:
    """A run against a server of its own, so that its counts are the run's."""

    def run() -> Run:
        with Server(kind, delay) as server:
            return send(server)

    return run


def _people(rows: int, connections: int) -> Callable[[Server], Run]:
    file = people.eight_columns(rows)
    return lambda server: product(file, people.EIGHT, rows, server, connections)


def _newman(rows: int, kind: Kind, delay: int) -> Callable[[], Run]:
    """Postman's runner, which has one connection."""

    def send(server: Server) -> Run:
        spent = newman.send(rows, server)
        return Run(server.received(rows), spent, 1)

    return _against(kind, delay, send)


def share_of_the_ideal(*, quick: bool, show: Show = table) -> None:
    """Target 1: rows per second when every answer takes 150 ms, as a share of connections ÷ answer time."""
    seconds, times = (4, 1) if quick else (10, 3)
    lines = []
    for connections in (1, 4, 8, 16):
        ideal = connections * 1_000 / ANSWER_MS
        rows = connections + round(seconds * ideal)
        rates = interleaved(_rates(rows, connections), times)
        shares = {name: [rate / ideal for rate in found] for name, found in rates.items()}
        shown = (spread(shares[name]) if name in shares else "–" for name in ("product", "window", "session", "newman"))
        lines.append((str(connections), f"{rows:,}", *shown, ratio(shares["product"], shares["session"])))
    show(
        f"Target 1: share of the ideal at {ANSWER_MS} ms (must 0.95, aim 0.97; with the window 0.95)",
        ("connections", "rows", "CG Uploader", "with its window", "requests.Session", "newman", "CG Uploader ÷ Session"),
        lines,
        [f"the {Kind.PRACTICE.value} without answer time takes {ceiling(Kind.PRACTICE, 16)}; {_said(times)}", *_about_newman()],
    )


def _rates(rows: int, connections: int) -> dict[str, Callable[[], float]]:
    """What is compared in target 1, each giving the rows per second that the server saw."""
    session = _against(Kind.PRACTICE, ANSWER_MS, partial(loop, "session", rows, connections=connections))
    product = _against(Kind.PRACTICE, ANSWER_MS, _people(rows, connections))
    rates = {
        "session": lambda: session().rate,
        "product": lambda: product().rate,
        "window": lambda: upload_with_window(rows, connections)[0].rate(connections),
    }
    if connections == 1 and newman.program():
        theirs = _newman(rows, Kind.PRACTICE, ANSWER_MS)
        rates["newman"] = lambda: theirs().rate
    return rates


def _compared(kind: Kind, rows: int, connections: int) -> dict[str, Callable[[], Run]]:
    """What is compared where the service answers at once."""
    return {
        "session": _against(kind, 0, partial(loop, "session", rows, connections=connections)),
        "lean": _against(kind, 0, partial(loop, "lean", rows, connections=connections)),
        "product": _against(kind, 0, _people(rows, connections)),
    }


def processor_time(*, quick: bool, show: Show = table) -> None:
    """Target 2: processor time per row, the start left out by taking the difference of a large and a small run."""
    small, large = (200, 2_200) if quick else (200, 5_200)
    connections, times = _CONNECTIONS, 3
    runs = {f"{name} {rows}": run for rows in (small, large) for name, run in _compared(Kind.RAW, rows, connections).items()}
    few, many = _NEWMAN_ROWS
    if newman.program():
        runs |= {f"newman {rows}": _newman(rows, Kind.RAW, 0) for rows in _NEWMAN_ROWS}
    found = interleaved(runs, times)

    def per_row(name: str) -> list[float]:
        less_rows, more_rows = (few, many) if name == "newman" else (small, large)
        pairs = zip(found[f"{name} {more_rows}"], found[f"{name} {less_rows}"], strict=True)
        return [(more.spent.cpu - less.spent.cpu) / (more_rows - less_rows) for more, less in pairs]

    lean = per_row("lean")
    show(
        "Target 2: processor time per row beyond the start, no answer time (must 1.5 × lean, aim 1.2 ×)",
        ("8 fields, 4 connections", "µs per row", "÷ lean loop"),
        [
            (shown, whole(per_row(name), 1e6), "1" if name == "lean" else ratio(per_row(name), lean))
            for shown, name in (
                ("CG Uploader: read, check, record, send, report", "product"),
                ("requests.Session loop", "session"),
                ("lean requests loop", "lean"),
                ("newman", "newman"),
            )
            if f"{name} {small}" in found or f"{name} {few}" in found
        ],
        [f"difference of {large:,} and {small:,} rows (newman: {many} and {few}); {_said(times)}", *_about_newman()],
    )


_HEADS_WITHOUT_ANSWER_TIME = (
    *("connections", "CG Uploader", "÷ Session", "÷ lean", "÷ newman"),
    *("requests.Session", "lean loop", "newman", "the server's ceiling"),
)


def without_answer_time(*, quick: bool, show: Show = table) -> None:
    """Target 3: rows per second when the service answers at once."""
    rows, times = (2_000, 3) if quick else (6_000, 3)
    for kind in (Kind.RAW, Kind.PRACTICE):
        lines = []
        for connections in (_CONNECTIONS,) if quick else (1, 4, 16):
            runs = _compared(kind, rows, connections)
            if newman.program():
                runs["newman"] = _newman(_NEWMAN_ROWS[1], kind, 0)
            found = {name: [run.rate for run in done] for name, done in interleaved(runs, times).items()}
            ours, theirs = found["product"], found.get("newman")
            lines.append(
                (
                    *(str(connections), whole(ours), ratio(ours, found["session"]), ratio(ours, found["lean"])),
                    *(ratio(ours, theirs) if theirs else "–", *(whole(found[name]) for name in ("session", "lean"))),
                    *(whole(theirs) if theirs else "–", ceiling(kind, connections)),
                )
            )
        show(
            f"Target 3: rows/s without answer time, {kind.value} (must 1.0 × Session without a journal, aim 0.8 × lean)",
            _HEADS_WITHOUT_ANSWER_TIME,
            lines,
            [f"{rows:,} rows of 8 fields (newman: {_NEWMAN_ROWS[1]}, one connection); {_said(times)}", *_about_newman()],
        )


def growth(*, quick: bool, show: Show = table) -> None:
    """Targets 12 and 5: cost of a row in runs of different length, beside a lean loop, and the memory a run takes."""
    sizes = [1_000, 10_000, 100_000] if quick else [1_000, 10_000, 100_000, 1_000_000]
    start = _twelve(_BASE_ROWS)
    lines: list[tuple[str, ...]] = []
    first: tuple[float, float] | None = None
    for rows in sizes:
        times = 3 if rows <= 10_000 else 1
        beside = max(_LEAN_ROWS, rows // 4)
        lean = _against(Kind.RAW, 0, partial(loop, "lean", beside, connections=_CONNECTIONS))
        found = interleaved({"start": start, "lean": lean, "product": _twelve(rows)}, times)
        rounds = list(zip(found["product"], found["start"], found["lean"], strict=True))
        pace = middle(anchor.rate / run.rate for run, _, anchor in rounds)
        cpu = middle((run.spent.cpu - base.spent.cpu) / rows / (anchor.spent.cpu / beside) for run, base, anchor in rounds)
        peak = middle(run.spent.peak for run in found["product"])
        above = middle(run.spent.peak - base.spent.peak for run, base, _ in rounds)
        first = first or (pace, cpu)
        seconds = [1 / run.rate for run in found["product"]]
        lines.append(
            (
                *(f"{rows:,}", whole(seconds, 1e6), f"{pace:.2f}", f"{pace / first[0]:.2f}"),
                *(f"{cpu:.2f}", f"{cpu / first[1]:.2f}"),
                *(f"{peak / MIB:,.0f}", f"{above / MIB:,.0f}", str(times)),
            )
        )
    show(
        "Targets 12 and 5: cost per row, memory of read, check and upload (must: ± 10 % of the first, 300 MiB above the start)",
        ("rows", "µs per row", "÷ lean", "÷ first", "CPU ÷ lean", "÷ first", "peak MiB", "above start", "runs"),
        lines,
        [
            f"12 columns from an xlsx, counting server without answer time; the start is a run of {_BASE_ROWS} rows",
            f"beside each run a lean loop of at least {_LEAN_ROWS:,} rows of 8 fields, to measure how busy the machine is",
        ],
    )


def _twelve(rows: int) -> Callable[[], Run]:
    file = people.twelve_columns(rows, inline=True)
    return _against(Kind.RAW, 0, lambda server: product(file, people.TWELVE, rows, server, _CONNECTIONS, memory=True))


def _about_newman() -> list[str]:
    return [] if newman.program() else [_NO_NEWMAN]


def _said(times: int) -> str:
    return "one run each" if times == 1 else f"{times} runs each in turn, the middle one (lowest–highest)"
