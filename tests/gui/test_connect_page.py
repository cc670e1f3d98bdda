"""Step 1: region, credentials, configuration, saved connections; tested against a real practice server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from windows import FIELDS, TIMEOUT_MS, MakeFile, practice_connection

from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.pages.connect import ConnectPage
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import Connection, Session
from cg_uploader.gui.steps import Step, why_not
from cg_uploader.gui.theme import Theme
from cg_uploader.model.configuration import Credentials, Profile
from cg_uploader.model.enums import DataType, Region
from cg_uploader.model.regions import REGIONS
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.settings.paths import AppPaths


class MemoryKeychain:
    """Stands for the system's keychain."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def page(window: MainWindow) -> ConnectPage:
    return window.connect_page


def export(page: ConnectPage, target: Path, profile: Profile, qtbot: QtBot) -> None:
    """Export and wait for the end; the window's thread has not waited for it."""
    page.saved.banner.clear()
    page.export_to(target, profile)
    assert not page.saved.banner.text, "said when it is done, and not before export_to has returned"
    qtbot.waitUntil(lambda: bool(page.saved.banner.text), timeout=TIMEOUT_MS)


def choose(page: ConnectPage, region: Region) -> None:
    page.form.region.setCurrentIndex(page.form.region.findData(region.value))


def test_next_says_step_by_step_what_is_missing(window: MainWindow, page: ConnectPage) -> None:
    said = [window.footer.reason]
    page.form.client_id.setText("id")
    said.append(window.footer.reason)
    page.form.client_secret.setText("secret")
    said.append(window.footer.reason)
    page.configuration.reference.setText("contact")
    said.append(window.footer.reason)
    page.configuration.data_type.setCurrentIndex(page.configuration.data_type.findData("contact"))
    said.append(window.footer.reason)
    assert not window.footer.next_button.isEnabled()
    page.configuration.editor.box.setPlainText("Email")
    page.configuration.editor.add_button.click()
    assert said == [
        "Enter the Client ID.",
        "Enter the Client Secret.",
        "Enter the reference of the import configuration.",
        "Choose what the configuration imports.",
        "Add the field headings of the configuration.",
    ]
    assert window.footer.reason == ""
    assert window.footer.next_button.isEnabled()


@pytest.mark.parametrize("region", [Region.EU, Region.US, Region.AU])
def test_the_region_is_read_from_a_pasted_address(page: ConnectPage, session: Session, region: Region) -> None:
    page.form.address.setText(f"https://cvm.{region.value}.customergauge.com/dashboard")
    assert session.connection.region is region
    assert REGIONS[region].label in page.form.address_remark.text()


def test_an_address_of_somebody_else_changes_nothing_and_says_so(page: ConnectPage, session: Session) -> None:
    page.form.address.setText("https://customergauge.com.example.org/")
    assert session.connection.region is Region.EU
    assert "No region" in page.form.address_remark.text()


def test_the_secret_is_masked_until_show_is_pressed(page: ConnectPage, qtbot: QtBot) -> None:
    assert page.form.client_secret.echoMode() is QLineEdit.EchoMode.Password
    qtbot.keyClick(page.form.show_button, Qt.Key.Key_Space)
    assert page.form.client_secret.echoMode() is QLineEdit.EchoMode.Normal
    page.form.show_button.click()
    assert page.form.client_secret.echoMode() is QLineEdit.EchoMode.Password


def test_remembering_is_disabled_with_a_reason_without_a_keychain(page: ConnectPage) -> None:
    assert not page.form.remember.isEnabled()
    assert page.form.remember_remark.text()


def test_practice_starts_a_server_fills_the_credentials_and_says_what_it_is(page: ConnectPage, session: Session) -> None:
    choose(page, Region.PRACTICE)
    assert session.connection.address is not None
    assert session.connection.address.records.startswith("http://127.0.0.1:")
    assert page.form.client_id.text()
    assert "pretend" in page.form.practice.text
    choose(page, Region.EU)
    assert session.connection == Connection()


