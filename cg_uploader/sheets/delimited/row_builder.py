"""Owns how records that are one text each become rows: most need no change, and go on many at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, repeat

from cg_uploader.sheets.cells.clean_text import REPLACEMENT_CHARACTER
from cg_uploader.sheets.cells.converter import CellConverter, CellKind
from cg_uploader.sheets.delimited.tokenizer import CELL
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.cell_layout import CellLayout, check_cell_position
from cg_uploader.sheets.table.header_search import HEADER_CANDIDATES
from cg_uploader.sheets.table.read_progress import ReadControl

_EDGE = f"{CELL}\x1e{CELL}"
_MANY = (64, 16, 4, 1)
_EDGES = [(edge, re.compile(edge)) for blank in " \n" for edge in (f"{blank}{CELL}", f"{CELL}{blank}")]
_CUT_SHORT = re.compile("E\\+")  # like those above because a search takes half the time of the operator ``in``
_PLAIN = bytes([*range(32, 127), *b"\x1f\x1e\n"])

# Row numbers, and for each a record; all of as many fields.
Run = tuple[Sequence[int], list[str]]


class LinesBuilder(TableBuilder):
    """Takes records that are one text each, many at once.

    The rows that a packer takes are such texts too, so what needs no change is handed over whole.
    """

    def __init__(self, watch: ReadControl, header_row: int | None) -> None:
        super().__init__(CellConverter([]), watch, header_row)
        self.ragged = True
        self._number = 1
        self._shapes: dict[int, CellLayout] = {}

    def add_records(self, records: list[str]) -> None:
        """Take the next records, of the row numbers that follow."""
        if not self.header_row and len(records) > 2 * HEADER_CANDIDATES:
            self.add_records(records[: 2 * HEADER_CANDIDATES])
            records = records[2 * HEADER_CANDIDATES :]
        numbers = range(self._number, self._number + len(records))
        self._number = numbers.stop
        for run in _runs(*_without(records, "", numbers)):
            shape = self._shape(run[1][0].count(CELL) + 1)
            if self._needs_single_rows(run[0]) or not self._handed_over(run, shape):
                fields = [record.split(CELL) for record in run[1]]
                self.add_many(run[0], False, shape, list(zip(*fields, strict=True)))

    def add_unclosed(self, record: str) -> None:
        """Take the next record, in which a quotation mark never closes."""
        self.mark_unclosed(self._number)
        self.add_records([record])

    def _shape(self, width: int) -> CellLayout:
        if width not in self._shapes:
            check_cell_position(1, width - 1)
            self._shapes[width] = CellLayout(range(width), [(CellKind.FIELD, 0)] * width)
        return self._shapes[width]

    def _handed_over(self, run: Run, shape: CellLayout) -> bool:
        """Hand records over; False, and nothing is done, when something about their columns is still to be found out."""
        if not shape.formatters:
            self._prepare(shape)
        headed = len(shape.columns) - shape.surplus
        if not shape.in_order or any(place < headed for place, _ in shape.unproved):
            return False
        trimmed, odd = _trimmed(run[1])
        numbers, records = _without(trimmed, CELL * (len(shape.columns) - 1), run[0])
        if not records:
            return True
        if shape.surplus:
            if not all(map(str.endswith, records, repeat(CELL * shape.surplus))):
                return False
            records = [record[: -shape.surplus] for record in records]
        if odd:
            numbers, records = self._cleaned(numbers, records, shape, odd)
            if not records:
                return True
        self._count(len(records))
        self.empty_rows += numbers[-1] - self._last_number - len(numbers)
        self._last_number = numbers[-1]
        self._packer.extend(numbers, [records])
        return True

    def _cleaned(self, numbers: Sequence[int], records: list[str], shape: CellLayout, odd: Sequence[str]) -> Run:
        """The records with what is sent in the place of what is odd, which is noted; without those of which nothing is left."""
        kept: list[int] = []
        clean: list[str] = []
        for number, record in zip(numbers, records, strict=True):
            if record.startswith(("#", "Err:")) or any(mark in record for mark in odd):
                texts = [text(value) for text, value in zip(shape.formatters, record.split(CELL), strict=False)]
                found = self._cells.notes.take()
                if not any(texts):
                    continue
                for note in found:
                    self.notes.add(number, note)
                self._cells.notes.settle(found)
                clean.append(CELL.join(texts))
            else:
                clean.append(record)
            kept.append(number)
        return kept, clean


def _runs(numbers: Sequence[int], records: list[str]) -> Iterator[Run]:
    """Records of as many fields in runs; most often there is one."""
    widths = list(map(str.count, records, repeat(CELL)))
    if len(set(widths)) == 1:
        yield numbers, records
        return
    start = 0
    for _, run in groupby(widths):
        end = start + len(list(run))
        yield numbers[start:end], records[start:end]
        start = end


def _without(records: list[str], blank: str, numbers: Sequence[int]) -> tuple[Sequence[int], list[str]]:
    """The records that are not blank, behind their numbers."""
    if blank not in records:
        return numbers, records
    kept = [place for place, record in enumerate(records) if record != blank]
    return [numbers[place] for place in kept], [records[place] for place in kept]


def _trimmed(records: list[str]) -> tuple[list[str], list[str]]:
    """The records with the blanks around their fields taken off, and what is in them that needs a closer look."""
    joined = f"{CELL}{_EDGE.join(records)}{CELL}"
    text = _unpadded(joined)
    if len(text) < len(joined):
        records = text[1:-1].split(_EDGE)
    beyond = _beyond(text)
    odd = [] if beyond.isprintable() else [char for char in set(beyond) if not char.isprintable()]
    odd += [mark for mark in (f"{CELL}#", f"{CELL}Err:", '="') if mark[-1] in text and mark in text]
    odd += [
        mark
        for mark, found in ((REPLACEMENT_CHARACTER, REPLACEMENT_CHARACTER in beyond), ("E+", _CUT_SHORT.search(text)))
        if found
    ]
    return records, odd


def _beyond(text: str) -> str:
    """The characters of the text that are not plain."""
    try:  # bytes of western letters are there in a tenth of the time
        return text.encode("latin-1").translate(None, _PLAIN).decode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").translate(None, _PLAIN).decode("utf-8", "surrogatepass")


def _unpadded(text: str) -> str:
    """The text without blanks and line breaks around delimiters; by replacing, which takes many at once."""
    while padded := [edge for edge, found in _EDGES if edge.strip(CELL) in text and found.search(text)]:
        for edge in padded:
            for many in _MANY:
                blanks = edge.replace(CELL, "") * (many - 1)
                while (longer := edge[0] + blanks + edge[1]) in text:
                    text = text.replace(longer, CELL)
    return text
