"""The rows of one sheet of an OpenDocument spreadsheet: values, styles, repeats, hidden rows and merged cells."""

from __future__ import annotations

import re

from cg_uploader.errors import FileError
from cg_uploader.sheets.cells.converter import CellConverter, CellKind
from cg_uploader.sheets.containers.errors import damaged_error
from cg_uploader.sheets.containers.xml_parser import drop_prefixes, local_name
from cg_uploader.sheets.formats.ods.cell_formats import CellFormats
from cg_uploader.sheets.formats.ods.styles import OdsStyles
from cg_uploader.sheets.formats.ods.values import clock_time, is_error, is_truth, iso_moment, truth
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.cell_layout import MAX_COLUMNS, MAX_ROWS, CellLayout, KindAndStyle, check_cell_position
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.sheet_reading import SheetReading
from cg_uploader.translation import _

_CELLS = ("table-cell", "covered-table-cell")
_NUMBERS = ("float", "percentage", "currency")
_SPACES = re.compile(r"[ \t\r\n]+")
_XML_BREAKS = "\t\r\n"
# What stands in a paragraph for blanks, tabs and line breaks that are elements, until breaks of the XML are gone.
_BLANK, _TAB, _LINE_BREAK = "\x00", "\x01", "\x02"
_MEANT = str.maketrans({_BLANK: " ", _TAB: "\t", _LINE_BREAK: "\n"})
_MAX_BLANKS = 100_000
_MAX_CELLS = 100_000_000
# So many characters of hidden and blank rows may come of rows that the file states once: each costs time.
_MAX_REPEATED_CHARS = 4 << 30

OdsCell = tuple[KindAndStyle, str]


