"""Which proxy the system uses for a web address, also where a script decides (PAC): Qt knows, and is asked in a process.

Qt may take seconds over it, and its Python binding lets no other thread of the program run meanwhile: hence the process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from cg_uploader.system.child_processes import desktop_environment

# The first word with which this program is started for that; web addresses follow.
WORD = "--look-up-proxy"

_MAX_CHARS = 20.0
_LOOK = 0.1
_NO_WINDOW = 0x08000000 if sys.platform == "win32" else 0


def look_up(urls: Sequence[str], cancelled: Callable[[], bool]) -> dict[str, str] | None:
    """For each of ``urls`` its proxy's address, empty for none.  None when nothing is known.  Not on the window's thread."""
    start = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-P", "-m", "cg_uploader"]
    try:
        process = subprocess.Popen(  # noqa: S603 - this program itself
            [*start, WORD, *urls],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=desktop_environment(),
            creationflags=_NO_WINDOW,
        )
    except OSError:
        return None
    with process:
        end = time.monotonic() + _MAX_CHARS
        while time.monotonic() < end and not cancelled():
            try:
                output, _ = process.communicate(timeout=_LOOK)
            except subprocess.TimeoutExpired:
                continue
            return _understood(output, urls)
        process.kill()
    return None


def _understood(output: bytes, urls: Sequence[str]) -> dict[str, str] | None:
    """On Linux Qt may know nothing of scripts: that it found no proxy proves nothing there."""
    try:
        proxies = json.loads(output)
    except ValueError:
        return None
    if not isinstance(proxies, dict) or set(proxies) != set(urls):
        return None
    if sys.platform not in ("win32", "darwin") and not any(proxies.values()):
        return None
    return {url: str(proxy) for url, proxy in proxies.items()}


def main(urls: Sequence[str]) -> int:
    """Print what Qt says, as one JSON object."""
    sys.stdout.write(json.dumps({url: _first_usable(url) for url in urls}))
    return 0


def _first_usable(url: str) -> str:
    """Of the proxies that the system lists, in its order, the first of a kind that can be used."""
    from PySide6.QtCore import QUrl
    from PySide6.QtNetwork import QNetworkProxy, QNetworkProxyFactory, QNetworkProxyQuery

    kinds = {
        QNetworkProxy.ProxyType.HttpProxy: "http",
        QNetworkProxy.ProxyType.HttpCachingProxy: "http",
        QNetworkProxy.ProxyType.Socks5Proxy: "socks5",
    }
    unusable = ""
    for proxy in QNetworkProxyFactory.systemProxyForQuery(QNetworkProxyQuery(QUrl(url))):
        if proxy.type() is QNetworkProxy.ProxyType.NoProxy:
            return ""
        host = f"[{proxy.hostName()}]" if ":" in proxy.hostName() else proxy.hostName()
        text = f"{kinds.get(proxy.type(), 'unknown')}://{host}:{proxy.port()}"
        if text.startswith("http://"):
            return text
        unusable = unusable or text
    return unusable
