"""Opens a file in the real window and prints when its first rows were on the screen, and when all of it was read.

``first_probe.py PROFILE FILE``; seconds since the file was chosen, in a window that has been open for a while.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QObject, QTimer

from cg_uploader.gui.app import make_application, make_services
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.services import Practice
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step
from cg_uploader.model.configuration import Credentials
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.profiles import parse

_OPEN_FOR_MS = 1_000


class Probe(QObject):
    """Chooses the file, and looks as often as it can until it is read."""

    def __init__(self, window: MainWindow, file: Path) -> None:
        super().__init__()
        self.first = self.whole = 0.0
        self._window = window
        self._file = file
        self._begun = 0.0
        self._looking = QTimer(self)
        self._looking.setInterval(1)
        self._looking.timeout.connect(self._look)
        QTimer.singleShot(_OPEN_FOR_MS, self._choose)

    def _choose(self) -> None:
        self._begun = time.perf_counter()
        self._window.open_any(self._file)
        self._looking.start()

    def _look(self) -> None:
        page = self._window.file_page
        if not self.first and page.preview.rowCount():
            page.view.viewport().repaint()
            self.first = time.perf_counter() - self._begun
        if self._window.session.file_problem:
            print(self._window.session.file_problem, file=sys.stderr, flush=True)
            os._exit(1)
        if self._window.session.table is not None:
            self.whole = time.perf_counter() - self._begun
            self._looking.stop()
            self._window.close()


def main() -> None:
    """Open the window, choose the file, print the seconds."""
    profile, file = Path(sys.argv[1]), Path(sys.argv[2])
    application = make_application()
    paths = AppPaths(Path(os.environ["CG_UPLOADER_HOME"]))
    paths.prepare()
    services = make_services(paths, application, Practice())
    session = Session()
    session.use_profile(parse(profile.read_text()), Credentials("practice", "practice"))
    window = MainWindow(session, services)
    window.show()
    window.show_step(Step.FILE)
    services.readers.prepare()
    probe = Probe(window, file)
    application.exec()
    print(json.dumps([probe.first, probe.whole]))


if __name__ == "__main__":
    main()
