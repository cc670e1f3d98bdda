"""What the pretend CustomerGauge has been set up with: import configurations, by reference, and what each one requires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cg_uploader.model.enums import DataType


@dataclass(frozen=True, slots=True)
class PracticeConfiguration:
    """One import configuration on the pretend server.

    ``headings``: the fields it knows; anything else is ignored with a 200, unless there are none here: then it knows any.
    ``required``: per entry one heading, or alternatives of which one must hold text.
    ``key``: headings that say who or what a row is about; the first that holds text is the row's key.
    """

    reference: str
    data_type: DataType
    headings: tuple[str, ...] = ()
    required: tuple[tuple[str, ...], ...] = ()
    key: tuple[str, ...] = ()

    def ignored(self, headings: Mapping[str, object]) -> tuple[str, ...]:
        """The headings of a record that this configuration does not know."""
        if not self.headings:
            return ()
        return tuple(heading for heading in headings if heading not in self.headings)

    def missing(self, values: Mapping[str, str | None]) -> tuple[tuple[str, ...], ...]:
        """The required entries for which a record holds no text."""
        return tuple(names for names in self.required if not any(values.get(name) for name in names))

    def key_of(self, values: Mapping[str, str | None]) -> str | None:
        """The row's key: ``heading:value`` with the value in lower case, a phone's digits only; None without one."""
        for heading in self.key:
            value = values.get(heading)
            if value:
                plain = "".join(filter(str.isdigit, value)) if "phone" in heading.lower() else value.lower()
                return f"{heading}:{plain}"
        return None


_PERSON = ("Email", "Phone", "First Name", "Last Name", "Job Title", "Country", "Language", "Source", "Segment")
_TOUCHPOINT = ("Touchpoint", "Order Number", "Product")
_PERSON_KEY = ("Email", "Phone")

READY_MADE = (
    PracticeConfiguration("contact", DataType.CONTACT, (*_PERSON, "Account Name"), (_PERSON_KEY,), _PERSON_KEY),
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
    PracticeConfiguration("survey", DataType.SURVEY, (*_PERSON, "Account Name", *_TOUCHPOINT), (_PERSON_KEY,), _PERSON_KEY),
    PracticeConfiguration(
        "multi", DataType.MULTI_OBJECT, (*_PERSON, "Account Name", *_TOUCHPOINT), (_PERSON_KEY,), _PERSON_KEY
    ),
    PracticeConfiguration(
        "response",
        DataType.EXTERNAL_RESPONSE,
        ("Email", "Phone", "Account Name", "Sent Date", "Completed Date", "NPS", "Comment", "Follow Up"),
        (_PERSON_KEY, ("Sent Date",), ("Completed Date",)),
        _PERSON_KEY,
    ),
    PracticeConfiguration(
        "revenue",
        DataType.REVENUE,
        ("Account Name", "Amount", "Start Date", "End Date", "Type", "Description"),
        (("Account Name",), ("Amount",)),
        ("Account Name",),
    ),
)
