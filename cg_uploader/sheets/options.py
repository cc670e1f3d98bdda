"""Owns what a person may choose about the reading of a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person chose: ``header_row`` as Excel shows it; ``limit``: stop after so many rows (a preview)."""

    sheet: str | None = None
    header_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    limit: int | None = None


# Everything as the file itself has it.
AS_FOUND = ReadOptions()
