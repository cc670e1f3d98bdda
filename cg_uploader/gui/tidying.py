"""What the journal is asked beside a run: whether it is sound, which values are over, what has changed since a run began."""

from __future__ import annotations

from cg_uploader.gui.services import Services, open_journal
from cg_uploader.gui.worker import Announce, Cancelled, Work
from cg_uploader.settings.paths import AppPaths


def tidying(paths: AppPaths) -> Work:
    """The work of deleting old row values.  Results in a sentence for the user, or an empty text."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        from cg_uploader.uploads.opened_journal import opened_journal  # takes long to load

        notes: list[str] = []
        with opened_journal(paths, notes.append):
            return "".join(notes)

    return work


def comparing(run: int, services: Services) -> Work:
    """The work of comparing a run with its file and its profile as they are now.  Results in sentences, or an empty text."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        from cg_uploader.uploads.planning.drift import describe_changes  # few windows need it, and not at once

        with open_journal(services.paths) as journal:
            return "\n\n".join(describe_changes(run, journal, services.profiles))

    return work
