"""Owns one child process that reads a file: its start, its limits, its messages, and its end in all cases."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path
from queue import Empty, Full, Queue

from cg_uploader.errors import FileError
from cg_uploader.sheets.process.limits import Limits, measure_memory
from cg_uploader.sheets.process.protocol import Message, ParseJob, receive_message
from cg_uploader.sheets.process.windows_job import confine
from cg_uploader.system.child_processes import reading_environment

if sys.platform == "linux":
    import fcntl

# The one word with which an installed program is started as a child.
PARSE_WORKER = "--parse-worker"

_LOOK = 0.1
_PATIENCE = 2.0
_WAITING_MESSAGES = 2
_WAITING_BYTES = 1 << 20
_NO_WINDOW = 0x08000000 if sys.platform == "win32" else 0
_SOURCE = "import sys; sys.path.append(sys.argv[1]); from cg_uploader.sheets.process.worker import main; sys.exit(main())"


class _EndOfMessages(Enum):
    """Why no more messages come."""

    CLOSED = 1
    GARBAGE = 2


def worker_command() -> list[str]:
    """The command that starts a child: this program anew, or the interpreter with the standard library and this package."""
    if getattr(sys, "frozen", False):
        return [sys.executable, PARSE_WORKER]
    # on Windows the executable of a virtual environment only starts another one, which is out of reach of limits
    python = getattr(sys, "_base_executable", sys.executable) if sys.platform == "win32" else sys.executable
    return [python, "-I", "-S", "-X", "utf8", "-c", _SOURCE, str(Path(__file__).resolve().parents[3])]


class ParseProcess:
    """A process that waits for one job.  ``close`` must be called; a child that is forgotten ends too."""

    def __init__(self, words: Sequence[str], limits: Limits) -> None:
        """Start it; FileError when the system does not."""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this program itself
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(sys.executable).parent,
                env=reading_environment(),
                creationflags=_NO_WINDOW,
            )
        except OSError as error:
            raise _not_started() from error
        if sys.platform == "linux" and self._process.stdout is not None:
            with suppress(OSError):  # only sooner: with the usual room, the child waits in the middle of each block of rows
                fcntl.fcntl(self._process.stdout, fcntl.F_SETPIPE_SZ, _WAITING_BYTES)
        self._limits = limits
        self._messages: Queue[Message | _EndOfMessages] = Queue(_WAITING_MESSAGES)
        self._stopped = threading.Event()
        self._listener: threading.Thread | None = None
        self._end = weakref.finalize(self, _end, self._process, self._stopped, confine(self._process.pid, limits.memory))

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it, whatever it is doing."""
        self._end()
        if self._listener is not None:
            self._listener.join(_PATIENCE)

    def messages(self, job: ParseJob, tick: Callable[[], None]) -> Iterator[Message]:
        """Give it the job; its messages as they come.

        ``tick`` is called ten times a second and may end this by raising.  FileError when the child ends early, takes more
        memory than it may, is silent for too long, or says what nobody understands.
        """
        self._give(job)
        heard = self._process, self._messages, self._stopped
        self._listener = threading.Thread(target=_listen, args=heard, name="reading", daemon=True)
        self._listener.start()
        began, silence, looked = False, 0.0, 0.0
        while True:
            tick()
            if time.monotonic() - looked >= _LOOK:
                looked = time.monotonic()
                self._check_memory(job.file.name)
            try:
                message = self._messages.get(timeout=_LOOK)
            except Empty:
                silence += _LOOK  # waits are counted, not the clock: a computer that slept was not silent
                self._check_silence(job.file.name, silence)
                continue
            if isinstance(message, _EndOfMessages):
                if message is _EndOfMessages.CLOSED and not began:
                    raise _not_started()
                raise self._ended(job.file.name) if message is _EndOfMessages.CLOSED else interrupted_error(job.file.name)
            began, silence = True, 0.0
            yield message

    def _give(self, job: ParseJob) -> None:
        """Write the job, and leave the pipe open as a sign of life; a child that is no more shows itself by its silence."""
        source = self._process.stdin
        with suppress(OSError):
            if source is not None:
                source.write(job.packed())
                source.flush()

    def _check_memory(self, name: str) -> None:
        if measure_memory(self._process.pid) > self._limits.memory:
            raise _too_large(name)

    def _check_silence(self, name: str, seconds: float) -> None:
        if seconds >= self._limits.silence:
            raise FileError(
                f"{name} cannot be read: for {self._limits.silence:.0f} seconds nothing came of it. Copy it to this computer, "
                "or copy the part that is meant into a new workbook.",
                kind="too-big",
            )

    def _ended(self, name: str) -> FileError:
        """The failure for a child that ended too early; the system kills the one that takes most when memory runs out."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        if sys.platform != "win32" and self._process.returncode == -signal.SIGKILL:
            return _too_large(name)
        return interrupted_error(name)


def interrupted_error(name: str) -> FileError:
    """The failure for a file over which reading broke off."""
    return FileError(
        f"{name} cannot be read: reading broke off. It may be damaged. Open it in Excel, save it again, and choose it again.",
        kind="damaged",
    )


def _too_large(name: str) -> FileError:
    text = f"{name} needs more memory than a file may take. Copy the part that is meant into a new workbook."
    return FileError(text, kind="too-big")


def _not_started() -> FileError:
    return FileError("Files cannot be read, because a part of CG Uploader does not start. Install CG Uploader again.")


def _listen(process: subprocess.Popen[bytes], messages: Queue[Message | _EndOfMessages], stopped: threading.Event) -> None:
    """Hand over what the child says until it ends, on a thread of its own: no system but POSIX waits for pipes with a limit."""
    ending = _EndOfMessages.CLOSED
    with suppress(OSError):
        try:
            while process.stdout is not None and (message := receive_message(process.stdout)) is not None:
                if not _put(messages, message, stopped):
                    return
        except ValueError:
            ending = _EndOfMessages.GARBAGE
    _put(messages, ending, stopped)


def _put(messages: Queue[Message | _EndOfMessages], message: Message | _EndOfMessages, stopped: threading.Event) -> bool:
    """Whether somebody still wants it."""
    while not stopped.is_set():
        with suppress(Full):
            messages.put(message, timeout=_LOOK)
            return True
    return False


def _end(process: subprocess.Popen[bytes], stopped: threading.Event, end_job: Callable[[], object]) -> None:
    """Kill a process, and give its pipes back; one that the system cannot end at once is left behind."""
    stopped.set()
    process.kill()
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
        if process.stdout is not None:
            process.stdout.close()
    end_job()
