"""The six totals of a run, live.  Pressing one shows its rows, pressing it again all rows that need attention."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from cg_uploader.gui import theme
from cg_uploader.gui.models.outcomes_model import LOOKS
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.texts import IconLabel, plain
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.statuses import STATUSES


class CounterButton(QPushButton):
    """One total: number, icon, word."""

    def __init__(self, status: RowStatus) -> None:
        super().__init__()
        self.setProperty("role", "counter")
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.status = status
        self._number = plain("0")
        self._number.setFont(theme.scaled(1.35, QFont.Weight.DemiBold))
        word = QHBoxLayout()
        word.setSpacing(SPACE // 2)
        word.addWidget(IconLabel(*LOOKS[status], 16))
        word.addWidget(plain(STATUSES[status].label, role="quiet"), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE * 3 // 2, SPACE, SPACE, SPACE)
        column.setSpacing(0)
        column.addWidget(self._number)
        column.addLayout(word)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_count(0)

    def sizeHint(self) -> QSize:
        """What number and word need."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    @property
    def count(self) -> int:
        """What it shows."""
        return int(self._number.text().replace(",", ""))

    def show_count(self, count: int) -> None:
        """Show ``count``."""
        self._number.setText(f"{count:,}")
        self.setAccessibleName(f"{STATUSES[self.status].label}: {count:,}")


class Counters(QWidget):
    """All six.  ``chosen`` brings a RowStatus, or None when none is pressed."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counters = {status: CounterButton(status) for status in RowStatus}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        for counter in self.counters.values():
            counter.toggled.connect(self._on_toggled)
            row.addWidget(counter)

    def show_counts(self, counts: Mapping[RowStatus, int]) -> None:
        """Show these totals."""
        for status, counter in self.counters.items():
            counter.show_count(counts.get(status, 0))

    def release(self) -> None:
        """Press none."""
        for counter in self.counters.values():
            counter.setChecked(False)

    def _on_toggled(self, pressed: bool) -> None:
        one = self.sender()
        if not isinstance(one, CounterButton):
            return
        if pressed:
            for counter in self.counters.values():
                if counter is not one and counter.isChecked():
                    counter.blockSignals(True)
                    counter.setChecked(False)
                    counter.blockSignals(False)
        self.chosen.emit(one.status if pressed else None)
