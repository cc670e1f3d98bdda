"""The demonstration in real processes: what its closing dialog promises is there when it is started again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cg_uploader.settings.paths import AppPaths

BEFORE = """
import json, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from cg_uploader import cli
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.steps import Step, why_closed

def window():
    return next(each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow))

def drive(steps):
    '''Press what each step asks for as soon as its condition holds.'''
    def look():
        condition, do = steps[0]
        if condition():
            steps.pop(0)
            do()
        if steps:
            QTimer.singleShot(5, look)
    QTimer.singleShot(0, look)
"""
FIRST = """
def say_and_close():
    box = QApplication.activeModalWidget()
    print(json.dumps(box.informativeText()), flush=True)
    next(button for button in box.buttons() if "Pause" in button.text()).click()

def press_close():
    QTimer.singleShot(0, window().close)

drive([
    (lambda: not why_closed(window().session, Step.UPLOAD), lambda: window().show_step(Step.UPLOAD)),
    (lambda: window().upload_page.before.button.isEnabled(), lambda: window().upload_page.before.button.click()),
    (lambda: window().upload_page.progress.bar.value() > 5, press_close),
    (lambda: isinstance(QApplication.activeModalWidget(), QMessageBox), say_and_close),
])
"""
AGAIN = """
def go_on():
    window().history_page.view.selectRow(0)
    window().history_page.go_on.click()

def say():
    run = window().session.run
    print(json.dumps({status.value: count for status, count in run.counts.items()} | {"stopped": run.stopped}), flush=True)
    window().close()

drive([
    (lambda: window().session.table is not None, lambda: window().show_history()),
    (lambda: window().history_page.model.rowCount() == 1, go_on),
    (lambda: not window().session.running and window().session.run is not None, say),
])
"""
RUN = """
run = QApplication.exec
def run_driven():
    begin()
    return run()
QApplication.exec = staticmethod(run_driven)
sys.exit(cli.main(["demo"]))
"""


def demo(home: Path, steps: str) -> str:
    body = "def begin():\n" + "".join(f"    {line}\n" for line in steps.strip().splitlines())
    own = {"CG_UPLOADER_HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    environment = {**os.environ, **own, "QT_QPA_PLATFORM": "offscreen"}
    words = [sys.executable, "-c", BEFORE + body + RUN]
    done = subprocess.run(words, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.process
@pytest.mark.slow
def test_an_upload_that_was_paused_at_its_end_goes_on_from_the_history_of_the_next_one(tmp_path: Path) -> None:
    said = json.loads(demo(tmp_path, FIRST))
    kept = AppPaths(tmp_path).demo
    assert str(kept.home) in said
    assert "start it again" in said
    assert kept.journal.exists()
    assert not AppPaths(tmp_path).journal.exists(), "the user's own history is left as it is"
    ended = json.loads(demo(tmp_path, AGAIN))
    assert ended["stopped"] is None
    assert ended["accepted"] > 100
    gone = subprocess.run(
        [sys.executable, "-m", "cg_uploader", "forget", "--all", "--yes"],
        env={**os.environ, "CG_UPLOADER_HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert gone.returncode == 0, gone.stderr
    assert not kept.home.exists()
