"""The spreadsheet's side: a file as a table of texts, its columns, rows and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cg_uploader.errors import MappingError
from cg_uploader.model.configuration import (
    Source,
)
from cg_uploader.model.enums import NoteKind
from cg_uploader.model.provenance import Provenance
from cg_uploader.translation import _


@dataclass(frozen=True, slots=True)
class Note:
    """What the sent text alone does not show: ``row`` as Excel shows it, heading of the ``column``, its ``kind``."""

    row: int | None
    column: str | None
    kind: NoteKind
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its heading to the letter, and its letter as Excel shows it (``A``, ``AB``)."""

    heading: str
    letter: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One visible, non-empty row below the header: its number as Excel shows it, one text per column."""

    number: int
    cells: tuple[str, ...]


class Rows(Protocol):
    """The rows of a table: walked as often as wanted, fetched by position (0 is the first), never all in memory at once."""

    def __len__(self) -> int:
        """How many there are."""

    def __iter__(self) -> Iterator[Row]:
        """Walk them from the first, in file order; several walks may be under way, from several threads."""

    def __getitem__(self, position: int) -> Row:
        """The row at a position; IndexError beyond the end."""

    def walk(self, start: int) -> Iterator[Row]:
        """Walk them from a position on."""

    def close(self) -> None:
        """Give temporary space back; the rows are gone after that."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A reading that only a person can tell from the table's: what to choose for it; a few lines of both, headings first."""

    encoding: str | None
    delimiter: str | None
    own: tuple[tuple[str, ...], ...]
    other: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as the person sees it: headings, and rows of text with their numbers.

    ``digest`` is the SHA-256 of the file's bytes in hexadecimal; ``sheets`` are names, visible ones first, and empty for
    delimited text; ``header_row`` as Excel shows it; ``hidden_rows`` and ``empty_rows`` were left out; ``alternative``: only a
    person can tell which reading is right; ``origin``: the run whose failed rows these are, or None; ``above``: the last few
    rows over the header row, texts cut short, to be looked at.
    """

    file: Path
    digest: str
    sheet: str | None
    sheets: tuple[str, ...]
    header_row: int
    columns: tuple[Column, ...]
    rows: Rows
    notes: Sequence[Note] = ()
    hidden_rows: int = 0
    empty_rows: int = 0
    encoding: str | None = None
    delimiter: str | None = None
    origin: Provenance | None = None
    alternative: Alternative | None = None
    above: tuple[Row, ...] = ()

    def position(self, source: Source) -> int:
        """Index of the one column that ``source`` names; MappingError when there is none, or more than one."""
        if source.letter is not None:
            name = _("column {letter}").format(letter=source.letter)
            found = [i for i, column in enumerate(self.columns) if column.letter == source.letter]
        else:
            name = _("column “{heading}”").format(heading=source.column)
            found = [i for i, column in enumerate(self.columns) if column.heading == source.column]
        if len(found) == 1:
            return found[0]
        if not found:
            text = _("{file} has no {column}. Choose another column for this field.")
            raise MappingError(text.format(file=self.file.name, column=name))
        letters = ", ".join(self.columns[i].letter for i in found)
        text = _("{file} has {column} more than once ({letters}). Choose one by its letter.")
        raise MappingError(text.format(file=self.file.name, column=name, letters=letters))
