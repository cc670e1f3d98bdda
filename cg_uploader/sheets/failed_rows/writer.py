"""Owns the repair file: the rows that need a person, as a workbook or a csv file that can be corrected and chosen again."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cg_uploader.model.provenance import Origin
from cg_uploader.sheets.cells.clean_text import column_letter
from cg_uploader.sheets.failed_rows.hidden_sheet import ABOUT, HEADINGS, lines_of
from cg_uploader.system.atomic_file import saved_whole
from cg_uploader.system.named_file import read_named
from cg_uploader.system.pending_saves import new_companion

ROW = "Row"
PROBLEM = "Problem"
WHAT_TO_DO = "What to do"
WHEN = "When it was sent"
IDENTIFIER = "Identifier"
USUAL_SUFFIX, TEXT_SUFFIX = ".xlsx", ".csv"
# How a file of failed rows may end, and what the user calls such a file.
WRITTEN = {USUAL_SUFFIX: "Excel", TEXT_SUFFIX: "Text with commas"}
# How the name of a csv file with once-only rows that may have arrived ends.
NOT_SURE_ENDING = f"-not-sure{TEXT_SUFFIX}"
_NEEDS_YOU = "Rows that need you"
_NOT_SURE = "Not sure"
_LONGEST = 32_767
_HEADER_BYTES = 1 << 20
# Of one sheet, below its header row.
MOST_ROWS = 1_048_575
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LIKE_A_FORMULA = re.compile("'*[=+\\-@\t\r]")
_GUARDED = re.compile("''*[=+\\-@\t\r]")


@dataclass(frozen=True, slots=True)
class RepairRow:
    """One row: its number in the original file, its texts, what was wrong, what to do; for *Not sure* when and who."""

    number: int
    cells: tuple[str, ...]
    problem: str
    what_to_do: str
    when: str = ""
    identifier: str = ""


def write(
    target: Path,
    columns: Sequence[str],
    rows: Iterable[RepairRow],
    not_sure: Iterable[RepairRow] = (),
    origin: Origin | None = None,
) -> int:
    """Write the repair file, whole or not at all, and say how many rows are in it.

    ``origin`` goes on a sheet that nobody sees, so that ``reader.read`` gives the original table with only these rows.

    Every cell is text, so nothing can become a formula, a number or a date; a text longer than a cell can be is cut and
    said.  When ``target`` ends in ``.csv`` the rows of ``not_sure`` go to a second file beside it, and ``origin`` nowhere; with
    no such rows, a second file of an earlier save is removed.
    UsageError when it cannot be written there.
    """
    if target.suffix.lower() == TEXT_SUFFIX:
        return _write_csv(target, columns, rows, not_sure)
    with saved_whole(target) as part:
        return _fill(part, columns, (rows, not_sure), origin)


def _write_csv(target: Path, columns: Sequence[str], rows: Iterable[RepairRow], not_sure: Iterable[RepairRow]) -> int:
    headings = [ROW, *columns, PROBLEM, WHAT_TO_DO]
    lines = ([str(row.number), *_fitted(row.cells, columns), row.problem, row.what_to_do] for row in rows)
    unsure = (
        [str(row.number), *_fitted(row.cells, columns), row.problem, row.what_to_do, row.when, row.identifier]
        for row in not_sure
    )
    beside = not_sure_beside(target)
    with saved_whole(target) as part:
        count = _fill_csv(part, headings, lines)
        if (first := next(unsure, None)) is not None:
            with saved_whole(beside) as second:
                count += _fill_csv(second, [*headings, WHEN, IDENTIFIER], itertools.chain((first,), unsure))
    if first is None and is_not_sure_file(beside):
        with suppress(OSError):  # it is of an earlier save, and would look like a part of this one
            beside.unlink()
    return count


def not_sure_beside(target: Path) -> Path:
    """Where the once-only rows that may have arrived go when the failed rows go to the csv file ``target``."""
    return target.with_name(f"{target.stem}{NOT_SURE_ENDING}")


def is_not_sure_file(file: Path) -> bool:
    """Whether a file is one of once-only rows that may have arrived, with the header row and the marks of this module."""
    try:
        if file.is_symlink():
            return False
        beginning = read_named(file, _HEADER_BYTES)
        if not beginning.startswith(codecs.BOM_UTF8 + f'"{ROW}","'.encode()):
            return False
        headings = next(csv.reader(io.StringIO(beginning.decode("utf-8-sig", errors="replace"), newline="")), [])
    except (OSError, csv.Error):
        return False
    return headings[:1] == [ROW] and headings[-4:] == [PROBLEM, WHAT_TO_DO, WHEN, IDENTIFIER]


def _fill_csv(part: Path, headings: Sequence[str], lines: Iterable[Sequence[str]]) -> int:
    """Write a csv file that Excel opens as what it is: with a byte order mark, every text in quotation marks."""
    count = 0
    with part.open("w", encoding="utf-8-sig", errors="replace", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(map(guarded, headings))
        for count, line in enumerate(lines, 1):  # noqa: B007 - how many there were
            writer.writerow(map(guarded, line))
    return count


def guarded(text: str) -> str:
    """``text`` as a csv file has it: an apostrophe before what a spreadsheet program would take for a formula."""
    return f"'{text}" if _LIKE_A_FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text that ``guarded`` was given."""
    return text[1:] if _GUARDED.match(text) else text


