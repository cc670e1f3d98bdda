"""The facts about each data type.  Nothing that depends on a data type stands elsewhere.

Source: the vendor's articles on PUT Records (H5000872475, H5000872718, H5000872721, H5000872699, H5000874298, H5000880071).
The order is that of the window.  Labels and names are marked for translation, and translated where they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cg_uploader.model.enums import DataType, Identity
from cg_uploader.translation import N_, _


class Invites(StrEnum):
    """Whether an accepted row sends a survey to a real person."""

    NEVER = "never"
    PERHAPS = "perhaps"
    YES = "yes"


class Repeat(StrEnum):
    """What a second row about the same thing does."""

    UPDATES = "updates"
    ADDS = "adds"
    UNDOCUMENTED = "undocumented"


# What identifies whom a row is about.
PERSON = (Identity.EMAIL, Identity.PHONE)

_REMARKS = {
    Invites.NEVER: "",
    Invites.PERHAPS: N_(
        "Until the type is known, every row is treated as if it sent a survey to a real person: you are asked before anything "
        "is sent, and a row without a clear answer is never sent twice. Ask the administrator who made the configuration."
    ),
    Invites.YES: N_("Every accepted row may send a survey to a real person. You are asked before anything is sent."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTypeFacts:
    """What is known of one data type.  What an entry leaves out is the most careful assumption."""

    # What the window calls it.
    label: str
    # What it is called within a sentence.
    name: str
    # Documented required headings. Of each inner tuple one is enough. Empty: nothing is documented.
    required: tuple[tuple[str, ...], ...] = ()
    # What decides order and duplicates, the most telling first. Empty: nothing is documented.
    identifiers: tuple[Identity, ...] = ()
    # Whether a row sends a survey.
    invites: Invites = Invites.PERHAPS
    # Whether a row may leave twice. False: once only.
    repeatable: bool = False
    # The identifier without which a row of a repeatable type is once only all the same, and may be sent.
    repeatable_by: Identity | None = None
    # What a second row about the same thing does.
    repeat: Repeat = Repeat.ADDS
    # What a refused row may have written all the same.
    left_by_refusal: str = ""
    # The reference of the vendor's own configuration, where one is documented (systems made after 24 September 2021).
    default_reference: str = ""

    @property
    def inviting(self) -> bool:
        """Whether a row may send a survey to a real person."""
        return self.invites is not Invites.NEVER

    @property
    def choice(self) -> str:
        """The line in a list to choose from."""
        label = _(self.label)
        return _("{label}: sends surveys").format(label=label) if self.invites is Invites.YES else label

    @property
    def remark(self) -> str:
        """What the user must know when this type is chosen.  Empty when there is nothing."""
        return _(_REMARKS[self.invites]) if _REMARKS[self.invites] else ""


DATA_TYPES: Mapping[DataType, DataTypeFacts] = {
    DataType.CONTACT: DataTypeFacts(
        label=N_("Contacts"),
        name=N_("contact"),
        required=(("Email", "Phone"),),
        identifiers=PERSON,
        invites=Invites.NEVER,
        repeatable=True,
        repeat=Repeat.UPDATES,
        default_reference="contact",
    ),
    DataType.ACCOUNT: DataTypeFacts(
        label=N_("Accounts"),
        name=N_("account"),
        required=(("Account Name",),),
        identifiers=(Identity.ACCOUNT,),
        invites=Invites.NEVER,
        repeatable=True,
        repeat=Repeat.UPDATES,
    ),
    DataType.ACCOUNT_ALIAS: DataTypeFacts(
        label=N_("Account aliases"),
        name=N_("account alias"),
        required=(("Account Name",), ("Alias",)),
        identifiers=(Identity.ALIAS,),
        invites=Invites.NEVER,
        repeatable=True,
        repeat=Repeat.UNDOCUMENTED,
    ),
    DataType.ACTIVITY: DataTypeFacts(
        label=N_("Activities"),
        name=N_("activity"),
        required=(("Account Name",), ("Reference",), ("Source",), ("Type",)),
        identifiers=(Identity.REFERENCE,),
        invites=Invites.NEVER,
        repeatable=True,
        repeatable_by=Identity.REFERENCE,
        repeat=Repeat.UPDATES,
        default_reference="activities",
    ),
    DataType.SURVEY: DataTypeFacts(
        label=N_("Survey records"),
        name=N_("survey"),
        required=(("Contact Reference", "Email", "Phone"),),
        identifiers=PERSON,
        invites=Invites.YES,
    ),
    DataType.MULTI_OBJECT: DataTypeFacts(
        label=N_("Multi-object"),
        name=N_("multi object"),
        required=(("Email", "Phone"),),
        identifiers=PERSON,
        invites=Invites.YES,
        left_by_refusal=N_("account and contact"),
    ),
    DataType.EXTERNAL_RESPONSE: DataTypeFacts(
        label=N_("External responses"),
        name=N_("external response"),
        required=(("Email", "Phone"), ("Sent Date",), ("Completed Date",)),
        identifiers=PERSON,
        invites=Invites.NEVER,
    ),
    DataType.REVENUE: DataTypeFacts(label=N_("Revenue"), name=N_("revenue"), invites=Invites.NEVER),
    DataType.UNKNOWN: DataTypeFacts(label=N_("I don’t know"), name=N_("unknown")),
}


def facts_of(data_type: DataType) -> DataTypeFacts:
    """Return what is known of ``data_type``.  A type that is not in the table counts as inviting and once-only."""
    return DATA_TYPES.get(data_type) or DataTypeFacts(label=data_type.value, name=data_type.value)
