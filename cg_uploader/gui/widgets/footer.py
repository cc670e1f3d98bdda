"""The foot of the window: back, the reason why it does not go on yet, and next."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.inputs import PushButton
from cg_uploader.gui.widgets.texts import ElidedLabel, IconLabel


class Footer(QFrame):
    """Back and next.  Next says where it leads, and why not when it cannot."""

    back = Signal()
    forward = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "footer")
        self.back_button = PushButton("&Back", self.back.emit)
        self.next_button = PushButton("", self.forward.emit, role="primary")
        self._sign = IconLabel(IconShape.INFORMATION, "quiet")
        self._reason = ElidedLabel()
        self._reason.setProperty("role", "quiet")
        self._reason.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE * 4, SPACE * 3 // 2, SPACE * 4, SPACE * 3 // 2)
        row.setSpacing(SPACE * 2)
        row.addWidget(self.back_button)
        row.addStretch(1)
        row.addWidget(self._sign)
        row.addWidget(self._reason)
        row.addWidget(self.next_button)

    @property
    def reason(self) -> str:
        """The sentence beside a disabled next."""
        return self._reason.text()

    def say(self, *, no_way_back: str = "", forward: str, reason: str) -> None:
        """Show what next says (empty: there is none), why it is disabled, and why there is ``no_way_back``."""
        self.back_button.allow(no_way_back)
        self.next_button.setVisible(bool(forward))
        self.next_button.setText(forward)
        self.next_button.allow(reason)
        self._reason.setText(reason if forward else "")
        self._sign.setVisible(bool(reason and forward))
