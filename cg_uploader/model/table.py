"""The spreadsheet's side: a file as a table of texts, with columns, rows and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cg_uploader.errors import MappingError
from cg_uploader.model.configuration import Source
from cg_uploader.model.enums import NoteKind
from cg_uploader.model.provenance import Provenance
from cg_uploader.translation import _


@dataclass(frozen=True, slots=True)
class Note:
    """What the text of a cell does not show."""

    # Its number, as Excel shows it. None: the note is about the file or a column.
    row: int | None
    # The heading. None: the note is about the file or a row.
    column: str | None
    kind: NoteKind
    # The sentence for the user.
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    # To the letter.
    heading: str
    # As Excel shows it: ``A``, ``AB``.
    letter: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One visible, non-empty row below the header row."""

    # As Excel shows it.
    number: int
    # One text per column.
    cells: tuple[str, ...]


class Rows(Protocol):
    """The rows of a table, never all in memory at once.  Positions count from 0."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __iter__(self) -> Iterator[Row]:
        """Walk them from the first, in file order.  Several threads may walk at once."""

    def __getitem__(self, position: int) -> Row:
        """Return the row at a position.

        Raises:
            IndexError: there is none.
        """

    def walk(self, start: int) -> Iterator[Row]:
        """Walk them from a position on."""

    def close(self) -> None:
        """Give temporary space back.  The rows are gone after that."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to read the same text.  Only the user can tell which one is right."""

    # What to choose for it. One of the two is None.
    encoding: str | None
    delimiter: str | None
    # A few lines as the table has them, headings first, and the same lines read in the other way.
    own: tuple[tuple[str, ...], ...]
    other: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as the user sees it: headings, and rows of text with their numbers."""

    file: Path
    # The SHA-256 of the file's bytes in hexadecimal.
    digest: str
    # Its name. None for delimited text.
    sheet: str | None
    # Names, visible ones first. Empty for delimited text.
    sheets: tuple[str, ...]
    # Its number, as Excel shows it.
    header_row: int
    columns: tuple[Column, ...]
    rows: Rows
    notes: Sequence[Note] = ()
    # How many rows were left out.
    hidden_rows: int = 0
    empty_rows: int = 0
    # How a text file was read. None for a workbook.
    encoding: str | None = None
    delimiter: str | None = None
    # The run whose failed rows these are.
    origin: Provenance | None = None
    # Another reading that may be the right one.
    alternative: Alternative | None = None
    # The last few rows above the header row, their texts cut short.
    above: tuple[Row, ...] = ()

    def position(self, source: Source) -> int:
        """Return the position of the one column that ``source`` names.

        Raises:
            MappingError: there is none, or more than one.
        """
        if source.letter is not None:
            name = _("column {letter}").format(letter=source.letter)
            positions = [i for i, column in enumerate(self.columns) if column.letter == source.letter]
        else:
            name = _("column “{heading}”").format(heading=source.column)
            positions = [i for i, column in enumerate(self.columns) if column.heading == source.column]
        if len(positions) == 1:
            return positions[0]
        if not positions:
            text = _("{file} has no {column}. Choose another column for this field.")
            raise MappingError(text.format(file=self.file.name, column=name))
        letters = ", ".join(self.columns[i].letter for i in positions)
        text = _("{file} has {column} more than once ({letters}). Choose one by its letter.")
        raise MappingError(text.format(file=self.file.name, column=name, letters=letters))
