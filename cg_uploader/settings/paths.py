"""The private folders and files of this computer's user, and the files that ship with the program."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cg_uploader.errors import UploaderError
from cg_uploader.system.atomic_file import FULL, retry_on_sharing_violation
from cg_uploader.system.home import HOME_VARIABLE, find_home
from cg_uploader.translation import _


@dataclass(frozen=True, slots=True)
class AppPaths:
    """The folders and files of the program, all below one folder."""

    # The folder that holds everything.
    home: Path

    @classmethod
    def find(cls) -> AppPaths:
        """Return the folders of this computer's user."""
        return cls(find_home())

    @property
    def demo(self) -> AppPaths:
        """The demonstration's own folders, apart from the user's history."""
        return AppPaths(self.home / "demo")

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.home / "journal.sqlite3"

    @property
    def locks(self) -> Path:
        """A folder: one file for each run that a program works on."""
        return self.home / "locks"

    @property
    def profiles(self) -> Path:
        """A folder: one file for each profile."""
        return self.home / "profiles"

    @property
    def logs(self) -> Path:
        """A folder: the log and its older parts."""
        return self.home / "logs"

    @property
    def pages(self) -> Path:
        """A folder: the receipts that a browser shows."""
        return self.home / "pages"

    @property
    def preferences(self) -> Path:
        """The preferences' file."""
        return self.home / "preferences.json"

    @property
    def read_options(self) -> Path:
        """The file of remembered read options."""
        return self.home / "choices.json"

    def prepare(self) -> None:
        """Make the folders, for this user alone. The folder of logs may be missing.

        Raises:
            UploaderError: One cannot be made.
        """
        for folder in (self.home, self.locks, self.profiles):
            make_private(folder)
        with suppress(UploaderError):
            make_private(self.logs)


def make_private(folder: Path) -> None:
    """Make ``folder`` and what is missing above it, for this user alone.

    A folder that is there keeps its permissions: it may be shared on purpose, and each file in it is private itself.

    Raises:
        UploaderError: It cannot be made.
    """
    try:
        for missing in reversed(
            [path for path in (folder, *folder.parents) if not path.is_dir()]
        ):  # mkdir would open parents to all
            missing.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _not_stored(error, folder, folder) from None


def read_private(file: Path, max_chars: int) -> str:
    """Return the beginning of one of the program's own files, at most ``max_chars`` characters.

    Raises:
        OSError: It is not there, cannot be read, or is no file. A pipe in its place would be waited for.
        ValueError: It is no UTF-8.
    """
    if not file.is_file():
        raise FileNotFoundError(file)
    with retry_on_sharing_violation(lambda: file.open(encoding="utf-8")) as stream:
        return stream.read(max_chars)


def write_private(file: Path, text: str) -> None:
    """Write ``text`` as UTF-8, for this user alone, whole or not at all.

    Raises:
        UploaderError: It cannot be written.
    """
    make_private(file.parent)
    try:
        # mkstemp makes a new file with mode 0600 and follows no link in its place.
        handle, name = tempfile.mkstemp(prefix=".new-", suffix=file.suffix + "~", dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            retry_on_sharing_violation(lambda: Path(name).replace(file))
        finally:
            Path(name).unlink(missing_ok=True)  # it is not there any more when all went well
    except OSError as error:
        raise _not_stored(error, file, file.parent) from None


def _not_stored(error: OSError, path: Path, folder: Path) -> UploaderError:
    return UploaderError(_why_not(error, path, folder), kind="storage")


def _why_not(error: OSError, path: Path, folder: Path) -> str:
    """Say what keeps ``path``, which is ``folder`` or a file in it, from being written, and what to do."""
    other = _("You can also name another folder in {variable}.").format(variable=HOME_VARIABLE)
    if error.errno in FULL:
        return _("The disk is full: {path} cannot be written. Make room there.").format(path=path) + f" {other}"
    with suppress(OSError):  # a folder that may not be looked into
        for above in (folder, *folder.parents):
            if above.is_symlink() and not above.exists():
                text = _("{path} is a link to {target}, which is not there. Make that folder.")
                return text.format(path=above, target=above.readlink()) + f" {other}"
            if above.exists() and not above.is_dir():
                text = _("{path} is a file, and a folder is needed there. Move the file away.")
                return text.format(path=above) + f" {other}"
    text = _("{path} cannot be written ({reason}). Make that folder writable.")
    return text.format(path=error.filename or path, reason=error.strerror) + f" {other}"


def resource(name: str) -> Path:
    """Return the path of a file that ships with the program. ``name``: its path below ``resources``."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "resources" / name
    return installed if installed.exists() else package.parent / "resources" / name
