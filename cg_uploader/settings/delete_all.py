"""The deletion of everything that this program keeps on this computer, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from cg_uploader.errors import UploaderError
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.settings.logs import FILE as LOG_FILE
from cg_uploader.settings.paths import AppPaths
from cg_uploader.system import pending_saves
from cg_uploader.translation import _


def delete_all(
    paths: AppPaths, profiles: Iterable[str], store: CredentialStore, alone: AbstractContextManager[None]
) -> list[Path]:
    """Delete the saved credentials of ``profiles`` and of a proxy, then all profiles, settings, logs and the journal.

    Return what stays: the files and folders that links led to. Only files with this program's names are deleted, and no link
    is followed, because the home may be a folder that holds other things.

    ``alone``: holds the journal's own lock, so that no upload begins meanwhile. The lock's file is deleted last.

    Raises:
        CredentialsRefused: The keychain stays locked. Nothing of the rest was deleted.
        UploaderError: A file cannot be deleted. What comes after it in this order is still there.
    """
    with alone:
        if store.why_unavailable is None:
            for name in sorted(set(profiles)):
                store.forget(name)
            store.forget_proxy_login()
        left = _delete_files(paths)
    _delete(_lock(paths))
    for folder in (paths.profiles, paths.logs, paths.pages, paths.locks, paths.home / pending_saves.FOLDER, paths.home):
        with suppress(OSError):  # it is a link, or holds what is not ours
            folder.rmdir()
    return left


def _lock(paths: AppPaths) -> Path:
    return paths.journal.with_name(f"{paths.journal.name}.lock")


def _delete_files(paths: AppPaths) -> list[Path]:
    left: list[Path] = []
    for folder, pattern in (
        (paths.profiles, "*.json"),
        (paths.profiles, ".new-*~"),
        (paths.logs, f"{LOG_FILE}*"),
        (paths.pages, "upload-*.html"),
        (paths.pages, ".new-*~"),
        (paths.home, paths.preferences.name),
        (paths.home, paths.read_options.name),
        (paths.home, ".new-*~"),
        (paths.home, "journal-damaged-*"),
        (paths.home, f"{paths.journal.name}-commits"),  # before the journal: without the journal it would tell of a loss
        (paths.home, f"{paths.journal.name}*"),
        (paths.locks, "run-*.lock"),
        (paths.home / pending_saves.FOLDER, pending_saves.NOTE),
    ):
        if folder != paths.home and folder.is_symlink():
            left += [folder.resolve()] if folder.exists() else []
            continue
        for file in sorted(set(folder.glob(pattern)) - {_lock(paths)}):
            left += [file.resolve()] if file.is_symlink() and file.exists() else []
            _delete(file)
    return list(dict.fromkeys(left))


def _delete(file: Path) -> None:
    if file.is_dir() and not file.is_symlink():
        return  # not ours
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise UploaderError(
            _("{file} cannot be deleted ({reason}). Close what uses it, then try again.").format(
                file=file, reason=error.strerror
            )
        ) from None
