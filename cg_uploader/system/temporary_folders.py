"""Folders for temporary files that the user may look into later: older ones are removed when a new one is made.

A program locks its folder while it uses it, so a folder without a lock belongs to a program that has ended.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cg_uploader.system.pending_saves import lock

# A file in the folder that is locked, and not empty, while the folder is in use.
IN_USE = "in-use"
_FLAGS = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """Give a new folder whose name begins with ``prefix``. It stays in the end.

    Older ones of the same prefix that no program uses are removed, except the newest of them.

    Raises:
        OSError: No folder for temporary files can be written.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    handle = os.open(folder / IN_USE, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        lock(handle, wait=True)
        os.write(handle, b"1")
        _remove_older(folder, prefix)
        yield folder
    finally:
        os.close(handle)


def _remove_older(new: Path, prefix: str) -> None:
    """Remove the folders of programs that have ended, except the newest. What cannot be looked at stays."""
    unused: list[tuple[float, Path]] = []
    with suppress(OSError):
        for folder in new.parent.glob(f"{prefix}*"):
            with suppress(OSError):
                if folder != new and _is_own_folder(folder) and not _is_in_use(folder):
                    unused.append((folder.stat().st_mtime, folder))
    for _when, folder in sorted(unused)[:-1]:
        shutil.rmtree(folder, ignore_errors=True)


def _is_own_folder(folder: Path) -> bool:
    """Tell whether it is a folder of this user, and no link. All users may put something into the system's folder."""
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and (os.name != "posix" or status.st_uid == os.getuid())


def _is_in_use(folder: Path) -> bool:
    try:
        handle = os.open(folder / IN_USE, _FLAGS)
    except FileNotFoundError:
        return not any(folder.iterdir())  # an empty one is being made, and one of an earlier version has no such file
    try:
        status = os.fstat(handle)
        return not stat.S_ISREG(status.st_mode) or not lock(handle, wait=False) or not status.st_size
    finally:
        os.close(handle)
