"""What happens when the program itself fails: it is logged without a value, and nothing of its memory is written anywhere.

A traceback, a warning of a library and an image of the memory all may quote rows and keys, so none of them leaves: exceptions
that nobody catches are logged by place and type, other libraries' messages go nowhere, a crash writes no core file, and
Windows makes no report of it.
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

# SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX: no dialog and no report of an error; processes that are started inherit it.
_NO_DIALOGS = 0x0001 | 0x0002


@contextlib.contextmanager
def kept_quiet(paths: AppPaths) -> Iterator[None]:
    """Meanwhile what nobody catches is logged in the folder of ``paths``, and printed nowhere."""
    _write_no_memory()

    def log(error: BaseException | None) -> None:
        if error is not None and not isinstance(error, SystemExit | KeyboardInterrupt):
            logs.log_crash(paths, error)

    def uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        log(error)

    quiet = logging.NullHandler()
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = uncaught
    threading.excepthook = lambda met: log(met.exc_value)
    sys.unraisablehook = lambda met: log(met.exc_value)
    logging.getLogger().addHandler(quiet)  # without any handler Python prints warnings to standard error
    try:
        with warnings.catch_warnings():
            if not sys.warnoptions:
                warnings.simplefilter("ignore")
            yield
    finally:
        logging.getLogger().removeHandler(quiet)
        sys.excepthook, threading.excepthook, sys.unraisablehook = before


def _write_no_memory() -> None:
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.SetErrorMode(_NO_DIALOGS)
    else:
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, most))


@contextlib.contextmanager
def last_words(paths: AppPaths) -> Iterator[None]:
    """Meanwhile a crash below Python writes into the folder of logs where every thread stood: files, lines and names alone."""
    file = paths.logs / f"{logs.FILE}.crash"
    try:
        handle = os.open(
            file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0), 0o600
        )
    except OSError:
        yield  # the program is of use without it
        return
    try:
        faulthandler.enable(handle)
        yield
    finally:
        faulthandler.disable()
        os.close(handle)
