"""How reading compares with python-calamine, pandas and the csv module, and what checking takes: targets 4 to 7, and 11."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import people
from figures import MIB, interleaved, middle, ratio, spread, table, whole
from processes import HERE, PYTHON, spend
from readers import FIRST

Reading = tuple[float, float]
"""Seconds, and bytes resident at the most."""


def hundred_thousand(*, quick: bool) -> None:
    """Target 4: 100,000 rows of 12 columns."""
    rows, times = 100_000, 3
    for inline in (False, True):
        file = people.twelve_columns(rows, inline=inline)
        found = interleaved({name: _reading(name, file, rows) for name in ("product", "calamine")}, times)
        slow = interleaved({"pandas": _reading("pandas", file, rows)}, 1 if quick else times)["pandas"]
        product, calamine, pandas = map(_seconds, (found["product"], found["calamine"], slow))
        faster = [seconds / mine for seconds, mine in zip(pandas, product, strict=False)]
        table(
            f"Target 4: {rows:,} × 12 into a Table (must 2 × calamine, aim 1.3 ×), {_texts(inline)}",
            ("", "seconds", "÷ calamine", "peak MiB"),
            [
                ("CG Uploader", spread(product, ".2f"), ratio(product, calamine), whole(_peaks(found["product"]), 1 / MIB)),
                ("calamine alone", spread(calamine, ".2f"), "1", whole(_peaks(found["calamine"]), 1 / MIB)),
                ("pandas + openpyxl", spread(pandas, ".2f"), "", whole(_peaks(slow), 1 / MIB)),
            ],
            [
                f"{spread(faster, '.1f')} × faster than pandas + openpyxl (must 5 ×, aim 8 ×)",
                f"{times} runs each in turn, the middle one; pandas {len(slow)} ×; importing left out",
            ],
        )


def million(*, quick: bool) -> None:
    """Target 5: 1,000,000 rows of 12 columns; what checking and uploading them takes is in target 12."""
    if quick:
        print("\nTarget 5 is left out with --quick.")
        return
    rows, times = 1_000_000, 3
    file = people.twelve_columns(rows, inline=True)
    found = interleaved({name: _reading(name, file, rows) for name in ("product", "calamine")}, times)
    product, calamine = map(_seconds, (found["product"], found["calamine"]))
    table(
        f"Target 5: {rows:,} × 12 into a Table (must 2.5 × calamine and 2,048 MiB, aim 1.5 × and 1,024 MiB), {_texts(True)}",
        ("", "seconds", "÷ calamine", "peak MiB"),
        [
            ("CG Uploader", spread(product, ".1f"), ratio(product, calamine), whole(_peaks(found["product"]), 1 / MIB)),
            ("calamine alone", spread(calamine, ".1f"), "1", whole(_peaks(found["calamine"]), 1 / MIB)),
        ],
        [f"{times} runs each in turn, the middle one; memory of all processes together; importing left out"],
    )


def text(*, quick: bool) -> None:
    """Target 6: comma-separated text."""
    rows, times = 200_000 if quick else 1_000_000, 3
    for quoted in (False, True):
        file = people.csv_file(rows, quoted=quoted)
        found = interleaved({name: _reading(name, file, rows) for name in ("product", "module")}, times)
        ours, module = map(_seconds, (found["product"], found["module"]))
        table(
            f"Target 6: {rows:,} × 12 of text, {'all' if quoted else 'nothing'} quoted, into a Table (must 2 × csv, aim 1.5 ×)",
            ("", "seconds", "÷ csv", "peak MiB"),
            [
                ("CG Uploader", spread(ours, ".2f"), ratio(ours, module), whole(_peaks(found["product"]), 1 / MIB)),
                ("Python's csv module", spread(module, ".2f"), "1", whole(_peaks(found["module"]), 1 / MIB)),
            ],
            [f"{times} runs each in turn, the middle one; encoding and delimiter found, the rows kept"],
        )


def soon(*, quick: bool) -> None:
    """Target 7: the first rows of large files, and a small file."""
    times = 3 if quick else 7
    large = 100_000 if quick else 1_000_000
    files = {
        f"first {FIRST} of {large:,}, xlsx": ("first", people.twelve_columns(large, inline=True), FIRST),
        f"first {FIRST} of {large:,}, csv": ("first", people.csv_file(large, quoted=False), FIRST),
        "all of 1,000, xlsx": ("running", people.twelve_columns(1_000, inline=False), 1_000),
    }
    found = interleaved({name: _reading(*reading) for name, reading in files.items()}, times)
    table(
        "Target 7: seconds until rows are there (first rows: must 1, aim 0.3; 1,000 rows: must 0.4, aim 0.15)",
        ("", "seconds", "rows a second"),
        [
            (name, spread(_seconds(readings), ".3f"), f"{files[name][2] / middle(_seconds(readings)):,.0f}")
            for name, readings in found.items()
        ],
        [f"{times} runs each in turn, the middle one; in a program that runs, so that a process is ready"],
    )


def checking(*, quick: bool) -> None:
    """Target 11: the check of 100,000 rows, beside their reading."""
    rows, times = 100_000, 1 if quick else 3
    file = people.twelve_columns(rows, inline=True)
    found = interleaved({name: _reading(name, file, rows) for name in ("check", "product")}, times)
    checked, read = map(_seconds, (found["check"], found["product"]))
    table(
        f"Target 11: {rows:,} × 12 checked (must 3 s, aim 1 s)",
        ("", "seconds", "÷ reading"),
        [("check", spread(checked, ".2f"), ratio(checked, read)), ("reading", spread(read, ".2f"), "1")],
        [f"{times} runs each in turn, the middle one; twelve fields, no two rows about the same person"],
    )


def _texts(inline: bool) -> str:
    return "texts in the cells" if inline else "shared texts, as Excel writes them"


def _reading(name: str, file: Path, rows: int) -> Callable[[], Reading]:
    return partial(_read, name, file, rows)


def _read(name: str, file: Path, rows: int) -> Reading:
    spent = spend([PYTHON, HERE / "readers.py", name, file], memory=True)
    count, seconds = spent.out.split()
    if int(count) != rows:
        raise RuntimeError(f"{name} read {count} rows of {file.name}, not {rows}")
    return float(seconds), float(spent.peak)


def _seconds(readings: list[Reading]) -> list[float]:
    return [seconds for seconds, _ in readings]


def _peaks(readings: list[Reading]) -> list[float]:
    return [peak for _, peak in readings]
