"""Labels whose text is text: nothing that came from a file or a server is ever read as markup."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QSizePolicy, QWidget

from cg_uploader.fields.headings import reveal
from cg_uploader.gui import theme
from cg_uploader.gui.widgets import icons
from cg_uploader.gui.widgets.icons import IconShape

# Height of a line of text, in device-independent pixels, up to which icons have their usual size; above it they grow too.
LINE_HEIGHT = 18


def grown(widget: QWidget, size: int) -> int:
    """``size`` of an icon beside the widget's text, in pixels: larger where the text is larger than usual."""
    return round(size * max(1.0, widget.fontMetrics().height() / LINE_HEIGHT))


class PlainTextLabel(QLabel):
    """A label that shows its text to the letter, and what could deceive in it by name."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show ``text``."""
        super().setText(reveal(text))


def plain(text: str = "", *, role: str = "", wrap: bool = False, parent: QWidget | None = None) -> QLabel:
    """A label that shows ``text`` to the letter.  ``role`` is a word of the style sheet (quiet)."""
    label = PlainTextLabel(text, parent)
    label.setWordWrap(wrap)
    if wrap:
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    if role:
        label.setProperty("role", role)
    return label


def title(text: str) -> QLabel:
    """The one title of a page."""
    label = plain(text)
    label.setFont(theme.scaled(1.6, QFont.Weight.DemiBold))
    return label


def section(text: str) -> QLabel:
    """The heading of a part of a page."""
    label = plain(text)
    label.setFont(theme.scaled(1.1, QFont.Weight.DemiBold))
    return label


def caption(text: str = "", *, wrap: bool = True) -> QLabel:
    """A quiet, smaller remark."""
    label = plain(text, role="quiet", wrap=wrap)
    label.setFont(theme.scaled(0.92))
    return label


def tip(widget: QWidget, text: str) -> None:
    """A tool tip that shows ``text`` to the letter."""
    widget.setToolTip(tip_text(text))


def tip_text(text: str) -> str:
    """``text`` as a tool tip that Qt cannot mistake for markup.  Empty stays empty."""
    return f"<p style='white-space:pre-wrap'>{html.escape(reveal(text))}</p>" if text else ""


def set_tone(widget: QWidget, tone: str) -> None:
    """Give ``widget`` the colours of good, warning, error, quiet, accent or none."""
    set_mark(widget, "tone", tone)


def set_mark(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and style the widget again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def message(parent: QWidget, kind: QMessageBox.Icon, text: str, more: str = "") -> QMessageBox:
    """A message box that shows its texts to the letter.  The caller adds buttons and opens it."""
    box = QMessageBox(parent)
    box.setIcon(kind)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle(QApplication.applicationDisplayName())
    box.setText(reveal(text))
    box.setInformativeText(reveal(more))
    for label in box.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)  # the box itself does so for its first text alone
    return box


class ElidedLabel(PlainTextLabel):
    """One line with … for what has no room.  Its whole text is in the tool tip."""

    def __init__(
        self, text: str = "", parent: QWidget | None = None, *, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__(text, parent)
        self._mode = mode
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        """Show ``text`` on one line."""
        super().setText(text.replace("\n", " ⏎ "))
        self.setToolTip(tip_text(text))
        self.setAccessibleName(text)

    def minimumSizeHint(self) -> QSize:
        """As narrow as wanted."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self.palette().color(self.foregroundRole()))
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), self._mode, room.width())
        painter.drawText(room, self.alignment() | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()


class IconLabel(QWidget):
    """One icon in the colour of its tone.  A word always stands beside it, so it has no name of its own."""

    def __init__(self, shape: IconShape, tone: str = "quiet", size: int = 18, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shape, self._tone = shape, tone
        side = grown(self, size)
        self.setFixedSize(side, side)

    def show_sign(self, shape: IconShape, tone: str) -> None:
        """Draw another one."""
        if (shape, tone) != (self._shape, self._tone):
            self._shape, self._tone = shape, tone
            self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Colours may have changed."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the icon."""
        colours = theme.colours_in_use()
        painter = QPainter(self)
        icons.paint(painter, self._shape, self.rect().toRectF().adjusted(1, 1, -1, -1), getattr(colours, self._tone))
        painter.end()
