"""How reading a workbook compares with python-calamine alone and with pandas: targets 4 and 5."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import people
from figures import MIB, interleaved, ratio, spread, table, whole
from processes import HERE, PYTHON, spend

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
