"""Draws the README's pictures anew: the real window on the sample file, against a practice server, one for each step."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PySide6.QtCore import QEventLoop, QTimer

from cg_uploader.gui import app
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.services import Practice
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step
from cg_uploader.gui.theme import Scheme
from cg_uploader.practice import faults
from cg_uploader.settings.paths import Places, resource

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "resources" / "screenshots"
PATIENCE_MS = 60_000
PAUSE_MS = 200
ROWS_TO_SEE = 100
IN_DARK = ("4-check", "5-upload")


class Camera:
    """Waits until the window shows what is wanted, then takes a picture of it."""

    def __init__(self, window: MainWindow, scheme: Scheme) -> None:
        self._window = window
        self._scheme = scheme

    def wait(self, done: Callable[[], bool]) -> None:
        """Let the window live until ``done``; TimeoutError after a minute."""
        loop, look, end = QEventLoop(), QTimer(), QTimer()
        look.timeout.connect(lambda: loop.quit() if done() else None)
        end.setSingleShot(True)
        end.timeout.connect(lambda: loop.exit(1))
        look.start(10)
        end.start(PATIENCE_MS)
        if loop.exec():
            raise TimeoutError("the window did not come to show what was to be seen")

    def take(self, name: str) -> None:
        """Save what the window shows as ``NAME.png``; in dark only what the README shows, as ``NAME-dark.png``."""
        if self._scheme is Scheme.DARK and name not in IN_DARK:
            return
        rest = QEventLoop()
        QTimer.singleShot(PAUSE_MS, rest.quit)
        rest.exec()
        target = PICTURES / f"{name}{'-dark' if self._scheme is Scheme.DARK else ''}.png"
        if not self._window.grab().save(str(target)):
            raise OSError(f"{target} cannot be written")
        print(target.relative_to(ROOT))


def walk(window: MainWindow, camera: Camera) -> None:
    """Go through all steps and take a picture of each."""
    session, upload = window.session, window.upload_page
    app.begin_demo(window)
    camera.wait(lambda: session.table is not None and session.result is not None)
    for number, step in enumerate((Step.CONNECT, Step.FILE, Step.COLUMNS, Step.CHECK), 1):
        window.show_step(step)
        camera.take(f"{number}-{step.name.lower()}")
    window.show_step(Step.UPLOAD)
    camera.wait(upload.before.button.isEnabled)
    upload.upload()
    camera.wait(lambda: upload.progress.bar.value() > ROWS_TO_SEE)
    camera.take("5-upload")
    camera.wait(lambda: session.run is not None)
    camera.take("6-end")
    window.show_history()
    camera.wait(lambda: window.history_page.model.rowCount() > 0)
    camera.take("7-history")


def main() -> int:
    """Light pictures, then dark ones."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    PICTURES.mkdir(parents=True, exist_ok=True)
    application = app.make_application([])
    for scheme in (Scheme.LIGHT, Scheme.DARK):
        with tempfile.TemporaryDirectory() as home:
            places = Places(Path(home))
            places.prepare()
            practice = Practice(delay=app.DEMO_DELAY_SECONDS, script=faults.read(resource(app.SAMPLE_SCRIPT)))
            services = app.make_services(places, application, practice)
            services.theme.choose(scheme)
            window = MainWindow(Session(), services)
            window.show()
            walk(window, Camera(window, scheme))
            window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
