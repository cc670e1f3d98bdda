"""The sentences of a check about a row or a plan: what is wrong and what is expected, and apart from it what to do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from cg_uploader.model.message import Message, MessageKind, message
from cg_uploader.translation import N_


class FieldMessage(MessageKind):
    """What is wrong with a value or a row. ``value``: one that ``headings.quote`` has made."""

    NO_EMAIL = (
        "no-email",
        N_("{value} is not an email address; expected is one address with one @, no blanks and no invisible characters."),
    )
    NO_PHONE = (
        "no-phone",
        N_("{value} is not a phone number; expected are digits, at least three, and nothing else than blanks, ( ) - and +."),
    )
    NO_DATE = "no-date", N_("{value} is not a date; expected is a date as YYYY-MM-DD, like 2024-05-31.")
    NO_DATETIME = (
        "no-datetime",
        N_("{value} is not a date with time; expected is YYYY-MM-DD HH:MM:SS, like 2024-05-31 14:30:00."),
    )
    NO_NUMBER = (
        "no-number",
        N_("{value} is not a number; expected are digits with at most one decimal point, no % and no currency."),
    )
    NO_FLAG = "no-flag", N_("{value} is not a yes/no value; expected is Y or N (or 1 or 0).")
    HALF_CHARACTER = "half-character", N_("{value} contains half a character, which cannot be sent.")
    FORBIDDEN_CHARACTERS = "forbidden-characters", N_("{value} contains a control character.")
    LONG = "long-value", N_("{value} has {chars:,} characters; up to {max_chars:,} are sure to be kept.")
    NOTHING_TO_SEND = "nothing-to-send", N_("No field of this row has a value.")
    MISSING = "missing-value", N_("Nothing is there, but {wanted} is required.")
    QUOTED = "quoted-heading", N_("“{heading}”")
    EITHER = "either-heading", N_("{one} or {other}")
    TOO_MANY_FIELDS = "too-many-fields", N_("{fields:,} fields are filled, but at most {max_fields:,} can be sent.")
    HALF_HEADING = "half-heading", N_("A heading or the reference contains half a character.")
    TOO_LONG_TO_SEND = (
        "too-long-to-send",
        N_("All values together need {bytes:,} bytes on their way; {max_bytes:,} are possible."),
    )
    # What is wrong, with what to do behind it.
    WITH_ADVICE = "with-advice", N_("{fault} {advice}")


class Advice(MessageKind):
    """What the user does about something that is wrong."""

    CORRECT = "advice-correct", N_("Correct it, or leave the row out.")
    ENTER = "advice-enter", N_("Enter it, or leave the row out.")
    FILL_IN = "advice-fill-in", N_("Fill in a column that is sent, or leave the row out.")
    TYPE_AGAIN = "advice-type-again", N_("Type the value again.")
    SHORTEN = "advice-shorten", N_("Shorten it if every character matters.")
    SHORTEN_SURELY = "advice-shorten-surely", N_("Shorten it: it will probably be cut off or refused.")
    SHORTEN_THE_ROW = "advice-shorten-the-row", N_("Shorten the longest values, or send fewer fields.")
    SEND_FEWER_FIELDS = "advice-send-fewer-fields", N_("Send fewer fields.")
    KEEP_ONE = "advice-keep-one", N_("Keep the row that is right and leave the others out.")
    CHECK_THE_NUMBER = "advice-check-the-number", N_("Check which person the number belongs to.")
    RENAME_THE_HEADING = (
        "advice-rename-the-heading",
        N_("Rename the heading in the import configuration and in the mapping."),
    )
    CHOOSE_A_SOURCE = "advice-choose-a-source", N_("Choose a column or a text for it.")
    CHOOSE_A_COLUMN = "advice-choose-a-column", N_("Choose a column for at least one field.")
    NAME_AN_IDENTIFIER = "advice-name-an-identifier", N_("Say in the configuration which field identifies a row.")
    COPY_THE_REFERENCE = "advice-copy-the-reference", N_("Copy the reference from CustomerGauge again.")


def either(headings: Sequence[str]) -> Message:
    """Name the fields of which one is wanted."""
    quoted = [message(FieldMessage.QUOTED, heading=heading) for heading in headings]
    return reduce(lambda one, other: message(FieldMessage.EITHER, one=one, other=other), quoted)
