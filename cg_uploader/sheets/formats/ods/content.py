"""Owns OpenDocument spreadsheets (ods): values, styles, repeats and hidden rows of one sheet, read as a stream."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import IO, Protocol

from cg_uploader.errors import FileError
from cg_uploader.sheets.cells.converter import CellTexts, Kind
from cg_uploader.sheets.cells.number_format import NumberFormat, number_format
from cg_uploader.sheets.containers.zip_package import CHUNK, damage_is_said, damaged, local, parser
from cg_uploader.sheets.formats.ods.styles import Styles
from cg_uploader.sheets.formats.ods.values import clock_time, is_error, is_truth, iso_moment, truth
from cg_uploader.sheets.table.builder import MOST_COLUMNS, MOST_ROWS, CellKind, Enough, Shape, TableBuilder, check_place
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import Watch
from cg_uploader.sheets.table.sheet_reading import SheetReading, no_such_sheet, nothing_in

_CONTENT = "content.xml"
_CELLS = ("table-cell", "covered-table-cell")
_DRAWN = (
    "frame", "custom-shape", "rect", "line", "polyline", "polygon", "regular-polygon", "path", "circle", "ellipse", "g",
    "page-thumbnail", "connector", "caption", "measure", "control", "scene",
)  # fmt: skip
_ASIDE = frozenset(["annotation", "ruby-text", "shapes", "tracked-changes", "forms", *_DRAWN])
_SPACES = re.compile(r"[ \t\r\n]+")
_BREAKS = "\t\r\n"
_MARKS = str.maketrans({"\x00": " ", "\x01": "\t", "\x02": "\n"})
_MOST_CELLS = 100_000_000
_MAX_REPEATED = 4 << 30  # characters of hidden and blank rows that a file states once: each costs time
_GENERAL = number_format("General")
_PERCENT = "0.00%"
_NUMBERS = ("float", "percentage", "currency")

Cell = tuple[CellKind, str]


def whole(text: str) -> int:
    """A count from an attribute; FileError when it is none."""
    if not text.isdecimal():
        raise damaged("a count in it is no number")
    return int(text)


def _count(attributes: dict[str, str], name: str) -> int:
    """A count of which one is the usual."""
    return whole(attributes[name]) if name in attributes else 1


def _paragraph(text: str) -> str:
    """The text of a paragraph: breaks and tabs of the XML are blanks; blanks that LibreOffice writes side by side are meant."""
    if text.isprintable():
        return text
    if any(mark in text for mark in _BREAKS):
        text = _SPACES.sub(" ", text).strip(" ")
    return text.translate(_MARKS)


class Parts(Protocol):
    """What the XML of a spreadsheet comes from."""

    def __contains__(self, name: str) -> bool:
        """Whether there is such a part."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """A part, to be read once from its start."""

    def size(self, name: str) -> int:
        """How many bytes a part has."""


class FlatPackage:
    """A spreadsheet that is one XML file, in the place of a ZIP file whose only part it would be."""

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle

    def __contains__(self, name: str) -> bool:
        """Whether there is such a part."""
        return name == _CONTENT

    def open(self, _: str) -> AbstractContextManager[IO[bytes]]:
        """The whole file, which stays open."""
        self._handle.seek(0)
        return nullcontext(self._handle)

    def size(self, _: str) -> int:
        """How many bytes the file has."""
        return os.fstat(self._handle.fileno()).st_size


class OpenDocument:
    """An open OpenDocument spreadsheet; ``sheets`` is complete once a sheet has been read."""

    def __init__(self, package: Parts) -> None:
        self._package = package
        self._tables: list[tuple[str, bool]] = []

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of the sheets, visible ones first."""
        return tuple(name for name, _ in sorted(self._tables, key=lambda table: not table[1]))

    def read(self, wanted: str | None, watch: Watch, header_row: int | None) -> SheetReading:
        """Read the wanted sheet, or the first visible one that holds anything; FileError or UsageError when there is none."""
        styles = Styles()
        if "styles.xml" in self._package:
            _Content(styles, lambda *_: None, watch).parse(self._package, "styles.xml")
        readings: list[_TableReader] = []

        def choose(name: str, visible: bool) -> _TableReader | None:
            self._tables.append((name, visible))
            wants = name == wanted if wanted is not None else visible
            if not wants or (readings and readings[-1].builder.is_table):
                return None
            readings.append(_TableReader(name, styles, watch, header_row))
            return readings[-1]

        with suppress(Enough):
            _Content(styles, choose, watch).parse(self._package, _CONTENT)
        if wanted is not None and not readings:
            raise no_such_sheet(self.sheets)
        if not readings or not readings[-1].builder.is_table:
            raise nothing_in(wanted)
        return readings[-1].reading()


