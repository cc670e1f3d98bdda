"""The reading of Excel's binary workbooks (xlsb): records of variable length inside a ZIP container."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct, unpack_from
from typing import IO

from cg_uploader.sheets.cells.builtin_formats import get_built_in_code
from cg_uploader.sheets.cells.converter import CellConverter, CellKind, SharedTexts, make_shared_texts
from cg_uploader.sheets.cells.number_format import NumberFormat, parse_number_format
from cg_uploader.sheets.containers.errors import (
    damage_as_file_error,
    damaged_error,
    truncated_record_error,
    truncated_text_error,
    truncation_as_file_error,
)
from cg_uploader.sheets.containers.zip_package import ZipPackage
from cg_uploader.sheets.formats.biff_values import decode_error, decode_rk
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.row_assembler import RowAssembler, RowSink, fill_builder
from cg_uploader.sheets.table.sheet_reading import ListedSheet, SheetReading, read_first_filled, sort_visible_first
from cg_uploader.translation import _

_MAIN_PART = "xl/workbook.bin"
_MAX_RECORD_BYTES = 1 << 28
# Types of records.
_ROW, _SHARED_ITEM, _FORMAT, _STYLE, _COLUMNS, _MERGED = 0, 19, 44, 47, 60, 176
_END_SHEET, _PROPERTIES, _SHEET, _CALCULATION, _TABLE = 130, 153, 156, 157, 660
_BEGIN_STYLES, _END_STYLES = 617, 618
# Forms in which records of cells hold a value.
_NUMBER, _BOOLEAN, _ERROR, _TEXT, _RICH, _SHARED, _RK = range(7)
_CELLS = {
    2: _RK, 3: _ERROR, 4: _BOOLEAN, 5: _NUMBER, 6: _TEXT, 7: _SHARED, 8: _TEXT, 9: _NUMBER, 10: _BOOLEAN, 11: _ERROR,
    62: _RICH,
}  # fmt: skip
# Records of cells that state no column, because they stand behind the cell before.
_SHORT_CELLS = {13: _RK, 14: _ERROR, 15: _BOOLEAN, 16: _NUMBER, 17: _TEXT, 18: _SHARED}
_FORMULAS = (8, 9, 10, 11)
_BLANK, _SHORT_BLANK = 1, 12
_BLANKS = (_BLANK, _SHORT_BLANK)
_U32 = Struct("<I")
_F64 = Struct("<d")


def read_records(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield type and data of each record.

    Raises:
        FileError: kind ``damaged``, when the last one is cut off.
    """
    while head := stream.read(1):
        kind = head[0]
        if kind & 0x80:
            kind = kind & 0x7F | _read_byte(stream) << 7
        size = shift = 0
        while True:
            byte = _read_byte(stream)
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift == 28:
                break
        data = stream.read(size) if size <= _MAX_RECORD_BYTES else b""
        if len(data) != size:
            raise truncated_record_error()
        yield kind, data


def _read_byte(stream: IO[bytes]) -> int:
    data = stream.read(1)
    if not data:
        raise truncated_record_error()
    return data[0]


def unpack_text(data: bytes, offset: int) -> tuple[str, int]:
    """Return the text at an offset, with its length in front, and the offset behind it.

    Raises:
        FileError: kind ``damaged``, when it is cut off.
    """
    (length,) = _U32.unpack_from(data, offset)
    end = offset + 4 + 2 * (0 if length == 0xFFFFFFFF else length)
    if end > len(data):
        raise truncated_text_error()
    return data[offset + 4 : end].decode("utf-16-le", "surrogatepass"), end


