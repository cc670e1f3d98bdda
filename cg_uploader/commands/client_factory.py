"""The way of a command to CustomerGauge: credentials, proxy and certificates of the settings, the question of a proxy."""

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
    """Return the credentials of the environment, else of the system keychain.

    Raises:
        CredentialsRefused: there are none.
    """
    credentials = from_environment(args.environment) or CredentialStore().load(profile, region)
    if credentials is None:
        raise CredentialsRefused(
            _(
                "No Client ID and Client Secret are known for “{profile}” in this region. "
                "Save them with “cg-uploader credentials set {profile}”, or give them as {id_variable} and {secret_variable}."
            ).format(profile=profile, id_variable=ID_VARIABLE, secret_variable=SECRET_VARIABLE)
        )
    return credentials


class ClientFactory:
    """Makes clients for one address by this computer's settings, and answers a proxy that wants a login."""

    def __init__(self, paths: AppPaths, terminal: Terminal, address: Address, credentials: Credentials) -> None:
        """Prepare.  Nothing is connected yet."""
        self._preferences = PreferenceStore(paths.preferences).load()
        self._logins = ProxyLogins(CredentialStore())
        self._terminal = terminal
        self._address = address
        self._credentials = credentials

    def client(self) -> Client:
        """Return a client with the proxy logins known so far.  The caller closes it."""
        return configured_client(self._address, self._credentials, self._preferences, self._logins)

    def go(self, work: Callable[[Client], Result], goes_on: Callable[[str, Result], bool] = lambda *_ignored: True) -> Result:
        """Call ``work`` with a client and return its result.

        When a proxy wants a login, before ``work`` or in the middle of it, ``work`` is called again with that login.

        Args:
            work: what is to be done.
            goes_on: tells whether ``work`` is still wanted, from host:port of the proxy and the result so far.

        Raises:
            ProxyLoginWanted: there is no login, or none that the proxy accepts.
        """
        while True:
            with closing(self.client()) as client:
                try:
                    result, host_port = work(client), client.login_wanted
                except ProxyLoginWanted as failure:
                    if self._answer(failure.host_port):
                        continue
                    raise self._unanswered(failure) from None
            if not (host_port and goes_on(host_port, result) and self._answer(host_port)):
                return result

    def _unanswered(self, failure: ProxyLoginWanted) -> ProxyLoginWanted:
        if self._logins.times_asked(failure.host_port):
            return failure
        advice = _("Without a terminal they can be given in HTTPS_PROXY, as http://USER:PASSWORD@{host_port}.").format(
            host_port=failure.host_port
        )
        return ProxyLoginWanted(f"{failure.sentence} {advice}", host_port=failure.host_port)

    def _answer(self, host_port: str) -> bool:
        """Find a login that has not been tried yet, and tell whether there is one."""
        if (next_try := self._logins.next_try(host_port)) is not NextTry.ASK:
            return next_try is NextTry.KNOWN
        return sys.stdin.isatty() and self._terminal.interactive and self._ask(host_port)

    def _ask(self, host_port: str) -> bool:
        """Ask for the login of a proxy, and tell whether one was entered."""
        if self._logins.times_asked(host_port):
            text = _(
                "The proxy {host_port} did not accept that login. Enter user name and password again, or nothing to give up."
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
