"""The field headings of a configuration as an editable table."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Qt, Signal

from cg_uploader.fields import headings
from cg_uploader.gui.models.lines_model import NOWHERE, Index, LinesModel
from cg_uploader.gui.widgets.texts import tip_text
from cg_uploader.model.configuration import Field
from cg_uploader.model.enums import FieldKind

HEADING, REQUIRED, KIND, REMARK = range(4)
TITLES = ("Field heading", "Required", "Holds", "Remark")
KINDS = {
    FieldKind.TEXT: "Text",
    FieldKind.EMAIL: "E-mail address",
    FieldKind.PHONE: "Phone number",
    FieldKind.DATE: "Date",
    FieldKind.DATETIME: "Date and time",
    FieldKind.NUMBER: "Number",
    FieldKind.FLAG: "Yes or no",
}


class FieldsModel(LinesModel):
    """One line per heading.  ``edited`` comes when the user, not the program, changed something."""

    titles = TITLES

    edited = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._fields: list[Field] = []

    @property
    def fields(self) -> tuple[Field, ...]:
        """The headings as they stand."""
        return tuple(self._fields)

    def show_fields(self, fields: tuple[Field, ...]) -> None:
        """Show these.  ``edited`` does not come."""
        if tuple(self._fields) != fields:
            self.beginResetModel()
            self._fields = list(fields)
            self.endResetModel()

    def add(self, headings: tuple[str, ...]) -> int:
        """Add the headings that are not here yet, and return how many."""
        known = {field.heading for field in self._fields}
        new = [heading for heading in dict.fromkeys(headings) if heading not in known]
        if new:
            first = len(self._fields)
            self.beginInsertRows(NOWHERE, first, first + len(new) - 1)
            self._fields.extend(Field(heading) for heading in new)
            self.endInsertRows()
            self.edited.emit()
        return len(new)

    def remove(self, lines: set[int]) -> None:
        """Take these lines out."""
        for line in sorted(lines, reverse=True):
            self.beginRemoveRows(NOWHERE, line, line)
            del self._fields[line]
            self.endRemoveRows()
        if lines:
            self.edited.emit()

    @property
    def lines(self) -> list[Field]:
        """The headings."""
        return self._fields

    def flags(self, index: Index) -> Qt.ItemFlag:
        """All but the remark can be edited."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == REQUIRED:
            return flags | Qt.ItemFlag.ItemIsUserCheckable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() in (HEADING, KIND) else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell shows."""
        if not index.isValid():
            return None
        field = self._fields[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(field, index.column())
        if role == Qt.ItemDataRole.EditRole:
            return {KIND: field.kind.value, HEADING: field.heading}.get(index.column())
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == REQUIRED:
            return Qt.CheckState.Checked if field.required else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.ToolTipRole and index.column() in (HEADING, REMARK):
            return tip_text(self.remark(field) or field.heading)
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take over what the user typed, ticked or chose."""
        if not index.isValid():
            return False
        before = self._fields[index.row()]
        after = before
        if index.column() == REQUIRED and role == Qt.ItemDataRole.CheckStateRole:
            after = replace(before, required=Qt.CheckState(value) is Qt.CheckState.Checked)
        elif index.column() == KIND and role == Qt.ItemDataRole.EditRole:
            after = replace(before, kind=FieldKind(str(value)))
        elif index.column() == HEADING and role == Qt.ItemDataRole.EditRole:
            after = replace(before, heading=str(value))
        if after == before:
            return False
        self._fields[index.row()] = after
        self.dataChanged.emit(self.index(index.row(), 0), self.index(index.row(), len(TITLES) - 1))
        self.edited.emit()
        return True

    def remark(self, field: Field) -> str:
        """What is wrong or odd about a heading, in words."""
        if sum(other.heading == field.heading for other in self._fields) > 1:
            return "This heading is here twice. Take one out."
        errors, warnings = headings.check_heading(field.heading)
        return " ".join((*errors, *warnings))

    def _text(self, field: Field, column: int) -> str:
        if column == HEADING:
            return headings.show_invisible(field.heading)
        if column == KIND:
            return KINDS[field.kind]
        if column == REQUIRED:
            return "Required" if field.required else "Optional"
        return self.remark(field)
