"""Owns where a file may be saved: never in the place of what was read, of a profile, or of what the program keeps."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

from cg_uploader.errors import JournalError, ProfileError, UsageError
from cg_uploader.model.plan import Plan
from cg_uploader.settings import profiles
from cg_uploader.settings.paths import Places
from cg_uploader.settings.profile_schema import MOST_BYTES
from cg_uploader.sheets.failed_rows.writer import NOT_SURE_ENDING, TEXT_SUFFIX, WRITTEN
from cg_uploader.uploads.journal.journal import Journal

FAILED_ROWS = tuple(WRITTEN)
"""What a file of failed rows may end in."""


def ensure_suffix(target: Path, allowed: Sequence[str]) -> str:
    """Return the ending of ``target`` in small letters.

    Raises:
        UsageError: It is none of ``allowed``.
    """
    suffix = target.suffix.lower()
    if suffix not in allowed:
        endings = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
        raise UsageError(f"The name {target.name} does not end in {endings}, which says what it becomes. Choose another name.")
    return suffix


def ensure_spared(target: Path, places: Places, journal: Journal | None = None, inputs: Iterable[Path] = ()) -> None:
    """Do nothing when a file may be saved as ``target``; a file that is there is known under any name.

    ``journal``: the one that is open already.  ``inputs``: what this command reads.

    Raises:
        UsageError: ``target`` is in the program's own folder, or is one of its files, an input of this command or of a
            recorded run, a profile or a setup file.
        JournalError: A file is there, and the record cannot say whether a run was read from it.
    """
    if _is_below(target, places.home):
        raise UsageError(f"{target} is in the folder where CG Uploader keeps its own files. Choose another folder.")
    for part in (target, not_sure_beside(target)) if target.suffix.lower() == TEXT_SUFFIX else (target,):
        if part.is_file():
            _ensure_spared(part, places, journal, inputs)


def not_sure_beside(target: Path) -> Path:
    """Where the once-only rows that may have arrived go when the failed rows go to the csv file ``target``."""
    return target.with_name(f"{target.stem}{NOT_SURE_ENDING}")


def _ensure_spared(target: Path, places: Places, journal: Journal | None, inputs: Iterable[Path]) -> None:
    if any(_is_same(target, file) for file in inputs):
        raise UsageError(f"{target} is read by this command, so nothing is saved in its place. Choose another name.")
    if any(_is_same(target, file) for file in _kept(places)):
        raise UsageError(f"{target} is a file of CG Uploader itself, so nothing is saved in its place. Choose another name.")
    if _is_profile(target):
        raise UsageError(
            f"{target} is a profile or a setup file, so nothing is saved in its place. Choose another name, or delete it first."
        )
    if journal is not None:
        _ensure_no_source(target, journal)
    elif places.journal.exists():
        with closing(Journal(places)) as opened:
            _ensure_no_source(target, opened)


def _ensure_no_source(target: Path, journal: Journal) -> None:
    """By the file's identity, and by its content where it was moved since."""
    plans = list(_plans(journal))
    run = next((run for run, plan in plans if _is_same(target, plan.table.file)), None)
    if run is None and plans:
        digest = _digest(target)
        run = next((run for run, plan in plans if plan.table.digest == digest), None)
    if run is not None:
        raise UsageError(f"{target} is the file of upload {run}, so nothing is saved in its place. Choose another name.")


def _plans(journal: Journal) -> Iterator[tuple[int, Plan]]:
    for run in journal.runs():
        with suppress(UsageError, JournalError):  # it was forgotten meanwhile, or cannot be read any more
            yield run, journal.plan(run)


def _kept(places: Places) -> Iterator[Path]:
    for folder in (places.home, places.locks, places.profiles, places.logs, places.pages):
        with suppress(OSError):
            yield from folder.iterdir()


def _is_profile(file: Path) -> bool:
    if file.suffix.lower() == ".cgsetup":
        return True
    try:
        if file.stat().st_size > MOST_BYTES:
            return False
        profiles.parse(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, ProfileError):
        return False
    return True


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _is_below(path: Path, folder: Path) -> bool:
    return any(_is_same(parent, folder) for parent in Path(os.path.realpath(path)).parents)


def _is_same(one: Path, other: Path) -> bool:
    """Compare files, not names: links, and other capitals on some disks, are the same file."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False
