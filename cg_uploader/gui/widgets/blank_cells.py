"""What happens to cells without text, in words."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QRadioButton, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.texts import plain
from cg_uploader.model.enums import BlankCells


class BlankCellsChoice(QWidget):
    """Two radio buttons.  ``chosen`` brings the BlankCells."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Cells without text")
        self.leave_out = QRadioButton("are not men&tioned: CustomerGauge keeps what it has")
        self.send_empty = QRadioButton("are sent e&mpty: this may clear what CustomerGauge has")
        group = QButtonGroup(self)
        group.addButton(self.leave_out)
        group.addButton(self.send_empty)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE * 2)
        grid.setVerticalSpacing(0)
        grid.addWidget(plain("Cells without text"), 0, 0)
        grid.addWidget(self.leave_out, 0, 1)
        grid.addWidget(self.send_empty, 1, 1)
        grid.setColumnStretch(1, 1)
        self.send_empty.toggled.connect(self._on_toggled)

    def show_choice(self, choice: BlankCells) -> None:
        """Show it.  No signal comes."""
        blocked = QSignalBlocker(self.send_empty)
        self.leave_out.setChecked(choice is BlankCells.LEAVE_OUT)
        self.send_empty.setChecked(choice is BlankCells.SEND_EMPTY)
        del blocked

    def _on_toggled(self, empty: bool) -> None:
        self.chosen.emit(BlankCells.SEND_EMPTY if empty else BlankCells.LEAVE_OUT)
