"""Profiles: what a file may say, what is refused by name, and a folder that names cannot leave."""

from __future__ import annotations

import json
import os
import stat
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.errors import CredentialsRefused, ProfileError
from cg_uploader.model.configuration import Address, Configuration, Field, Mapping, Options, Profile, Source
from cg_uploader.model.enums import BlankCells, DataType, FieldKind, Identity, Region
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.settings.profiles import ProfileStore, delete_profile, open_profile, parse, to_json

DOCUMENTED = """
{"version": 1, "name": "EU contacts", "region": "practice",
 "address": {"auth": "http://127.0.0.1:8401/oauth2/token", "records": "http://127.0.0.1:8401/records/"},
 "configuration": {"reference": "contact", "data_type": "contact",
   "fields": [{"heading": "Email", "required": true, "kind": "email", "max_length": 128, "identifies": "email"},
              {"heading": "Source"}]},
 "mapping": {"Email": {"column": "E-mail address"}, "Source": {"constant": "CRM"}},
 "options": {"blank_cells": "leave_out", "connections": 4}}
"""


def changed(*path: str | int, to: Any) -> str:
    """The documented example with another value at a path."""
    data = deepcopy(json.loads(DOCUMENTED))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return json.dumps(data)


def without(*path: str | int) -> str:
    data = deepcopy(json.loads(DOCUMENTED))
    place = data
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return json.dumps(data)


def profile(name: str = "EU contacts") -> Profile:
    return Profile(name, Region.EU, Configuration("contact", DataType.CONTACT, (Field("Email"),)))


def test_the_documented_example_is_understood() -> None:
    assert parse(DOCUMENTED) == Profile(
        name="EU contacts",
        region=Region.PRACTICE,
        configuration=Configuration(
            "contact",
            DataType.CONTACT,
            (Field("Email", True, FieldKind.EMAIL, 128, Identity.EMAIL), Field("Source")),
        ),
        address=Address("http://127.0.0.1:8401/oauth2/token", "http://127.0.0.1:8401/records/"),
        mapping=Mapping((("Email", Source(column="E-mail address")), ("Source", Source(constant="CRM")))),
        options=Options(),
    )


def test_what_may_be_left_out() -> None:
    small = json.loads(without("mapping"))
    del small["options"], small["address"]
    small["configuration"]["fields"] = []
    found = parse("\ufeff" + json.dumps(small))
    assert (found.mapping, found.address, found.options, found.configuration.fields) == (None, None, Options(), ())


