"""The reading of old Excel workbooks (xls, BIFF5 and BIFF8): records of a fixed head inside a compound file."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Sequence
from struct import Struct, unpack_from
from typing import IO

from cg_uploader.sheets.cells.builtin_formats import get_built_in_code
from cg_uploader.sheets.cells.converter import CellConverter, CellKind, SharedTexts, make_shared_texts
from cg_uploader.sheets.cells.number_format import parse_number_format
from cg_uploader.sheets.containers.errors import (
    damaged_error,
    password_error,
    truncated_record_error,
    truncated_text_error,
    truncation_as_file_error,
)
from cg_uploader.sheets.containers.ole_compound import OleCompoundFile
from cg_uploader.sheets.formats.biff_values import decode_error, decode_rk
from cg_uploader.sheets.formats.unsupported import (
    identify_ole,
    is_rights_managed,
    not_a_spreadsheet_error,
    rights_managed_error,
)
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.row_assembler import RowAssembler, RowSink, fill_builder
from cg_uploader.sheets.table.sheet_reading import ListedSheet, SheetReading, read_first_filled, sort_visible_first
from cg_uploader.translation import _

# Types of records.
_BOF, _EOF, _CONTINUE, _FILE_PASS = 0x809, 0x0A, 0x3C, 0x2F
_CODE_PAGE, _DATE_MODE, _SHEET, _FORMAT, _STYLE, _SST = 0x42, 0x22, 0x85, 0x41E, 0xE0, 0xFC
_ROW, _COLUMNS, _MERGED, _ENGINE, _WRITER = 0x208, 0x7D, 0xE5, 0x1C1, 0x5C
_NUMBER, _RK, _MULTIPLE_RK, _SHARED, _LABEL, _RICH = 0x203, 0x27E, 0xBD, 0xFD, 0x204, 0xD6
_BOOLEAN_OR_ERROR, _FORMULAS, _STRING = 0x205, (0x06, 0x206, 0x406), 0x207
_CELLS = frozenset([_NUMBER, _RK, _MULTIPLE_RK, _SHARED, _LABEL, _RICH, _BOOLEAN_OR_ERROR])
_BIFF8 = 0x600
# Programs that state this version of calculation, or none, may not have calculated: some store 0 for what was not shown.
_OLD_ENGINE = 101_716
# The writer of a workbook when it is LibreOffice, which calculates what it saves but does not state it.
_LIBRE_OFFICE = b"\4\0\0Calc"
_WORKBOOK_STREAMS = ("Workbook", "Book", "WORKBOOK", "BOOK")
_PYTHON_CODE_PAGES = {1200: "utf-16-le", 10000: "mac_roman", 32768: "mac_roman", 32769: "cp1252", 65001: "utf-8"}
_HEADER = Struct("<HH")
_CELL_HEADER = Struct("<HHH")

# Type, data, and the data of the records that continue it.
Record = tuple[int, bytes, list[bytes]]


def read_records(data: bytes, offset: int = 0) -> Iterator[Record]:
    """Yield the records from an offset on, up to the end of the part that begins there.

    What is inside another part within it is left out: a chart keeps its numbers in records like those of cells.

    Raises:
        FileError: kind ``damaged``, when the part is cut off.
    """
    pending: Record | None = None
    depth = 0
    while True:
        if offset + 4 > len(data):
            raise damaged_error(_("it ends too early"))
        kind, size = _HEADER.unpack_from(data, offset)
        body, offset = data[offset + 4 : offset + 4 + size], offset + 4 + size
        if len(body) < size:
            raise truncated_record_error()
        if kind == _CONTINUE and pending is not None:
            pending[2].append(body)
            continue
        if pending is not None:
            yield pending
        depth += (kind == _BOF) - (kind == _EOF)
        pending = (kind, body, []) if depth <= 1 else None
        if depth <= 0:
            return


class _TextSegments:
    """Reads texts from a record and its continuations."""

    def __init__(self, segments: list[bytes]) -> None:
        self._segments = segments
        self._segment = self._offset = 0

    def read_all(self) -> Iterator[str]:
        """Yield text after text to the end."""
        while self._segment < len(self._segments) - 1 or self._bytes_left() > 0:
            yield self.read_text()

    def _bytes_left(self) -> int:
        return len(self._segments[self._segment]) - self._offset

    def _begin_next(self) -> None:
        self._segment, self._offset = self._segment + 1, 0
        if self._segment >= len(self._segments):
            raise truncated_text_error()

    def _take(self, count: int) -> bytes:
        """Return the next bytes, in whatever segments they are."""
        parts = []
        while count:
            if not self._bytes_left():
                self._begin_next()
            part = self._segments[self._segment][self._offset : self._offset + count]
            parts.append(part)
            self._offset += len(part)
            count -= len(part)
        return b"".join(parts)

    def read_text(self, *, length_bytes: int = 2) -> str:
        """Return the next text, whose length takes ``length_bytes`` bytes.

        Flags follow the length, then characters of one or two bytes, then what belongs to rich and phonetic texts.
        """
        simple = self._read_simple(length_bytes)
        if simple is not None:
            return simple
        count = int.from_bytes(self._take(length_bytes), "little")
        flags = self._take(1)[0]
        runs = int.from_bytes(self._take(2), "little") if flags & 8 else 0
        extra = int.from_bytes(self._take(4), "little") if flags & 4 else 0
        parts = []
        while count:
            if not self._bytes_left():
                self._begin_next()
                flags = self._take(1)[0]
            width = 1 + (flags & 1)
            available = min(count, self._bytes_left() // width)
            if available == 0:
                raise truncated_text_error()
            part = self._take(available * width)
            parts.append(part if width == 2 else part.decode("latin-1").encode("utf-16-le"))
            count -= available
        self._take(4 * runs + extra)
        return b"".join(parts).decode("utf-16-le", "surrogatepass")  # all at once: an emoji may be in two records

    def _read_simple(self, length_bytes: int) -> str | None:
        """Return the next text if it is whole in its segment and neither rich nor phonetic, as most are."""
        data, offset = self._segments[self._segment], self._offset + length_bytes
        if offset >= len(data) or data[offset] & 12:
            return None
        width = 1 + (data[offset] & 1)
        end = offset + 1 + int.from_bytes(data[self._offset : offset], "little") * width
        if end > len(data):
            return None
        self._offset = end
        return data[offset + 1 : end].decode("utf-16-le" if width == 2 else "latin-1", "surrogatepass")


class XlsWorkbook:
    """An open xls workbook."""

    def __init__(self, handle: IO[bytes], name: str) -> None:
        """Read what all sheets share.

        Raises:
            FileError: kind ``damaged``, ``password`` or ``not-a-spreadsheet``.
        """
        self._data = _read_stream(OleCompoundFile(handle), name)
        self._version = _BIFF8
        self._encoding = "cp1252"
        self._date1904 = False
        self._calculated = False
        self._codes: dict[int, str] = {}
        self._styles: list[int] = []
        self._shared = SharedTexts()
        self._listed: list[ListedSheet[int]] = []
        with truncation_as_file_error():
            for record in read_records(self._data):
                self._take_record(*record)
        self._listed = sort_visible_first(self._listed)
        codes = [self._codes.get(number) or get_built_in_code(number) for number in self._styles]
        self._formats = [parse_number_format(code, self._date1904) for code in codes]

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of the worksheets, visible ones first."""
        return tuple(sheet.name for sheet in self._listed)

    def _take_record(self, kind: int, data: bytes, more: list[bytes]) -> None:
        if kind == _FILE_PASS:
            raise password_error()
        if kind == _SHEET:
            if data[5] == 0:
                name = self._read_text([data[6:]], 1)
                self._listed.append(ListedSheet(name, unpack_from("<I", data)[0], data[4] & 3 == 0))
        elif kind == _FORMAT:
            self._codes[unpack_from("<H", data)[0]] = self._read_text([data[2:]], 2 if self._version >= _BIFF8 else 1)
        elif kind == _STYLE:
            self._styles.append(unpack_from("<H", data, 2)[0])
        elif kind == _SST:
            self._shared = make_shared_texts(_TextSegments([data[8:], *more]).read_all())
        else:
            self._take_setting(kind, data)

    def _take_setting(self, kind: int, data: bytes) -> None:
        if kind == _BOF:
            self._version = unpack_from("<H", data)[0]
        elif kind == _CODE_PAGE:
            self._encoding = _find_encoding(unpack_from("<H", data)[0])
        elif kind == _DATE_MODE:
            self._date1904 = bool(unpack_from("<H", data)[0])
        elif kind == _ENGINE:
            self._calculated |= unpack_from("<I", data, 4)[0] > _OLD_ENGINE
        elif kind == _WRITER:
            self._calculated |= data.startswith(_LIBRE_OFFICE)

    def _read_text(self, segments: list[bytes], length_bytes: int) -> str:
        """Return one text as this version writes it."""
        if self._version >= _BIFF8:
            return _TextSegments(segments).read_text(length_bytes=length_bytes)
        data = b"".join(segments)
        length = int.from_bytes(data[:length_bytes], "little")
        return data[length_bytes : length_bytes + length].decode(self._encoding, "replace")

    def read(self, wanted: str | None, control: ReadControl, header_row: int | None) -> SheetReading:
        """Read the wanted sheet, or the first visible one that holds anything (see ``Workbook.read``)."""
        return read_first_filled(self._listed, wanted, lambda sheet: self._read(sheet, control, header_row))

    def _read(self, sheet: ListedSheet[int], control: ReadControl, header_row: int | None) -> SheetReading:
        readers: list[_XlsSheetReader] = []

        def make_builder() -> TableBuilder:
            cells = CellConverter(self._formats, self._shared, date1904=self._date1904)
            return TableBuilder(cells, control, header_row)

        def read(sink: RowSink, ordered: bool) -> Sequence[Area]:
            readers.append(_XlsSheetReader(RowAssembler(sink, ordered=ordered), self._read_text))
            with truncation_as_file_error():
                readers[-1].read(read_records(self._data, sheet.location))
            return readers[-1].merged

        builder = fill_builder(make_builder, read, control)
        if not control.brief:
            with truncation_as_file_error():
                self._shared.load_all()
        if readers[-1].has_formulas and not self._calculated:
            builder.note_recalculation()
        return SheetReading(sheet.name, builder, readers[-1].hidden_columns, readers[-1].merged)


