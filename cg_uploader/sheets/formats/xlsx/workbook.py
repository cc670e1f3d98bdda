"""Owns Excel workbooks (xlsx, xlsm): which sheets there are, their number formats and shared texts, and the reading of one."""

from __future__ import annotations

from collections.abc import Sequence

from cg_uploader.sheets.cells.builtin_formats import get_built_in_code
from cg_uploader.sheets.cells.converter import CellConverter, SharedTexts
from cg_uploader.sheets.cells.number_format import NumberFormat, parse_number_format
from cg_uploader.sheets.containers.zip_package import ZipPackage, damaged_error, walk_elements
from cg_uploader.sheets.formats.xlsx.shared_strings import SharedStringsReader
from cg_uploader.sheets.formats.xlsx.sheet import XlsxSheetReader, parse_area
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.row_assembler import RowSink, fill_builder
from cg_uploader.sheets.table.sheet_reading import SheetReading, read_first_filled, sheets_to_try

_YES = ("1", "true", "on")


class XlsxWorkbook:
    """An open workbook; ``sheets`` are the names of its worksheets, visible ones first."""

    def __init__(self, package: ZipPackage) -> None:
        """Find the sheets and the number formats; FileError when a part is missing or broken."""
        self._package = package
        self._main = next(
            (name for kind, name in package.relations("").values() if kind == "officeDocument"), "xl/workbook.xml"
        )
        self._relations = package.relations(self._main)
        self._listed: list[tuple[str, str, bool]] = []
        self._date1904 = False
        self._recalculate = False
        walk_elements(package.read(self._main), self._look)
        self._listed.sort(key=lambda sheet: not sheet[2])
        self._visible = sum(visible for _, _, visible in self._listed)
        self._formats = self._read_formats()
        self._shared: SharedTexts | None = None

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of the worksheets, visible ones first."""
        return tuple(name for name, _, _ in self._listed)

    def _look(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            place = next((text for key, text in attributes.items() if key == "id"), "")
            kind, part = self._relations.get(place, ("", ""))
            if kind == "worksheet" and part in self._package:
                self._listed.append((attributes.get("name", ""), part, attributes.get("state", "visible") == "visible"))
            elif kind in ("worksheet", ""):
                raise damaged_error(f"the sheet “{attributes.get('name', '')}” is missing")
        elif tag == "workbookPr":
            self._date1904 = attributes.get("date1904") in _YES
        elif tag == "calcPr":
            self._recalculate = attributes.get("fullCalcOnLoad") in _YES

    def _part(self, kind: str) -> str | None:
        return next((name for found, name in self._relations.values() if found == kind and name in self._package), None)

    def _read_formats(self) -> list[NumberFormat]:
        """The number format of each cell style."""
        codes: dict[str, str] = {}
        styles: list[str] = []
        inside = ""

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            if tag in ("cellXfs", "cellStyleXfs", "dxfs", "cellStyles"):
                inside = tag
            elif tag == "numFmt" and inside != "dxfs":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "General")
            elif tag == "xf" and inside == "cellXfs":
                styles.append(attributes.get("numFmtId", "0"))

        part = self._part("styles")
        if part:
            walk_elements(self._package.read(part), start)
        return [self._format(codes.get(number), number) for number in styles]

    def _format(self, code: str | None, number: str) -> NumberFormat:
        if code is None:
            code = get_built_in_code(int(number)) if number.isdecimal() else "General"
        return parse_number_format(code, self._date1904)

    def _texts(self, watch: ReadControl) -> SharedTexts:
        if self._shared is None:
            part = self._part("sharedStrings")
            self._shared = SharedStringsReader(self._package.open(part), watch.tick).shared if part else SharedTexts()
        return self._shared

    def read(self, wanted: str | None, watch: ReadControl, header_row: int | None) -> SheetReading:
        """Read the wanted sheet, or the first visible one that holds anything; FileError or UsageError when there is none."""
        names = sheets_to_try(self.sheets, self._visible, wanted)
        return read_first_filled(names, wanted, lambda name: self._read(name, watch, header_row))

    def _read(self, sheet: str, watch: ReadControl, header_row: int | None) -> SheetReading:
        part = next(part for name, part, _ in self._listed if name == sheet)
        around: list[XlsxSheetReader] = []

        def make() -> TableBuilder:
            builder = TableBuilder(CellConverter(self._formats, self._texts(watch), date1904=self._date1904), watch, header_row)
            builder.left_out = self._totals_rows(part)
            return builder

        def read(sink: RowSink, ordered: bool) -> Sequence[Area]:
            around.append(XlsxSheetReader(sink, ordered=ordered))
            with self._package.open(part) as stream:
                watch.follow(stream.tell, self._package.size(part))
                around[-1].read(stream)
            return around[-1].merged

        builder = fill_builder(make, read, watch)
        if around[-1].formulas and self._recalculate:
            builder.say_recalculate()
        return SheetReading(sheet, builder, around[-1].hidden_columns, around[-1].merged)

    def _totals_rows(self, part: str) -> tuple[int, ...]:
        """Numbers of the rows in which a table adds up its columns."""
        rows: list[int] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            place = parse_area(attributes.get("ref", "")) if tag == "table" else None
            if place and attributes.get("totalsRowCount", "0") not in ("0", ""):
                rows.append(place[1])

        for kind, name in self._package.relations(part).values():
            if kind == "table" and name in self._package:
                walk_elements(self._package.read(name), start)
        return tuple(rows)
