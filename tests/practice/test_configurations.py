"""What the pretend CustomerGauge is set up with."""

from __future__ import annotations

import pytest

from cg_uploader.model.enums import DataType
from cg_uploader.practice.configurations import READY_MADE, PracticeConfiguration

ONE = PracticeConfiguration(
    "contact", DataType.CONTACT, ("Email", "Phone", "Name"), (("Email", "Phone"), ("Name",)), ("Email", "Phone")
)


def test_there_is_one_for_every_data_type_that_the_user_can_say_and_its_words_agree() -> None:
    assert {configuration.data_type for configuration in READY_MADE} == set(DataType) - {DataType.UNKNOWN}
    references = [configuration.reference for configuration in READY_MADE]
    assert len(set(references)) == len(references)
    for configuration in READY_MADE:
        needed = {*configuration.key, *(name for names in configuration.required for name in names)}
        assert needed <= set(configuration.headings)
        assert configuration.missing({})


def test_headings_that_are_not_known_are_ignored_unless_any_is_known() -> None:
    assert ONE.ignored({"Email": "", "Colour": "", "name": ""}) == ("Colour", "name")
    assert PracticeConfiguration("any", DataType.CONTACT).ignored({"Colour": ""}) == ()


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"Phone": "1", "Name": "Ann"}, ()),
        ({"Email": None, "Name": "Ann"}, (("Email", "Phone"),)),
        ({"Email": "a@b.c", "Name": ""}, (("Name",),)),
    ],
)
def test_one_of_several_is_enough(values: dict[str, str | None], missing: tuple[tuple[str, ...], ...]) -> None:
    assert ONE.missing(values) == missing


def test_the_first_that_holds_text_is_the_key() -> None:
    assert ONE.key_of({"Email": "Ann@Example.com", "Phone": "1"}) == "Email:ann@example.com"
    assert ONE.key_of({"Email": None, "Phone": "+49 (30) 12-3"}) == "Phone:4930123"
    assert ONE.key_of({"Name": "Ann"}) is None
