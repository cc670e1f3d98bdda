"""One child process that reads a file: its start, its limits, its messages, and its end in all cases."""

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
from cg_uploader.sheets.process.limits import Limits, measure_memory, too_much_memory_error
from cg_uploader.sheets.process.protocol import Message, ParseJob, receive_message
from cg_uploader.sheets.process.windows_job import confine
from cg_uploader.system.child_processes import reading_environment
from cg_uploader.translation import _

if sys.platform == "linux":
    import fcntl

# The one argument with which an installed program is started as a child.
PARSE_WORKER = "--parse-worker"

# Seconds between two looks at the process, and seconds that its end may take.
_POLL_SECONDS = 0.1
_END_SECONDS = 2.0
_MAX_MESSAGES_WAITING = 2
_PIPE_BYTES = 1 << 20
_NO_WINDOW = 0x08000000 if sys.platform == "win32" else 0
_SOURCE = "import sys; sys.path.append(sys.argv[1]); from cg_uploader.sheets.process.worker import main; sys.exit(main())"


class _EndOfMessages(Enum):
    """Why no more messages come."""

    CLOSED = 1
    GARBAGE = 2


def worker_command() -> list[str]:
    """Return the command that starts a child.

    It is this program again, or the interpreter with the standard library and this package.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, PARSE_WORKER]
    # on Windows the executable of a virtual environment only starts another one, which is out of reach of limits
    python = getattr(sys, "_base_executable", sys.executable) if sys.platform == "win32" else sys.executable
    return [python, "-I", "-S", "-X", "utf8", "-c", _SOURCE, str(Path(__file__).resolve().parents[3])]


class ParseProcess:
    """A child process that waits for one job. ``close`` must be called. A forgotten child ends too."""

    def __init__(self, command: Sequence[str], limits: Limits) -> None:
        """Start it.

        Raises:
            FileError: when the system does not start it.
        """
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this program itself
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(sys.executable).parent,
                env=reading_environment(),
                creationflags=_NO_WINDOW,
            )
        except OSError as error:
            raise _not_started_error() from error
        if sys.platform == "linux" and self._process.stdout is not None:
            # a pipe of ordinary size makes the child wait in the middle of each block of rows
            with suppress(OSError):
                fcntl.fcntl(self._process.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._limits = limits
        self._messages: Queue[Message | _EndOfMessages] = Queue(_MAX_MESSAGES_WAITING)
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
            self._listener.join(_END_SECONDS)

    def messages(self, job: ParseJob, tick: Callable[[], None]) -> Iterator[Message]:
        """Give the job to the process, and yield its messages as they come.

        ``tick`` is called ten times a second, and may end this by raising.

        Raises:
            FileError: when the child ends early, takes more memory than it may, is silent for too long, or sends bytes that
                are no message.
        """
        self._send(job)
        channel = self._process, self._messages, self._stopped
        self._listener = threading.Thread(target=_listen, args=channel, name="reading", daemon=True)
        self._listener.start()
        has_begun, silence, checked = False, 0.0, 0.0
        while True:
            tick()
            if time.monotonic() - checked >= _POLL_SECONDS:
                checked = time.monotonic()
                self._check_memory(job.file.name)
            try:
                message = self._messages.get(timeout=_POLL_SECONDS)
            except Empty:
                silence += _POLL_SECONDS  # waits are counted, not the clock: a computer that slept was not silent
                self._check_silence(job.file.name, silence)
                continue
            if isinstance(message, _EndOfMessages):
                raise self._early_end_error(message, job.file.name, has_begun=has_begun)
            has_begun, silence = True, 0.0
            yield message

    def _send(self, job: ParseJob) -> None:
        """Write the job, and leave the pipe open: the child ends when the pipe closes."""
        source = self._process.stdin
        with suppress(OSError):  # a child that has ended is noticed by its silence
            if source is not None:
                source.write(job.to_line())
                source.flush()

    def _check_memory(self, name: str) -> None:
        if measure_memory(self._process.pid) > self._limits.memory:
            raise too_much_memory_error(name)

    def _check_silence(self, name: str, seconds: float) -> None:
        if seconds >= self._limits.silence:
            sentence = _(
                "{name} cannot be read: nothing came of it for {seconds} seconds. Copy it to this computer, or copy the part "
                "that you need into a new workbook."
            )
            raise FileError(sentence.format(name=name, seconds=f"{self._limits.silence:.0f}"), kind="too-big")

    def _early_end_error(self, end: _EndOfMessages, name: str, *, has_begun: bool) -> FileError:
        if end is _EndOfMessages.GARBAGE:
            return interrupted_error(name)
        if not has_begun:
            return _not_started_error()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        # when memory runs out, the system kills the process that takes most
        if sys.platform != "win32" and self._process.returncode == -signal.SIGKILL:
            return too_much_memory_error(name)
        return interrupted_error(name)


def interrupted_error(name: str) -> FileError:
    """Return the error for a file over which reading broke off."""
    sentence = _(
        "{name} cannot be read: reading broke off. The file may be damaged. Open it in Excel, save it again, and choose it "
        "again."
    )
    return FileError(sentence.format(name=name), kind="damaged")


def _not_started_error() -> FileError:
    return FileError(_("Files cannot be read, because a part of CG Uploader does not start. Install CG Uploader again."))


def _listen(process: subprocess.Popen[bytes], messages: Queue[Message | _EndOfMessages], stopped: threading.Event) -> None:
    """Put the child's messages into the queue until it ends.

    This runs on a thread of its own, because only POSIX can wait for a pipe with a time limit.
    """
    end = _EndOfMessages.CLOSED
    with suppress(OSError):
        try:
            while process.stdout is not None and (message := receive_message(process.stdout)) is not None:
                if not _put(messages, message, stopped):
                    return
        except ValueError:
            end = _EndOfMessages.GARBAGE
    _put(messages, end, stopped)


def _put(messages: Queue[Message | _EndOfMessages], message: Message | _EndOfMessages, stopped: threading.Event) -> bool:
    """Put a message into the queue, and return whether it is still wanted."""
    while not stopped.is_set():
        with suppress(Full):
            messages.put(message, timeout=_POLL_SECONDS)
            return True
    return False


def _end(process: subprocess.Popen[bytes], stopped: threading.Event, end_job: Callable[[], object]) -> None:
    """Kill a process and close its pipes. One that the system cannot end at once is left behind."""
    stopped.set()
    process.kill()
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
        if process.stdout is not None:
            process.stdout.close()
    end_job()
