"""Where a file may be saved: never in the place of an input, of a profile, or of a file of the program's own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

from cg_uploader.errors import JournalError, ProfileError, UsageError
from cg_uploader.model.plan import Plan
from cg_uploader.settings import profiles
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.profile_schema import MAX_BYTES
from cg_uploader.sheets.failed_rows.writer import TEXT_SUFFIX, WRITTEN, is_not_sure_file, not_sure_beside
from cg_uploader.system.named_file import TIMEOUT_SECONDS, NamedFile, is_there, read_named, same_as, within
from cg_uploader.translation import _
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.reader import JournalReader

_CHUNK_BYTES = 1 << 20
# The suffixes of a file of failed rows.
FAILED_ROWS = tuple(WRITTEN)


def ensure_suffix(target: Path, allowed: Sequence[str]) -> str:
    """Return the suffix of ``target`` in small letters.

    Raises:
        UsageError: It is none of ``allowed``.
    """
    suffix = target.suffix.lower()
    if suffix not in allowed:
        text = _("The name does not end in {others} or {last}, which says what it becomes. Choose another name.")
        raise UsageError(text.format(others=", ".join(allowed[:-1]), last=allowed[-1]))
    return suffix


def ensure_spared(
    target: Path, paths: AppPaths, journal: JournalReader | None = None, inputs: Iterable[Path] = (), *, setup: str = ""
) -> None:
    """Make sure that a file may be saved as ``target``. A file that is there is recognised under any name.

    A file whose drive does not answer counts as another one.

    ``journal``: the one that is open. None: it is opened when it is needed.
    ``inputs``: the files that this command reads.
    ``setup``: the name of the profile whose setup file the user has agreed to replace.

    Raises:
        UsageError: ``target`` is in the program's own folder, or is one of its files, an input of this command or of a
            recorded run, a profile or a setup file. Or the rows that may have arrived would replace a foreign file.
        JournalError: A file is there, and the record cannot say whether a run was read from it.
    """
    if _is_below(target, paths.home):
        text = _("{target} is in the folder where CG Uploader keeps its own files. Choose another folder.")
        raise UsageError(text.format(target=target))
    if is_there(target, Path.is_file):
        _ensure_spared(target, paths, journal, inputs, setup)
    if target.suffix.lower() == TEXT_SUFFIX and is_there(beside := not_sure_beside(target), Path.is_file):
        _ensure_spared(beside, paths, journal, inputs)
        if not is_not_sure_file(beside):
            text = _(
                "{beside} was not saved by CG Uploader, or was changed since. It is where rows that may have arrived go when "
                "failed rows are saved as {name}. Choose another name, or move that file away."
            )
            raise UsageError(text.format(beside=beside, name=target.name))


def _ensure_spared(
    target: Path, paths: AppPaths, journal: JournalReader | None, inputs: Iterable[Path], setup: str = ""
) -> None:
    if same_as(target, inputs):
        text = _("{target} is read by this command, so nothing is saved in its place. Choose another name.")
        raise UsageError(text.format(target=target))
    if same_as(target, _own_files(paths)):
        text = _("{target} is a file of CG Uploader itself, so nothing is saved in its place. Choose another name.")
        raise UsageError(text.format(target=target))
    if (name := _profile_in(target)) is not None and (not setup or name != setup):
        text = _(
            "{target} is a profile or a setup file, so nothing is saved in its place. Choose another name, or delete it first."
        )
        raise UsageError(text.format(target=target))
    if journal is not None:
        _ensure_no_source(target, journal)
    elif paths.journal.exists():
        with closing(Journal(paths)) as opened:
            _ensure_no_source(target, opened)


def _ensure_no_source(target: Path, journal: JournalReader) -> None:
    """Refuse the file of a run: the file itself, or one with the same content, because it may have been moved since."""
    plans = list(_plans(journal))
    same = same_as(target, [plan.table.file for _run, plan in plans])
    run = next((run for run, plan in plans if plan.table.file in same), None)
    if run is None and plans:
        digest = _digest(target)
        run = next((run for run, plan in plans if plan.table.digest == digest), None)
    if run is not None:
        text = _("{target} is the file of upload {run}, so nothing is saved in its place. Choose another name.")
        raise UsageError(text.format(target=target, run=run))


def _plans(journal: JournalReader) -> Iterator[tuple[int, Plan]]:
    for run in journal.runs():
        with suppress(UsageError, JournalError):  # it was forgotten meanwhile, or cannot be read any more
            yield run, journal.plan(run)


def _own_files(paths: AppPaths) -> Iterator[Path]:
    for folder in (paths.home, paths.locks, paths.profiles, paths.logs, paths.pages):
        with suppress(OSError):
            yield from folder.iterdir()


def _profile_in(file: Path) -> str | None:
    """Return the name of the profile in a file. Empty: it is a setup file that cannot be read. None: any other file."""
    try:
        return profiles.parse(read_named(file, MAX_BYTES + 1).decode("utf-8-sig")).name
    except (OSError, ValueError, ProfileError):
        return "" if file.suffix.lower() == ".cgsetup" else None


def _digest(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal. Empty: it cannot be read."""
    digest = hashlib.sha256()
    try:
        with NamedFile(file) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def _is_below(path: Path, folder: Path) -> bool:
    try:
        parents = within(TIMEOUT_SECONDS, lambda: Path(os.path.realpath(path)).parents)
    except (OSError, ValueError):
        return False
    return bool(same_as(folder, parents))