class _Content:
    """Walks the XML: styles first, then tables; ``choose`` says who reads a table, if anybody."""

    def __init__(self, styles: Styles, choose: Callable[[str, bool], _TableReader | None], watch: Watch) -> None:
        self._styles = styles
        self._choose = choose
        self._watch = watch
        self._table: _TableReader | None = None
        self._depth = self._tables = self._aside = 0
        self._parser = parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = styles.characters

    def parse(self, package: Parts, part: str) -> None:
        """Read a whole part; Enough when no more than the first rows is wanted."""
        with package.open(part) as stream, damage_is_said():
            self._watch.follow(stream.tell, package.size(part))
            while data := stream.read(CHUNK):
                self._parser.Parse(data, False)
            self._parser.Parse(b"", True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if name in _ASIDE or self._aside:
            self._aside += 1
        elif name == "table":
            self._tables += 1
            if self._tables == 1:
                plain = _plain(attributes)
                visible = plain.get("style-name") not in self._styles.hidden_tables
                self._table = self._choose(plain.get("name", ""), visible)
        elif self._table is not None and self._tables == 1:
            self._table.start(name, attributes)
            if name == "p":
                self._parser.CharacterDataHandler = self._table.characters
        elif not self._tables:
            self._styles.start(name, _plain(attributes))
        if self._aside == 1:
            self._parser.CharacterDataHandler = None

    def _end(self, tag: str) -> None:
        name = local(tag)
        if self._aside:
            self._aside -= 1
            if not self._aside and self._table is not None and self._table.in_paragraph:
                self._parser.CharacterDataHandler = self._table.characters
        elif name == "table":
            self._tables -= 1
            if not self._tables and self._table is not None:
                self._table.finish()
                self._table = None
        elif self._table is not None and self._tables == 1:
            if name == "p":
                self._parser.CharacterDataHandler = None
            try:
                self._table.end(name)
            except Enough:
                self._table.finish()
                self._table = None
                if self._watch.brief:
                    raise
        elif not self._tables:
            self._styles.end(name)


def _plain(attributes: dict[str, str]) -> dict[str, str]:
    """Attributes without prefixes; of those that differ by prefix only, the one of the newer vocabulary."""
    return {local(key): text for key, text in attributes.items()}


class _TableReader:
    """Takes the elements of one table and hands rows to its builder."""

    def __init__(self, name: str, styles: Styles, watch: Watch, header_row: int | None) -> None:
        self._name = name
        self._styles = styles
        self._formats: list[NumberFormat] = []
        self._places: dict[str, int] = {}
        self.builder = TableBuilder(CellTexts(self._formats), watch, header_row)
        self.in_paragraph = False
        self._hidden_columns: list[tuple[int, int]] = []
        self._defaults: list[tuple[int, int, str]] = []
        self._merged: list[Area] = []
        self.builder.merged = lambda: self._merged
        self._columns = 0
        self._number = 0
        self._expanded = 0
        self._repeated = 0
        self._shapes: dict[tuple[object, object], Shape] = {}
        self._row: dict[str, str] = {}
        self._cells: dict[int, Cell] = {}
        self._groups: list[bool] = []
        self._attributes: dict[str, str] = {}
        self._paragraphs: list[str] = []
        self._pieces: list[str] = []
        self._error = False
        self._place = 0

    def reading(self) -> SheetReading:
        """What was read."""
        return SheetReading(self._name, self.builder, self._hidden_columns, self._merged)

    def finish(self) -> None:
        """No more rows come."""
        self.builder.close_rows()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the start of an element inside the table."""
        if name in _CELLS:
            self._attributes = {**_plain(attributes), "covered": "covered" if name == "covered-table-cell" else ""}
            self._paragraphs = []
            self._error = "error" in attributes.values() and any(
                local(key) == "value-type" and text == "error" for key, text in attributes.items()
            )
        elif name == "table-row":
            self._row, self._cells, self._place = _plain(attributes), {}, 0
        elif name == "table-column":
            self._column(_plain(attributes))
        elif name == "table-row-group":
            self._groups.append(_plain(attributes).get("display") == "false")
        elif name == "p":
            self._pieces = []
            self.in_paragraph = True
        elif self.in_paragraph:
            self._inside_paragraph(name, _plain(attributes))

    def _inside_paragraph(self, name: str, attributes: dict[str, str]) -> None:
        if name == "s":
            self._pieces.append("\x00" * min(whole(attributes.get("c", "1")), 100_000))
        elif name == "tab":
            self._pieces.append("\x01")
        elif name == "line-break":
            self._pieces.append("\x02")

    def characters(self, text: str) -> None:
        """Take character data of a paragraph."""
        self._pieces.append(text)

    def end(self, name: str) -> None:
        """Take the end of an element; Enough when there are as many rows as were asked for."""
        if name == "p":
            self.in_paragraph = False
            self._paragraphs.append(_paragraph("".join(self._pieces)))
        elif name in _CELLS:
            self._end_cell()
        elif name == "table-row":
            self._end_row()
        elif name == "table-row-group":
            self._groups.pop()

    def _column(self, attributes: dict[str, str]) -> None:
        first, self._columns = self._columns, self._columns + whole(attributes.get("number-columns-repeated", "1"))
        if attributes.get("visibility", "visible") != "visible":
            self._hidden_columns.append((first, self._columns - 1))
        if "default-cell-style-name" in attributes:
            self._defaults.append((first, self._columns - 1, attributes["default-cell-style-name"]))

    def _end_cell(self) -> None:
        attributes, first = self._attributes, self._place
        repeat = _count(attributes, "number-columns-repeated")
        self._place += repeat
        cell = None if attributes["covered"] else self._cell(attributes, first)
        if cell is None:
            return
        check_place(1, first + repeat - 1)
        if repeat == 1:
            self._cells[first] = cell
        else:
            self._cells.update(dict.fromkeys(range(first, first + repeat), cell))
        down, right = _count(attributes, "number-rows-spanned"), _count(attributes, "number-columns-spanned")
        if down > 1 or right > 1:
            self._merged.append((self._number + 1, self._number + down, first, first + right - 1))

    def _cell(self, attributes: dict[str, str], column: int) -> Cell | None:
        """Kind and value of a cell; None for a blank one."""
        text = "\n".join(self._paragraphs)
        if self._error or is_error(attributes, text):
            return (Kind.ERROR, 0), text or "#N/A"
        kind = attributes.get("value-type", "")
        style = self._style(attributes.get("style-name") or self._row.get("default-cell-style-name") or self._default(column))
        if kind in _NUMBERS and attributes.get("value"):
            if kind == "percentage" and self._formats[style] is _GENERAL:
                style = self._percent_style()
            truth_shown = "formula" in attributes and self._formats[style] is _GENERAL and is_truth(attributes["value"], text)
            return (Kind.BOOLEAN if truth_shown else Kind.NUMBER, style), attributes["value"]
        if kind == "date" and attributes.get("date-value"):
            return (Kind.MOMENT, style), iso_moment(attributes["date-value"])
        if kind == "time" and attributes.get("time-value"):
            return (Kind.MOMENT, style), clock_time(attributes["time-value"])
        if kind == "boolean":
            return (Kind.BOOLEAN, 0), truth(attributes.get("boolean-value", ""), text)
        if text or kind == "string":
            return (Kind.VERBATIM, style), text or attributes.get("string-value", "")
        return ((Kind.NOT_CALCULATED, 0), "") if "formula" in attributes and not self._paragraphs else None

    def _default(self, column: int) -> str:
        return next((style for first, last, style in self._defaults if first <= column <= last), "")

    def _style(self, name: str) -> int:
        return self._place_of(name, lambda: self._styles.format(name))

    def _percent_style(self) -> int:
        """The format of a percentage whose style has none, as LibreOffice shows it."""
        return self._place_of(_PERCENT, lambda: number_format(_PERCENT))

    def _place_of(self, name: str, form: Callable[[], NumberFormat]) -> int:
        if name not in self._places:
            self._places[name] = len(self._formats)
            self._formats.append(form())
        return self._places[name]

    def _end_row(self) -> None:
        repeat = whole(self._row.get("number-rows-repeated", "1"))
        if not self._cells:
            self._number += repeat
            return
        self._expanded += repeat * len(self._cells)
        values = [value for _, value in self._cells.values()]
        hidden = self._row.get("visibility", "visible") != "visible" or any(self._groups)
        if hidden or not any(value.strip() for value in values):  # the text of the others is counted where it is kept
            self._repeated += (repeat - 1) * sum(map(len, values))
        too_much = self._expanded > _MOST_CELLS or self._repeated > _MAX_REPEATED
        if self._number + repeat > MOST_ROWS or too_much or len(self._cells) > MOST_COLUMNS:
            raise FileError(
                "The sheet repeats its rows beyond what a sheet can hold. Copy the part that is meant.", kind="too-big"
            )
        key = tuple(self._cells), tuple(kind for kind, _ in self._cells.values())
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = Shape(*key)
        for _ in range(repeat):
            self._number += 1
            self.builder.add(self._number, hidden, shape, values)
