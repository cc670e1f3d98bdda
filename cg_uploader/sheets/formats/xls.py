"""Owns old Excel workbooks (xls, BIFF5 and BIFF8): records of a fixed head inside a compound file."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Sequence
from struct import Struct, unpack_from
from typing import IO

from cg_uploader.sheets.cells.builtin_formats import get_built_in_code
from cg_uploader.sheets.cells.converter import CellConverter, CellKind, SharedTexts, make_shared_texts
from cg_uploader.sheets.cells.number_format import parse_number_format
from cg_uploader.sheets.containers.ole_compound import OleCompoundFile
from cg_uploader.sheets.containers.zip_package import damaged_error, password_error, truncation_as_file_error
from cg_uploader.sheets.formats.unsupported import (
    identify_ole,
    is_rights_managed,
    not_a_spreadsheet_error,
    rights_managed_error,
)
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.row_assembler import ERRORS, RowAssembler, RowSink, fill_builder, packed_number
from cg_uploader.sheets.table.sheet_reading import SheetReading, read_first_filled, sheets_to_try

_BOF, _EOF, _CONTINUE, _FILE_PASS = 0x809, 0x0A, 0x3C, 0x2F
_CODE_PAGE, _DATE_MODE, _SHEET, _FORMAT, _STYLE, _SST = 0x42, 0x22, 0x85, 0x41E, 0xE0, 0xFC
_ROW, _COLUMNS, _MERGED, _ENGINE, _WRITER = 0x208, 0x7D, 0xE5, 0x1C1, 0x5C
_NUMBER, _RK, _MULTIPLE_RK, _SHARED, _LABEL, _RICH = 0x203, 0x27E, 0xBD, 0xFD, 0x204, 0xD6
_BOOLEAN_OR_ERROR, _FORMULAS, _STRING = 0x205, (0x06, 0x206, 0x406), 0x207
_BIFF8 = 0x600
# What other programs say has calculated their workbooks, if they say so at all; some store 0 for whatever was not shown.
_OLD_ENGINE = 101_716
# Who has written a workbook, when it was LibreOffice; that calculates what it saves, but does not say so.
_LIBRE_OFFICE = b"\4\0\0Calc"
_HEAD = Struct("<HH")
_PLACE = Struct("<HHH")

# Kind, data, and the data of the records that continue it.
Record = tuple[int, bytes, list[bytes]]


def records(data: bytes, place: int = 0) -> Iterator[Record]:
    """Records from a place on, up to the end of the part that begins there; FileError when it is cut off.

    What is inside another part that stands in it is left out: a chart keeps its numbers in records like those of cells.
    """
    waiting: Record | None = None
    depth = 0
    while True:
        if place + 4 > len(data):
            raise damaged_error("it ends too early")
        kind, size = _HEAD.unpack_from(data, place)
        body, place = data[place + 4 : place + 4 + size], place + 4 + size
        if len(body) < size:
            raise damaged_error("a record in it is cut off")
        if kind == _CONTINUE and waiting is not None:
            waiting[2].append(body)
            continue
        if waiting is not None:
            yield waiting
        depth += (kind == _BOF) - (kind == _EOF)
        waiting = (kind, body, []) if depth <= 1 else None
        if depth <= 0:
            return


class _TextSegments:
    """Reads texts from a record and its continuations."""

    def __init__(self, segments: list[bytes]) -> None:
        self._segments = segments
        self._segment = self._place = 0

    def more(self) -> bool:
        """Whether anything is left."""
        return self._segment < len(self._segments) - 1 or self._left() > 0

    def all(self) -> Iterator[str]:
        """Text after text to the end."""
        while self.more():
            yield self.text()

    def _left(self) -> int:
        return len(self._segments[self._segment]) - self._place

    def _next(self) -> None:
        self._segment, self._place = self._segment + 1, 0
        if self._segment >= len(self._segments):
            raise damaged_error("a text in it is cut off")

    def take(self, count: int) -> bytes:
        """So many bytes, wherever they are."""
        parts = []
        while count:
            if not self._left():
                self._next()
            part = self._segments[self._segment][self._place : self._place + count]
            parts.append(part)
            self._place += len(part)
            count -= len(part)
        return b"".join(parts)

    def text(self, *, length_bytes: int = 2) -> str:
        """One text: length, flags, characters of one or two bytes, and what belongs to rich and phonetic texts."""
        simple = self._simple(length_bytes)
        if simple is not None:
            return simple
        count = int.from_bytes(self.take(length_bytes), "little")
        flags = self.take(1)[0]
        runs = int.from_bytes(self.take(2), "little") if flags & 8 else 0
        extra = int.from_bytes(self.take(4), "little") if flags & 4 else 0
        parts = []
        while count:
            if not self._left():
                self._next()
                flags = self.take(1)[0]
            width = 1 + (flags & 1)
            here = min(count, self._left() // width)
            if here == 0:
                raise damaged_error("a text in it is cut off")
            part = self.take(here * width)
            parts.append(part if width == 2 else part.decode("latin-1").encode("utf-16-le"))
            count -= here
        self.take(4 * runs + extra)
        return b"".join(parts).decode("utf-16-le", "surrogatepass")  # all at once: an emoji may be in two records

    def _simple(self, length_bytes: int) -> str | None:
        """The next text if it is whole in its segment and neither rich nor phonetic, as most are; else None."""
        data, place = self._segments[self._segment], self._place + length_bytes
        if place >= len(data) or data[place] & 12:
            return None
        width = 1 + (data[place] & 1)
        end = place + 1 + int.from_bytes(data[self._place : place], "little") * width
        if end > len(data):
            return None
        self._place = end
        return data[place + 1 : end].decode("utf-16-le" if width == 2 else "latin-1", "surrogatepass")


class XlsWorkbook:
    """An open xls workbook; ``sheets`` are the names of its worksheets, visible ones first."""

    def __init__(self, handle: IO[bytes], name: str) -> None:
        """Read what all sheets share; FileError when that is impossible, UploaderError kinds as everywhere."""
        container = OleCompoundFile(handle)
        if is_rights_managed(container.names):
            raise rights_managed_error(name)
        if "EncryptedPackage" in container.names or "EncryptionInfo" in container.names:
            raise password_error()
        stream = next((stream for stream in ("Workbook", "Book", "WORKBOOK", "BOOK") if stream in container.names), None)
        if stream is None:
            raise not_a_spreadsheet_error(name, identify_ole(container.names))
        self._data = container.read(stream)
        self._version = _BIFF8
        self._encoding = "cp1252"
        self._date1904 = False
        self._calculated = False
        self._codes: dict[int, str] = {}
        self._styles: list[int] = []
        self._shared = SharedTexts()
        self._listed: list[tuple[str, int, bool]] = []
        with truncation_as_file_error():
            for record in records(self._data):
                self._look(*record)
        self._listed.sort(key=lambda sheet: not sheet[2])
        self._formats = [parse_number_format(self._codes.get(i) or get_built_in_code(i), self._date1904) for i in self._styles]

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of the worksheets, visible ones first."""
        return tuple(name for name, _, _ in self._listed)

    def _look(self, kind: int, data: bytes, more: list[bytes]) -> None:
        if kind == _FILE_PASS:
            raise password_error()
        if kind == _BOF:
            self._version = unpack_from("<H", data)[0]
        elif kind == _CODE_PAGE:
            self._encoding = _code_page(unpack_from("<H", data)[0])
        elif kind == _DATE_MODE:
            self._date1904 = bool(unpack_from("<H", data)[0])
        elif kind in (_ENGINE, _WRITER):
            own = kind == _WRITER
            self._calculated |= data.startswith(_LIBRE_OFFICE) if own else unpack_from("<I", data, 4)[0] > _OLD_ENGINE
        elif kind == _SHEET and data[5] == 0:
            self._listed.append((self._text([data[6:]], 1), unpack_from("<I", data)[0], data[4] & 3 == 0))
        elif kind == _FORMAT:
            self._codes[unpack_from("<H", data)[0]] = self._text([data[2:]], 2 if self._version >= _BIFF8 else 1)
        elif kind == _STYLE:
            self._styles.append(unpack_from("<H", data, 2)[0])
        elif kind == _SST:
            self._shared = make_shared_texts(_TextSegments([data[8:], *more]).all())

    def _text(self, segments: list[bytes], length_bytes: int) -> str:
        """One text as this version writes it."""
        if self._version >= _BIFF8:
            return _TextSegments(segments).text(length_bytes=length_bytes)
        data = b"".join(segments)
        length = int.from_bytes(data[:length_bytes], "little")
        return data[length_bytes : length_bytes + length].decode(self._encoding, "replace")

    def read(self, wanted: str | None, watch: ReadControl, header_row: int | None) -> SheetReading:
        """Read the wanted sheet, or the first visible one that holds anything; FileError or UsageError when there is none."""
        visible = sum(seen for _, _, seen in self._listed)
        return read_first_filled(
            sheets_to_try(self.sheets, visible, wanted), wanted, lambda name: self._read(name, watch, header_row)
        )

    def _read(self, sheet: str, watch: ReadControl, header_row: int | None) -> SheetReading:
        start = next(start for name, start, _ in self._listed if name == sheet)
        around: list[_XlsSheetReader] = []

        def make() -> TableBuilder:
            return TableBuilder(CellConverter(self._formats, self._shared, date1904=self._date1904), watch, header_row)

        def read(sink: RowSink, ordered: bool) -> Sequence[Area]:
            around.append(_XlsSheetReader(RowAssembler(sink, ordered=ordered), self._text))
            with truncation_as_file_error():
                around[-1].read(records(self._data, start))
            return around[-1].merged

        builder = fill_builder(make, read, watch)
        if not watch.brief:
            with truncation_as_file_error():
                self._shared.load_all()
        if around[-1].formulas and not self._calculated:
            builder.say_recalculate()
        return SheetReading(sheet, builder, around[-1].hidden_columns, around[-1].merged)


