"""Settings: the few things that the user may prefer, and what support asks for."""

from __future__ import annotations

import platform
from dataclasses import replace

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QVBoxLayout, QWidget

from cg_uploader import __version__
from cg_uploader.errors import UploaderError
from cg_uploader.gui.opener import open_outside
from cg_uploader.gui.services import Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.theme import SPACE, Scheme
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.inputs import ComboBox, PushButton, SpinBox, labelled, line
from cg_uploader.gui.widgets.network_form import NetworkForm
from cg_uploader.gui.widgets.texts import caption, section
from cg_uploader.model.enums import BlankCells
from cg_uploader.settings.preferences import MAX_DAYS, PROXY_WORDS, Preferences
from cg_uploader.system.child_processes import system_name

SCHEMES = {Scheme.SYSTEM: "As the system has it", Scheme.LIGHT: "Light", Scheme.DARK: "Dark"}
BLANKS = {BlankCells.LEAVE_OUT: "Not mentioned", BlankCells.SEND_EMPTY: "Sent empty"}


class SettingsDialog(QDialog):
    """What is chosen holds at once and is kept."""

    def __init__(self, services: Services, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._services = services
        self._session = session
        preferences = services.preferences.load()
        self.scheme = _choice(SCHEMES, preferences.theme)
        self.blank_cells = _choice(BLANKS, preferences.blank_cells)
        self.days = SpinBox(0, MAX_DAYS)
        self.days.setFixedHeight(self.scheme.sizeHint().height())
        self.days.setSuffix(" days")
        self.days.setValue(preferences.keep_days)
        self.network = NetworkForm(preferences.proxy, preferences.ca_file)
        self.banner = Banner()
        self._lay_out()
        self.days.valueChanged.connect(self._keep)
        self.network.edited.connect(self._keep)
        self.scheme.activated.connect(self._keep)
        self.blank_cells.activated.connect(self._keep)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 3)
        column.setSpacing(SPACE * 2)
        pair = QHBoxLayout()
        pair.setSpacing(SPACE * 2)
        pair.addLayout(labelled("C&olours", self.scheme), 1)
        pair.addLayout(labelled("Cells without te&xt (new connections)", self.blank_cells), 1)
        column.addLayout(pair)
        days = QHBoxLayout()
        days.setSpacing(SPACE * 2)
        days.addLayout(labelled("Keep row &values for", self.days), 1)
        remark = caption("After that an upload keeps its counts alone and cannot be continued.")
        days.addWidget(remark, 1, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(days)
        column.addWidget(line())
        column.addWidget(section("Network"))
        column.addWidget(self.network)
        column.addWidget(line())
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(PushButton("Show &log file", self._show_log))
        row.addWidget(PushButton("Copy &details for support", self.copy_details))
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.banner)
        column.addStretch(1)
        buttons = QDialogButtonBox()
        buttons.addButton(PushButton("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        width = self.fontMetrics().averageCharWidth() * 92
        self.setMinimumWidth(width)
        self.resize(width, column.totalHeightForWidth(width))

    def _keep(self) -> None:
        before = self._services.preferences.load()
        chosen = replace(
            before,
            theme=self.scheme.currentData(),
            blank_cells=BlankCells(self.blank_cells.currentData()),
            keep_days=self.days.value(),
            proxy=self.network.proxy,
            ca_file=self.network.ca_file,
        )
        try:
            self._services.preferences.save(chosen)
        except UploaderError as error:
            self.banner.say("error", error.sentence)
        self._use(before, chosen)

    def _use(self, before: Preferences, chosen: Preferences) -> None:
        if chosen.theme != before.theme:
            self._services.theme.choose(Scheme(chosen.theme))
        if chosen.blank_cells is not before.blank_cells and not self._session.connection.name:
            self._session.set_blank_cells(chosen.blank_cells)

    def _show_log(self) -> None:
        open_outside(self._services.paths.logs)

    def copy_details(self) -> None:
        """Put versions, region, state and field names on the clipboard, never values or keys."""
        QGuiApplication.clipboard().setText(support_details(self._session, self._services.preferences.load()))
        self.banner.say("good", "Copied. It holds versions, region and field names, no values and no keys.")


def support_details(session: Session, preferences: Preferences) -> str:
    """Return what support may need, as lines of text, without values, keys and names of proxies."""
    connection = session.connection
    lines = [
        f"CG Uploader {__version__}",
        f"Python {platform.python_version()}, Qt {qVersion()}, {system_name()}",
        f"Region: {connection.region.value}",
        f"Data type: {connection.data_type.value if connection.data_type is not None else 'not chosen'}",
        f"Proxy: {preferences.proxy if preferences.proxy in PROXY_WORDS else 'named in the settings'}",
        f"Certificates beside the system's: {'yes' if preferences.ca_file else 'no'}",
        f"Connection test: {'none' if session.tested is None else 'good' if session.tested.good else 'failed'}",
        f"Field headings: {', '.join(field.heading for field in connection.fields) or 'none'}",
    ]
    if session.table is not None:
        table = session.table
        lines.append(f"File: {table.file.suffix}, {len(table.rows)} rows, {len(table.columns)} columns")
    if session.run is not None:
        lines.append(f"Last upload: {', '.join(f'{status.value} {count}' for status, count in session.run.counts.items())}")
    return "\n".join(lines)


def _choice(words: dict[Scheme, str] | dict[BlankCells, str], current: str) -> ComboBox:
    combo = ComboBox()
    for value, text in words.items():
        combo.addItem(text, value.value)
    combo.setCurrentIndex(combo.findData(str(current)))
    return combo
