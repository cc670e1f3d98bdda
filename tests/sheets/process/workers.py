"""Children for the tests: real ones that leave their number in a file, and stand-ins that misbehave."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cg_uploader.errors import FileError, UsageError
from cg_uploader.model.table import Table
from cg_uploader.sheets.process.limits import DEFAULT_LIMITS, Limits
from cg_uploader.sheets.process.parse_process import worker_command
from cg_uploader.sheets.reader import Readers

PYTHON = [sys.executable, "-I", "-S", "-c"]
_SPEECH = """
import os, struct, sys, time
with open(sys.argv[2], "a") as file: file.write(f"{os.getpid()}\\n")
def say(kind, data=b""):
    os.write(1, struct.pack("<cI", kind, len(data)) + data)
"""


class Numbers:
    """The numbers of the processes that were started."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "processes"
        self.file.touch()

    def __iter__(self) -> Iterator[int]:
        yield from map(int, self.file.read_text().split())

    def alive(self) -> list[int]:
        """Those that are not gone, or are gone and nobody took notice (zombies)."""
        return [number for number in self if Path(f"/proc/{number}").exists()] if os.name != "nt" else []


def real(numbers: Numbers, more: str = "") -> list[str]:
    """The command of a real child; ``more`` is done before it reads."""
    source, root = worker_command()[-2:]
    return [*PYTHON, f"{_SPEECH}{more}\n{source}", root, str(numbers.file)]


def stand_in(numbers: Numbers, code: str) -> list[str]:
    """The command of a child that greets, takes its job, and runs ``code``, which may ``say(kind, data)``."""
    return [*PYTHON, f"{_SPEECH}say(b'A')\nsys.stdin.readline()\n{code}\n", "", str(numbers.file)]


@contextmanager
def readers(words: list[str], limits: Limits = DEFAULT_LIMITS) -> Iterator[Readers]:
    """Readers with other children, closed at the end."""
    made = Readers(words, limits)
    try:
        yield made
    finally:
        made.close()


def refused(made: Readers, file: Path) -> FileError | UsageError:
    """The failure of a reading: one sentence."""
    with pytest.raises((FileError, UsageError)) as failure:
        made.read(file).rows.close()
    assert failure.value.sentence.endswith(".")
    assert "Traceback" not in failure.value.sentence
    return failure.value


def same(found: Table, expected: Table) -> bool:
    """Whether two tables are the same in everything that can be seen."""
    names = [name for name in Table.__slots__ if name not in ("rows", "notes")]
    return (
        [getattr(found, name) for name in names] == [getattr(expected, name) for name in names]
        and list(found.rows) == list(expected.rows)
        and list(found.notes) == list(expected.notes)
    )
