"""What the journal is asked beside a run: whether it is sound, which values are over, what has changed since a run began."""

from __future__ import annotations

from contextlib import suppress

from cg_uploader.errors import ProfileError
from cg_uploader.gui.services import Services, open_journal
from cg_uploader.gui.worker import Announce, Cancelled, Work
from cg_uploader.settings.paths import Places
from cg_uploader.settings.preferences import PreferenceStore
from cg_uploader.uploads.planning.drift import file_changed, profile_changed
from cg_uploader.uploads.planning.plan_builder import tell_loss


def tidying(places: Places) -> Work:
    """The work of deleting old row values; results in a sentence for the person, or an empty text."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        with open_journal(places) as journal:
            journal.delete_old_values(PreferenceStore(places.preferences).load().keep_days)
            said: list[str] = []
            tell_loss(journal, said.append)
            return "".join(said)

    return work


def changed_since(run: int, services: Services) -> Work:
    """The work of comparing a run with its file and its profile as they are now; results in sentences, or an empty text."""

    def work(_announce: Announce, _cancelled: Cancelled) -> object:
        with open_journal(services.places) as journal:
            plan = journal.plan(run)
            said = [file_changed(plan, journal, run)]
            with suppress(ProfileError):  # it was never saved, or is gone
                said.append(profile_changed(plan, services.profiles.load(plan.profile)))
        return "\n\n".join(filter(None, said))

    return work
