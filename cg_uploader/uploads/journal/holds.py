"""Who works on a run: one program at a time on this computer, by a lock that its death releases."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from cg_uploader.errors import JournalError, RunHeld

PATIENCE_SECONDS = 1.0


class Holds:
    """The locks of a journal's runs; ``holder`` says who is recorded as the one that works on a run."""

    def __init__(self, folder: Path, holder: Callable[[int], str]) -> None:
        """``folder``: one file per run."""
        self._folder = folder
        self._holder = holder
        self._begun: dict[int, BaseFileLock] = {}

    def acquire(self, run: int, seconds: float = PATIENCE_SECONDS) -> BaseFileLock:
        """The run's lock; RunHeld, with who and since when, when somebody else has it."""
        file = self._folder / f"run-{run}.lock"
        if file.is_symlink():
            raise JournalError(f"{file} is a link, and no upload is locked through a link. Remove it, then try again.")
        lock = FileLock(file, mode=0o600)
        try:
            lock.acquire(timeout=seconds)
        except Timeout:
            who = self._holder(run)
            raise RunHeld(
                f"Another CG Uploader works on upload {run} at this moment{f' ({who})' if who else ''}. "
                "Wait until it ends, or stop it there."
            ) from None
        return lock

    def begin(self, run: int) -> None:
        """Hold a new run until ``taken`` hands its lock over, or ``release``."""
        self._begun[run] = self.acquire(run, 0)

    def taken(self, run: int) -> BaseFileLock | None:
        """The lock of a run that this program has begun, once."""
        return self._begun.pop(run, None)

    def release(self) -> None:
        """Let go of every run that was begun and not taken."""
        while self._begun:
            self._begun.popitem()[1].release()

    def is_held(self, run: int) -> bool:
        """Whether somebody works on the run, this program included."""
        try:
            self.acquire(run, 0).release()
        except RunHeld:
            return True
        return False


def somebody_works(folder: Path) -> bool:
    """Whether any run is being worked on, whoever recorded it and wherever."""
    for file in folder.glob("run-*.lock"):
        if file.is_symlink():
            continue  # not one of ours
        try:
            with FileLock(file, mode=0o600, timeout=0):
                pass
        except (Timeout, OSError):
            return True
    return False


def who_i_am() -> str:
    """The user as a receipt names them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody without a name on this computer"


def as_holder() -> str:
    """Who holds a run, for the one who finds it held: user, computer, process, since when."""
    now = datetime.now().astimezone()
    return f"{who_i_am()} on {platform.node() or 'this computer'}, process {os.getpid()}, since {now.day} {now:%B %Y, %H:%M}"
