"""The reading of an Excel workbook's sheet with the XML parser, which understands all that such a sheet may hold."""

from __future__ import annotations

from collections.abc import Callable

from cg_uploader.sheets.cells.clean_text import column_position
from cg_uploader.sheets.cells.converter import CellKind
from cg_uploader.sheets.containers.xml_parser import create_xml_parser, local_name
from cg_uploader.sheets.formats.xlsx.attributes import CELL_REFERENCE, TRUE, is_row_hidden, parse_area, parse_kind
from cg_uploader.sheets.table.cell_layout import MAX_COLUMNS, KindAndStyle, check_cell_position
from cg_uploader.sheets.table.merged_cells import Area

# Takes a row: its number (None: the one behind the row before), whether it is hidden, and its cells by column.
TakeRow = Callable[[int | None, bool, dict[int, tuple[KindAndStyle, str]]], None]


class SheetXmlParser:
    """Parses the XML of a sheet, from the start or only parts of it that its rows were taken out of."""

    def __init__(self, take_row: TakeRow) -> None:
        self.hidden_columns: list[tuple[int, int]] = []
        self.merged: list[Area] = []
        self.has_formulas = False
        self._take_row = take_row
        # The names of the elements that are open.
        self._path: list[str] = []
        # The row that is open: its attributes, its cells by column, the column of the last one.
        self._row: dict[str, str] = {}
        self._cells: dict[int, tuple[KindAndStyle, str]] = {}
        self._column = -1
        # The cell that is open: its attributes, the pieces of its value, whether it has a formula.
        self._cell: dict[str, str] = {}
        self._pieces: list[str] = []
        self._is_formula = False
        self._parser = create_xml_parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._handlers = {
            "row": self._start_row,
            "c": self._start_cell,
            "f": self._start_formula,
            "is": self._start_inline_text,
            "v": self._start_value,
            "t": self._start_value,
            "col": self._take_column,
            "mergeCell": self._take_merged,
        }

    @property
    def is_between_rows(self) -> bool:
        """Whether the next row may follow."""
        return self._path[-1:] == ["sheetData"]

    def feed(self, xml: str | bytes, *, is_last: bool = False) -> None:
        """Parse the next piece."""
        self._parser.Parse(xml, is_last)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local_name(tag)
        parent = self._path[-1] if self._path else ""
        self._path.append(name)
        handler = self._handlers.get(name)
        if handler is not None:
            handler(parent, attributes)

    def _end(self, _tag: str) -> None:
        name = self._path.pop()
        if name in ("v", "t"):
            self._parser.CharacterDataHandler = None
        elif name == "c" and self._path[-1:] == ["row"]:
            self._end_cell()
        elif name == "row" and self.is_between_rows:
            number = self._row.get("r", "").strip()
            self._take_row(int(number) if number.isdecimal() else None, is_row_hidden(self._row), self._cells)

    def _start_row(self, parent: str, attributes: dict[str, str]) -> None:
        if parent == "sheetData":
            self._row, self._cells, self._column = attributes, {}, -1

    def _start_cell(self, parent: str, attributes: dict[str, str]) -> None:
        if parent == "row":
            self._cell, self._pieces, self._is_formula = attributes, [], False

    def _start_formula(self, parent: str, _attributes: dict[str, str]) -> None:
        if parent == "c":
            self.has_formulas = self._is_formula = True

    def _start_inline_text(self, parent: str, _attributes: dict[str, str]) -> None:
        if parent == "c":
            self._pieces.clear()  # not the stored value and the text in the cell

    def _start_value(self, parent: str, _attributes: dict[str, str]) -> None:
        if parent in ("c", "is", "r") and "rPh" not in self._path:
            self._parser.CharacterDataHandler = self._pieces.append

    def _end_cell(self) -> None:
        reference = CELL_REFERENCE.fullmatch(self._cell.get("r", ""))
        self._column = column_position(reference[1].upper()) if reference else self._column + 1
        if self._column >= MAX_COLUMNS:
            check_cell_position(1, self._column)
        value = "".join(self._pieces)
        kind, style = parse_kind(self._cell)
        if not value:
            is_missing = self._is_formula and self._cell.get("t") != "str"
            kind = CellKind.NOT_CALCULATED if is_missing else CellKind.BLANK
        self._cells[self._column] = (kind, style), value if kind is CellKind.TEXT else value.strip()

    def _take_column(self, _parent: str, attributes: dict[str, str]) -> None:
        width = attributes.get("width", "1").strip("0. ")
        first, last = attributes.get("min", ""), attributes.get("max", "")
        if (attributes.get("hidden") in TRUE or not width) and first.isdecimal() and last.isdecimal():
            self.hidden_columns.append((int(first) - 1, int(last) - 1))

    def _take_merged(self, _parent: str, attributes: dict[str, str]) -> None:
        area = parse_area(attributes.get("ref", ""))
        if area and (area[0] < area[1] or area[2] < area[3]):
            self.merged.append(area)
