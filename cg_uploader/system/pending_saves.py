"""The parts of files that are being saved: each is noted in the home first, so that the next start removes leftovers.

A program locks its notes while it saves, so a note without a lock belongs to a program that has ended.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# Below the home. It holds a note for each save under way.
FOLDER = "saves"
NOTE = "*.save"
_PART = re.compile(r"\.new-[0-9a-f]{32}\.part")
_NEW = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@contextmanager
def new_part(folder: Path, home: Path, mode: int = 0o600) -> Iterator[Path]:
    """Give the path of a new empty file in ``folder``, and remove it in the end if it is still there.

    It is noted in ``home`` meanwhile. Where nothing can be noted, it is made all the same.

    ``mode``: its permissions, less the umask.

    Raises:
        OSError: No file can be made in ``folder``.
    """
    part = folder.absolute() / f".new-{secrets.token_hex(16)}.part"
    with _noted(part, home):
        os.close(os.open(part, _NEW, mode))
        try:
            yield part
        finally:
            remove_part(part)


def new_companion(part: Path, number: int) -> Path:
    """Make a new empty file beside ``part`` and return its path. Only its owner can read it, and it goes when the part goes.

    Raises:
        OSError: It cannot be made.
    """
    companion = part.with_name(f"{part.name}-{number}")
    os.close(os.open(companion, _NEW, 0o600))
    return companion


def remove_part(part: Path) -> None:
    """Remove a part and its companions, as far as that can be done. No link is followed."""
    ours = re.compile(re.escape(part.name) + r"(-\d+)?")
    with suppress(OSError), os.scandir(part.parent) as entries:
        for entry in [entry for entry in entries if ours.fullmatch(entry.name)]:
            with suppress(OSError):
                if stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                    Path(entry.path).unlink()


def remove_leftovers(home: Path) -> None:
    """Remove the parts that were noted in ``home`` by programs that have ended. What is not ours by name stays."""
    folder, notes = home / FOLDER, []
    with suppress(OSError):  # a folder that cannot be looked into holds no note
        if folder.is_symlink():
            return
        notes = sorted(folder.glob(NOTE))
    for note in notes:
        with suppress(OSError):
            _remove_noted(note)
    with suppress(OSError):  # it is not there, or another program saves
        folder.rmdir()


def _remove_noted(note: Path) -> None:
    handle = os.open(note, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode) or not lock(handle, wait=False):
            return
        part = Path(os.fsdecode(os.read(handle, 1 << 16)))
        if not part.name:
            return  # the note is being made at this moment
        if part.is_absolute() and _PART.fullmatch(part.name):
            remove_part(part)
    finally:
        os.close(handle)
    note.unlink(missing_ok=True)


@contextmanager
def _noted(part: Path, home: Path) -> Iterator[None]:
    """Let a locked note in ``home`` name ``part`` meanwhile. Without a home nothing is noted."""
    note, handle = home / FOLDER / f"{part.name.split('.')[1]}.save", -1
    try:
        if home.is_dir():
            with suppress(OSError):
                note.parent.mkdir(mode=0o700, exist_ok=True)
                handle = os.open(note, _NEW, 0o600)
                lock(handle, wait=True)
                os.write(handle, os.fsencode(part))
                os.fsync(handle)
        yield
    finally:
        if handle >= 0:
            os.close(handle)
            with suppress(OSError):
                note.unlink()
            with suppress(OSError):
                note.parent.rmdir()


def lock(handle: int, *, wait: bool) -> bool:
    """Lock an open note, and tell whether that worked. The lock lasts until the note is closed, or the program ends."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
