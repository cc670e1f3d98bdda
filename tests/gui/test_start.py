"""How little stands before the first paint of the window: what takes long to load or to start waits until it can be seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cg_uploader.model.enums import Region
from cg_uploader.settings import profiles
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.preferences import Preferences, PreferenceStore
from cg_uploader.settings.sample import sample_profile

LONG_TO_LOAD = {
    *("requests", "urllib3", "truststore", "cryptography", "ssl", "http.client", "socketserver", "asyncio", "multiprocessing"),
    *("numpy", "pandas", "openpyxl", "xlsxwriter", "python_calamine", "sqlite3", "filelock", "lxml", "nacl"),
    *("keyring", "jeepney", "secretstorage", "PySide6.QtNetwork", "PySide6.QtPrintSupport", "PySide6.QtSvg"),
    *("cg_uploader.uploads.journal.journal", "cg_uploader.uploads.sending.engine", "cg_uploader.uploads.results.receipt"),
    *("cg_uploader.api.client", "cg_uploader.api.proxies", "cg_uploader.practice.server", "cg_uploader.gui.dialogs.settings"),
}
CODE = """
import json, sys, threading
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
from cg_uploader import cli

class Look(QObject):
    said = False

    def eventFilter(self, watched, event):
        if not self.said and event.type() is QEvent.Type.Paint and isinstance(watched, QMainWindow):
            self.said = True
            seen = {
                "modules": list(sys.modules),
                "threads": threading.active_count(),
                "busy": watched._tidying.busy,
                "reader": watched.services.readers._ready is not None,
                "connection": watched.session.connection.name,
            }
            print(json.dumps(seen), flush=True)
            self.end_when_all_is_begun(watched)
        return False

    def end_when_all_is_begun(self, window):
        ready = window.services.readers._ready is not None
        begun = window.session.connection.name, ready, "sqlite3" in sys.modules, "keyring" in sys.modules
        if all(begun):
            print(json.dumps(begun), flush=True)
            QApplication.closeAllWindows()
        else:
            QTimer.singleShot(5, self, lambda: self.end_when_all_is_begun(window))

run = QApplication.exec

def look_and_run():
    look = Look(QApplication.instance())
    QApplication.instance().installEventFilter(look)
    return run()

QApplication.exec = staticmethod(look_and_run)
sys.exit(cli.main([]))
"""


@pytest.mark.process
def test_nothing_slow_is_loaded_or_started_before_the_window_can_be_seen(tmp_path: Path) -> None:
    paths = AppPaths(tmp_path)
    paths.prepare()
    sample = sample_profile()
    profiles.ProfileStore(paths.profiles).save(replace(sample, name="Last", region=Region.EU, address=None))
    PreferenceStore(paths.preferences).save(Preferences(last_profile="Last"))
    own = {"CG_UPLOADER_HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    environment = {**os.environ, **own, "QT_QPA_PLATFORM": "offscreen"}
    words = [sys.executable, "-c", CODE]
    done = subprocess.run(words, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    first, begun = map(json.loads, done.stdout.splitlines())
    assert "cg_uploader.gui.pages.history" in first["modules"]
    assert set(first["modules"]) & LONG_TO_LOAD == set()
    assert (first["threads"], first["busy"], first["reader"], first["connection"]) == (1, False, False, "")
    assert begun == ["Last", True, True, True], "what waited is done as soon as the window can be seen"
