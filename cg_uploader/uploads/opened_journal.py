"""The opening of the journal for a command or the window, which tells of a loss and deletes row values that are too old."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from cg_uploader.errors import DiskFull
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.preferences import PreferenceStore
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.reader import JournalReader
from cg_uploader.uploads.journal.storage.database import can_only_be_read
from cg_uploader.uploads.planning.plan_builder import tell_loss


@contextmanager
def opened_journal(paths: AppPaths, tell: Callable[[str], object]) -> Iterator[Journal]:
    """Open the journal, and close it at the end.

    Row values that are older than the user's settings allow are deleted first. Where the settings keep none, those of a run
    that ended meanwhile are deleted at the end.

    ``tell``: called, once, with a text that an earlier journal is lost.

    Raises:
        JournalError: The journal cannot be used.
    """
    with Journal(paths) as journal:
        tell_loss(journal, tell)
        keep_days = PreferenceStore(paths.preferences).load().keep_days
        _delete_old_values(journal, keep_days)
        yield journal
        if keep_days == 0:
            _delete_old_values(journal, keep_days)


@contextmanager
def journal_to_read(paths: AppPaths, tell: Callable[[str], object]) -> Iterator[JournalReader]:
    """Open the journal for reading, and close it at the end.

    It is opened as by ``opened_journal``. Where it cannot be written, it is read as it is.

    Raises:
        JournalError: The journal cannot be used.
    """
    with JournalReader.to_read(paths) if can_only_be_read(paths) else opened_journal(paths, tell) as journal:
        yield journal


def _delete_old_values(journal: Journal, keep_days: int) -> None:
    with suppress(DiskFull):  # the record can be read all the same, and they are deleted when there is room
        journal.delete_old_values(keep_days)
