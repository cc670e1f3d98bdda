"""History: every run on this computer, to continue, save its files again, forget."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMessageBox

from cg_uploader.gui import papers, uploading
from cg_uploader.gui.models.runs_model import NUMBERS, STARTED, RunsModel, ended
from cg_uploader.gui.pages.page import Page
from cg_uploader.gui.services import Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.tidying import comparing
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.button_row import ButtonRow
from cg_uploader.gui.widgets.inputs import PushButton, labelled
from cg_uploader.gui.widgets.table import TableView
from cg_uploader.gui.widgets.texts import message, plain, set_mark
from cg_uploader.gui.words import sentence_of
from cg_uploader.gui.worker import Runner, Work
from cg_uploader.model.run import RunSummary
from cg_uploader.model.stop_reasons import RunState
from cg_uploader.uploads.results.report import all_refused

NOTHING_YET = "Nothing has been uploaded from this computer yet."
AT_ITS_END = "It came to its end, so nothing is left to continue."
READING = "A file is being read. Wait until it is open, or cancel that."
NOTHING_LIKE_THIS = "No upload has these words in its line."


class HistoryPage(Page):
    """``continue_wanted`` brings the number of the run to go on with.  ``memory_grown``: a colleague's rows are known now."""

    heading = "History"
    sentence = "Every upload from this computer, newest first. Row values are kept only for rows that still need you."

    continue_wanted = Signal(int)
    memory_grown = Signal()

    def __init__(self, session: Session, services: Services) -> None:
        super().__init__(session, services)
        self.model = RunsModel(self)
        self._comparing = Runner(self)
        self._working = Runner(self)
        self._sharing = Runner(self)
        self.search = QLineEdit()
        self.search.setPlaceholderText("File, connection, day…")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self.banner = Banner()
        self.view = TableView("Uploads", empty=NOTHING_YET)
        self.view.setModel(self.model)
        self.view.stretch((0,) * 7, 1, 2, 6)
        self.view.show_whole(STARTED, *NUMBERS)
        self.view.horizontalHeader().setMinimumSectionSize(12 * self.fontMetrics().averageCharWidth())
        self.view.setMinimumHeight(260)
        self.told = plain(role="quiet", wrap=True)
        self.go_on = PushButton("&Continue this upload", self._continue, role="primary")
        self.failed_rows = PushButton("Save fai&led rows…", self._browse_failed_rows)
        self.receipt = PushButton("Save &receipt…", self._browse_receipt)
        self.print_out = PushButton("Open for pr&inting", self.print_receipt)
        self.forget = PushButton("F&orget this upload…", self._ask_to_forget)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(ButtonRow((self.go_on, self.failed_rows), (self.receipt, self.print_out)), 1)
        row.addWidget(self.forget, 0, Qt.AlignmentFlag.AlignTop)
        self.share = PushButton("Share with a colleag&ue…", self.show_sharing)
        top = QHBoxLayout()
        top.setSpacing(SPACE * 2)
        top.addLayout(labelled("Se&arch", self.search), 1)
        top.addWidget(self.share, 0, Qt.AlignmentFlag.AlignBottom)
        self.content.addLayout(top)
        self.content.addWidget(self.banner)
        self.content.addWidget(self.view, 1)
        self.content.addWidget(self.told)
        self.content.addLayout(row)
        self.view.selectionModel().selectionChanged.connect(self._show_possible)
        self.model.modelReset.connect(self._show_possible)
        self.session.changed.connect(self._show_possible)
        self._show_possible()

    def entered(self) -> None:
        """Read the runs again."""
        self.banner.clear()
        self.refresh()

    def refresh(self) -> None:
        """Read the runs again, in the background."""
        self.runner.start(uploading.all_runs(self.services.paths), done=self._on_listed, failed=self._on_failed)

    def _on_listed(self, found: tuple[tuple[RunSummary, ...], str]) -> None:
        runs, changed = found
        self.model.show_runs(runs)
        if changed:
            self.banner.say("error", changed)

    def _search(self, text: str) -> None:
        self.view.empty = NOTHING_LIKE_THIS if text.strip() else NOTHING_YET
        self.model.search(text)

    def _run(self, work: Work) -> None:
        """Beside the reading of the runs: when the page is opened once more they are read again, and this is still shown."""
        self._working.start(work, done=self._on_done, failed=self._on_failed)

    def _on_done(self, result: object) -> None:
        papers.tell(result, self.banner)
        self.refresh()

    def _on_failed(self, error: object) -> None:
        self.banner.say("error", sentence_of(error))

    def selected(self) -> RunSummary | None:
        """The one run that is selected."""
        lines = self.view.selected_lines()
        return self.model.run(lines.pop()) if len(lines) == 1 else None

    def _show_possible(self) -> None:
        run = self.selected()
        self.told.setText(self._in_words(run))
        if run is None:
            for button in (self.go_on, self.failed_rows, self.receipt, self.print_out, self.forget):
                button.allow("Select one upload first.")
            return
        elsewhere = run.why if run.state is RunState.UNDER_WAY else ""
        gone = "" if run.values_deleted is None else "The values of its rows were deleted."
        ended = AT_ITS_END if run.state is RunState.FINISHED else ""
        self.go_on.allow(elsewhere or ended or gone or self._busy())
        self._lead_to_what_helps(run)
        self.failed_rows.allow(gone if run.attention else "No row of it needs attention.")
        self.receipt.allow()
        self.print_out.allow()
        self.forget.allow(elsewhere)

    def _busy(self) -> str:
        """Why no upload can be continued now.  Empty when one can."""
        if self.session.running:
            return "Another upload is under way."
        return READING if self.session.reading else ""

    def _lead_to_what_helps(self, run: RunSummary) -> None:
        """Colour the button that the user probably needs: where every row was refused, to go on does not help."""
        refused = all_refused(run)
        set_mark(self.go_on, "role", "" if refused else "primary")
        set_mark(self.failed_rows, "role", "primary" if refused else "")

    def _in_words(self, run: RunSummary | None) -> str:
        """How the selected run ended, in full, and why it cannot go on now."""
        if run is None:
            return "Select an upload to continue it or to save its files again." if self.model.rowCount() else ""
        if run.state is RunState.FINISHED:
            return AT_ITS_END if run.values_deleted is None else ended(run)
        if run.state is RunState.UNDER_WAY:
            return f"{run.why} It can be continued or forgotten when it has ended."
        busy = " Another upload is under way; wait until it has ended to continue this one." if self.session.running else ""
        return ended(run) + busy

    def _continue(self) -> None:
        run = self.selected()
        if run is not None:
            self._comparing.start(comparing(run.run, self.services), done=self._on_compared)
            self.continue_wanted.emit(run.run)

    def _on_compared(self, changed: str) -> None:
        """The upload goes on as it was begun.  What has changed since is said beside it."""
        if changed:
            message(self, QMessageBox.Icon.Information, "The upload goes on as it was begun.", changed).open()

    def shut_down(self) -> None:
        """End what runs and wait for it."""
        super().shut_down()
        self._comparing.shut_down()
        self._working.shut_down()
        self._sharing.shut_down()

    def show_sharing(self) -> None:
        """What is remembered of accepted rows, for a colleague and from one."""
        from cg_uploader.gui.dialogs.sharing import SharingDialog  # dialogs are loaded when they open

        dialog = SharingDialog(self.services.paths, self._sharing, self)
        dialog.taken_in.connect(self.memory_grown)
        dialog.open()

    def _browse_failed_rows(self) -> None:
        run = self.selected()
        if run is not None and (chosen := papers.ask_for_failed_rows(self, run)):
            self._run(papers.failed_rows(run.run, chosen, self.services.paths))

    def _browse_receipt(self) -> None:
        run = self.selected()
        if run is not None and (chosen := papers.ask_for_receipt(self, run)):
            self._run(papers.receipt_file(run.run, chosen, self.services.paths))

    def print_receipt(self) -> None:
        """Show the receipt of the selected run in the browser, which can print it."""
        run = self.selected()
        if run is not None:
            self._run(papers.page_to_print(run.run, self.services.paths))

    def _ask_to_forget(self) -> None:
        run = self.selected()
        if run is None:
            return
        box = message(
            self,
            QMessageBox.Icon.Question,
            f"Forget the upload of {Path(run.file).name}?",
            "Its record and the values of its rows are deleted from this computer. What arrived in CustomerGauge stays there. "
            "That its rows were accepted stays remembered, without any value, so that they are not sent twice unnoticed.",
        )
        forget = box.addButton("&Forget it", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("&Keep it", QMessageBox.ButtonRole.RejectRole)
        box.exec()
        if box.clickedButton() is forget:
            self.forget_run(run.run)

    def forget_run(self, run: int) -> None:
        """Delete a run and everything about its rows."""
        self._run(uploading.forgetting(run, self.services.paths))
