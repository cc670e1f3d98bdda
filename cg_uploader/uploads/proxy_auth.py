"""The logins for proxies: first what the keychain holds, then what the user enters, who is asked at most twice."""

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

# How often the user is asked for one proxy.
MAX_QUESTIONS = 2


class NextTry(StrEnum):
    """What to do when a proxy asks for a login."""

    # Try the login that is known, and was not tried yet.
    KNOWN = "known"
    # Ask the user.
    ASK = "ask"
    # Stop, because the user has been asked often enough.
    GIVE_UP = "give up"


def stopped_by(host_port: str, summary: RunSummary) -> bool:
    """Tell whether the run stopped because the proxy at ``host_port`` wants a login, and for no other reason."""
    stop = summary.stopped
    if stop is None or stop.reason is not StopReason.PROXY_LOGIN:
        return False
    why = dict(stop.arguments)["why"]
    return bool(host_port) and isinstance(why, Message) and why.argument("proxy") == host_port


def goes_on(host_port: str, summary: RunSummary, control: Control) -> bool:
    """Tell whether a run is continued as soon as the proxy at ``host_port`` has its login. Not when the user stopped it too."""
    return stopped_by(host_port, summary) and not control.stopping


class ProxyLogins:
    """The logins of this session, in memory, each for one proxy (host:port) and for no other."""

    def __init__(self, keychain: CredentialStore) -> None:
        """Take the keychain, which is asked when a proxy asks, not before."""
        self._keychain = keychain
        self._logins: dict[str, ProxyLogin] = {}
        self._recalled: set[str] = set()
        # How often the user was asked for each proxy.
        self._asked: dict[str, int] = {}
        # User name and password to save once they have worked.
        self._to_save: dict[str, tuple[str, str]] = {}

    @property
    def known(self) -> tuple[ProxyLogin, ...]:
        """The logins for the next client."""
        return tuple(self._logins.values())

    def next_try(self, host_port: str) -> NextTry:
        """Decide what to do when the proxy at ``host_port`` asks. The keychain comes before the user."""
        if self.recall(host_port):
            return NextTry.KNOWN
        return NextTry.ASK if self.may_ask(host_port) else NextTry.GIVE_UP

    def recall(self, host_port: str) -> bool:
        """Take the login that the keychain holds for ``host_port``, and tell whether there is one to try.

        It is taken once only, because it may be out of date.
        """
        if host_port in self._recalled or host_port in self._logins:
            return False
        self._recalled.add(host_port)
        try:
            login = self._keychain.load_proxy_login(host_port)
        except UploaderError:  # it stays locked, so the user is asked
            return False
        if login is not None:
            self._know(host_port, *login)
        return login is not None

    def times_asked(self, host_port: str) -> int:
        """Return how often the user was asked without success."""
        return self._asked.get(host_port, 0)

    def may_ask(self, host_port: str) -> bool:
        """Tell whether the user may be asked (again)."""
        return self.times_asked(host_port) < MAX_QUESTIONS

    def answer(self, host_port: str, user: str, password: str, *, remember: bool = False) -> None:
        """Take what the user has entered. ``remember``: save it in the keychain once it has worked."""
        self._asked[host_port] = self.times_asked(host_port) + 1
        self._to_save.pop(host_port, None)
        if remember:
            self._to_save[host_port] = user, password
        self._know(host_port, user, password)

    def confirm(self) -> None:
        """Take note that the proxies have accepted their logins, and save those that the user wants remembered.

        Raises:
            UploaderError: The keychain does not save one.
        """
        self._asked.clear()
        while self._to_save:
            host_port, (user, password) = self._to_save.popitem()
            self._keychain.save_proxy_login(host_port, user, password)

    def begin_anew(self) -> None:
        """Forget wrong answers, because the user starts something new."""
        self._asked.clear()

    def _know(self, host_port: str, user: str, password: str) -> None:
        from cg_uploader.api.proxies import ProxyLogin  # the HTTP libraries take long to load

        self._logins[host_port] = ProxyLogin(host_port, user, password)
