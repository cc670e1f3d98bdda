"""Which hosts are this computer itself: plain http may go there, and no proxy stands between."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Tell whether ``host``, a name or a numeric address, is this computer by definition."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
