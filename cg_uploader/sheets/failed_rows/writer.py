"""The saving of failed rows: the rows that need attention, as a workbook or a csv file to be corrected and reopened."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cg_uploader.model.enums import RowStatus
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.statuses import STATUSES
from cg_uploader.sheets.cells.clean_text import column_letter
from cg_uploader.sheets.failed_rows import earlier_layout
from cg_uploader.sheets.failed_rows.formula_guard import guarded
from cg_uploader.sheets.failed_rows.hidden_sheet import HEADINGS, SHEET_NAME, lines_of
from cg_uploader.sheets.failed_rows.row_mark import (
    LOOK_UP,
    AddedColumn,
    added_column,
    heading_of,
    mark_text,
    parse_mark,
    upload_text,
)
from cg_uploader.system.atomic_file import saved_whole
from cg_uploader.system.named_file import read_named
from cg_uploader.system.pending_saves import new_companion
from cg_uploader.translation import N_, _

ROW = heading_of(AddedColumn.ROW)
# Behind the columns of the original file, and what the user reads in their headings.
_BEHIND = {
    AddedColumn.STATUS: N_("Status"),
    AddedColumn.PROBLEM: N_("Problem"),
    AddedColumn.WHAT_TO_DO: N_("What to do"),
}
_BEHIND_NOT_SURE = {**_BEHIND, AddedColumn.SENT: N_("When it was sent"), AddedColumn.IDENTIFIER: N_("Identifier")}
_WIDTHS: dict[AddedColumn | None, int] = {
    AddedColumn.ROW: 18,
    AddedColumn.STATUS: 12,
    AddedColumn.PROBLEM: 46,
    AddedColumn.WHAT_TO_DO: 46,
}
_WIDTH = 20
DEFAULT_SUFFIX, TEXT_SUFFIX = ".xlsx", ".csv"
# How a file of failed rows may end, and what the user calls such a file.
WRITTEN = {DEFAULT_SUFFIX: "Excel", TEXT_SUFFIX: "Text with commas"}
# How the name of a csv file with once-only rows that may have arrived ends.
NOT_SURE_ENDING = f"-not-sure{TEXT_SUFFIX}"
_NEEDS_YOU = N_("Rows that need you")
_NOT_SURE = N_("Not sure")
_MAX_TITLE_CHARS = 31
_MAX_CHARS = 32_767
_HEADER_BYTES = 1 << 20
# Of one sheet, below its header row.
MAX_ROWS = 1_048_575
# A character that is escaped begins with an underscore, so one may stand there too.
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}[_\x00-\x08\x0b-\x1f\ufffe\uffff])|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FailedRow:
    """One row that needs attention."""

    # Its number in the original file.
    number: int
    # Its texts, one for each column of the original file.
    cells: tuple[str, ...]
    status: RowStatus
    # What was wrong, without the status.
    problem: str
    what_to_do: str
    # When it was sent, for people. Empty where the row is not to be looked up.
    sent: str = ""
    # Whom or what it is about, for people.
    identifier: str = ""


def write(
    target: Path,
    columns: Sequence[str],
    rows: Iterable[FailedRow],
    not_sure: Iterable[FailedRow] = (),
    *,
    origin: Provenance,
) -> int:
    """Write the file of failed rows, whole or not at all, and return how many rows are in it.

    ``reader.read`` gives the original table with only these rows.  Each row says in the first column which one it is, what has
    become of it, and which upload it comes from.  A workbook has the rest of ``origin`` on a hidden sheet.

    Every cell is text, so nothing can become a formula, a number or a date.  A text longer than a cell can be is cut, which is
    said.  The rows of ``not_sure`` may have arrived.  They go to a second sheet, or, when ``target`` ends in ``.csv``, to a
    second file beside it.  With no such rows, a second file of an earlier save is removed.

    Raises:
        UsageError: Nothing can be written there.
    """
    if target.suffix.lower() == TEXT_SUFFIX:
        return _write_csv(target, columns, (rows, not_sure), origin)
    with saved_whole(target) as part:
        return _fill(part, columns, (rows, not_sure), origin)


def _write_csv(
    target: Path, columns: Sequence[str], rows: tuple[Iterable[FailedRow], Iterable[FailedRow]], origin: Provenance
) -> int:
    upload = upload_text(origin, guarded=True)
    unsure = (_not_sure_texts(row, columns, upload, row.what_to_do) for row in rows[1])
    beside = not_sure_beside(target)
    with saved_whole(target) as part:
        texts = (_texts(row, columns, upload, row.what_to_do) for row in rows[0])
        count = _fill_csv(part, _headings(columns, _BEHIND), texts)
        if (first := next(unsure, None)) is not None:
            with saved_whole(beside) as second:
                count += _fill_csv(second, _headings(columns, _BEHIND_NOT_SURE), itertools.chain((first,), unsure))
    if first is None and is_not_sure_file(beside):
        with suppress(OSError):  # it is of an earlier save, and would look like a part of this one
            beside.unlink()
    return count


def _texts(row: FailedRow, columns: Sequence[str], upload: str, what_to_do: str, word: str = "") -> list[str]:
    """Return the cells of a row.  ``word``: what its mark says of it, the status by default."""
    mark = mark_text(row.number, word or row.status.value, upload)
    return [mark, *_fitted(row.cells, columns), _(STATUSES[row.status].label), row.problem, what_to_do]


def _not_sure_texts(row: FailedRow, columns: Sequence[str], upload: str, what_to_do: str) -> list[str]:
    """Return the cells of a row that is only to be looked up."""
    return [*_texts(row, columns, upload, what_to_do, LOOK_UP), row.sent, row.identifier]


def not_sure_beside(target: Path) -> Path:
    """Return where the once-only rows that may have arrived go when the failed rows go to the csv file ``target``."""
    return target.with_name(f"{target.stem}{NOT_SURE_ENDING}")


def is_not_sure_file(file: Path) -> bool:
    """Tell whether a file is one of once-only rows that may have arrived, with the header row and the marks of this module."""
    try:
        if file.is_symlink():
            return False
        beginning = read_named(file, _HEADER_BYTES)
        if not beginning.startswith(codecs.BOM_UTF8 + b'"'):
            return False
        records = csv.reader(io.StringIO(beginning.decode("utf-8-sig", errors="replace"), newline=""))
        headings, first = next(records, []), next(records, [])
    except (OSError, csv.Error):
        return False
    if earlier_layout.is_not_sure(headings):
        return True
    mark = parse_mark(first[0]) if first else None
    columns = [column for heading in headings if (column := added_column(heading)) is not None]
    return columns == list(AddedColumn) and headings[0] == ROW and mark is not None and mark.word == LOOK_UP


def _fill_csv(part: Path, headings: Sequence[str], lines: Iterable[Sequence[str]]) -> int:
    """Write a csv file that Excel opens as what it is: with a byte order mark, every text in quotation marks."""
    count = 0
    with part.open("w", encoding="utf-8-sig", errors="replace", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerow(map(guarded, headings))
        for count, line in enumerate(lines, 1):  # noqa: B007 - how many there were
            writer.writerow(map(guarded, line))
    return count


def _fill(part: Path, columns: Sequence[str], rows: tuple[Iterable[FailedRow], Iterable[FailedRow]], origin: Provenance) -> int:
    from openpyxl import Workbook  # takes a third of a second to load, and only here it is needed

    book = Workbook(write_only=True)
    upload = upload_text(origin, guarded=False)
    failed = _Sheets(book, part, _(_NEEDS_YOU)[:_MAX_TITLE_CHARS], _headings(columns, _BEHIND))
    unsure = _Sheets(book, part, _(_NOT_SURE)[:_MAX_TITLE_CHARS], _headings(columns, _BEHIND_NOT_SURE))
    try:
        for row in rows[0]:
            failed.append(_texts(row, columns, upload, _advice(row)))
        if not failed.rows:
            failed.begin()  # the sheet that is read first is there in any case
        for row in rows[1]:
            unsure.append(_not_sure_texts(row, columns, upload, _advice(row)))
        hidden = _Sheet(book, part, SHEET_NAME, HEADINGS, hidden=True)
        for line in lines_of(origin):
            hidden.append(line)
    finally:
        book.save(part)  # also after a failure: only saving ends openpyxl's own temporary files
    return failed.rows + unsure.rows


def _headings(columns: Sequence[str], behind: Mapping[AddedColumn, str]) -> list[str]:
    """Return the header row: the mark's heading, the file's own, and those of ``behind`` in the user's language."""
    return [ROW, *columns, *(heading_of(column, _(words)) for column, words in behind.items())]