def _fill(
    part: Path, columns: Sequence[str], rows: tuple[Iterable[RepairRow], Iterable[RepairRow]], origin: Origin | None
) -> int:
    from openpyxl import Workbook  # takes a third of a second to load, and only here it is needed

    book = Workbook(write_only=True)
    failed = _Sheets(book, part, _NEEDS_YOU, [ROW, *columns, PROBLEM, WHAT_TO_DO])
    unsure = _Sheets(book, part, _NOT_SURE, [ROW, *columns, PROBLEM, WHAT_TO_DO, WHEN, IDENTIFIER])
    try:
        for row in rows[0]:
            failed.append([str(row.number), *_fitted(row.cells, columns), row.problem, _advice(row)])
        if not failed.rows:
            failed.begin()  # the sheet that is read first is there in any case
        for row in rows[1]:
            texts = [str(row.number), *_fitted(row.cells, columns), row.problem, _advice(row), row.when, row.identifier]
            unsure.append(texts)
        if origin is not None:
            about = _Sheet(book, part, ABOUT, HEADINGS, hidden=True)
            for line in lines_of(origin):
                about.append(line)
    finally:
        book.save(part)  # also after a failure: only saving ends openpyxl's own temporary files
    return failed.rows + unsure.rows


def _fitted(cells: Sequence[str], columns: Sequence[str]) -> list[str]:
    """One text per column."""
    return [*cells[: len(columns)], *[""] * (len(columns) - len(cells))]


def _advice(row: RepairRow) -> str:
    """What to do; also that a text was cut, when Excel cannot hold it."""
    if not any(len(escaped(text)) > _LONGEST for text in row.cells):
        return row.what_to_do
    return f"{row.what_to_do} A text of this row is longer than an Excel cell holds and is cut here; the original has it."


def _write_beside(part: Path, sheet: Any, number: int) -> None:
    """Let openpyxl write a sheet to a companion of ``part``; after a kill nobody would remove its own temporary file."""
    from openpyxl.worksheet import _writer

    companion = str(new_companion(part, number))
    _writer.ALL_TEMP_FILES.append(companion)  # openpyxl takes it out again when it has removed the file
    sheet._writer = _writer.WorksheetWriter(sheet, companion)  # noqa: SLF001 - there is no other way in
    sheet._writer.write_top()  # noqa: SLF001


class _Sheets:
    """Rows of one kind: on one sheet that begins with the first row, and on further ones when it is full."""

    def __init__(self, book: Any, part: Path, title: str, headings: Sequence[str]) -> None:
        self.rows = 0
        self._book = book
        self._part = part
        self._title = title
        self._headings = headings
        self._sheets: list[_Sheet] = []

    def begin(self) -> None:
        """Begin the next sheet."""
        title = f"{self._title} {len(self._sheets) + 1}" if self._sheets else self._title
        self._sheets.append(_Sheet(self._book, self._part, title, self._headings))

    def append(self, texts: Sequence[str]) -> None:
        """Add a row."""
        if not self._sheets or self._sheets[-1].rows == MOST_ROWS:
            self.begin()
        self._sheets[-1].append(texts)
        self.rows += 1


class _Sheet:
    """One sheet of the repair file, written row by row."""

    def __init__(self, book: Any, part: Path, title: str, headings: Sequence[str], *, hidden: bool = False) -> None:
        from openpyxl.styles import Font

        self.rows = 0
        self._sheet = book.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        if hidden:
            self._sheet.sheet_state = "veryHidden"
        for position, heading in enumerate(headings):
            self._sheet.column_dimensions[column_letter(position)].width = (
                8 if heading == ROW else 46 if heading in (PROBLEM, WHAT_TO_DO) else 20
            )
        cells = [self._cell(text) for text in headings]
        for cell in cells:
            if cell is not None:
                cell.font = Font(bold=True)
        _write_beside(part, self._sheet, len(book.worksheets))
        self._sheet.append(cells)

    def append(self, texts: Sequence[str]) -> None:
        """Add a row."""
        self._sheet.append([self._cell(text) for text in texts])
        self.rows += 1

    def _cell(self, text: str) -> Any:
        """A cell that is text whatever it looks like; none for a blank.  What is cut stays too long to send."""
        from openpyxl.cell import WriteOnlyCell

        if not text:
            return None
        stored = escaped(text)
        while len(stored) > _LONGEST:
            text = text[: len(text) // 2]
            stored = escaped(text)
        cell = WriteOnlyCell(self._sheet, value=stored)
        cell.data_type = "s"  # whatever openpyxl thinks of a text that begins with "="
        cell.number_format = "@"
        return cell


def escaped(text: str) -> str:
    """``text`` as Excel stores it: what XML cannot hold, and what looks like Excel's own escapes, written as ``_xHHHH_``."""
    text = _SURROGATE.sub("", text)
    return _ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
