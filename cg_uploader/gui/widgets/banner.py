"""Inline messages: icon, plain sentence, and perhaps one button.  Also the small state that is an icon and a word."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.texts import IconLabel, caption, plain, set_tone

SHAPES = {
    "good": IconShape.GOOD,
    "warning": IconShape.WARNING,
    "error": IconShape.ERROR,
    "accent": IconShape.INFORMATION,
    "quiet": IconShape.INFORMATION,
}


class Banner(QFrame):
    """One message in its place on the page.  Hidden while there is nothing to say.  ``pressed``: its button was."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._sign = IconLabel(IconShape.INFORMATION, "accent", 20)
        self._text = plain(wrap=True)
        self._more = caption()
        self._button = QPushButton()
        self._button.clicked.connect(self.pressed)
        words = QVBoxLayout()
        words.setSpacing(SPACE // 2)
        words.addWidget(self._text)
        words.addWidget(self._more)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE * 3 // 2, SPACE, SPACE * 3 // 2, SPACE)
        row.setSpacing(SPACE * 3 // 2)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.clear()

    @property
    def text(self) -> str:
        """What it says now.  Empty when hidden."""
        return self._text.text()

    def say(self, tone: str, text: str, *, more: str = "", button: str = "") -> None:
        """Show ``text`` in the tone good, warning, error or accent, and tell assistive technology."""
        changed = text != self._text.text()
        set_tone(self, tone)
        self._sign.show_sign(SHAPES[tone], tone)
        self._text.setText(text)
        self._more.setText(more)
        self._more.setVisible(bool(more))
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self.setAccessibleName(text)
        self.show()
        if changed:
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def clear(self) -> None:
        """Say nothing."""
        self._text.setText("")
        self._button.hide()
        self.hide()


class State(QWidget):
    """An icon and a word.  Below the word perhaps a remark, beside it perhaps a button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = IconLabel(IconShape.CIRCLE, parent=self)
        self._word = plain(wrap=True, parent=self)
        self._remark: QLabel | None = None
        self._words = QVBoxLayout()
        self._words.setSpacing(SPACE // 4)
        self._words.addWidget(self._word)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE)
        self._row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(self._words, 1)

    @property
    def word(self) -> str:
        """What it says now."""
        return self._word.text()

    @property
    def remark(self) -> str:
        """What it says below.  Empty when nothing."""
        return self._remark.text() if self._remark is not None else ""

    def say(self, shape: IconShape, tone: str, word: str, remark: str = "") -> None:
        """Show ``word`` beside ``shape``, and ``remark`` below."""
        self._sign.show_sign(shape, tone)
        self._word.setText(word)
        set_tone(self._word, tone)
        self.setAccessibleName(f"{word}. {remark}" if remark else word)
        if remark and self._remark is None:
            self._remark = caption()
            self._words.addWidget(self._remark)
        if self._remark is not None:
            self._remark.setText(remark)
            self._remark.setVisible(bool(remark))

    def take(self, button: QPushButton) -> None:
        """Put ``button`` below the words."""
        self._words.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