class _XlsSheetReader:
    """Reads the records of one sheet."""

    def __init__(self, rows: RowAssembler, text: Callable[[list[bytes], int], str]) -> None:
        self.hidden_columns: list[tuple[int, int]] = []
        self.merged: list[Area] = []
        self.formulas = False
        self._rows = rows
        self._text = text
        self._row = -1
        self._hidden_rows: set[int] = set()
        self._waiting: tuple[int, int] | None = None

    def read(self, found: Iterator[Record]) -> None:
        """Read to the end of the sheet; FileError when it is not whole."""
        for kind, data, more in found:
            if kind == _ROW:
                if unpack_from("<H", data, 12)[0] & 0x20:
                    self._hidden_rows.add(unpack_from("<H", data)[0])
            elif kind == _STRING:
                self._formula_text([data, *more])
            elif kind == _COLUMNS:
                first, last, _, _, flags = unpack_from("<5H", data)
                if flags & 1:
                    self.hidden_columns.append((first, last))
            elif kind == _MERGED:
                places = Struct("<4H").iter_unpack(data[2 : 2 + 8 * unpack_from("<H", data)[0]])
                self.merged += [(top + 1, bottom + 1, left, right) for top, bottom, left, right in places]
            elif kind in _CELLS or kind in _FORMULAS:
                self._cell(kind, data, more)
        self._rows.end()

    def _cell(self, kind: int, data: bytes, more: list[bytes]) -> None:
        row, column, style = _PLACE.unpack_from(data)
        if row != self._row:
            self._row = row
            self._rows.begin(row + 1, row in self._hidden_rows)
        if kind == _MULTIPLE_RK:
            for place in range(4, len(data) - 7, 6):
                style, packed = unpack_from("<HI", data, place)
                self._rows.cell(column + (place - 4) // 6, CellKind.NUMBER, style, packed_number(packed))
        elif kind in _FORMULAS:
            self._formula(column, style, data[6:14])
        else:
            self._rows.cell(column, *self._value(kind, style, data, more))

    def _value(self, kind: int, style: int, data: bytes, more: list[bytes]) -> tuple[CellKind, int, object]:
        """Kind, style and value of a cell that is no formula."""
        if kind == _NUMBER:
            return CellKind.NUMBER, style, unpack_from("<d", data, 6)[0]
        if kind == _RK:
            return CellKind.NUMBER, style, packed_number(unpack_from("<I", data, 6)[0])
        if kind == _SHARED:
            return CellKind.SHARED, style, unpack_from("<I", data, 6)[0]
        if kind == _BOOLEAN_OR_ERROR:
            return (CellKind.ERROR, style, ERRORS.get(data[6], "#N/A")) if data[7] else (CellKind.BOOLEAN, style, str(data[6]))
        return CellKind.VERBATIM, style, self._text([data[6:], *more], 2)

    def _formula(self, column: int, style: int, result: bytes) -> None:
        """The result of a formula; if it is a text, that comes in the next record."""
        self.formulas = True
        if result[6:8] != b"\xff\xff":
            self._rows.cell(column, CellKind.NUMBER, style, unpack_from("<d", result)[0])
        elif result[0] == 0:
            self._waiting = column, style
        elif result[0] == 1:
            self._rows.cell(column, CellKind.BOOLEAN, style, str(result[2]))
        elif result[0] == 2:
            self._rows.cell(column, CellKind.ERROR, style, ERRORS.get(result[2], "#N/A"))

    def _formula_text(self, segments: list[bytes]) -> None:
        if self._waiting is not None:
            column, style = self._waiting
            self._waiting = None
            self._rows.cell(column, CellKind.VERBATIM, style, self._text(segments, 2))


_CELLS = frozenset([_NUMBER, _RK, _MULTIPLE_RK, _SHARED, _LABEL, _RICH, _BOOLEAN_OR_ERROR])


def _code_page(number: int) -> str:
    """Python's name for a code page of Windows."""
    name = {1200: "utf-16-le", 10000: "mac_roman", 32768: "mac_roman", 32769: "cp1252", 65001: "utf-8"}.get(
        number, f"cp{number}"
    )
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