def _fitted(cells: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return one text for each column."""
    return [*cells[: len(columns)], *[""] * (len(columns) - len(cells))]


def _advice(row: FailedRow) -> str:
    """Return what to do, and that a text was cut where Excel cannot hold it."""
    if not any(len(escaped(text)) > _MAX_CHARS for text in row.cells):
        return row.what_to_do
    cut = _("A text of this row is longer than an Excel cell holds and is cut here. The original has it.")
    return f"{row.what_to_do} {cut}"


def _write_beside(part: Path, sheet: Any, number: int) -> None:
    """Let openpyxl write a sheet to a companion of ``part``.  Nothing would remove its own temporary file after a kill."""
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
        if not self._sheets or self._sheets[-1].rows == MAX_ROWS:
            self.begin()
        self._sheets[-1].append(texts)
        self.rows += 1


class _Sheet:
    """One sheet of the file of failed rows, written row by row."""

    def __init__(self, book: Any, part: Path, title: str, headings: Sequence[str], *, hidden: bool = False) -> None:
        from openpyxl.styles import Font

        self.rows = 0
        self._sheet = book.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        if hidden:
            self._sheet.sheet_state = "veryHidden"
        for position, heading in enumerate(headings):
            self._sheet.column_dimensions[column_letter(position)].width = _WIDTHS.get(added_column(heading), _WIDTH)
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
        """Return a cell that is text whatever it looks like.  None: a blank.  What is cut stays too long to send."""
        from openpyxl.cell import WriteOnlyCell

        if not text:
            return None
        stored = escaped(text)
        while len(stored) > _MAX_CHARS:
            text = text[: len(text) // 2]
            stored = escaped(text)
        cell = WriteOnlyCell(self._sheet, value=stored)
        cell.data_type = "s"  # whatever openpyxl thinks of a text that begins with "="
        cell.number_format = "@"
        return cell


def escaped(text: str) -> str:
    """Return ``text`` as Excel stores it: what XML cannot hold, and what looks like Excel's own escapes, as ``_xHHHH_``."""
    text = _SURROGATE.sub("", text)
    return _ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
