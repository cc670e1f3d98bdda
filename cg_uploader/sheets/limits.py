"""Owns how much a process that reads a file may take, and what the system offers to hold it to that."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import resource


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of address space and of memory in use, and seconds without a sign of life."""

    address: int = 3 << 30
    memory: int = 1536 << 20
    silence: float = 60.0


USUAL = Limits()


def hold_this_process(address: int) -> None:
    """Let this process have no more address space than that, and leave no core file with a person's data behind.

    macOS does not know such a limit; Windows has the job that the parent makes.
    """
    if sys.platform != "win32":
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (address, address))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def check_this_process(memory: int) -> None:
    """MemoryError when this process uses more than that, where the parent cannot see it: on macOS, which counts in bytes."""
    if sys.platform == "darwin" and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > memory:
        raise MemoryError


def memory_of(process: int) -> int:
    """Bytes of memory that a process uses; 0 where the system does not tell, and when the process has ended."""
    if sys.platform == "linux":
        with suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{process}/statm").read_bytes().split()[1]) * resource.getpagesize()
    return 0
