"""The rows of one sheet of an Excel workbook, read as a stream: cells where they stand, hidden rows, merged cells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import lt
from typing import IO, Any

from cg_uploader.sheets.cells.clean_text import column_position
from cg_uploader.sheets.cells.converter import CellKind
from cg_uploader.sheets.containers.errors import damage_as_file_error
from cg_uploader.sheets.containers.xml_stream import XmlChunkDecoder
from cg_uploader.sheets.containers.zip_package import CHUNK_BYTES
from cg_uploader.sheets.formats.xlsx.row_pattern import (
    CELL,
    ROW,
    ROW_END,
    HiddenRowCache,
    RowForm,
    RowPattern,
    RowPatternLearner,
    parse_plain_kind,
)
from cg_uploader.sheets.formats.xlsx.shared_strings import decode_entities, has_only_named_entities
from cg_uploader.sheets.formats.xlsx.sheet_parser import SheetXmlParser
from cg_uploader.sheets.table.cell_layout import CellLayout, KindAndStyle, check_cell_position, map_filled
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.row_assembler import RowSink, RowsOutOfOrder

# So few rows are handed over one by one.
_MIN_ROWS_AT_ONCE = 4
_MAX_LAYOUTS = 10_000


class XlsxSheetReader:
    """Reads the XML of one sheet and hands over its rows.

    Rows of the plain form that nearly all programs write are taken by one regular expression. Everything else, and all that
    is around the rows, goes to the XML parser. Both give the same rows.
    """

    def __init__(self, sink: RowSink, *, ordered: bool) -> None:
        """``sink`` gets the rows. With ``ordered``, a row out of order raises RowsOutOfOrder."""
        self._sink = sink
        self._ordered = ordered
        self._has_formula_tags = False
        self._layouts: dict[tuple[object, object], CellLayout] = {}
        self._row_hidden = HiddenRowCache()
        self._learner = RowPatternLearner(self._make_layout)
        self._parser = SheetXmlParser(self._take_parsed)
        self._number = 0
        # Of the text that is being taken: whether it has entities, and whether they are those that XML itself has.
        self._has_entities = self._only_named_entities = False

    @property
    def hidden_columns(self) -> list[tuple[int, int]]:
        """First and last position of columns that are hidden."""
        return self._parser.hidden_columns

    @property
    def merged(self) -> list[Area]:
        """The merged cells."""
        return self._parser.merged

    @property
    def has_formulas(self) -> bool:
        """Whether any cell has a formula."""
        return self._has_formula_tags or self._parser.has_formulas

    def read(self, part: IO[bytes]) -> None:
        """Read to the end.

        Raises:
            FileError: kind ``damaged``, or ``too-big`` when a cell stands where no cell can stand.
            RowsOutOfOrder: when rows are to be ordered and are not.
        """
        decoder = XmlChunkDecoder(ROW_END)
        with damage_as_file_error():
            while data := part.read(CHUNK_BYTES):
                text = decoder.decode(data)
                if decoder.simple and isinstance(text, str):
                    self._take_text(text)
                else:
                    self._parser.feed(text)
            self._parser.feed(decoder.rest(), is_last=True)

    # ------------------------------------------------------------------------------------------------- the quick way

    def _take_text(self, text: str) -> None:
        """Take the rows of plain form out of ``text``, which ends with a row's end. The parser gets the rest."""
        self._has_formula_tags = self._has_formula_tags or any(start in text for start in ("<f>", "<f ", "<f/"))
        self._only_named_entities, self._has_entities = has_only_named_entities(text), "&" in text
        offset = 0
        while offset < len(text):
            if self._learner.pattern is not None and self._parser.is_between_rows:
                offset = self._take_matching(text, offset, self._learner.pattern)
            end = text.find(ROW_END, offset) + len(ROW_END)
            if end < len(ROW_END):
                return
            row = text[offset:end]
            if not self._parser.is_between_rows or not self._take_plain(row):
                self._parser.feed(row)
            offset = end

    def _take_matching(self, text: str, offset: int, pattern: RowPattern) -> int:
        """Take all rows from an offset on that match the pattern, and return the offset behind them."""
        expression = pattern.compile(only_named_entities=self._only_named_entities, formulas=self.has_formulas)
        rows = []
        while row := expression.match(text, offset):
            rows.append(row.groups())
            offset = row.end()
        if rows:
            self._learner.note_match()
            self._hand_over_many(rows, pattern.layout)
        return offset

    def _hand_over_many(self, rows: list[tuple[Any, ...]], layout: CellLayout) -> None:
        """Hand over rows of one layout, at once if nothing forbids it. Each is number, attributes, and values."""
        texts, attributes, *values = zip(*rows, strict=True)
        if self._has_entities:
            values = [tuple(map_filled(decode_entities, column, None)) for column in values]
        numbers = tuple(map(int, texts))
        are_visible = not any(map(self._row_hidden.__getitem__, set(attributes)))
        if len(rows) >= _MIN_ROWS_AT_ONCE and values and are_visible and self._is_ascending(numbers):
            check_cell_position(numbers[-1], 0)
            self._number = numbers[-1]
            self._sink.add_many(numbers, False, layout, values)
            return
        cells = zip(*values, strict=True) if values else repeat(())
        for number, hidden, row in zip(numbers, attributes, cells, strict=False):
            self._hand_over(number, self._row_hidden[hidden], layout, row)

    def _is_ascending(self, numbers: Sequence[int]) -> bool:
        """Return whether row numbers only grow, also from the last row on."""
        return self._number < numbers[0] and all(map(lt, numbers, numbers[1:]))

    def _take_plain(self, row: str) -> bool:
        """Take one row if its form is plain, and return whether it is."""
        start = ROW.match(row)
        if start is None:
            return False
        parts = CELL.split(row[start.end() : -len(ROW_END)])
        if any(parts[0::4]):
            return False
        form = tuple(parts[1::4]), tuple(parts[2::4])
        layout = self._layouts.get(form) or self._find_layout(form)
        if layout is None:
            return False
        self._learner.learn(form)
        values = [value for value, attributes in zip(parts[3::4], form[1], strict=True) if not attributes.endswith("/")]
        self._hand_over(int(start[1]), self._row_hidden[start[2]], layout, map_filled(decode_entities, values, None))
        return True

    def _find_layout(self, form: RowForm) -> CellLayout | None:
        """Return the layout of a row of a form that is new, or None when the form is not plain."""
        kinds = [parse_plain_kind(attributes) for attributes in form[1]]
        if None in kinds or len(set(form[0])) < len(kinds):
            return None
        cells = zip(map(column_position, form[0]), kinds, strict=True)
        filled = [(column, kind) for column, kind in cells if kind and kind[0] is not CellKind.BLANK]
        layout = self._make_layout([column for column, _kind in filled], [kind for _column, kind in filled])
        self._layouts[form] = layout
        return layout

    # ------------------------------------------------------------------------------------------- the way of the parser

    def _take_parsed(self, number: int | None, hidden: bool, cells: dict[int, tuple[KindAndStyle, str]]) -> None:
        filled = {column: cell for column, cell in cells.items() if cell[0][0] is not CellKind.BLANK}
        key = tuple(filled), tuple(kind for kind, _value in filled.values())
        layout = self._layouts.get(key)
        if layout is None:
            layout = self._layouts[key] = self._make_layout(list(key[0]), list(key[1]))
        self._hand_over(self._number + 1 if number is None else number, hidden, layout, [cell[1] for cell in filled.values()])

    # ------------------------------------------------------------------------------------------------------- both ways

    def _make_layout(self, columns: list[int], kinds: list[KindAndStyle]) -> CellLayout:
        for column in columns:
            check_cell_position(1, column)
        if len(self._layouts) > _MAX_LAYOUTS:
            self._layouts.clear()
        return CellLayout(columns, kinds)

    def _hand_over(self, number: int, hidden: bool, layout: CellLayout, values: Sequence[Any]) -> None:
        check_cell_position(number, 0)
        if number <= self._number and self._ordered:
            raise RowsOutOfOrder
        self._number = number
        self._sink.add(number, hidden, layout, values)
