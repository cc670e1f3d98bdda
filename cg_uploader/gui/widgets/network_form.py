"""How this computer gets out: the proxy, and a file of certificates to trust beside the system's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from cg_uploader.errors import UploaderError
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.inputs import ComboBox, PushButton, labelled
from cg_uploader.gui.widgets.texts import caption, plain

NAMED = "named"
PROXIES = {
    "system": "As the system has it",
    "none": "None: straight to CustomerGauge",
    NAMED: "This one, for everything",
}
CERTIFICATE_FILES = "Certificates (*.pem *.crt *.cer);;All files (*)"
MAX_NAMED = 3


class NetworkForm(QWidget):
    """``edited`` after the user chose something that can be used: ``proxy`` and ``ca_file`` are as preferences keep them."""

    edited = Signal()

    def __init__(self, proxy: str, ca_file: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.proxy, self.ca_file = proxy, ca_file
        self.kind = ComboBox()
        for kind, text in PROXIES.items():
            self.kind.addItem(text, kind)
        named = proxy not in PROXIES
        self.kind.setCurrentIndex(self.kind.findData(NAMED if named else proxy))
        self.place = QLineEdit(proxy if named else "")
        self.place.setPlaceholderText("proxy.example.com:8080")
        self.place.setEnabled(named)
        self.proxy_remark = caption()
        self.file_name = plain(wrap=True)
        self.file_remark = caption()
        self.clear = PushButton("R&emove", self.forget_file)
        self._lay_out()
        self._show_file()
        self._show_proxy("")
        self.kind.activated.connect(self._choose_proxy)
        self.place.editingFinished.connect(self._choose_proxy)

    def _lay_out(self) -> None:
        proxies = QHBoxLayout()
        proxies.setSpacing(SPACE * 2)
        proxies.addLayout(labelled("&Proxy", self.kind), 1)
        proxies.addLayout(labelled("Its &name and port", self.place), 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE)
        self.choose = PushButton("&Choose a file…", self._browse)
        label = plain("Certificates to trust beside the system’s", wrap=True)
        label.setBuddy(self.choose)
        buttons.addWidget(self.file_name, 1)
        buttons.addWidget(self.choose)
        buttons.addWidget(self.clear)
        certificates = QVBoxLayout()
        certificates.setSpacing(SPACE // 2)
        certificates.addWidget(label)
        certificates.addLayout(buttons)
        certificates.addWidget(self.file_remark)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(proxies)
        column.addWidget(self.proxy_remark)
        column.addSpacing(SPACE)
        column.addLayout(certificates)

    # ------------------------------------------------------------------ proxy

    def _choose_proxy(self) -> None:
        from cg_uploader.api.proxies import read_proxy  # takes long to load

        kind = self.kind.currentData()
        self.place.setEnabled(kind == NAMED)
        if kind != NAMED:
            self._take_proxy(kind, "")
            return
        text = self.place.text().strip()
        if not text:
            self._show_proxy("Enter the proxy’s name and port, as in proxy.example.com:8080. Until then nothing changes.")
            self.place.setFocus()
            return
        try:
            found = read_proxy(text)
        except UploaderError:
            self._show_proxy("This is not the address of an HTTP proxy. Enter its name and port, as in proxy.example.com:8080.")
            return
        self.place.setText(found.host_port)
        left_out = "User name and password are not kept here: you are asked when the proxy wants them." if found.login else ""
        self._take_proxy(found.host_port, left_out)

    def _take_proxy(self, proxy: str, remark: str) -> None:
        self._show_proxy(remark)
        if proxy != self.proxy:
            self.proxy = proxy
            self.edited.emit()

    def _show_proxy(self, remark: str) -> None:
        self.proxy_remark.setText(remark)
        self.proxy_remark.setVisible(bool(remark))

    # ------------------------------------------------------------------ certificates

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Choose a file with certificates", "", CERTIFICATE_FILES)
        if chosen:
            self.use_file(Path(chosen))

    def use_file(self, file: Path) -> None:
        """Trust what is in ``file``, if there is anything in it."""
        before, self.ca_file = self.ca_file, str(file)
        if self._show_file():
            self.edited.emit()
        else:
            self.ca_file = before
            self.file_name.setText(Path(before).name or "None")

    def forget_file(self) -> None:
        """Trust the system's certificates alone."""
        self.ca_file = ""
        self._show_file()
        self.edited.emit()

    def _show_file(self) -> bool:
        """Show the file and its issuers, and tell whether it can be used."""
        self.clear.allow("" if self.ca_file else "No file is chosen.")
        self.file_name.setText(Path(self.ca_file).name or "None")
        if not self.ca_file:
            self.file_remark.setText("Needed only if a proxy of your company opens secure connections.")
            return True
        from cg_uploader.api.tls import issuers_in  # takes long to load

        try:
            issuers = issuers_in(Path(self.ca_file))
        except UploaderError as error:
            self.file_remark.setText(error.sentence)
            return False
        now = datetime.now(UTC)
        named = [
            f"{issuer.name}, {'valid until' if issuer.until > now else 'expired on'} {issuer.until:%d %B %Y}"
            for issuer in issuers[:MAX_NAMED]
        ]
        more = [f"and {len(issuers) - MAX_NAMED} more"] if len(issuers) > MAX_NAMED else []
        self.file_remark.setText("; ".join([*named, *more]))
        return True