def test_a_letter_names_a_column() -> None:
    found = parse(changed("mapping", "Email", to={"column": {"letter": "ab"}}))
    assert found.mapping is not None
    assert found.mapping.source("Email") == Source(letter="AB")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (changed("secret", to="s3cret"), "“secret”"),
        (changed("configuration", "filter", to=1), "“configuration.filter”"),
        (changed("configuration", "fields", 0, "Required", to=True), "“configuration.fields[1].Required”"),
        (changed("mapping", "Email", to={"column": "a", "const": "b"}), "“mapping.Email.const”"),
        (changed("mapping", "Email", to={"column": "a", "constant": "b"}), "mapping.Email"),
        (changed("mapping", "Email", to={"column": {"letter": "1"}}), "mapping.Email.column.letter"),
        (changed("mapping", "Email", to={"column": {"letter": "A", "x": 1}}), "“mapping.Email.column.x”"),
        (changed("mapping", "Email", to="E-mail"), "mapping.Email"),
        (changed("mapping", "Email", to={"constant": "a\x00b"}), "mapping.Email.constant"),
        (changed("mapping", to=None), "“mapping”"),
        (changed("options", "rows", to=[1, 2]), "“options.rows”"),
        (changed("options", "connections", to=17), "connections"),
        (changed("options", "connections", to=0), "options.connections"),
        (changed("options", "connections", to=True), "options.connections"),
        (changed("options", "connections", to=4.0), "options.connections"),
        (changed("options", "blank_cells", to="skip"), "options.blank_cells"),
        (changed("version", to=2), "newer CG Uploader"),
        (changed("version", to="1"), "“version”"),
        (changed("version", to=True), "“version”"),
        (changed("name", to=" "), "“name”"),
        (changed("name", to="a\x00b"), "“name”"),
        (changed("name", to="a\nb"), "“name”"),
        (changed("name", to="x" * 201), "“name”"),
        (changed("name", to="half \ud800"), "“name”"),
        (changed("name", to=["x"]), "“name”"),
        (changed("region", to="EU"), "“region”"),
        (changed("region", to="uk"), "“region”"),
        (changed("configuration", "data_type", to="person"), "configuration.data_type"),
        (changed("configuration", "reference", to=""), "configuration.reference"),
        (changed("configuration", "reference", to=7), "configuration.reference"),
        (changed("configuration", "fields", to={}), "configuration.fields"),
        (changed("configuration", "fields", 1, "heading", to="Email"), "twice"),
        (changed("configuration", "fields", 1, "heading", to=""), "fields[2].heading"),
        (changed("configuration", "fields", 0, "required", to=1), "fields[1].required"),
        (changed("configuration", "fields", 0, "kind", to="mail"), "fields[1].kind"),
        (changed("configuration", "fields", 0, "max_length", to=0), "fields[1].max_length"),
        (changed("configuration", "fields", 0, "max_length", to="128"), "fields[1].max_length"),
        (changed("configuration", "fields", 0, "identifies", to="name"), "fields[1].identifies"),
        (without("name"), "“name”"),
        (without("region"), "“region”"),
        (without("configuration"), "“configuration”"),
        (without("configuration", "reference"), "“configuration.reference”"),
        (without("configuration", "fields", 1, "heading"), "“configuration.fields[2].heading”"),
        ("[]", "a list"),
        ("", "not proper JSON"),
        ("{", "not proper JSON"),
        ("[" * 100_000, "not proper JSON"),
        ('{"version": 1, "version": 1}', "twice"),
        ('{"mapping": {"Email": {"constant": "a"}, "Email": {"constant": "b"}}}', "twice"),
        ('{"version": ' + "9" * 5000 + "}", "not proper JSON"),
        ("x" * (5 << 20), "too long"),
    ],
)
def test_what_is_wrong_is_named(text: str, names: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse(text)
    assert names in caught.value.sentence
    assert caught.value.sentence.isprintable()
    assert caught.value.exit_code == 2


ELSEWHERE = [
    "https://127.0.0.1:8401/",
    "http://127.0.0.1.evil.org/",
    "http://127.0.0.1@evil.org/",
    "http://evil.org\\@127.0.0.1/",
    "http://evil.org/?http://127.0.0.1",
    "http://localhost.evil.org/",
    "http://10.0.0.1/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://2130706433.evil.org/",
    "http://127.1/",
    "http://evil.org#@127.0.0.1/",
    "ftp://127.0.0.1/",
    "//127.0.0.1/",
    "127.0.0.1",
    "http:///records/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:x/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1/\tx",
    "http://[::1/",
    "http://loc\u0430lhost/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://[::ffff:10.0.0.1]/",
    " http://127.0.0.1/",
    "http://127.0.0.1 .evil.org/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://017700000001/",
    "http://0x7f.0.0.1/",
    "http://127.000.000.001/",
    "http://localhost./",
    "http://LOCALHOST.evil.org/",
    "http://127.0.0.1./",
    "http://[::1%25lo]/",
    "http://[fe80::1]/",
    "http://user:word@127.0.0.1/",
    "http://xn--lcalhost-54g/",
    "http://127.0.0.1:80:80/",
    "http://127.0.0.1%2eevil.org/",
    "http://127.0.0.1\u2044.evil.org/",
    "http://l\u2113ocalhost/",
]


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize("key", ["auth", "records"])
def test_an_address_cannot_lead_away_from_this_computer(url: str, key: str) -> None:
    with pytest.raises(ProfileError, match=rf"address\.{key}"):
        parse(changed("address", key, to=url))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/records/", "http://127.9.9.9:1/", "http://localhost:8401/x/", "http://[::1]:80/"]
)
def test_an_address_on_this_computer_is_taken(url: str) -> None:
    found = parse(changed("address", "records", to=url))
    assert found.address is not None
    assert found.address.records == url
    assert parse(changed("address", "records", to=url.rstrip("/"))).address == found.address


