"""The short to-do list of a check: errors and warnings apart, one button each.  Pressing one shows its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.texts import IconLabel, plain, section
from cg_uploader.model.enums import Level


@dataclass(frozen=True, slots=True)
class TodoKey:
    """What an entry is about.  It stays the same from check to check."""

    # A kind of problem, or a choice of rows.
    kind: str
    # How much the problem matters; None for a choice of rows.
    level: Level | None = None
    # The field with the problem; None for the row, the file or a choice of rows.
    heading: str | None = None

    @property
    def is_problem(self) -> bool:
        """Whether the entry is a problem.  The others are choices of rows."""
        return self.level is not None


@dataclass(frozen=True, slots=True)
class Todo:
    """One entry of the list."""

    key: TodoKey
    # Its words.
    text: str
    # The positions of its rows in the table.
    positions: Sequence[int]


class TodoButton(QPushButton):
    """An entry as a button: icon, words that wrap."""

    def __init__(self, text: str, shape: IconShape, tone: str) -> None:
        super().__init__()
        self.setProperty("role", "group")
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setAccessibleName(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE * 3 // 2, SPACE, SPACE, SPACE)
        row.setSpacing(SPACE)
        row.addWidget(IconLabel(shape, tone), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(plain(text, wrap=True), 1)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)


class TodoList(QWidget):
    """``chosen`` brings the Todo that the user pressed."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Todo] = []
        self._key: TodoKey | None = None
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self._on_clicked)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        self._body = QWidget()
        self._column.addWidget(self._body)
        self._column.addStretch(1)

    @property
    def entries(self) -> tuple[Todo, ...]:
        """What is listed, from top to bottom."""
        return tuple(self._entries)

    def button(self, key: TodoKey) -> QAbstractButton:
        """The button of the entry with this key."""
        return self._group.button(next(place for place, entry in enumerate(self._entries) if entry.key == key))

    def show_entries(self, parts: Sequence[tuple[str, IconShape, str, Sequence[Todo]]]) -> Todo | None:
        """List parts of (title, icon, tone, entries).  Return the chosen entry, which stays if it is still here."""
        self._entries = [entry for _, _, _, entries in parts for entry in entries]
        focused = False
        for old in self._group.buttons():
            focused = focused or old.hasFocus()
            self._group.removeButton(old)
        fresh = QWidget()
        column = QVBoxLayout(fresh)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        place = 0
        for title, shape, tone, entries in parts:
            if title and entries:
                column.addWidget(section(title))
            for entry in entries:
                button = TodoButton(entry.text, shape, tone)
                self._group.addButton(button, place)
                column.addWidget(button)
                place += 1
            if entries:
                column.addSpacing(SPACE)
        self._column.replaceWidget(self._body, fresh)
        self._body.deleteLater()
        self._body = fresh
        self._keep_tab_order()
        chosen = self._choose_again()
        if focused and chosen is not None:
            self.button(chosen.key).setFocus()
        return chosen

    def _keep_tab_order(self) -> None:
        """New buttons come last in the window's order.  They belong where the list stands, which takes no focus itself."""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # without a policy a widget has no place that Qt would look at
        before: QWidget = self
        for place in range(len(self._entries)):
            QWidget.setTabOrder(before, self._group.button(place))
            before = self._group.button(place)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _choose_again(self) -> Todo | None:
        place = next((place for place, entry in enumerate(self._entries) if entry.key == self._key), 0)
        if not self._entries:
            return None
        self._group.button(place).setChecked(True)
        self._key = self._entries[place].key
        return self._entries[place]

    def _on_clicked(self, place: int) -> None:
        self._key = self._entries[place].key
        self.chosen.emit(self._entries[place])