class XlsbWorkbook:
    """An open xlsb workbook."""

    def __init__(self, package: ZipPackage) -> None:
        """Find the sheets and the number formats.

        Raises:
            FileError: kind ``damaged``.
        """
        self._package = package
        self._relationships = package.relationships(_MAIN_PART)
        self._listed: list[ListedSheet[str]] = []
        self._date1904 = self._recalculate = False
        with damage_as_file_error(), truncation_as_file_error(), package.open(_MAIN_PART) as stream:
            for kind, data in read_records(stream):
                self._take_record(kind, data)
        self._listed = sort_visible_first(self._listed)
        self._formats = self._read_formats()
        self._shared: SharedTexts | None = None

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of the worksheets, visible ones first."""
        return tuple(sheet.name for sheet in self._listed)

    def _take_record(self, kind: int, data: bytes) -> None:
        if kind == _SHEET:
            relationship, end = unpack_text(data, 8)
            name = unpack_text(data, end)[0]
            target_kind, part = self._relationships.get(relationship, ("", ""))
            if target_kind == "worksheet" and part in self._package:
                self._listed.append(ListedSheet(name, part, data[0] == 0))
        elif kind == _PROPERTIES:
            self._date1904 = bool(data[0] & 1)
        elif kind == _CALCULATION and len(data) > 24:
            self._recalculate = bool(data[24] & 1)

    def _find_part(self, kind: str) -> str | None:
        parts = (part for target_kind, part in self._relationships.values() if target_kind == kind)
        return next((part for part in parts if part in self._package), None)

    def _read_formats(self) -> list[NumberFormat]:
        """Return the number format of each cell style."""
        codes: dict[int, str] = {}
        styles: list[int] = []
        inside = False
        part = self._find_part("styles")
        if part is None:
            return []
        with damage_as_file_error(), truncation_as_file_error(), self._package.open(part) as stream:
            for kind, data in read_records(stream):
                if kind == _FORMAT:
                    codes[unpack_from("<H", data)[0]] = unpack_text(data, 2)[0]
                elif kind in (_BEGIN_STYLES, _END_STYLES):
                    inside = kind == _BEGIN_STYLES
                elif kind == _STYLE and inside:
                    styles.append(unpack_from("<H", data, 2)[0])
        return [parse_number_format(codes.get(number) or get_built_in_code(number), self._date1904) for number in styles]

    def _shared_texts(self) -> SharedTexts:
        if self._shared is None:
            part = self._find_part("sharedStrings")
            self._shared = make_shared_texts(self._read_texts(part)) if part else SharedTexts()
        return self._shared

    def _read_texts(self, part: str) -> Iterator[str]:
        with damage_as_file_error(), truncation_as_file_error(), self._package.open(part) as stream:
            for kind, data in read_records(stream):
                if kind == _SHARED_ITEM:
                    yield unpack_text(data, 1)[0]

    def read(self, wanted: str | None, control: ReadControl, header_row: int | None) -> SheetReading:
        """Read the wanted sheet, or the first visible one that holds anything (see ``Workbook.read``)."""
        return read_first_filled(self._listed, wanted, lambda sheet: self._read(sheet, control, header_row))

    def _read(self, sheet: ListedSheet[str], control: ReadControl, header_row: int | None) -> SheetReading:
        part = sheet.location
        readers: list[_XlsbSheetReader] = []

        def make_builder() -> TableBuilder:
            cells = CellConverter(self._formats, self._shared_texts(), date1904=self._date1904)
            builder = TableBuilder(cells, control, header_row)
            builder.totals_rows = self._find_totals_rows(part)
            return builder

        def read(sink: RowSink, ordered: bool) -> Sequence[Area]:
            readers.append(_XlsbSheetReader(RowAssembler(sink, ordered=ordered)))
            with damage_as_file_error(), truncation_as_file_error(), self._package.open(part) as stream:
                control.follow(stream.tell, self._package.size(part))
                readers[-1].read(stream)
            return readers[-1].merged

        builder = fill_builder(make_builder, read, control)
        if not control.brief:
            self._shared_texts().load_all()
        if readers[-1].has_formulas and self._recalculate:
            builder.note_recalculation()
        return SheetReading(sheet.name, builder, readers[-1].hidden_columns, readers[-1].merged)

    def _find_totals_rows(self, part: str) -> tuple[int, ...]:
        """Return the numbers of the rows in which a table of the sheet adds up its columns."""
        rows: list[int] = []
        for kind, name in self._package.relationships(part).values():
            if kind == "table" and name in self._package:
                with damage_as_file_error(), truncation_as_file_error(), self._package.open(name) as stream:
                    records = [data for type_, data in read_records(stream) if type_ == _TABLE and len(data) >= 32]
                rows += [unpack_from("<I", data, 4)[0] + 1 for data in records if unpack_from("<I", data, 28)[0]]
        return tuple(rows)


class _XlsbSheetReader:
    """Reads the records of one sheet."""

    def __init__(self, rows: RowAssembler) -> None:
        self.hidden_columns: list[tuple[int, int]] = []
        self.merged: list[Area] = []
        self.has_formulas = False
        self._rows = rows
        self._column = -1

    def read(self, stream: IO[bytes]) -> None:
        """Read to the end.

        Raises:
            FileError: kind ``damaged``, when the sheet is not whole.
        """
        kind = -1
        for kind, data in read_records(stream):
            if kind in _CELLS or kind in _SHORT_CELLS or kind in _BLANKS:
                self._take_cell(kind, data)
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
            raise damaged_error(_("a sheet of it ends too early"))

    def _take_cell(self, kind: int, data: bytes) -> None:
        is_short = kind in _SHORT_CELLS or kind == _SHORT_BLANK
        self._column = self._column + 1 if is_short else _U32.unpack_from(data)[0]
        if kind in _BLANKS:
            return
        offset = 0 if is_short else 4
        style = int.from_bytes(data[offset : offset + 3], "little")
        self.has_formulas = self.has_formulas or kind in _FORMULAS
        form = _SHORT_CELLS[kind] if is_short else _CELLS[kind]
        self._rows.cell(self._column, *_decode_value(form, style, data, offset + 4))


def _decode_value(form: int, style: int, data: bytes, offset: int) -> tuple[CellKind, int, object]:
    """Return kind, style and value of a cell whose value begins at an offset."""
    if form == _NUMBER:
        return CellKind.NUMBER, style, _F64.unpack_from(data, offset)[0]
    if form == _RK:
        return CellKind.NUMBER, style, decode_rk(_U32.unpack_from(data, offset)[0])
    if form == _SHARED:
        return CellKind.SHARED, style, _U32.unpack_from(data, offset)[0]
    if form == _BOOLEAN:
        return CellKind.BOOLEAN, style, str(data[offset])
    if form == _ERROR:
        return CellKind.ERROR, style, decode_error(data[offset])
    return CellKind.VERBATIM, style, unpack_text(data, offset + (form == _RICH))[0]
