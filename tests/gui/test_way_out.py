"""Settings of the network, and a proxy that asks who asks: in the real window, through a real proxy on loopback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from certificates import Authority
from fake_proxy import AUTH, RECORDS, FakeProxy, answer
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from windows import FIELDS, HEADINGS, TIMEOUT_MS, MakeFile, people

from cg_uploader.errors import UsageError
from cg_uploader.gui import proxylookup
from cg_uploader.gui import services as services_module
from cg_uploader.gui.dialogs.settings import SettingsDialog
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import Connection, Session
from cg_uploader.gui.steps import Step
from cg_uploader.gui.theme import Theme
from cg_uploader.model.configuration import Address, Credentials
from cg_uploader.model.enums import DataType, Region, RowStatus
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.preferences import Preferences

EU = Address(f"https://{AUTH}/oauth2/token", f"https://{RECORDS}/records/")
LOGIN = "ann:p4ssw0rd"


class MemoryKeychain(dict[tuple[str, str], str]):
    """A keychain in memory."""

    def get_password(self, service: str, username: str) -> str | None:
        return self.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self[service, username]


@pytest.fixture
def keychain() -> MemoryKeychain:
    return MemoryKeychain()


@pytest.fixture
def services(paths: AppPaths, theme: Theme, keychain: MemoryKeychain) -> Iterator[Services]:
    made = Services(paths, theme, credentials=CredentialStore(keychain), practice=Practice(delay=0.0))
    yield made
    made.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority", "Example Works Root")


@pytest.fixture
def through(authority: Authority, services: Services) -> Iterator[Callable[..., FakeProxy]]:
    """Starts a proxy and names it in the settings, with the authority for whom it opens connections."""
    opened: list[FakeProxy] = []

    def start(**options: object) -> FakeProxy:
        ways = {host: authority.server(host) for host in (AUTH, RECORDS)}
        proxy = FakeProxy(ways, **options).__enter__()  # type: ignore[arg-type]
        opened.append(proxy)
        services.preferences.save(Preferences(proxy=f"127.0.0.1:{proxy.port}", ca_file=str(authority.file)))
        return proxy

    yield start
    for proxy in opened:
        proxy.__exit__(None, None, None)


def eu() -> Connection:
    return Connection(
        name="EU",
        client_id="the-id",
        client_secret="the-secret",
        reference="contact",
        data_type=DataType.CONTACT,
        fields=FIELDS,
    )


def answer_dialog(page: object, qtbot: QtBot, user: str, password: str, *, remember: bool = False) -> None:
    question = page.proxy  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: question.dialog is not None, timeout=TIMEOUT_MS)
    dialog = question.dialog
    dialog.user.setText(user)
    dialog.password.setText(password)
    dialog.remember.setChecked(remember)
    qtbot.mouseClick(dialog.go_on, Qt.MouseButton.LeftButton)


class TestSettings:
    @pytest.fixture
    def dialog(self, services: Services, session: Session, qtbot: QtBot) -> SettingsDialog:
        made = SettingsDialog(services, session)
        qtbot.addWidget(made)
        made.show()
        return made

    def choose(self, dialog: SettingsDialog, kind: str, place: str = "") -> None:
        combo = dialog.network.kind
        combo.setCurrentIndex(combo.findData(kind))
        combo.activated.emit(combo.currentIndex())
        if place:
            dialog.network.place.setText(place)
            dialog.network.place.editingFinished.emit()

    def test_a_named_proxy_is_kept_without_its_password(self, dialog: SettingsDialog, services: Services) -> None:
        self.choose(dialog, "named", "http://ann:p4ssw0rd@Proxy.example:3128/")
        assert services.preferences.load().proxy == "proxy.example:3128"
        assert "p4ssw0rd" not in services.paths.preferences.read_text()
        assert "not kept here" in dialog.network.proxy_remark.text()
        self.choose(dialog, "none")
        assert services.preferences.load().proxy == "none"
        self.choose(dialog, "system")
        assert services.preferences.load().proxy == "system"
        assert not dialog.network.place.isEnabled()

    @pytest.mark.parametrize("text", ["socks5://x:1", "a b", "x:99999", "https://x"])
    def test_what_is_no_proxy_changes_nothing_and_is_said(self, dialog: SettingsDialog, services: Services, text: str) -> None:
        self.choose(dialog, "none")
        self.choose(dialog, "named", text)
        assert services.preferences.load().proxy == "none"
        assert "not the address of an HTTP proxy" in dialog.network.proxy_remark.text()

    def test_certificates_say_whose_they_are_and_until_when(
        self, dialog: SettingsDialog, services: Services, authority: Authority, tmp_path: Path
    ) -> None:
        network = dialog.network
        assert (network.file_name.text(), network.clear.isEnabled()) == ("None", False)
        network.use_file(authority.file)
        assert services.preferences.load().ca_file == str(authority.file)
        assert network.file_remark.text().startswith("Example Works Root, valid until ")
        (tmp_path / "letter.pem").write_text("hello")
        network.use_file(tmp_path / "letter.pem")
        assert services.preferences.load().ca_file == str(authority.file)
        assert "letter.pem contains no certificate" in network.file_remark.text()
        assert network.file_name.text() == "authority.pem"
        network.clear.click()
        assert services.preferences.load().ca_file == ""

    def test_how_long_values_are_kept(self, dialog: SettingsDialog, services: Services) -> None:
        dialog.days.setValue(7)
        assert services.preferences.load().keep_days == 7

    def test_details_for_support_say_no_name_of_a_proxy(self, dialog: SettingsDialog) -> None:
        self.choose(dialog, "named", "secret-place.example:1")
        dialog.copy_details()
        text = QGuiApplication.clipboard().text()
        assert "Proxy: named in the settings" in text
        assert "Certificates beside the system's: no" in text
        assert "secret-place" not in text


class TestConnect:
    def test_a_person_is_asked_and_the_test_goes_on(
        self, window: MainWindow, through: Callable[..., FakeProxy], qtbot: QtBot, keychain: MemoryKeychain
    ) -> None:
        proxy, page = through(login=LOGIN), window.connect_page
        window.session.set_connection(replace(eu(), name=""))
        page.test_connection()
        answer_dialog(page, qtbot, "ann", "wrong", remember=True)
        answer_dialog(page, qtbot, "ann", "p4ssw0rd", remember=True)
        qtbot.waitUntil(lambda: window.session.tested is not None, timeout=TIMEOUT_MS)
        assert window.session.tested is not None
        assert window.session.tested.good
        assert list(keychain.values()) == [f'["127.0.0.1:{proxy.port}","ann","p4ssw0rd"]']
        page.test_connection()
        qtbot.waitUntil(lambda: window.session.tested is not None, timeout=TIMEOUT_MS)
        assert page.proxy.dialog is None
        assert len(proxy.inside) == 2

    def test_two_wrong_answers_are_enough(
        self, window: MainWindow, through: Callable[..., FakeProxy], qtbot: QtBot, keychain: MemoryKeychain
    ) -> None:
        proxy, page = through(login=LOGIN), window.connect_page
        window.session.set_connection(eu())
        page.test_connection()
        answer_dialog(page, qtbot, "ann", "wrong", remember=True)
        answer_dialog(page, qtbot, "ann", "wrong again")
        qtbot.waitUntil(lambda: window.session.tested is not None, timeout=TIMEOUT_MS)
        assert window.session.tested is not None
        assert "does not accept the user name" in window.session.tested.text
        assert (len(proxy.asked), proxy.inside, keychain) == (3, [], {})

    def test_nobody_knows_the_password(self, window: MainWindow, through: Callable[..., FakeProxy], qtbot: QtBot) -> None:
        through(login=LOGIN)
        window.session.set_connection(eu())
        window.connect_page.test_connection()
        qtbot.waitUntil(lambda: window.connect_page.proxy.dialog is not None, timeout=TIMEOUT_MS)
        assert window.connect_page.proxy.dialog is not None
        window.connect_page.proxy.dialog.reject()
        assert window.session.tested is not None
        assert "wants a user name and a password" in window.session.tested.text

    def test_what_the_keychain_holds_is_tried_first(
        self, window: MainWindow, services: Services, through: Callable[..., FakeProxy], qtbot: QtBot
    ) -> None:
        proxy = through(login=LOGIN)
        services.credentials.save_proxy_login(f"127.0.0.1:{proxy.port}", "ann", "p4ssw0rd")
        window.session.set_connection(eu())
        window.connect_page.test_connection()
        qtbot.waitUntil(lambda: window.session.tested is not None, timeout=TIMEOUT_MS)
        assert window.session.tested is not None
        assert window.session.tested.good


class TestUpload:
    @pytest.mark.parametrize("demand_from", [1, 3])
    def test_the_run_goes_on_after_the_question(
        self,
        window: MainWindow,
        through: Callable[..., FakeProxy],
        qtbot: QtBot,
        make_file: MakeFile,
        demand_from: int,
    ) -> None:
        """Before the first row, and when the proxy begins to ask in mid-run."""
        closing = lambda _: answer(200, b"", "Connection: close")  # noqa: E731
        proxy = through(login=LOGIN, records=closing, demand_from=demand_from)
        window.session.set_connection(eu())
        window.open_any(make_file(HEADINGS, people(4)))
        qtbot.waitUntil(lambda: window.session.table is not None, timeout=TIMEOUT_MS)
        window.show_step(Step.CHECK)
        qtbot.waitUntil(lambda: window.session.result is not None, timeout=TIMEOUT_MS)
        window.show_step(Step.UPLOAD)
        page = window.upload_page
        qtbot.waitUntil(lambda: not page.why_not(), timeout=TIMEOUT_MS)
        page.upload()
        answer_dialog(page, qtbot, "ann", "p4ssw0rd")
        qtbot.waitUntil(lambda: window.session.run is not None and window.session.run.stopped is None, timeout=TIMEOUT_MS)
        assert window.session.run is not None
        assert window.session.run.counts[RowStatus.ACCEPTED] == 4
        assert len(proxy.puts) == 4
        assert {target.partition(":")[0] for target in proxy.targets} == {AUTH, RECORDS}


class TestLookUp:
    """Qt's own look-up, which on this system knows what the environment says."""

    @pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there Qt asks the system, not the environment")
    def test_qt_is_asked_in_a_process_of_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
        urls = (EU.auth, EU.records)
        assert proxylookup.look_up(urls, lambda: False) == dict.fromkeys(urls, "http://proxy.example:3128")
        monkeypatch.delenv("https_proxy")
        assert proxylookup.look_up(urls, lambda: False) is None

    def test_nobody_waits_for_a_look_up_that_is_not_wanted_any_more(self) -> None:
        asked: list[int] = []
        assert proxylookup.look_up((EU.auth,), lambda: asked.append(1) or True) is None
        assert asked == [1], "asked once whether it is still wanted, and never again"

    @pytest.mark.parametrize("said", [b"", b"{", b"[]", json.dumps({"https://other/": ""}).encode()])
    def test_what_is_no_answer_is_none(self, said: bytes) -> None:
        assert proxylookup._understood(said, (EU.auth,)) is None

    def test_what_was_found_leads_the_way(
        self, services: Services, through: Callable[..., FakeProxy], monkeypatch: pytest.MonkeyPatch, authority: Authority
    ) -> None:
        """The look-up itself stands for a system with a script; the proxy that it names is a real one."""
        proxy = through()
        services.preferences.save(Preferences(ca_file=str(authority.file)))
        looked: list[object] = []

        def stand_in(urls: object, _cancelled: object) -> dict[str, str]:
            looked.append(urls)
            return dict.fromkeys((EU.auth, EU.records), f"http://127.0.0.1:{proxy.port}")

        monkeypatch.setattr(services_module, "look_up", stand_in)
        client = services.client(EU, Credentials("the-id", "the-secret"), lambda: False)
        client.sign_in()
        client.close()
        assert proxy.targets == {f"{AUTH}:443"}
        assert looked == [(EU.auth, EU.records)]
        services.client(services.practice.server.address, Credentials("a", "b"), lambda: False).close()
        for kept in (Preferences(proxy="none"), Preferences(proxy="127.0.0.1:1")):
            services.preferences.save(kept)
            services.client(EU, Credentials("a", "b"), lambda: False).close()
        assert len(looked) == 1

    def test_a_certificate_file_that_is_gone_is_said(self, services: Services, tmp_path: Path) -> None:
        services.preferences.save(Preferences(proxy="none", ca_file=str(tmp_path / "gone.pem")))
        with pytest.raises(UsageError, match=r"gone\.pem cannot be read"):
            services.client(EU, Credentials("a", "b"), lambda: False)


@pytest.mark.parametrize("region", ["us", "practice"])
def test_the_secret_of_a_saved_connection_does_not_follow_a_strangers_setup_file(
    window: MainWindow, services: Services, tmp_path: Path, keychain: MemoryKeychain, region: str
) -> None:
    """The file carries the name of a secret that is here, and another region."""
    services.credentials.save("EU contacts", Region.EU, Credentials("the-id", "the-secret"))
    setup = tmp_path / "stranger.cgsetup"
    data = {"version": 1, "name": "EU contacts", "region": region}
    data |= {"configuration": {"reference": "contact", "data_type": "contact", "fields": [{"heading": "Email"}]}}  # type: ignore[dict-item]
    setup.write_text(json.dumps(data))
    window.open_any(setup)
    assert window.session.connection.region.value == region
    assert window.session.connection.client_secret != "the-secret"
