"""Deletes everything that this program keeps on this computer, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from cg_uploader.errors import UploaderError
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.settings.logs import FILE as LOG_FILE
from cg_uploader.settings.paths import Places
from cg_uploader.system import pending_saves
from cg_uploader.translation import _


def wipe(places: Places, profiles: Iterable[str], store: CredentialStore, alone: AbstractContextManager[None]) -> list[Path]:
    """Delete the saved credentials of ``profiles`` and of a proxy, then all profiles, settings, logs and the journal.

    Return what stays: the places that links led to.

    ``alone``: no upload begins meanwhile, by the journal's own lock, which is deleted last.
    Only files that carry this program's names are touched, and no link is followed: the home may be a folder that holds other
    things.  CredentialsRefused when the keychain stays locked, UploaderError when a file cannot be deleted; what comes after
    it in this order is still there then.
    """
    with alone:
        if store.available is None:
            for name in sorted(set(profiles)):
                store.forget(name)
            store.forget_proxy_login()
        left = _delete_files(places)
    _delete(_lock(places))
    for folder in (places.profiles, places.logs, places.pages, places.locks, places.home / pending_saves.FOLDER, places.home):
        with suppress(OSError):  # it is a link, or not empty: something of somebody else's is in it
            folder.rmdir()
    return left


def _lock(places: Places) -> Path:
    return places.journal.with_name(f"{places.journal.name}.lock")


def _delete_files(places: Places) -> list[Path]:
    left: list[Path] = []
    for folder, pattern in (
        (places.profiles, "*.json"),
        (places.profiles, ".new-*~"),
        (places.logs, f"{LOG_FILE}*"),
        (places.pages, "upload-*.html"),
        (places.pages, ".new-*~"),
        (places.home, places.preferences.name),
        (places.home, places.choices.name),
        (places.home, ".new-*~"),
        (places.home, "journal-damaged-*"),
        (places.home, f"{places.journal.name}-commits"),  # before the journal, which would be missed where it is left
        (places.home, f"{places.journal.name}*"),
        (places.locks, "run-*.lock"),
        (places.home / pending_saves.FOLDER, pending_saves.NOTE),
    ):
        if folder != places.home and folder.is_symlink():
            left += [folder.resolve()] if folder.exists() else []
            continue
        for file in sorted(set(folder.glob(pattern)) - {_lock(places)}):
            left += [file.resolve()] if file.is_symlink() and file.exists() else []
            _delete(file)
    return list(dict.fromkeys(left))


def _delete(file: Path) -> None:
    if file.is_dir() and not file.is_symlink():
        return  # not one of ours
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise UploaderError(
            _("{file} cannot be deleted ({reason}). Close what uses it, then try again.").format(
                file=file, reason=error.strerror
            )
        ) from None
