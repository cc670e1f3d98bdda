"""The table of file formats that are read: one entry for each, and no suffix stands elsewhere.

The window asks for suffixes when it starts. What reads a format is therefore imported by the process that reads, not here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import IO, TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from cg_uploader.sheets.containers.zip_package import ZipPackage
    from cg_uploader.sheets.table.sheet_reading import Workbook


class FileContent(Enum):
    """What a file holds, by its first bytes."""

    TEXT = "text with delimiters"
    ZIP = "a ZIP container"
    OLE = "an OLE container"
    FLAT = "an OpenDocument spreadsheet in one XML file"


class OpenedFile:
    """A file whose format is to be told, or whose workbook is to be opened."""

    def __init__(self, handle: IO[bytes], name: str) -> None:
        self.handle = handle
        self.name = name

    @cached_property
    def package(self) -> ZipPackage:
        """The ZIP container in it.

        Raises:
            FileError: kind ``damaged``, ``password`` or ``too-big``.
        """
        from cg_uploader.sheets.containers.zip_package import ZipPackage

        return ZipPackage(self.handle)


Opener: TypeAlias = "Callable[[OpenedFile], Workbook]"


def _always(_file: OpenedFile) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """One file format."""

    # What the user calls such files, marked for translation.
    family: str
    # How the names of such files end, the most common one first.
    suffixes: tuple[str, ...]
    # How many of the suffixes are named where the user is told what can be read.
    named: int = 1
    # What such a file holds.
    content: FileContent
    # Whether a file with that content is of this format. At most one format says yes.
    matches: Callable[[OpenedFile], bool] = _always
    # Imports what opens a workbook of it. None: the file is delimited text, which is read with options of its own.
    load_opener: Callable[[], Opener] | None = None


def _is_xlsx(file: OpenedFile) -> bool:
    from cg_uploader.sheets.formats.unsupported import identify_zip

    return not _is_xlsb(file) and identify_zip(file.package.part_names, file.package.mimetype, ()) is None


def _xlsx() -> Opener:
    from cg_uploader.sheets.formats.xlsx.workbook import XlsxWorkbook

    return lambda file: XlsxWorkbook(file.package)


def _xls() -> Opener:
    from cg_uploader.sheets.formats.xls import XlsWorkbook

    return lambda file: XlsWorkbook(file.handle, file.name)


def _is_xlsb(file: OpenedFile) -> bool:
    return not _is_ods(file) and "xl/workbook.bin" in file.package


def _xlsb() -> Opener:
    from cg_uploader.sheets.formats.xlsb import XlsbWorkbook

    return lambda file: XlsbWorkbook(file.package)


def _is_ods(file: OpenedFile) -> bool:
    return file.package.is_ods()


def _ods() -> Opener:
    from cg_uploader.sheets.formats.ods.content import OdsWorkbook

    return lambda file: OdsWorkbook(file.package)


def _fods() -> Opener:
    from cg_uploader.sheets.formats.ods.content import FlatDocument, OdsWorkbook

    return lambda file: OdsWorkbook(FlatDocument(file.handle))


# Every format, in the order in which the user is told of them.
FORMATS: tuple[FileFormat, ...] = (
    FileFormat(
        family="Excel",
        suffixes=(".xlsx", ".xlsm", ".xltx", ".xltm"),
        named=2,
        content=FileContent.ZIP,
        matches=_is_xlsx,
        load_opener=_xlsx,
    ),
    FileFormat(family="Excel", suffixes=(".xls", ".xlt"), content=FileContent.OLE, load_opener=_xls),
    FileFormat(family="Excel", suffixes=(".xlsb",), content=FileContent.ZIP, matches=_is_xlsb, load_opener=_xlsb),
    FileFormat(family="OpenDocument", suffixes=(".ods", ".ots"), content=FileContent.ZIP, matches=_is_ods, load_opener=_ods),
    FileFormat(family="OpenDocument", suffixes=(".fods",), named=0, content=FileContent.FLAT, load_opener=_fods),
    FileFormat(family="text", suffixes=(".csv", ".tsv", ".txt", ".tab", ".prn"), named=3, content=FileContent.TEXT),
)


def find_format(file: OpenedFile, content: FileContent) -> FileFormat | None:
    """Return the format of a file that holds ``content``, or None when it cannot be read."""
    return next((entry for entry in FORMATS if entry.content is content and entry.matches(file)), None)


def load_openers() -> None:
    """Import what opens each format, in a process that waits for its file."""
    for entry in FORMATS:
        if entry.load_opener is not None:
            entry.load_opener()


def all_suffixes() -> tuple[str, ...]:
    """Return every suffix that a file of any format may have."""
    return tuple(suffix for entry in FORMATS for suffix in entry.suffixes)


def named_suffixes() -> dict[str, tuple[str, ...]]:
    """Return the suffixes that the user is told of, without their dots, by what the user calls such files."""
    by_family: dict[str, tuple[str, ...]] = {}
    for entry in FORMATS:
        if entry.named:
            suffixes = tuple(suffix.removeprefix(".") for suffix in entry.suffixes[: entry.named])
            by_family[entry.family] = (*by_family.get(entry.family, ()), *suffixes)
    return by_family
