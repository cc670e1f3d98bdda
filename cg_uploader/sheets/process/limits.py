"""How much memory and text a file may take while it is read, and how the system holds the process to that."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cg_uploader.errors import FileError
from cg_uploader.sheets.table.spool import MAX_IN_MEMORY
from cg_uploader.translation import _

if sys.platform != "win32":
    import resource


MAX_TEXT_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process that reads may take, and what may come of the file."""

    # Bytes of address space.
    address: int = 3 << 30
    # Bytes of memory in use.
    memory: int = 1536 << 20
    # Seconds without a sign of life.
    silence: float = 60.0
    # Bytes of the text of all rows.
    text: int = MAX_TEXT_BYTES

    def within_free_space(self) -> Limits:
        """Return the same limits, with no more text than half of the free space for temporary files.

        What is kept in memory needs no such space.
        """
        try:
            free = shutil.disk_usage(tempfile.gettempdir()).free
        except OSError:
            return self  # writing there will fail, and report it
        return replace(self, text=min(self.text, max(free // 2, MAX_IN_MEMORY)))


DEFAULT_LIMITS = Limits()


def text_too_long_error(limit: int) -> FileError:
    """Return the error for a file whose rows have more than ``limit`` bytes of text."""
    if limit >= MAX_TEXT_BYTES:
        sentence = _("Its rows hold more than {size} GiB of text. Copy the part that you need into a new workbook.")
        return FileError(sentence.format(size=MAX_TEXT_BYTES >> 30), kind="too-big")
    if limit <= MAX_IN_MEMORY:
        sentence = _(
            "Its rows hold more than {size} MiB of text, and the folder for temporary files is nearly full. Make room there, "
            "or copy the part that you need into a new workbook."
        )
    else:
        sentence = _(
            "Its rows hold more than {size} MiB of text, which is half of the free space for temporary files. Make room there, "
            "or copy the part that you need into a new workbook."
        )
    return FileError(sentence.format(size=f"{limit >> 20:,}"), kind="too-big")


def too_much_memory_error(name: str) -> FileError:
    """Return the error for a file that takes more memory than a file may take."""
    sentence = _("{name} needs more memory than a file may take. Copy the part that you need into a new workbook.")
    return FileError(sentence.format(name=name), kind="too-big")


def limit_own_process(address: int) -> None:
    """Let this process have no more than ``address`` bytes of address space, and write no core file.

    A core file would hold the user's data. macOS does not know a limit of address space. On Windows the job that the parent
    makes limits memory.
    """
    if sys.platform != "win32":
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (address, address))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def check_own_memory(memory: int) -> None:
    """Check the memory of this process on macOS, where the parent cannot see it.

    Raises:
        MemoryError: when this process has used more than ``memory`` bytes.
    """
    # macOS counts in bytes, where Linux counts in KiB
    if sys.platform == "darwin" and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > memory:
        raise MemoryError


def measure_memory(pid: int) -> int:
    """Return how many bytes of memory a process uses, or 0 when the system does not tell or the process has ended."""
    if sys.platform == "linux":
        with suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * resource.getpagesize()
    return 0
