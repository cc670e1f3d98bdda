"""What looks odd in a file: a short list of sentences, the many of one kind folded into one line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.texts import IconLabel, caption, plain, section

MAX_LINES = 12


class NotesBox(QWidget):
    """Hidden when there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        self._column.addWidget(section("Worth a look"))
        self._lines = QWidget()
        self._column.addWidget(self._lines)
        self.texts: tuple[str, ...] = ()

    def show_texts(self, texts: Sequence[str]) -> None:
        """Show what ``fold`` has made of the notes of a file."""
        self.texts = tuple(texts)
        self.setVisible(bool(self.texts))
        fresh = QWidget()
        column = QVBoxLayout(fresh)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        for text in self.texts[:MAX_LINES]:
            row = QHBoxLayout()
            row.setSpacing(SPACE)
            row.addWidget(IconLabel(IconShape.INFORMATION, "accent"), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(plain(text, wrap=True), 1)
            column.addLayout(row)
        if len(self.texts) > MAX_LINES:
            column.addWidget(caption(f"…and {len(self.texts) - MAX_LINES} more kinds of remarks."))
        self._column.replaceWidget(self._lines, fresh)
        self._lines.deleteLater()
        self._lines = fresh
