"""The client that window and command line make: the way out that the settings name, and who asks there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from cg_uploader.api import client as client_module
from cg_uploader.api.endpoints import address
from cg_uploader.api.proxies import Proxies
from cg_uploader.errors import UsageError
from cg_uploader.model.configuration import Address, Credentials
from cg_uploader.model.enums import Region
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.settings.preferences import Preferences
from cg_uploader.uploads.configured_client import LookUp, configured_client
from cg_uploader.uploads.proxy_auth import ProxyLogins

EU = address(Region.EU, None)
HERE = Address("http://127.0.0.1:9/oauth2/token", "http://127.0.0.1:9/records/")
WHO = Credentials("the-id", "the-secret")


class LookedUp(list[Sequence[str]]):
    """A system whose script names one proxy for everything, and what it was asked."""

    def __call__(self, urls: Sequence[str]) -> dict[str, str]:
        self.append(urls)
        return dict.fromkeys(urls, "http://by-script:8080")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Proxies]:
    """What each client was told about proxies."""
    found: list[Proxies] = []

    class Kept(client_module.Client):
        def __init__(self, *args: object, proxies: Proxies, **options: object) -> None:
            found.append(proxies)
            super().__init__(*args, proxies=proxies, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(client_module, "Client", Kept)
    return found


def connect(where: Address, preferences: Preferences, look_up: LookUp | None = None) -> ProxyLogins:
    logins = ProxyLogins(CredentialStore())
    logins.answer("by-hand:3128", "ann", "p4ssw0rd")
    with closing(configured_client(where, WHO, preferences, logins, look_up)) as client:
        assert client.client_id == "the-id"
    return logins


def test_the_system_is_asked_where_it_decides(made: list[Proxies]) -> None:
    look_up = LookedUp()
    logins = connect(EU, Preferences(), look_up)
    assert look_up == [(EU.auth, EU.records)]
    proxy = made[0].of(EU.records)
    assert proxy is not None
    assert proxy.host_port == "by-script:8080"
    assert made[0].logins == logins.known


@pytest.mark.parametrize(
    ("where", "preferences", "variable"),
    [
        (HERE, Preferences(), ""),
        (EU, Preferences(proxy="none"), ""),
        (EU, Preferences(proxy="by-hand:3128"), ""),
        (EU, Preferences(), "http://by-environment:1"),
    ],
)
def test_the_system_is_not_asked_where_something_else_decides(
    made: list[Proxies], where: Address, preferences: Preferences, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv("HTTPS_PROXY", variable)
    look_up = LookedUp()
    connect(where, preferences, look_up)
    assert look_up == []
    assert made[0].named == preferences.proxy


def test_without_anyone_to_ask_the_setting_alone_counts(made: list[Proxies]) -> None:
    connect(EU, Preferences(proxy="by-hand:3128"))
    proxy = made[0].of(EU.auth)
    assert proxy is not None
    assert proxy.login is not None
    assert proxy.login.user == "ann"


def test_a_certificate_file_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.pem cannot be read"):
        connect(EU, Preferences(proxy="none", ca_file=str(tmp_path / "gone.pem")))
