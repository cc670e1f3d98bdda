"""What is put right behind a window that has just opened: row values whose time is over, a journal that is damaged."""

from __future__ import annotations

from cg_uploader.gui.worker import Announce, Cancelled, Work
from cg_uploader.settings.paths import Places
from cg_uploader.settings.preferences import PreferenceStore
from cg_uploader.uploads.journal import Journal
from cg_uploader.uploads.planning import loss_in_words


def tidying(places: Places) -> Work:
    """The work of deleting old row values; results in a sentence for the person, or an empty text."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        with Journal(places) as journal:
            journal.delete_old_values(PreferenceStore(places.preferences).load().keep_days)
            lost = journal.loss()
            return loss_in_words(lost[0], lost[1]) if journal.set_aside is not None and lost is not None else ""

    return work
