"""Owns what is said about a file beside its texts: the kinds, their sentences, and a store that a million notes fit into."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cg_uploader.lazy_sequence import Computed
from cg_uploader.model.enums import NoteKind
from cg_uploader.model.table import Note
from cg_uploader.sheets.cells.clean_text import column_letter

_CELL = {
    NoteKind.CONTROL_CHARACTERS: "{cell} holds control characters; they are not sent.",
    NoteKind.DIGITS_LOST: "{cell} holds a number of more than 15 digits, of which Excel keeps 15. Store such numbers as text.",
    NoteKind.ERROR_TEXT: "{cell} holds the text of an error, {detail}.",
    NoteKind.ERROR_VALUE: "{cell} shows the error {detail}; nothing can be sent for it. Correct the formula or the value.",
    NoteKind.HIDDEN_BY_FORMAT: "{cell} holds a value that its number format hides; nothing is sent for it.",
    NoteKind.LOST_CHARACTER: "{cell} holds “\ufffd” in place of a lost character. Correct it, or choose another encoding.",
    NoteKind.LONG_ROW: "Row {row} has more values than headings, from {cell} on. A delimiter may stand inside a text.",
    NoteKind.NO_SUCH_DATE: "{cell} is formatted as a date or time, but its number is none; nothing is sent for it.",
    NoteKind.NOT_CALCULATED: "{cell} holds a formula without a result. Open the file in Excel, save it, and choose it again.",
    NoteKind.REPLACED_BYTE: "{cell} holds a byte that does not fit the encoding. It was read as a western letter: check it.",
    NoteKind.TRUNCATED_NUMBER: (
        "{cell} holds what is left of a long number, like 1.23457E+11. Its other digits are not in the file. "
        "Export it again with this column as text."
    ),
    NoteKind.UNCLOSED_QUOTE: "A quotation mark opens in row {row} and never closes; it was read as a character.",
}
_COLUMN = {
    NoteKind.DATE_SYSTEM: "Column {letter} counts days from 1904, as the file says. {cell} and others are sent as shown.",
    NoteKind.DUPLICATE_HEADING: "The heading “{heading}” stands over more than one column, here column {letter}.",
    NoteKind.EMPTY_HEADING: "Column {letter} holds values but has no heading.",
    NoteKind.INVISIBLE_CHARACTERS: "{cell} holds invisible characters inside its text, perhaps others in column {letter} too.",
    NoteKind.MIXED_DATES: "Column {letter} holds dates written in several ways, such as {detail}. Write all as 2024-05-31.",
    NoteKind.PARTIAL_DATE: "Column {letter} shows only a part of its dates, as in {cell}; the full date is sent.",
    NoteKind.PERCENT: "Column {letter} shows percentages, as in {cell}; they are sent with the percent sign.",
    NoteKind.ROUNDED: "Column {letter} shows rounded numbers, as in {cell}; they are sent as shown.",
    NoteKind.STORED_VALUE: "The format of {cell} shows less than the number. The number is sent, in all of column {letter}.",
}
KINDS = tuple(_CELL)
# Kinds that are said once per column.
ONCE = frozenset(_COLUMN)

# More notes of cells than this are not taken over from elsewhere.
MOST_NOTES = 1 << 26

_CHUNK = 1 << 16

# Column position, kind, and what a sentence needs besides the cell.
Found = tuple[int, NoteKind, str]


class NoteBook:
    """Gathers notes while a file is read; about ten bytes for each note of a cell."""

    def __init__(self) -> None:
        self._rows = array("I")
        self._columns = array("H")
        self._kinds = array("B")
        self._details = array("H")
        self._texts: dict[str, int] = {"": 0}
        self._sayings: list[str] = [""]
        self._once: dict[tuple[NoteKind, int], tuple[int, str]] = {}
        self._file: dict[NoteKind, str] = {}

    def add(self, row: int, found: Found) -> None:
        """Note something of a cell: kept for every cell, or for the first one of the column, as the kind asks."""
        column, kind, detail = found
        if kind in ONCE:
            self._once.setdefault((kind, column), (row, detail))
            return
        self._rows.append(row)
        self._columns.append(column)
        self._kinds.append(KINDS.index(kind))
        if detail not in self._texts and len(self._texts) < 1 << 16:
            self._texts[detail] = len(self._texts)
            self._sayings.append(detail)
        self._details.append(self._texts.get(detail, 0))

    def once(self, kind: NoteKind, text: str) -> None:
        """Note something of the whole file, in one sentence."""
        self._file.setdefault(kind, text)

    def chunks(self) -> Iterator[bytes]:
        """The notes of cells as bytes, in chunks that ``take`` knows; see also ``rest``."""
        for start in range(0, len(self._rows), _CHUNK):
            part = slice(start, start + _CHUNK)
            yield b"".join(store[part].tobytes() for store in self._stores())

    def take(self, chunk: bytes) -> None:
        """Add a chunk of another book's notes of cells; ValueError when it is none."""
        count, left = divmod(len(chunk), sum(store.itemsize for store in self._stores()))
        if left or len(self) + count > MOST_NOTES:
            raise ValueError("not a chunk of notes")
        start = 0
        for store in self._stores():
            end = start + count * store.itemsize
            store.frombytes(chunk[start:end])
            start = end
        if count and max(self._kinds[-count:]) >= len(KINDS):
            raise ValueError("not a kind of note")

    def rest(self) -> dict[str, Any]:
        """All but the notes of cells, as JSON has it."""
        return {
            "details": self._sayings,
            "columns": [[kind, column, *said] for (kind, column), said in self._once.items()],
            "file": self._file,
        }

    def take_rest(self, rest: Any) -> None:
        """Add the rest of another book, after its chunks; ValueError, KeyError or TypeError when it is none."""
        self._sayings = [str(text) for text in rest["details"]]
        if self._details and max(self._details) >= len(self._sayings):
            raise ValueError("a detail that is not there")
        for kind, column, row, detail in rest["columns"]:
            if kind not in ONCE or not 0 <= column < 1 << 16:
                raise ValueError("not a note of a column")
            self._once[NoteKind(kind), column] = int(row), str(detail)
        self._file = {NoteKind(kind): str(text) for kind, text in rest["file"].items()}

    def _stores(self) -> tuple[array[int], ...]:
        return self._rows, self._columns, self._kinds, self._details

    def __len__(self) -> int:
        """How many notes of cells there are."""
        return len(self._rows)

    def finished(self, headings: Mapping[int, str]) -> Notes:
        """All notes: those of the file, of columns, of cells in the order they came.  ``headings`` by column position."""
        general = [Note(None, None, kind, text) for kind, text in self._file.items()]
        for (kind, column), (row, detail) in self._once.items():
            letter, heading = column_letter(column), headings.get(column, "")
            text = _COLUMN[kind].format(cell=f"{letter}{row}", letter=letter, heading=heading, detail=detail)
            general.append(Note(None, heading, kind, text))
        return Notes(general, self, headings)

    def cell(self, position: int, headings: Mapping[int, str]) -> Note:
        """One of the notes of cells."""
        row, column = self._rows[position], self._columns[position]
        letter, kind = column_letter(column), KINDS[self._kinds[position]]
        text = _CELL[kind].format(cell=f"{letter}{row}", row=row, detail=self._sayings[self._details[position]])
        return Note(row, headings.get(column, ""), kind, text)


