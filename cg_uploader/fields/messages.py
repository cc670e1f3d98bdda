"""What is said of a row that does not pass the check: what was found, what is expected, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from cg_uploader.model.message import Message, MessageKind, message


class FieldMessage(MessageKind):
    """What is said of a value or a row.  ``value`` is one as the user can see all of it."""

    NO_EMAIL = (
        "no-email",
        (
            "{value} is not an email address; expected is one address with one @, no blanks and no invisible characters. "
            "Correct it, or leave the row out."
        ),
    )
    NO_PHONE = (
        "no-phone",
        (
            "{value} is not a phone number; expected is digits, at least three, with nothing else than blanks, ( ) - and +. "
            "Correct it, or leave the row out."
        ),
    )
    NO_DATE = (
        "no-date",
        "{value} is not a date; expected is a date as YYYY-MM-DD, like 2024-05-31. Correct it, or leave the row out.",
    )
    NO_DATETIME = (
        "no-datetime",
        (
            "{value} is not a date with time; expected is a date with time as YYYY-MM-DD HH:MM:SS, like 2024-05-31 14:30:00. "
            "Correct it, or leave the row out."
        ),
    )
    NO_NUMBER = (
        "no-number",
        (
            "{value} is not a number; expected is a number of digits with at most one decimal point, no % and no currency. "
            "Correct it, or leave the row out."
        ),
    )
    NO_FLAG = (
        "no-flag",
        "{value} is not a yes/no value; expected is Y or N (or 1 or 0). Correct it, or leave the row out.",
    )
    HALF_CHARACTER = (
        "half-character",
        "{value} holds half of a character, which cannot be sent. Type the value anew.",
    )
    FORBIDDEN_CHARACTERS = "forbidden-characters", "{value} holds a control character. Type the value anew."
    LONG = (
        "long-value",
        ("{value} has {chars:,} characters; up to {max_chars:,} are sure to be kept. Shorten it if every character matters."),
    )
    VERY_LONG = (
        "very-long-value",
        (
            "{value} has {chars:,} characters; up to {max_chars:,} are sure to be kept. "
            "Shorten it: it will probably be cut off or refused."
        ),
    )
    NOTHING_TO_SEND = (
        "nothing-to-send",
        "No field of this row holds anything. Fill in a column that is sent, or leave the row out.",
    )
    MISSING = "missing-value", "Nothing is there, but {wanted} is required. Enter it, or leave the row out."
    QUOTED = "quoted-heading", "“{heading}”"
    EITHER = "either-heading", "{one} or {other}"
    TOO_MANY_FIELDS = (
        "too-many-fields",
        "{fields:,} fields are filled, but at most {max_fields:,} can be sent. Send fewer fields.",
    )
    HALF_HEADING = (
        "half-heading",
        (
            "A heading or the reference holds half of a character. "
            "Rename the heading in the import configuration and in the mapping."
        ),
    )
    TOO_LONG_TO_SEND = (
        "too-long-to-send",
        (
            "All values together need {bytes:,} bytes on their way; {max_bytes:,} are possible. "
            "Shorten the longest values, or send fewer fields."
        ),
    )


def either(headings: Sequence[str]) -> Message:
    """Name the fields of which one is wanted."""
    quoted = [message(FieldMessage.QUOTED, heading=heading) for heading in headings]
    return reduce(lambda one, other: message(FieldMessage.EITHER, one=one, other=other), quoted)
