"""How records that are one text each become rows: most need no change, and go on many at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, repeat

from cg_uploader.sheets.cells.clean_text import REPLACEMENT_CHARACTER
from cg_uploader.sheets.cells.converter import CellConverter, CellKind
from cg_uploader.sheets.cells.separators import CELL, ROW
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.cell_layout import CellLayout, check_cell_position
from cg_uploader.sheets.table.header_search import HEADER_CANDIDATES
from cg_uploader.sheets.table.read_progress import ReadControl

_ROW_EDGE = f"{CELL}{ROW}{CELL}"
# How many blanks are taken off at once.
_BLANK_COUNTS = (64, 16, 4, 1)
_EDGES = [(edge, re.compile(edge)) for blank in " \n" for edge in (f"{blank}{CELL}", f"{CELL}{blank}")]
_EXPONENT = re.compile("E\\+")  # like those above because a search takes half the time of the operator ``in``
_PLAIN = bytes([*range(32, 127), *b"\x1f\x1e\n"])

# Row numbers, and for each a record. All records have the same number of fields.
Run = tuple[Sequence[int], list[str]]


class RowBuilder(TableBuilder):
    """Takes records that are one text each, many at once.

    The rows that a packer takes are such texts too, so what needs no change is handed over whole.
    """

    def __init__(self, control: ReadControl, header_row: int | None) -> None:
        super().__init__(CellConverter([]), control, header_row)
        self.ragged = True
        self._next_number = 1
        self._layouts: dict[int, CellLayout] = {}

    def add_records(self, records: list[str]) -> None:
        """Take the next records, of the row numbers that follow."""
        if not self.header_row and len(records) > 2 * HEADER_CANDIDATES:
            self.add_records(records[: 2 * HEADER_CANDIDATES])
            records = records[2 * HEADER_CANDIDATES :]
        numbers = range(self._next_number, self._next_number + len(records))
        self._next_number = numbers.stop
        for run in _split_runs(*_drop_blank(numbers, records, "")):
            layout = self._get_layout(run[1][0].count(CELL) + 1)
            if self._needs_single_rows(run[0]) or not self._hand_over(run, layout):
                fields = [record.split(CELL) for record in run[1]]
                self.add_many(run[0], False, layout, list(zip(*fields, strict=True)))

    def add_unclosed(self, record: str) -> None:
        """Take the next record, in which a quotation mark never closes."""
        self.mark_unclosed(self._next_number)
        self.add_records([record])

    def _get_layout(self, width: int) -> CellLayout:
        if width not in self._layouts:
            check_cell_position(1, width - 1)
            self._layouts[width] = CellLayout(range(width), [(CellKind.FIELD, 0)] * width)
        return self._layouts[width]

    def _hand_over(self, run: Run, layout: CellLayout) -> bool:
        """Hand records over. False, and nothing is done, when something about their columns is still to be found out."""
        if not layout.formatters:
            self._prepare(layout)
        headed = len(layout.columns) - layout.surplus
        if not layout.in_order or any(position < headed for position, _ in layout.unproved):
            return False
        trimmed, odd_marks = _trim(run[1])
        numbers, records = _drop_blank(run[0], trimmed, CELL * (len(layout.columns) - 1))
        if not records:
            return True
        if layout.surplus:
            if not all(map(str.endswith, records, repeat(CELL * layout.surplus))):
                return False
            records = [record[: -layout.surplus] for record in records]
        if odd_marks:
            numbers, records = self._clean_odd(numbers, records, layout, odd_marks)
            if not records:
                return True
        self._count(len(records))
        self.empty_rows += numbers[-1] - self._last_number - len(numbers)
        self._last_number = numbers[-1]
        self._packer.extend(numbers, [records])
        return True

    def _clean_odd(self, numbers: Sequence[int], records: list[str], layout: CellLayout, odd_marks: Sequence[str]) -> Run:
        """Convert the records that hold something odd, and note that. Records of which nothing is left are dropped."""
        clean_numbers: list[int] = []
        clean: list[str] = []
        for number, record in zip(numbers, records, strict=True):
            if record.startswith(("#", "Err:")) or any(mark in record for mark in odd_marks):
                values = record.split(CELL)
                texts = [formatter(value) for formatter, value in zip(layout.formatters, values, strict=False)]
                notes = self._cells.notes.take()
                if not any(texts):
                    continue
                for note in notes:
                    self.notes.add(number, note)
                self._cells.notes.settle(notes)
                clean.append(CELL.join(texts))
            else:
                clean.append(record)
            clean_numbers.append(number)
        return clean_numbers, clean


def _split_runs(numbers: Sequence[int], records: list[str]) -> Iterator[Run]:
    """Split records into runs of the same number of fields. Most often there is one."""
    widths = list(map(str.count, records, repeat(CELL)))
    if len(set(widths)) == 1:
        yield numbers, records
        return
    start = 0
    for _, run in groupby(widths):
        end = start + len(list(run))
        yield numbers[start:end], records[start:end]
        start = end


def _drop_blank(numbers: Sequence[int], records: list[str], blank: str) -> Run:
    """Drop the records that are ``blank``, and their numbers."""
    if blank not in records:
        return numbers, records
    indexes = [index for index, record in enumerate(records) if record != blank]
    return [numbers[index] for index in indexes], [records[index] for index in indexes]


def _trim(records: list[str]) -> tuple[list[str], list[str]]:
    """Take the blanks around fields off, and find the characters and marks that need a closer look."""
    joined = f"{CELL}{_ROW_EDGE.join(records)}{CELL}"
    text = _trim_fields(joined)
    if len(text) < len(joined):
        records = text[1:-1].split(_ROW_EDGE)
    return records, _find_odd_marks(text)


def _find_odd_marks(text: str) -> list[str]:
    """Find what a text holds that is not sent as it is, or may need a note."""
    others = _find_others(text)
    marks = [] if others.isprintable() else [char for char in set(others) if not char.isprintable()]
    marks += [mark for mark in (f"{CELL}#", f"{CELL}Err:", '="') if mark[-1] in text and mark in text]
    if REPLACEMENT_CHARACTER in others:
        marks.append(REPLACEMENT_CHARACTER)
    if _EXPONENT.search(text):
        marks.append("E+")
    return marks


def _find_others(text: str) -> str:
    """Find the characters of a text that are not plain."""
    try:  # bytes of western letters are there in a tenth of the time
        return text.encode("latin-1").translate(None, _PLAIN).decode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").translate(None, _PLAIN).decode("utf-8", "surrogatepass")


def _trim_fields(text: str) -> str:
    """Take blanks and line breaks around separators out. Replacing takes many at once."""
    while padded := [edge for edge, pattern in _EDGES if edge.strip(CELL) in text and pattern.search(text)]:
        for edge in padded:
            for count in _BLANK_COUNTS:
                blanks = edge.replace(CELL, "") * (count - 1)
                while (longer := edge[0] + blanks + edge[1]) in text:
                    text = text.replace(longer, CELL)
    return text
