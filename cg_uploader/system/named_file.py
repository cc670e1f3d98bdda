"""The reading of a file that the user named: only a regular file is read, and each call has a time limit.

A pipe without a writer, a device and a drive that is gone would otherwise keep the program waiting for ever.
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

# How long a call may take before the drive counts as gone.
TIMEOUT_SECONDS = 10.0

_Result = TypeVar("_Result")


def within(seconds: float, do: Callable[[], _Result]) -> _Result:
    """Return what ``do`` returns. It runs on a thread of its own, and may fail with OSError or ValueError.

    The thread is left behind when it takes longer: no system can take back a call to a drive that is gone.

    Raises:
        TimeoutError: It has not come to its end after ``seconds``.
        OSError: As raised by ``do``.
        ValueError: As raised by ``do``.
    """
    results: list[_Result] = []
    failures: list[OSError | ValueError] = []

    def run() -> None:
        try:
            results.append(do())
        except (OSError, ValueError) as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="named file", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(errno.ETIMEDOUT, _("its drive does not answer"))
    if failures:
        raise failures[0]
    return results[0]  # none is there after any other exception, which the thread's own hook has logged


class NamedFile:
    """A file that is open for reading.

    The time limit is for each call, so that a large file on a slow drive is read to its end. Each call raises OSError, whose
    ``strerror`` says why, when it cannot be done.
    """

    def __init__(self, file: Path, seconds: float = TIMEOUT_SECONDS) -> None:
        """Open a file.

        ``seconds``: the time limit of each call.

        Raises:
            OSError: It cannot be opened, or is no regular file.
        """
        self._seconds = seconds
        self._stream = within(seconds, lambda: _opened(file))
        self._gone = False

    def read(self, max_bytes: int) -> bytes:
        """Return the next bytes, at most ``max_bytes``. Empty at the end."""
        return self._do(lambda: self._stream.read(max_bytes))

    def readline(self, max_bytes: int) -> bytes:
        """Return the next line with its end, at most ``max_bytes`` of it."""
        return self._do(lambda: self._stream.readline(max_bytes))

    def seek(self, position: int) -> None:
        """Go to a position, in bytes from the beginning."""
        self._do(lambda: self._stream.seek(position))

    def size(self) -> int:
        """Return how many bytes the file has now."""
        return self._do(lambda: os.fstat(self._stream.fileno()).st_size)

    def __enter__(self) -> NamedFile:
        """Return the file itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the file, unless its drive is gone: then a thread still waits in it."""
        if not self._gone:
            self._stream.close()

    def _do(self, do: Callable[[], _Result]) -> _Result:
        try:
            return within(self._seconds, do)
        except TimeoutError:
            self._gone = True
            raise


def read_named(file: Path, max_bytes: int) -> bytes:
    """Return the first bytes of a file, at most ``max_bytes``.

    Raises:
        OSError: It cannot be read, or is no regular file.
    """
    with NamedFile(file) as stream:
        return stream.read(max_bytes)


def is_there(path: Path, kind: Callable[[Path], bool] = Path.exists) -> bool:
    """Tell whether something of ``kind`` is there. What cannot be looked at in time is not.

    ``kind``: a test such as ``Path.is_file``.
    """
    try:
        return within(TIMEOUT_SECONDS, lambda: kind(path))
    except (OSError, ValueError):
        return False


def same_as(path: Path, files: Iterable[Path]) -> list[Path]:
    """Return those of ``files`` that are the file ``path`` under any name.

    One that cannot be looked at in time is another file. All are looked at side by side, so that any number of drives that
    are gone cost the time limit once.
    """
    same: dict[Path, bool] = {}

    def look(file: Path) -> None:
        with suppress(OSError, ValueError):
            same[file] = path.samefile(file)

    names = list(dict.fromkeys(files))
    threads = [threading.Thread(target=look, args=(file,), name="named file", daemon=True) for file in names]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + TIMEOUT_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [file for file in names if same.get(file)]


def _opened(file: Path) -> BinaryIO:
    """Open a regular file. A pipe's writer is not waited for, and nothing of another kind is read."""
    handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    raise OSError(errno.EINVAL, _("it is a pipe or a device, not a file"), str(file))
