"""What a proxy is told: the keychain's word first and once, then a person's, at most twice in a row."""

from __future__ import annotations

import pytest

from cg_uploader.errors import CredentialsRefused
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.uploads.proxylogins import ProxyLogins

PLACE, OTHER = "proxy:3128", "other:3128"


class Keychain(dict[tuple[str, str], str]):
    """A keychain in memory, which can be locked."""

    locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise RuntimeError("locked")
        return self.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise RuntimeError("locked")
        self[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self[service, username]


def test_the_keychain_is_believed_once() -> None:
    store = CredentialStore(Keychain())
    store.save_proxy_login(PLACE, "ann", "old")
    logins = ProxyLogins(store)
    assert logins.recall(PLACE)
    assert [(login.place, login.user, login.password) for login in logins.known] == [(PLACE, "ann", "old")]
    assert not logins.recall(PLACE)
    assert not logins.recall(OTHER)


def test_a_person_is_asked_twice_and_for_each_proxy_apart() -> None:
    logins = ProxyLogins(CredentialStore(Keychain()))
    for number in range(2):
        assert logins.may_ask(PLACE)
        assert logins.asked(PLACE) == number
        logins.answer(PLACE, "ann", f"try {number}")
    assert not logins.may_ask(PLACE)
    assert logins.may_ask(OTHER)
    assert [login.password for login in logins.known] == ["try 1"]
    logins.begin_anew()
    assert logins.may_ask(PLACE)


def test_only_what_worked_is_remembered_and_only_if_that_was_wanted() -> None:
    keychain = Keychain()
    logins = ProxyLogins(CredentialStore(keychain))
    logins.answer(PLACE, "ann", "wrong", remember=True)
    assert keychain == {}
    logins.answer(PLACE, "ann", "right")
    logins.answer(OTHER, "bob", "fine", remember=True)
    logins.worked()
    assert list(keychain.values()) == ['["other:3128","bob","fine"]']


def test_a_locked_keychain_holds_nothing_up() -> None:
    keychain = Keychain()
    keychain.locked = True
    logins = ProxyLogins(CredentialStore(keychain))
    assert not logins.recall(PLACE)
    assert logins.may_ask(PLACE)
    logins.answer(PLACE, "ann", "p4ssw0rd", remember=True)
    with pytest.raises(CredentialsRefused, match="RuntimeError") as caught:
        logins.worked()
    assert "p4ssw0rd" not in caught.value.sentence
