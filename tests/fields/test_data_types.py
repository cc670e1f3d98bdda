"""Data types: each has its entry, one entry more is all that a new one needs, and without one it is treated with care."""

from __future__ import annotations

import pytest
from added_member import add_member
from sheetlike import configuration, plan, request

from cg_uploader.fields.configuration import Identifiers, once_only, required_groups
from cg_uploader.fields.filecheck import check
from cg_uploader.model.configuration import Profile
from cg_uploader.model.data_types import DATA_TYPES, DataTypeFacts, Invites, Repeat, facts_of
from cg_uploader.model.enums import Answer, Body, DataType, Identity, Region, RowStatus
from cg_uploader.model.request import Reply
from cg_uploader.settings.profiles import parse, to_json
from cg_uploader.uploads.sending.retry import Attempts, decide

INVITING = (DataType.SURVEY, DataType.MULTI_OBJECT, DataType.UNKNOWN)
REPEATABLE = (DataType.ACCOUNT, DataType.CONTACT, DataType.ACCOUNT_ALIAS, DataType.ACTIVITY)
CASE = DataTypeFacts(
    label="Cases",
    name="case",
    required=(("Reference",), ("Account Name",)),
    identifiers=(Identity.REFERENCE,),
    invites=Invites.NEVER,
    repeatable=True,
    repeatable_by=Identity.REFERENCE,
    repeat=Repeat.UPDATES,
    left_by_refusal="the account",
)


def test_every_data_type_has_its_entry() -> None:
    assert set(DATA_TYPES) == set(DataType)
    assert len({facts.label for facts in DATA_TYPES.values()}) == len({f.name for f in DATA_TYPES.values()}) == len(DataType)


def test_what_invites_and_what_may_leave_twice() -> None:
    assert {one for one in DataType if facts_of(one).inviting} == set(INVITING)
    assert {one for one in DataType if facts_of(one).repeatable} == set(REPEATABLE)
    assert all(facts_of(one).remark for one in INVITING)


def test_default_references_are_the_documented_ones() -> None:
    known = {one: facts.default_reference for one, facts in DATA_TYPES.items() if facts.default_reference}
    assert known == {DataType.CONTACT: "contact", DataType.ACTIVITY: "activities"}


def test_a_data_type_without_an_entry_invites_and_is_once_only(monkeypatch: pytest.MonkeyPatch) -> None:
    stray = add_member(monkeypatch, DataType, "STRAY", "stray")
    fields = configuration("Email", "Name", data_type=stray)
    assert once_only(fields, request(Email="a@b.c"))
    assert check(plan(fields, [["a@b.c", "A"], ["a@b.c", "B"]])).invited == (2, 1)
    assert facts_of(stray).remark == DATA_TYPES[DataType.UNKNOWN].remark


def test_an_entry_is_all_that_a_new_data_type_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    case = add_member(monkeypatch, DataType, "CASE", "case")
    monkeypatch.setitem(DATA_TYPES, case, CASE)
    fields = configuration("Reference", "Account Name", data_type=case)
    assert required_groups(fields) == [("Account Name",)]
    assert Identifiers(fields, ["Reference"]).key(request(Reference="R1")) == "reference:R1"
    assert not once_only(fields, request(Reference="R1"))
    assert once_only(fields, request(Reference=" "))
    result = check(plan(fields, [["R1", "Acme"], ["R1", "Acme"]]))
    assert result.invited is None
    assert [problem.text for problem in result.problems if "The last row that is sent wins." in problem.text]
    profile = Profile("Cases", Region.EU, fields)
    assert parse(to_json(profile)) == profile


def test_a_refusal_says_what_an_entry_says_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    case = add_member(monkeypatch, DataType, "CASE", "case")
    monkeypatch.setitem(DATA_TYPES, case, CASE)
    refused = Reply(Answer.COMPLETE, 422, Body.JSON_ERRORS, (("record.Source", "unknown"),))
    decided = decide(refused, Attempts(), once_only=False, data_type=case)
    assert decided.status is RowStatus.REFUSED
    assert decided.message == "The row may be partly written: the account may be there."
