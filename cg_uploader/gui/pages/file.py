"""Step 2, File: choose it, see its first rows at once and what was read and how, and say what is to be read otherwise."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cg_uploader.errors import Cancelled, UploaderError
from cg_uploader.gui.models.preview_model import MAX_ROWS, PreviewModel
from cg_uploader.gui.pages.page import Page
from cg_uploader.gui.services import Services, open_journal
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.drop_zone import DropZone
from cg_uploader.gui.widgets.inputs import PushButton
from cg_uploader.gui.widgets.notes import NotesBox
from cg_uploader.gui.widgets.reading_options import ReadingOptions, delimiter_in_words, encoding_in_words
from cg_uploader.gui.widgets.reading_progress import ReadingProgress
from cg_uploader.gui.widgets.table import TableView as View
from cg_uploader.gui.widgets.texts import plain
from cg_uploader.gui.widgets.two_readings import TwoReadings
from cg_uploader.gui.words import counted, sentence_of
from cg_uploader.gui.worker import Announce, Work
from cg_uploader.gui.worker import Cancelled as Asked
from cg_uploader.model.enums import NoteKind
from cg_uploader.model.table import Table
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.remembered_read_options import RememberedOptions
from cg_uploader.sheets.cells.notes import summarize_notes
from cg_uploader.sheets.reader import Readers, ReadOptions, ReadProgress
from cg_uploader.uploads.results.retry_failed import RetriedRows, retried_rows

NO_ROWS = "No row stands below the header row."


@dataclass(frozen=True, slots=True)
class Read:
    """A table, what its notes say in few sentences, and what it brings back when it is a file of failed rows."""

    table: Table
    remarks: tuple[str, ...]
    retried: RetriedRows | None = None


class FilePage(Page):
    """Drop zone, options, preview, notes.  ``retried`` tells of failed rows that were read: RetriedRows."""

    retried = Signal(object)

    step = Step.FILE
    heading = "Choose the file"
    sentence = "Open the file as it is. You see every text exactly as it will be sent; the file itself is never changed."

    def __init__(self, session: Session, services: Services) -> None:
        super().__init__(session, services)
        self.zone = DropZone()
        self.banner = Banner()
        self.progress = ReadingProgress(self.runner.give_up)
        self.cancel_button = self.progress.cancel_button
        self.options = ReadingOptions()
        self.two_readings = TwoReadings()
        self.preview = PreviewModel(self)
        self.view = View("Preview of the file", empty=NO_ROWS)
        self.view.setModel(self.preview)
        self.view.verticalHeader().setVisible(True)
        self.view.setMinimumHeight(220)
        self.header_button = PushButton("&Use the selected row as header row", self._use_selected_row, role="plain")
        self.notes = NotesBox()
        self._shown = plain(role="quiet", wrap=True)
        self._as_chosen = plain(role="quiet", wrap=True)
        self.as_found_button = PushButton("Read it as f&ound", self._read_as_found, role="plain")
        self._chosen = QWidget()
        self._below = QWidget()
        self._details = self._make_details()
        for widget, stretch in ((self.zone, 0), (self.progress, 0), (self.banner, 0), (self._details, 1)):
            self.content.addWidget(widget, stretch)
        self.content.addStretch(0)
        self._recalled: RememberedOptions | None = None
        self._first: Table | None = None
        self._last: Read | None = None
        self._wire()
        self._show()

    def _make_details(self) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE * 3 // 2)
        chosen = QHBoxLayout(self._chosen)
        chosen.setContentsMargins(0, 0, 0, 0)
        chosen.addWidget(self._as_chosen, 1)
        chosen.addWidget(self.as_found_button)
        below = QHBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self._shown, 1)
        below.addWidget(self.header_button)
        column.addWidget(self.two_readings)
        column.addWidget(self.options)
        column.addWidget(self._chosen)
        column.addWidget(self.view, 1)
        column.addWidget(self._below)
        column.addWidget(self.notes)
        return part

    def _wire(self) -> None:
        self.zone.file_chosen.connect(self.open_file)
        self.options.changed.connect(self._read_with)
        self.two_readings.chosen.connect(self.options.choose)
        self.runner.busy_changed.connect(self.progress.setVisible)
        self.session.opened.connect(self._show)
        self.preview.modelReset.connect(self.view.fit_columns)
        self.view.verticalHeader().sectionClicked.connect(self._use_line)
        self.view.selectionModel().selectionChanged.connect(self._selection_changed)

    # ------------------------------------------------------------------ reading

    def open_file(self, file: Path) -> None:
        """Read ``file`` as the user chose the last time, else by the rules of detection."""
        self._recalled = self.services.choices.find(file)
        self._read(file, _options(self._recalled) if self._recalled is not None else ReadOptions())

    def _read_with(self, options: ReadOptions) -> None:
        if self.session.file is not None:
            self._recalled = None
            if options.sheet is not None and options == ReadOptions(sheet=options.sheet):
                options = self.session.asked_of_sheet(options.sheet)
            self._read(self.session.file, options)

    def _read_as_found(self) -> None:
        self._read_with(ReadOptions())

    def _read(self, file: Path, options: ReadOptions) -> None:
        self._first = None
        self.session.expect_file(file, options)
        self.progress.begin(file.name)
        self.banner.clear()
        self.runner.start(
            reading(self.services.readers, self.services.paths, file, options),
            done=self._on_read,
            failed=self._on_failed,
            batch=self._on_told,
        )

    def _on_told(self, told: Table | ReadProgress) -> None:
        if isinstance(told, ReadProgress):
            self.progress.say(told)
        elif self._holds(told):
            self._first = told
            self._show_first(told)

    def _holds(self, table: Table) -> bool:
        """Whether a choice of the last time still fits the file.  If not, it is read as found."""
        if self._recalled is None or self._recalled.fits([column.heading for column in table.columns]):
            return True
        self._read_with(ReadOptions())
        return False

    def _on_read(self, read: Read) -> None:
        table, first = read.table, self._first
        if not self._holds(table):
            table.rows.close()
            return
        self._first, self._last = None, read
        self._remember(table)
        self.session.set_table(table)
        if read.retried is not None:
            self.retried.emit(read.retried)
        if first is not None and not _goes_on(first, table):
            self.banner.say("accent", _why_read_again(first, table))

    def _remember(self, table: Table) -> None:
        options, choices = self.session.read_options, self.services.choices
        chosen = RememberedOptions(options.sheet, options.header_row, options.encoding, options.delimiter)
        with suppress(UploaderError):  # the next time it has to be chosen again
            if chosen == RememberedOptions():
                choices.forget(table.file)
            else:
                choices.save(table.file, chosen, [column.heading for column in table.columns])

    def _on_failed(self, error: object) -> None:
        self._first = None
        file, table = self.session.file, self.session.table
        if isinstance(error, Cancelled) and file is not None:
            note = "No file is open." if table is None else f"{table.file.name} is open as it was before."
            self.session.give_up_file()
            self._show()
            self.banner.say("accent", f"The reading of {file.name} was cancelled. {note}")
        elif self._recalled is not None:
            self._read_with(ReadOptions())  # the file may have lost what was chosen then
        else:
            self.session.set_file_problem(sentence_of(error, file))

    # ------------------------------------------------------------------ showing

    def _show(self) -> None:
        """Show the table of the session, or that there is none."""
        table = self.session.table
        if self.session.file_problem:
            stays = f"{table.file.name} is open as it was before." if table is not None else ""
            self.banner.say("error", self.session.file_problem, more=stays)
        elif table is not None:
            self.banner.clear()
        self._show_facts()
        self.two_readings.show_table(table)
        self.preview.show_table(table)
        self._details.setVisible(table is not None)
        if table is None:
            return
        shown = min(len(table.rows), MAX_ROWS)
        self._show_reading(table, f"The first {shown} of {counted(len(table.rows), 'row')}." if shown < len(table.rows) else "")
        self.notes.show_texts(self._remarks(table))

    def entered(self) -> None:
        """Cells may have been edited since."""
        if not self.session.reading:
            self._show_facts()

    def _show_facts(self) -> None:
        table = self.session.table
        if table is None:
            self.zone.show_file(None, "")
        else:
            edited = sum(map(len, self.session.edits.values()))
            self.zone.show_file(table.file, facts(table) + (f" · {counted(edited, 'cell')} edited here" if edited else ""))

    def _show_first(self, table: Table) -> None:
        """Show the first rows while the others are read.  Only this page knows them."""
        self.zone.show_file(table.file, f"{counted(len(table.columns), 'column')} · header in row {table.header_row}")
        self.two_readings.show_table(None)
        self.preview.show_table(table)
        self._details.show()
        self._show_reading(table, f"The first {len(table.rows)} rows. The others are still being read.")
        self.notes.show_texts(())

    def _show_reading(self, table: Table, shown: str) -> None:
        asked = self.session.read_options
        self.options.show_table(table, asked)
        for widget in (self.view, self._below):
            widget.setVisible(self.two_readings.isHidden())
        above = " Grey lines stand above the header row and are not sent." if table.above else ""
        text = f"{shown or 'All rows are shown.'}{above} Click the number of a row to make it the header row."
        self._shown.setText(text if len(table.rows) else NO_ROWS if table.above else "")
        choices = _in_words(asked)
        when = "as you chose last time" if self._recalled is not None else "as you chose"
        self._as_chosen.setText(f"Read {when}: {choices}.")
        self._chosen.setVisible(bool(choices))
        self._selection_changed()

    def _remarks(self, table: Table) -> tuple[str, ...]:
        if self._last is None or self._last.table is not table:
            self._last = Read(table, _folded(table))
        return self._last.remarks

    # ------------------------------------------------------------------ header row

    def _selection_changed(self) -> None:
        self.header_button.allow("" if len(self.view.selected_lines()) == 1 else "Select one row above first.")

    def _use_selected_row(self) -> None:
        lines = self.view.selected_lines()
        if len(lines) == 1:
            self._use_line(lines.pop())

    def _use_line(self, line: int) -> None:
        self.options.choose_header_row(self.preview.row_number(line))


def reading(readers: Readers, paths: AppPaths, file: Path, options: ReadOptions) -> Work:
    """The work of reading ``file``.  It announces how far it is, and once a table of the first rows.  Results in a ``Read``."""

    def work(announce: Announce, cancelled: Asked) -> object:
        table = readers.read(file, options, progress=announce, cancelled=cancelled, first=announce)
        remarks = _folded(table)
        if table.origin is None:
            return Read(table, remarks)
        with suppress(UploaderError), open_journal(paths) as journal:  # without a record the rows can still be sent
            return Read(table, remarks, retried_rows(table, journal))
        return Read(table, remarks)

    return work


def facts(table: Table) -> str:
    """``2,481 rows · 12 columns · header in row 4 · 3 empty rows left out``."""
    parts = [counted(len(table.rows), "row"), counted(len(table.columns), "column"), f"header in row {table.header_row}"]
    hidden = sum(column.hidden for column in table.columns)
    if hidden:
        parts[1] += f" ({hidden:,} hidden)"
    if table.empty_rows:
        parts.append(f"{counted(table.empty_rows, 'empty row')} left out")
    if table.hidden_rows:
        parts.append(f"{counted(table.hidden_rows, 'hidden row')} left out")
    return " · ".join(parts)


def _folded(table: Table) -> tuple[str, ...]:
    """The notes in few sentences, without what is asked in the question above them."""
    asked = ""
    if table.alternative is not None:
        asked = NoteKind.DELIMITER_GUESSED if table.alternative.delimiter is not None else NoteKind.ENCODING_GUESSED
    return summarize_notes(note for note in table.notes if note.kind != asked)


def _options(choice: RememberedOptions) -> ReadOptions:
    return ReadOptions(choice.sheet, choice.header_row, choice.encoding, choice.delimiter)


def _in_words(options: ReadOptions) -> str:
    """``sheet “People”, header row 3``.  Empty when nothing was chosen."""
    parts = (
        f"sheet “{options.sheet}”" if options.sheet else "",
        f"header row {options.header_row}" if options.header_row else "",
        f"encoding {encoding_in_words(options.encoding)}" if options.encoding else "",
        f"delimiter {delimiter_in_words(options.delimiter).lower()}" if options.delimiter else "",
    )
    return ", ".join(filter(None, parts))


def _goes_on(first: Table, table: Table) -> bool:
    """Whether a table begins as its first rows alone did."""
    return first.columns == table.columns and list(first.rows) == list(islice(table.rows, len(first.rows)))


def _why_read_again(first: Table, table: Table) -> str:
    if first.encoding != table.encoding:
        encoding = encoding_in_words(table.encoding or "")
        return f"Further down, the file turned out to be in another encoding, {encoding}. The preview was made again."
    return "Further down, the file showed more than its first rows did. The preview was made again."
