"""Where CustomerGauge is and who signs in: region, Client ID, Client Secret, remembering, testing the connection."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from cg_uploader.api import endpoints
from cg_uploader.gui.session import Tested
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.typed import Connection
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.inputs import CheckBox, ComboBox, PushButton, labelled
from cg_uploader.gui.widgets.texts import caption
from cg_uploader.model.enums import Region
from cg_uploader.model.regions import DEFAULT_REGION, REGIONS

PRACTICE_REMARK = (
    "Practice is a pretend CustomerGauge that runs on this computer. Nothing leaves it and no invitation is sent. "
    "The Client ID and the Client Secret have been filled in for you."
)
KEYCHAIN = "It goes into the system’s keychain, nowhere else."


class ConnectionForm(QWidget):
    """The controls.  ``edited`` after the user changed one, ``test_wanted`` when the connection is to be tested."""

    edited = Signal()
    region_chosen = Signal(object)
    test_wanted = Signal()
    where_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.region = ComboBox()
        for region, facts in REGIONS.items():
            self.region.addItem(facts.label, region.value)
        self.address = QLineEdit()
        self.address.setPlaceholderText(REGIONS[DEFAULT_REGION].login)
        self.address_remark = caption()
        self.address_remark.hide()
        self.client_id = QLineEdit()
        self.client_secret = QLineEdit()
        self.client_secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.show_button = PushButton("Show", self._show_secret, shape=IconShape.EYE)
        self.show_button.setCheckable(True)
        self.remember = CheckBox("&Remember the secret on this computer")
        self.remember.setEnabled(False)
        self.remember_remark = caption(KEYCHAIN)
        self.test_button = PushButton("&Test connection", self.test_wanted.emit)
        self.banner = Banner()
        self.practice = Banner()
        self._lay_out()
        self._wire()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE * 3)
        grid.setVerticalSpacing(SPACE * 2)
        grid.addLayout(labelled("Re&gion", self.region), 0, 0)
        grid.addLayout(labelled("…or paste the &web address you log in at", self.address, remark=self.address_remark), 0, 1)
        grid.addLayout(labelled("Client &ID", self.client_id), 1, 0)
        secret = QHBoxLayout()
        secret.setSpacing(SPACE)
        secret.addLayout(labelled("Client S&ecret", self.client_secret), 1)
        below = QVBoxLayout()
        below.addStretch(1)
        below.addWidget(self.show_button)
        secret.addLayout(below)
        grid.addLayout(secret, 1, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        remember = QVBoxLayout()
        remember.setSpacing(0)
        remember.addWidget(self.remember)
        remember.addWidget(self.remember_remark)
        actions = QHBoxLayout()
        actions.setSpacing(SPACE)
        actions.addLayout(remember, 1)
        actions.addWidget(PushButton("Where do I find this?", self.where_wanted.emit, role="plain", shape=IconShape.QUESTION))
        actions.addWidget(self.test_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE * 2)
        column.addLayout(grid)
        column.addWidget(self.practice)
        column.addLayout(actions)
        column.addWidget(self.banner)

    def _wire(self) -> None:
        self.region.currentIndexChanged.connect(self._region_changed)
        self.address.textChanged.connect(self._address_changed)
        self.client_id.textChanged.connect(self.edited)
        self.client_secret.textChanged.connect(self.edited)
        self.remember.toggled.connect(self.edited)

    def chosen_region(self) -> Region:
        """What the combo box says."""
        return Region(self.region.currentData())

    def show_connection(self, connection: Connection, tested: Tested | None) -> None:
        """Show this.  No signal comes."""
        blocked = [QSignalBlocker(w) for w in (self.region, self.client_id, self.client_secret, self.remember)]
        self.region.setCurrentIndex(self.region.findData(connection.region.value))
        for line, text in ((self.client_id, connection.client_id), (self.client_secret, connection.client_secret)):
            if line.text() != text:
                line.setText(text)
        facts = REGIONS[connection.region]
        self.remember.setChecked(connection.remember and facts.keeps_secrets)
        del blocked
        if facts.practice:
            self.practice.say("accent", PRACTICE_REMARK)
        else:
            self.practice.clear()
        if tested is None:
            self.banner.clear()
        else:
            self.banner.say("good" if tested.good else "error", tested.text)
        self._allow_test(testing=False)

    def show_keychain(self, why_not: str | None) -> None:
        """``why_not`` says why nothing can be remembered, or is None.  Until this is known nothing can be ticked."""
        self.remember.setEnabled(why_not is None)
        self.remember_remark.setText(why_not or KEYCHAIN)

    def show_testing(self, busy: bool) -> None:
        """While the test runs the button says so."""
        self.test_button.setText("Testing…" if busy else "&Test connection")
        self._allow_test(testing=busy)

    def _allow_test(self, *, testing: bool) -> None:
        missing = "" if self.client_id.text() and self.client_secret.text() else "Enter Client ID and Client Secret first."
        self.test_button.allow("Wait for the answer." if testing else missing)

    def _show_secret(self) -> None:
        shown = self.show_button.isChecked()
        self.client_secret.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        self.show_button.setText("Hide" if shown else "Show")

    def _region_changed(self) -> None:
        self.region_chosen.emit(self.chosen_region())

    def _address_changed(self, text: str) -> None:
        region = endpoints.region_of(text)
        self.address_remark.setVisible(bool(text.strip()))
        if region is not None:
            self.address_remark.setText(f"This address belongs to {REGIONS[region].label}.")
            self.region.setCurrentIndex(self.region.findData(region.value))
        else:
            self.address_remark.setText("No region can be read from this address. Choose it in the list.")
