"""About: version, what the program is built with, under which licences."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QWidget

from cg_uploader import __version__
from cg_uploader.gui.dialogs.texts_dialog import TextDialog
from cg_uploader.system.child_processes import system_name

PARTS = (
    ("PySide6-Essentials", "PySide6 (Qt for Python)", "LGPL 3.0"),
    ("pandas", "pandas", "BSD 3-Clause"),
    ("openpyxl", "openpyxl", "MIT"),
    ("requests", "Requests", "Apache 2.0"),
    ("truststore", "truststore", "MIT"),
    ("keyring", "keyring", "MIT"),
    ("platformdirs", "platformdirs", "MIT"),
    ("filelock", "filelock", "MIT"),
)


class AboutDialog(TextDialog):
    """Versions and licences, to read and to copy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("About CG Uploader", about(), parent=parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)


def about() -> str:
    """The text, as Markdown."""
    lines = [
        f"# CG Uploader {__version__}",
        "",
        (
            "Puts the rows of a spreadsheet into CustomerGauge and knows what became of each one. "
            "MIT licence. An independent program, not made by CustomerGauge."
        ),
        "",
        f"Python {platform.python_version()}, Qt {qVersion()}, {system_name()}",
        "",
        "## Built with",
        "",
        *(f"- {name} {_version(package)}, {licence}" for package, name, licence in PARTS),
        "",
        (
            "Qt is used under the GNU Lesser General Public License, version 3. Its libraries lie beside this program and may "
            "be replaced by other builds of the same version; taking the program apart to do so is allowed. Source: "
            "download.qt.io/official_releases. The texts of all licences come with the program."
        ),
    ]
    return "\n".join(lines)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
