"""What is remembered of accepted rows, shared with a colleague: a file goes out with a code, or one comes in."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QHBoxLayout, QLayout, QLineEdit, QVBoxLayout, QWidget

from cg_uploader.gui import sharing
from cg_uploader.gui.sharing import ExportedFile, ImportOffer, SentRowsSummary
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.inputs import PushButton, card, labelled
from cg_uploader.gui.widgets.texts import caption, plain
from cg_uploader.gui.words import counted, sentence_of
from cg_uploader.gui.worker import Runner, Work
from cg_uploader.settings.paths import AppPaths
from cg_uploader.system.atomic_file import proposed_name

SUFFIX = ".cgmemory"
FILES = f"Accepted rows (*{SUFFIX});;All files (*)"
WHAT = (
    "So that you and a colleague do not send the same rows twice unnoticed, each computer can recognise what the other has "
    "sent. The file holds checksums and times, and no value of any row."
)
WAIT = "Wait until it is done."
MAX_LINES = 6


class SharingDialog(QDialog):
    """``taken_in`` says that more is remembered now than before."""

    taken_in = Signal()

    def __init__(self, paths: AppPaths, runner: Runner, parent: QWidget | None = None) -> None:
        """``runner`` is its page's, who joins what runs when the window goes."""
        super().__init__(parent)
        self.setWindowTitle("Share with a colleague")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._places = paths
        self._runner = runner
        self._nothing = ""
        self._offered: Path | None = None
        self.known = plain(wrap=True)
        self.export_button = PushButton("&Export for a colleague…", self._browse_target)
        self.import_button = PushButton("&Take a colleague’s file in…", self._browse_file)
        self.banner = Banner()
        self._make_code_out()
        self._make_code_in()
        self._lay_out()
        runner.busy_changed.connect(self._show_possible)
        self._run(sharing.remembered(paths))

    # ------------------------------------------------------------------ layout

    def _make_code_out(self) -> None:
        self.code = QLineEdit()
        self.code.setReadOnly(True)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addLayout(labelled("Co&de of this file", self.code), 1)
        row.addWidget(PushButton("Cop&y", self.copy_code), 0, Qt.AlignmentFlag.AlignBottom)
        self._advice = caption()
        self._code_out, column = card()
        column.addLayout(row)
        column.addWidget(self._advice)
        self._code_out.hide()

    def _make_code_in(self) -> None:
        self.entered = QLineEdit()
        self.entered.textChanged.connect(self._show_possible)
        self.entered.returnPressed.connect(self.take_in)
        self.take_in_button = PushButton("T&ake in", self.take_in, role="primary")
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addLayout(labelled("Code that your &colleague has told you", self.entered), 1)
        row.addWidget(self.take_in_button, 0, Qt.AlignmentFlag.AlignBottom)
        self.offer = plain(wrap=True)
        self._code_in, column = card()
        column.addWidget(self.offer)
        column.addLayout(row)
        self._code_in.hide()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # it takes the words for higher than they are
        column.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 3)
        column.setSpacing(SPACE * 2)
        column.addWidget(plain(WHAT, wrap=True))
        column.addWidget(self.known)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.export_button)
        row.addWidget(self.import_button)
        row.addStretch(1)
        column.addLayout(row)
        for part in (self._code_out, self._code_in, self.banner):
            column.addWidget(part)
        column.addStretch(1)
        self.close_button = PushButton("Close")
        buttons = QDialogButtonBox()
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        width = self.fontMetrics().averageCharWidth() * 92
        self.setMinimumWidth(width)
        self.resize(width, column.totalHeightForWidth(width))

    def _fit(self) -> None:
        """As high as what is shown needs now."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            height = layout.totalHeightForWidth(self.width())
            self.setMinimumHeight(height)
            self.resize(self.width(), height)

    # ------------------------------------------------------------------ out

    def _browse_target(self) -> None:
        start = proposed_name("accepted rows", SUFFIX)
        chosen, _ = QFileDialog.getSaveFileName(self, "Export what was accepted, without any value", start, FILES)
        if chosen:
            self.export_to(Path(chosen))

    def export_to(self, target: Path) -> None:
        """Write the file and show its code."""
        self._run(sharing.exporting(self._places, target))

    def copy_code(self) -> None:
        """Put the code on the clipboard."""
        QGuiApplication.clipboard().setText(self.code.text())
        self.banner.say("good", "The code is copied.")

    # ------------------------------------------------------------------ in

    def _browse_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Take a colleague’s file in", "", FILES)
        if chosen:
            self.look_into(Path(chosen))

    def look_into(self, file: Path) -> None:
        """Say whose file it is, and ask for its code."""
        self._run(sharing.looking_into(file))

    def take_in(self) -> None:
        """Take the file in with the code that was entered."""
        if self._offered is not None and self.take_in_button.isEnabled():
            self._run(sharing.taking_in(self._places, self._offered, self.entered.text()))

    # ------------------------------------------------------------------ what came of it

    def _run(self, work: Work) -> None:
        self.banner.clear()
        self._runner.start(work, done=self._on_done, failed=self._on_failed)

    def _on_done(self, result: object) -> None:
        match result:  # buttons can be pressed again already: the runner has said that it is free
            case SentRowsSummary():
                self._show_remembered(result)
            case ExportedFile():
                self._show_exported(result)
            case ImportOffer():
                self._show_offered(result)
        self._show_possible()
        self._fit()

    def _show_remembered(self, found: SentRowsSummary) -> None:
        own, *others = found.lines
        more = len(others) - MAX_LINES
        hidden = [f"… and {counted(more, 'older file', 'older files')} of colleagues."] if more > 0 else []
        self.known.setText("\n".join([own, *hidden, *others[-MAX_LINES:]]))
        self._nothing = "" if found.rows else "Nothing has been accepted from this computer yet."
        if not found.news:
            (self.import_button if self._nothing else self.export_button).setFocus()
            return
        self._offered = None
        self.entered.clear()
        self._code_in.hide()
        self.banner.say("good", found.news)
        self.close_button.setFocus()
        self.taken_in.emit()

    def _show_exported(self, found: ExportedFile) -> None:
        from cg_uploader.uploads.journal.sent_rows.export_file import code_advice  # few windows need it, and not at once

        self._code_in.hide()
        self.code.setText(found.code)
        self._advice.setText(f"The code is shown only now. {code_advice()}")
        self._code_out.show()
        self.code.setFocus()
        self.code.selectAll()
        self.banner.say("good", f"What is remembered of {counted(found.rows, 'row')} is in {found.file.name}.")

    def _show_offered(self, found: ImportOffer) -> None:
        self._offered = found.file
        self._code_out.hide()
        self.code.clear()
        self.offer.setText(f"{found.file.name}: {found.sentence}")
        self._code_in.show()
        self.entered.setFocus()

    def _on_failed(self, error: object) -> None:
        self.banner.say("error", sentence_of(error))
        self._show_possible()
        self.entered.setFocus()
        self._fit()

    def _show_possible(self) -> None:
        busy = WAIT if self._runner.busy else ""
        self.export_button.allow(busy or self._nothing)
        self.import_button.allow(busy)
        self.take_in_button.allow(busy or ("" if self.entered.text().strip() else "Enter the code first."))
        self.close_button.allow(busy)

    def reject(self) -> None:
        """Close, but not while something is written or taken in."""
        if not self._runner.busy:
            super().reject()
