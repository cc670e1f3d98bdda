"""The import configurations of the pretend CustomerGauge, and what each one requires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cg_uploader.model.enums import DataType


class Effect(StrEnum):
    """What a processed record does."""

    UPSERT = "upsert"
    ALIAS = "alias"
    ACTIVITY = "activity"
    INVITATION = "invitation"
    RESPONSE = "response"
    REVENUE = "revenue"


EFFECTS: Mapping[DataType, tuple[Effect, ...]] = {
    DataType.ACCOUNT: (Effect.UPSERT,),
    DataType.CONTACT: (Effect.UPSERT,),
    DataType.ACCOUNT_ALIAS: (Effect.ALIAS,),
    DataType.ACTIVITY: (Effect.ACTIVITY,),
    DataType.SURVEY: (Effect.INVITATION,),
    DataType.MULTI_OBJECT: (Effect.UPSERT, Effect.INVITATION),
    DataType.EXTERNAL_RESPONSE: (Effect.RESPONSE,),
    DataType.REVENUE: (Effect.REVENUE,),
    DataType.UNKNOWN: (Effect.UPSERT, Effect.INVITATION),
}


@dataclass(frozen=True, slots=True)
class PracticeConfiguration:
    """One import configuration of the pretend CustomerGauge."""

    reference: str
    data_type: DataType
    # The fields it knows. Others are ignored, and the answer is 200 all the same. Empty: it knows any.
    headings: tuple[str, ...] = ()
    # Per entry one heading, or alternatives of which one must hold text.
    required: tuple[tuple[str, ...], ...] = ()
    # Headings that say what a row is about. The first that holds text gives the row's key.
    key: tuple[str, ...] = ()

    def ignored(self, headings: Mapping[str, object]) -> tuple[str, ...]:
        """Return the headings of a record that this configuration does not know."""
        if not self.headings:
            return ()
        return tuple(heading for heading in headings if heading not in self.headings)

    def missing(self, values: Mapping[str, str | None]) -> tuple[tuple[str, ...], ...]:
        """Return the required entries for which a record holds no text."""
        return tuple(names for names in self.required if not any(values.get(name) for name in names))

    def key_of(self, values: Mapping[str, str | None]) -> str | None:
        """Return the row's key, or None.

        It is ``heading:value``, with the value in lower case.  Of a phone number only the digits count.
        """
        for heading in self.key:
            value = values.get(heading)
            if value:
                plain = "".join(filter(str.isdigit, value)) if "phone" in heading.lower() else value.lower()
                return f"{heading}:{plain}"
        return None


_CONTACT = ("Email", "Phone", "First Name", "Last Name", "Job Title", "Country", "Language", "Source", "Segment")
_TOUCHPOINT = ("Touchpoint", "Order Number", "Product")
_CONTACT_KEY = ("Email", "Phone")

READY_MADE = (
    PracticeConfiguration("contact", DataType.CONTACT, (*_CONTACT, "Account Name"), (_CONTACT_KEY,), _CONTACT_KEY),
    PracticeConfiguration(
        "accounts",
        DataType.ACCOUNT,
        ("Account Name", "Account Owner", "Industry", "Country", "Segment", "Parent Account", "Source"),
        (("Account Name",),),
        ("Account Name",),
    ),
    PracticeConfiguration(
        "activities",
        DataType.ACTIVITY,
        ("Account Name", "Contact", "Reference", "Source", "Type", "Subject", "Description", "Happened At"),
        (("Account Name",), ("Reference",), ("Source",), ("Type",)),
        ("Reference",),
    ),
    PracticeConfiguration(
        "alias", DataType.ACCOUNT_ALIAS, ("Account Name", "Alias"), (("Account Name",), ("Alias",)), ("Alias",)
    ),
    PracticeConfiguration("survey", DataType.SURVEY, (*_CONTACT, "Account Name", *_TOUCHPOINT), (_CONTACT_KEY,), _CONTACT_KEY),
    PracticeConfiguration(
        "multi", DataType.MULTI_OBJECT, (*_CONTACT, "Account Name", *_TOUCHPOINT), (_CONTACT_KEY,), _CONTACT_KEY
    ),
    PracticeConfiguration(
        "response",
        DataType.EXTERNAL_RESPONSE,
        ("Email", "Phone", "Account Name", "Sent Date", "Completed Date", "NPS", "Comment", "Follow Up"),
        (_CONTACT_KEY, ("Sent Date",), ("Completed Date",)),
        _CONTACT_KEY,
    ),
    PracticeConfiguration(
        "revenue",
        DataType.REVENUE,
        ("Account Name", "Amount", "Start Date", "End Date", "Type", "Description"),
        (("Account Name",), ("Amount",)),
        ("Account Name",),
    ),
)
