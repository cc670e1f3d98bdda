"""Owns Excel's binary workbooks (xlsb): records of variable length inside a ZIP container."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct, unpack_from
from typing import IO

from cg_uploader.sheets.cells.builtin_formats import get_built_in_code
from cg_uploader.sheets.cells.converter import CellConverter, CellKind, SharedTexts, make_shared_texts
from cg_uploader.sheets.cells.number_format import NumberFormat, parse_number_format
from cg_uploader.sheets.containers.zip_package import ZipPackage, damage_as_file_error, damaged_error, truncation_as_file_error
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.row_assembler import ERRORS, RowAssembler, RowSink, fill_builder, packed_number
from cg_uploader.sheets.table.sheet_reading import SheetReading, read_first_filled, sheets_to_try

_MAIN = "xl/workbook.bin"
_LONGEST_RECORD = 1 << 28
_ROW, _SHARED_ITEM, _FORMAT, _STYLE, _COLUMNS, _MERGED = 0, 19, 44, 47, 60, 176
_END_SHEET, _PROPERTIES, _SHEET, _CALCULATION, _TABLE = 130, 153, 156, 157, 660
_BEGIN_STYLES, _END_STYLES = 617, 618
_NUMBER, _BOOLEAN, _ERROR, _TEXT, _RICH, _SHARED, _PACKED = range(7)
_CELLS = {
    2: _PACKED, 3: _ERROR, 4: _BOOLEAN, 5: _NUMBER, 6: _TEXT, 7: _SHARED, 8: _TEXT, 9: _NUMBER, 10: _BOOLEAN,
    11: _ERROR, 62: _RICH,
}  # fmt: skip
_SHORT = {13: _PACKED, 14: _ERROR, 15: _BOOLEAN, 16: _NUMBER, 17: _TEXT, 18: _SHARED}
_FORMULAS = (8, 9, 10, 11)
_BLANKS = (1, 12)
_U32 = Struct("<I")
_F64 = Struct("<d")


def records(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """(record type, data) one after the other; FileError when the last one is cut off."""
    while head := stream.read(1):
        kind = head[0]
        if kind & 0x80:
            kind = kind & 0x7F | _byte(stream) << 7
        size = shift = 0
        while True:
            byte = _byte(stream)
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift == 28:
                break
        data = stream.read(size) if size <= _LONGEST_RECORD else b""
        if len(data) != size:
            raise damaged_error("a record in it is cut off")
        yield kind, data


def _byte(stream: IO[bytes]) -> int:
    data = stream.read(1)
    if not data:
        raise damaged_error("a record in it is cut off")
    return data[0]


def wide_text(data: bytes, place: int) -> tuple[str, int]:
    """A text with its length in front, and the place after it; FileError when it is cut off."""
    (length,) = _U32.unpack_from(data, place)
    end = place + 4 + 2 * (0 if length == 0xFFFFFFFF else length)
    if end > len(data):
        raise damaged_error("a text in it is cut off")
    return data[place + 4 : end].decode("utf-16-le", "surrogatepass"), end


class XlsbWorkbook:
    """An open xlsb workbook; ``sheets`` are the names of its worksheets, visible ones first."""

    def __init__(self, package: ZipPackage) -> None:
        self._package = package
        self._relations = package.relations(_MAIN)
        self._listed: list[tuple[str, str, bool]] = []
        self._date1904 = self._recalculate = False
        with damage_as_file_error(), truncation_as_file_error(), package.open(_MAIN) as stream:
            for kind, data in records(stream):
                self._look(kind, data)
        self._listed.sort(key=lambda sheet: not sheet[2])
        self._formats = self._read_formats()
        self._shared: SharedTexts | None = None

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of the worksheets, visible ones first."""
        return tuple(name for name, _, _ in self._listed)

    def _look(self, kind: int, data: bytes) -> None:
        if kind == _SHEET:
            place, end = wide_text(data, 8)
            name, _ = wide_text(data, end)
            what, part = self._relations.get(place, ("", ""))
            if what == "worksheet" and part in self._package:
                self._listed.append((name, part, data[0] == 0))
        elif kind == _PROPERTIES:
            self._date1904 = bool(data[0] & 1)
        elif kind == _CALCULATION and len(data) > 24:
            self._recalculate = bool(data[24] & 1)

    def _part(self, kind: str) -> str | None:
        return next((name for found, name in self._relations.values() if found == kind and name in self._package), None)

    def _read_formats(self) -> list[NumberFormat]:
        codes: dict[int, str] = {}
        styles: list[int] = []
        inside = False
        part = self._part("styles")
        if part is None:
            return []
        with damage_as_file_error(), truncation_as_file_error(), self._package.open(part) as stream:
            for kind, data in records(stream):
                if kind == _FORMAT:
                    codes[unpack_from("<H", data)[0]] = wide_text(data, 2)[0]
                elif kind in (_BEGIN_STYLES, _END_STYLES):
                    inside = kind == _BEGIN_STYLES
                elif kind == _STYLE and inside:
                    styles.append(unpack_from("<H", data, 2)[0])
        return [parse_number_format(codes.get(number) or get_built_in_code(number), self._date1904) for number in styles]

    def _texts(self) -> SharedTexts:
        if self._shared is None:
            part = self._part("sharedStrings")
            self._shared = make_shared_texts(self._read_texts(part)) if part else SharedTexts()
        return self._shared

    def _read_texts(self, part: str) -> Iterator[str]:
        with damage_as_file_error(), truncation_as_file_error(), self._package.open(part) as stream:
            for kind, data in records(stream):
                if kind == _SHARED_ITEM:
                    yield wide_text(data, 1)[0]

    def read(self, wanted: str | None, watch: ReadControl, header_row: int | None) -> SheetReading:
        """Read the wanted sheet, or the first visible one that holds anything; FileError or UsageError when there is none."""
        visible = sum(seen for _, _, seen in self._listed)
        return read_first_filled(
            sheets_to_try(self.sheets, visible, wanted), wanted, lambda name: self._read(name, watch, header_row)
        )

    def _read(self, sheet: str, watch: ReadControl, header_row: int | None) -> SheetReading:
        part = next(part for name, part, _ in self._listed if name == sheet)
        around: list[_XlsbSheetReader] = []

        def make() -> TableBuilder:
            builder = TableBuilder(CellConverter(self._formats, self._texts(), date1904=self._date1904), watch, header_row)
            builder.left_out = self._totals_rows(part)
            return builder

        def read(sink: RowSink, ordered: bool) -> Sequence[Area]:
            around.append(_XlsbSheetReader(RowAssembler(sink, ordered=ordered)))
            with damage_as_file_error(), truncation_as_file_error(), self._package.open(part) as stream:
                watch.follow(stream.tell, self._package.size(part))
                around[-1].read(stream)
            return around[-1].merged

        builder = fill_builder(make, read, watch)
        if not watch.brief:
            self._texts().load_all()
        if around[-1].formulas and self._recalculate:
            builder.say_recalculate()
        return SheetReading(sheet, builder, around[-1].hidden_columns, around[-1].merged)

    def _totals_rows(self, part: str) -> tuple[int, ...]:
        """Numbers of the rows in which a table adds up its columns."""
        rows: list[int] = []
        for kind, name in self._package.relations(part).values():
            if kind == "table" and name in self._package:
                with damage_as_file_error(), truncation_as_file_error(), self._package.open(name) as stream:
                    found = [data for what, data in records(stream) if what == _TABLE and len(data) >= 32]
                rows += [unpack_from("<I", data, 4)[0] + 1 for data in found if unpack_from("<I", data, 28)[0]]
        return tuple(rows)


