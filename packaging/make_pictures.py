"""The pictures of the README: the real window on the sample file, against a practice server, one for each step."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PySide6.QtCore import QEventLoop, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPixmap, QTextDocument
from PySide6.QtWidgets import QApplication

from cg_uploader.gui import app, papers
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.services import Practice
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step
from cg_uploader.gui.theme import Scheme
from cg_uploader.practice import faults
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.sample import ANSWER_SECONDS, sample_script
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.results.receipt import receipt

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "resources" / "screenshots"
TIMEOUT_MS = 60_000
PAUSE_MS = 200
ROWS_TO_SEE = 100
LONG_ROWS = 900_000
PART_READ = 150
RECEIPT = QSize(860, 1000)
MARGIN = 32
IN_DARK = ("4-check", "5-upload")


class Camera:
    """Waits until the window shows what is wanted, then takes a picture of it."""

    def __init__(self, window: MainWindow, scheme: Scheme, pictures: Path) -> None:
        """``pictures``: the folder that gets them."""
        self._window = window
        self._scheme = scheme
        self._pictures = pictures

    def wait(self, what: str, done: Callable[[], bool]) -> None:
        """Let the window live until ``done``.

        Raises:
            TimeoutError: after a minute, with a text that names ``what`` was waited for.
        """
        loop, look, end = QEventLoop(), QTimer(), QTimer()
        look.timeout.connect(lambda: loop.quit() if done() else None)
        end.setSingleShot(True)
        end.timeout.connect(lambda: loop.exit(1))
        look.start(10)
        end.start(TIMEOUT_MS)
        if loop.exec():
            raise TimeoutError(f"the window did not come to show {what}")

    def take(self, name: str, *, at_once: bool = False) -> None:
        """Save what the window shows as ``NAME.png``. In dark only what the README shows, as ``NAME-dark.png``.

        ``at_once``: of something that goes on, so that the window gets no time to come to rest.
        """
        if self._scheme is Scheme.DARK and name not in IN_DARK:
            return
        if not at_once:
            rest = QEventLoop()
            QTimer.singleShot(PAUSE_MS, rest.quit)
            rest.exec()
        self.keep(name, self._window.grab())

    def keep(self, name: str, picture: QPixmap) -> None:
        """Save a picture as ``NAME.png``."""
        target = self._pictures / f"{name}{'-dark' if self._scheme is Scheme.DARK else ''}.png"
        if not picture.save(str(target)):
            raise OSError(f"{target} cannot be written")
        print(target.name)

    @property
    def light(self) -> bool:
        """Whether all pictures are taken, or only those that are shown in dark too."""
        return self._scheme is Scheme.LIGHT


def walk(window: MainWindow, camera: Camera) -> None:
    """Go through all steps and take a picture of each."""
    session, upload = window.session, window.upload_page
    app.begin_demo(window)
    camera.wait("a checked file", lambda: session.table is not None and session.result is not None)
    for number, step in enumerate((Step.CONNECT, Step.FILE, Step.COLUMNS, Step.CHECK), 1):
        window.show_step(step)
        camera.take(f"{number}-{step.name.lower()}")
    window.show_step(Step.UPLOAD)
    camera.wait("the button that begins the upload", upload.before.button.isEnabled)
    upload.upload()
    camera.wait("some rows of an upload", lambda: upload.progress.bar.value() > ROWS_TO_SEE)
    camera.take("5-upload", at_once=True)
    camera.wait("the end of an upload", lambda: session.run is not None)
    camera.take("6-end")
    window.show_history()
    camera.wait("an upload in the history", lambda: window.history_page.model.rowCount() > 0)
    camera.take("7-history")


def show_reading(window: MainWindow, camera: Camera, folder: Path) -> None:
    """Show a long file while it is read, and one that can be read in two ways."""
    page = window.file_page
    window.show_step(Step.FILE)
    long, two = folder / "contacts-2026.csv", folder / "contacts.csv"
    lines = (f"ann.{number}@example.com,Ann,Example {number % 97},2026-05-31\n" for number in range(LONG_ROWS))
    long.write_text("Email,First Name,Account Name,Customer since\n" + "".join(lines), encoding="utf-8")
    two.write_text("Email,Name;City,Town\n" + "ann@example.com,Ann;Bonn,Rhein\n" * 30, encoding="utf-8")
    page.open_file(long)

    def part_is_read() -> bool:
        return page.runner.busy and page.zone.name == long.name and page.progress.bar.value() > PART_READ

    camera.wait("the first rows of a long file", part_is_read)
    camera.take("8-first-rows", at_once=True)
    page.cancel_button.click()
    camera.wait("that reading was cancelled", lambda: not page.runner.busy)
    page.open_file(two)
    camera.wait("a file that can be read in two ways", lambda: not page.runner.busy and window.session.table is not None)
    camera.take("9-two-readings")


def show_papers(window: MainWindow, camera: Camera, folder: Path) -> None:
    """Show what a run leaves: its receipt, and the file of failed rows, opened again.

    ``folder``: the user's own, because nothing is saved in the program's.
    """
    session, failed = window.session, folder / "contacts - failed rows.xlsx"
    if session.run is None:
        raise RuntimeError("there is no run to show the papers of")
    with Journal(window.services.paths) as journal:
        camera.keep("10-receipt", drawn(receipt(journal, session.run.run)))
    window.upload_page.save_failed_rows(failed)
    camera.wait("that the failed rows were saved", lambda: not window.upload_page.runner.busy)
    if not failed.exists():
        raise RuntimeError(f"the failed rows were not saved: {window.upload_page.after.saved.text}")
    window.file_page.open_file(failed)
    camera.wait(
        "failed rows, checked",
        lambda: session.table is not None and session.table.origin is not None and session.result is not None,
    )
    window.show_step(Step.CHECK)
    camera.take("11-failed-rows")


def drawn(page: str) -> QPixmap:
    """Draw the first part of a receipt, as its PDF shows it."""
    document = QTextDocument()
    document.setHtml(papers.for_pdf(page))
    document.setDocumentMargin(MARGIN)
    document.setTextWidth(RECEIPT.width())
    picture = QPixmap(RECEIPT)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    document.drawContents(painter)
    painter.end()
    return picture


def draw(pictures: Path, application: QApplication, scheme: Scheme, answer_seconds: float = ANSWER_SECONDS) -> None:
    """Draw the pictures of one scheme into the folder ``pictures``.

    ``answer_seconds``: how long the practice server takes for each row.
    """
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        paths = AppPaths(Path(home))
        paths.prepare()
        practice = Practice(delay=answer_seconds, script=faults.read(sample_script()))
        services = app.make_services(paths, application, practice)
        services.theme.choose(scheme)
        window = MainWindow(Session(), services)
        window.show()
        camera = Camera(window, scheme, pictures)
        walk(window, camera)
        if camera.light:
            show_papers(window, camera, Path(folder))
            show_reading(window, camera, Path(folder))
        window.close()


def main() -> int:
    """Take light pictures, then dark ones."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["LOGNAME"] = "ann"  # the receipt names a user of the sample, not who draws the picture
    PICTURES.mkdir(parents=True, exist_ok=True)
    application = app.make_application()
    for scheme in (Scheme.LIGHT, Scheme.DARK):
        draw(PICTURES, application, scheme)
    return 0


if __name__ == "__main__":
    sys.exit(main())