def test_a_connection_that_works_is_said_in_words(
    page: ConnectPage, session: Session, services: Services, qtbot: QtBot
) -> None:
    session.set_connection(practice_connection(services))
    page.form.test_button.click()
    qtbot.waitUntil(lambda: session.tested is not None, timeout=TIMEOUT_MS)
    assert session.tested is not None
    assert session.tested.good
    assert page.form.banner.text.startswith("It works")


def test_refused_credentials_are_said_and_need_attention(
    window: MainWindow, page: ConnectPage, services: Services, qtbot: QtBot
) -> None:
    window.session.set_connection(replace(practice_connection(services), client_secret="wrong"))
    page.test_connection()
    qtbot.waitUntil(lambda: window.session.tested is not None, timeout=TIMEOUT_MS)
    assert window.session.tested is not None
    assert not window.session.tested.good
    assert page.form.banner.text
    assert "Needs attention" in window.rail.button(Step.CONNECT).accessibleName()


def test_other_credentials_make_a_test_worthless(page: ConnectPage, session: Session, services: Services, qtbot: QtBot) -> None:
    session.set_connection(practice_connection(services))
    page.test_connection()
    qtbot.waitUntil(lambda: session.tested is not None, timeout=TIMEOUT_MS)
    page.form.client_secret.setText("another")
    assert session.tested is None
    assert page.form.banner.isHidden()


@pytest.mark.parametrize("data_type", [DataType.UNKNOWN, DataType.SURVEY, DataType.MULTI_OBJECT])
def test_a_data_type_that_may_send_surveys_is_said(page: ConnectPage, data_type: DataType) -> None:
    page.configuration.data_type.setCurrentIndex(page.configuration.data_type.findData(data_type.value))
    assert "survey" in page.configuration.remark.text


def test_a_data_type_that_invites_nobody_is_quiet(page: ConnectPage) -> None:
    page.configuration.data_type.setCurrentIndex(page.configuration.data_type.findData(DataType.CONTACT.value))
    assert page.configuration.remark.isHidden()


class TestHeadings:
    def test_a_pasted_list_is_taken_line_by_line(self, page: ConnectPage, session: Session) -> None:
        page.configuration.editor.box.setPlainText("Email\nFirst Name\n\nAccount Name")
        page.configuration.editor.add_button.click()
        assert [field.heading for field in session.connection.fields] == ["Email", "First Name", "Account Name"]
        assert page.configuration.editor.box.toPlainText() == ""

    def test_an_empty_box_says_what_to_enter(self, page: ConnectPage) -> None:
        page.configuration.editor.add_button.click()
        assert "one heading on each line" in page.configuration.editor.banner.text

    def test_headings_are_read_from_a_files_header_row(
        self, page: ConnectPage, session: Session, make_file: MakeFile, qtbot: QtBot
    ) -> None:
        page.configuration.editor.read_headings(make_file(("Email", "Phone", "City"), [("a@example.com", "1", "Bonn")]))
        qtbot.waitUntil(lambda: bool(session.connection.fields or page.configuration.editor.banner.text), timeout=TIMEOUT_MS)
        assert page.configuration.editor.banner.text == ""
        assert [field.heading for field in session.connection.fields] == ["Email", "Phone", "City"]

    def test_a_file_that_cannot_be_read_is_said(self, page: ConnectPage, tmp_path: Path, qtbot: QtBot) -> None:
        page.configuration.editor.read_headings(tmp_path / "nowhere.xlsx")
        qtbot.waitUntil(lambda: bool(page.configuration.editor.banner.text), timeout=TIMEOUT_MS)
        assert "nowhere.xlsx" in page.configuration.editor.banner.text

    def test_selected_headings_are_removed(self, page: ConnectPage, session: Session) -> None:
        session.set_connection(replace(session.connection, fields=FIELDS))
        page.configuration.editor.table.selectRow(1)
        page.configuration.editor.remove_button.click()
        assert [field.heading for field in session.connection.fields] == ["Email", "Account Name"]

    def test_the_same_heading_twice_stops_the_step(self, page: ConnectPage, session: Session, services: Services) -> None:
        connection = practice_connection(services)
        session.set_connection(replace(connection, fields=(*FIELDS, FIELDS[0])))
        assert "twice" in why_not(session, Step.CONNECT)


