"""How far the reading of a file is: its name, rows so far, a bar, and a button that ends it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.inputs import PushButton
from cg_uploader.gui.widgets.texts import ElidedLabel
from cg_uploader.gui.words import counted
from cg_uploader.sheets.reader import ReadProgress

_THOUSAND = 1000


class ReadingProgress(QWidget):
    """Hidden until a reading begins.  The bar moves to and fro while it is not known how much is left."""

    def __init__(self, cancel: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._words = ElidedLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Reading the file")
        self.cancel_button = PushButton("Ca&ncel", cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE * 2)
        row.addWidget(self._words, 1)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel_button)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._words.text()

    def begin(self, name: str) -> None:
        """The reading of a file with this name begins."""
        self._name = name
        self._words.setText(f"Reading {name}…")
        self.bar.setRange(0, 0)

    def say(self, so_far: ReadProgress) -> None:
        """It has come this far."""
        of = f" of {self._name}" if so_far.share is None else f", {so_far.share:.0%} of {self._name}"
        self._words.setText(f"{counted(so_far.rows, 'row')} read so far{of}")
        self.bar.setRange(0, 0 if so_far.share is None else _THOUSAND)
        self.bar.setValue(round((so_far.share or 0) * _THOUSAND))
