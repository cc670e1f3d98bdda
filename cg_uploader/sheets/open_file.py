"""Owns which reading code a file needs, by its content, and what is refused before and after reading."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import IO

from cg_uploader.errors import FileError, UsageError
from cg_uploader.model.enums import NoteKind
from cg_uploader.model.provenance import Origin
from cg_uploader.model.table import Table
from cg_uploader.sheets.containers.zip_package import damaged
from cg_uploader.sheets.delimited import text_reader
from cg_uploader.sheets.failed_rows.hidden_sheet import MAX_LINES, SHEET_NAME, origin_of
from cg_uploader.sheets.formats.detection import sniff
from cg_uploader.sheets.formats.registry import Content, Format, OpenedFile, all_suffixes, format_of
from cg_uploader.sheets.formats.unsupported import SOMETHING_ELSE, in_package, no_spreadsheet, unknown
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.read_progress import Watch
from cg_uploader.sheets.table.sheet_reading import Book

_CHUNK = 1 << 20


def parse(file: Path, options: ReadOptions, watch: Watch) -> Table:
    """Read ``file`` in this process; ``reader.read`` says what comes of it.  Its rows go where ``watch`` says."""
    with _opened(file) as handle:
        before = os.fstat(handle.fileno())
        try:
            table = _read_any(file, handle, options, watch)
        except FileError as error:
            _check_unchanged(file, before)
            if file.name in error.sentence:
                raise
            raise FileError(f"{file.name}: {error.sentence}", kind=error.kind) from error
        except ValueError as error:
            if "Exceeds the limit" not in str(error):  # only what Python says about whole numbers of thousands of digits
                raise
            raise damaged("a count in it is too long to be one", file.name) from error
        except OSError as error:
            raise FileError(
                f"{file.name} cannot be read to its end. Copy it to this computer and try again.", kind="locked"
            ) from error
        try:
            _check_unchanged(file, before)
        except FileError:
            table.rows.close()
            raise
    return table


def _read_any(file: Path, handle: IO[bytes], options: ReadOptions, watch: Watch) -> Table:
    opened = OpenedFile(handle, file.name)
    found = _format(opened, sniff(handle, file.name))
    if found.loads is None:
        return _read_text(file, handle, options, watch, found)
    return _read_workbook(file, handle, options, watch, found, found.loads()(opened))


def _opened(file: Path) -> IO[bytes]:
    try:
        if file.is_dir():
            raise FileError(f"{file.name} is a folder. Choose a file in it.", kind="not-a-spreadsheet")
        if file.exists() and not file.is_file():
            raise unknown(file.name, "a device")
        return file.open("rb")
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise FileError("The file is not there. Choose it again.", kind="missing") from error  # its name may be anything
    except OSError as error:
        text = f"{file.name} cannot be opened. Close it in other programs, and make sure that you may read it."
        raise FileError(text, kind="locked") from error


def _check_unchanged(file: Path, before: os.stat_result) -> None:
    """FileError ``changed`` when the file is not as it was when it was opened."""
    try:
        after = file.stat()
    except OSError as error:
        raise FileError(f"{file.name} was removed while it was read. Choose the file again.", kind="changed") from error
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise FileError(f"{file.name} was changed while it was read. Choose it again when it is complete.", kind="changed")


def _digest(handle: IO[bytes], options: ReadOptions) -> str:
    if options.limit is not None:
        return ""
    digest = hashlib.sha256()
    handle.seek(0)
    while chunk := handle.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _read_workbook(file: Path, handle: IO[bytes], options: ReadOptions, watch: Watch, found: Format, book: Book) -> Table:
    reading = book.read(options.sheet, watch, options.header_row)
    builder = reading.builder
    columns = builder.columns(reading.hidden().__contains__)
    builder.cover(reading.merged)
    _note_extension(file, found.suffixes, builder)
    table = builder.table(file, _digest(handle, options), columns, sheet=reading.sheet, sheets=book.sheets)
    origin = _origin(book) if SHEET_NAME in book.sheets and reading.sheet != SHEET_NAME else None
    if origin is None:
        return table
    return replace(table, sheets=tuple(name for name in book.sheets if name != SHEET_NAME), origin=origin)


def _origin(book: Book) -> Origin | None:
    """What a workbook of failed rows says about itself on its hidden sheet."""
    try:
        builder = book.read(SHEET_NAME, Watch(limit=MAX_LINES), 1).builder
    except (FileError, UsageError):
        return None
    columns = builder.columns()
    rows = builder.table(Path(), "", columns).rows
    try:
        return origin_of(row.cells[:2] for row in rows)
    finally:
        rows.close()


def _format(opened: OpenedFile, content: Content) -> Format:
    """The format of the open file; FileError when it is none that is read."""
    found = format_of(opened, content)
    if found is None:
        package = opened.package
        raise no_spreadsheet(opened.name, in_package(package.parts, package.kind, all_suffixes()) or SOMETHING_ELSE)
    return found


def _read_text(file: Path, handle: IO[bytes], options: ReadOptions, watch: Watch, found: Format) -> Table:
    reading = text_reader.read(
        handle, encoding=options.encoding, delimiter=options.delimiter, header_row=options.header_row, watch=watch
    )
    if reading is None:
        raise FileError(f"{file.name} is empty. Choose another file.", kind="empty")
    _note_extension(file, found.suffixes, reading.builder)
    return reading.table(file)


def _note_extension(file: Path, expected: tuple[str, ...], builder: TableBuilder) -> None:
    if file.suffix and file.suffix.lower() not in expected:
        builder.notes.once(
            NoteKind.WRONG_EXTENSION,
            f"The name ends in {file.suffix}, but the content is that of {expected[0]}. It was read as that.",
        )
