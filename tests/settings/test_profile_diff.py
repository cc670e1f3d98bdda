"""What differs between two profiles: every difference has its words, and none is invented."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.model.configuration import Address, Configuration, Field, Mapping, Options, Profile, Source
from cg_uploader.model.enums import BlankCells, DataType, FieldKind, Identity, Region
from cg_uploader.settings.profile_diff import differences
from cg_uploader.settings.profiles import ProfileStore

FIELDS = (Field("Email", required=True, kind=FieldKind.EMAIL), Field("City"), Field("Source"))
SAVED = Profile("EU", Region.EU, Configuration("contact", DataType.CONTACT, FIELDS))


def configured(**changed: object) -> Profile:
    return replace(SAVED, configuration=replace(SAVED.configuration, **changed))  # type: ignore[arg-type]


def mapped(**sources: str) -> Mapping:
    return Mapping(tuple((heading, Source(column=column)) for heading, column in sources.items()))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (replace(SAVED, region=Region.PRACTICE), "Region: EU becomes Practice"),
        (configured(reference="contact 2"), "Reference: “contact” becomes “contact 2”"),
        (configured(data_type=DataType.MULTI_OBJECT), "What it imports: contact becomes multi object"),
        (configured(fields=FIELDS[:1]), "Fields that are no longer there: “City”, “Source”"),
        (configured(fields=(*FIELDS, Field("Phone"))), "Fields that are new: “Phone”"),
        (configured(fields=(Field("Email"), *FIELDS[1:])), "Fields whose rules differ: “Email”"),
        (configured(fields=FIELDS[::-1]), "The order of the fields"),
        (replace(SAVED, mapping=mapped(Email="E-mail")), "those that match by their names become the ones that were chosen"),
        (replace(SAVED, options=Options(BlankCells.SEND_EMPTY)), "Cells without text: left out becomes sent empty"),
        (replace(SAVED, options=Options(connections=8)), "Rows under way at once: 4 becomes 8"),
        (replace(SAVED, address=Address("http://127.0.0.1:1/a", "http://127.0.0.1:1/b")), "practice server"),
    ],
)
def test_each_difference_has_its_words(other: Profile, said: str) -> None:
    (line,) = differences(SAVED, other)
    assert said in line


def test_columns_that_were_chosen_otherwise_are_named() -> None:
    before = replace(SAVED, mapping=mapped(Email="E-mail", City="Town"))
    after = replace(SAVED, mapping=mapped(Email="Mail", City="Town", Source="From"))
    assert differences(before, after) == ("Columns for the fields “Email”, “Source”",)
    turned = replace(SAVED, mapping=mapped(City="Town", Email="E-mail"))
    assert differences(before, turned) == ("The order of the columns",)


def test_of_many_fields_some_are_named() -> None:
    (line,) = differences(SAVED, configured(fields=(*FIELDS, *(Field(f"F{number}") for number in range(9)))))
    assert line.endswith("“F5” and 3 more")


def test_a_long_heading_is_cut() -> None:
    (line,) = differences(SAVED, configured(fields=(*FIELDS, Field("x" * 500))))
    assert line.endswith(f"“{'x' * 40}…”")


headings = st.sampled_from(["Email", "City", "Source"])
fields = st.builds(
    Field, headings, st.booleans(), st.sampled_from(FieldKind), st.sampled_from([None, 5]), st.sampled_from([None, *Identity])
)
configurations = st.builds(
    Configuration,
    st.sampled_from(["a", "b"]),
    st.sampled_from(DataType),
    st.lists(fields, max_size=3, unique_by=lambda field: field.heading).map(tuple),
)
sources = st.tuples(headings, st.builds(Source, column=st.sampled_from(["x", "y"])))
mappings = st.lists(sources, max_size=3, unique_by=lambda source: source[0]).map(tuple).map(Mapping)
profiles = st.builds(
    Profile,
    st.just("EU"),
    st.sampled_from(Region),
    configurations,
    st.none(),
    st.none() | mappings,
    st.builds(Options, st.sampled_from(BlankCells), st.integers(1, 16)),
)


@given(profiles, profiles)
def test_something_is_said_exactly_when_something_differs(saved: Profile, other: Profile) -> None:
    assert bool(differences(saved, other)) is (saved != other)


def test_a_folder_says_what_would_be_lost(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    assert store.changed_by(SAVED) == ()
    store.save(SAVED)
    assert store.changed_by(SAVED) == ()
    assert store.changed_by(configured(reference="x")) == ("Reference: “contact” becomes “x”",)
    assert store.free_name("EU") == "EU 2"
    store.save(replace(SAVED, name="EU 2"))
    assert store.free_name("EU") == "EU 3"
    assert len(store.free_name("x" * 200)) <= 200
    (file,) = (file for file in tmp_path.glob("*.json") if '"EU"' in file.read_text(encoding="utf-8"))
    file.write_text("{}", encoding="utf-8")
    (line,) = store.changed_by(SAVED)
    assert line.startswith("The saved one cannot be read.")
