"""What happens when the program itself fails: the bug is logged without values, and no image of the memory is written.

A traceback, a warning of a library and an image of the memory may quote rows and keys. So exceptions that are not caught are
logged by place and type alone. Messages of other libraries go nowhere. A crash writes no core file, and Windows makes no
report of it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cg_uploader.settings import logs
from cg_uploader.settings.paths import AppPaths

if TYPE_CHECKING:
    from types import TracebackType

# SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX: no dialog and no report of an error. Child processes inherit them.
_NO_DIALOGS = 0x0001 | 0x0002


@contextlib.contextmanager
def quiet_crashes(paths: AppPaths) -> Iterator[None]:
    """Log exceptions that are not caught meanwhile, in the folder of ``paths``, and print nothing of them."""
    _forbid_memory_images()

    def log(error: BaseException | None) -> None:
        if error is not None and not isinstance(error, SystemExit | KeyboardInterrupt):
            logs.log_crash(paths, error)

    def log_uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        log(error)

    quiet = logging.NullHandler()
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = log_uncaught
    threading.excepthook = lambda uncaught: log(uncaught.exc_value)
    sys.unraisablehook = lambda unraisable: log(unraisable.exc_value)
    logging.getLogger().addHandler(quiet)  # without any handler Python prints warnings to standard error
    try:
        with warnings.catch_warnings():
            if not sys.warnoptions:
                warnings.simplefilter("ignore")
            yield
    finally:
        logging.getLogger().removeHandler(quiet)
        sys.excepthook, threading.excepthook, sys.unraisablehook = before


def _forbid_memory_images() -> None:
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetErrorMode(_NO_DIALOGS)
    else:
        import resource

        _, max_bytes = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, max_bytes))


@contextlib.contextmanager
def thread_dumps(paths: AppPaths) -> Iterator[None]:
    """Let a crash below Python meanwhile write where every thread was, beside the log: files, lines and names alone."""
    file = paths.logs / f"{logs.FILE}.crash"
    try:
        handle = os.open(
            file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0), 0o600
        )
    except OSError:
        yield  # the program works without it
        return
    try:
        faulthandler.enable(handle)
        yield
    finally:
        faulthandler.disable()
        os.close(handle)
