"""What a proxy that wants a password is told: what the keychain holds, then what a person says, asked at most twice."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from cg_uploader.errors import UploaderError
from cg_uploader.model.message import Message
from cg_uploader.model.run import RunSummary
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.uploads.sending.control import Control

if TYPE_CHECKING:
    from cg_uploader.api.proxies import ProxyLogin

MAX_QUESTIONS = 2


class NextTry(StrEnum):
    """What is done when a proxy asks for a login."""

    # There is one that it has not been told yet.
    KNOWN = "known"
    # The user is asked.
    ASK = "ask"
    # The user has been asked often enough.
    GIVE_UP = "give up"


def stopped_by(host_port: str, summary: RunSummary) -> bool:
    """Whether it was the proxy at ``host_port`` that stopped the run, so that it goes on once the proxy is told who asks.

    Whoever or whatever else stopped it meanwhile has the last word.
    """
    stop = summary.stopped
    if stop is None or stop.reason is not StopReason.PROXY_LOGIN:
        return False
    why = dict(stop.arguments)["why"]
    return bool(host_port) and isinstance(why, Message) and why.argument("proxy") == host_port


def goes_on(host_port: str, summary: RunSummary, control: Control) -> bool:
    """Tell whether a run is continued as soon as the proxy at ``host_port`` has its login: not when the user stopped it too."""
    return stopped_by(host_port, summary) and not control.stopping


class ProxyLogins:
    """The logins of this session, each for one proxy (host:port) and for no other; in memory."""

    def __init__(self, keychain: CredentialStore) -> None:
        """``keychain`` is asked when a proxy asks, not before."""
        self._keychain = keychain
        self._logins: dict[str, ProxyLogin] = {}
        self._recalled: set[str] = set()
        self._asked: dict[str, int] = {}
        self._to_keep: dict[str, tuple[str, str]] = {}

    @property
    def known(self) -> tuple[ProxyLogin, ...]:
        """For the next client."""
        return tuple(self._logins.values())

    def next_try(self, host_port: str) -> NextTry:
        """Decide what is done when the proxy at ``host_port`` asks; what the keychain holds goes before the user."""
        if self.recall(host_port):
            return NextTry.KNOWN
        return NextTry.ASK if self.may_ask(host_port) else NextTry.GIVE_UP

    def recall(self, host_port: str) -> bool:
        """Take what the keychain holds for ``host_port``; whether that is worth a try.  Once only: it may be out of date."""
        if host_port in self._recalled or host_port in self._logins:
            return False
        self._recalled.add(host_port)
        try:
            found = self._keychain.load_proxy_login(host_port)
        except UploaderError:  # it stays locked: then a person is asked
            return False
        if found is not None:
            self._know(host_port, *found)
        return found is not None

    def asked(self, host_port: str) -> int:
        """How often a person was asked without success."""
        return self._asked.get(host_port, 0)

    def may_ask(self, host_port: str) -> bool:
        """Whether a person may be asked (again)."""
        return self.asked(host_port) < MAX_QUESTIONS

    def answer(self, host_port: str, user: str, password: str, *, remember: bool = False) -> None:
        """What a person said; ``remember``: it goes into the keychain once it has worked."""
        self._asked[host_port] = self.asked(host_port) + 1
        self._to_keep.pop(host_port, None)
        if remember:
            self._to_keep[host_port] = user, password
        self._know(host_port, user, password)

    def worked(self) -> None:
        """The proxies have accepted what they were told; UploaderError when the keychain does not keep it."""
        self._asked.clear()
        while self._to_keep:
            host_port, (user, password) = self._to_keep.popitem()
            self._keychain.save_proxy_login(host_port, user, password)

    def begin_anew(self) -> None:
        """A person starts something new: wrong answers before do not count against it."""
        self._asked.clear()

    def _know(self, host_port: str, user: str, password: str) -> None:
        from cg_uploader.api.proxies import ProxyLogin  # the HTTP libraries take long to load

        self._logins[host_port] = ProxyLogin(host_port, user, password)
