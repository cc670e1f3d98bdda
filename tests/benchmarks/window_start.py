"""Opens a window, prints a word as soon as it can be seen, and ends: ``window_start.py product|bare``.

The bare one is the least a Qt program can be; the product is started by its own command line.
"""

from __future__ import annotations

import sys
from pathlib import Path

_LOOK_MS = 1


def main() -> None:
    """Start the one that was asked for.  The product's own imports come first, in their own order."""
    if sys.argv[1] == "product":
        sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
        from cg_uploader import cli

        listen()
        cli.main([])
    else:
        listen()
        bare()


def bare() -> None:
    """A main window without anything in it."""
    from PySide6.QtWidgets import QApplication, QMainWindow

    application = QApplication([])
    window = QMainWindow()
    window.show()
    application.exec()


def listen() -> None:
    """Look for a window that can be seen as soon as Qt's loop runs."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    run = QApplication.exec

    def end_when_seen() -> None:
        if any(widget.isVisible() and widget.windowHandle().isExposed() for widget in QApplication.topLevelWidgets()):
            QApplication.processEvents()
            print("shown", flush=True)
            QApplication.closeAllWindows()
        else:
            QTimer.singleShot(_LOOK_MS, end_when_seen)

    def run_until_seen() -> int:
        QTimer.singleShot(0, end_when_seen)
        return run()

    QApplication.exec = staticmethod(run_until_seen)  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
