"""Scripts: which rule acts when, and what is said about a script that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import DataType
from cg_uploader.practice import faults
from cg_uploader.practice.answers import RECORD_FAULTS
from cg_uploader.practice.configurations import READY_MADE, PracticeConfiguration
from cg_uploader.practice.script import Script

Practice = Callable[..., Any]


def statuses(customer: Any, *names: str) -> list[int | None]:
    return [customer.contact(name).status for name in names]


def test_a_rule_for_a_person(practice: Practice) -> None:
    ann = practice(
        {"rules": [{"when": {"Email": "bob", "Segment": "A"}, "do": "500"}, {"when": {"Email": "bob"}, "do": "403"}]}
    )
    assert statuses(ann, "ann", "bob") == [200, 403]
    assert ann.put("configuration=contact&record%5BEmail%5D=%20bob&record%5BSegment%5D=A").status == 500


def test_the_nth_record_stays_the_nth_when_it_is_sent_again(practice: Practice) -> None:
    ann = practice({"rules": [{"when": {"record": 2}, "do": "500", "times": 2}]})
    assert statuses(ann, "ann", "bob", "ann", "cid", "bob", "bob") == [200, 500, 200, 200, 500, 200]


def test_rules_one_after_the_other(practice: Practice) -> None:
    rules = [
        {"when": {"any": True}, "do": "accept", "times": 2},
        {"when": {"any": True}, "do": "unauthorized", "times": 1},
        {"when": {"any": True}, "do": "portal"},
    ]
    ann = practice({"rules": rules})
    assert statuses(ann, *"abcde") == [200, 200, 401, 200, 200]
    assert ann.server.ledger.processed == 2


def test_chance_is_the_same_for_the_same_seed(practice: Practice) -> None:
    mix = {"seed": 7, "share": 0.4, "do": ["500", {"do": "429", "seconds": 1}]}
    names = [f"person{n}" for n in range(60)]
    first, second = practice({"random": mix}), practice({"random": mix})
    once, backwards = statuses(first, *names), statuses(second, *reversed(names))
    assert once == backwards[::-1]
    assert set(once) == {200, 429, 500}
    assert 10 < sum(status != 200 for status in once) < 40
    assert statuses(practice({"random": mix | {"seed": 8}}), *names) != once


def test_chance_can_be_everything_that_answers_at_once(practice: Practice) -> None:
    quick = [name for name in RECORD_FAULTS if name not in ("hang", "processed-hang", "slow-body", "status")]
    mix = {"seed": 3, "share": 0.9, "do": [*quick, {"do": "status", "status": 425}]}
    names = [f"person{n}" for n in range(400)]
    first = practice({"random": mix})
    once = statuses(first, *names)
    assert {entry.did for entry in first.server.ledger.entries} == {*quick, "status", ""}
    assert statuses(practice({"random": mix}), *names[200:]) == once[200:]


def test_chance_treats_another_attempt_anew(practice: Practice) -> None:
    ann = practice({"random": {"share": 0.5, "do": ["500"]}})
    assert set(statuses(ann, *["ann"] * 30)) == {200, 500}


def test_a_share_of_one_is_everything_and_of_none_nothing(practice: Practice) -> None:
    assert set(statuses(practice({"random": {"share": 1, "do": ["502"]}}), *"abcdef")) == {502}
    assert set(statuses(practice({"random": {"share": 0, "do": ["502"]}}), *"abcdef")) == {200}


def test_a_script_may_bring_configurations(practice: Practice) -> None:
    own = {
        "reference": "people",
        "data_type": "survey",
        "headings": ["Mail", "Tel", "Name"],
        "required": [["Mail", "Tel"], "Name"],
        "key": ["Mail"],
    }
    ann = practice({"configurations": [own]})
    got = ann.put("configuration=people&record%5BEmail%5D=a")
    assert set(got.json()["errors"]) == {"Mail", "Name"}
    assert ann.put("configuration=people&record%5BTel%5D=1&record%5BName%5D=A").status == 200
    assert ann.server.ledger.invitations == 1
    assert ann.contact().status == 200


def test_an_open_server_takes_any_configuration(practice: Practice) -> None:
    ann = practice({"open": True})
    assert ann.put("configuration=whatever&record%5Bx%5D=1").status == 200
    assert ann.server.ledger.entries[0].ignored == ()
    assert ann.put("configuration=contact&record%5Bx%5D=1").status == 422


def test_ready_made_configurations_are_sound() -> None:
    assert len({c.reference for c in READY_MADE}) == len(READY_MADE) == 8
    for configuration in READY_MADE:
        named = {name for names in configuration.required for name in names} | set(configuration.key)
        assert named <= set(configuration.headings), configuration.reference


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"Email": "Ann@X.org", "Phone": "1"}, "Email:ann@x.org"),
        ({"Email": None, "Phone": "+49 (30) 12"}, "Phone:493012"),
        ({"Name": "Ann"}, None),
    ],
)
def test_who_a_record_is_about(values: dict[str, str | None], key: str | None) -> None:
    assert PracticeConfiguration("c", DataType.CONTACT, key=("Email", "Phone")).key_of(values) == key


@pytest.mark.parametrize(
    ("script", "place"),
    [
        ([], "script: expected an object"),
        ({"rule": []}, "script.rule is not a key"),
        ({"rules": {}}, "script.rules: expected a list"),
        ({"rules": [5]}, "script.rules[0]: expected an object"),
        ({"rules": [{"when": {"any": True}}]}, "script.rules[0].do is missing"),
        ({"rules": [{"when": {"any": True}, "do": "teapot"}]}, "script.rules[0].do: “teapot”"),
        ({"rules": [{"when": {"any": True}, "do": "status"}]}, "script.rules[0].status is missing"),
        ({"rules": [{"when": {"any": True}, "do": "500", "status": 99}]}, "script.rules[0].status: expected"),
        ({"rules": [{"when": {"any": False}, "do": "500"}]}, "script.rules[0].when: expected"),
        ({"rules": [{"do": "500"}]}, "script.rules[0].when: expected"),
        ({"rules": [{"when": {"record": 1.5}, "do": "500"}]}, "script.rules[0].when.record: expected a whole number"),
        ({"rules": [{"when": {"record": 1, "Email": "a"}, "do": "500"}]}, "script.rules[0].when.Email is not a key"),
        ({"rules": [{"when": {"Email": 5}, "do": "500"}]}, "script.rules[0].when.Email: expected a text"),
        ({"rules": [{"when": {"any": True}, "do": "500", "times": True}]}, "script.rules[0].times: expected a whole number"),
        ({"rules": [{"when": {"any": True}, "do": "500", "headers": {"A": "b\r\nc"}}]}, "script.rules[0].headers.A"),
        ({"rules": [{"when": {"any": True}, "do": "500", "seconds": -1}]}, "script.rules[0].seconds: expected"),
        ({"random": {"share": 2}}, "script.random.share: expected"),
        ({"random": {"do": ["nothing"]}}, "script.random.do[0].do: “nothing”"),
        ({"token": [{"do": "teapot"}]}, "script.token[0].do: “teapot”"),
        ({"keys": "odd"}, "script.keys: expected plain or record"),
        ({"message": "odd"}, "script.message: expected stock or first"),
        ({"open": 1}, "script.open: expected true or false"),
        ({"remember": -1}, "script.remember: expected a number from 0"),
        ({"token_calls": "3"}, "script.token_calls: expected a whole number"),
        ({"configurations": [{"reference": "a", "data_type": "odd"}]}, "script.configurations[0].data_type: expected one of"),
        ({"configurations": [{"data_type": "contact"}]}, "script.configurations[0].reference is missing"),
        (
            {"configurations": [{"reference": "a", "data_type": "contact", "required": [5]}]},
            "script.configurations[0].required[0]",
        ),
    ],
)
def test_a_script_that_cannot_be_used_is_refused_by_its_key(script: object, place: str) -> None:
    with pytest.raises(UsageError) as refused:
        faults.parse(script)
    assert str(refused.value).startswith(place)


def test_a_script_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    file.write_text(json.dumps({"expires_in": "60", "longest_target": 100}), encoding="utf-8-sig")
    assert (faults.read(file).expires_in, faults.read(file).max_target_bytes) == ("60", 100)
    file.write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="is not JSON"):
        faults.read(file)
    with pytest.raises(UsageError, match="no such file"):
        faults.read(tmp_path / "none.json")


def test_a_script_without_anything_is_the_usual() -> None:
    assert faults.parse({}) == Script()


def test_every_misbehaviour_has_one_sentence() -> None:
    for name, fault in RECORD_FAULTS.items():
        assert fault.sentence.endswith("."), name
        assert fault.sentence.count(". ") == 0, name
