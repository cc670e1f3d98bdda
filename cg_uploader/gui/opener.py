"""Opens a page or a folder with the program that the user has for it."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from cg_uploader.system.child_processes import desktop_environment, system_program


def open_outside(path: Path) -> bool:
    """Open a file or a folder of this computer, and tell whether a program could be started for it.

    Windows and macOS do it themselves.  On other systems Qt would start what it finds by ``PATH``, with all that this
    program was given.
    """
    if sys.platform in ("win32", "darwin"):
        return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
    program = system_program("xdg-open")
    if program is None:
        return False
    nowhere = subprocess.DEVNULL
    try:
        started = subprocess.Popen(  # noqa: S603 - the system's own
            [program, str(path.absolute())],
            stdin=nowhere,
            stdout=nowhere,
            stderr=nowhere,
            cwd="/",
            env=desktop_environment(),
            start_new_session=True,
        )
    except OSError:
        return False
    threading.Thread(target=started.wait, name="opener", daemon=True).start()  # its end is taken note of, so nothing is left
    return True
