"""One line of the mapping: a field heading, where its text comes from, sample values, its state."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from cg_uploader.fields import headings
from cg_uploader.fields.matching import FieldMatch, FieldState
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.banner import State
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.inputs import ComboBox, PushButton
from cg_uploader.gui.widgets.texts import ElidedLabel, plain, tip
from cg_uploader.model.configuration import Field

NOT_SENT = "-"
CONSTANT = "="
STATES = {
    FieldState.EXACT: (IconShape.GOOD, "good"),
    FieldState.SPELLING: (IconShape.GOOD, "good"),
    FieldState.SUGGESTION: (IconShape.QUESTION, "warning"),
    FieldState.MISSING: (IconShape.ERROR, "error"),
    FieldState.NOT_USED: (IconShape.HALF, "quiet"),
}
PARTS = (22, 26, 22, 30)
TITLES = ("CustomerGauge field", "Comes from", "For example", "State")


def columns(widgets: tuple[QWidget, ...]) -> QHBoxLayout:
    """Put the four widgets of a line, or of the titles above, side by side in equal proportions."""
    row = QHBoxLayout()
    row.setSpacing(SPACE * 2)
    for widget, part in zip(widgets, PARTS, strict=True):
        policy = widget.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
        widget.setSizePolicy(policy)
        row.addWidget(widget, part, Qt.AlignmentFlag.AlignVCenter)
    return row


class MappingLine(QFrame):
    """``chosen`` brings heading and choice: a column's letter, NOT_SENT, or CONSTANT with its text.

    What only some lines need, the text for all rows and the button to confirm, is made when it is needed.
    """

    chosen = Signal(str, str, str)
    confirmed = Signal(str)

    def __init__(self, field: Field, choices: QAbstractItemModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.constant: QLineEdit | None = None
        self.confirm_button: PushButton | None = None
        self.source = ComboBox(self)
        self.source.setModel(choices)
        self.source.activated.connect(self._on_activated)
        self.source.setAccessibleName(f"{field.heading} comes from")
        self.samples = ElidedLabel(parent=self)
        self.samples.setProperty("role", "quiet")
        self.state = State(self)
        required = "  (required)" if field.required else ""
        name = plain(f"{headings.show_invisible(field.heading).replace('&', '&&')}{required}", wrap=True, parent=self)
        name.setFont(QFont(name.font().family(), -1, QFont.Weight.DemiBold))
        name.setBuddy(self.source)
        tip(name, field.heading)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, SPACE, 0, SPACE)
        self._column.setSpacing(SPACE // 2)
        self._column.addLayout(columns((name, self.source, self.samples, self.state)))

    @property
    def last_control(self) -> QWidget:
        """Where the Tab key leaves the line."""
        return self.confirm_button or self.constant or self.source

    def show_match(self, match: FieldMatch, letter: str, samples: str) -> None:
        """Show how the field stands.  ``letter`` is the source column's, empty where there is none."""
        constant = match.source.constant if match.source is not None else None
        chosen = CONSTANT if constant is not None else letter or NOT_SENT
        blocked = QSignalBlocker(self.source)
        self.source.setCurrentIndex(self.source.findData(chosen))
        del blocked
        self._show_constant(constant)
        self.samples.setText(constant if constant is not None else samples)
        shape, tone = STATES[match.state]
        remark = match.difference or ""
        waits = match.state is FieldState.SUGGESTION and match.suggestion is not None
        if waits and match.suggestion is not None:
            name = headings.show_invisible(match.suggestion.heading)
            remark = f"Column {match.suggestion.letter}, “{name}”" + (f": {remark}" if remark else "")
        self.state.say(shape, tone, match.state.label, remark)
        self._show_confirm(waits)

    def _show_constant(self, constant: str | None) -> None:
        if constant is not None:
            edit = self._constant_edit()
            if edit.text() != constant:
                edit.setText(constant)
        if self.constant is not None:
            self.constant.setVisible(constant is not None)

    def _constant_edit(self) -> QLineEdit:
        if self.constant is None:
            self.constant = QLineEdit(self)
            self.constant.setPlaceholderText("Text for all rows")
            self.constant.setAccessibleName(f"Text for all rows in {self.field.heading}")
            self.constant.editingFinished.connect(self._on_constant)
            spaces = tuple(QWidget(self) for _ in range(3))
            self._column.addLayout(columns((spaces[0], self.constant, *spaces[1:])))
            QWidget.setTabOrder(self.source, self.constant)
        return self.constant

    def _show_confirm(self, waits: bool) -> None:
        if waits and self.confirm_button is None:
            self.confirm_button = PushButton("Confirm", self._on_confirm)
            self.confirm_button.setAccessibleName(f"Confirm the suggestion for {self.field.heading}")
            self.state.take(self.confirm_button)
            QWidget.setTabOrder(self.constant or self.source, self.confirm_button)
        if self.confirm_button is not None:
            self.confirm_button.setVisible(waits)

    def _on_activated(self) -> None:
        choice = self.source.currentData()
        if choice == CONSTANT:
            edit = self._constant_edit()
            edit.show()
            edit.setFocus()
        else:
            self.chosen.emit(self.field.heading, choice, "")

    def _on_constant(self) -> None:
        if self.source.currentData() == CONSTANT and self.constant is not None:
            text = self.constant.text().strip()
            self.chosen.emit(self.field.heading, CONSTANT if text else NOT_SENT, text)

    def _on_confirm(self) -> None:
        self.confirmed.emit(self.field.heading)
