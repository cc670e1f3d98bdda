"""Some rows of the file with what is wrong in them, fetched as they are looked at.  The file's cells can be edited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from PySide6.QtCore import QAbstractTableModel, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont

from cg_uploader.fields import headings
from cg_uploader.fields.checks import Problem, RowChecker
from cg_uploader.fields.configuration import Identifiers
from cg_uploader.gui import theme
from cg_uploader.gui.models.lines_model import NOWHERE, Index
from cg_uploader.gui.widgets.texts import tip_text
from cg_uploader.model.plan import Plan
from cg_uploader.model.table import Row
from cg_uploader.sheets.cells import clean_text

ROW, WHO, PROBLEM = range(3)
FIXED = ("Row", "Who", "What to know")
MAX_REMEMBERED = 1_000

# A row, its texts with edits, who it is, what is wrong in words, the headings of the columns at fault.
Line = tuple[Row, tuple[str, ...], str, str, frozenset[str]]

Remark = Callable[[int, Row, tuple[Problem, ...]], str]


class RowsModel(QAbstractTableModel):
    """Shows the rows of a plan at given positions.  ``cell_edited`` brings row, column position and the new text."""

    cell_edited = Signal(object, int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._plan: Plan | None = None
        self._positions: Sequence[int] = ()
        self._line: Callable[[int], Line] = _no_line

    def show_rows(self, plan: Plan | None, positions: Sequence[int], remark: Remark) -> None:
        """Show these positions of ``plan``'s table.  ``remark`` puts in words what is wrong in the row at one of them."""
        self.beginResetModel()
        self._plan, self._positions = plan, positions
        self._line = _fetcher(plan, remark) if plan is not None else _no_line
        self.endResetModel()

    def row(self, line: int) -> Row:
        """The file's row that a line shows."""
        return self._fetch(line)[0]

    def remark(self, line: int) -> str:
        """What is wrong in the row that a line shows, in words."""
        return self._fetch(line)[3]

    def _fetch(self, line: int) -> Line:
        return self._line(self._positions[line])

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Lines."""
        return 0 if parent.isValid() or self._plan is None else len(self._positions)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """Row, who, what to know, then the file's columns."""
        return 0 if parent.isValid() or self._plan is None else len(FIXED) + len(self._plan.table.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles."""
        if orientation is not Qt.Orientation.Horizontal or self._plan is None or section >= self.columnCount():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            if section < len(FIXED):
                return FIXED[section]
            column = self._plan.table.columns[section - len(FIXED)]
            return headings.show_invisible(column.heading) or f"(column {column.letter})"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The file's cells can be edited."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() >= len(FIXED) else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell shows."""
        if not index.isValid() or self._plan is None:
            return None
        row, cells, who, remark, at_fault = self._fetch(index.row())
        column = index.column() - len(FIXED)
        if column < 0:
            return self._fixed((str(row.number), who, remark)[index.column()], role)
        if role == Qt.ItemDataRole.BackgroundRole and self._plan.table.columns[column].heading in at_fault:
            return QColor(theme.colours_in_use().warning_soft)
        return self._cell(cells[column], row.cells[column], role)

    @staticmethod
    def _cell(text: str, in_file: str, role: int) -> object:
        """What a cell of the file shows: its text, or the edit of it."""
        if role == Qt.ItemDataRole.EditRole:
            return text
        if role == Qt.ItemDataRole.DisplayRole:
            return headings.reveal(text).replace("\n", " ⏎ ")
        edited = text != in_file
        if role == Qt.ItemDataRole.FontRole and edited:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(f"Edited here. In the file: {in_file}" if edited else text)
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Pass on what the user typed."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid() or index.column() < len(FIXED):
            return False
        row, cells, *_ = self._fetch(index.row())
        column = index.column() - len(FIXED)
        text, _ = clean_text.clean_cell(str(value))
        if text == cells[column]:
            return False
        self.cell_edited.emit(row, column, text)
        return True

    @staticmethod
    def _fixed(text: str, role: int) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return headings.reveal(text)
        return tip_text(text) if role == Qt.ItemDataRole.ToolTipRole else None


def _no_line(position: int) -> Line:
    raise IndexError(position)


def _fetcher(plan: Plan, remark: Remark) -> Callable[[int], Line]:
    checker = RowChecker(plan)
    identifiers = Identifiers(plan.configuration, [heading for heading, _, _ in plan.bindings])

    @lru_cache(maxsize=MAX_REMEMBERED)
    def fetch(position: int) -> Line:
        row = plan.table.rows[position]
        request = plan.request(row)
        problems = checker.find_problems(row, request)
        at_fault = frozenset(problem.column for problem in problems if problem.column)
        return row, plan.cells(row), identifiers.who(request), remark(position, row, problems), at_fault

    return fetch
