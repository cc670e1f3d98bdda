"""How soon the first rows of a file are on the screen, and how long a small file takes in all: target 7."""

from __future__ import annotations

import csv
import json
import tempfile
from functools import partial
from pathlib import Path

import people
from figures import interleaved, ratio, spread, table
from processes import HERE, PYTHON, spend
from windows import OFFSCREEN

MANY, FEW = 1_000_000, 1_000

Seconds = tuple[float, float]
"""Until the first rows were on the screen, and until all of the file was read."""


def on_the_screen(*, quick: bool) -> None:
    """Target 7: a million rows of each kind, and a workbook of a thousand rows."""
    many, times = (100_000, 3) if quick else (MANY, 3)
    small = people.twelve_columns(FEW, inline=False)
    files = {
        "xlsx, shared texts": people.twelve_columns(many, inline=False),
        "xlsx, texts in the cells": people.twelve_columns(many, inline=True),
        "csv": _csv(many),
        f"xlsx, {FEW:,} rows": small,
    }
    runs = {name: partial(_in_the_window, file) for name, file in files.items()}
    found = interleaved(runs, times)
    alone = interleaved({"calamine": partial(_calamine, small)}, times)["calamine"]
    lines = [
        (
            name,
            spread([first for first, _ in seconds]),
            spread([whole for _, whole in seconds], ".2f"),
            ratio([first for first, _ in seconds], [whole for _, whole in seconds]),
        )
        for name, seconds in found.items()
    ]
    small_ones = [whole for _, whole in found[f"xlsx, {FEW:,} rows"]]
    table(
        f"Target 7: first rows on the screen, {many:,} × 12 (must 1 s, aim 0.3 s); a small file complete (0.4 s, aim 0.15 s)",
        ("", "first rows, s", "all rows, s", "first ÷ all"),
        lines,
        [
            f"{FEW:,} rows complete in the window ÷ calamine alone: {ratio(small_ones, alone)}",
            "the real window offscreen, open for a second, a process ready to read, files in the disk cache",
            f"{times} runs each in turn, the middle one",
        ],
    )


def _in_the_window(file: Path) -> Seconds:
    with tempfile.TemporaryDirectory(prefix="cg-uploader-home-") as home:
        profile = Path(home, "benchmark.json")
        nowhere = "http://127.0.0.1:9/"
        profile.write_text(people.profile(f"{nowhere}oauth2/token", f"{nowhere}records/", people.TWELVE, 1))
        env = {"CG_UPLOADER_HOME": f"{home}/stored", **OFFSCREEN}
        first, whole = json.loads(spend([PYTHON, HERE / "first_probe.py", profile, file], env=env).out)
        return first, whole


def _calamine(file: Path) -> float:
    return float(spend([PYTHON, HERE / "readers.py", "calamine", file]).out.split()[1])


def _csv(rows: int) -> Path:
    """The rows of ``twelve_columns`` as text."""
    file = Path(tempfile.gettempdir()) / "cg-uploader-benchmarks" / f"first-{rows}.csv"
    if not file.exists():
        print(f"  (making {file.name})", flush=True)
        beside = file.with_suffix(".part")
        with beside.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(people.TWELVE)
            writer.writerows(people.mixed(number) for number in range(1, rows + 1))
        beside.replace(file)
    return file
