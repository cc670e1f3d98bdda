"""Matching: what is automatic, what is only suggested, what a complete mapping leaves out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sheetlike import columns, configuration

from cg_uploader.fields.headings import normalize
from cg_uploader.fields.matching import FieldState, MatchResult, find_drift, match
from cg_uploader.model.configuration import Field, Mapping, Source
from cg_uploader.model.enums import DataType


def states(found: MatchResult) -> dict[str, str]:
    return {field.heading: field.state.value for field in found.fields}


def sent(found: MatchResult) -> dict[str, str | None]:
    return {heading: source.column for heading, source in found.mapping.sources}


def test_an_exact_name_wins_and_the_near_one_stays_behind() -> None:
    found = match(configuration("Email"), columns("E-mail", "Email"))
    assert states(found) == {"Email": "exact"}
    assert sent(found) == {"Email": "Email"}
    assert [column.heading for column in found.columns_not_sent] == ["E-mail"]


def test_a_unique_near_name_is_sent_under_the_fields_spelling() -> None:
    found = match(configuration("Account Name", "Email"), columns("account_name ", "E-MAIL"))
    assert states(found) == {"Account Name": "spelling", "Email": "spelling"}
    assert found.fields[0].difference == "a space at the end, spaces, “_” or “-” differ, capitals differ"
    assert found.fields[0].state.label == "Will be sent under CustomerGauge's spelling"


def test_what_is_near_twice_is_only_suggested() -> None:
    two_columns = match(configuration("Email"), columns("E-mail", "EMAIL"))
    assert states(two_columns) == {"Email": "suggestion"}
    two_fields = match(configuration("E-mail", "EMAIL"), columns("email"))
    assert sorted(states(two_fields).values()) == ["not_used", "suggestion"]
    assert not two_columns.mapping.sources
    assert not two_fields.mapping.sources


def test_an_exact_pair_does_not_free_the_rest_for_automatic_matching() -> None:
    found = match(configuration("Email", "EMAIL"), columns("Email", "e-mail"))
    assert states(found) == {"Email": "exact", "EMAIL": "suggestion"}


def test_a_heading_that_stands_twice_is_never_matched_by_itself() -> None:
    found = match(configuration("Email"), columns("Email", "Email"))
    assert states(found) == {"Email": "suggestion"}
    assert len(found.columns_not_sent) == 2


def test_segment_b_is_not_taken_for_segment_a() -> None:
    found = match(configuration("Email", "Segment A"), columns("Email", "Segment B"))
    assert states(found)["Segment A"] == "suggestion"
    assert "Segment A" not in sent(found)


def test_look_alike_letters_and_unicode_forms_are_suggestions_with_a_reason() -> None:
    cyrillic = match(configuration("Email"), columns("Em\u0430il")).fields[0]
    assert cyrillic.state is FieldState.SUGGESTION
    assert cyrillic.difference == "looks the same but the letter “\u0430” is Cyrillic"
    accents = match(configuration("Email", "Café"), columns("Email", "Cafe\u0301")).fields[1]
    assert accents.state is FieldState.SUGGESTION
    assert accents.difference == "looks the same but writes its accents in another form"


def test_names_without_letters_match_nothing_loosely() -> None:
    assert states(match(configuration("Email", "-"), columns("Email", "_")))["-"] == "not_used"


def test_required_fields_without_a_column_are_missing() -> None:
    fields = configuration(Field("Email"), Field("Phone"), Field("VIP", required=True), Field("Note"))
    nothing = match(fields, columns("x"))
    assert states(nothing) == {"Email": "missing", "Phone": "missing", "VIP": "missing", "Note": "not_used"}
    phone = match(fields, columns("Phone"))
    assert states(phone) == {"Email": "not_used", "Phone": "exact", "VIP": "missing", "Note": "not_used"}


def test_a_column_is_suggested_for_one_field_only() -> None:
    found = match(configuration("Contact Email", "Email Address"), columns("Email"))
    assert [field.suggestion is not None for field in found.fields].count(True) == 1


def test_a_mapping_is_complete() -> None:
    mapping = Mapping((("Email", Source(column="Mail")), ("Source", Source(constant="CRM"))))
    found = match(configuration("Email", "Source", "Phone"), columns("Mail", "Phone"), mapping)
    assert states(found) == {"Email": "spelling", "Source": "exact", "Phone": "suggestion"}
    assert found.mapping == mapping
    assert [column.heading for column in found.columns_sent] == ["Mail"]


def test_a_letter_reaches_a_heading_that_stands_twice() -> None:
    mapping = Mapping((("Email", Source(letter="B")),))
    found = match(configuration("Email"), columns("Email", "Email"), mapping)
    assert states(found) == {"Email": "exact"}
    assert [column.letter for column in found.columns_sent] == ["B"]


def test_what_a_mapping_names_and_the_file_has_not_is_not_sent() -> None:
    mapping = Mapping((("Email", Source(column="Gone")), ("Elsewhere", Source(column="Email"))))
    found = match(configuration("Email"), columns("E-Mail"), mapping)
    assert states(found) == {"Email": "suggestion"}
    assert not found.mapping.sources


def test_drift_says_what_has_changed() -> None:
    mapping = Mapping(
        (
            ("Email", Source(column="E-mail")),
            ("Phone", Source(column="Tel")),
            ("City", Source(letter="Z")),
            ("Name", Source(column="Name")),
            ("Source", Source(constant="CRM")),
        )
    )
    said = find_drift(columns("E-mail ", "Name", "Tel", "Tel"), mapping)
    assert said[0].endswith("not there any more. Column A, “E-mail·”, looks like it (a space at the end).")
    assert said[1:] == (
        "“Phone” came from the column “Tel”, which is there more than once now (C and D).",
        "“City” came from column Z, which is not there any more.",
    )
    assert find_drift(columns("E-mail", "Tel", "Name"), Mapping((("Name", Source(column="Name")),))) == ()


names = st.text(alphabet="ABab -_1\u0430", max_size=4)


@given(st.lists(names, max_size=5, unique=True), st.lists(names, max_size=6))
def test_only_equal_or_uniquely_near_names_are_sent(headings: list[str], heads: list[str]) -> None:
    found = match(configuration(*headings, data_type=DataType.UNKNOWN), columns(*heads))
    assert [field.heading for field in found.fields] == headings
    assert {*found.columns_sent, *found.columns_not_sent} == set(columns(*heads))
    assert len(found.columns_sent) + len(found.columns_not_sent) == len(heads)
    for heading, source in found.mapping.sources:
        assert heads.count(str(source.column)) == 1
        if source.column != heading:
            near = normalize(heading)
            assert near
            assert [normalize(one) for one in headings].count(near) == 1
            assert [normalize(one) for one in heads].count(near) == 1
    suggested = [field.suggestion for field in found.fields if field.suggestion]
    assert len(suggested) == len(set(suggested))
