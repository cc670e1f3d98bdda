"""Pause, continue and stop: the switches of a run, turned by whoever watches it."""

from __future__ import annotations

import threading


class Control:
    """Thread-safe switches that the engine looks at several times a second, and every sender before each row."""

    def __init__(self) -> None:
        self._paused = threading.Event()
        self._stopping = threading.Event()
        self._at_once = threading.Event()

    @property
    def paused(self) -> bool:
        """Nothing new leaves for now."""
        return self._paused.is_set()

    @property
    def stopping(self) -> bool:
        """Nothing new leaves any more."""
        return self._stopping.is_set()

    @property
    def at_once(self) -> bool:
        """What is in flight is not waited for either."""
        return self._at_once.is_set()

    def wait(self, seconds: float) -> None:
        """Let that many seconds pass, or fewer when the run is stopped meanwhile."""
        self._stopping.wait(seconds)

    def pause(self) -> None:
        """Let nothing new leave; what is in flight comes back."""
        self._paused.set()

    def proceed(self) -> None:
        """Go on after a pause."""
        self._paused.clear()

    def stop(self, *, at_once: bool = False) -> None:
        """End the run: nothing new leaves, what is in flight has a few seconds; the run can be continued later.

        ``at_once``: what is in flight is cut without those seconds.
        """
        if at_once:
            self._at_once.set()
        self._stopping.set()