class _XlsbSheetReader:
    """Reads the records of one sheet."""

    def __init__(self, rows: RowAssembler) -> None:
        self.hidden_columns: list[tuple[int, int]] = []
        self.merged: list[Area] = []
        self.formulas = False
        self._rows = rows
        self._column = -1

    def read(self, stream: IO[bytes]) -> None:
        """Read to the end; FileError when the sheet is not whole."""
        kind = -1
        for kind, data in records(stream):
            if kind in _CELLS or kind in _SHORT or kind in _BLANKS:
                self._cell(kind, data)
            elif kind == _ROW:
                self._rows.begin(_U32.unpack_from(data)[0] + 1, bool(data[11] & 0x10))
                self._column = -1
            elif kind == _COLUMNS and data[16] & 1:
                self.hidden_columns.append((*unpack_from("<II", data),))
            elif kind == _MERGED:
                top, bottom, left, right = unpack_from("<IIII", data)
                self.merged.append((top + 1, bottom + 1, left, right))
        self._rows.end()
        if kind != _END_SHEET:
            raise damaged_error("a sheet of it ends too early")

    def _cell(self, kind: int, data: bytes) -> None:
        """Take a cell; the short kinds stand one place after the cell before."""
        short = kind in _SHORT or kind == 12
        self._column = self._column + 1 if short else _U32.unpack_from(data)[0]
        if kind in _BLANKS:
            return
        place = 0 if short else 4
        style = int.from_bytes(data[place : place + 3], "little")
        self.formulas = self.formulas or kind in _FORMULAS
        self._rows.cell(self._column, *_value(_SHORT[kind] if short else _CELLS[kind], style, data, place + 4))


def _value(form: int, style: int, data: bytes, place: int) -> tuple[CellKind, int, object]:
    """Kind, style and value of a cell whose value begins at a place."""
    if form == _NUMBER:
        return CellKind.NUMBER, style, _F64.unpack_from(data, place)[0]
    if form == _PACKED:
        return CellKind.NUMBER, style, packed_number(_U32.unpack_from(data, place)[0])
    if form == _SHARED:
        return CellKind.SHARED, style, _U32.unpack_from(data, place)[0]
    if form == _BOOLEAN:
        return CellKind.BOOLEAN, style, str(data[place])
    if form == _ERROR:
        return CellKind.ERROR, style, ERRORS.get(data[place], "#N/A")
    return CellKind.VERBATIM, style, wide_text(data, place + (form == _RICH))[0]
