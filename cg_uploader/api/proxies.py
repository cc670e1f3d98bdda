"""The proxy for a web address, and its user name: what the user has set, else what the system says."""

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
from cg_uploader.translation import _

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
    """User name and password for the proxy at ``host_port`` and for no other.  They stay in memory, and out of every text."""

    host_port: str
    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy."""

    host_port: str
    login: ProxyLogin | None = None  # None: it wants none, or it is not known


def read_proxy(text: str) -> Proxy:
    """Return the proxy that ``text`` names, as host:port or an http address.

    Raises:
        NotReachable: kind ``proxy``, when it is of another kind, or no address.
    """
    parts = _PROXY.fullmatch(text.strip())
    if parts is None:
        raise _unusable(_("this is not the address of a proxy"))
    _ensure_http((parts["scheme"] or "http").lower())
    port = int(parts["port"] or 80)
    if not 1 <= port <= MAX_PORT:
        raise _unusable(_("this is not the address of a proxy"))
    host_port = f"{parts['host'].lower()}:{port}"
    if parts["user"] is None:
        return Proxy(host_port)
    return Proxy(host_port, ProxyLogin(host_port, unquote(parts["user"]), unquote(parts["password"] or "")))


def _ensure_http(scheme: str) -> None:
    if scheme.startswith("socks"):
        raise _unusable(_("SOCKS proxies are not supported"))
    if scheme == "https":
        raise _unusable(_("proxies that are themselves reached over https are not supported"))
    if scheme != "http":
        raise _unusable(_("this is not the address of a proxy"))


def _unusable(why: str) -> NotReachable:
    """Return the error for a setting, without quoting it: it may hold a password."""
    text = _(
        "The proxy setting of this computer cannot be used: {why}. Name an HTTP proxy as HOST:PORT in Settings, "
        "or in the environment variable HTTPS_PROXY."
    )
    return NotReachable(text.format(why=why), kind="proxy")


@dataclass(frozen=True, slots=True)
class Proxies:
    """How proxies are found.  This computer's own addresses are never asked through one."""

    # *system*, *none*, or the host:port of a proxy for everything.
    named: str = SYSTEM
    # Web address → its proxy, empty for none, as looked up before by the system's rules.  The environment goes before that.
    found: Mapping[str, str] | None = None
    logins: tuple[ProxyLogin, ...] = ()

    def of(self, url: str) -> Proxy | None:
        """Return the proxy for ``url`` with the login that is known for it, or None for a direct connection."""
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
    """Tell whether environment variables name a proxy for secure addresses."""
    named = getproxies_environment()
    return bool((named.get("https") or named.get("all") or "").strip())


def by_script() -> bool:
    """Tell whether this system is set to ask a script for the proxy (PAC).  It takes up to two seconds to find out."""
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _SCRIPT) as key:
                return bool(winreg.QueryValueEx(key, "AutoConfigURL")[0])
        except OSError:
            return False
    if sys.platform == "darwin":
        return re.search(r"ProxyAutoConfigEnable\s*:\s*1", _output_of("scutil", "--proxy")) is not None
    return _output_of("gsettings", "get", "org.gnome.system.proxy", "mode").strip() == "'auto'"


def _output_of(name: str, *words: str) -> str:
    """Return the output of one of the system's programs, empty when it is not there or does not answer."""
    program = system_program(name)
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - one of the system's own
            [program, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS_TO_TELL,
            check=False,
            env=desktop_environment(),
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")
