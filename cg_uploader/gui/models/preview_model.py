"""The first rows of a file as they will be sent, under the file's own headings and row numbers."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from cg_uploader.fields import names
from cg_uploader.gui.widgets.texts import tip_text
from cg_uploader.model import Row, Table

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
MOST_ROWS = 200


class PreviewModel(QAbstractTableModel):
    """Shows the first 200 rows of one table."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._titles: tuple[tuple[str, str], ...] = ()
        self._rows: tuple[Row, ...] = ()

    def show_table(self, table: Table | None) -> None:
        """Show ``table``, or nothing."""
        self.beginResetModel()
        self._titles = tuple((c.heading, c.letter) for c in table.columns) if table is not None else ()
        self._rows = tuple(itertools.islice(table.rows, MOST_ROWS)) if table is not None else ()
        self.endResetModel()

    def row_number(self, line: int) -> int:
        """The number that Excel shows for a line."""
        return self._rows[line].number

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Lines."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """The file's columns."""
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Headings, and row numbers as Excel shows them."""
        if orientation is Qt.Orientation.Vertical:
            known = section < len(self._rows)
            return str(self._rows[section].number) if known and role == Qt.ItemDataRole.DisplayRole else None
        if section >= len(self._titles):
            return None
        heading, letter = self._titles[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return names.visible(heading) or f"(column {letter})"
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(f"Column {letter}")
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The text of a cell."""
        if not index.isValid():
            return None
        text = self._rows[index.row()].cells[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return names.revealed(text).replace("\n", " ⏎ ")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_text(text)
        return None
