"""CustomerGauge's side: the reference of an import configuration, what it imports, its field headings."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.typed import Connection
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.fields_editor import FieldsEditor
from cg_uploader.gui.widgets.inputs import ComboBox, labelled
from cg_uploader.gui.worker import Runner
from cg_uploader.model.data_types import DATA_TYPES, facts_of
from cg_uploader.model.enums import DataType


class ConfigurationForm(QWidget):
    """The controls.  ``edited`` after the user changed one."""

    edited = Signal()

    def __init__(self, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.reference = QLineEdit()
        self.reference.setPlaceholderText(next(facts.default_reference for facts in DATA_TYPES.values()))
        self.data_type = ComboBox()
        self.data_type.addItem("Choose…", None)
        for data_type, facts in DATA_TYPES.items():
            self.data_type.addItem(facts.choice, data_type.value)
        self.remark = Banner()
        self.editor = FieldsEditor(runner)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE * 3)
        grid.addLayout(labelled("Reference of the im&port configuration (inbound mapping)", self.reference), 0, 0)
        grid.addLayout(labelled("It imports (its data t&ype)", self.data_type), 0, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE * 2)
        column.addLayout(grid)
        column.addWidget(self.remark)
        column.addWidget(self.editor)
        self.reference.textChanged.connect(self.edited)
        self.data_type.currentIndexChanged.connect(self.edited)
        self.editor.edited.connect(self.edited)

    def chosen_type(self) -> DataType | None:
        """What the combo box says.  None: nothing yet."""
        value = self.data_type.currentData()
        return None if value is None else DataType(value)

    def show_connection(self, connection: Connection) -> None:
        """Show this.  No signal comes."""
        blocked = [QSignalBlocker(self.reference), QSignalBlocker(self.data_type)]
        if self.reference.text() != connection.reference:
            self.reference.setText(connection.reference)
        value = connection.data_type.value if connection.data_type is not None else None
        self.data_type.setCurrentIndex(max(0, self.data_type.findData(value)))
        del blocked
        self.editor.show_fields(connection.fields)
        remark = facts_of(connection.data_type).remark if connection.data_type is not None else ""
        if remark:
            self.remark.say("warning", remark)
        else:
            self.remark.clear()
