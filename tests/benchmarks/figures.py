"""How a benchmark shows what it found: the head above all tables, the middle of several runs, tables of ratios."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Protocol, TypeVar

Found = TypeVar("Found")


class Show(Protocol):
    """How a table is printed: as ``table`` or as ``markdown``."""

    def __call__(self, title: str, heads: Sequence[str], lines: Iterable[Sequence[str]], notes: Iterable[str] = ()) -> None: ...


LIBRARIES = ("requests", "urllib3", "python-calamine", "openpyxl", "pandas", "xlsxwriter", "PySide6-Essentials")
MIB = 1 << 20


def head() -> str:
    """What the figures below it depend on: the command, the machine and how busy it is, the versions."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    disk = _file_system(Path(tempfile.gettempdir()))
    lines = (
        f"$ python {' '.join(sys.argv)}",
        f"{platform.system()} {platform.release()}, {os.cpu_count()} processors, load average {load}, journal on {disk}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}",
    )
    return "\n".join(lines)


def _file_system(folder: Path) -> str:
    """The kind of file system that a folder is on, as the kernel names it; a journal in memory would cost no time."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return "an unknown file system"
    entries = [line.split() for line in mounts.read_text().splitlines()]
    holding = [(len(entry[1]), entry[2]) for entry in entries if folder.resolve().is_relative_to(entry[1])]
    return max(holding)[1]


def interleaved(runs: Mapping[str, Callable[[], Found]], times: int) -> dict[str, list[Found]]:
    """Carry every run out ``times`` times, each round one after the other, so that all of them see the same machine."""
    found: dict[str, list[Found]] = {name: [] for name in runs}
    for _ in range(times):
        for name, run in runs.items():
            found[name].append(run())
    return found


def middle(values: Iterable[float]) -> float:
    """The middle one of several figures."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def ratio(of: Sequence[float], to: Sequence[float]) -> str:
    """The middle of the ratios of figures taken in the same round, and how far the rounds are apart."""
    return spread([a / b for a, b in zip(of, to, strict=True)])


def spread(values: Sequence[float], form: str = ".3f") -> str:
    """The middle one, and the lowest and the highest beside it."""
    shown = format(middle(values), form)
    return shown if len(values) == 1 else f"{shown} ({min(values):{form}}–{max(values):{form}})"


def whole(values: Sequence[float], scale: float = 1.0) -> str:
    """The middle one as a whole number."""
    return f"{middle(values) * scale:,.0f}"


def table(title: str, heads: Sequence[str], lines: Iterable[Sequence[str]], notes: Iterable[str] = ()) -> None:
    """Print a table under its title; the first column to the left, figures to the right."""
    rows = [list(heads), *map(list, lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(heads))]
    print(f"\n{title}")
    for row in rows:
        first, *rest = (
            cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "   ".join((first, *rest)).rstrip())
    for note in notes:
        print(f"  {note}")
    sys.stdout.flush()


def markdown(title: str, heads: Sequence[str], lines: Iterable[Sequence[str]], notes: Iterable[str] = ()) -> None:
    """Print a table as a README shows it."""
    print(f"\n{title}\n")
    print(f"| {' | '.join(heads)} |")
    print(f"|---|{'--:|' * (len(heads) - 1)}")
    for line in lines:
        print(f"| {' | '.join(line)} |")
    print("\n" + "; ".join(notes))
    sys.stdout.flush()
