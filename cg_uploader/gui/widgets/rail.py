"""The rail at the left: the five steps with their states, and the places beside them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from cg_uploader.gui import theme
from cg_uploader.gui.steps import Standing, Step
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.inputs import PushButton
from cg_uploader.gui.widgets.texts import ElidedLabel, IconLabel, caption, plain, set_tone, tip

SIGNS = {
    Standing.NOT_STARTED: (IconShape.CIRCLE, "quiet"),
    Standing.NEEDS_ATTENTION: (IconShape.WARNING, "warning"),
    Standing.READY: (IconShape.GOOD, "good"),
    Standing.UNDER_WAY: (IconShape.PLAY, "accent"),
}


class StepButton(QPushButton):
    """One step: its icon, its name, its state in words."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.setProperty("role", "step")
        self.setCheckable(True)
        self.setAutoDefault(False)
        self._step = step
        self._sign = IconLabel(IconShape.CIRCLE, "quiet", 22)
        self._name = plain(f"{step + 1}  {step.label}")
        self._name.setFont(theme.scaled(1.05, QFont.Weight.DemiBold))
        self._state = caption(wrap=False)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._name)
        words.addWidget(self._state)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE * 3 // 2, SPACE, SPACE, SPACE)
        row.setSpacing(SPACE * 3 // 2)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(words, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.say(Standing.NOT_STARTED, "")

    def sizeHint(self) -> QSize:
        """What the words need."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def say(self, standing: Standing, why_closed: str) -> None:
        """Show how the step stands.  ``why_closed`` is empty when it can be opened."""
        shape, tone = SIGNS[standing]
        self._sign.show_sign(shape, tone)
        self._state.setText(standing.value)
        set_tone(self._state, tone)
        set_tone(self._name, "quiet" if why_closed else "")
        self.setEnabled(not why_closed)
        tip(self, why_closed)
        self.setAccessibleName(f"Step {self._step + 1} of {len(Step)}: {self._step.label}, {standing.value}")
        self.setAccessibleDescription(why_closed)


class Rail(QFrame):
    """The program's name, the steps, and beside them history, help and settings."""

    step_chosen = Signal(object)
    history_wanted = Signal()
    settings_wanted = Signal()
    help_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "rail")
        self._buttons = {step: StepButton(step) for step in Step}
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE * 2, SPACE, SPACE * 2)
        column.setSpacing(SPACE // 2)
        column.addLayout(self._heading())
        for step, button in self._buttons.items():
            self._group.addButton(button, step)
            column.addWidget(button)
        self._group.idClicked.connect(self._on_clicked)
        column.addStretch(1)
        for text, signal, shape in (
            ("History", self.history_wanted, IconShape.HISTORY),
            ("Settings", self.settings_wanted, IconShape.SETTINGS),
            ("Help", self.help_wanted, IconShape.HELP),
        ):
            column.addWidget(PushButton(f"  {text}", signal.emit, role="beside", shape=shape))

    def _heading(self) -> QVBoxLayout:
        name = plain("CG Uploader")
        name.setFont(theme.scaled(1.25, QFont.Weight.Bold))
        self._connection = ElidedLabel("No connection yet")
        self._connection.setFont(theme.scaled(0.92))
        self._connection.setProperty("role", "quiet")
        column = QVBoxLayout()
        column.setContentsMargins(SPACE * 3 // 2, 0, SPACE, SPACE * 2)
        column.setSpacing(2)
        column.addWidget(name)
        column.addWidget(self._connection)
        return column

    def show_connection(self, text: str) -> None:
        """Say which connection is in use."""
        self._connection.setText(text)

    def show_step(self, step: Step | None) -> None:
        """Mark the step whose page is open.  None: a page beside the steps."""
        self._group.setExclusive(False)
        for one, button in self._buttons.items():
            button.setChecked(one is step)
        self._group.setExclusive(True)

    def say(self, step: Step, standing: Standing, why_closed: str) -> None:
        """Show how ``step`` stands."""
        self._buttons[step].say(standing, why_closed)

    def button(self, step: Step) -> StepButton:
        """The step's button."""
        return self._buttons[step]

    def _on_clicked(self, number: int) -> None:
        self.step_chosen.emit(Step(number))
