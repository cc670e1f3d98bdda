"""The notes about a file: their kinds, their sentences, and a list of them that holds a million."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cg_uploader.lazy_sequence import LazySequence
from cg_uploader.model.enums import NoteKind
from cg_uploader.model.table import Note
from cg_uploader.sheets.cells.clean_text import column_letter
from cg_uploader.translation import N_, _, ngettext

# What a note of a cell says. One note for each cell.
_CELL_TEXTS = {
    NoteKind.CONTROL_CHARACTERS: N_("{cell} contains control characters, which are not sent."),
    NoteKind.DIGITS_LOST: N_(
        "{cell} contains a number of more than 15 digits, of which Excel keeps 15. Store such numbers as text."
    ),
    NoteKind.ERROR_TEXT: N_("{cell} contains the text of an error, {detail}."),
    NoteKind.ERROR_VALUE: N_("{cell} shows the error {detail}. Nothing can be sent for it. Correct the formula or the value."),
    NoteKind.HIDDEN_BY_FORMAT: N_("{cell} contains a value that its number format hides. Nothing is sent for it."),
    NoteKind.LOST_CHARACTER: N_(
        "{cell} contains “\ufffd” in place of a lost character. Correct it, or choose another encoding."
    ),
    NoteKind.LONG_ROW: N_("Row {row} has more values than headings, from {cell} on. There may be a delimiter inside a text."),
    NoteKind.NO_SUCH_DATE: N_("{cell} is formatted as a date or time, but its number is none. Nothing is sent for it."),
    NoteKind.NOT_CALCULATED: N_(
        "{cell} contains a formula without a result. Open the file in Excel, save it, and choose it again."
    ),
    NoteKind.REPLACED_BYTE: N_(
        "{cell} contains a byte that does not fit the encoding. It was read as a western letter: check it."
    ),
    NoteKind.TRUNCATED_NUMBER: N_(
        "{cell} contains what is left of a long number, like 1.23457E+11. Its other digits are not in the file. "
        "Export it again with this column as text."
    ),
    NoteKind.UNCLOSED_QUOTE: N_("A quotation mark opens in row {row} and never closes. It was read as a character."),
}
# What a note of a column says. One note for each column, about its first such cell.
_COLUMN_TEXTS = {
    NoteKind.DATE_SYSTEM: N_("Column {letter} counts days from 1904, as the file says. {cell} and others are sent as shown."),
    NoteKind.DUPLICATE_HEADING: N_("More than one column has the heading “{heading}”, here column {letter}."),
    NoteKind.EMPTY_HEADING: N_("Column {letter} has values but no heading."),
    NoteKind.INVISIBLE_CHARACTERS: N_(
        "{cell} contains invisible characters inside its text, and perhaps other cells of column {letter} do too."
    ),
    NoteKind.MIXED_DATES: N_("Column {letter} has dates written in several ways, such as {detail}. Write all as 2024-05-31."),
    NoteKind.PARTIAL_DATE: N_("Column {letter} shows only a part of its dates, as in {cell}. The full date is sent."),
    NoteKind.PERCENT: N_("Column {letter} shows percentages, as in {cell}. They are sent with the percent sign."),
    NoteKind.ROUNDED: N_("Column {letter} shows rounded numbers, as in {cell}. They are sent as shown."),
    NoteKind.STORED_VALUE: N_(
        "The format of {cell} shows less than the number. The number is sent, in all of column {letter}."
    ),
}
CELL_KINDS = tuple(_CELL_TEXTS)
COLUMN_KINDS = frozenset(_COLUMN_TEXTS)

# No file has more notes of cells than this, and none is loaded from a process that sends more.
MAX_NOTES = 1 << 26

_CHUNK = 1 << 16

# Position of the column, kind, and what a sentence needs besides the cell.
CellNote = tuple[int, NoteKind, str]


class NoteCollector:
    """Gathers notes while a file is read, about ten bytes for each note of a cell."""

    def __init__(self) -> None:
        self._rows = array("I")
        self._columns = array("H")
        self._kinds = array("B")
        self._details = array("H")
        self._detail_numbers: dict[str, int] = {"": 0}
        self._detail_texts: list[str] = [""]
        self._of_columns: dict[tuple[NoteKind, int], tuple[int, str]] = {}
        self._of_file: dict[NoteKind, str] = {}

    def add(self, row: int, note: CellNote) -> None:
        """Add a note of a cell. Of a kind that is noted once per column only the first cell counts."""
        column, kind, detail = note
        if kind in COLUMN_KINDS:
            self._of_columns.setdefault((kind, column), (row, detail))
            return
        self._rows.append(row)
        self._columns.append(column)
        self._kinds.append(CELL_KINDS.index(kind))
        if detail not in self._detail_numbers and len(self._detail_numbers) < 1 << 16:
            self._detail_numbers[detail] = len(self._detail_numbers)
            self._detail_texts.append(detail)
        self._details.append(self._detail_numbers.get(detail, 0))

    def add_of_file(self, kind: NoteKind, text: str) -> None:
        """Add a note of the whole file, one sentence for each kind."""
        self._of_file.setdefault(kind, text)

    def dump_chunks(self) -> Iterator[bytes]:
        """Give the notes of cells as bytes that ``load_chunk`` takes."""
        for start in range(0, len(self._rows), _CHUNK):
            part = slice(start, start + _CHUNK)
            yield b"".join(store[part].tobytes() for store in self._stores())

    def load_chunk(self, chunk: bytes) -> None:
        """Add notes of cells that ``dump_chunks`` gave.

        Raises:
            ValueError: These bytes are no such notes.
        """
        count, left = divmod(len(chunk), sum(store.itemsize for store in self._stores()))
        if left or len(self) + count > MAX_NOTES:
            raise ValueError("not a chunk of notes")
        start = 0
        for store in self._stores():
            end = start + count * store.itemsize
            store.frombytes(chunk[start:end])
            start = end
        if count and max(self._kinds[-count:]) >= len(CELL_KINDS):
            raise ValueError("not a kind of note")

    def dump_rest(self) -> dict[str, Any]:
        """Give all but the notes of cells, for JSON."""
        return {
            "details": self._detail_texts,
            "columns": [[kind, column, row, detail] for (kind, column), (row, detail) in self._of_columns.items()],
            "file": self._of_file,
        }

    def load_rest(self, rest: Any) -> None:
        """Add what ``dump_rest`` gave. The chunks come first.

        Raises:
            ValueError, KeyError, TypeError: This is not what ``dump_rest`` gives.
        """
        self._detail_texts = [str(text) for text in rest["details"]]
        if self._details and max(self._details) >= len(self._detail_texts):
            raise ValueError("a detail that is not there")
        for kind, column, row, detail in rest["columns"]:
            if kind not in COLUMN_KINDS or not 0 <= column < 1 << 16:
                raise ValueError("not a note of a column")
            self._of_columns[NoteKind(kind), column] = int(row), str(detail)
        self._of_file = {NoteKind(kind): str(text) for kind, text in rest["file"].items()}

    def _stores(self) -> tuple[array[int], ...]:
        return self._rows, self._columns, self._kinds, self._details

    def __len__(self) -> int:
        """How many notes of cells there are."""
        return len(self._rows)

    def make_notes(self, headings: Mapping[int, str]) -> CollectedNotes:
        """Make all notes: of the file, of columns, of cells in the order they came. ``headings``: by position of the column."""
        notes = [Note(None, None, kind, text) for kind, text in self._of_file.items()]
        for (kind, column), (row, detail) in self._of_columns.items():
            letter, heading = column_letter(column), headings.get(column, "")
            text = _(_COLUMN_TEXTS[kind]).format(cell=f"{letter}{row}", letter=letter, heading=heading, detail=detail)
            notes.append(Note(None, heading, kind, text))
        return CollectedNotes(notes, self, headings)

    def make_cell_note(self, index: int, headings: Mapping[int, str]) -> Note:
        """Make one of the notes of cells."""
        row, column = self._rows[index], self._columns[index]
        letter, kind = column_letter(column), CELL_KINDS[self._kinds[index]]
        detail = self._detail_texts[self._details[index]]
        text = _(_CELL_TEXTS[kind]).format(cell=f"{letter}{row}", row=row, detail=detail)
        return Note(row, headings.get(column, ""), kind, text)


class CollectedNotes(LazySequence[Note]):
    """Notes in order. Those of cells are made from the ``collector`` when they are asked for."""

    def __init__(self, general: list[Note], collector: NoteCollector, headings: Mapping[int, str]) -> None:
        """``general``: the notes of the file and of columns."""
        self.collector = collector
        self._general = general
        self._headings = headings

    def __len__(self) -> int:
        """How many there are."""
        return len(self._general) + len(self.collector)

    def __iter__(self) -> Iterator[Note]:
        """Walk them."""
        yield from self._general
        for index in range(len(self.collector)):
            yield self.collector.make_cell_note(index, self._headings)

    def make(self, position: int) -> Note:
        """Make the note at a position."""
        index = position - len(self._general)
        return self._general[position] if index < 0 else self.collector.make_cell_note(index, self._headings)


def summarize_notes(notes: Iterable[Note]) -> tuple[str, ...]:
    """Write one sentence for each kind in each column, with the number of cells when there are several.

    There may be a million notes: this is not for the window's thread.
    """
    counts: Counter[tuple[NoteKind, str | None]] = Counter()
    first: dict[tuple[NoteKind, str | None], str] = {}
    for note in notes:
        key = note.kind, note.column
        counts[key] += 1
        if key not in first:
            first[key] = note.text
    return tuple(_add_count(text, counts[key] - 1) for key, text in first.items())


def _add_count(text: str, more: int) -> str:
    """Add how many more cells there are like the one that a note is about."""
    if not more:
        return text
    form = ngettext("{note} (and {count} more cell like this)", "{note} (and {count} more cells like this)", more)
    return form.format(note=text, count=f"{more:,}")
