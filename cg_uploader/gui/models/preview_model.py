"""The first rows of a file as they will be sent, under the file's own headings and row numbers, and the lines above."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QObject, Qt
from PySide6.QtGui import QColor, QFont

from cg_uploader.fields import headings
from cg_uploader.gui import theme
from cg_uploader.gui.models.lines_model import NOWHERE, Index
from cg_uploader.gui.widgets.texts import tip_text
from cg_uploader.model.table import Column, Row, Table

MAX_ROWS = 200


class PreviewModel(QAbstractTableModel):
    """Shows the first 200 rows of one table.  What stands above its header row comes before, and then the header row itself.

    So the lines stand as in the file, and each can become the header row.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[Column, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._before = 0

    def show_table(self, table: Table | None) -> None:
        """Show ``table``, or nothing."""
        if table is None:
            self.show_rows((), ())
        else:
            header = (Row(table.header_row, tuple(column.heading for column in table.columns)),) if table.above else ()
            self.show_rows(table.columns, tuple(itertools.islice(table.rows, MAX_ROWS)), (*table.above, *header))

    def show_rows(self, columns: Sequence[Column], rows: Sequence[Row], before: Sequence[Row] = ()) -> None:
        """Show these rows.  When they only go on from those that are shown, those stay where they are.

        ``before``: lines that are not sent.  The last of them is the header row.
        """
        columns, rows, shown = tuple(columns), (*before, *rows), len(self._rows)
        if columns == self._columns and len(before) == self._before and shown and rows[:shown] == self._rows:
            if len(rows) > shown:
                self.beginInsertRows(NOWHERE, shown, len(rows) - 1)
                self._rows = rows
                self.endInsertRows()
            return
        self.beginResetModel()
        self._columns, self._rows, self._before = columns, rows, len(before)
        self.endResetModel()

    def row_number(self, line: int) -> int:
        """The number that Excel shows for a line."""
        return self._rows[line].number

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Lines."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """The file's columns."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Headings, and row numbers as Excel shows them."""
        if orientation is Qt.Orientation.Vertical:
            return self._of_line(section, role) if section < len(self._rows) else None
        if section >= len(self._columns):
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            heading = headings.show_invisible(column.heading) or f"(column {column.letter})"
            return f"{heading} (hidden)" if column.hidden else heading
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(f"Column {column.letter}" + (", hidden in the file; it is read all the same" * column.hidden))
        return None

    def _of_line(self, line: int, role: int) -> object:
        number = self._rows[line].number
        if role == Qt.ItemDataRole.DisplayRole:
            return str(number)
        if role == Qt.ItemDataRole.ToolTipRole:
            if line == self._before - 1:
                return tip_text(f"Row {number} is the header row")
            return tip_text(f"Click to make row {number} the header row")
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The text of a cell.  It is quiet in a hidden column and above the header row, which is bold."""
        if not index.isValid():
            return None
        line, column = index.row(), index.column()
        text = self._rows[line].cells[column]
        if role == Qt.ItemDataRole.DisplayRole:
            return headings.reveal(text).replace("\n", " ⏎ ")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(text)
        if role == Qt.ItemDataRole.AccessibleTextRole and line < self._before:
            return f"{headings.reveal(text)}, {'header row' if line == self._before - 1 else 'above the header row'}"
        return self._look(line, column, role)

    def _look(self, line: int, column: int, role: int) -> object:
        """Colour and font of a cell."""
        if role == Qt.ItemDataRole.ForegroundRole and (self._columns[column].hidden or line < self._before - 1):
            return QColor(theme.colours_in_use().quiet)
        if role == Qt.ItemDataRole.FontRole and line == self._before - 1:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        return None
