"""The question which of two readings of a text file is right: both side by side, and a button below each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cg_uploader.gui.models.preview_model import PreviewModel
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.inputs import PushButton
from cg_uploader.gui.widgets.reading_options import NO_DELIMITER, delimiter_in_words, encoding_in_words
from cg_uploader.gui.widgets.table import TableView as View
from cg_uploader.gui.widgets.texts import section
from cg_uploader.model.table import Column, Row, Table

QUESTION = "This file can be read in two ways. Which is right?"
_LINES = 5


class TwoReadings(QWidget):
    """Hidden unless there is something to ask.  ``chosen`` brings an encoding and a delimiter, one of them None."""

    chosen = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ways: list[tuple[str | None, str | None]] = [(None, None), (None, None)]
        self.question = Banner()
        self.left = _Side("Preview of the first way", "Use the &left one", self._choose_left)
        self.right = _Side("Preview of the second way", "Use the &right one", self._choose_right)
        sides = QHBoxLayout()
        sides.setSpacing(SPACE * 2)
        sides.addWidget(self.left, 1)
        sides.addWidget(self.right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE * 3 // 2)
        column.addWidget(self.question)
        column.addLayout(sides)
        self.hide()

    def show_table(self, table: Table | None) -> None:
        """Ask about ``table`` if it has an alternative, else say nothing."""
        other = table.alternative if table is not None else None
        self.setVisible(other is not None)
        if table is None or other is None:
            return
        self.question.say("warning", QUESTION)
        if other.delimiter is not None:
            self._ways = [(None, table.delimiter or NO_DELIMITER), (None, other.delimiter)]
            words = [f"Delimiter: {delimiter_in_words(delimiter)}" for _, delimiter in self._ways]
        else:
            self._ways = [(table.encoding, None), (other.encoding, None)]
            words = [f"Encoding: {encoding_in_words(encoding or '')}" for encoding, _ in self._ways]
        self.left.show_sample(words[0], other.own)
        self.right.show_sample(words[1], other.other)

    def _choose_left(self) -> None:
        self.chosen.emit(*self._ways[0])

    def _choose_right(self) -> None:
        self.chosen.emit(*self._ways[1])


class _Side(QWidget):
    """One of the two ways."""

    def __init__(self, name: str, button: str, pressed: Callable[[], object]) -> None:
        super().__init__()
        self._words = section("")
        self.model = PreviewModel(self)
        self.view = View(name)
        self.view.setModel(self.model)
        lines = self.view.verticalHeader()
        self.view.setFixedHeight(lines.defaultSectionSize() * (_LINES + 1) + SPACE * 3)
        self.button = PushButton(button, pressed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self._words)
        column.addWidget(self.view)
        column.addWidget(self.button)

    def show_sample(self, words: str, lines: Sequence[Sequence[str]]) -> None:
        """Show headings and rows."""
        self._words.setText(words)
        headings, *rows = lines
        columns = [Column(heading, str(place)) for place, heading in enumerate(headings, 1)]
        self.model.show_rows(columns, [Row(number, tuple(cells)) for number, cells in enumerate(rows, 2)])
        self.view.fit_columns()
        self.button.setAccessibleDescription(words)