class TestSavedConnections:
    @pytest.fixture
    def keychain(self) -> MemoryKeychain:
        return MemoryKeychain()

    @pytest.fixture
    def services(self, paths: AppPaths, theme: Theme, keychain: MemoryKeychain) -> Iterator[Services]:
        made = Services(paths, theme, credentials=CredentialStore(keychain), practice=Practice(delay=0.0))
        yield made
        made.close()

    @pytest.fixture
    def eu(self) -> Connection:
        return Connection(
            name="EU contacts",
            client_id="the-id",
            client_secret="the-secret",
            reference="contact",
            data_type=DataType.CONTACT,
            fields=FIELDS,
        )

    def test_a_saved_connection_comes_back_whole(
        self, page: ConnectPage, session: Session, services: Services, eu: Connection
    ) -> None:
        session.set_connection(eu)
        page.saved.save_button.click()
        assert services.profiles.names() == ["EU contacts"]
        page.choose_saved("")
        assert session.connection == Connection()
        page.choose_saved("EU contacts")
        assert session.connection.fields == FIELDS
        assert session.connection.data_type is DataType.CONTACT

    def test_the_secret_is_remembered_only_when_asked(
        self,
        page: ConnectPage,
        session: Session,
        keychain: MemoryKeychain,
        services: Services,
        eu: Connection,
        qtbot: QtBot,
    ) -> None:
        session.set_connection(eu)
        page.saved.save_button.click()
        assert keychain.kept == {}
        qtbot.waitUntil(page.form.remember.isEnabled, timeout=TIMEOUT_MS)
        page.form.remember.click()
        page.saved.save_button.click()
        assert services.credentials.load("EU contacts", Region.EU) == Credentials("the-id", "the-secret")
        page.form.remember.click()
        assert services.credentials.load("EU contacts", Region.EU) is None

    def test_a_profile_file_never_holds_the_secret(
        self, page: ConnectPage, session: Session, paths: AppPaths, eu: Connection
    ) -> None:
        session.set_connection(replace(eu, remember=True))
        page.saved.save_button.click()
        (file,) = paths.profiles.glob("*.json")
        assert "the-secret" not in file.read_text(encoding="utf-8")
        assert "the-id" not in file.read_text(encoding="utf-8")

    def test_deleting_takes_profile_and_secret_away(
        self, page: ConnectPage, session: Session, services: Services, keychain: MemoryKeychain, eu: Connection
    ) -> None:
        session.set_connection(replace(eu, remember=True))
        page.saved.save_button.click()
        page.delete_saved("EU contacts")
        assert services.profiles.names() == []
        assert keychain.kept == {}
        assert session.connection.name == ""

    def test_a_setup_file_goes_out_and_comes_in_without_the_secret(
        self, page: ConnectPage, session: Session, services: Services, tmp_path: Path, eu: Connection, qtbot: QtBot
    ) -> None:
        session.set_connection(eu)
        profile = session.profile("For Eve")
        assert isinstance(profile, Profile)
        target = tmp_path / "eve.cgsetup"
        export(page, target, profile, qtbot)
        assert "the-secret" not in target.read_text(encoding="utf-8")
        before = target.read_bytes()
        export(page, target, replace(profile, name="Another"), qtbot)
        assert "is a profile or a setup file" in page.saved.banner.text
        assert target.read_bytes() == before
        target.write_bytes(before.replace(b"contact", b"survey"))
        export(page, target, profile, qtbot)
        assert "is ready to hand over" in page.saved.banner.text, "the dialog has asked: it is the same connection"
        assert target.read_bytes() == before
        page.choose_saved("")
        page.open_setup(target)
        assert session.connection.name == "For Eve"
        assert session.connection.client_secret == ""
        assert services.profiles.names() == ["For Eve"]

    def test_a_setup_file_that_points_elsewhere_is_refused_in_words(
        self, page: ConnectPage, session: Session, tmp_path: Path
    ) -> None:
        target = tmp_path / "bad.cgsetup"
        wrong = {"version": 1, "name": "x", "region": "eu", "address": {"auth": "http://evil", "records": "http://evil/"}}
        target.write_text(json.dumps(wrong), encoding="utf-8")
        page.open_setup(target)
        assert page.saved.banner.text
        assert session.connection == Connection()

    @pytest.fixture
    def setup(
        self, page: ConnectPage, session: Session, tmp_path: Path, eu: Connection, services: Services, qtbot: QtBot
    ) -> Path:
        """A setup file whose name is that of a connection that is saved with its secret, and that says something else."""
        session.set_connection(replace(eu, remember=True))
        page.saved.save_button.click()
        other = session.profile("EU contacts")
        assert other is not None
        page.choose_saved("")
        target = tmp_path / "eve.cgsetup"
        export(page, target, replace(other, configuration=replace(other.configuration, reference="survey")), qtbot)
        page.open_setup(target)
        return target

    @staticmethod
    def press(page: ConnectPage, words: str) -> None:
        box = page.name_taken.box
        (button,) = (button for button in box.buttons() if words in button.text())
        button.click()

    def test_a_setup_file_takes_nobodys_place_unasked(
        self, page: ConnectPage, session: Session, services: Services, setup: Path
    ) -> None:
        assert "“contact” becomes “survey”" in page.name_taken.box.informativeText()
        assert services.profiles.load("EU contacts").configuration.reference == "contact"
        assert session.connection == Connection(), "nothing is taken before the answer"
        self.press(page, "Keep")
        assert services.profiles.load("EU contacts").configuration.reference == "contact"
        assert (session.connection.name, session.connection.reference) == ("EU contacts", "contact")

    def test_closing_the_question_keeps_what_was_saved(
        self, page: ConnectPage, session: Session, services: Services, setup: Path
    ) -> None:
        first = page.name_taken.box
        page.open_setup(setup)
        first.close()
        assert session.connection == Connection(), "the second question stands"
        page.name_taken.box.close()
        assert services.profiles.names() == ["EU contacts"]
        assert (session.connection.name, session.connection.reference) == ("EU contacts", "contact")

    def test_it_may_take_its_place(self, page: ConnectPage, session: Session, services: Services, setup: Path) -> None:
        self.press(page, "Replace")
        assert services.profiles.names() == ["EU contacts"]
        assert session.connection.reference == "survey"
        assert session.connection.client_secret == "the-secret"
        assert "Enter Client ID" not in page.saved.banner.text
        page.open_setup(setup)
        assert "is saved" in page.saved.banner.text, "the same again is no question"

    def test_it_may_be_saved_beside(self, page: ConnectPage, session: Session, services: Services, setup: Path) -> None:
        self.press(page, "beside")
        assert services.profiles.names() == ["EU contacts", "EU contacts 2"]
        assert (session.connection.name, session.connection.reference) == ("EU contacts 2", "survey")
        assert session.connection.client_secret == "", "a secret belongs to one connection"
        assert "Enter Client ID" in page.saved.banner.text

    def test_another_name_takes_nobodys_place_unasked(
        self, page: ConnectPage, session: Session, services: Services, eu: Connection
    ) -> None:
        session.set_connection(eu)
        page.saved.save_button.click()
        session.set_connection(replace(eu, name="Mine", reference="survey"))
        page.save_under("EU contacts")
        self.press(page, "Keep")
        assert services.profiles.load("EU contacts").configuration.reference == "contact"
        assert session.connection.name == "Mine"
        page.save_under("EU contacts")
        self.press(page, "Replace")
        assert services.profiles.load("EU contacts").configuration.reference == "survey"
        assert session.connection.name == "EU contacts"
