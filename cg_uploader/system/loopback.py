"""Owns the one answer to what this computer itself is: where plain http may go, and where no proxy stands between."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether ``host``, a name or a numeric address, is this computer by definition."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