@pytest.mark.parametrize("region", ["eu", "us", "au"])
def test_an_address_belongs_to_practice_alone(region: str) -> None:
    with pytest.raises(ProfileError, match="“address” is allowed for region practice only"):
        parse(changed("region", to=region))


line = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=8).filter(str.strip)
fields = st.builds(
    Field,
    line,
    st.booleans(),
    st.sampled_from(list(FieldKind)),
    st.one_of(st.none(), st.integers(1, 1000)),
    st.one_of(st.none(), st.sampled_from(list(Identity))),
)
sources = st.one_of(
    st.builds(Source, column=line), st.builds(Source, letter=st.sampled_from(["A", "XFD"])), st.builds(Source, constant=line)
)
profiles = st.builds(
    Profile,
    line.map(str.strip),
    st.sampled_from(list(Region)),
    st.builds(
        Configuration,
        line,
        st.sampled_from(list(DataType)),
        st.lists(fields, max_size=4, unique_by=lambda field: field.heading).map(tuple),
    ),
    st.none(),
    st.one_of(st.none(), st.dictionaries(line, sources, max_size=3).map(lambda some: Mapping(tuple(some.items())))),
    st.builds(Options, st.sampled_from(list(BlankCells)), st.integers(1, 16)),
)


@given(profiles)
def test_what_is_written_is_read_again(made: Profile) -> None:
    assert parse(to_json(made)) == made


def test_an_exported_profile_of_a_real_region_has_no_address() -> None:
    real = Profile("x", Region.EU, profile().configuration, Address("http://127.0.0.1/", "http://127.0.0.1/"))
    assert "address" not in json.loads(to_json(real))


# ------------------------------------------------------------------ the folder


def test_profiles_are_kept_listed_and_removed(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path / "profiles")
    assert store.names() == []
    for name in ("b", "A", "a"):
        store.save(profile(name))
    assert store.names() == ["A", "a", "b"]
    assert store.load("a") == profile("a")
    store.delete("a")
    assert store.names() == ["A", "b"]
    for action in (store.load, store.delete):
        with pytest.raises(ProfileError, match=r"no profile of that name on this computer\. Profiles here: “A”, “b”"):
            action("a")


def test_saving_again_replaces_and_is_private(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path / "profiles")
    store.save(profile())
    store.save(Profile("EU contacts", Region.US, profile().configuration))
    assert store.load("EU contacts").region is Region.US
    (file,) = (tmp_path / "profiles").iterdir()
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_profile_that_could_not_be_opened_again_is_not_saved(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    store.save(profile())
    twice = Configuration("contact", DataType.CONTACT, (Field("Email"), Field("Email")))
    with pytest.raises(ProfileError, match="twice"):
        store.save(Profile("EU contacts", Region.EU, twice))
    assert store.load("EU contacts") == profile()


NASTY = [
    "../../etc/passwd",
    "..",
    ".",
    "/etc/passwd",
    "C:\\Windows\\x",
    "con",
    "NUL.json",
    "a/b\\c",
    "~root",
    "x" * 200,
    "名前",
    "😀",
    "-rf",
    "%2e%2e",
]


@pytest.mark.parametrize("name", NASTY)
def test_no_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "deep" / "profiles"
    store = ProfileStore(folder)
    store.save(profile(name))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.parent for path in files] == [folder]
    assert files[0].name.isascii()
    assert len(files[0].name) < 70
    assert store.names() == [name]
    assert store.load(name).name == name


