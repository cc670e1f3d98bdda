"""How a command gets to CustomerGauge: credentials, the proxy and certificates of the settings, a proxy's question."""

from __future__ import annotations

import getpass
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from cg_uploader.api.client import Client
from cg_uploader.commands.terminal import Terminal
from cg_uploader.errors import CredentialsRefused, ProxyLoginWanted
from cg_uploader.model.configuration import Address, Credentials
from cg_uploader.model.enums import Region
from cg_uploader.settings.credentials import ID_VARIABLE, SECRET_VARIABLE, CredentialStore, from_environment
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.preferences import PreferenceStore
from cg_uploader.translation import _
from cg_uploader.uploads.configured_client import configured_client
from cg_uploader.uploads.proxy_auth import NextTry, ProxyLogins

Result = TypeVar("Result")


def credentials_for(args: Namespace, profile: str, region: Region) -> Credentials:
    """From the environment, else from the system keychain; CredentialsRefused when there are none."""
    found = from_environment(args.given) or CredentialStore().load(profile, region)
    if found is None:
        raise CredentialsRefused(
            _(
                "No Client ID and Client Secret are known for “{profile}” in this region. "
                "Save them with “cg-uploader credentials set {profile}”, or give them as {id_variable} and {secret_variable}."
            ).format(profile=profile, id_variable=ID_VARIABLE, secret_variable=SECRET_VARIABLE)
        )
    return found


class ClientFactory:
    """The way to one address, by this computer's settings; ``go`` answers a proxy that asks who asks."""

    def __init__(self, paths: AppPaths, terminal: Terminal, address: Address, credentials: Credentials) -> None:
        """Nothing is connected yet."""
        self._preferences = PreferenceStore(paths.preferences).load()
        self._logins = ProxyLogins(CredentialStore())
        self._terminal = terminal
        self._address = address
        self._credentials = credentials

    def client(self) -> Client:
        """A client with what is known so far; the caller closes it."""
        return configured_client(self._address, self._credentials, self._preferences, self._logins)

    def go(self, work: Callable[[Client], Result], goes_on: Callable[[str, Result], bool] = lambda *_given: True) -> Result:
        """What ``work`` returns.  When a proxy asks who asks, before or in the middle of it, ``work`` is called once more.

        ``goes_on``: whether that is still wanted, by host:port of the proxy and by what ``work`` has returned.
        ProxyLoginWanted when nobody can tell the proxy.
        """
        while True:
            with closing(self.client()) as client:
                try:
                    result, asking = work(client), client.login_wanted
                except ProxyLoginWanted as failure:
                    if self._answer(failure.host_port):
                        continue
                    raise self._unanswered(failure) from None
            if not (asking and goes_on(asking, result) and self._answer(asking)):
                return result

    def _unanswered(self, failure: ProxyLoginWanted) -> ProxyLoginWanted:
        if self._logins.times_asked(failure.host_port):
            return failure
        advice = _("Without a terminal they can be given in HTTPS_PROXY, as http://USER:PASSWORD@{host_port}.").format(
            host_port=failure.host_port
        )
        return ProxyLoginWanted(f"{failure.sentence} {advice}", host_port=failure.host_port)

    def _answer(self, host_port: str) -> bool:
        """Whether there is a login that has not been tried yet."""
        if (next_try := self._logins.next_try(host_port)) is not NextTry.ASK:
            return next_try is NextTry.KNOWN
        return sys.stdin.isatty() and self._terminal.interactive and self._ask(host_port)

    def _ask(self, host_port: str) -> bool:
        """Ask for the login of a proxy; whether one was entered."""
        if self._logins.times_asked(host_port):
            text = _(
                "The proxy {host_port} did not accept that. Enter user name and password once more, or nothing to give up."
            )
        else:
            text = _("The proxy {host_port} wants a user name and a password. Enter them, or nothing to give up.")
        self._terminal.tell(text.format(host_port=host_port))
        sys.stderr.write(_("User name:") + " ")
        sys.stderr.flush()
        user = sys.stdin.readline().strip()
        if not user:
            return False
        password = getpass.getpass(_("Password (not shown):") + " ", stream=sys.stderr)
        self._logins.answer(host_port, user, password)
        return True
