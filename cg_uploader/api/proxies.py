"""Which proxy a web address is asked through, and with which user name: what a person named, else what the system says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, getproxies_environment

from requests.utils import should_bypass_proxies

from cg_uploader.errors import NotReachable
from cg_uploader.system.child_processes import desktop_environment, system_program
from cg_uploader.system.loopback import is_loopback

SYSTEM, NONE = "system", "none"
MAX_PORT = 65_535

_PROXY = re.compile(
    r"(?:(?P<scheme>[a-z0-9+.-]+)://)?(?:(?P<user>[^:]*?)(?::(?P<password>.*))?@)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>\d{1,5}))?/?",
    re.IGNORECASE | re.DOTALL,
)
_SECONDS_TO_TELL = 2.0
_SCRIPT = "Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings"


@dataclass(frozen=True, slots=True)
class ProxyLogin:
    """User name and password for the proxy at ``host_port`` (host:port) and for no other; in memory, and never in a text."""

    host_port: str
    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy: host:port, and perhaps who asks there."""

    host_port: str
    login: ProxyLogin | None = None


def read_proxy(text: str) -> Proxy:
    """The proxy that ``text`` names, as host:port or an http address; NotReachable, kind *proxy*, for any other kind."""
    found = _PROXY.fullmatch(text.strip())
    scheme = ((found and found["scheme"]) or "http").lower()
    if scheme.startswith("socks"):
        raise _unusable("SOCKS proxies are not supported")
    if scheme == "https":
        raise _unusable("proxies that are themselves spoken to over https are not supported")
    port = int((found and found["port"]) or 80)
    if found is None or scheme != "http" or not 1 <= port <= MAX_PORT:
        raise _unusable("this is not the address of a proxy")
    host_port = f"{found['host'].lower()}:{port}"
    if found["user"] is None:
        return Proxy(host_port)
    return Proxy(host_port, ProxyLogin(host_port, unquote(found["user"]), unquote(found["password"] or "")))


def _unusable(why: str) -> NotReachable:
    """The setting itself is not quoted: it may hold a password."""
    return NotReachable(
        f"The proxy setting of this computer cannot be used: {why}. Name an HTTP proxy as HOST:PORT in Settings, "
        "or in the environment variable HTTPS_PROXY.",
        kind="proxy",
    )


@dataclass(frozen=True, slots=True)
class Proxies:
    """How proxies are found.  This computer's own addresses are never asked through one.

    ``named``: *system*, *none*, or the host:port of a proxy for everything.  ``found``: web address → its proxy, empty for
    none, as somebody has looked it up beforehand by the system's own rules; a proxy in the environment goes before that.
    """

    named: str = SYSTEM
    found: Mapping[str, str] | None = None
    logins: tuple[ProxyLogin, ...] = ()

    def of(self, url: str) -> Proxy | None:
        """The proxy for ``url``, with the login that is known for it; None: straight there."""
        if self.named == NONE or is_loopback(urlsplit(url).hostname or ""):
            return None
        text = self._system(url) if self.named == SYSTEM else self.named
        if not text:
            return None
        proxy = read_proxy(text)
        login = next((login for login in self.logins if login.host_port == proxy.host_port), proxy.login)
        return Proxy(proxy.host_port, login)

    def _system(self, url: str) -> str:
        if self.found is not None and url in self.found and not named_in_environment():
            return self.found[url]
        if should_bypass_proxies(url, no_proxy=None):
            return ""
        named = getproxies()
        return (named.get(urlsplit(url).scheme) or named.get("all") or "").strip()


def named_in_environment() -> bool:
    """Whether environment variables name a proxy for secure addresses."""
    named = getproxies_environment()
    return bool((named.get("https") or named.get("all") or "").strip())


def by_script() -> bool:
    """Whether this system is told to ask a script for the proxy (PAC); that takes up to two seconds to find out."""
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _SCRIPT) as key:
                return bool(winreg.QueryValueEx(key, "AutoConfigURL")[0])
        except OSError:
            return False
    if sys.platform == "darwin":
        return re.search(r"ProxyAutoConfigEnable\s*:\s*1", _told("scutil", "--proxy")) is not None
    return _told("gsettings", "get", "org.gnome.system.proxy", "mode").strip() == "'auto'"


def _told(name: str, *words: str) -> str:
    """What one of the system's programs says; nothing when it is not there or does not answer."""
    program = system_program(name)
    if program is None:
        return ""
    try:
        said = subprocess.run(  # noqa: S603 - one of the system's own
            [program, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS_TO_TELL,
            check=False,
            env=desktop_environment(),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.decode("utf-8", "replace")
