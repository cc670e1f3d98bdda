"""Every file format that is read: one entry for each, and no suffix that is read stands elsewhere.

The window asks for suffixes when it starts, so what reads a format is not imported here, but by the process that reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import IO, TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from cg_uploader.sheets.containers.zip_package import Package
    from cg_uploader.sheets.table.sheet_reading import Book


class Content(Enum):
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
    def package(self) -> Package:
        """The ZIP container in it; FileError when it is damaged."""
        from cg_uploader.sheets.containers.zip_package import Package

        return Package(self.handle)


Opener: TypeAlias = "Callable[[OpenedFile], Book]"


def _always(_file: OpenedFile) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One file format."""

    # What the user calls files like it.
    family: str
    # How the names of its files end, the usual one first.
    suffixes: tuple[str, ...]
    # How many of the suffixes are named where the user is told what can be read.
    named: int = 1
    # What such a file holds.
    content: Content
    # Whether a file with that content is of this format. At most one format says yes.
    is_in: Callable[[OpenedFile], bool] = _always
    # Imports what opens a workbook of it. None: the file is delimited text, which is read with options of its own.
    loads: Callable[[], Opener] | None = None


def _is_xlsx(file: OpenedFile) -> bool:
    from cg_uploader.sheets.formats.unsupported import in_package

    return not _is_xlsb(file) and in_package(file.package.parts, file.package.kind, ()) is None


def _xlsx() -> Opener:
    from cg_uploader.sheets.formats.xlsx.workbook import ExcelWorkbook

    return lambda file: ExcelWorkbook(file.package)


def _xls() -> Opener:
    from cg_uploader.sheets.formats.xls import OldWorkbook

    return lambda file: OldWorkbook(file.handle, file.name)


def _is_xlsb(file: OpenedFile) -> bool:
    return not _is_ods(file) and "xl/workbook.bin" in file.package


def _xlsb() -> Opener:
    from cg_uploader.sheets.formats.xlsb import BinaryWorkbook

    return lambda file: BinaryWorkbook(file.package)


def _is_ods(file: OpenedFile) -> bool:
    return file.package.is_open_document()


def _ods() -> Opener:
    from cg_uploader.sheets.formats.ods.content import OpenDocument

    return lambda file: OpenDocument(file.package)


def _fods() -> Opener:
    from cg_uploader.sheets.formats.ods.content import FlatPackage, OpenDocument

    return lambda file: OpenDocument(FlatPackage(file.handle))


# Every format, in the order in which the user is told of them.
FORMATS: tuple[Format, ...] = (
    Format(
        family="Excel",
        suffixes=(".xlsx", ".xlsm", ".xltx", ".xltm"),
        named=2,
        content=Content.ZIP,
        is_in=_is_xlsx,
        loads=_xlsx,
    ),
    Format(family="Excel", suffixes=(".xls", ".xlt"), content=Content.OLE, loads=_xls),
    Format(family="Excel", suffixes=(".xlsb",), content=Content.ZIP, is_in=_is_xlsb, loads=_xlsb),
    Format(family="OpenDocument", suffixes=(".ods", ".ots"), content=Content.ZIP, is_in=_is_ods, loads=_ods),
    Format(family="OpenDocument", suffixes=(".fods",), named=0, content=Content.FLAT, loads=_fods),
    Format(family="text", suffixes=(".csv", ".tsv", ".txt", ".tab", ".prn"), named=3, content=Content.TEXT),
)


def format_of(file: OpenedFile, content: Content) -> Format | None:
    """Return the format of a file that holds ``content``; None when it is none that is read."""
    return next((entry for entry in FORMATS if entry.content is content and entry.is_in(file)), None)


def load_all() -> None:
    """Import what opens each format, for a process that waits for its file."""
    for entry in FORMATS:
        if entry.loads is not None:
            entry.loads()


def all_suffixes() -> tuple[str, ...]:
    """Return every suffix that a file of any format may have."""
    return tuple(suffix for entry in FORMATS for suffix in entry.suffixes)


def named_suffixes() -> dict[str, tuple[str, ...]]:
    """Return the usual suffixes without their dots, by what the user calls such files."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in FORMATS:
        if entry.named:
            usual = tuple(suffix.removeprefix(".") for suffix in entry.suffixes[: entry.named])
            found[entry.family] = (*found.get(entry.family, ()), *usual)
    return found
