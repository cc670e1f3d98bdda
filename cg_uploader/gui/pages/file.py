"""Step 2, File: choose it, see what was read, and how."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from cg_uploader.errors import Cancelled, UploaderError
from cg_uploader.gui.models.preview_model import MOST_ROWS, PreviewModel
from cg_uploader.gui.pages.page import Page
from cg_uploader.gui.services import Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.drop_zone import DropZone
from cg_uploader.gui.widgets.inputs import Button
from cg_uploader.gui.widgets.notes import Notes
from cg_uploader.gui.widgets.reading_options import ReadingOptions
from cg_uploader.gui.widgets.table import Table as View
from cg_uploader.gui.widgets.texts import plain
from cg_uploader.gui.words import counted, sentence_of
from cg_uploader.gui.worker import Announce, Work
from cg_uploader.gui.worker import Cancelled as Asked
from cg_uploader.model import Table
from cg_uploader.settings.paths import Places
from cg_uploader.sheets.reader import Readers, ReadOptions
from cg_uploader.uploads.journal import Journal
from cg_uploader.uploads.takeup import TakenUp, take_up


class FilePage(Page):
    """Drop zone, options, preview, notes.  ``taken_up`` brings what a repair file that was read brings back: TakenUp."""

    taken_up = Signal(object)

    step = Step.FILE
    heading = "Choose the file"
    sentence = "Open the file as it is. You see every text exactly as it will be sent; the file itself is never changed."

    def __init__(self, session: Session, services: Services) -> None:
        super().__init__(session, services)
        self.zone = DropZone()
        self.banner = Banner()
        self.options = ReadingOptions()
        self.preview = PreviewModel(self)
        self.view = View("Preview of the file")
        self.view.setModel(self.preview)
        self.view.verticalHeader().setVisible(True)
        self.view.setMinimumHeight(220)
        self.view.horizontalHeader().setResizeContentsPrecision(25)  # lines that are looked at for a column's width
        self.header_button = Button("&Use the selected row as header row", self._use_selected_row, role="plain")
        self.view.selectionModel().selectionChanged.connect(self._selection_changed)
        self.notes = Notes()
        self._shown = plain(role="quiet")
        self._progress = self._make_progress()
        self._details = self._make_details()
        for widget, stretch in ((self.zone, 0), (self._progress, 0), (self.banner, 0), (self._details, 1)):
            self.content.addWidget(widget, stretch)
        self.content.addStretch(0)
        self.zone.file_chosen.connect(self.open_file)
        self.options.changed.connect(self._read_with)
        self.runner.busy_changed.connect(self._progress.setVisible)
        self.session.opened.connect(self._show)
        self._show()

    def _make_progress(self) -> QWidget:
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Reading the file")
        self._reading = plain()
        part = QWidget()
        row = QHBoxLayout(part)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE * 2)
        row.addWidget(self._reading)
        row.addWidget(self._bar, 1)
        self.cancel_button = Button("Ca&ncel", self.runner.give_up)
        row.addWidget(self.cancel_button)
        part.hide()
        return part

    def _make_details(self) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE * 3 // 2)
        column.addWidget(self.options)
        column.addWidget(self.view, 1)
        below = QHBoxLayout()
        below.addWidget(self._shown, 1)
        below.addWidget(self.header_button)
        column.addLayout(below)
        column.addWidget(self.notes)
        return part

    # ------------------------------------------------------------------ reading

    def open_file(self, file: Path) -> None:
        """Read ``file`` by the rules of detection."""
        self._read(file, ReadOptions())

    def _read_with(self, options: ReadOptions) -> None:
        if self.session.file is not None:
            self._read(self.session.file, options)

    def _read(self, file: Path, options: ReadOptions) -> None:
        self.session.expect_file(file, options)
        self._reading.setText(f"Reading {file.name}…")
        self.banner.clear()
        self.runner.start(
            reading(self.services.readers, self.services.places, file, options),
            done=self._on_read,
            failed=self._on_failed,
            batch=self._on_progress,
        )

    def _on_progress(self, rows: int) -> None:
        name = self.session.file.name if self.session.file is not None else ""
        self._reading.setText(f"Reading {name}: {counted(rows, 'row')} so far")

    def _on_read(self, read: tuple[Table, TakenUp | None]) -> None:
        table, found = read
        self.session.set_table(table)
        if found is not None:
            self.taken_up.emit(found)

    def _on_failed(self, error: object) -> None:
        if isinstance(error, Cancelled):
            self.session.give_up_file()
            self.banner.say("accent", "Reading was cancelled.")
            return
        problem = sentence_of(error)
        if self.session.table is not None and self.session.table.file == self.session.file:
            self.options.show_table(self.session.table)
            self.banner.say("error", problem)
        else:
            self.session.set_file_problem(problem)

    # ------------------------------------------------------------------ showing

    def _show(self) -> None:
        table = self.session.table
        self.preview.show_table(table)
        self._details.setVisible(table is not None)
        if self.session.file_problem:
            self.banner.say("error", self.session.file_problem)
        elif table is not None:
            self.banner.clear()
        self.zone.show_file(table.file if table is not None else None, facts(table) if table is not None else "")
        if table is None:
            return
        self.options.show_table(table)
        self.notes.show_notes(table.notes)
        shown = min(len(table.rows), MOST_ROWS)
        self._shown.setText(
            f"The first {shown} of {counted(len(table.rows), 'row')}" if shown < len(table.rows) else "All rows are shown."
        )
        self.view.resizeColumnsToContents()
        self._keep_columns_readable()
        self._selection_changed()

    def _keep_columns_readable(self) -> None:
        letter = self.view.fontMetrics().averageCharWidth()
        for column in range(self.preview.columnCount()):
            width = self.view.columnWidth(column) + letter
            self.view.setColumnWidth(column, max(letter * 9, min(width, letter * 34)))

    def _selection_changed(self) -> None:
        self.header_button.setEnabled(len(self.view.selected_lines()) == 1)

    def _use_selected_row(self) -> None:
        lines = self.view.selected_lines()
        if len(lines) == 1:
            self._read_with(replace(self.options.options(), header_row=self.preview.row_number(lines.pop())))


def reading(readers: Readers, places: Places, file: Path, options: ReadOptions) -> Work:
    """The work of reading ``file``; results in (Table, TakenUp or None): what a repair file brings back."""

    def work(announce: Announce, cancelled: Asked) -> object:
        table = readers.read(file, options, progress=announce, cancelled=cancelled)
        if table.origin is None:
            return table, None
        with suppress(UploaderError), Journal(places) as journal:  # without a record the rows can still be sent
            return table, take_up(table, journal)
        return table, None

    return work


def facts(table: Table) -> str:
    """``2,481 rows · 12 columns · header in row 4 · 3 empty rows left out``."""
    parts = [counted(len(table.rows), "row"), counted(len(table.columns), "column"), f"header in row {table.header_row}"]
    if table.empty_rows:
        parts.append(f"{counted(table.empty_rows, 'empty row')} left out")
    if table.hidden_rows:
        parts.append(f"{counted(table.hidden_rows, 'hidden row')} left out")
    return " · ".join(parts)