class OdsSheetReader:
    """Takes the elements of one sheet and hands its rows to a builder."""

    def __init__(self, name: str, styles: OdsStyles, control: ReadControl, header_row: int | None) -> None:
        self._name = name
        self._cell_formats = CellFormats(styles)
        self._columns = _SheetColumns()
        self._merged: list[Area] = []
        self.builder = TableBuilder(CellConverter(self._cell_formats.formats), control, header_row)
        self.builder.search.merged = lambda: self._merged
        self._layouts: dict[tuple[object, object], CellLayout] = {}
        self._repeats = _RepeatGuard()
        self._number = 0
        # For each group of rows that is open, whether it is closed up.
        self._groups: list[bool] = []
        # The row that is open: its attributes, its cells by column, the column of the next cell.
        self._row: dict[str, str] = {}
        self._cells: dict[int, OdsCell] = {}
        self._column = 0
        # The cell that is open: its attributes, its paragraphs, whether its type is an error.
        self._attributes: dict[str, str] = {}
        self._paragraphs: list[str] = []
        self._is_error = False
        # The paragraph that is open: its pieces.
        self.in_paragraph = False
        self._pieces: list[str] = []

    def reading(self) -> SheetReading:
        """Return what was read."""
        return SheetReading(self._name, self.builder, self._columns.hidden, self._merged)

    def finish(self) -> None:
        """End the rows."""
        self.builder.close_rows()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the start of an element inside the sheet. ``attributes`` come with their prefixes."""
        if name in _CELLS:
            self._start_cell(name, attributes)
        elif name == "table-row":
            self._row, self._cells, self._column = drop_prefixes(attributes), {}, 0
        elif name == "table-column":
            self._columns.add(drop_prefixes(attributes))
        elif name == "table-row-group":
            self._groups.append(drop_prefixes(attributes).get("display") == "false")
        elif name == "p":
            self._pieces = []
            self.in_paragraph = True
        elif self.in_paragraph:
            self._take_in_paragraph(name, drop_prefixes(attributes))

    def _start_cell(self, name: str, attributes: dict[str, str]) -> None:
        self._attributes = {**drop_prefixes(attributes), "covered": "covered" if name == "covered-table-cell" else ""}
        self._paragraphs = []
        # looked for under every prefix, because the newer vocabulary may hide the older one
        self._is_error = "error" in attributes.values() and any(
            local_name(key) == "value-type" and value == "error" for key, value in attributes.items()
        )

    def _take_in_paragraph(self, name: str, attributes: dict[str, str]) -> None:
        if name == "s":
            self._pieces.append(_BLANK * min(parse_count(attributes.get("c", "1")), _MAX_BLANKS))
        elif name == "tab":
            self._pieces.append(_TAB)
        elif name == "line-break":
            self._pieces.append(_LINE_BREAK)

    def characters(self, text: str) -> None:
        """Take character data of a paragraph."""
        self._pieces.append(text)

    def end(self, name: str) -> None:
        """Take the end of an element.

        Raises:
            RowLimitReached: when there are as many rows as were asked for.
        """
        if name == "p":
            self.in_paragraph = False
            self._paragraphs.append(_clean_paragraph("".join(self._pieces)))
        elif name in _CELLS:
            self._end_cell()
        elif name == "table-row":
            self._end_row()
        elif name == "table-row-group":
            self._groups.pop()

    def _end_cell(self) -> None:
        attributes, first = self._attributes, self._column
        repeat = _count(attributes, "number-columns-repeated")
        self._column += repeat
        cell = None if attributes["covered"] else self._decode_cell(attributes, first)
        if cell is None:
            return
        check_cell_position(1, first + repeat - 1)
        if repeat == 1:
            self._cells[first] = cell
        else:
            self._cells.update(dict.fromkeys(range(first, first + repeat), cell))
        down, right = _count(attributes, "number-rows-spanned"), _count(attributes, "number-columns-spanned")
        if down > 1 or right > 1:
            self._merged.append((self._number + 1, self._number + down, first, first + right - 1))

    def _decode_cell(self, attributes: dict[str, str], column: int) -> OdsCell | None:
        """Return kind and value of a cell, or None for a blank one."""
        text = "\n".join(self._paragraphs)
        if self._is_error or is_error(attributes, text):
            return (CellKind.ERROR, 0), text or "#N/A"
        style = self._find_style(attributes, column)
        cell = self._decode_value(attributes, text, style)
        if cell is not None:
            return cell
        if text or attributes.get("value-type") == "string":
            return (CellKind.VERBATIM, style), text or attributes.get("string-value", "")
        return ((CellKind.NOT_CALCULATED, 0), "") if "formula" in attributes and not self._paragraphs else None

    def _decode_value(self, attributes: dict[str, str], text: str, style: int) -> OdsCell | None:
        """Return kind and value of a cell whose value is stated beside the text that it shows, or None for any other."""
        kind = attributes.get("value-type", "")
        if kind in _NUMBERS:
            value = attributes.get("value")
            return self._decode_number(attributes, value, text, style) if value else None
        if kind == "date":
            value = attributes.get("date-value")
            return ((CellKind.MOMENT, style), iso_moment(value)) if value else None
        if kind == "time":
            value = attributes.get("time-value")
            return ((CellKind.MOMENT, style), clock_time(value)) if value else None
        if kind == "boolean":
            return (CellKind.BOOLEAN, 0), truth(attributes.get("boolean-value", ""), text)
        return None

    def _decode_number(self, attributes: dict[str, str], value: str, text: str, style: int) -> OdsCell:
        if not self._cell_formats.is_general(style):
            return (CellKind.NUMBER, style), value
        if attributes["value-type"] == "percentage":
            return (CellKind.NUMBER, self._cell_formats.find_percent()), value
        return (CellKind.BOOLEAN if "formula" in attributes and is_truth(value, text) else CellKind.NUMBER, style), value

    def _find_style(self, attributes: dict[str, str], column: int) -> int:
        style = attributes.get("style-name") or self._row.get("default-cell-style-name") or self._columns.default_style(column)
        return self._cell_formats.find(style)

    def _end_row(self) -> None:
        repeat = parse_count(self._row.get("number-rows-repeated", "1"))
        if not self._cells:
            self._number += repeat
            return
        values = [value for _kind, value in self._cells.values()]
        hidden = self._row.get("visibility", "visible") != "visible" or any(self._groups)
        self._repeats.count(repeat, values, hidden)
        if self._number + repeat > MAX_ROWS or len(self._cells) > MAX_COLUMNS:
            raise _too_many_repeats_error()
        layout = self._find_layout()
        for _repetition in range(repeat):
            self._number += 1
            self.builder.add(self._number, hidden, layout, values)

    def _find_layout(self) -> CellLayout:
        key = tuple(self._cells), tuple(kind for kind, _value in self._cells.values())
        layout = self._layouts.get(key)
        if layout is None:
            layout = self._layouts[key] = CellLayout(*key)
        return layout


class _SheetColumns:
    """The columns of a sheet as the file states them."""

    def __init__(self) -> None:
        # First and last position of columns that are hidden.
        self.hidden: list[tuple[int, int]] = []
        # First and last position of columns whose cells have a style unless they name their own, and its name.
        self._default_styles: list[tuple[int, int, str]] = []
        self._count = 0

    def add(self, attributes: dict[str, str]) -> None:
        """Take the next column, or columns."""
        first, self._count = self._count, self._count + parse_count(attributes.get("number-columns-repeated", "1"))
        if attributes.get("visibility", "visible") != "visible":
            self.hidden.append((first, self._count - 1))
        if "default-cell-style-name" in attributes:
            self._default_styles.append((first, self._count - 1, attributes["default-cell-style-name"]))

    def default_style(self, column: int) -> str:
        """Return the name of the style of cells that name none, or an empty text when there is none."""
        return next((style for first, last, style in self._default_styles if first <= column <= last), "")


class _RepeatGuard:
    """Counts what comes of rows that the file states once, and refuses what would take too long."""

    def __init__(self) -> None:
        self._cells = 0
        self._chars = 0

    def count(self, repeat: int, values: list[str], hidden: bool) -> None:
        """Count a row that comes ``repeat`` times.

        Raises:
            FileError: kind ``too-big``.
        """
        self._cells += repeat * len(values)
        if hidden or not any(value.strip() for value in values):  # the text of the others is counted where it is kept
            self._chars += (repeat - 1) * sum(map(len, values))
        if self._cells > _MAX_CELLS or self._chars > _MAX_REPEATED_CHARS:
            raise _too_many_repeats_error()


def parse_count(text: str) -> int:
    """Return a count from an attribute.

    Raises:
        FileError: kind ``damaged``, when it is none.
    """
    if not text.isdecimal():
        raise damaged_error(_("a count in it is no number"))
    return int(text)


def _count(attributes: dict[str, str], name: str) -> int:
    """Return a count from an attribute, which is 1 when it is not stated."""
    return parse_count(attributes[name]) if name in attributes else 1


def _clean_paragraph(text: str) -> str:
    """Return the text of a paragraph.

    Breaks and tabs of the XML are blanks. Blanks that LibreOffice writes side by side are meant.
    """
    if text.isprintable():
        return text
    if any(char in text for char in _XML_BREAKS):
        text = _SPACES.sub(" ", text).strip(" ")
    return text.translate(_MEANT)


def _too_many_repeats_error() -> FileError:
    sentence = _("The sheet repeats its rows beyond what a sheet can hold. Copy the part that you need into a new workbook.")
    return FileError(sentence, kind="too-big")
