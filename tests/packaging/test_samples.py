"""The sample file, its profile and its script: made the same every time, fitting each other, with every common problem."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import openpyxl
import pytest

from cg_uploader.fields.checks import check
from cg_uploader.fields.matching import FieldState, match
from cg_uploader.model.configuration import Address, Profile
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.enums import Level
from cg_uploader.model.table import Row, Table
from cg_uploader.practice import faults
from cg_uploader.settings.profiles import parse
from cg_uploader.sheets.reader import read
from cg_uploader.uploads.planning.plan_builder import make_plan

ONCE = {"429", "500", "503", "unauthorized", "reset"}


@pytest.fixture(scope="module")
def samples(root: Path) -> Path:
    return root / "resources" / "samples"


@pytest.fixture(scope="module")
def table(samples: Path) -> Iterator[Table]:
    table = read(samples / "contacts.xlsx")
    with closing(table.rows):
        yield table


@pytest.fixture(scope="module")
def profile(samples: Path) -> Profile:
    return parse((samples / "contacts.json").read_text(encoding="utf-8"))


def _column(table: Table, heading: str) -> list[str]:
    position = [column.heading for column in table.columns].index(heading)
    return [row.cells[position] for row in table.rows]


def _cells(file: Path) -> dict[str, Any]:
    """Everything that a person sees of a workbook: values, formats, hidden rows, by sheet."""
    book = openpyxl.load_workbook(file)
    seen: dict[str, Any] = {}
    for sheet in book:
        cells = {cell.coordinate: (cell.value, cell.number_format) for line in sheet for cell in line if cell.value is not None}
        hidden = [number for number, line in sheet.row_dimensions.items() if line.hidden]
        seen[sheet.title] = (cells, hidden)
    book.close()
    return seen


def test_made_again_it_is_the_same(make_samples: ModuleType, samples: Path, tmp_path: Path) -> None:
    made = make_samples.make(tmp_path)
    assert _cells(made) == _cells(samples / "contacts.xlsx")
    assert made.read_bytes() == make_samples.make(tmp_path).read_bytes()


def test_it_is_read_as_meant(table: Table) -> None:
    assert table.sheets == ("Contacts", "About")
    assert (table.header_row, len(table.rows), table.hidden_rows, table.empty_rows) == (3, 251, 1, 1)


def test_nobody_in_it_can_be_real(table: Table) -> None:
    assert all(address.endswith((".example", ",example")) for address in _column(table, "Email") if address)


def test_the_columns_show_what_columns_can_be(table: Table, profile: Profile) -> None:
    found = match(profile.configuration, table.columns, None)
    states = {field.heading: field.state for field in found.fields}
    assert states["Email"] is FieldState.EXACT
    assert states["First Name"] is FieldState.SPELLING
    assert states["Segment B"] is FieldState.NOT_USED
    assert [column.heading for column in found.columns_not_sent] == ["Notes"]


def test_every_common_problem_is_there(table: Table) -> None:
    addresses = _column(table, "Email")
    assert addresses.count("") == 2
    assert len([address for address in addresses if address and (address.count("@") != 1 or " " in address)]) == 3
    assert [address for address in addresses if "," in address]
    assert Counter(Counter(addresses).values())[2] >= 2  # two addresses twice (and the missing one, which is no address)
    assert _column(table, "Last Name").count("") == 2
    lengths = sorted(map(len, _column(table, "Job Title")))[-2:]
    assert 128 < lengths[0] <= 255 < lengths[1]
    assert [day for day in _column(table, "Customer since") if not day[:4].isdigit()]
    assert [code for code in _column(table, "Postcode") if code.startswith("0") and code.isdigit()]
    assert {"16175550112", "0049 30 23125 116"} <= set(_column(table, "Phone"))
    kinds = Counter(note.kind for note in table.notes)
    assert (kinds["error-value"], kinds["invisible-characters"], kinds["hidden-rows"]) == (2, 1, 1)


def test_the_check_holds_back_what_it_should(table: Table, profile: Profile) -> None:
    here = Address("http://127.0.0.1:1/oauth2/token", "http://127.0.0.1:1/records/")
    result = check(make_plan(replace(profile, address=here), table))
    errors = {(group.kind, group.heading): len(group.positions) for group in result.groups if group.level is Level.ERROR}
    assert errors == {
        ("email", "Email"): 4,
        ("missing", "Email"): 2,
        ("missing", "Last Name"): 2,
        ("error-value", "Account Name"): 2,
        ("date", "Customer since"): 1,
    }
    assert (result.rows, result.held_back) == (251, 11)
    warnings = {group.kind for group in result.groups if group.level is Level.WARNING}
    assert {"duplicate", "too-long", "far-too-long", "invisible-characters"} <= warnings


def test_blanks_stand_at_the_ends_of_cells(samples: Path) -> None:
    sheet = openpyxl.load_workbook(samples / "contacts.xlsx")["Contacts"]
    texts = [cell.value for line in sheet for cell in line if isinstance(cell.value, str)]
    assert {text[-1] for text in texts if text != text.strip()} == {" ", "\u00a0"}


def test_the_profile_is_for_practice_and_leaves_the_address_open(profile: Profile) -> None:
    assert (profile.region, profile.address, profile.mapping) == ("practice", None, None)
    assert not facts_of(profile.configuration.data_type).inviting


def test_the_script_is_about_rows_that_are_sent_once(samples: Path, table: Table, profile: Profile) -> None:
    content = json.loads((samples / "contacts-script.json").read_text(encoding="utf-8"))
    assert len(faults.parse(content).rules) == len(content["rules"])
    addresses = Counter(_column(table, "Email"))
    assert {rule["when"]["Email"]: addresses[rule["when"]["Email"]] for rule in content["rules"]} == {
        rule["when"]["Email"]: 1 for rule in content["rules"]
    }
    (configuration,) = content["configurations"]
    assert configuration["reference"] == profile.configuration.reference
    assert configuration["headings"] == [field.heading for field in profile.configuration.fields]


def test_what_goes_wrong_once_goes_well_then(samples: Path) -> None:
    rules = json.loads((samples / "contacts-script.json").read_text(encoding="utf-8"))["rules"]
    assert {rule["do"] for rule in rules if rule.get("times") == 1} == ONCE
    assert all(rule.get("times") == 1 for rule in rules if rule["do"] in ONCE)
    assert all(rule.get("seconds", 0) <= 1 for rule in rules)


def test_refusals_do_not_come_five_at_the_start(samples: Path, table: Table) -> None:
    """Five refusals of one kind at the start stop a run; here they are few, and accepted rows come before them."""
    rules = json.loads((samples / "contacts-script.json").read_text(encoding="utf-8"))["rules"]
    refused = {rule["when"]["Email"] for rule in rules if rule["do"] == "refused"}
    assert len(refused) == 5
    first: list[Row] = [table.rows[position] for position in range(10)]
    assert not refused & {row.cells[0] for row in first}
