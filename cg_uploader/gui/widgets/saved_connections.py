"""The saved connections: choose one, save this one under a name, delete it, exchange it as a setup file."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from cg_uploader.fields.headings import reveal
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.inputs import ComboBox, PushButton, labelled

NEW = "New connection"


class SavedConnections(QWidget):
    """The controls.  The page does what they ask for."""

    chosen = Signal(str)
    save_wanted = Signal()
    save_as_wanted = Signal()
    import_wanted = Signal()
    export_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names = ComboBox()
        self.names.activated.connect(self._on_activated)
        self.save_button = PushButton("Sa&ve", self.save_wanted.emit)
        self.more_button = PushButton("M&ore", shape=IconShape.DOWN)
        menu = QMenu(self.more_button)
        self.save_as_action = menu.addAction("Save under another &name…", self.save_as_wanted.emit)
        menu.addAction("&Open a setup file…", self.import_wanted.emit)
        self.export_action = menu.addAction("&Export as a setup file…", self.export_wanted.emit)
        menu.addSeparator()
        self.delete_action = menu.addAction("&Delete this connection…", self.delete_wanted.emit)
        self.more_button.setMenu(menu)
        self.banner = Banner()
        buttons = QVBoxLayout()
        buttons.addStretch(1)
        pair = QHBoxLayout()
        pair.setSpacing(SPACE)
        pair.addWidget(self.save_button)
        pair.addWidget(self.more_button)
        buttons.addLayout(pair)
        row = QHBoxLayout()
        row.setSpacing(SPACE * 2)
        row.addLayout(labelled("Saved connectio&n", self.names), 1)
        row.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(row)
        column.addWidget(self.banner)

    def show_names(self, names: tuple[str, ...], current: str) -> None:
        """List these.  No signal comes."""
        blocked = QSignalBlocker(self.names)
        self.names.clear()
        self.names.addItem(NEW, "")
        for name in names:
            self.names.addItem(reveal(name), name)
        if current and current not in names:
            self.names.addItem(f"{reveal(current)} (not saved)", current)
        self.names.setCurrentIndex(max(0, self.names.findData(current)))
        del blocked

    def show_possible(self, *, save: str, saved: bool) -> None:
        """``save``: why it cannot be saved or exported yet, or empty.  ``saved``: it is one of the list."""
        self.save_button.allow(save)
        self.save_as_action.setEnabled(not save)
        self.export_action.setEnabled(not save)
        self.delete_action.setEnabled(saved)

    def _on_activated(self) -> None:
        self.chosen.emit(self.names.currentData())
