"""Asks for the user name and the password that a proxy wants."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.inputs import CheckBox, PushButton, labelled
from cg_uploader.gui.widgets.texts import caption, plain, section


class ProxyLoginDialog(QDialog):
    """``answered`` brings user name, password and whether to remember them.  ``rejected`` says that the user does not know."""

    answered = Signal(str, str, bool)

    def __init__(self, host_port: str, *, again: bool, no_keychain: str | None, parent: QWidget | None = None) -> None:
        """``again``: what was entered before was not accepted.  ``no_keychain``: why nothing can be remembered, or None."""
        super().__init__(parent)
        self.setWindowTitle("Proxy of your network")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.user = QLineEdit()
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.remember = CheckBox("&Remember on this computer")
        self.remember.setEnabled(no_keychain is None)
        notice = "That was not accepted. " if again else ""
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE * 3, SPACE * 3, SPACE * 3, SPACE * 3)
        column.setSpacing(SPACE * 2)
        column.addWidget(section("Your network asks who you are"))
        column.addWidget(
            plain(
                f"{notice}The proxy {host_port} lets you out after you have signed in there: mostly with the name and the "
                "password of your computer at work, not with those of CustomerGauge. Nothing goes out before that.",
                wrap=True,
            )
        )
        column.addLayout(labelled("&User name", self.user))
        column.addLayout(labelled("&Password", self.password))
        column.addWidget(self.remember)
        column.addWidget(caption(no_keychain or "It goes into the system’s keychain, for this proxy alone."))
        column.addStretch(1)
        self.go_on = PushButton("&Continue", role="primary")
        self.go_on.setDefault(True)
        buttons = QDialogButtonBox()
        buttons.addButton(self.go_on, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(PushButton("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.user.textChanged.connect(self._show_possible)
        self._show_possible()
        width = self.fontMetrics().averageCharWidth() * 72
        self.setMinimumWidth(width)
        self.resize(width, column.totalHeightForWidth(width))

    def _show_possible(self) -> None:
        self.go_on.setEnabled(bool(self.user.text().strip()))

    def accept(self) -> None:
        """Hand over what was entered."""
        self.answered.emit(self.user.text().strip(), self.password.text(), self.remember.isChecked())
        super().accept()
