"""Starts the window: application, theme, services, and what to open at first."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QMessageLogContext,
    QObject,
    QSize,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)
from PySide6.QtGui import QFileOpenEvent, QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from cg_uploader import __version__
from cg_uploader.gui import papers
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step
from cg_uploader.gui.theme import Scheme, Theme
from cg_uploader.gui.widgets.firstpaint import after_first_paint
from cg_uploader.gui.widgets.texts import message
from cg_uploader.settings import crash_handling, logs
from cg_uploader.settings.paths import AppPaths, resource
from cg_uploader.settings.sample import ANSWER_SECONDS, PRACTICE_CREDENTIALS, sample_file, sample_profile, sample_script

_LOG = logging.getLogger(__name__)
# Room for what the desktop draws around a window.
FRAME = QSize(16, 40)
# How long another thread may keep Python from the window: with the usual five times as much each call of a repaint waits, and
# together they were seen as pauses of 60 to 190 ms while rows were checked.
TURN_SECONDS = 0.001


def run_window(paths: AppPaths, *, file: Path | None = None, setup: Path | None = None, demo: bool = False) -> int:
    """Open the window and return when it is closed: 0.

    ``file`` is read at once, ``setup`` taken over.  ``demo`` starts a practice server on the sample.  The caller has made
    sure that there is a display.
    """
    paths.prepare()
    papers.clear_pages(paths)
    application = make_application()
    with logs.opened(paths):
        return _shown(application, paths, file, setup, demo=demo)


def _shown(application: Application, paths: AppPaths, file: Path | None, setup: Path | None, *, demo: bool) -> int:
    """Show the window until it is closed."""
    qInstallMessageHandler(log_from_qt)
    practice = demo_practice() if demo else Practice(delay=ANSWER_SECONDS)
    services = make_services(paths, application, practice, demo=demo)
    window = MainWindow(Session(), services)
    application.opened.connect(window.open_any)
    Bugs(window, paths)
    window.resize(window.size().boundedTo(window.screen().availableSize() - FRAME))
    after_first_paint(window, services.readers.prepare)
    after_first_paint(window, window.tidy)
    window.show()
    if demo:
        begin_demo(window)
    elif file is None and setup is None:
        after_first_paint(window, lambda: begin_as_preferred(window), 0)  # the keychain may take its time
    else:
        begin_as_preferred(window)  # before what is handed over, which may bring another connection
    for handed_over in (setup, file):
        if handed_over is not None:
            window.open_any(handed_over)
    try:
        with crash_handling.thread_dumps(paths):
            return application.exec()
    finally:
        papers.clear_pages(paths)


def log_from_qt(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Log where something in Qt went wrong.  Its words may quote what the window shows, so they are left out."""
    if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
        function = re.match(r"[A-Za-z0-9_:]{0,60}", text)
        _LOG.warning("Qt, %s: %s", context.category, function[0] if function else "")


def make_application() -> Application:
    """Make the application with its name and icon.  Other threads give way to it sooner from now on."""
    sys.setswitchinterval(TURN_SECONDS)
    QCoreApplication.setApplicationName("cg-uploader")
    QCoreApplication.setApplicationVersion(__version__)
    application = Application([sys.argv[0]])
    application.setApplicationDisplayName("CG Uploader")
    application.setDesktopFileName("cg-uploader")
    application.setWindowIcon(QIcon(str(resource("icons/cg-uploader.svg"))))
    return application


def make_services(paths: AppPaths, application: QApplication, practice: Practice, *, demo: bool = False) -> Services:
    """What every page may need, in the theme that the user chose."""
    services = Services(paths, Theme(application), practice=practice, demo=demo)
    services.theme.choose(Scheme(services.preferences.load().theme))
    return services


def demo_practice() -> Practice:
    """A practice server that misbehaves as the sample's script says."""
    from cg_uploader.practice import faults

    return Practice(delay=ANSWER_SECONDS, script=faults.read(sample_script()))


def begin_as_preferred(window: MainWindow) -> None:
    """The connection that was used last, and what the user prefers for cells without text."""
    preferences = window.services.preferences.load()
    window.session.set_blank_cells(preferences.blank_cells)
    window.connect_page.choose_saved(preferences.last_profile)


def begin_demo(window: MainWindow) -> None:
    """Prepare the demonstration: practice server, sample profile and file.  The File step is open."""
    server = window.services.practice.server
    window.session.use_profile(sample_profile(server.address), PRACTICE_CREDENTIALS)
    window.open_any(sample_file())
    window.show_step(Step.FILE)


class Application(QApplication):
    """The application.  ``opened`` brings files that the system hands over while it runs (macOS does so)."""

    opened = Signal(object)

    def event(self, event: QEvent) -> bool:
        """Hear of such a file.  Everything else is Qt's own."""
        if isinstance(event, QFileOpenEvent):
            self.opened.emit(Path(event.file()))
            return True
        return super().event(event)


class Bugs(QObject):
    """A bug is logged and told once in a sentence.  The window stays, and what is on disk is safe."""

    _happened = Signal(str)

    def __init__(self, window: MainWindow, paths: AppPaths) -> None:
        super().__init__(window)
        self._window = window
        self._places = paths
        self._told = False
        self._happened.connect(self._tell)
        sys.excepthook = self._log

    def _log(self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        where = logs.log_crash(self._places, error)
        self._happened.emit(f"Details for support are in {where}.")

    def _tell(self, more: str) -> None:
        if not self._told:
            self._told = True
            box = message(self._window, QMessageBox.Icon.Warning, "Something went wrong that never should.", more)
            box.open()
