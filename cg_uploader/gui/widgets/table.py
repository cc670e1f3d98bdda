"""A table view with the house's manners: whole rows, the Tab key leaves it, sensible heights, a sentence when it is empty."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from cg_uploader.gui import theme
from cg_uploader.gui.widgets.inputs import ComboBox, paint_tick

Index = QModelIndex | QPersistentModelIndex
_FITTED = 200
# Lines that are looked at for a column's width.
_LOOKED_AT = 25


class TableView(QTableView):
    """A view on a table model.  ``empty`` is what it says when there are no rows.  ``resized``: it has other room now."""

    resized = Signal()

    def __init__(self, name: str, *, empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole: tuple[int, ...] = ()
        self.empty = empty
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)
        self.setAlternatingRowColors(False)
        self.setShowGrid(True)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setCornerButtonEnabled(False)
        self.setItemDelegate(_CellDelegate(self))
        lines = self.verticalHeader()
        lines.setVisible(False)
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.set_text_lines(1)
        titles = self.horizontalHeader()
        titles.setHighlightSections(False)
        titles.setResizeContentsPrecision(_LOOKED_AT)
        titles.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        titles.setMinimumSectionSize(48)
        titles.setTextElideMode(Qt.TextElideMode.ElideRight)

    def set_text_lines(self, count: int) -> None:
        """Give every row room for ``count`` lines of text.  A longer text wraps before it is cut off."""
        self.setWordWrap(count > 1)
        self.verticalHeader().setDefaultSectionSize(count * self.fontMetrics().height() + 14)

    def stretch(self, widths: Sequence[int], *wide: int) -> None:
        """Column widths in average letters, 0 keeps what is there.  The columns ``wide`` share the room that is left."""
        titles = self.horizontalHeader()
        letter = self.fontMetrics().averageCharWidth()
        for column, letters in enumerate(widths):
            titles.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            if letters:
                self.setColumnWidth(column, letters * letter + 16)
        for column in wide:
            titles.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def show_whole(self, *columns: int) -> None:
        """Keep these columns as wide as the longest text in any of their lines: a number that is cut off is another number."""
        self._whole = columns
        self.model().modelReset.connect(self._widen)
        self.model().rowsInserted.connect(self._widen_for)
        self._widen()

    def _widen(self) -> None:
        for column in self._whole:
            self.setColumnWidth(column, self.horizontalHeader().sectionSizeHint(column))
        self._widen_for(QModelIndex(), 0, self.model().rowCount() - 1)

    def _widen_for(self, _parent: QModelIndex, first: int, last: int) -> None:
        self.make_room(self._whole, first, last)

    def make_room(self, columns: Sequence[int], first: int, last: int) -> None:
        """Make columns at least as wide as the texts in these lines.  Of the texts of one length, which are numbers, one."""
        model, option = self.model(), QStyleOptionViewItem()
        self.initViewItemOption(option)
        for column in columns:
            longest: dict[int, QModelIndex] = {}
            for line in range(first, last + 1):
                index = model.index(line, column)
                longest.setdefault(len(str(index.data() or "")), index)
            widths = [self.itemDelegate().sizeHint(option, index).width() + 1 for index in longest.values()]
            self.setColumnWidth(column, max([self.columnWidth(column), *widths]))

    def changeEvent(self, event: QEvent) -> None:
        """Another font needs other room."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and self._whole:
            self._widen()

    def fit_columns(self) -> None:
        """Make columns as wide as what is in them, within reason.  Of very many only the first, for that takes time."""
        letter = self.fontMetrics().averageCharWidth()
        for column in range(min(self.model().columnCount(), _FITTED)):
            self.resizeColumnToContents(column)
            self.setColumnWidth(column, max(letter * 9, min(self.columnWidth(column) + letter, letter * 34)))

    def selected_lines(self) -> set[int]:
        """Lines with a selected cell."""
        return {index.row() for index in self.selectionModel().selectedIndexes()}

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say so."""
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the table, or what to do when it is empty."""
        super().paintEvent(event)
        model = self.model()
        if self.empty and model.rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setPen(theme.colours_in_use().quiet)
            room = self.viewport().rect().adjusted(24, 8, -24, -8)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.empty)
            painter.end()


class _CellDelegate(QStyledItemDelegate):
    """Draws a cell on the colour that its model gives it, which a style sheet would leave out."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the ground, then the cell."""
        ground = index.data(Qt.ItemDataRole.BackgroundRole)
        if ground is not None:
            painter.fillRect(option.rect, ground)
        super().paint(painter, option, index)


class TickDelegate(QStyledItemDelegate):
    """Draws the tick into the check box of a cell."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the cell, then the tick."""
        super().paint(painter, option, index)
        if index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked:
            shown = QStyleOptionViewItem(option)
            self.initStyleOption(shown, index)
            view: QWidget = shown.widget
            paint_tick(painter, view.style().subElementRect(QStyle.SubElement.SE_ItemViewItemCheckIndicator, shown, view))


class ChoiceDelegate(QStyledItemDelegate):
    """Edits a cell with a combo box of (value, words).  The arrow shows that there is something to choose."""

    def __init__(self, choices: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self._choices = tuple(choices)

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index) -> QWidget:
        """The combo box."""
        editor = ComboBox(parent)
        for value, words in self._choices:
            editor.addItem(words, value)
        editor.activated.connect(self._on_activated)
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Choose what the cell has."""
        if isinstance(editor, ComboBox):
            editor.setCurrentIndex(editor.findData(index.data(Qt.ItemDataRole.EditRole)))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Give the cell what was chosen."""
        if isinstance(editor, ComboBox):
            model.setData(index, editor.currentData(), Qt.ItemDataRole.EditRole)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        """Fill the cell."""
        rect: QRect = option.rect
        editor.setGeometry(rect)

    def _on_activated(self) -> None:
        editor = self.sender()
        if isinstance(editor, ComboBox):
            self.commitData.emit(editor)
            self.closeEditor.emit(editor, QStyledItemDelegate.EndEditHint.NoHint)
