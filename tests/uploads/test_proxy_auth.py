"""What a proxy is told: the keychain's word first and once, then a person's, at most twice in a row."""

from __future__ import annotations

from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest
from rig import plan_of, recorded

from cg_uploader.api.messages import ApiMessage
from cg_uploader.commands import upload_commands
from cg_uploader.commands.client_factory import ClientFactory
from cg_uploader.commands.terminal import Terminal
from cg_uploader.errors import CredentialsRefused
from cg_uploader.model.message import message
from cg_uploader.model.run import RunSummary, Stop, stop_for
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.proxy_auth import NextTry, ProxyLogins
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

PLACE, OTHER = "proxy:3128", "other:3128"
ASKED = stop_for(StopReason.PROXY_LOGIN, 4, why=message(ApiMessage.PROXY_LOGIN, proxy=PLACE))


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
    assert [(login.host_port, login.user, login.password) for login in logins.known] == [(PLACE, "ann", "old")]
    assert not logins.recall(PLACE)
    assert not logins.recall(OTHER)


def test_a_person_is_asked_twice_and_for_each_proxy_apart() -> None:
    logins = ProxyLogins(CredentialStore(Keychain()))
    for number in range(2):
        assert logins.may_ask(PLACE)
        assert logins.times_asked(PLACE) == number
        logins.answer(PLACE, "ann", f"try {number}")
    assert not logins.may_ask(PLACE)
    assert logins.may_ask(OTHER)
    assert [login.password for login in logins.known] == ["try 1"]
    logins.begin_anew()
    assert logins.may_ask(PLACE)


def test_what_is_done_next_when_a_proxy_asks() -> None:
    store = CredentialStore(Keychain())
    store.save_proxy_login(PLACE, "ann", "old")
    logins = ProxyLogins(store)
    tries = []
    for number in range(4):
        tries.append(logins.next_try(PLACE))
        if tries[-1] is NextTry.ASK:
            logins.answer(PLACE, "ann", f"try {number}")
    assert tries == [NextTry.KNOWN, NextTry.ASK, NextTry.ASK, NextTry.GIVE_UP]


def test_only_what_worked_is_remembered_and_only_if_that_was_wanted() -> None:
    keychain = Keychain()
    logins = ProxyLogins(CredentialStore(keychain))
    logins.answer(PLACE, "ann", "wrong", remember=True)
    assert keychain == {}
    logins.answer(PLACE, "ann", "right")
    logins.answer(OTHER, "bob", "fine", remember=True)
    logins.confirm()
    assert list(keychain.values()) == ['["other:3128","bob","fine"]']


def test_a_locked_keychain_holds_nothing_up() -> None:
    keychain = Keychain()
    keychain.locked = True
    logins = ProxyLogins(CredentialStore(keychain))
    assert not logins.recall(PLACE)
    assert logins.may_ask(PLACE)
    logins.answer(PLACE, "ann", "p4ssw0rd", remember=True)
    with pytest.raises(CredentialsRefused, match="RuntimeError") as caught:
        logins.confirm()
    assert "p4ssw0rd" not in caught.value.sentence


class Asking(ClientFactory):
    """A way through a proxy that asks in mid-run, and somebody who always knows the answer."""

    def __init__(self) -> None:
        self.answered: list[str] = []

    def client(self) -> Any:
        return SimpleNamespace(login_wanted=PLACE, close=lambda: None)

    def _answer(self, host_port: str) -> bool:
        self.answered.append(host_port)
        return len(self.answered) == 1


@pytest.mark.parametrize(
    ("reason", "stopping", "goes_on"),
    [
        (ASKED, False, True),
        (ASKED, True, False),
        (stop_for(StopReason.PROXY_LOGIN, 4, why=message(ApiMessage.PROXY_LOGIN, proxy=OTHER)), False, False),
        (Stop(StopReason.INTERRUPTED), True, False),
        (stop_for(StopReason.ALL_REFUSED, count=5), False, False),
    ],
)
def test_a_run_goes_on_by_itself_only_when_the_proxy_alone_stopped_it(
    paths: AppPaths, reason: Stop, stopping: bool, goes_on: bool
) -> None:
    way, calls = Asking(), []
    with closing(Journal(paths)) as journal:
        plan = plan_of([("a@example.com", "Ann")])
        run = recorded(journal, plan, [JournalRow(0, 2, "waiting", once_only=False, cells=("a@example.com", "Ann"))])

        def send(_client: object, _progress: object, control: Control) -> RunSummary:
            calls.append("send")
            if stopping:
                control.stop()
            return journal.end(run, reason)

        def resume(run: int, *_: object, **__: object) -> RunSummary:
            calls.append("resume")
            return journal.end(run, None)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "resume", resume)
            upload_commands._carry_out(way, send, journal, Terminal(json=False), None)
    assert calls == (["send", "resume"] if goes_on else ["send"])
    assert bool(way.answered) is goes_on
