"""A dialog that shows text to read: help pages, licences, where things are found."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from cg_uploader.fields.headings import reveal
from cg_uploader.gui.theme import SPACE


class TextDialog(QDialog):
    """Shows one text of our own, as Markdown or plain.  Links lead nowhere by themselves."""

    def __init__(self, name: str, text: str, *, markdown: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(name)
        self.text = QTextBrowser()
        self.text.setOpenLinks(False)
        self.text.setAccessibleName(name)
        self.text.document().setDocumentMargin(SPACE)
        if markdown:
            self.text.setMarkdown(text)
        else:
            self.text.setPlainText(reveal(text))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE * 2, SPACE * 2, SPACE * 2, SPACE * 2)
        column.setSpacing(SPACE * 2)
        column.addWidget(self.text)
        column.addWidget(buttons)

    def sizeHint(self) -> QSize:
        """Room for about seventy letters a line."""
        letter = self.fontMetrics().averageCharWidth()
        return QSize(letter * 80, self.fontMetrics().height() * 28)
