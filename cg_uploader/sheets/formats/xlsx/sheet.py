"""Owns the rows of one sheet of an Excel workbook, read as a stream: cells where they stand, hidden rows, merged cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import repeat
from operator import lt
from typing import IO, Any

from cg_uploader.sheets.cells.clean_text import column_position
from cg_uploader.sheets.cells.converter import CellKind
from cg_uploader.sheets.containers.xml_stream import XmlChunkDecoder
from cg_uploader.sheets.containers.zip_package import CHUNK_BYTES, create_xml_parser, damage_as_file_error, local_name
from cg_uploader.sheets.formats.xlsx.shared_strings import WRITTEN, all_named, decoded
from cg_uploader.sheets.table.builder import MAX_COLUMNS, CellLayout, KindAndStyle, check_cell_position, map_filled
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.row_assembler import RowSink, RowsOutOfOrder

_FORMULA = r"(?:<f[^>]*(?:/>|>[^<]*</f>))?"
_INLINE = r'<is><t(?: xml:space="preserve")?>'
_EMPTY = "<is><t></t></is></c>"
_VALUE = rf"(?:{_FORMULA}(?:<v>|{_INLINE})(?!<)({WRITTEN})(?:</v>|</t></is>)</c>|{_EMPTY})"
_HEAD = r'\s*(?:<row [^>]*/>\s*)*<row r="([0-9]+)"((?: [\w:]+="[^"<>&/]*")*)>'
_CELL = re.compile(rf'<c r="([A-Z]+)[0-9]+"([^>]*)>(?:(?<!/>){_VALUE}|(?<=/>))')
_ROW = re.compile(_HEAD)
_ATTRIBUTE = re.compile(r' ([\w:]+)="([^"<>&]*)"')
_PLACE = re.compile(r"\$?([A-Za-z]{1,4})\$?([0-9]{1,8})")
_KINDS = {
    "n": CellKind.NUMBER,
    "s": CellKind.SHARED,
    "str": CellKind.TEXT,
    "inlineStr": CellKind.TEXT,
    "b": CellKind.BOOLEAN,
    "e": CellKind.ERROR,
    "d": CellKind.DATE,
}
_YES = ("1", "true")

_END = "</row>"
_ENOUGH_ALIKE = 8
_FEW = 4
_MOST_OTHERS = 64
_MOST_FORMS = 64
_MOST_SHAPES = 10_000
_WIDEST = 256


class _RowPattern:
    """Rows of cells that may be there or not, as regular expressions that are made when they are needed."""

    def __init__(self, cells: dict[str, dict[bool, str]], shape: CellLayout) -> None:
        """``cells``: by letters, in order, the attributes of blank ones and of others; ``shape``: of the others."""
        self.shape = shape
        self._cells = cells
        self._made: dict[tuple[bool, bool], re.Pattern[str]] = {}

    def pattern(self, *, named: bool, formulas: bool) -> re.Pattern[str]:
        """With or without formulas; when all that XML writes in other ways is ``named``, whatever is no tag is text."""
        made = self._made.get((named, formulas))
        if made is None:
            text = "[^<]+" if named else f"(?!<){WRITTEN}"
            formula = _FORMULA if formulas else ""
            ways = (f"{formula}<v>({text})</v></c>", f"(?:{formula}{_INLINE}({text})</t></is></c>|{_EMPTY})")
            cells = [self._cell(letters, kinds, ways) for letters, kinds in self._cells.items()]
            made = self._made[named, formulas] = re.compile("".join([_HEAD, *cells, _END]))
        return made

    @staticmethod
    def _cell(letters: str, kinds: dict[bool, str], ways: tuple[str, str]) -> str:
        """One cell, or none; without second thoughts, so that rows of another form cost little."""
        either = [
            f"{re.escape(attributes)}>" + ("" if blank else ways[' t="inlineStr"' in attributes])
            for blank, attributes in sorted(kinds.items())
        ]
        return f'(?:<c r="{letters}[0-9]+"(?:{"|".join(either)}))?+'


class _HiddenRowCache(dict[str, bool]):
    """Whether a row cannot be seen, by the text of its attributes."""

    def __missing__(self, attributes: str) -> bool:
        """Look at attributes that were not seen before; many different ones (heights) are not kept for ever."""
        if len(self) > _MOST_SHAPES:
            self.clear()
        self[attributes] = hidden = _hidden(dict(_ATTRIBUTE.findall(attributes)))
        return hidden


def parse_area(text: str) -> Area | None:
    """The cells that a reference like ``B2:C7`` names; None when it is none."""
    first, _, last = text.partition(":")
    top, bottom = _PLACE.fullmatch(first), _PLACE.fullmatch(last or first)
    if not top or not bottom:
        return None
    return int(top[2]), int(bottom[2]), column_position(top[1].upper()), column_position(bottom[1].upper())


def _hidden(attributes: dict[str, str]) -> bool:
    """Whether a row cannot be seen: hidden, filtered, or of no height."""
    height = attributes.get("ht", "").strip()
    return attributes.get("hidden") in _YES or (height != "" and not height.strip("0."))


def _kind(attributes: dict[str, str]) -> KindAndStyle:
    style = attributes.get("s", "0")
    return _KINDS.get(attributes.get("t", "n"), CellKind.TEXT), int(style) if style.isdecimal() else 0


class XlsxSheetReader:
    """Reads the XML of one sheet and hands over its rows.

    Rows that have the plain form which nearly all programs write are cut out by one regular expression; everything else, and
    all that is around the rows, goes to the XML parser.  Both give the same rows.
    """

    def __init__(self, sink: RowSink, *, ordered: bool) -> None:
        """``sink`` gets the rows; with ``ordered`` a row out of order raises Disordered."""
        self.hidden_columns: list[tuple[int, int]] = []
        self.merged: list[Area] = []
        self.formulas = False
        self._sink = sink
        self._ordered = ordered
        self._shapes: dict[tuple[object, object], CellLayout] = {}
        self._row_hidden = _HiddenRowCache()
        self._known: dict[str, dict[bool, str]] = {}
        self._form: _RowPattern | None = None
        self._forms = self._alike = self._others = 0
        self._number = 0
        self._named = self._written = False
        self._path: list[str] = []
        self._parser = create_xml_parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._begin_row({})
        self._start_cell({})

    def read(self, part: IO[bytes]) -> None:
        """Read to the end; FileError when it is damaged, or a cell stands where no cell can stand."""
        decoder = XmlChunkDecoder(_END)
        with damage_as_file_error():
            while data := part.read(CHUNK_BYTES):
                text = decoder.decode(data)
                if decoder.simple and isinstance(text, str):
                    self._cut(text)
                else:
                    self._parser.Parse(text, False)
            self._parser.Parse(decoder.rest(), True)

    # ------------------------------------------------------------------------------------------------- the quick way

    def _cut(self, text: str) -> None:
        """Take the rows of plain form out of ``text``, which ends with a row's end; the parser gets the rest."""
        self.formulas = self.formulas or any(start in text for start in ("<f>", "<f ", "<f/"))
        self._named, self._written = all_named(text), "&" in text
        place = 0
        while place < len(text):
            if self._form is not None:
                place = self._run(text, place, self._form)
            end = text.find(_END, place) + len(_END)
            if end < len(_END):
                return
            row = text[place:end]
            if self._path[-1:] != ["sheetData"] or not self._plain(row):
                self._parser.Parse(row, False)
            place = end

    def _run(self, text: str, place: int, form: _RowPattern) -> int:
        """Take all rows from a place on that look like the ones before; the place after them."""
        if self._path[-1:] != ["sheetData"]:
            return place
        pattern, rows = form.pattern(named=self._named, formulas=self.formulas), []
        while found := pattern.match(text, place):
            rows.append(found.groups())
            place = found.end()
        if not rows:
            return place
        self._others = 0
        numbers, attributes, *values = zip(*rows, strict=True)
        if self._written:
            values = [tuple(map_filled(decoded, column, None)) for column in values]
        numbers = tuple(map(int, numbers))
        alone = len(rows) < _FEW or any(map(self._row_hidden.__getitem__, set(attributes)))
        if alone or not values or not self._ascending(numbers):
            cells = zip(*values, strict=True) if values else repeat(())
            for number, hidden, row in zip(numbers, attributes, cells, strict=False):
                self._hand_over(number, self._row_hidden[hidden], form.shape, row)
            return place
        check_cell_position(numbers[-1], 0)
        self._number = numbers[-1]
        self._sink.add_many(numbers, False, form.shape, values)
        return place

    def _ascending(self, numbers: Sequence[int]) -> bool:
        """Whether row numbers only grow, also from the last row on."""
        return self._number < numbers[0] and all(map(lt, numbers, numbers[1:]))

    def _plain(self, row: str) -> bool:
        """Take one row if its form is plain."""
        head = _ROW.match(row)
        if head is None:
            return False
        parts = _CELL.split(row[head.end() : -len(_END)])
        if any(parts[0::4]):
            return False
        key = tuple(parts[1::4]), tuple(parts[2::4])
        shape = self._shapes.get(key)
        if shape is None:
            kinds = [_plain_kind(text) for text in key[1]]
            if None in kinds or len(set(key[0])) < len(kinds):
                return False
            filled = [
                (column_position(letters), kind)
                for letters, kind in zip(key[0], kinds, strict=True)
                if kind and kind[0] is not CellKind.BLANK
            ]
            shape = self._shapes[key] = self._shape([column for column, _ in filled], [kind for _, kind in filled])
        self._learn(key)
        values = [value for value, attributes in zip(parts[3::4], key[1], strict=True) if not attributes.endswith("/")]
        self._hand_over(int(head[1]), self._row_hidden[head[2]], shape, map_filled(decoded, values, None))
        return True

    def _learn(self, key: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
        """From rows that bring nothing new any more, make the form to look out for; forget it when too many are of others."""
        self._others += 1
        if self._others > _MOST_OTHERS:
            self._known, self._form, self._others = {}, None, 0
        size = sum(map(len, self._known.values()))
        for letters, attributes in zip(*key, strict=True):
            self._known.setdefault(letters, {}).setdefault(attributes.endswith("/"), attributes)
        if size != sum(map(len, self._known.values())):
            self._form, self._alike = None, 0
            return
        self._alike += 1
        if self._form is None and self._alike >= _ENOUGH_ALIKE and len(self._known) <= _WIDEST and self._forms < _MOST_FORMS:
            self._forms += 1
            cells = dict(sorted(self._known.items(), key=lambda cell: column_position(cell[0])))
            filled = [(letters, kinds[False]) for letters, kinds in cells.items() if False in kinds]
            kinds = [kind for _, attributes in filled if (kind := _plain_kind(attributes))]
            self._form = _RowPattern(cells, self._shape([column_position(letters) for letters, _ in filled], kinds))

    def _shape(self, columns: list[int], kinds: list[KindAndStyle]) -> CellLayout:
        for column in columns:
            check_cell_position(1, column)
        if len(self._shapes) > _MOST_SHAPES:
            self._shapes.clear()
        return CellLayout(columns, kinds)

    def _hand_over(self, number: int, hidden: bool, shape: CellLayout, values: Sequence[Any]) -> None:
        check_cell_position(number, 0)
        if number <= self._number and self._ordered:
            raise RowsOutOfOrder
        self._number = number
        self._sink.add(number, hidden, shape, values)

    # ------------------------------------------------------------------------------------------- the way of the parser

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._attributes = attributes
        self._cells: dict[int, tuple[KindAndStyle, str]] = {}
        self._place = -1

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local_name(tag)
        parent = self._path[-1] if self._path else ""
        self._path.append(name)
        if name == "c" and parent == "row":
            self._start_cell(attributes)
        elif name == "is" and parent == "c":
            self._text.clear()  # not the stored value and the text in the cell
        elif name in ("v", "t") and parent in ("c", "is", "r") and "rPh" not in self._path:
            self._parser.CharacterDataHandler = self._text.append
            self._valued = True
        elif name == "f" and parent == "c":
            self.formulas = self._formula = True
        elif name == "row" and parent == "sheetData":
            self._begin_row(attributes)
        elif name == "col":
            self._column(attributes)
        elif name == "mergeCell":
            merged = parse_area(attributes.get("ref", ""))
            if merged and (merged[0] < merged[1] or merged[2] < merged[3]):
                self.merged.append(merged)

    def _end(self, _: str) -> None:
        name = self._path.pop()
        if name in ("v", "t"):
            self._parser.CharacterDataHandler = None
        elif name == "c" and self._path[-1:] == ["row"]:
            self._end_cell()
        elif name == "row" and self._path[-1:] == ["sheetData"]:
            self._end_row()

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        self._text: list[str] = []
        self._formula = self._valued = False

    def _end_cell(self) -> None:
        place = _PLACE.fullmatch(self._cell.get("r", ""))
        self._place = column_position(place[1].upper()) if place else self._place + 1
        if self._place >= MAX_COLUMNS:
            check_cell_position(1, self._place)
        value = "".join(self._text)
        kind, style = _kind(self._cell)
        if not value:
            missing = self._formula and self._cell.get("t") != "str"
            kind = CellKind.NOT_CALCULATED if missing else CellKind.BLANK
        self._cells[self._place] = (kind, style), value if kind is CellKind.TEXT else value.strip()

    def _end_row(self) -> None:
        number = self._attributes.get("r", "").strip()
        cells = {column: cell for column, cell in self._cells.items() if cell[0][0] is not CellKind.BLANK}
        key = tuple(cells), tuple(kind for kind, _ in cells.values())
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = self._shape(list(key[0]), list(key[1]))
        values = [value for _, value in cells.values()]
        self._hand_over(int(number) if number.isdecimal() else self._number + 1, _hidden(self._attributes), shape, values)

    def _column(self, attributes: dict[str, str]) -> None:
        width = attributes.get("width", "1").strip("0. ")
        first, last = attributes.get("min", ""), attributes.get("max", "")
        if (attributes.get("hidden") in _YES or not width) and first.isdecimal() and last.isdecimal():
            self.hidden_columns.append((int(first) - 1, int(last) - 1))


def _plain_kind(attributes: str) -> KindAndStyle | None:
    """The kind of a cell by the text of its attributes; None when they are not plain."""
    blank = attributes.endswith("/")
    found = _ATTRIBUTE.findall(attributes.removesuffix("/"))
    if "".join(f' {name}="{text}"' for name, text in found) != attributes.removesuffix("/"):
        return None
    kind, style = _kind(dict(found))
    return (CellKind.BLANK, style) if blank else (kind, style)