def test_foreign_and_damaged_files_in_the_folder_are_passed_over(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    store.save(profile())
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "by hand.json").write_text(to_json(profile("By hand")))
    assert store.names() == ["By hand", "EU contacts"]
    assert store.load("By hand") == profile("By hand")
    store.delete("By hand")
    assert store.names() == ["EU contacts"]


def test_a_damaged_profile_says_so_and_can_be_deleted(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    store.save(profile())
    (file,) = tmp_path.iterdir()
    file.write_text("{")
    with pytest.raises(ProfileError, match="not proper JSON"):
        store.load("EU contacts")
    store.delete("EU contacts")
    assert not file.exists()


def test_a_write_that_fails_leaves_the_old_profile_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ProfileStore(tmp_path)
    store.save(profile())

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Exception, match="disk is full"):
        store.save(Profile("EU contacts", Region.US, profile().configuration))
    assert store.load("EU contacts") == profile()
    assert len(list(tmp_path.iterdir())) == 1


def test_open_takes_a_name_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = ProfileStore(tmp_path / "profiles")
    store.save(profile("contacts"))
    for name in ("setup.json", "setup.CGSETUP", "no ending", "contacts"):
        Path(name).write_text(to_json(profile("from a file")))
    assert open_profile("setup.json", store).name == "from a file"
    assert open_profile(str(tmp_path / "setup.CGSETUP"), store).name == "from a file"
    assert open_profile("no ending", store).name == "from a file"
    assert open_profile("contacts", store).name == "contacts"
    for missing in ("nobody", "gone.json", "x" * 5000, "nul\x00byte", "nul\x00.json", "."):
        with pytest.raises(ProfileError):
            open_profile(missing, store)


def test_a_file_at_fault_is_named(tmp_path: Path) -> None:
    file = tmp_path / "stranger.cgsetup"
    file.write_text(changed("address", "auth", to="http://evil.org/"))
    with pytest.raises(ProfileError, match=r"stranger\.cgsetup: “address\.auth” must be an http address on this computer"):
        open_profile(str(file), ProfileStore(tmp_path))
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ProfileError, match="not UTF-8"):
        open_profile(str(file), ProfileStore(tmp_path))


@pytest.mark.parametrize("name", ["contacts", "."])
def test_a_folder_that_is_called_like_it_is_no_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contacts").mkdir()
    store = ProfileStore(tmp_path / "profiles")
    store.save(profile())
    with pytest.raises(ProfileError, match=r"no profile of that name on this computer\. Profiles here: “EU contacts”\."):
        open_profile(name, store)


def test_a_profile_is_deleted_with_its_secret_and_not_without_it(tmp_path: Path) -> None:
    """The secret goes first, so that what a locked keychain holds up can be tried again."""
    keychain = LockedKeychain()
    store, credentials = ProfileStore(tmp_path), CredentialStore(keychain)
    profile = parse(DOCUMENTED)
    store.save(profile)
    with pytest.raises(CredentialsRefused):
        delete_profile(profile.name, store, credentials)
    assert store.names() == [profile.name]
    keychain.locked = False
    delete_profile(profile.name, store, credentials)
    assert store.names() == []
    assert keychain.deleted == [f"CG Uploader: {profile.name}"]
    with pytest.raises(ProfileError, match="no profile"):
        delete_profile(profile.name, store, credentials)


class LockedKeychain:
    """A keychain that has something for every name as soon as it is unlocked, and notes what is deleted."""

    def __init__(self) -> None:
        self.locked = True
        self.deleted: list[str] = []

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise RuntimeError("locked")
        return None if service in self.deleted else "[]"

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError(service)

    def delete_password(self, service: str, username: str) -> None:
        self.deleted.append(service)
