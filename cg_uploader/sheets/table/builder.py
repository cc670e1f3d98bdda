"""Owns what a sheet's rows become: the header row, the columns, the rows below, and what was left out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from cg_uploader.errors import FileError, UsageError
from cg_uploader.model.enums import BLANKS, NoteKind
from cg_uploader.model.table import Column, Row, Table
from cg_uploader.sheets.cells.clean_text import column_letter
from cg_uploader.sheets.cells.converter import CellConverter, CellFormatter, CellKind
from cg_uploader.sheets.cells.notes import CellNote, NoteCollector
from cg_uploader.sheets.table.header_finder import RowPreview, header_row, reaching
from cg_uploader.sheets.table.merged_cells import Area, covered
from cg_uploader.sheets.table.mixed_dates import MixedDateFinder
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.spool import RowPacker

HEADER_CANDIDATES = 30
# Rows above the header row that are shown, those nearest to it.
MAX_ROWS_ABOVE = 12
_LETTERS_ABOVE = 100
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
_TICK = 512
_KEPT_BLANK = (NoteKind.ERROR_VALUE, NoteKind.NOT_CALCULATED)
_WORDS = (CellKind.SHARED, CellKind.TEXT, CellKind.VERBATIM, CellKind.FIELD)

_T = TypeVar("_T")
# What a cell is, and the position of its number format.
KindAndStyle = tuple[CellKind, int]


class RowLimitReached(Exception):
    """Not a failure: as many rows as were asked for have been read."""


class CellLayout:
    """One arrangement of cells, shared by all rows that have it: where they stand and how their texts are made."""

    __slots__ = ("columns", "kinds", "placed", "slots", "surplus", "texts", "unsure")

    def __init__(self, columns: Sequence[int], kinds: Sequence[KindAndStyle]) -> None:
        """``columns`` are positions, each once, in the order in which values will come."""
        self.columns = tuple(columns)
        self.kinds = tuple(kinds)
        self.texts: tuple[CellFormatter, ...] = ()
        self.slots: tuple[int, ...] = ()
        self.placed = False
        self.surplus = 0
        self.unsure: list[tuple[int, int]] = []

    def spread(self, texts: Sequence[_T], blank: _T) -> list[_T]:
        """``texts`` at the places where the spooled rows have them."""
        spread = [blank] * (max(self.slots, default=-1) + 1)
        for slot, text in zip(self.slots, texts, strict=True):
            spread[slot] = text
        return spread


Candidate = tuple[int, bool, CellLayout, Sequence[Any]]


class TableBuilder:
    """Takes rows one by one, finds the header row, and fills a store.

    ``left_out`` are numbers of rows that are not taken; in a ``ragged`` file rows may have more values than there are headings,
    which is said.  ``merged`` gives the merged cells; it is asked at most once, and only where they decide about headings.
    """

    def __init__(self, cells: CellConverter, watch: ReadControl, header_row: int | None = None) -> None:
        self.notes = NoteCollector()
        self.header_row = 0
        self.hidden_rows = 0
        self.empty_rows = 0
        self.left_out: Collection[int] = ()
        self._unclosed: set[int] = set()
        self._last_unclosed = 0
        self.ragged = False
        self.merged: Callable[[], Sequence[Area]] = tuple
        self._cells = cells
        self._watch = watch
        self._store = watch.store()
        self._forms = MixedDateFinder()
        self._packer = RowPacker(self._store, self._forms.look)
        self._wanted = header_row
        self._candidates: list[Candidate] = []
        self._above: deque[Candidate] = deque(maxlen=MAX_ROWS_ABOVE)
        self._lines: list[RowPreview] = []
        self._held = False
        self._headings: dict[int, str] = {}
        self._slots: dict[int, int] = {}
        self._used: set[int] = set()
        self._last = 0
        self._seen = 0
        self._told = 0

    # -------------------------------------------------------------------------------------------------------- rows

    def add(self, number: int, hidden: bool, shape: CellLayout, values: Sequence[Any]) -> None:
        """Take the next row, in which None is no cell.  Rows must come in the order of their numbers."""
        self._count(1)
        if not self.header_row:
            self._consider(number, hidden, *_filled(shape, values))
            return
        if not shape.texts:
            self._prepare(shape)
        texts = ["" if value is None else text(value) for text, value in zip(shape.texts, values, strict=True)]
        found = self._cells.notes.take()
        if not any(texts) and not any(kind in _KEPT_BLANK for _, kind, _ in found):
            return
        self.empty_rows += number - self._last - 1
        self._last = number
        if number in self.left_out:
            self.notes.add_of_file(NoteKind.TOTALS_ROW, f"Row {number}, the totals row of a table, was left out.")
            return
        if hidden:
            self.hidden_rows += 1
            return
        self._keep(number, shape, texts, found)

    def _keep(self, number: int, shape: CellLayout, texts: list[str], found: list[CellNote]) -> None:
        """Spool a row, and note what was found in it."""
        if shape.unsure:
            self._prove(shape, [texts])
        if shape.surplus and any(texts[-shape.surplus :]):
            found.append((shape.columns[-shape.surplus], NoteKind.LONG_ROW, ""))
        if number in self._unclosed:
            found.append((0, NoteKind.UNCLOSED_QUOTE, ""))
        self._packer.append(number, texts if shape.placed else shape.spread(texts, ""))
        for note in found:
            self.notes.add(number, note)
        if found:
            self._cells.notes.settle(found)
        if self._watch.limit is not None and len(self._packer) >= self._watch.limit:
            raise RowLimitReached

    def add_many(self, numbers: Sequence[int], hidden: bool, shape: CellLayout, values: Sequence[Sequence[Any]]) -> None:
        """Take the next rows at once, all of one shape: ``values`` has one sequence per column, in which None is no cell.

        Rows about which anything has to be said, or that may be blank, go the slow way.
        """
        done = 0
        while not self.header_row and done < len(numbers):
            self.add(numbers[done], hidden, shape, [column[done] for column in values])
            done += 1
        if done:
            numbers, values = numbers[done:], [column[done:] for column in values]
        if numbers and not (hidden or self._special(numbers)):
            if not shape.texts:
                self._prepare(shape)
            columns = [map_filled(text.format_many, column, "") for text, column in zip(shape.texts, values, strict=True)]
            if (
                not self._cells.notes.pending
                and (any(map(all, columns)) or all(map(any, zip(*columns, strict=True))))
                and not any(map(any, columns[len(columns) - shape.surplus :]))
            ):
                self._count(len(numbers))
                self.empty_rows += numbers[-1] - self._last - len(numbers)
                self._last = numbers[-1]
                if shape.unsure:
                    self._prove(shape, zip(*columns, strict=True))
                self._packer.extend(numbers, columns if shape.placed else shape.spread(columns, [""] * len(numbers)))
                return
            self._cells.notes.take()
        for number, row in zip(numbers, zip(*values, strict=True), strict=True):
            self.add(number, hidden, shape, row)

    def unclosed(self, number: int) -> None:
        """In the row of this number, which comes next, a quotation mark never closes."""
        self._unclosed.add(number)
        self._last_unclosed = number

    def _special(self, numbers: Sequence[int]) -> bool:
        """Whether rows must be looked at one by one whatever they hold."""
        limit = self._watch.limit
        return (
            not self.header_row
            or (limit is not None and len(self._packer) + len(numbers) >= limit)
            or self._last_unclosed >= numbers[0]
            or any(numbers[0] <= number <= numbers[-1] for number in self.left_out)
        )

    def _count(self, rows: int) -> None:
        self._seen += rows
        if self._seen - self._told >= _TICK:
            self._told = self._seen
            self._watch.tick(len(self._packer))

    def _prepare(self, shape: CellLayout) -> None:
        """Give a shape its functions, and its columns their places in the spooled rows."""
        cells = zip(shape.columns, shape.kinds, strict=True)
        shape.texts = tuple(self._cells.make_formatter(column, *kind) for column, kind in cells)
        shape.slots = tuple(self._slots.setdefault(column, len(self._slots)) for column in shape.columns)
        if self.ragged:
            shape.surplus = max(0, len(shape.columns) - max(self._headings) - 1)
        shape.placed = shape.slots == tuple(range(len(shape.slots)))
        shape.unsure = [(i, column) for i, column in enumerate(shape.columns) if column not in self._used]

    def _prove(self, shape: CellLayout, rows: Iterable[Sequence[str]]) -> None:
        """Columns without heading are columns as soon as they hold something."""
        for texts in rows:
            self._used.update(column for i, column in shape.unsure if texts[i])
            shape.unsure = [(i, column) for i, column in shape.unsure if column not in self._used]
            if not shape.unsure:
                return

    # -------------------------------------------------------------------------------------------------- header row

    def _consider(self, number: int, hidden: bool, shape: CellLayout, values: Sequence[Any]) -> None:
        """Keep a row until it is clear which one is the header row."""
        above = self._wanted is not None and number < self._wanted
        if above and not hidden:
            self._above.append((number, hidden, shape, values))
        if above and not hidden and self._held:  # no more has to be known of it
            return
        line = self._line(number, shape, values)
        self._held = self._held or bool(line.texts and not hidden)
        if above:
            self.hidden_rows += bool(hidden and line.texts)
        elif self._wanted is None:
            self._candidates.append((number, hidden, shape, values))
            self._lines += [line] if line.texts and not hidden else []
            if len(self._lines) == HEADER_CANDIDATES:
                self._decide()
        elif number == self._wanted and line.texts:
            self._candidates.append((number, hidden, shape, values))
            self._choose(number)
        else:
            self._decide()

    def _line(self, number: int, shape: CellLayout, values: Sequence[Any]) -> RowPreview:
        """What a row holds."""
        cells = zip(shape.columns, shape.kinds, values, strict=True)
        found = [(column, kind[0], self._cells.make_formatter(column, *kind)(value)) for column, kind, value in cells]
        self._cells.notes.take()
        texts = {column: text for column, _, text in found if text}
        return RowPreview(number, texts, all(kind in _WORDS for _, kind, text in found if text))

    def _decide(self) -> None:
        """Choose the header row among the candidates; UsageError when there is none where one was wanted."""
        if self._wanted is not None:
            if not self._held:  # the sheet may hold nothing that can be seen
                return
            raise UsageError(
                f"Row {self._wanted} holds no headings. Name the row that the headings stand in, as Excel numbers it.",
                kind="header-row",
            )
        if self._lines:
            self._choose(header_row(self._lines, self.merged))

    def _choose(self, number: int) -> None:
        """Take the headings from this row, and the candidates below as rows."""
        candidates, self._candidates, self._lines = self._candidates, [], []
        self.header_row = self._last = number
        for row, hidden, shape, values in candidates:
            if row < number and hidden:
                self.hidden_rows += bool(self._line(row, shape, values).texts)
            elif row < number:
                self._above.append((row, hidden, shape, values))
            elif row == number:
                self._take_headings(shape, values)
            else:
                self.add(row, hidden, shape, values)

    def _take_headings(self, shape: CellLayout, values: Sequence[Any]) -> None:
        self._headings = self._texts_of_headings(shape, values)
        above = {row[0]: row[2:] for row in self._above}
        lines = [self._line(number, *row) for number, row in above.items()]
        header = RowPreview(self.header_row, {column: text for column, text in self._headings.items() if text.strip(BLANKS)})
        for column, number in reaching(header, lines, self.merged).items():
            self._headings[column] = self._texts_of_headings(*above[number])[column]
        self._headings = {column: text for column, text in self._headings.items() if text.strip(BLANKS)}
        self._slots = {column: slot for slot, column in enumerate(sorted(self._headings))}
        self._used = set(self._headings)

    def _texts_of_headings(self, shape: CellLayout, values: Sequence[Any]) -> dict[int, str]:
        cells = zip(shape.columns, shape.kinds, values, strict=True)
        texts = {column: self._cells.make_heading_formatter(*kind)(value) for column, kind, value in cells}
        self._cells.notes.take()
        return texts

    # ------------------------------------------------------------------------------------------------------ finish

    def close_rows(self) -> bool:
        """Say that no more rows come; whether there is a table."""
        if not self.header_row:
            with suppress(RowLimitReached):
                self._decide()
        return self.is_table

    @property
    def is_table(self) -> bool:
        """Whether there is a header row, and anything that can be seen: a chosen header row may be hidden."""
        return bool(self.header_row) and (self._held or len(self._packer) > 0)

    def cover(self, ranges: Sequence[Area]) -> None:
        """Take what merged cells cover out of the texts: ``ranges`` are (first row, last row, first column, last column)."""
        covering = [
            part for part in ranges if part[1] > self.header_row and any(part[2] <= column <= part[3] for column in self._used)
        ]
        if not covering:
            return
        cells = ", ".join(f"{column_letter(c)}{r}:{column_letter(d)}{s}" for r, s, c, d in covering[:3])
        more = f" and {len(covering) - 3} more" if len(covering) > 3 else ""
        self.notes.add_of_file(
            NoteKind.MERGED_CELLS,
            f"Merged cells ({cells}{more}): only the first row and column of each has the text, the others are blank.",
        )
        self._store.cover(covered(covering, {column: place for place, column in enumerate(sorted(self._used))}))

    def say_recalculate(self) -> None:
        """Note that the results of formulas are as old as the file says."""
        text = "The results of formulas may be out of date. Open the file in Excel, save it, and choose it again."
        self.notes.add_of_file(NoteKind.RECALCULATION, text)

    def columns(self, hidden: Callable[[int], bool] = lambda _: False) -> tuple[Column, ...]:
        """The columns that have a heading or hold something, from left to right, and what is said about them."""
        used = sorted(self._used)
        columns = tuple(Column(self._headings.get(column, ""), column_letter(column), hidden(column)) for column in used)
        seen: set[str] = set()
        for position, column in zip(used, columns, strict=True):
            if not column.heading:
                self.notes.add(self.header_row, (position, NoteKind.EMPTY_HEADING, ""))
            elif column.heading in seen:
                self.notes.add(self.header_row, (position, NoteKind.DUPLICATE_HEADING, ""))
            seen.add(column.heading)
        self._say_what_is_hidden(columns)
        return columns

    def _say_what_is_hidden(self, columns: Sequence[Column]) -> None:
        letters = [column.letter for column in columns if column.hidden]
        if letters:
            few = ", ".join(letters[:5]) + (", …" if len(letters) > 5 else "")
            self.notes.add_of_file(NoteKind.HIDDEN_COLUMNS, f"Hidden columns are read too: {few}.")
        if self.hidden_rows:
            text = (
                f"{self.hidden_rows:,} hidden rows were left out. Show them in Excel and save the file if they are meant too."
            )
            if self.hidden_rows == 1:
                text = "1 hidden row was left out. Show it in Excel and save the file if it is meant too."
            self.notes.add_of_file(NoteKind.HIDDEN_ROWS, text)

    def _say_mixed_dates(self) -> None:
        positions = {slot: column for column, slot in self._slots.items()}
        for slot, forms in self._forms.mixed():
            letter = column_letter(positions[slot])
            ways = " and ".join(f"{date} in {letter}{row}" for row, date in forms.values())
            self.notes.add(min(row for row, _ in forms.values()), (positions[slot], NoteKind.MIXED_DATES, ways))

    def _rows_above(self) -> tuple[Row, ...]:
        """What stands above the header row in the columns of the table."""
        found = []
        for number, _, shape, values in self._above:
            texts = self._line(number, shape, values).texts
            found.append(Row(number, tuple(texts.get(column, "")[:_LETTERS_ABOVE] for column in sorted(self._used))))
        return tuple(row for row in found if any(row.cells))

    def table(
        self, file: Path, digest: str, columns: tuple[Column, ...], *, sheet: str | None = None, sheets: tuple[str, ...] = ()
    ) -> Table:
        """End the rows; the table as it is now."""
        rows = self._packer.seal([self._slots[column] for column in sorted(self._used)])
        self._say_mixed_dates()
        return Table(
            file, digest, sheet, sheets, self.header_row, columns, rows,
            self.notes.make_notes(self._headings), self.hidden_rows, self.empty_rows, above=self._rows_above(),
        )  # fmt: skip


def map_filled(make: Callable[[Sequence[Any]], Sequence[_T]], column: Sequence[Any], blank: _T) -> Sequence[_T]:
    """What ``make`` makes of the values of a column, ``blank`` where there is none."""
    if None not in column:
        return make(column)
    filled = [value for value in column if value is not None]
    made = iter(make(filled) if filled else ())
    return [blank if value is None else next(made) for value in column]


def _filled(shape: CellLayout, values: Sequence[Any]) -> tuple[CellLayout, Sequence[Any]]:
    """The shape of those values that are there, and these values."""
    if None not in values:
        return shape, values
    cells = [cell for cell in zip(shape.columns, shape.kinds, values, strict=True) if cell[2] is not None]
    return CellLayout([column for column, _, _ in cells], [kind for _, kind, _ in cells]), [value for _, _, value in cells]


def check_cell_position(row: int, column: int) -> None:
    """FileError ``too-big`` when a cell stands where no spreadsheet has one."""
    if row > MAX_ROWS or column >= MAX_COLUMNS:
        beyond = 10**12  # a number of thousands of digits is no help
        where = f"in row {row}, column {column + 1}" if max(row, column) < beyond else "far outside any sheet"
        raise FileError(
            f"A cell stands {where}; a sheet has {MAX_ROWS:,} rows and {MAX_COLUMNS:,} columns. "
            "Copy the part that is meant into a new workbook.",
            kind="too-big",
        )
