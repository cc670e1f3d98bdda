"""What the user may choose about the reading of a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user chose about the reading of a file. None: the file itself decides."""

    # The name of the sheet.
    sheet: str | None = None
    # The number of the header row, as Excel shows it.
    header_row: int | None = None
    # The encoding of a text file.
    encoding: str | None = None
    # The character between the cells of a text file.
    delimiter: str | None = None
    # Read so many rows and no more, for a preview.
    limit: int | None = None


# Everything as the file itself has it.
AS_FOUND = ReadOptions()
