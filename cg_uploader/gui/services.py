"""What lies around on this computer and every page may need: folders, connections, keychain, preferences, practice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cg_uploader.gui.proxylookup import look_up
from cg_uploader.gui.theme import Theme
from cg_uploader.model.configuration import Address, Credentials
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.preferences import PreferenceStore
from cg_uploader.settings.profiles import ProfileStore
from cg_uploader.settings.remembered_read_options import RememberedOptionsStore
from cg_uploader.settings.sample import ANSWER_SECONDS
from cg_uploader.sheets.reader import Readers
from cg_uploader.uploads.configured_client import configured_client
from cg_uploader.uploads.proxy_auth import ProxyLogins

if TYPE_CHECKING:
    from cg_uploader.api.client import Client
    from cg_uploader.practice.script import Script
    from cg_uploader.practice.server import PracticeServer
    from cg_uploader.uploads.journal.journal import Journal


def open_journal(paths: AppPaths) -> Journal:
    """The record of uploads.  The caller closes it, on the thread that opened it.  JournalError when it cannot be used."""
    from cg_uploader.uploads.journal.journal import Journal  # takes long to load: not before the window is there

    return Journal(paths)


class Practice:
    """The pretend CustomerGauge of this window.  It starts when it is wanted and ends with the window."""

    def __init__(self, *, delay: float = ANSWER_SECONDS, script: Script | None = None) -> None:
        """``delay``: seconds per record.  ``script``: how it misbehaves."""
        self._delay = delay
        self._script = script
        self._servers: list[PracticeServer] = []
        self._lock = threading.Lock()

    @property
    def server(self) -> PracticeServer:
        """The running server."""
        with self._lock:
            return self._servers[0] if self._servers else self._start(0)

    def listen_again(self, address: Address) -> None:
        """Be where an earlier run was sent to.  UsageError when another program is there now."""
        with self._lock:
            if all(server.address != address for server in self._servers):
                self._start(urlsplit(address.records).port or 0)

    def _start(self, port: int) -> PracticeServer:
        from cg_uploader.practice.server import PracticeServer  # few windows need it, and not at once

        server = PracticeServer(port=port, delay=self._delay, script=self._script)
        server.start()
        self._servers.append(server)
        return server

    def close(self) -> None:
        """End it."""
        with self._lock:
            for server in self._servers:
                server.close()
            self._servers.clear()


class Services:
    """One of each, made for one window."""

    def __init__(
        self,
        paths: AppPaths,
        theme: Theme,
        *,
        credentials: CredentialStore | None = None,
        practice: Practice | None = None,
        demo: bool = False,
    ) -> None:
        """Everything below ``paths``.  ``credentials`` and ``practice`` may come from elsewhere.  ``demo``: a demonstration."""
        self.paths = paths
        self.demo = demo
        self.theme = theme
        self.profiles = ProfileStore(paths.profiles)
        self.credentials = credentials or CredentialStore()
        self.preferences = PreferenceStore(paths.preferences)
        self.proxy_logins = ProxyLogins(self.credentials)
        self.choices = RememberedOptionsStore(paths.read_options)
        self.practice = practice or Practice()
        self.readers = Readers()

    def client(self, address: Address, credentials: Credentials, cancelled: Callable[[], bool]) -> Client:
        """A client by this computer's settings.  The caller closes it.  Not on the window's thread: it may take seconds.

        UsageError for a certificate file that cannot be used, NotReachable for such a proxy setting.
        """
        logins = self.proxy_logins
        return configured_client(address, credentials, self.preferences.load(), logins, lambda urls: look_up(urls, cancelled))

    def close(self) -> None:
        """End the practice server and the process that is ready to read."""
        self.practice.close()
        self.readers.close()