class _XlsSheetReader:
    """Reads the records of one sheet."""

    def __init__(self, rows: RowAssembler, read_text: Callable[[list[bytes], int], str]) -> None:
        self.hidden_columns: list[tuple[int, int]] = []
        self.merged: list[Area] = []
        self.has_formulas = False
        self._rows = rows
        self._read_text = read_text
        self._row = -1
        self._hidden_rows: set[int] = set()
        # Column and style of a formula whose result is a text that comes in the next record.
        self._pending_formula: tuple[int, int] | None = None

    def read(self, records: Iterator[Record]) -> None:
        """Read to the end of the sheet.

        Raises:
            FileError: kind ``damaged``, when it is not whole.
        """
        for kind, data, more in records:
            if kind == _ROW:
                if unpack_from("<H", data, 12)[0] & 0x20:
                    self._hidden_rows.add(unpack_from("<H", data)[0])
            elif kind == _STRING:
                self._take_formula_text([data, *more])
            elif kind == _COLUMNS:
                first, last, _width, _style, flags = unpack_from("<5H", data)
                if flags & 1:
                    self.hidden_columns.append((first, last))
            elif kind == _MERGED:
                areas = Struct("<4H").iter_unpack(data[2 : 2 + 8 * unpack_from("<H", data)[0]])
                self.merged += [(top + 1, bottom + 1, left, right) for top, bottom, left, right in areas]
            elif kind in _CELLS or kind in _FORMULAS:
                self._take_cell(kind, data, more)
        self._rows.end()

    def _take_cell(self, kind: int, data: bytes, more: list[bytes]) -> None:
        row, column, style = _CELL_HEADER.unpack_from(data)
        if row != self._row:
            self._row = row
            self._rows.begin(row + 1, row in self._hidden_rows)
        if kind == _MULTIPLE_RK:
            for offset in range(4, len(data) - 7, 6):
                style, rk = unpack_from("<HI", data, offset)
                self._rows.cell(column + (offset - 4) // 6, CellKind.NUMBER, style, decode_rk(rk))
        elif kind in _FORMULAS:
            self._take_formula(column, style, data[6:14])
        else:
            self._rows.cell(column, *self._decode_value(kind, style, data, more))

    def _decode_value(self, kind: int, style: int, data: bytes, more: list[bytes]) -> tuple[CellKind, int, object]:
        """Return kind, style and value of a cell that is no formula."""
        if kind == _NUMBER:
            return CellKind.NUMBER, style, unpack_from("<d", data, 6)[0]
        if kind == _RK:
            return CellKind.NUMBER, style, decode_rk(unpack_from("<I", data, 6)[0])
        if kind == _SHARED:
            return CellKind.SHARED, style, unpack_from("<I", data, 6)[0]
        if kind == _BOOLEAN_OR_ERROR:
            return (CellKind.ERROR, style, decode_error(data[6])) if data[7] else (CellKind.BOOLEAN, style, str(data[6]))
        return CellKind.VERBATIM, style, self._read_text([data[6:], *more], 2)

    def _take_formula(self, column: int, style: int, result: bytes) -> None:
        """Take the result of a formula. If it is a text, that comes in the next record."""
        self.has_formulas = True
        if result[6:8] != b"\xff\xff":
            self._rows.cell(column, CellKind.NUMBER, style, unpack_from("<d", result)[0])
        elif result[0] == 0:
            self._pending_formula = column, style
        elif result[0] == 1:
            self._rows.cell(column, CellKind.BOOLEAN, style, str(result[2]))
        elif result[0] == 2:
            self._rows.cell(column, CellKind.ERROR, style, decode_error(result[2]))

    def _take_formula_text(self, segments: list[bytes]) -> None:
        if self._pending_formula is not None:
            column, style = self._pending_formula
            self._pending_formula = None
            self._rows.cell(column, CellKind.VERBATIM, style, self._read_text(segments, 2))


def _read_stream(container: OleCompoundFile, name: str) -> bytes:
    """Return the stream of the workbook.

    Raises:
        FileError: kind ``password``, ``not-a-spreadsheet`` or ``damaged``.
    """
    if is_rights_managed(container.names):
        raise rights_managed_error(name)
    if "EncryptedPackage" in container.names or "EncryptionInfo" in container.names:
        raise password_error()
    stream = next((stream for stream in _WORKBOOK_STREAMS if stream in container.names), None)
    if stream is None:
        raise not_a_spreadsheet_error(name, identify_ole(container.names))
    return container.read(stream)


def _find_encoding(code_page: int) -> str:
    """Return Python's name for a code page of Windows."""
    name = _PYTHON_CODE_PAGES.get(code_page, f"cp{code_page}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
