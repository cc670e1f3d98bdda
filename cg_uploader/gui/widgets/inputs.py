"""Controls to choose with: buttons by role, combo and spin boxes with a drawn arrow, a label as buddy for each."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QPushButton,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from cg_uploader.gui import theme
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets import icons
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.texts import grown, plain, tip


class PushButton(QPushButton):
    """A button: text with mnemonic, what it does, perhaps an icon.  ``role`` primary, plain, counter, group or none.

    Whatever presses it, mouse, key or assistive technology, ``clicked`` comes.
    """

    def __init__(
        self, text: str, pressed: Callable[[], object] | None = None, *, role: str = "", shape: IconShape | None = None
    ) -> None:
        super().__init__(text)
        self._shape = shape
        self._drawn: tuple[IconShape, str, int] | None = None
        self.setAutoDefault(False)
        if role:
            self.setProperty("role", role)
        if pressed is not None:
            self._pressed = pressed
            self.clicked.connect(self._on_clicked)
        self._draw_icon()

    def _on_clicked(self) -> None:
        self._pressed()

    def allow(self, why_not: str = "") -> None:
        """Make it possible to press, or not for the reason that ``why_not`` says, which a tool tip and a reader show."""
        self.setEnabled(not why_not)
        self.setAccessibleDescription(why_not)
        tip(self, why_not)

    def show_shape(self, shape: IconShape) -> None:
        """Another icon."""
        self._shape = shape
        self._draw_icon()

    def changeEvent(self, event: QEvent) -> None:
        """Colours or state may have changed."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.EnabledChange, QEvent.Type.FontChange):
            self._draw_icon()

    def _draw_icon(self) -> None:
        if self._shape is None:
            return
        colours = theme.colours_in_use()
        role = self.property("role")
        colour = {"primary": colours.on_accent, "plain": colours.accent}.get(role, colours.text)
        wanted = (self._shape, colour if self.isEnabled() else colours.quiet, grown(self, 18))
        if wanted == self._drawn:
            return
        self._drawn = wanted
        self.setIcon(icons.icon(*wanted))
        self.setIconSize(QSize(wanted[2], wanted[2]))


class ComboBox(QComboBox):
    """A combo box with a drawn arrow.  What does not fit ends in ….  The wheel scrolls the page unless it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the box, its text, the arrow."""
        colours = theme.colours_in_use()
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        room = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room.width() - 6)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        where = QRectF(self.width() - 24, (self.height() - 14) / 2, 14, 14)
        icons.paint(painter, IconShape.DOWN, where, colours.text if self.isEnabled() else colours.edge, 2.5)
        painter.end()


class CheckBox(QCheckBox):
    """A check box with a drawn tick."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box, then the tick."""
        super().paintEvent(event)
        if self.isChecked():
            option = QStyleOptionButton()
            self.initStyleOption(option)
            painter = QPainter(self)
            paint_tick(painter, self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self))
            painter.end()


def paint_tick(painter: QPainter, where: QRect) -> None:
    """The tick of a check box that is drawn at ``where``."""
    icons.paint(painter, IconShape.CHECK, where.toRectF().adjusted(2, 2, -2, -2), theme.colours_in_use().on_accent, 3.5)


class SpinBox(QSpinBox):
    """A number to type or to step, with drawn arrows."""

    def __init__(self, lowest: int, highest: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(lowest, highest)
        self.setKeyboardTracking(False)
        self.lineEdit().setTextMargins(9, 0, 0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box, then the arrows."""
        super().paintEvent(event)
        colour = theme.colours_in_use().text
        painter = QPainter(self)
        middle = self.height() / 2
        icons.paint(painter, IconShape.UP, QRectF(self.width() - 22, middle - 12, 12, 12), colour, 2.5)
        icons.paint(painter, IconShape.DOWN, QRectF(self.width() - 22, middle, 12, 12), colour, 2.5)
        painter.end()


def labelled(text: str, control: QWidget, *, remark: QLabel | None = None) -> QVBoxLayout:
    """A label with mnemonic above its control.  ``remark`` goes below."""
    label = plain(text, wrap=True)
    label.setBuddy(control)
    control.setAccessibleName(text.replace("&", ""))
    column = QVBoxLayout()
    column.setSpacing(SPACE // 2)
    column.addWidget(label)
    column.addWidget(control)
    if remark is not None:
        column.addWidget(remark)
    column.addStretch(1)
    return column


def card(*, margin: int = SPACE * 2) -> tuple[QFrame, QVBoxLayout]:
    """A framed part of a page and the column to fill it with."""
    frame = QFrame()
    frame.setProperty("role", "card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(margin, margin, margin, margin)
    column.setSpacing(SPACE * 3 // 2)
    return frame, column


def line() -> QFrame:
    """A thin line between parts."""
    frame = QFrame()
    frame.setProperty("role", "line")
    return frame
