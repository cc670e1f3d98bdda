"""The provenance of failed rows, which file, table and journal share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provenance:
    """The run whose failed rows a table holds.  No value of a row, no constant and no secret is here."""

    # Its number. 0: the file does not name it any more.
    run: int = 0
    # When it began, ISO 8601.
    started: str = ""
    profile: str = ""
    reference: str = ""
    # Name and SHA-256 of the file that it sent.
    file: str = ""
    digest: str = ""
    # Digest and sheet of the file from which the rows first came, however often they have come back since.
    content: str = ""
    # The highest row number of that file, with rows that were added since. 0: not known.
    last: int = 0
    # (letter, heading) of each column of the file that was sent.
    columns: tuple[tuple[str, str], ...] = ()
    # (field heading, column letter).
    sources: tuple[tuple[str, str], ...] = ()
    # Headings of fields that had one text in every row.
    constants: tuple[str, ...] = ()
    # Whether the rows may have arrived already.
    unsure: bool = False
