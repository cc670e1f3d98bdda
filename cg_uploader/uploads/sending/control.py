"""The switches with which window and command line pause, continue and stop a run."""

from __future__ import annotations

import threading


class Control:
    """The switches of one run.  Thread-safe.  The engine looks at them several times a second, a sender before each row."""

    def __init__(self) -> None:
        self._paused = threading.Event()
        self._stopping = threading.Event()
        self._at_once = threading.Event()

    @property
    def paused(self) -> bool:
        """Whether nothing new leaves for now."""
        return self._paused.is_set()

    @property
    def stopping(self) -> bool:
        """Whether nothing new leaves any more."""
        return self._stopping.is_set()

    @property
    def at_once(self) -> bool:
        """Whether rows in flight are not waited for either."""
        return self._at_once.is_set()

    def wait(self, seconds: float) -> None:
        """Wait that many seconds, or until the run is stopped."""
        self._stopping.wait(seconds)

    def pause(self) -> None:
        """Let nothing new leave.  Rows in flight come back."""
        self._paused.set()

    def proceed(self) -> None:
        """Go on after a pause."""
        self._paused.clear()

    def stop(self, *, at_once: bool = False) -> None:
        """Let nothing new leave, and end the run, which can be continued later.

        Rows in flight have a few seconds to come back.  With ``at_once`` they are cut off instead.
        """
        if at_once:
            self._at_once.set()
        self._stopping.set()
