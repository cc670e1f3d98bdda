"""A program run as a process of its own, and what the kernel says the whole tree cost: seconds, processor time, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PYTHON = sys.executable

_SAMPLE_SECONDS = 0.02
_PAGE = os.sysconf("SC_PAGE_SIZE")
_KIB = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process and its children cost.  ``cpu``: seconds of processor time; ``peak``: bytes resident, all together."""

    seconds: float
    cpu: float
    peak: int
    out: str


def spend(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, memory: bool = False) -> Spent:
    """Run ``command`` to its end; RuntimeError with its last words when it fails.

    ``memory``: add the processes of the tree up by looking every 20 ms, which itself takes a little time; what the kernel calls
    the most of one process is never less than what the one that started it had.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), cwd=ROOT, env=environment(env), stdout=out, stderr=err)
        watch = _Watch(process.pid) if memory else None
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        together = watch.end() if watch else 0
        if process.returncode != 0:
            err.seek(0)
            words = err.read().decode(errors="replace").strip()[-2_000:]
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}: {words}")
        out.seek(0)
        return Spent(seconds, usage.ru_utime + usage.ru_stime, together or usage.ru_maxrss * _KIB, out.read().decode())


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without proxies, and with ``more``."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, **(more or {})}


class _Watch:
    """Adds up the resident memory of a process and all below it, again and again, and keeps the most."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._most = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> int:
        self._over.set()
        self._thread.join()
        return self._most

    def _look(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            self._most = max(self._most, sum(map(_resident, _tree(self._pid))))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    except OSError:  # it has ended meanwhile, or this system has no /proc
        return
    for child in children:
        yield from _tree(int(child))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0
