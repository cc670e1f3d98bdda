"""The saving of a file that the user asked for: it is there whole, or the file before it is unchanged."""

from __future__ import annotations

import errno
import os
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from cg_uploader.errors import UsageError
from cg_uploader.system.home import find_home
from cg_uploader.system.named_file import is_there
from cg_uploader.system.pending_saves import new_part
from cg_uploader.translation import _

# Characters of a proposed name, so that its folder and its suffix have room in the 255 bytes that systems allow.
MAX_NAME_CHARS = 80

_Result = TypeVar("_Result")
_TRIES = 20 if sys.platform == "win32" else 1
_PAUSE_SECONDS = 0.05
# What the system calls a full disk.
FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_LOCKED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.ETXTBSY}
_NO_FOLDER = {errno.ENOENT, errno.ENOTDIR}
# Characters of a path, without the name of the part beside it. Beyond them Windows may say that there is no such folder.
_MAX_PATH_CHARS = 200
_RESERVED = re.compile(r'[<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)


def retry_on_sharing_violation(do: Callable[[], _Result]) -> _Result:
    """Return what ``do`` returns. On Windows, which refuses a file while another program looks at it, try for a second."""
    for _try in range(_TRIES - 1):
        with suppress(PermissionError):
            return do()
        time.sleep(_PAUSE_SECONDS)
    return do()


@contextmanager
def saved_whole(target: Path, *, private: bool = True) -> Iterator[Path]:
    """Give the path of a new empty file beside ``target``. When the block ends well, it takes the place of ``target``.

    ``private``: only this computer's user may read it, because it holds values of rows.

    Raises:
        UsageError: It cannot be saved (kind ``not-saved``). Nothing is left over then.
    """
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "")
        if target.exists() and not target.is_file():
            raise UsageError(
                _("{target} is a pipe or a device, not a file. Choose another name. Nothing was saved.").format(target=target),
                kind="not-saved",
            )
        with new_part(target.parent, find_home(), 0o600 if private else 0o666) as part:
            yield part
            _replace(target, part)
    except OSError as error:
        raise UsageError(_why_not(target, error), kind="not-saved") from None


def save_text(target: Path, parts: Iterable[str], *, private: bool = True) -> None:
    """Save a text that comes in ``parts``, as UTF-8. The rest is as for ``saved_whole``."""
    with saved_whole(target, private=private) as part, part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(parts)


def _replace(target: Path, part: Path) -> None:
    with part.open("r+b") as stream:
        os.fsync(stream.fileno())
    retry_on_sharing_violation(lambda: part.replace(target))


def _why_not(target: Path, error: OSError) -> str:
    """Say what keeps ``target`` from being saved, what is there now, and what to do."""
    name, folder = target.name or str(target), target.parent
    if isinstance(error, IsADirectoryError):
        return _("{target} is a folder. Choose another name. Nothing was saved.").format(target=target)
    if _is_too_long(target, error):
        return _("The name is too long to be saved there. Choose a shorter one, or another folder. Nothing was saved.")
    if error.errno in _NO_FOLDER:
        return _("There is no such folder, so nothing can be saved there. Choose another folder.")
    if error.errno in FULL:
        text = _("The disk is full: {name} cannot be saved in {folder}. Make room there, or choose another folder.")
    elif error.errno in _LOCKED:
        text = _(
            "{name} cannot be saved in {folder}: nothing may be written there, or another program has the file open. "
            "Close it there, or choose another folder."
        )
    else:
        text = _("{name} cannot be saved in {folder} ({reason}). Choose another folder.")
    rest = _("The file that was there is unchanged.") if target.exists() else _("Nothing was saved.")
    return text.format(name=name, folder=folder, reason=error.strerror) + " " + rest


def _is_too_long(target: Path, error: OSError) -> bool:
    """Tell whether the system refused a path for its length. Windows says then that a folder is missing."""
    if error.errno == errno.ENAMETOOLONG:
        return True
    is_long = sys.platform == "win32" and len(str(target.absolute())) > _MAX_PATH_CHARS
    return is_long and error.errno in _NO_FOLDER and is_there(target.parent)


def proposed_name(text: str, suffix: str) -> str:
    """Return a name for a new file that begins with ``text``, which may come from anywhere.

    The name stays in its folder and works on every system.

    ``suffix``: what the name ends in, such as `` - receipt.pdf``.
    """
    shown = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in unicodedata.normalize("NFC", text))
    name = _RESERVED.sub("_", " ".join(shown.split())).strip(". ")[:MAX_NAME_CHARS].rstrip(". ")
    if not name:
        name = "CG Uploader"
    return f"{'_' if _DEVICES.match(name + suffix) else ''}{name}{suffix}"
