"""The locks that let one program at a time work on a run.  They are released when the program ends, also by a crash."""

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
from cg_uploader.translation import _
from cg_uploader.uploads.journal.messages import UploadMessage, as_stored_text, stored_text

TIMEOUT_SECONDS = 1.0
GATE_SECONDS = 30.0
LOOK_SECONDS = 0.01


@contextmanager
def gate(journal: Path) -> Iterator[None]:
    """Let one program at a time make, move or delete the journal, take a run's lock or look at one.

    A look at a lock takes it for a moment, so that of two looks at once each would find the run locked.  A program inside a
    commit may wait for the gate.  A program inside the gate must not begin a commit.

    Raises:
        JournalError: The gate stays shut, or the journal's folder is gone.
    """
    if not journal.parent.is_dir():
        raise gone(journal)  # filelock would make the folder, readable by other users
    try:
        lock = _locked(Path(f"{journal}.lock"), GATE_SECONDS)
    except FileNotFoundError:
        raise gone(journal) from None
    except Timeout:
        raise JournalError(_("Another program keeps {file} busy. Close it, then continue.").format(file=journal)) from None
    try:
        yield
    finally:
        lock.release()


def _locked(file: Path, seconds: float) -> BaseFileLock:
    """Take the lock of ``file``.

    Raises:
        Timeout: Another program has it.
        FileNotFoundError: Its folder is gone.
        JournalError: Files cannot be locked here.
    """
    lock = FileLock(file, mode=0o600, poll_interval=LOOK_SECONDS)
    try:
        lock.acquire(timeout=seconds)
    except (Timeout, FileNotFoundError):
        raise
    except (OSError, NotImplementedError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or _("locks are not possible there")
        raise JournalError(
            _(
                "{file} cannot be locked ({reason}), so two programs could do the same at once. Make sure that it is a file "
                "which you may write, or delete it while no CG Uploader runs, then try again."
            ).format(file=file, reason=reason)
        ) from None
    return lock


def identity_of(journal: Path) -> tuple[int, int] | None:
    """Return device and number of the file, or None when there is none."""
    try:
        status = journal.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def ensure_same(journal: Path, opened: tuple[int, int] | None) -> None:
    """Make sure that the opened file still has the journal's name.  Otherwise what is written to it would be lost.

    Raises:
        JournalError: It was moved or deleted.
    """
    if opened is None or identity_of(journal) != opened:
        raise gone(journal, _("Start again; nothing was sent."))


def gone(journal: Path, advice: str = "") -> JournalError:
    """Return the error for a journal that does not exist any more.  ``advice`` says what to do."""
    text = _("{file}, the record of uploads, was deleted or moved away at this moment.").format(file=journal)
    return JournalError(text + " " + (advice or _("Start again.")))


class RunLocks:
    """The locks of a journal's runs, one file each."""

    def __init__(self, paths: AppPaths, opened: tuple[int, int] | None, holder: Callable[[int], str]) -> None:
        """``opened`` is the journal's file.  ``holder`` returns the program that works on a run, as it is stored."""
        self._journal = paths.journal
        self._opened = opened
        self._folder = paths.locks
        self._holder = holder
        self._begun: dict[int, BaseFileLock] = {}

    def acquire(self, run: int, seconds: float = TIMEOUT_SECONDS) -> BaseFileLock:
        """Take the run's lock, and wait up to ``seconds`` for it.

        While a lock is held, the journal is not moved or deleted.

        Raises:
            RunHeld: Another program has the lock.  The error says which, and since when.
            JournalError: The journal was moved or deleted since it was opened.
        """
        with gate(self._journal):
            ensure_same(self._journal, self._opened)
            return self._acquire(run, seconds)

    def _acquire(self, run: int, seconds: float) -> BaseFileLock:
        file = self._folder / f"run-{run}.lock"
        if file.is_symlink():
            raise JournalError(
                _("{file} is a link, and no upload is locked through a link. Remove it, then try again.").format(file=file)
            )
        try:
            return _locked(file, seconds)
        except FileNotFoundError:
            raise gone(self._journal) from None
        except Timeout:
            if holder := stored_text(self._holder(run)):
                text = _("Another CG Uploader works on upload {run} at this moment ({holder}).").format(run=run, holder=holder)
            else:
                text = _("Another CG Uploader works on upload {run} at this moment.").format(run=run)
            raise RunHeld(text + " " + _("Wait until it ends, or stop it there.")) from None

    def begin(self, run: int) -> None:
        """Take the lock of a new run, until ``taken`` hands it over or ``release``.

        The journal has given out the number before.  A lock of a number that it does not know shows that a journal is lost.
        """
        self._begun[run] = self.acquire(run, 0)

    def taken(self, run: int) -> BaseFileLock | None:
        """Hand over the lock of a run that this program has begun, once.  None when there is none."""
        return self._begun.pop(run, None)

    def release(self) -> None:
        """Release the locks of runs that were begun and not taken."""
        while self._begun:
            self._begun.popitem()[1].release()

    def is_held(self, run: int) -> bool:
        """Tell whether a program works on the run, this one included."""
        if self._journal.parent.is_dir() and not os.access(self._journal.parent, os.W_OK):  # no gate can be made there
            return self._is_held_unwritable(run)
        with gate(self._journal):
            try:
                self._acquire(run, 0).release()
            except RunHeld:
                return True
        return False

    def _is_held_unwritable(self, run: int) -> bool:
        """Tell the same where nothing can be written.  A lock that is held has a file there, and no file is made."""
        try:
            handle = os.open(self._folder / f"run-{run}.lock", os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            return False
        try:
            return not lock(handle, wait=False)
        finally:
            os.close(handle)


def of_unknown_runs(journal: Path, folder: Path, last_run: Callable[[], int]) -> list[Path]:
    """Return the lock files of runs that ``journal`` has never known, and that no program works on.

    They show that an earlier journal is gone, its count of commits included.  ``last_run`` reads the highest number that the
    journal has given out.  It is asked last, because another program may have begun a run in between.
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


def any_run_locked(folder: Path) -> bool:
    """Tell whether a program works on any run, of this journal or another.  Called inside ``gate``.

    Raises:
        JournalError: The locks cannot be looked at.
    """
    for file in folder.glob("run-*.lock"):
        if file.is_symlink():
            continue  # no lock of this program is a link
        try:
            _locked(file, 0).release()
        except FileNotFoundError:
            return False  # the folder is gone, and all locks with it
        except Timeout:
            return True
    return False


def user_name() -> str:
    """Return the user's name on this computer, and an empty text when there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def describe_holder() -> str:
    """Return what the journal stores of this program when it works on a run: user, computer, process, since when."""
    user = user_name() or message(UploadMessage.NAMELESS_USER)
    computer = computer_name() or message(UploadMessage.THIS_COMPUTER)
    since = datetime.now().astimezone().isoformat(timespec="minutes")
    return as_stored_text(message(UploadMessage.HOLDER, user=user, computer=computer, process=os.getpid(), since=since))
