"""Owns how much a file may take while it is read, in memory and as text, and what the system offers to hold it to that."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cg_uploader.errors import FileError
from cg_uploader.sheets.table.spool import MAX_IN_MEMORY

if sys.platform != "win32":
    import resource


MAX_TEXT_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process that reads may take, and what may come of the file.

    ``address``: bytes of address space.  ``memory``: bytes of memory in use.  ``silence``: seconds without a sign of life.
    ``text``: bytes of the text of all rows.
    """

    address: int = 3 << 30
    memory: int = 1536 << 20
    silence: float = 60.0
    text: int = MAX_TEXT_BYTES

    def with_room(self) -> Limits:
        """The same limits where the text takes half of the free space for temporary files at most.

        What is kept in memory needs no such space.
        """
        try:
            free = shutil.disk_usage(tempfile.gettempdir()).free
        except OSError:
            return self  # what cannot be written will say so
        return replace(self, text=min(self.text, max(free // 2, MAX_IN_MEMORY)))


DEFAULT_LIMITS = Limits()


def text_too_long_error(limit: int) -> FileError:
    """The failure for a file whose rows come to more than ``limit`` bytes of text."""
    advice = "copy the part that is meant into a new workbook."
    if limit >= MAX_TEXT_BYTES:
        text = f"Its rows hold more than {MAX_TEXT_BYTES >> 30} GiB of text. {advice.capitalize()}"
    elif limit <= MAX_IN_MEMORY:
        text = (
            f"Its rows hold more than {limit >> 20:,} MiB of text, and the folder for temporary files is nearly full. "
            f"Make room there, or {advice}"
        )
    else:
        text = (
            f"Its rows hold more than {limit >> 20:,} MiB of text, which is half of the free space for temporary files. "
            f"Make room there, or {advice}"
        )
    return FileError(text, kind="too-big")


def limit_own_process(address: int) -> None:
    """Let this process have no more address space than that, and leave no core file with a person's data behind.

    macOS does not know such a limit; Windows has the job that the parent makes.
    """
    if sys.platform != "win32":
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (address, address))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def check_own_memory(memory: int) -> None:
    """MemoryError when this process uses more than that, where the parent cannot see it: on macOS, which counts in bytes."""
    if sys.platform == "darwin" and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > memory:
        raise MemoryError


def measure_memory(process: int) -> int:
    """Bytes of memory that a process uses; 0 where the system does not tell, and when the process has ended."""
    if sys.platform == "linux":
        with suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{process}/statm").read_bytes().split()[1]) * resource.getpagesize()
    return 0
