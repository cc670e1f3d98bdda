"""The client that this computer's settings ask for: its proxies and their logins, and its certificates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cg_uploader.model.configuration import Address, Credentials
from cg_uploader.settings.preferences import Preferences
from cg_uploader.system.loopback import is_loopback
from cg_uploader.uploads.proxy_auth import ProxyLogins

if TYPE_CHECKING:
    from cg_uploader.api.client import Client

# Asks the system for the proxy of each web address: host:port, or empty for none. None: the system cannot tell.
LookUp = Callable[[Sequence[str]], Mapping[str, str] | None]


def configured_client(
    address: Address,
    credentials: Credentials,
    preferences: Preferences,
    logins: ProxyLogins,
    look_up: LookUp | None = None,
) -> Client:
    """Make a client for one customer, which the caller closes.

    ``look_up``: asked only where the system's own rules decide, which may take seconds. None: scripts that the system names
    for its proxies are not followed.

    Raises:
        UsageError: The certificate file cannot be used.
        NotReachable: The proxy setting cannot be used.
    """
    from cg_uploader.api.client import Client  # the HTTP libraries take long to load
    from cg_uploader.api.proxies import SYSTEM, Proxies, named_in_environment

    urls, system_proxies = (address.auth, address.records), None
    by_system = preferences.proxy == SYSTEM and not named_in_environment()
    if look_up is not None and by_system and not all(map(_is_local, urls)):
        system_proxies = look_up(urls)
    proxies = Proxies(preferences.proxy, system_proxies, logins.known)
    ca_file = Path(preferences.ca_file) if preferences.ca_file else None
    return Client(address, credentials, ca_file=ca_file, proxies=proxies)


def _is_local(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")
