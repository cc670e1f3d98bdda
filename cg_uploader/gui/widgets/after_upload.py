"""The end of a run: one sentence, totals that add up, and what can be done now."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.button_row import ButtonRow
from cg_uploader.gui.widgets.inputs import PushButton
from cg_uploader.gui.widgets.texts import set_mark
from cg_uploader.gui.words import counted
from cg_uploader.model.run import RunSummary
from cg_uploader.model.stop_reasons import RunState
from cg_uploader.uploads.results import report


class AfterUpload(QWidget):
    """Says how a run ended and offers its files."""

    failed_rows_wanted = Signal()
    receipt_wanted = Signal()
    print_wanted = Signal()
    again_wanted = Signal()
    continue_wanted = Signal()
    columns_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.banner = Banner()
        self.saved = Banner()
        self.failed_rows = PushButton("Save fai&led rows…", self.failed_rows_wanted.emit)
        self.receipt = PushButton("Save &receipt…", self.receipt_wanted.emit)
        self.again = PushButton("&Try failed rows again", self.again_wanted.emit)
        self.print_out = PushButton("Open for pr&inting", self.print_wanted.emit)
        self.go_on = PushButton("&Continue this upload", self.continue_wanted.emit)
        self.columns = PushButton("Look at the colu&mns", self.columns_wanted.emit)
        self._first = self.receipt
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE * 3 // 2)
        column.addWidget(self.banner)
        column.addWidget(ButtonRow((self.columns, self.go_on, self.failed_rows, self.again), (self.receipt, self.print_out)))
        column.addWidget(self.saved)

    def focus_first(self) -> None:
        """Give the focus to what is most likely to be wanted now."""
        self._first.setFocus()

    def show_run(self, run: RunSummary, *, columns: bool) -> None:
        """Say how ``run`` ended.  ``columns``: whether the columns that it was sent with can be looked at."""
        self.saved.clear()
        totals = report.totals_in_words(run)
        if run.state is not RunState.FINISHED:
            self.banner.say("warning", run.why, more=totals)
        elif run.attention:
            number = counted(run.attention, "row")
            self.banner.say(
                "warning", f"Finished. {number} {'needs' if run.attention == 1 else 'need'} your attention.", more=totals
            )
        else:
            self.banner.say("good", "Finished. Every row was accepted or left out.", more=totals)
        self.failed_rows.setVisible(bool(run.attention))
        self.again.setVisible(bool(run.attention))
        self.go_on.setVisible(run.state is not RunState.FINISHED)
        self.columns.setVisible(report.all_refused(run) and columns)
        self._prefer(run)

    def _prefer(self, run: RunSummary) -> None:
        """Dress what is most likely to be wanted as the one to press: to go on in the same way is not, when all was refused."""
        wrong = (self.columns, self.again, self.failed_rows) if report.all_refused(run) else ()
        buttons = (*wrong, self.go_on, self.failed_rows, self.receipt)
        self._first = next(button for button in buttons if not button.isHidden())
        for button in {*buttons, self.columns, self.again}:
            set_mark(button, "role", "primary" if button is self._first else "")
