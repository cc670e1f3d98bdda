"""Buttons beside each other, which go below each other in their groups when there is no room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from cg_uploader.gui.theme import SPACE


class ButtonRow(QWidget):
    """One row of all buttons, or one for each group.  Hidden buttons take no room."""

    def __init__(self, *groups: Sequence[QPushButton], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(SPACE)
        self._rows = [QHBoxLayout() for _ in groups]
        for row, buttons in zip(self._rows, groups, strict=True):
            row.setSpacing(SPACE)
            for button in buttons:
                row.addWidget(button)
            self._box.addLayout(row)
            self._box.setAlignment(row, Qt.AlignmentFlag.AlignLeft)
        self._box.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _widths(self) -> list[int]:
        return [row.sizeHint().width() for row in self._rows if not row.isEmpty()]

    def minimumSizeHint(self) -> QSize:
        """The widest group must have room."""
        return QSize(max(self._widths(), default=0), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There may be more room, or less."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """A button may have been shown or hidden."""
        heard = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return heard

    def _fit(self) -> None:
        widths = self._widths()
        fits = sum(widths) + SPACE * (len(widths) - 1) <= self.width()
        self._box.setDirection(QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom)
