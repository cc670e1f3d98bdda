"""Which code reads a file, by its content, and what is refused before and after reading."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import IO

from cg_uploader.errors import FileError, UsageError
from cg_uploader.model.enums import NoteKind
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.table import Table
from cg_uploader.sheets.containers.errors import damaged_error
from cg_uploader.sheets.delimited import text_reader
from cg_uploader.sheets.failed_rows.hidden_sheet import MAX_LINES, SHEET_NAME, origin_of
from cg_uploader.sheets.formats.detection import detect_content
from cg_uploader.sheets.formats.registry import FileContent, FileFormat, OpenedFile, all_suffixes, find_format
from cg_uploader.sheets.formats.unsupported import DEVICE, SOMETHING_ELSE, identify_zip, not_a_spreadsheet_error
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.table.builder import TableBuilder
from cg_uploader.sheets.table.read_progress import ReadControl
from cg_uploader.sheets.table.sheet_reading import Workbook
from cg_uploader.translation import _

_CHUNK_BYTES = 1 << 20


def parse(file: Path, options: ReadOptions, control: ReadControl) -> Table:
    """Read ``file`` in this process. Its rows go to the store that ``control`` makes.

    Raises:
        Cancelled, UsageError, FileError: as ``reader.read`` does.
    """
    with _open(file) as handle:
        before = os.fstat(handle.fileno())
        try:
            table = _read_any(file, handle, options, control)
        except FileError as error:
            _check_unchanged(file, before)
            if file.name in error.sentence:
                raise
            raise FileError(f"{file.name}: {error.sentence}", kind=error.kind) from error
        except ValueError as error:
            if "Exceeds the limit" not in str(error):  # only what Python raises for numbers of thousands of digits
                raise
            raise damaged_error(_("a count in it is too long to be one"), file.name) from error
        except OSError as error:
            sentence = _("{name} cannot be read to its end. Copy it to this computer and try again.")
            raise FileError(sentence.format(name=file.name), kind="locked") from error
        try:
            _check_unchanged(file, before)
        except FileError:
            table.rows.close()
            raise
    return table


def _open(file: Path) -> IO[bytes]:
    try:
        if file.is_dir():
            sentence = _("{name} is a folder. Choose a file in it.")
            raise FileError(sentence.format(name=file.name), kind="not-a-spreadsheet")
        if file.exists() and not file.is_file():
            raise not_a_spreadsheet_error(file.name, DEVICE)
        return file.open("rb")
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        # What was typed may be a secret.
        raise FileError(_("The file is not there. Choose it again."), kind="missing") from error
    except OSError as error:
        sentence = _("{name} cannot be opened. Close it in other programs, and check that you may read it.")
        raise FileError(sentence.format(name=file.name), kind="locked") from error


def _check_unchanged(file: Path, before: os.stat_result) -> None:
    """Check that the file is as it was when it was opened.

    Raises:
        FileError: kind ``changed``, when it is not.
    """
    try:
        after = file.stat()
    except OSError as error:
        sentence = _("{name} was removed while it was read. Choose the file again.")
        raise FileError(sentence.format(name=file.name), kind="changed") from error
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        sentence = _("{name} was changed while it was read. Choose it again when it is complete.")
        raise FileError(sentence.format(name=file.name), kind="changed")


def _read_any(file: Path, handle: IO[bytes], options: ReadOptions, control: ReadControl) -> Table:
    opened = OpenedFile(handle, file.name)
    file_format = _find_format(opened, detect_content(handle, file.name))
    if file_format.load_opener is None:
        return _read_text(file, handle, options, control, file_format)
    workbook = file_format.load_opener()(opened)
    return _read_workbook(opened, file, options, control, workbook, file_format)


def _find_format(opened: OpenedFile, content: FileContent) -> FileFormat:
    """Return the format of the open file.

    Raises:
        FileError: kind ``not-a-spreadsheet``, when it cannot be read.
    """
    file_format = find_format(opened, content)
    if file_format is None:
        package = opened.package
        other = identify_zip(package.part_names, package.mimetype, all_suffixes())
        raise not_a_spreadsheet_error(opened.name, other or SOMETHING_ELSE)
    return file_format


def _read_workbook(
    opened: OpenedFile,
    file: Path,
    options: ReadOptions,
    control: ReadControl,
    workbook: Workbook,
    file_format: FileFormat,
) -> Table:
    reading = workbook.read(options.sheet, control, options.header_row)
    builder = reading.builder
    columns = builder.columns(reading.hidden_positions().__contains__)
    builder.blank_merged(reading.merged)
    _note_extension(file, file_format.suffixes, builder)
    digest = _digest(opened.handle, options)
    table = builder.table(file, digest, columns, sheet=reading.sheet, sheets=workbook.sheets)
    origin = _read_origin(workbook) if SHEET_NAME in workbook.sheets and reading.sheet != SHEET_NAME else None
    if origin is None:
        return table
    return replace(table, sheets=tuple(name for name in workbook.sheets if name != SHEET_NAME), origin=origin)


def _digest(handle: IO[bytes], options: ReadOptions) -> str:
    """Return the SHA-256 of the file in hexadecimal digits, or an empty text when only the beginning is read."""
    if options.limit is not None:
        return ""
    digest = hashlib.sha256()
    handle.seek(0)
    while chunk := handle.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _read_origin(workbook: Workbook) -> Provenance | None:
    """Return what the hidden sheet of a workbook of failed rows says about its run, or None when it says nothing."""
    try:
        builder = workbook.read(SHEET_NAME, ReadControl(limit=MAX_LINES), 1).builder
    except (FileError, UsageError):
        return None
    columns = builder.columns()
    rows = builder.table(Path(), "", columns).rows
    try:
        return origin_of(row.cells[:2] for row in rows)
    finally:
        rows.close()


def _read_text(file: Path, handle: IO[bytes], options: ReadOptions, control: ReadControl, file_format: FileFormat) -> Table:
    reading = text_reader.read(
        handle, encoding=options.encoding, delimiter=options.delimiter, header_row=options.header_row, control=control
    )
    if reading is None:
        raise FileError(_("{name} is empty. Choose another file.").format(name=file.name), kind="empty")
    _note_extension(file, file_format.suffixes, reading.builder)
    return reading.table(file)


def _note_extension(file: Path, expected: tuple[str, ...], builder: TableBuilder) -> None:
    if file.suffix and file.suffix.lower() not in expected:
        sentence = _("The name ends in {suffix}, but the content is that of {expected}. It was read as that.")
        builder.notes.add_of_file(NoteKind.WRONG_EXTENSION, sentence.format(suffix=file.suffix, expected=expected[0]))
