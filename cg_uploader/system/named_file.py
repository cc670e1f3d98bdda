"""Owns the reading of a file that the user named: it is a regular file, or it is refused, and nothing waits for ever.

A pipe without a writer, a device and a drive that is gone would each keep the program waiting without a word.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TypeVar

from cg_uploader.translation import _

# How long nothing may come of a file before its drive counts as gone.
TIMEOUT_SECONDS = 10.0

_Result = TypeVar("_Result")


def within(seconds: float, do: Callable[[], _Result]) -> _Result:
    """Return what ``do`` returns, or raise what it raises; TimeoutError when it takes longer.

    It runs on a thread of its own, which is left behind then: no system can take back a call to a drive that is gone.
    """
    results: list[_Result] = []
    failures: list[Exception] = []

    def run() -> None:
        try:
            results.append(do())
        except Exception as error:  # noqa: BLE001 - it is raised below, on the thread that asked
            failures.append(error)

    thread = threading.Thread(target=run, name="named file", daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not results:
        raise TimeoutError(errno.ETIMEDOUT, _("its drive does not answer"))
    return results[0]


class NamedFile:
    """A file that is open to be read; each call raises OSError, whose ``strerror`` says why, when it cannot be done.

    The time limit is for each call, so that a large file on a slow drive is read to its end.
    """

    def __init__(self, file: Path, seconds: float = TIMEOUT_SECONDS) -> None:
        """Open it; OSError when it is not a regular file."""
        self._seconds = seconds
        self._stream = within(seconds, lambda: _opened(file))
        self._gone = False

    def read(self, max_bytes: int) -> bytes:
        """The next bytes; empty at the end."""
        return self._do(lambda: self._stream.read(max_bytes))

    def readline(self, max_bytes: int) -> bytes:
        """The next line with its end."""
        return self._do(lambda: self._stream.readline(max_bytes))

    def seek(self, place: int) -> None:
        """Go to a place."""
        self._do(lambda: self._stream.seek(place))

    def size(self) -> int:
        """How many bytes the file has now."""
        return self._do(lambda: os.fstat(self._stream.fileno()).st_size)

    def __enter__(self) -> NamedFile:
        """The file itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it, unless its drive is gone: then a thread still waits in it."""
        if not self._gone:
            self._stream.close()

    def _do(self, do: Callable[[], _Result]) -> _Result:
        try:
            return within(self._seconds, do)
        except TimeoutError:
            self._gone = True
            raise


def read_named(file: Path, max_bytes: int) -> bytes:
    """Return the first ``max_bytes`` of a file; OSError as ``NamedFile``."""
    with NamedFile(file) as stream:
        return stream.read(max_bytes)


def is_there(path: Path, kind: Callable[[Path], bool] = Path.exists) -> bool:
    """Whether anything stands there, or something of a ``kind`` such as ``Path.is_file``; no when nobody can tell."""
    try:
        return within(TIMEOUT_SECONDS, lambda: kind(path))
    except (OSError, ValueError):
        return False


def same_as(path: Path, files: Iterable[Path]) -> list[Path]:
    """Return those of ``files`` that are the file ``path`` under any name.

    One that cannot be looked at in time is another file.  All are looked at side by side, so that any number of drives that
    are gone cost the time limit once.
    """
    found: dict[Path, bool] = {}

    def look(file: Path) -> None:
        with suppress(OSError, ValueError):
            found[file] = path.samefile(file)

    names = list(dict.fromkeys(files))
    threads = [threading.Thread(target=look, args=(file,), name="named file", daemon=True) for file in names]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + TIMEOUT_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [file for file in names if found.get(file)]


def _opened(file: Path) -> BinaryIO:
    """Open without waiting for a pipe's writer, and look before anything is read."""
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    raise OSError(errno.EINVAL, _("it is a pipe or a device, not a file"), str(file))
