"""What waits until a window can be seen: whatever starts sooner makes the user wait for the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

# After the first paint, for the desktop to place the window and for what it has painted to reach the screen.
CALM_MS = 50


def after_first_paint(widget: QWidget, do: Callable[[], object], wait_ms: int = CALM_MS) -> None:
    """Call ``do`` once, ``wait_ms`` after ``widget`` was painted for the first time, unless it goes before that."""
    widget.installEventFilter(_FirstPaint(widget, do, wait_ms))


class _FirstPaint(QObject):
    """Looks at the events of its parent up to the first paint."""

    def __init__(self, widget: QWidget, do: Callable[[], object], wait_ms: int) -> None:
        super().__init__(widget)
        self._widget = widget
        self._do = do
        self._wait_ms = wait_ms

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Let everything through."""
        if event.type() is QEvent.Type.Paint:
            self._widget.removeEventFilter(self)
            QTimer.singleShot(self._wait_ms, self._widget, self._do)
            self.deleteLater()
        return False
