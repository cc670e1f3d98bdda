"""Data types: required headings, identifiers, once-only rows."""

from __future__ import annotations

import pytest
from sheetlike import configuration, marked, request

from cg_uploader.fields.configuration import (
    Identifiers,
    missing_headings,
    once_only,
    parse_headings,
    required_groups,
)
from cg_uploader.model.configuration import Field
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.enums import DataType, FieldKind, Identity

PEOPLE = [DataType.CONTACT, DataType.SURVEY, DataType.MULTI_OBJECT, DataType.EXTERNAL_RESPONSE]


@pytest.mark.parametrize("data_type", PEOPLE)
def test_a_person_is_the_email_when_filled_else_the_phone(data_type: DataType) -> None:
    headings = ["Email", "Phone", "Account Name"]
    people = Identifiers(configuration(*headings, data_type=data_type), headings)
    assert people.known
    assert people.key(request(Email="Ann@Example.COM", Phone="1")) == "email:ann@example.com"
    assert people.key(request(Phone="+49 (30) 12-3", Account_Name="Acme")) == "phone:4930123"
    assert people.key(request(Account_Name="Acme")) is None
    assert people.account(request(Email="a@b.c", Account_Name="Acme")) == "Acme"
    assert people.who(request(Email="Ann@Example.COM")) == "Ann@Example.COM"
    assert people.who(request(Account_Name="Acme")) == ""


@pytest.mark.parametrize(
    ("data_type", "key"),
    [
        (DataType.ACCOUNT, "account:Acme"),
        (DataType.ACTIVITY, "reference:R1"),
        (DataType.ACCOUNT_ALIAS, "alias:A1"),
    ],
)
def test_other_types_have_their_documented_identifier(data_type: DataType, key: str) -> None:
    headings = ["Account Name", "Reference", "Alias", "Email"]
    rows = Identifiers(configuration(*headings, data_type=data_type), headings)
    row = request(Account_Name="Acme", Reference="R1", Alias="A1", Email="x@y.z")
    assert rows.key(row) == key
    assert rows.account(row) == (None if data_type is DataType.ACCOUNT else "Acme")


def test_marks_count_instead_of_documented_headings() -> None:
    fields = configuration(marked("Mail", Identity.EMAIL), "Email", "Phone", marked("Firm", Identity.ACCOUNT))
    people = Identifiers(fields, ["Mail", "Email", "Phone", "Firm"])
    assert people.key(request(Email="other@x.org", Mail="ann@x.org")) == "email:ann@x.org"
    assert people.key(request(Phone="123")) is None
    assert people.account(request(Firm="Acme")) == "Acme"


def test_documented_headings_are_compared_exactly_and_must_be_sent() -> None:
    assert not Identifiers(configuration("email", "E-mail"), ["email", "E-mail"]).known
    assert not Identifiers(configuration("Email", "Name"), ["Name"]).known


@pytest.mark.parametrize("data_type", [DataType.REVENUE, DataType.UNKNOWN])
def test_undocumented_types_know_only_marks(data_type: DataType) -> None:
    assert not Identifiers(configuration("Email", data_type=data_type), ["Email"]).known
    rows = Identifiers(configuration(marked("Firm", Identity.ACCOUNT), data_type=data_type), ["Firm"])
    assert rows.key(request(Firm="Acme")) == "account:Acme"
    assert rows.account(request(Firm="Acme")) is None


@pytest.mark.parametrize("data_type", list(DataType))
def test_what_may_be_sent_twice(data_type: DataType) -> None:
    repeatable = {DataType.ACCOUNT, DataType.CONTACT, DataType.ACCOUNT_ALIAS, DataType.ACTIVITY}
    fields = configuration("Reference", data_type=data_type)
    assert once_only(fields, request(Reference="R1")) == (data_type not in repeatable)


def test_an_activity_without_reference_is_sent_once() -> None:
    plain = configuration("Reference", data_type=DataType.ACTIVITY)
    pending = configuration(marked("Ticket", Identity.REFERENCE), "Reference", data_type=DataType.ACTIVITY)
    assert once_only(plain, request(Subject="x"))
    assert once_only(plain, request(Reference="  "))
    assert once_only(pending, request(Reference="R1"))
    assert not once_only(pending, request(Ticket="T1"))


def test_required_headings_follow_documents_and_marks() -> None:
    assert facts_of(DataType.CONTACT).required == (("Email", "Phone"),)
    assert facts_of(DataType.UNKNOWN).required == ()
    fields = configuration(marked("Mail", Identity.EMAIL), "Phone", Field("VIP", required=True))
    assert required_groups(fields) == [("VIP",), ("Mail", "Phone")]
    assert required_groups(configuration(Field("Email", required=True), "Phone")) == [("Email",)]
    assert missing_headings(fields, ["Phone"]) == {"VIP"}
    assert missing_headings(fields, ["VIP"]) == {"Mail", "Phone"}


def test_a_required_heading_that_the_configuration_has_not_is_not_asked_for() -> None:
    assert required_groups(configuration("Name")) == []
    assert ("Reference",) not in required_groups(configuration("Reference", "Type", data_type=DataType.ACTIVITY))
    assert ("Type",) in required_groups(configuration("Reference", "Type", data_type=DataType.ACTIVITY))


def test_a_field_that_holds_addresses_or_numbers_stands_in_for_email_and_phone() -> None:
    assert required_groups(configuration(Field("Mail", kind=FieldKind.EMAIL), "Phone")) == [("Phone", "Mail")]
    survey = configuration("Contact Reference", "Phone", data_type=DataType.SURVEY)
    assert required_groups(survey) == [("Contact Reference", "Phone")]


def test_pasted_headings_keep_every_character() -> None:
    assert parse_headings("\ufeffEmail \r\n Account Name\tPhone\n\n \nA,B;C") == ("Email ", " Account Name", "Phone", "A,B;C")
    assert parse_headings("") == ()
