"""Asks for the Client ID and the Client Secret with which an earlier upload goes on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.inputs import PushButton, labelled
from cg_uploader.gui.widgets.texts import caption, plain, section
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.regions import REGIONS
from cg_uploader.model.run import RunSummary


class SignInDialog(QDialog):
    """``answered`` brings Credentials.  ``rejected`` says that the upload does not go on now."""

    answered = Signal(object)

    def __init__(self, run: RunSummary, why: str, parent: QWidget | None = None) -> None:
        """``why``: the sentence with which ``run`` could not go on."""
        super().__init__(parent)
        self.setWindowTitle("Sign in to continue")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.client_id = QLineEdit()
        self.client_secret = QLineEdit()
        self.client_secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.question = plain(why, wrap=True)
        started = f"{run.started.astimezone():%Y-%m-%d %H:%M}"
        region = REGIONS[run.region].name
        self.facts = plain(
            f"Upload {run.run} of {Path(run.file).name}, begun {started} with the connection “{run.profile}”, {region}.",
            role="quiet",
            wrap=True,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 3)
        column.setSpacing(SPACE * 2)
        column.addWidget(section("Sign in to continue this upload"))
        column.addWidget(self.question)
        column.addWidget(self.facts)
        column.addLayout(labelled("Client &ID", self.client_id))
        column.addLayout(labelled("Client &Secret", self.client_secret))
        column.addWidget(caption("They are kept until this window is closed. Rows that were accepted are not sent again."))
        column.addStretch(1)
        self.go_on = PushButton("&Continue", role="primary")
        self.go_on.setDefault(True)
        buttons = QDialogButtonBox()
        buttons.addButton(self.go_on, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(PushButton("Not now"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        for line in (self.client_id, self.client_secret):
            line.textChanged.connect(self._show_possible)
        self._show_possible()
        width = self.fontMetrics().averageCharWidth() * 72
        self.setMinimumWidth(width)
        self.resize(width, column.totalHeightForWidth(width))

    def _entered(self) -> Credentials:
        return Credentials(self.client_id.text().strip(), self.client_secret.text().strip())

    def _show_possible(self) -> None:
        entered = self._entered()
        both = entered.client_id and entered.client_secret
        self.go_on.allow("" if both else "Enter Client ID and Client Secret first.")

    def accept(self) -> None:
        """Hand over what was entered."""
        self.answered.emit(self._entered())
        super().accept()
