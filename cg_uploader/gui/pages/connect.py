"""Step 1, Connect: the saved connection, the way to CustomerGauge, and its import configuration."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox

from cg_uploader.api import endpoints
from cg_uploader.errors import ProxyLoginWanted, UploaderError
from cg_uploader.gui import papers
from cg_uploader.gui.namequestion import NameQuestion
from cg_uploader.gui.pages.page import Page
from cg_uploader.gui.proxyquestion import ProxyQuestion
from cg_uploader.gui.services import Services
from cg_uploader.gui.session import Session, Tested
from cg_uploader.gui.steps import Step, why_not
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.typed import Connection
from cg_uploader.gui.widgets.configuration_form import ConfigurationForm
from cg_uploader.gui.widgets.connection_form import ConnectionForm
from cg_uploader.gui.widgets.firstpaint import after_first_paint
from cg_uploader.gui.widgets.inputs import card
from cg_uploader.gui.widgets.saved_connections import SavedConnections
from cg_uploader.gui.widgets.texts import message, section
from cg_uploader.gui.words import sentence_of
from cg_uploader.gui.worker import Announce, Cancelled, Runner
from cg_uploader.model.configuration import Profile
from cg_uploader.model.enums import Region
from cg_uploader.model.regions import REGIONS
from cg_uploader.settings import profiles
from cg_uploader.settings.sample import PRACTICE_CREDENTIALS
from cg_uploader.system.atomic_file import proposed_name

SETUP_FILES = "Setup files (*.cgsetup *.json)"


class ConnectPage(Page):
    """Lays out and wires the three parts."""

    step = Step.CONNECT
    heading = "Connect to CustomerGauge"
    sentence = "Say where your CustomerGauge is, who signs in, and which import configuration the rows are for."

    def __init__(self, session: Session, services: Services) -> None:
        super().__init__(session, services)
        self._headings_runner = Runner(self)
        self._exporting = Runner(self)
        self.proxy = ProxyQuestion(services, self)
        self.name_taken = NameQuestion(services.profiles, self)
        self._names: tuple[str, ...] = ()
        self.saved = SavedConnections()
        self.form = ConnectionForm()
        self.configuration = ConfigurationForm(self._headings_runner)
        for text, part in (
            ("", self.saved),
            ("Who signs in", self.form),
            ("Import configuration", self.configuration),
        ):
            frame, column = card(margin=SPACE * 5 // 2)
            self.content.addWidget(frame)
            if text:
                column.addWidget(section(text))
            column.addWidget(part)
        self.content.addStretch(1)
        self._wire()
        self._list_saved()
        after_first_paint(self, self._look_for_keychain)  # the system may take its time

    def _wire(self) -> None:
        self.form.edited.connect(self._take)
        self.form.region_chosen.connect(self._choose_region)
        self.form.test_wanted.connect(self.test_connection)
        self.form.where_wanted.connect(self._show_where)
        self.configuration.edited.connect(self._take)
        self.runner.busy_changed.connect(self.form.show_testing)
        self.saved.chosen.connect(self._switch)
        self.saved.save_wanted.connect(self._save)
        self.saved.save_as_wanted.connect(self._save_as)
        self.saved.import_wanted.connect(self._browse_setup)
        self.saved.export_wanted.connect(self._export)
        self.saved.delete_wanted.connect(self._delete)
        self.session.connected.connect(self._show)
        self.session.changed.connect(self._show_possible)

    def _look_for_keychain(self) -> None:
        self.form.show_keychain(self.services.credentials.why_unavailable)

    # ------------------------------------------------------------------ what is shown and typed

    def _show(self) -> None:
        connection = self.session.connection
        self.form.show_connection(connection, self.session.tested)
        self.configuration.show_connection(connection)
        self.saved.show_names(self._names, connection.name)
        self._show_possible()

    def _list_saved(self) -> None:
        self._names = tuple(self.services.profiles.names())
        self._show()

    def _show_possible(self) -> None:
        complete = self.session.connection.configuration is not None and self.session.connection.reference.strip()
        reason = "" if complete else "Reference, data type and headings are needed first."
        self.saved.show_possible(save=reason, saved=self.session.connection.name in self._names)

    def _take(self) -> None:
        before = self.session.connection
        self.session.set_connection(
            replace(
                before,
                client_id=self.form.client_id.text().strip(),
                client_secret=self.form.client_secret.text().strip(),
                remember=self.form.remember.isChecked(),
                reference=self.configuration.reference.text(),
                data_type=self.configuration.chosen_type(),
                fields=self.configuration.editor.fields,
            )
        )
        self._keep_or_forget_secret(before)

    def _choose_region(self, region: Region) -> None:
        if REGIONS[region].practice:
            self.session.choose_region(region, self.services.practice.server.address, PRACTICE_CREDENTIALS)
        else:
            self.session.choose_region(region, None)

    def _show_where(self) -> None:
        from cg_uploader.gui.dialogs.where import WhereDialog  # loaded when it is asked for

        WhereDialog(self).open()

    # ------------------------------------------------------------------ testing

    def test_connection(self) -> None:
        """Sign in once, in the background, and say in words how it went."""
        self.services.proxy_logins.begin_anew()
        self._test()

    def _test(self) -> None:
        connection = self.session.connection
        address = endpoints.address(connection.region, connection.address)
        credentials = connection.credentials

        def work(_announce: Announce, cancelled: Cancelled) -> object:
            client = self.services.client(address, credentials, cancelled)
            try:
                client.sign_in()
            finally:
                client.close()
            return connection

        self.session.set_tested(None)
        self.runner.start(work, done=self._on_tested, failed=self._on_refused)

    def _on_tested(self, connection: object) -> None:
        if connection == self.session.connection:
            place = REGIONS[self.session.connection.region].name
            self.session.set_tested(Tested(True, f"It works: CustomerGauge ({place}) has accepted the Client ID and secret."))
            self._keep_or_forget_secret(None)
        try:
            self.services.proxy_logins.confirm()
        except UploaderError as error:
            self.saved.banner.say("error", error.sentence)

    def _on_refused(self, error: object) -> None:
        sentence = sentence_of(error)
        if isinstance(error, ProxyLoginWanted):
            self.proxy.ask(error.host_port, then=self._test, otherwise=lambda: self._say_refused(sentence))
        else:
            self._say_refused(sentence)

    def _say_refused(self, sentence: str) -> None:
        self.session.set_tested(Tested(False, sentence))

    # ------------------------------------------------------------------ saved connections

    def _switch(self, name: str) -> None:
        """Go to another connection of the list.  Each one is found again as it was left."""
        if name == self.session.connection.name:
            return
        if not self.session.use_typed(name):
            self.choose_saved(name)
        elif name in self._names:
            self._prefer(name)

    def choose_saved(self, name: str) -> None:
        """Use the saved connection ``name`` as it was saved.  Empty: begin a new one."""
        self.saved.banner.clear()
        if not name:
            self.session.use_new()
            return
        if name not in self._names:
            return
        try:
            self.use_profile(self.services.profiles.load(name))
            self._prefer(name)
        except UploaderError as error:
            self.saved.banner.say("error", error.sentence)
            self._show()

    def use_profile(self, profile: Profile) -> None:
        """Take ``profile`` over, with its credentials when the keychain has them."""
        if REGIONS[profile.region].practice:
            profile = replace(profile, address=self.services.practice.server.address)
            self.session.use_profile(profile, PRACTICE_CREDENTIALS)
            return
        remembered = None
        if self.services.credentials.why_unavailable is None:
            remembered = self.services.credentials.load(profile.name, profile.region)
        self.session.use_profile(profile, remembered)

    def open_setup(self, file: Path) -> None:
        """Use a setup file and save it under its own name.  Where another one has it, the user decides about both."""
        try:
            profile = self._storable(profiles.open_profile(str(file), self.services.profiles))
        except UploaderError as error:
            self.saved.banner.say("error", error.sentence)
            return
        self.name_taken.ask(profile, then=self._take_setup, otherwise=partial(self._leave_setup, profile.name))

    def _take_setup(self, profile: Profile) -> None:
        try:
            self._store(profile)
            self.use_profile(profile)
        except UploaderError as error:
            self.saved.banner.say("error", error.sentence)
            return
        missing = "" if self.session.connection.client_secret else " Enter Client ID and secret."
        self.saved.banner.say("good", f"The setup “{profile.name}” is saved on this computer.{missing}")

    def _leave_setup(self, name: str) -> None:
        self.choose_saved(name)
        if self.session.connection.name == name:
            self.saved.banner.say("accent", f"“{name}” is as it was saved; nothing was taken from the setup file.")

    def _save(self) -> None:
        profile = self.session.profile(self.session.connection.name)
        if profile is not None and profile.name:
            self._save_profile(profile)
        else:
            self._save_as()

    def _save_as(self) -> None:
        suggestion = self.session.connection.name or self.session.connection.reference
        name, agreed = QInputDialog.getText(self, "Save this connection", "Name of the connection:", text=suggestion)
        if agreed and name.strip():
            self.save_under(name.strip())

    def save_under(self, name: str) -> None:
        """Save what is typed as ``name``.  Where another connection has that name, the user decides about both."""
        profile = self.session.profile(name)
        if profile is None:
            return
        if name == self.session.connection.name:
            self._save_profile(profile)
        else:
            self.name_taken.ask(self._storable(profile), then=self._save_profile, otherwise=self.saved.banner.clear)

    def _save_profile(self, profile: Profile) -> None:
        try:
            self._store(profile)
        except UploaderError as error:
            self.saved.banner.say("error", error.sentence)
            return
        name = profile.name
        self.session.rename(name)
        self._keep_or_forget_secret(None)
        self._prefer(name)
        self._show()
        self.saved.banner.say("good", f"“{name}” is saved on this computer, without the secret.")

    def _prefer(self, name: str) -> None:
        """The window opens with this connection the next time."""
        store = self.services.preferences
        try:
            store.save(replace(store.load(), last_profile=name))
        except UploaderError as error:
            self.saved.banner.say("error", error.sentence)

    @staticmethod
    def _storable(profile: Profile) -> Profile:
        """The practice server of this window is gone tomorrow: its address is not kept."""
        return replace(profile, address=None) if REGIONS[profile.region].practice else profile

    def _store(self, profile: Profile) -> None:
        self.services.profiles.save(self._storable(profile))
        self._list_saved()

    def _keep_or_forget_secret(self, before: Connection | None) -> None:
        """Follow the user's wish.  ``before``: the connection as it was.  None keeps a secret in any case."""
        connection, store = self.session.connection, self.services.credentials
        if not self._can_keep_secret(connection):
            return
        remembered = before is not None and before.remember
        try:
            if connection.remember and connection.client_secret and not remembered:
                store.save(connection.name, connection.region, connection.credentials)
            elif remembered and not connection.remember:
                store.forget(connection.name)
        except UploaderError as error:
            self.saved.banner.say("error", error.sentence)

    def _can_keep_secret(self, connection: Connection) -> bool:
        keeps = bool(connection.name) and REGIONS[connection.region].keeps_secrets
        return keeps and self.services.credentials.why_unavailable is None

    def _browse_setup(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a setup file", "", SETUP_FILES)
        if chosen:
            self.open_setup(Path(chosen))

    def _export(self) -> None:
        name = self.session.connection.name or self.session.connection.reference
        start = proposed_name(name, ".cgsetup")
        chosen, _ = QFileDialog.getSaveFileName(self, "Export a setup file, without the secret", start, SETUP_FILES)
        profile = self.session.profile(name)
        if chosen and profile is not None:
            self.export_to(Path(chosen), replace(profile, address=None))

    def export_to(self, target: Path, profile: Profile) -> None:
        """Write ``profile`` as a setup file, in the background, and say how it went."""
        self._exporting.start(
            papers.setup_file(profile, target, self.services.paths),
            done=lambda sentence: self.saved.banner.say("good", sentence),
            failed=lambda error: self.saved.banner.say("error", sentence_of(error)),
        )

    def _delete(self) -> None:
        name = self.session.connection.name
        box = message(
            self,
            QMessageBox.Icon.Question,
            f"Delete the connection “{name}”?",
            "Its remembered secret is deleted too. Runs stay.",
        )
        delete = box.addButton("&Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("&Keep it", QMessageBox.ButtonRole.RejectRole)
        box.exec()
        if box.clickedButton() is delete:
            self.delete_saved(name)

    def delete_saved(self, name: str) -> None:
        """Delete a saved connection and its secret.  What is typed stays."""
        try:
            profiles.delete_profile(name, self.services.profiles, self.services.credentials)
        except UploaderError as error:
            self.saved.banner.say("error", error.sentence)
        self._list_saved()
        self.session.typed.forget(name)
        self.session.set_connection(replace(self.session.connection, name="", remember=False))

    # ------------------------------------------------------------------ the end

    def entered(self) -> None:
        """Put the cursor where the next thing is missing."""
        if why_not(self.session, self.step) and not self.session.connection.client_id:
            self.form.client_id.setFocus()

    def shut_down(self) -> None:
        """Join all threads."""
        super().shut_down()
        self._exporting.shut_down()
        self._headings_runner.shut_down()
