"""The files that the program saves for the user: failed rows, receipts, setup files, sent rows.

None takes the place of a file that ``output_files`` spares.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cg_uploader.model.configuration import Profile
from cg_uploader.settings import profiles
from cg_uploader.settings.paths import AppPaths
from cg_uploader.system.atomic_file import save_text
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.reader import JournalReader
from cg_uploader.uploads.results import report
from cg_uploader.uploads.results.output_files import FAILED_ROWS, ensure_spared, ensure_suffix


def save_failed_rows(journal: Journal, run: int, target: Path, paths: AppPaths) -> int:
    """Save the rows of a run that need attention, and return how many. No file is written when there are none.

    Raises:
        UsageError: ``target`` has another suffix, must be spared or cannot be saved, or the rows' values were deleted.
    """
    ensure_suffix(target, FAILED_ROWS)
    ensure_spared(target, paths, journal)
    return report.save_failed_rows(journal, run, target)


def save_report(journal: JournalReader, parts: Iterable[str], target: Path, paths: AppPaths) -> None:
    """Save the text of a receipt or a report, which comes in ``parts``.

    Raises:
        UsageError: ``target`` must be spared, or cannot be saved.
    """
    ensure_spared(target, paths, journal)
    save_text(target, parts)


def save_setup_file(profile: Profile, target: Path, paths: AppPaths, *, replaces: bool) -> None:
    """Save a profile, which holds no secret, so that others may read it.

    ``replaces``: the user has agreed that a setup file of the same name is replaced.

    Raises:
        UsageError: ``target`` must be spared, or cannot be saved.
    """
    ensure_spared(target, paths, setup=profile.name if replaces else "")
    save_text(target, [profiles.to_json(profile)], private=False)


def save_sent_rows(journal: Journal, target: Path, paths: AppPaths) -> tuple[int, str]:
    """Save what this computer knows of sent rows, without values. Return how many, and the code that opens the file.

    Raises:
        UsageError: ``target`` must be spared or cannot be saved, or no sent rows are known.
    """
    ensure_spared(target, paths, journal)
    return journal.sent_rows_file().export_to(target)
