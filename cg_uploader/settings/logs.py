"""The log: a private file of bounded size that never holds a value, a secret or an address with values in it."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from io import TextIOWrapper
from itertools import pairwise
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TypeAlias, cast

from cg_uploader import __version__
from cg_uploader.errors import UploaderError
from cg_uploader.settings.paths import AppPaths, make_private
from cg_uploader.system.child_processes import system_name
from cg_uploader.translation import _

# The product's own logger. What other libraries log is not written: they log whole addresses, which hold row values.
NAME = "cg_uploader"
FILE = "cg-uploader.log"
# Size of each part.
MAX_BYTES = 1 << 20
OLDER_PARTS = 3

ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _PrivateFile(RotatingFileHandler):
    """Makes each part with mode 0600, follows no link in its place, and is silent when it cannot write."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Ignore it. The user learns of a full disk elsewhere, and Python would print the message and its arguments."""

    def close(self) -> None:
        """Close the file. What a full disk has no room for is lost."""
        with suppress(OSError):
            super().close()

    def doRollover(self) -> None:
        """Begin a new part, unless another program has just done so.

        Where another program keeps the file from being renamed, the log grows on. The newest part is renamed first, so that
        no older one is lost when that fails.
        """
        if self.stream:
            self.stream.close()
            self.stream = cast(TextIOWrapper, None)  # where it cannot be opened below, the next message opens it
        parts = [Path(f"{self.baseFilename}.{number}") for number in range(self.backupCount + 1)]
        with suppress(OSError):
            if Path(self.baseFilename).stat().st_size * 2 > self.maxBytes:
                Path(self.baseFilename).replace(parts[0])
        if parts[0].exists():
            for newer, older in reversed(list(pairwise(parts))):
                with suppress(OSError):
                    newer.replace(older)
        self.stream = self._open()

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
        return os.fdopen(os.open(self.baseFilename, flags, 0o600), "a", encoding="utf-8", errors="backslashreplace")


class _Quiet(logging.Formatter):
    """Writes the place and the type of an exception, but not its text, which may quote a row's values.

    A message is one line, so that no text in it can pass for a line of its own.
    """

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler may have left its own wording here, text and all
        text = super().format(record)
        record.exc_text = None
        return text

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        return "".join(char if char.isprintable() else "?" for char in super().formatMessage(record))

    def formatException(self, ei: ExceptionInfo) -> str:
        error = ei[1]
        return "" if error is None else "\n".join(_places_of(error))

    def formatStack(self, stack_info: str) -> str:
        return "\n".join(line for line in stack_info.splitlines() if line.startswith("  File "))


def _places_of(error: BaseException) -> list[str]:
    """Return a line for an exception and for each of its causes, each before the lines of its traceback."""
    lines: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        lines.append(f"{'because of ' if len(seen) > 1 else ''}{type(link).__module__}.{type(link).__qualname__}")
        lines += [
            f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(link.__traceback__)
        ]
        link = link.__cause__ or link.__context__
    return lines


def start(paths: AppPaths) -> logging.Handler:
    """Write what the product logs to the log file from now on. The caller gives the handler to ``stop`` at the end.

    Raises:
        UploaderError: The folder of logs, or the file, cannot be written.
    """
    make_private(paths.logs)
    file = paths.logs / FILE
    try:
        handler = _PrivateFile(file, maxBytes=MAX_BYTES, backupCount=OLDER_PARTS, encoding="utf-8")
    except OSError as error:
        raise UploaderError(
            _("The log {file} cannot be written ({reason}). Remove what stands in its place.").format(
                file=file, reason=error.strerror
            )
        ) from None
    handler.setFormatter(_Quiet("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger(NAME)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.info("CG Uploader %s, Python %s, %s", __version__, sys.version.split()[0], system_name())
    return handler


@contextlib.contextmanager
def opened(paths: AppPaths) -> Iterator[None]:
    """Write the log meanwhile, or none where it cannot be written."""
    try:
        handler = start(paths)
    except UploaderError:
        yield
        return
    try:
        yield
    finally:
        stop(handler)


def stop(handler: logging.Handler) -> None:
    """Close what ``start`` opened."""
    logger = logging.getLogger(NAME)
    logger.removeHandler(handler)
    logger.propagate = not logger.handlers
    handler.close()


def log_crash(paths: AppPaths, error: BaseException) -> Path:
    """Write where a bug showed itself, without its text. Return the log file, even where it cannot be written."""
    logger = logging.getLogger(NAME)
    is_open = any(isinstance(handler, _PrivateFile) for handler in logger.handlers)
    with contextlib.nullcontext() if is_open else opened(paths):
        logger.critical("A bug: %s", type(error).__name__, exc_info=error)
    return paths.logs / FILE
