"""Where each region lives, and which addresses are never contacted."""

from __future__ import annotations

import pytest

from cg_uploader.api.endpoints import address, may_be_contacted, region_of
from cg_uploader.errors import UsageError
from cg_uploader.model.configuration import Address
from cg_uploader.model.enums import Region

LOCAL = Address("http://127.0.0.1:8080/oauth2/token", "http://127.0.0.1:8080/records/")


@pytest.mark.parametrize("region", ["eu", "us", "au"])
def test_a_region_has_two_addresses(region):
    assert address(Region(region)) == Address(
        f"https://auth.{region}.customergauge.com/oauth2/token", f"https://imports.api.{region}.customergauge.com/records/"
    )


def test_practice_is_where_it_is_said_to_be():
    assert address(Region.PRACTICE, LOCAL) == LOCAL
    with pytest.raises(UsageError, match="practice server"):
        address(Region.PRACTICE)


def test_no_region_can_be_moved():
    with pytest.raises(UsageError, match="its own address"):
        address(Region.EU, LOCAL)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "http://example.org/",
        "http://127.0.0.1.example.org/",
        "http://localhost.example.org/",
        "http://127.0.0.1@example.org/",
        "http://user@127.0.0.1/",
        "http://example.org#127.0.0.1/",
        "http://example.org\\@127.0.0.1/",
        "http://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "",
    ],
)
def test_practice_stays_on_this_computer(url):
    for moved in (Address(url, LOCAL.records), Address(LOCAL.auth, url)):
        with pytest.raises(UsageError, match="must be on this computer"):
            address(Region.PRACTICE, moved)


def test_what_may_be_contacted():
    assert all(map(may_be_contacted, ["https://x.example/", "http://127.0.0.1:1/", "http://localhost/", "http://[::1]:1/"]))
    assert not any(map(may_be_contacted, ["http://x.example/", "https:///x", "", "x", "https://[/", "file:///etc/passwd"]))


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("https://cvm.eu.customergauge.com/dashboard?x=1", Region.EU),
        ("  cvm.us.customergauge.com ", Region.US),
        ("https://AUTH.AU.CUSTOMERGAUGE.COM", Region.AU),
        ("https://cvm.eu.customergauge.com.:443/", Region.EU),
        ("https://cvm.eu.customergauge.com.example.org/", None),
        ("https://customergauge.com/", None),
        ("https://eu.customergauge.com@example.org", None),
        ("https://cvm.practice.customergauge.com/", None),
        ("https://eucustomergauge.com/", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_the_region_of_a_copied_address(text, region):
    assert region_of(text) is region