class Notes(Computed[Note]):
    """Notes in order; those of cells are made from the ``book`` when somebody asks for them."""

    def __init__(self, general: list[Note], book: NoteBook, headings: Mapping[int, str]) -> None:
        self.book = book
        self._general = general
        self._headings = headings

    def __len__(self) -> int:
        """How many there are."""
        return len(self._general) + len(self.book)

    def __iter__(self) -> Iterator[Note]:
        """Walk them."""
        yield from self._general
        for i in range(len(self.book)):
            yield self.book.cell(i, self._headings)

    def make(self, position: int) -> Note:
        """The note at a position."""
        general = len(self._general)
        return self._general[position] if position < general else self.book.cell(position - general, self._headings)


def fold(notes: Iterable[Note]) -> tuple[str, ...]:
    """One sentence for each kind in each column, with the number of cells when there are several.

    There may be a million notes: this is not for the window's thread.
    """
    counts: Counter[tuple[NoteKind, str | None]] = Counter()
    first: dict[tuple[NoteKind, str | None], str] = {}
    for note in notes:
        key = note.kind, note.column
        counts[key] += 1
        if key not in first:
            first[key] = note.text
    return tuple(
        f"{text} (and {more:,} more {'cell' if more == 1 else 'cells'} like this)" if (more := counts[key] - 1) else text
        for key, text in first.items()
    )
