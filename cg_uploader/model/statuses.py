"""The facts about each status of a row.  The order is that of totals.

Texts are marked for translation, and translated where they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cg_uploader.model.enums import RowStatus
from cg_uploader.translation import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFacts:
    """What is known of one status."""

    # The one or two words that window, terminal and report show.
    label: str
    # What a receipt says that it means.
    meaning: str
    # What the user is told to do in the file of failed rows. Empty: such a row does not get there.
    what_to_do: str = ""
    # The name of its icon, and of the colour that the icon has, in the window.
    icon: str
    tone: str
    # Whether the user has to look at the row.
    needs_attention: bool = True
    # Whether it is decided before anything of the row is sent.
    decided_unsent: bool = False


STATUSES: Mapping[RowStatus, StatusFacts] = {
    RowStatus.ACCEPTED: StatusFacts(
        label=N_("Accepted"),
        icon="good",
        tone="good",
        meaning=N_(
            "CustomerGauge took the row. It can still ignore a field or hold an invitation back; "
            "Data → Rest APIs → Request History shows what it made of it."
        ),
        needs_attention=False,
    ),
    RowStatus.REFUSED: StatusFacts(
        label=N_("Refused"),
        icon="error",
        tone="error",
        meaning=N_("CustomerGauge said no, for the reason given below."),
        what_to_do=N_("Correct what CustomerGauge names, save the file, and open it in CG Uploader again."),
    ),
    RowStatus.HELD_BACK: StatusFacts(
        label=N_("Held back"),
        icon="warning",
        tone="warning",
        meaning=N_("The check found an error; the row never left this computer."),
        what_to_do=N_("Correct this row, save the file, and open it in CG Uploader again."),
        decided_unsent=True,
    ),
    RowStatus.NOT_SENT: StatusFacts(
        label=N_("Not sent"),
        icon="half",
        tone="warning",
        meaning=N_("It could not be delivered; nothing of it arrived."),
        what_to_do=N_("Nothing to correct: open this file in CG Uploader again, or continue the upload."),
    ),
    RowStatus.NOT_SURE: StatusFacts(
        label=N_("Not sure"),
        icon="question",
        tone="warning",
        meaning=N_("It was sent and no clear answer came; it may have arrived."),
        what_to_do=N_("A repeat does no harm: open this file in CG Uploader again, or continue the upload."),
    ),
    RowStatus.SKIPPED: StatusFacts(
        label=N_("Skipped"),
        icon="minus",
        tone="quiet",
        meaning=N_("Left out by you, accepted in an earlier upload, or older than what has been accepted since."),
        needs_attention=False,
        decided_unsent=True,
    ),
}
