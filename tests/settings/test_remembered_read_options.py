"""What a person chose about the reading of a file is found again by its path, and tells nothing of what the file holds."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from cg_uploader.settings.remembered_read_options import MAX_FILES, RememberedOptions, RememberedOptionsStore

HEADINGS = ("Email", "First Name", "Account Name")


@pytest.fixture
def store(tmp_path: Path) -> RememberedOptionsStore:
    return RememberedOptionsStore(tmp_path / "home" / "choices.json")


def test_a_choice_comes_back_for_the_same_path_alone(store: RememberedOptionsStore, tmp_path: Path) -> None:
    chosen = RememberedOptions("People", 4, "cp1250", ";")
    store.save(tmp_path / "a.csv", chosen, HEADINGS)
    found = store.find(tmp_path / "a.csv")
    assert found is not None
    assert (found.sheet, found.header_row, found.encoding, found.delimiter) == ("People", 4, "cp1250", ";")
    assert store.find(tmp_path / "b.csv") is None


def test_it_holds_while_at_least_half_of_the_headings_are_there(store: RememberedOptionsStore, tmp_path: Path) -> None:
    store.save(tmp_path / "a.csv", RememberedOptions(header_row=2), HEADINGS)
    found = store.find(tmp_path / "a.csv")
    assert found is not None
    assert found.fits(HEADINGS)
    assert found.fits(("New", "Email", "First Name"))
    assert not found.fits(("Email", "Other", "Another"))
    assert not found.fits(("ann@example.com", "Ann", "Acme"))


def test_the_newest_choice_counts_and_can_be_forgotten(store: RememberedOptionsStore, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    store.save(file, RememberedOptions(header_row=2), HEADINGS)
    store.save(file, RememberedOptions(header_row=3), HEADINGS)
    found = store.find(file)
    assert found is not None
    assert found.header_row == 3
    store.forget(file)
    store.forget(tmp_path / "never.csv")
    assert store.find(file) is None


def test_what_it_does_not_know_survives(store: RememberedOptionsStore, tmp_path: Path) -> None:
    """A newer version may have saved it: for the file that is chosen anew, for others, and beside them."""
    file, kept = tmp_path / "a.csv", tmp_path / "home" / "choices.json"
    store.save(file, RememberedOptions(header_row=2), HEADINGS)
    store.save(tmp_path / "b.csv", RememberedOptions(header_row=2), HEADINGS)
    data = json.loads(kept.read_text())
    for choice in data["files"].values():
        choice["locale"] = "nl"
    kept.write_text(json.dumps({**data, "folders": ["x"]}))
    store.save(file, RememberedOptions(header_row=3), HEADINGS)
    saved = json.loads(kept.read_text())
    assert saved["folders"] == ["x"]
    assert [choice["locale"] for choice in saved["files"].values()] == ["nl", "nl"]
    assert (found := store.find(file)) is not None
    assert found.header_row == 3


def test_nothing_of_path_headings_or_values_can_be_read_in_it(store: RememberedOptionsStore, tmp_path: Path) -> None:
    store.save(tmp_path / "Patients of Dr Ng.csv", RememberedOptions(header_row=2), ("Email", "Diagnosis"))
    text = (tmp_path / "home" / "choices.json").read_text()
    for word in ("Patients", "Ng", "Email", "Diagnosis", str(tmp_path)):
        assert word not in text


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_the_file_is_private(store: RememberedOptionsStore, tmp_path: Path) -> None:
    store.save(tmp_path / "a.csv", RememberedOptions(header_row=2), HEADINGS)
    assert stat.S_IMODE((tmp_path / "home" / "choices.json").stat().st_mode) == 0o600


def test_only_the_newest_files_are_remembered(store: RememberedOptionsStore, tmp_path: Path) -> None:
    for number in range(MAX_FILES + 1):
        store.save(tmp_path / f"{number}.csv", RememberedOptions(header_row=2), ())
    assert store.find(tmp_path / "0.csv") is None
    assert store.find(tmp_path / "1.csv") is not None
    assert store.find(tmp_path / f"{MAX_FILES}.csv") is not None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"version": 2, "files": {}}', b'{"version": 1, "files": []}', b"[" * 100_000, b"\xff\xfe"],
)
def test_what_is_damaged_counts_as_not_there(store: RememberedOptionsStore, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "home" / "choices.json"
    file.parent.mkdir()
    file.write_bytes(content)
    assert store.find(tmp_path / "a.csv") is None
    store.save(tmp_path / "a.csv", RememberedOptions(header_row=2), HEADINGS)
    assert store.find(tmp_path / "a.csv") is not None


@pytest.mark.parametrize("broken", ['"header_row": 0', '"header_row": true', '"sheet": 5', '"headings": "x"'])
def test_a_damaged_choice_is_none(store: RememberedOptionsStore, tmp_path: Path, broken: str) -> None:
    store.save(tmp_path / "a.csv", RememberedOptions(header_row=2), HEADINGS)
    file = tmp_path / "home" / "choices.json"
    text = file.read_text()
    name = broken.partition(":")[0]
    before = text[text.index(name) :].partition("]" if "headings" in name else ",")[0]
    file.write_text(text.replace(before + ("]" if "headings" in name else ""), broken))
    assert store.find(tmp_path / "a.csv") is None
