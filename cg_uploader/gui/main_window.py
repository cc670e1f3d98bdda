"""The one window: rail, pages, footer.  It only lays out and wires."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMessageBox, QStackedWidget, QVBoxLayout, QWidget

from cg_uploader.gui.pages.check import CheckPage
from cg_uploader.gui.pages.columns import ColumnsPage
from cg_uploader.gui.pages.connect import ConnectPage
from cg_uploader.gui.pages.file import FilePage
from cg_uploader.gui.pages.history import HistoryPage
from cg_uploader.gui.pages.page import Page
from cg_uploader.gui.pages.upload import UploadPage
from cg_uploader.gui.services import Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step, standing, why_closed, why_not
from cg_uploader.gui.tidying import tidying
from cg_uploader.gui.widgets.footer import Footer
from cg_uploader.gui.widgets.rail import Rail
from cg_uploader.gui.widgets.texts import message
from cg_uploader.gui.words import sentence_of
from cg_uploader.gui.worker import Runner
from cg_uploader.model.regions import REGIONS
from cg_uploader.model.table import Table

if TYPE_CHECKING:
    from cg_uploader.uploads.results.retry_failed import RetriedRows

SETUP_SUFFIX = ".cgsetup"
# A laptop whose screen shows everything half as large again has little more.
SMALLEST = QSize(900, 480)
DEFAULT = QSize(1120, 760)


class MainWindow(QMainWindow):
    """Five steps, history, help, settings."""

    def __init__(self, session: Session, services: Services) -> None:
        super().__init__()
        self.session = session
        self.services = services
        self._step = Step.CONNECT
        self._closing = False
        self._tidying = Runner(self)
        self.setWindowTitle("CG Uploader")
        self.setMinimumSize(SMALLEST)
        self.resize(DEFAULT)
        self.connect_page = ConnectPage(session, services)
        self.file_page = FilePage(session, services)
        self.columns_page = ColumnsPage(session, services)
        self.check_page = CheckPage(session, services)
        self.upload_page = UploadPage(session, services)
        self.history_page = HistoryPage(session, services)
        self.pages: dict[Step, Page] = {
            page.step: page
            for page in (self.connect_page, self.file_page, self.columns_page, self.check_page, self.upload_page)
        }
        self._lay_out()
        self._make_menu()
        self._wire()
        self.show_step(Step.CONNECT)

    # ------------------------------------------------------------------ layout

    def _lay_out(self) -> None:
        """From the window to what is in it: a widget with another parent is styled again with all that it holds."""
        self.rail = Rail()
        self.footer = Footer()
        self.stack = QStackedWidget()
        middle = QWidget()
        self.setCentralWidget(middle)
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        right = QVBoxLayout()
        right.setSpacing(0)
        row.addLayout(right, 1)
        right.addWidget(self.stack, 1)
        for page in (*self.pages.values(), self.history_page):
            self.stack.addWidget(page)
        right.addWidget(self.footer)
        self.rail.setMinimumWidth(self.fontMetrics().averageCharWidth() * 30)

    def _make_menu(self) -> None:
        file = self.menuBar().addMenu("&File")
        self._action(file.addAction("Open a &file…"), self._open_file, QKeySequence.StandardKey.Open)
        self._action(file.addAction("&History"), self.show_history, "Ctrl+H")
        self._action(file.addAction("&Settings…"), self.show_settings, QKeySequence.StandardKey.Preferences)
        file.addSeparator()
        self._action(file.addAction("&Quit"), self._quit, QKeySequence.StandardKey.Quit)
        go = self.menuBar().addMenu("&Steps")
        for step in Step:
            action = go.addAction(f"&{step + 1}  {step.label}")
            action.setData(step)
            self._action(action, self._go_by_menu, f"Ctrl+{step + 1}")
        help_menu = self.menuBar().addMenu("&Help")
        self._action(help_menu.addAction("&Help for this step"), self.show_help, QKeySequence.StandardKey.HelpContents)
        self._action(help_menu.addAction("&About CG Uploader"), self.show_about, None)

    @staticmethod
    def _action(action: QAction, done: Callable[[], object], keys: QKeySequence.StandardKey | str | None) -> None:
        action.triggered.connect(done)
        if keys is not None:
            action.setShortcut(QKeySequence(keys))

    def _wire(self) -> None:
        self.rail.step_chosen.connect(self.show_step)
        self.rail.history_wanted.connect(self.show_history)
        self.rail.settings_wanted.connect(self.show_settings)
        self.rail.help_wanted.connect(self.show_help)
        self.footer.back.connect(self._back)
        self.footer.forward.connect(self._forward)
        self.history_page.continue_wanted.connect(self._continue_run)
        self.history_page.memory_grown.connect(self.upload_page.look_back_anew)
        self.file_page.retried.connect(self._bring_back)
        self.upload_page.retried.connect(self._try_again)
        self.upload_page.columns_wanted.connect(self._look_at_columns)
        self.session.changed.connect(self._follow)

    # ------------------------------------------------------------------ moving about

    @property
    def step(self) -> Step:
        """The step whose page was open last."""
        return self._step

    def show_step(self, step: Step) -> None:
        """Open a step's page, if it can be opened."""
        if why_closed(self.session, step):
            step = self._step
        self._step = step
        self.stack.setCurrentWidget(self.pages[step])
        self._follow()
        self.pages[step].entered()

    def show_history(self) -> None:
        """Open the list of runs."""
        self.stack.setCurrentWidget(self.history_page)
        self._follow()
        self.history_page.entered()

    def _go_by_menu(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.show_step(Step(action.data()))
            self.pages[self._step].take_focus()

    def _back(self) -> None:
        if self._in_history():
            self.show_step(self._step)
        elif self._step > Step.CONNECT:
            self.show_step(self._last_open(Step(self._step - 1)))

    def _forward(self) -> None:
        if self._step is Step.UPLOAD:
            self.show_step(self._last_open(Step.FILE))
        elif not why_not(self.session, self._step):
            self.show_step(Step(self._step + 1))

    def _last_open(self, step: Step) -> Step:
        """``step``, or the last one before it that can be opened: the first always can."""
        return next(one for one in reversed(Step) if one <= step and not why_closed(self.session, one))

    def _in_history(self) -> bool:
        return self.stack.currentWidget() is self.history_page

    def _follow(self) -> None:
        """Show on rail and footer how things stand, and leave a page that has become closed."""
        session, in_history = self.session, self._in_history()
        if why_closed(session, self._step) and not session.running:
            self._step = self._last_open(self._step)
            if not in_history:
                self.stack.setCurrentWidget(self.pages[self._step])
        for step in Step:
            self.rail.say(step, standing(session, step), why_closed(session, step))
        self.rail.show_step(None if in_history else self._step)
        connection = session.connection
        self.rail.show_connection(connection.name or REGIONS[connection.region].name)
        if in_history:
            self.footer.say(forward="", reason="")
        else:
            self._show_footer()

    def _show_footer(self) -> None:
        """Show where the open step leads to, and what is missing on the way."""
        session, forward = self.session, self._step.next_label
        if self._step is Step.UPLOAD and session.run is not None and not session.running:
            forward = "Upload a&nother file"
        first = "This is the first step." if self._step is Step.CONNECT else ""
        no_way_back = "An upload is under way." if session.running else first
        self.footer.say(no_way_back=no_way_back, forward=forward, reason=why_not(session, self._step))

    # ------------------------------------------------------------------ things to do

    def _open_file(self) -> None:
        self.show_step(Step.FILE)
        self.file_page.zone.browse()

    def open_any(self, file: Path) -> None:
        """Read ``file``, or use it when it is a setup file, unless an upload is under way."""
        if self.session.running:
            return
        if file.suffix.lower() == SETUP_SUFFIX:
            self.connect_page.open_setup(file)
        else:
            self.file_page.open_file(file)

    def _continue_run(self, run: int) -> None:
        self._step = Step.UPLOAD
        self.upload_page.continue_run(run)
        self.stack.setCurrentWidget(self.upload_page)
        self._follow()

    def _look_at_columns(self) -> None:
        self.show_step(self._last_open(Step.COLUMNS))
        self.pages[self._step].take_focus()

    def _bring_back(self, retried: RetriedRows) -> None:
        """Failed rows were opened: their connection and their mapping come back, as far as they are known here."""
        connection = self.session.connection
        if retried.profile and (connection.name, connection.reference) != (retried.profile, retried.reference):
            self.connect_page.choose_saved(retried.profile)
        if retried.mapping is not None and self.session.connection.reference == retried.reference:
            self.session.set_mapping(retried.mapping)
        plan = self.session.plan
        missing = f" Choose the connection “{retried.profile}” in step 1." if plan is None else ""
        self.file_page.banner.say("accent", retried.sentence(plan) if plan is not None else retried.message + missing)

    def _try_again(self, failed: tuple[Table, RetriedRows]) -> None:
        """The failed rows of the upload that is shown are all that there is now.  They can be corrected in the check."""
        table, retried = failed
        if self.session.running:
            table.rows.close()  # the user went on with that upload meanwhile
            return
        self.session.set_table(table)
        self._bring_back(retried)
        if why_closed(self.session, Step.CHECK):
            self.show_step(self._last_open(Step.CHECK))
            missing = f"{retried.message} Choose or enter the connection “{retried.profile}” here."
            self.connect_page.saved.banner.say("accent", missing)
        else:
            self.show_step(Step.CHECK)
            self.check_page.take_focus()

    def show_help(self) -> None:
        """Help about the page that is open."""
        from cg_uploader.gui.dialogs.help import HelpDialog  # dialogs are loaded when they open: the window is there sooner

        HelpDialog("history" if self._in_history() else self._step.name.lower(), self).open()

    def show_about(self) -> None:
        """Versions and licences."""
        from cg_uploader.gui.dialogs.about import AboutDialog

        AboutDialog(self).open()

    def show_settings(self) -> None:
        """The few settings."""
        from cg_uploader.gui.dialogs.settings import SettingsDialog

        SettingsDialog(self.services, self.session, self).open()

    # ------------------------------------------------------------------ the end

    def tidy(self) -> None:
        """Delete row values whose time is over, in the background, and say so when the record of uploads was damaged."""
        self._tidying.start(tidying(self.services.paths), done=self._on_tidied, failed=self._on_not_tidied)

    def _on_tidied(self, sentence: str) -> None:
        if sentence:
            message(self, QMessageBox.Icon.Warning, "The record of earlier uploads was damaged.", sentence).open()

    def _on_not_tidied(self, error: object) -> None:
        message(self, QMessageBox.Icon.Warning, "The record of uploads cannot be used.", sentence_of(error)).open()

    def _quit(self) -> None:
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask while a run is under way, then end every thread before the window goes."""
        if self.session.running:
            event.ignore()
            if not self._closing and self._agrees_to_close():
                self.close_when_stopped()
            return
        for page in (*self.pages.values(), self.history_page):
            page.shut_down()
        self._tidying.shut_down()
        self.session.close()
        self.services.close()
        event.accept()

    def _agrees_to_close(self) -> bool:
        later = "It can be paused and continued later, from History. What was accepted is not sent again."
        if self.services.demo:
            home = self.services.paths.home
            later += f" The demonstration has a History of its own: start it again to continue. It is kept in {home}."
        box = message(self, QMessageBox.Icon.Question, "An upload is under way.", later)
        close = box.addButton("&Pause and close", QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton("&Keep going", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        box.exec()
        return box.clickedButton() is close

    def close_when_stopped(self) -> None:
        """Stop the run.  The window closes as soon as its thread has come to its end."""
        self._closing = True
        self.upload_page.stop()
        self.session.ran.connect(self._close_now, Qt.ConnectionType.QueuedConnection)
        if not self.session.running:
            self.close()

    def _close_now(self) -> None:
        if not self.session.running:
            self.close()
