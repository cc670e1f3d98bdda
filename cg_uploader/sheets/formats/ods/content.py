"""OpenDocument spreadsheets (ods, fods): which sheets there are, and the walk through their XML as a stream."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import IO, Protocol

from cg_uploader.sheets.containers.errors import damage_as_file_error
from cg_uploader.sheets.containers.xml_parser import create_xml_parser, drop_prefixes, local_name
from cg_uploader.sheets.containers.zip_package import CHUNK_BYTES
from cg_uploader.sheets.formats.ods.sheet_reader import OdsSheetReader
from cg_uploader.sheets.formats.ods.styles import OdsStyles
from cg_uploader.sheets.table.builder import RowLimitReached
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.sheet_reading import (
    ListedSheet,
    SheetReading,
    empty_sheet_error,
    no_such_sheet_error,
    sort_visible_first,
)

_CONTENT = "content.xml"
_DRAWN = (
    "frame", "custom-shape", "rect", "line", "polyline", "polygon", "regular-polygon", "path", "circle", "ellipse", "g",
    "page-thumbnail", "connector", "caption", "measure", "control", "scene",
)  # fmt: skip
# Elements whose text belongs to no cell.
_ASIDE = frozenset(["annotation", "ruby-text", "shapes", "tracked-changes", "forms", *_DRAWN])


class PartSource(Protocol):
    """What the XML of a spreadsheet comes from."""

    def __contains__(self, name: str) -> bool:
        """Return whether there is such a part."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Open a part, to be read once from its start."""

    def size(self, name: str) -> int:
        """Return how many bytes a part has."""


class FlatDocument:
    """A spreadsheet that is one XML file, used like a ZIP file whose only part it would be."""

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle

    def __contains__(self, name: str) -> bool:
        """Return whether there is such a part."""
        return name == _CONTENT

    def open(self, _name: str) -> AbstractContextManager[IO[bytes]]:
        """Open the whole file. Closing leaves it open."""
        self._handle.seek(0)
        return nullcontext(self._handle)

    def size(self, _name: str) -> int:
        """Return how many bytes the file has."""
        return os.fstat(self._handle.fileno()).st_size


class OdsWorkbook:
    """An open OpenDocument spreadsheet. ``sheets`` is complete once a sheet has been read."""

    def __init__(self, package: PartSource) -> None:
        self._package = package
        self._listed: list[ListedSheet[None]] = []

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of the sheets, visible ones first."""
        return tuple(sheet.name for sheet in sort_visible_first(self._listed))

    def read(self, wanted: str | None, control: ReadControl, header_row: int | None) -> SheetReading:
        """Read the wanted sheet, or the first visible one that holds anything (see ``Workbook.read``)."""
        styles = OdsStyles()
        if "styles.xml" in self._package:
            _ContentWalker(styles, lambda *_sheet: None, control).parse(self._package, "styles.xml")
        readers: list[OdsSheetReader] = []

        def choose(name: str, visible: bool) -> OdsSheetReader | None:
            self._listed.append(ListedSheet(name, None, visible))
            is_candidate = name == wanted if wanted is not None else visible
            if not is_candidate or (readers and readers[-1].builder.is_table):
                return None
            readers.append(OdsSheetReader(name, styles, control, header_row))
            return readers[-1]

        with suppress(RowLimitReached):
            _ContentWalker(styles, choose, control).parse(self._package, _CONTENT)
        if wanted is not None and not readers:
            raise no_such_sheet_error(self.sheets)
        if not readers or not readers[-1].builder.is_table:
            raise empty_sheet_error(wanted)
        return readers[-1].reading()


class _ContentWalker:
    """Walks the XML: styles first, then sheets."""

    def __init__(self, styles: OdsStyles, choose: Callable[[str, bool], OdsSheetReader | None], control: ReadControl) -> None:
        """``choose(name, visible)`` returns what reads a sheet, or None when the sheet is not wanted."""
        self._styles = styles
        self._choose = choose
        self._control = control
        self._sheet: OdsSheetReader | None = None
        # How many tables are open, one in the other, and how many elements whose text belongs to no cell.
        self._table_depth = self._aside_depth = 0
        self._parser = create_xml_parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = styles.characters

    def parse(self, package: PartSource, part: str) -> None:
        """Read a whole part.

        Raises:
            RowLimitReached: when no more than the first rows is wanted.
            FileError: kind ``damaged`` or ``too-big``.
        """
        with package.open(part) as stream, damage_as_file_error():
            self._control.follow(stream.tell, package.size(part))
            while data := stream.read(CHUNK_BYTES):
                self._parser.Parse(data, False)
            self._parser.Parse(b"", True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local_name(tag)
        if name in _ASIDE or self._aside_depth:
            self._aside_depth += 1
        elif name == "table":
            self._table_depth += 1
            if self._table_depth == 1:
                self._start_table(drop_prefixes(attributes))
        elif self._sheet is not None and self._table_depth == 1:
            self._sheet.start(name, attributes)
            if name == "p":
                self._parser.CharacterDataHandler = self._sheet.characters
        elif not self._table_depth:
            self._styles.start(name, drop_prefixes(attributes))
        if self._aside_depth == 1:
            self._parser.CharacterDataHandler = None

    def _start_table(self, attributes: dict[str, str]) -> None:
        visible = attributes.get("style-name") not in self._styles.hidden_tables
        self._sheet = self._choose(attributes.get("name", ""), visible)

    def _end(self, tag: str) -> None:
        name = local_name(tag)
        if self._aside_depth:
            self._end_aside()
        elif name == "table":
            self._table_depth -= 1
            if not self._table_depth:
                self._finish_sheet()
        elif self._sheet is not None and self._table_depth == 1:
            self._end_in_sheet(self._sheet, name)
        elif not self._table_depth:
            self._styles.end(name)

    def _end_aside(self) -> None:
        self._aside_depth -= 1
        if not self._aside_depth and self._sheet is not None and self._sheet.in_paragraph:
            self._parser.CharacterDataHandler = self._sheet.characters

    def _end_in_sheet(self, sheet: OdsSheetReader, name: str) -> None:
        if name == "p":
            self._parser.CharacterDataHandler = None
        try:
            sheet.end(name)
        except RowLimitReached:
            self._finish_sheet()
            if self._control.brief:
                raise

    def _finish_sheet(self) -> None:
        if self._sheet is not None:
            self._sheet.finish()
            self._sheet = None
