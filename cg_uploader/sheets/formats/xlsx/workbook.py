"""The reading of Excel workbooks (xlsx, xlsm): their sheets, number formats and shared texts."""

from __future__ import annotations

from collections.abc import Sequence

from cg_uploader.sheets.cells.builtin_formats import get_built_in_code
from cg_uploader.sheets.cells.converter import CellConverter, SharedTexts
from cg_uploader.sheets.cells.number_format import NumberFormat, parse_number_format
from cg_uploader.sheets.containers.errors import damaged_error
from cg_uploader.sheets.containers.xml_parser import walk_elements
from cg_uploader.sheets.containers.zip_package import ZipPackage
from cg_uploader.sheets.formats.xlsx.attributes import parse_area
from cg_uploader.sheets.formats.xlsx.shared_strings import SharedStringsReader
from cg_uploader.sheets.formats.xlsx.sheet import XlsxSheetReader
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.merged_cells import Area
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.row_assembler import RowSink, fill_builder
from cg_uploader.sheets.table.sheet_reading import ListedSheet, SheetReading, read_first_filled, sort_visible_first
from cg_uploader.translation import _

_TRUE = ("1", "true", "on")


class XlsxWorkbook:
    """An open workbook."""

    def __init__(self, package: ZipPackage) -> None:
        """Find the sheets and the number formats.

        Raises:
            FileError: kind ``damaged``, when a part is missing or broken.
        """
        self._package = package
        main_parts = (part for kind, part in package.relationships("").values() if kind == "officeDocument")
        main_part = next(main_parts, "xl/workbook.xml")
        self._relationships = package.relationships(main_part)
        self._listed: list[ListedSheet[str]] = []
        self._date1904 = False
        self._recalculate = False
        walk_elements(package.read(main_part), self._take_element)
        self._listed = sort_visible_first(self._listed)
        self._formats = self._read_formats()
        self._shared: SharedTexts | None = None

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of the worksheets, visible ones first."""
        return tuple(sheet.name for sheet in self._listed)

    def _take_element(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            self._list_sheet(attributes)
        elif tag == "workbookPr":
            self._date1904 = attributes.get("date1904") in _TRUE
        elif tag == "calcPr":
            self._recalculate = attributes.get("fullCalcOnLoad") in _TRUE

    def _list_sheet(self, attributes: dict[str, str]) -> None:
        name = attributes.get("name", "")
        kind, part = self._relationships.get(attributes.get("id", ""), ("", ""))
        if kind == "worksheet" and part in self._package:
            self._listed.append(ListedSheet(name, part, attributes.get("state", "visible") == "visible"))
        elif kind in ("worksheet", ""):
            raise damaged_error(_("the sheet “{sheet}” is missing").format(sheet=name))

    def _find_part(self, kind: str) -> str | None:
        parts = (part for target_kind, part in self._relationships.values() if target_kind == kind)
        return next((part for part in parts if part in self._package), None)

    def _read_formats(self) -> list[NumberFormat]:
        """Return the number format of each cell style."""
        codes: dict[str, str] = {}
        styles: list[str] = []
        section = ""

        def on_start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal section
            if tag in ("cellXfs", "cellStyleXfs", "dxfs", "cellStyles"):
                section = tag
            elif tag == "numFmt" and section != "dxfs":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "General")
            elif tag == "xf" and section == "cellXfs":
                styles.append(attributes.get("numFmtId", "0"))

        part = self._find_part("styles")
        if part:
            walk_elements(self._package.read(part), on_start)
        return [self._parse_format(codes.get(number), number) for number in styles]

    def _parse_format(self, code: str | None, number: str) -> NumberFormat:
        if code is None:
            code = get_built_in_code(int(number)) if number.isdecimal() else "General"
        return parse_number_format(code, self._date1904)

    def _shared_texts(self, control: ReadControl) -> SharedTexts:
        if self._shared is None:
            part = self._find_part("sharedStrings")
            self._shared = SharedStringsReader(self._package.open(part), control.tick).shared if part else SharedTexts()
        return self._shared

    def read(self, wanted: str | None, control: ReadControl, header_row: int | None) -> SheetReading:
        """Read the wanted sheet, or the first visible one that holds anything (see ``Workbook.read``)."""
        return read_first_filled(self._listed, wanted, lambda sheet: self._read(sheet, control, header_row))

    def _read(self, sheet: ListedSheet[str], control: ReadControl, header_row: int | None) -> SheetReading:
        part = sheet.location
        readers: list[XlsxSheetReader] = []

        def make_builder() -> TableBuilder:
            cells = CellConverter(self._formats, self._shared_texts(control), date1904=self._date1904)
            builder = TableBuilder(cells, control, header_row)
            builder.totals_rows = self._find_totals_rows(part)
            return builder

        def read(sink: RowSink, ordered: bool) -> Sequence[Area]:
            readers.append(XlsxSheetReader(sink, ordered=ordered))
            with self._package.open(part) as stream:
                control.follow(stream.tell, self._package.size(part))
                readers[-1].read(stream)
            return readers[-1].merged

        builder = fill_builder(make_builder, read, control)
        if readers[-1].has_formulas and self._recalculate:
            builder.note_recalculation()
        return SheetReading(sheet.name, builder, readers[-1].hidden_columns, readers[-1].merged)

    def _find_totals_rows(self, part: str) -> tuple[int, ...]:
        """Return the numbers of the rows in which a table of the sheet adds up its columns."""
        rows: list[int] = []

        def on_start(tag: str, attributes: dict[str, str]) -> None:
            area = parse_area(attributes.get("ref", "")) if tag == "table" else None
            if area and attributes.get("totalsRowCount", "0") not in ("0", ""):
                rows.append(area[1])

        for kind, name in self._package.relationships(part).values():
            if kind == "table" and name in self._package:
                walk_elements(self._package.read(name), on_start)
        return tuple(rows)
