"""The addresses where a profile signs in and sends its records, and which addresses may be contacted at all."""

from __future__ import annotations

from urllib.parse import urlsplit

from cg_uploader.errors import UsageError
from cg_uploader.model.configuration import Address
from cg_uploader.model.enums import Region
from cg_uploader.model.regions import REGIONS
from cg_uploader.system.loopback import is_loopback
from cg_uploader.translation import _


def address(region: Region, override: Address | None = None) -> Address:
    """Return the two URLs of ``region``.

    ``override`` belongs to a region without addresses of its own, *practice*, and must be plain http on this computer.

    Raises:
        UsageError: there are none.
    """
    own = REGIONS[region].address
    if own is None:
        if override is None:
            raise UsageError(_("The practice region needs the address of a practice server. Start one and use its address."))
        if not all(_on_this_computer(url) for url in (override.auth, override.records)):
            raise UsageError(_("A practice server must be on this computer. Use an address like http://127.0.0.1:8080/."))
        return override
    if override is not None:
        text = _("The region “{region}” has its own address. Only the practice region takes another one.")
        raise UsageError(text.format(region=region.value))
    return own


def region_of(text: str) -> Region | None:
    """Return the region in a web address copied from the browser (``https://cvm.eu.customergauge.com/…``), or None."""
    text = text.strip()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return None
    inside = f".{host.rstrip('.')}"
    return next((region for region, facts in REGIONS.items() if facts.domain and inside.endswith(f".{facts.domain}")), None)


def may_be_contacted(url: str) -> bool:
    """Tell whether requests may go to ``url`` at all: https anywhere, plain http only on this computer."""
    try:
        parts = urlsplit(url)
        return (parts.scheme == "https" and bool(parts.hostname)) or _on_this_computer(url)
    except ValueError:
        return False


def _on_this_computer(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and parts.username is None and is_loopback(parts.hostname or "") and parts.port != 0
    except ValueError:
        return False
