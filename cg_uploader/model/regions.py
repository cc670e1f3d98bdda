"""The facts about each region.  Nothing that depends on a region stands elsewhere.

Source: the vendor's articles H5000846993 (sign-in) and H5000872720 (records).  The order is that of the window, and the
first is the default.  Texts are marked for translation, and translated where they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cg_uploader.model.configuration import Address
from cg_uploader.model.enums import Region
from cg_uploader.translation import N_


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFacts:
    """What is known of one region."""

    # The line in a list to choose from.
    label: str
    # What the window calls it beside other things.
    name: str
    # What it is called in a comparison.
    short: str
    # What a receipt calls it.
    recorded: str
    # Where its addresses are. Empty: it has no address of its own.
    domain: str = ""
    # Whether its Client ID and Client Secret may be kept in the system's keychain.
    keeps_secrets: bool = True
    # Whether it is a practice server on this computer, whose address is given each time.
    practice: bool = False

    @property
    def login(self) -> str:
        """Where the user logs in with a browser.  Empty when that is nowhere."""
        return f"cvm.{self.domain}" if self.domain else ""

    @property
    def address(self) -> Address | None:
        """Its two URLs.  None when they are given each time."""
        if not self.domain:
            return None
        return Address(f"https://auth.{self.domain}/oauth2/token", f"https://imports.api.{self.domain}/records/")


REGIONS: Mapping[Region, RegionFacts] = {
    Region.EU: RegionFacts(
        label=N_("Europe (EU)"), name=N_("Europe (EU)"), short=N_("EU"), recorded=N_("EU"), domain="eu.customergauge.com"
    ),
    Region.US: RegionFacts(
        label=N_("United States (US)"),
        name=N_("United States (US)"),
        short=N_("US"),
        recorded=N_("US"),
        domain="us.customergauge.com",
    ),
    Region.AU: RegionFacts(
        label=N_("Australia (AU)"), name=N_("Australia (AU)"), short=N_("AU"), recorded=N_("AU"), domain="au.customergauge.com"
    ),
    Region.PRACTICE: RegionFacts(
        label=N_("Practice: a pretend CustomerGauge on this computer"),
        name=N_("Practice"),
        short=N_("Practice"),
        recorded=N_("Practice, a pretend CustomerGauge"),
        keeps_secrets=False,
        practice=True,
    ),
}

DEFAULT_REGION = next(iter(REGIONS))
