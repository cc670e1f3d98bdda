"""Regions: each has its entry, and one entry more is all that a new one needs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from added_member import add_member

from cg_uploader.api.endpoints import address, region_of
from cg_uploader.errors import UsageError
from cg_uploader.model.configuration import Address, Configuration, Field, Profile
from cg_uploader.model.enums import DataType, Region
from cg_uploader.model.regions import DEFAULT_REGION, REGIONS, RegionFacts
from cg_uploader.settings.profile_diff import differences
from cg_uploader.settings.profiles import parse, to_json

LOCAL = Address("http://127.0.0.1:8080/oauth2/token", "http://127.0.0.1:8080/records/")
PROFILE = Profile("Canada", Region.EU, Configuration("contact", DataType.CONTACT, (Field("Email"),)))


def test_every_region_has_its_entry() -> None:
    assert set(REGIONS) == set(Region)
    assert [region for region, facts in REGIONS.items() if facts.practice] == [Region.PRACTICE]
    for facts in REGIONS.values():
        assert facts.practice == (facts.address is None) == (not facts.keeps_secrets)
    assert len({facts.label for facts in REGIONS.values()}) == len(Region)
    assert not REGIONS[DEFAULT_REGION].practice


def test_an_entry_is_all_that_a_new_region_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    canada = add_member(monkeypatch, Region, "CA", "ca")
    facts = RegionFacts(label="Canada (CA)", name="Canada (CA)", short="CA", recorded="CA", domain="ca.customergauge.com")
    monkeypatch.setitem(REGIONS, canada, facts)
    assert address(canada).records == "https://imports.api.ca.customergauge.com/records/"
    with pytest.raises(UsageError, match="its own address"):
        address(canada, LOCAL)
    assert region_of("https://cvm.ca.customergauge.com/dashboard") is canada
    there = replace(PROFILE, region=canada)
    assert parse(to_json(there)) == there
    assert differences(PROFILE, there) == ("Region: EU becomes CA",)


def test_a_new_region_for_practice_needs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    training = add_member(monkeypatch, Region, "TRAINING", "training")
    facts = RegionFacts(
        label="Training", name="Training", short="Training", recorded="Training", keeps_secrets=False, practice=True
    )
    monkeypatch.setitem(REGIONS, training, facts)
    assert address(training, LOCAL) == LOCAL
    there = replace(PROFILE, region=training, address=LOCAL)
    assert json.loads(to_json(there))["address"]["auth"] == LOCAL.auth
    assert parse(to_json(there)) == there
