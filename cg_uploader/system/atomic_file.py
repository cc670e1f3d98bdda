"""Owns the saving of a file that the user asked for: it is there whole, or what stood in its place stays as it was."""

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

# Characters of a proposed name, so that its folder and its ending have room in the 255 bytes that systems allow.
MAX_NAME_CHARS = 80

_Result = TypeVar("_Result")
_TRIES = 20 if sys.platform == "win32" else 1
_PAUSE_SECONDS = 0.05
FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_LOCKED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.ETXTBSY}
_NO_FOLDER = {errno.ENOENT, errno.ENOTDIR}
# Characters of a path beyond which Windows, with room for the part's name, may find no place, and calls that no folder.
_LONG = 200
_RESERVED = re.compile(r'[<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)


def retry_on_sharing_violation(do: Callable[[], _Result]) -> _Result:
    """What ``do`` returns; it has a second on Windows, which refuses a file while another program looks at it."""
    for _try in range(_TRIES - 1):
        with suppress(PermissionError):
            return do()
        time.sleep(_PAUSE_SECONDS)
    return do()


@contextmanager
def saved_whole(target: Path, *, private: bool = True) -> Iterator[Path]:
    """Give the path of a new empty file beside ``target``; when the block ends well, it takes the place of ``target``.

    ``private``: only this computer's user may read it (it holds values of rows).  UsageError of the kind ``not-saved`` says
    why it cannot be; nothing is left over then.
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
            _keep(part, target)
    except OSError as error:
        raise UsageError(_why_not(target, error), kind="not-saved") from None


def save_text(target: Path, parts: Iterable[str], *, private: bool = True) -> None:
    """Save a text, in UTF-8, that comes in parts; see ``saved_whole``."""
    with saved_whole(target, private=private) as part, part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(parts)


def _keep(part: Path, target: Path) -> None:
    with part.open("r+b") as stream:
        os.fsync(stream.fileno())
    retry_on_sharing_violation(lambda: part.replace(target))


def _why_not(target: Path, error: OSError) -> str:
    name, folder = target.name or str(target), target.parent
    saved = {"name": name, "folder": folder}
    if isinstance(error, IsADirectoryError):
        return _("{target} is a folder. Choose another name. Nothing was saved.").format(target=target)
    if error.errno == errno.ENAMETOOLONG or (error.errno in _NO_FOLDER and _is_long(target) and is_there(folder)):
        return _("The name is too long to be saved there. Choose a shorter one, or another folder. Nothing was saved.")
    kept = _("What stood there before is unchanged.") if target.exists() else _("Nothing was saved.")
    if error.errno in FULL:
        text = _("The disk is full: {name} cannot be saved in {folder}. Make room there, or choose another place.")
        return f"{text.format(**saved)} {kept}"
    if error.errno in _LOCKED:
        text = _(
            "{name} cannot be saved in {folder}: nothing may be written there, or another program has the file open. "
            "Close it there, or choose another folder."
        )
        return f"{text.format(**saved)} {kept}"
    if error.errno in _NO_FOLDER:
        return _("There is no such folder, so nothing can be saved there. Choose another place.")
    text = _("{name} cannot be saved in {folder} ({reason}). Choose another place.")
    return f"{text.format(**saved, reason=error.strerror)} {kept}"


def _is_long(target: Path) -> bool:
    return sys.platform == "win32" and len(str(target.absolute())) > _LONG


def proposed_name(text: str, ending: str) -> str:
    """A name for a new file that starts with ``text``, whoever wrote that: it stays in its folder and works on every system.

    ``ending`` is what the name ends in, such as `` - receipt.pdf``.
    """
    seen = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in unicodedata.normalize("NFC", text))
    name = _RESERVED.sub("_", " ".join(seen.split())).strip(". ")[:MAX_NAME_CHARS].rstrip(". ")
    if not name:
        name = "CG Uploader"
    return f"{'_' if _DEVICES.match(name + ending) else ''}{name}{ending}"
