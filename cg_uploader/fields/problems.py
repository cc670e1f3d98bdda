"""One problem of a row or a plan, and the words for every kind of problem there is."""

from __future__ import annotations

from dataclasses import dataclass

from cg_uploader.fields.messages import Advice, FieldMessage
from cg_uploader.model.enums import FieldKind, Level, NoteKind
from cg_uploader.model.message import Message, Text, message
from cg_uploader.translation import _, ngettext

# What the user does about each kind of problem. The sentences of the file's notes say it themselves.
WHAT_TO_DO = {
    "missing": Advice.ENTER,
    "nothing-to-send": Advice.FILL_IN,
    "forbidden-characters": Advice.TYPE_AGAIN,
    "half-character": Advice.TYPE_AGAIN,
    "too-long": Advice.SHORTEN,
    "far-too-long": Advice.SHORTEN_SURELY,
    "url-too-long": Advice.SHORTEN_THE_ROW,
    "too-many-fields": Advice.SEND_FEWER_FIELDS,
    "duplicate": Advice.KEEP_ONE,
    "shared-phone": Advice.CHECK_THE_NUMBER,
    "heading": Advice.RENAME_THE_HEADING,
    "not-mapped": Advice.CHOOSE_A_SOURCE,
    "nothing-mapped": Advice.CHOOSE_A_COLUMN,
    "no-identifier": Advice.NAME_AN_IDENTIFIER,
    "reference": Advice.COPY_THE_REFERENCE,
    **dict.fromkeys((kind.value for kind in FieldKind if kind is not FieldKind.TEXT), Advice.CORRECT),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that the user should know or correct before sending."""

    # The row's number as Excel shows it. None for the file or the plan as a whole.
    row: int | None
    # The file's heading.
    column: str | None
    # The field's heading.
    heading: str | None
    level: Level
    # A key of ``WHAT_TO_DO``, or a kind of the file's notes.
    kind: str
    # What is wrong, what is expected, what to do, for where row and field stand beside it.
    message: Text
    # Row and column in words. Empty when the message names the place itself.
    where: str = ""

    @property
    def text(self) -> str:
        """The whole sentence, for where nothing stands beside it: where, what is wrong, what to do."""
        return f"{self.where}: {self.message}" if self.where else str(self.message)


def add_advice(fault: Text, kind: str) -> Message:
    """Add what to do about a kind of problem to what is wrong."""
    return message(FieldMessage.WITH_ADVICE, fault=fault, advice=message(WHAT_TO_DO[kind]))


def describe_todo(kind: str, heading: str | None, count: int, max_chars: int) -> str:
    """Write one line of the to-do list: ``Fix 3 email addresses (“Email”)``. ``max_chars``: what the field takes."""
    lines = {**_value_lines(count), **_row_lines(count), **_cell_lines(count)}
    line = lines.get(kind) or ngettext("{count} row: {kind}", "{count} rows: {kind}", count)
    text = line.format(count=f"{count:,}", kind=kind.replace("-", " "), max_chars=f"{max_chars:,}")
    return _("{line} (“{heading}”)").format(line=text, heading=heading) if heading else text


def _value_lines(count: int) -> dict[str, str]:
    return {
        FieldKind.EMAIL: ngettext("Fix {count} email address", "Fix {count} email addresses", count),
        FieldKind.PHONE: ngettext("Fix {count} phone number", "Fix {count} phone numbers", count),
        FieldKind.DATE: ngettext("Fix {count} date", "Fix {count} dates", count),
        FieldKind.DATETIME: ngettext("Fix {count} date with time", "Fix {count} dates with time", count),
        FieldKind.NUMBER: ngettext("Fix {count} number", "Fix {count} numbers", count),
        FieldKind.FLAG: ngettext("Fix {count} yes/no value", "Fix {count} yes/no values", count),
        "forbidden-characters": ngettext(
            "Retype {count} value with forbidden characters", "Retype {count} values with forbidden characters", count
        ),
        "half-character": ngettext(
            "Retype {count} value with broken characters", "Retype {count} values with broken characters", count
        ),
        "too-long": ngettext(
            "{count} value is over {max_chars} characters", "{count} values are over {max_chars} characters", count
        ),
        "far-too-long": ngettext(
            "{count} value is far too long, over {max_chars} characters",
            "{count} values are far too long, over {max_chars} characters",
            count,
        ),
    }


def _row_lines(count: int) -> dict[str, str]:
    return {
        "missing": ngettext("Enter missing data in {count} row", "Enter missing data in {count} rows", count),
        "nothing-to-send": ngettext("{count} row with nothing to send", "{count} rows with nothing to send", count),
        "url-too-long": ngettext(
            "Shorten {count} row: too long to be sent", "Shorten {count} rows: too long to be sent", count
        ),
        "too-many-fields": ngettext("{count} row with too many fields", "{count} rows with too many fields", count),
        "shared-phone": ngettext(
            "{count} row with another person’s phone number", "{count} rows with another person’s phone number", count
        ),
        "refused": ngettext(
            "Correct {count} row that CustomerGauge refused before",
            "Correct {count} rows that CustomerGauge refused before",
            count,
        ),
        "held-back": ngettext(
            "Check {count} row that was held back before", "Check {count} rows that were held back before", count
        ),
        NoteKind.UNCLOSED_QUOTE: ngettext(
            "Check {count} row with a quotation mark that never closes",
            "Check {count} rows with a quotation mark that never closes",
            count,
        ),
        NoteKind.LONG_ROW: ngettext(
            "Check {count} row with more values than headings", "Check {count} rows with more values than headings", count
        ),
    }


def _cell_lines(count: int) -> dict[str, str]:
    return {
        NoteKind.ERROR_VALUE: ngettext(
            "Correct {count} cell that shows an error", "Correct {count} cells that show an error", count
        ),
        NoteKind.ERROR_TEXT: ngettext(
            "Check {count} cell with the text of an error", "Check {count} cells with the text of an error", count
        ),
        NoteKind.NOT_CALCULATED: ngettext(
            "{count} cell with a formula without a result", "{count} cells with a formula without a result", count
        ),
        NoteKind.NO_SUCH_DATE: ngettext(
            "{count} cell with a date that does not exist", "{count} cells with a date that does not exist", count
        ),
        NoteKind.HIDDEN_BY_FORMAT: ngettext(
            "{count} cell with a value that the format hides", "{count} cells with a value that the format hides", count
        ),
        NoteKind.DIGITS_LOST: ngettext(
            "{count} cell with more than 15 digits", "{count} cells with more than 15 digits", count
        ),
        NoteKind.TRUNCATED_NUMBER: ngettext(
            "{count} cell with a long number that lost its digits",
            "{count} cells with a long number that lost its digits",
            count,
        ),
        NoteKind.REPLACED_BYTE: ngettext(
            "{count} cell with a byte that does not fit the encoding",
            "{count} cells with a byte that does not fit the encoding",
            count,
        ),
        NoteKind.LOST_CHARACTER: ngettext("{count} cell with a lost character", "{count} cells with a lost character", count),
        NoteKind.CONTROL_CHARACTERS: ngettext(
            "{count} cell with control characters, which are not sent",
            "{count} cells with control characters, which are not sent",
            count,
        ),
    }
