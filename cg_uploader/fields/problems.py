"""One problem of a row or a plan, and the words for every kind there is."""

from __future__ import annotations

from dataclasses import dataclass

from cg_uploader.fields.value_types import SHAPES
from cg_uploader.model.enums import FieldKind, Level, NoteKind
from cg_uploader.model.message import Text

_ROW = "or leave the row out."
# What a person does about each kind of problem; what the file's notes say is in their sentences.
WHAT_TO_DO = {
    "missing": f"Enter it, {_ROW}",
    "nothing-to-send": "Fill in a column that is sent, or leave the row out.",
    "forbidden-characters": "Type the value anew.",
    "half-character": "Type the value anew.",
    "too-long": "Shorten it if every character matters.",
    "far-too-long": "Shorten it: it will probably be cut off or refused.",
    "url-too-long": "Shorten the longest values, or send fewer fields.",
    "too-many-fields": "Send fewer fields.",
    "duplicate": "Keep the row that is right and leave the others out.",
    "shared-phone": "Check which person the number belongs to.",
    NoteKind.ERROR_VALUE: "Correct the formula or enter the value.",
    NoteKind.ERROR_TEXT: "Enter the value that is meant, or accept the row as it is.",
    NoteKind.NOT_CALCULATED: "Open the file in Excel, save it and choose it again, or enter the value.",
    NoteKind.NO_SUCH_DATE: "Enter the date that is meant.",
    NoteKind.TRUNCATED_NUMBER: "Enter the whole number, or export the file anew with this column as text.",
    NoteKind.LOST_CHARACTER: "Type the text anew, or choose another encoding.",
    NoteKind.UNCLOSED_QUOTE: "Look whether the row's cells are right, then correct or accept it.",
    NoteKind.LONG_ROW: "Look whether the row's cells are right, then correct or accept it.",
    "held-back": "Look whether it is right now.",
    "refused": "Correct what CustomerGauge names.",
    "heading": "Rename the heading in the import configuration and in the mapping.",
    "not-mapped": "Choose a column or a text for it.",
    "nothing-mapped": "Choose a column for at least one field.",
    "no-identifier": "Say in the configuration which field identifies a row.",
    "reference": "Copy the reference from CustomerGauge again.",
    **{kind.value: f"Correct it, {_ROW}" for kind in FieldKind if kind is not FieldKind.TEXT},
}
_NOUNS = {kind.value: shape.nouns for kind, shape in SHAPES.items()}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should know or correct before sending.

    ``row``: the number as Excel shows it, None for the file or the plan as a whole; ``column``: the file's heading;
    ``heading``: the field's; ``kind``: a word of ``WHAT_TO_DO`` or of the file's notes; ``message``: what was found, what is
    expected, what to do, for where row and field stand beside it; ``where``: row and column in words, "" when ``message``
    says the place itself.
    """

    row: int | None
    column: str | None
    heading: str | None
    level: Level
    kind: str
    message: Text
    where: str = ""

    @property
    def found(self) -> str:
        """What was found, what is expected, what to do, in words."""
        return str(self.message)

    @property
    def text(self) -> str:
        """The whole sentence, for where nothing stands beside it: where, what was found, what to do."""
        return f"{self.where}: {self.found}" if self.where else self.found


def counted(count: int, one: str, many: str) -> str:
    """A number with its noun: ``1 row``, ``2,000 rows``."""
    return f"{count:,} {one if count == 1 else many}"


def todo(kind: str, heading: str | None, count: int, limit: int) -> str:
    """One line of the to-do list: ``Fix 3 email addresses (“Email”)``.  ``limit``: the field's characters."""
    about = f" (“{heading}”)" if heading else ""
    if (nouns := _NOUNS.get(kind)) is not None:
        return f"Fix {counted(count, *nouns)}{about}"
    rows = counted(count, "row", "rows")
    values = counted(count, "value is", "values are")
    cells = counted(count, "cell", "cells")
    lines = {
        "missing": f"Enter missing data in {rows}",
        "nothing-to-send": f"{rows} without anything to send",
        "forbidden-characters": f"Retype {counted(count, 'value', 'values')} with forbidden characters",
        "half-character": f"Retype {counted(count, 'value', 'values')} with broken characters",
        "too-long": f"{values} over {limit:,} characters",
        "far-too-long": f"{values} far too long, over {limit:,} characters",
        "url-too-long": f"Shorten {rows}: too long to be sent",
        "too-many-fields": f"{rows} with too many fields",
        "shared-phone": f"{rows} with a phone number that another person has too",
        NoteKind.ERROR_VALUE: f"Correct {cells} that show{'s' if count == 1 else ''} an error",
        NoteKind.ERROR_TEXT: f"Look at {cells} with the text of an error",
        NoteKind.NOT_CALCULATED: f"{cells} with a formula that has no result",
        NoteKind.NO_SUCH_DATE: f"{cells} with a date that does not exist",
        NoteKind.UNCLOSED_QUOTE: f"Look at {rows} with a quotation mark that never closes",
        NoteKind.LONG_ROW: f"Look at {rows} with more values than headings",
        NoteKind.HIDDEN_BY_FORMAT: f"{cells} with a value that the format hides",
        NoteKind.DIGITS_LOST: f"{cells} with more than 15 digits",
        "refused": f"Correct {rows} that CustomerGauge refused before",
        "held-back": f"Look at {rows} that the check held back before",
        NoteKind.TRUNCATED_NUMBER: f"{cells} with a long number that lost its digits",
        NoteKind.REPLACED_BYTE: f"{cells} with a byte that does not fit the encoding",
        NoteKind.LOST_CHARACTER: f"{cells} with a lost character",
        NoteKind.CONTROL_CHARACTERS: f"{cells} with control characters, which are not sent",
    }
    return lines.get(kind, f"{rows}: {kind.replace('-', ' ')}") + about
