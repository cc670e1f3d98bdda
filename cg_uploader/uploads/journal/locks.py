"""Who works on a run: one program at a time on this computer, by a lock that its death releases."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from cg_uploader.errors import JournalError, RunHeld
from cg_uploader.model.message import message
from cg_uploader.settings.paths import AppPaths
from cg_uploader.system.child_processes import computer_name
from cg_uploader.system.pending_saves import lock
from cg_uploader.uploads.journal.messages import UploadMessage, as_stored_text, stored_text

TIMEOUT_SECONDS = 1.0
GATE_SECONDS = 30.0
LOOK_SECONDS = 0.01


@contextmanager
def gate(journal: Path) -> Iterator[None]:
    """One at a time on this computer, for moments: make or move or delete the journal, take a run's lock or look at one.

    A look at a lock takes it, so that two looks at once would each say that somebody works.  Whoever is in the middle of a
    commit may come through, whoever is inside must not begin one.  JournalError when it stays shut.
    """
    if not journal.parent.is_dir():
        raise gone(journal)  # filelock would make the folder, which others could look into
    try:
        lock = _locked(Path(f"{journal}.lock"), GATE_SECONDS)
    except FileNotFoundError:
        raise gone(journal) from None
    except Timeout:
        raise JournalError(f"Another program keeps {journal} busy. Close it, then continue.") from None
    try:
        yield
    finally:
        lock.release()


def _locked(file: Path, seconds: float) -> BaseFileLock:
    """The lock of ``file``; Timeout when somebody else has it, JournalError when nobody can have it here.

    FileNotFoundError when its folder is gone.
    """
    lock = FileLock(file, mode=0o600, poll_interval=LOOK_SECONDS)
    try:
        lock.acquire(timeout=seconds)
    except (Timeout, FileNotFoundError):
        raise
    except (OSError, NotImplementedError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "locks are not possible there"
        raise JournalError(
            f"{file} cannot be locked ({why}), so two programs could do the same at once. Make sure that it is a file which "
            "you may write, or delete it while no CG Uploader runs, then try again."
        ) from None
    return lock


def identity_of(journal: Path) -> tuple[int, int] | None:
    """Which file stands there; None when there is none."""
    try:
        found = journal.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def ensure_same(journal: Path, opened: tuple[int, int] | None) -> None:
    """JournalError unless the file that was opened still stands in its place: else nobody would read what is written to it."""
    if opened is None or identity_of(journal) != opened:
        raise gone(journal, "Start again; nothing was sent.")


def gone(journal: Path, advice: str = "Start again.") -> JournalError:
    """What to raise when the journal, or its folder, is not there any more."""
    return JournalError(f"{journal}, the record of uploads, was deleted or moved away at this moment. {advice}")


class RunLocks:
    """The locks of a journal's runs; ``holder`` says who is recorded as the one that works on a run."""

    def __init__(self, paths: AppPaths, opened: tuple[int, int] | None, holder: Callable[[int], str]) -> None:
        """One lock file per run; ``opened``: which file was opened as the journal."""
        self._journal = paths.journal
        self._opened = opened
        self._folder = paths.locks
        self._holder = holder
        self._begun: dict[int, BaseFileLock] = {}

    def acquire(self, run: int, seconds: float = TIMEOUT_SECONDS) -> BaseFileLock:
        """The run's lock; RunHeld, with who and since when, when somebody else has it.

        JournalError when the journal was moved or deleted since it was opened; that cannot happen any more while one is held.
        """
        with gate(self._journal):
            ensure_same(self._journal, self._opened)
            return self._acquire(run, seconds)

    def _acquire(self, run: int, seconds: float) -> BaseFileLock:
        file = self._folder / f"run-{run}.lock"
        if file.is_symlink():
            raise JournalError(f"{file} is a link, and no upload is locked through a link. Remove it, then try again.")
        try:
            return _locked(file, seconds)
        except FileNotFoundError:
            raise gone(self._journal) from None
        except Timeout:
            who = stored_text(self._holder(run))
            raise RunHeld(
                f"Another CG Uploader works on upload {run} at this moment{f' ({who})' if who else ''}. "
                "Wait until it ends, or stop it there."
            ) from None

    def begin(self, run: int) -> None:
        """Hold a new run until ``taken`` hands its lock over, or ``release``.

        The journal has given out its number before: a lock of a number that it does not know shows a journal that is lost.
        """
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
        if self._journal.parent.is_dir() and not os.access(self._journal.parent, os.W_OK):  # there can be no gate
            return self._is_seen_held(run)
        with gate(self._journal):
            try:
                self._acquire(run, 0).release()
            except RunHeld:
                return True
        return False

    def _is_seen_held(self, run: int) -> bool:
        """Whether the run's lock is held, where nothing can be written: then there is a lock file, and looking makes none."""
        try:
            handle = os.open(self._folder / f"run-{run}.lock", os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            return False
        try:
            return not lock(handle, wait=False)
        finally:
            os.close(handle)


def of_unknown_runs(journal: Path, folder: Path, last_run: Callable[[], int]) -> list[Path]:
    """Return the lock files of runs that ``journal`` has never known, and that nobody works on.

    They show that an earlier journal is gone, its count of commits included.  ``last_run`` reads the highest number that the
    journal has given out.  It is asked last: another program may have begun a run in between.
    """
    locked = {file: file.stem.removeprefix("run-") for file in folder.glob("run-*.lock") if not file.is_symlink()}
    known = last_run()
    unknown = {file: int(number) for file, number in locked.items() if number.isdecimal() and int(number) > known}
    if not unknown:
        return []
    with gate(journal):
        free = [file for file in unknown if _is_free(file)]
    return [file for file in free if unknown[file] > last_run()]


def _is_free(file: Path) -> bool:
    try:
        _locked(file, 0).release()
    except (Timeout, FileNotFoundError):
        return False
    return True


def somebody_works(folder: Path) -> bool:
    """Whether any run is being worked on, whoever recorded it and wherever.  To be asked inside ``gate``.

    JournalError when that cannot be found out.
    """
    for file in folder.glob("run-*.lock"):
        if file.is_symlink():
            continue  # not one of ours
        try:
            _locked(file, 0).release()
        except FileNotFoundError:
            return False  # all of them are
        except Timeout:
            return True
    return False


def who_i_am() -> str:
    """Name the user; empty when this computer has no name for them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def as_holder() -> str:
    """Who holds a run, as the journal keeps it: user, computer, process, since when."""
    user = who_i_am() or message(UploadMessage.NAMELESS_USER)
    computer = computer_name() or message(UploadMessage.THIS_COMPUTER)
    since = datetime.now().astimezone().isoformat(timespec="minutes")
    return as_stored_text(message(UploadMessage.HOLDER, user=user, computer=computer, process=os.getpid(), since=since))
