"""The headings of a configuration: a table to edit, a box to type or paste into, and a file to read them from."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from cg_uploader.fields import configuration
from cg_uploader.gui.models.fields_model import KIND, KINDS, REMARK, REQUIRED, FieldsModel
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.inputs import PushButton, labelled
from cg_uploader.gui.widgets.table import ChoiceDelegate, TableView, TickDelegate
from cg_uploader.gui.widgets.texts import caption, plain
from cg_uploader.gui.words import counted, sentence_of
from cg_uploader.gui.worker import Announce, Cancelled, Runner
from cg_uploader.model.configuration import Field
from cg_uploader.model.table import Table as File
from cg_uploader.sheets import reader
from cg_uploader.sheets.reader import ReadOptions


class FieldsEditor(QWidget):
    """Edits a tuple of fields.  ``edited`` comes when the user changed something."""

    edited = Signal()

    def __init__(self, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self.model = FieldsModel(self)
        self.model.edited.connect(self.edited)
        self.model.edited.connect(self._count)
        self.model.modelReset.connect(self._count)
        self.table = TableView("Field headings", empty="No headings yet. Type or paste them below, one a line.")
        self.table.setModel(self.model)
        self.table.stretch((28, 16, 18, 30), REMARK)
        self.table.setItemDelegateForColumn(KIND, ChoiceDelegate([(k.value, w) for k, w in KINDS.items()], self.table))
        self.table.setItemDelegateForColumn(REQUIRED, TickDelegate(self.table))
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.SelectedClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.table.setMinimumHeight(240)
        self.remove_button = PushButton("Re&move the selected headings", self._remove, role="plain")
        self.table.selectionModel().selectionChanged.connect(self._selection_changed)
        self.box = QPlainTextEdit()
        self.box.setPlaceholderText("Email\nFirst Name\nAccount Name")
        self.box.setTabChangesFocus(True)
        self.box.setFixedHeight(self.fontMetrics().lineSpacing() * 4 + 2 * SPACE)
        self.add_button = PushButton("&Add to the table", self._add)
        self.read_button = PushButton("Read from a fi&le’s header row…", self._browse)
        self.banner = Banner()
        self._total = plain(role="quiet")
        self._lay_out()
        self._count()

    def _lay_out(self) -> None:
        below = QHBoxLayout()
        below.addWidget(self._total, 1)
        below.addWidget(self.remove_button)
        buttons = QVBoxLayout()
        buttons.setSpacing(SPACE)
        buttons.addStretch(1)
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.read_button)
        adding = QHBoxLayout()
        adding.setSpacing(SPACE * 2)
        adding.addLayout(labelled("A&dd headings, one a line; paste the list from the mapping page here", self.box), 1)
        adding.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(
            caption(
                "Exactly as in CustomerGauge, letter by letter: a field whose heading differs is ignored there without a word. "
                "Double-click a cell to change it."
            )
        )
        column.addWidget(self.table)
        column.addLayout(below)
        column.addLayout(adding)
        column.addWidget(self.banner)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The headings as they stand."""
        return self.model.fields

    def show_fields(self, fields: tuple[Field, ...]) -> None:
        """Show these.  ``edited`` does not come."""
        self.model.show_fields(fields)

    def read_headings(self, file: Path) -> None:
        """Add the headings of ``file``'s header row."""

        def work(_announce: Announce, cancelled: Cancelled) -> object:
            return reader.read(file, ReadOptions(limit=1), cancelled=cancelled)

        self._runner.start(work, done=self._on_read, failed=partial(self._on_failed, file))

    def _on_read(self, table: File) -> None:
        table.rows.close()
        self._take(tuple(column.heading for column in table.columns if column.heading.strip()), table.file.name)

    def _on_failed(self, file: Path, error: object) -> None:
        self.banner.say("error", sentence_of(error, file))

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Read the headings of a file")
        if chosen:
            self.read_headings(Path(chosen))

    def _add(self) -> None:
        self._take(configuration.parse_headings(self.box.toPlainText()), "the box")
        self.box.clear()

    def _take(self, headings: tuple[str, ...], origin: str) -> None:
        added = self.model.add(headings)
        if not headings:
            self.banner.say("warning", f"There are no headings in {origin}. Enter one heading on each line.")
        elif added < len(headings):
            self.banner.say("accent", f"{counted(added, 'heading')} added from {origin}; the others were in the table already.")
        else:
            self.banner.clear()
        self.table.scrollToBottom()

    def _remove(self) -> None:
        self.model.remove(self.table.selected_lines())

    def _selection_changed(self) -> None:
        self.remove_button.allow("" if self.table.selected_lines() else "Select headings of the table first.")

    def _count(self) -> None:
        required = sum(field.required for field in self.model.fields)
        total = f"{counted(len(self.model.fields), 'heading')}, {required} of them required"
        self._total.setText(total if self.model.fields else "")
        self._selection_changed()
