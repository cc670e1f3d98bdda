"""What a run leaves, through the program itself: the circle of failed rows, the report, and saves that cannot be."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from program import Practice, Program

HEADINGS = ("Row", "E-mail", "", "Name", "Name")
PEOPLE = [
    ("a", "ann@example.com", "x", "=Ann", "+1"),
    ("b", "bob@example", "y", "Bob", "-2"),
    ("c", "cy@example.com", "z", "Cy", "@3"),
]
FIELDS = [
    {"heading": heading, "kind": "email" if heading == "Email" else "text"} for heading in ("Email", "First", "Last", "Source")
]
MAPPING = {
    "Email": {"column": "E-mail"},
    "First": {"letter": "D"},
    "Last": {"letter": "E"},
    "Source": {"constant": "CRM"},
}


def people(folder: Path) -> Path:
    """A text file: a workbook would take the names that look like formulas for formulas."""
    file = folder / "people.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([HEADINGS, *PEOPLE])
    return file


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def practice(program: Program) -> Iterator[Practice]:
    configuration = {"reference": "contact", "data_type": "contact", "headings": [field["heading"] for field in FIELDS]}
    with program.practice({"configurations": [configuration | {"key": ["Email"]}]}) as found:
        yield found


@pytest.fixture
def profile(program: Program, practice: Practice) -> Path:
    file = program.profile(practice, ("Email",), fields=FIELDS)
    content = json.loads(file.read_text(encoding="utf-8"))
    for entry in MAPPING.values():
        if "letter" in entry:
            entry["column"] = {"letter": entry.pop("letter")}  # type: ignore[assignment]
    file.write_text(json.dumps({**content, "mapping": MAPPING}), encoding="utf-8")
    return file


def test_the_circle_of_the_file_of_failed_rows(program: Program, practice: Practice, profile: Path) -> None:
    file = people(program.folder)
    failed = program.folder / "failed.xlsx"
    code, first = program.json("upload", file, "--profile", profile, "--save-failed", failed)
    assert (code, first["accepted"], first["held_back"]) == (1, 2, 1)
    book = openpyxl.load_workbook(failed)
    book.worksheets[0]["C2"] = "bob@example.com"
    book.save(failed)
    preview = json.loads(program.run("preview", failed, "--as", "json").stdout)
    assert preview["columns"] == list(HEADINGS)
    assert preview["rows"] == [{"row": 3, "values": ["b", "bob@example.com", "y", "Bob", "-2"]}]
    done = program.run("upload", failed, "--profile", profile, "--json")
    second = json.loads(done.stdout)
    assert (done.returncode, second["rows"], second["accepted"]) == (0, 1, 1)
    assert "failed rows of upload 1 (people.csv). Only they are sent" in done.stderr
    assert second["outcomes"][0]["row"] == 3
    assert "bob@example.com" in json.dumps(practice.entries()[-1])
    assert practice.summary()["processed"] == 3


def test_reports_are_saved_whole_or_not_at_all(program: Program, profile: Path) -> None:
    file = people(program.folder)
    program.run("upload", file, "--profile", profile)
    page = program.folder / "receipt.html"
    assert program.run("report", "1", "--save", page).returncode == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    outcomes = json.loads(program.run("report", "1", "--as", "json").stdout)
    assert [outcome["row"] for outcome in outcomes["outcomes"]] == [2, 3, 4]
    for place in (program.folder, program.folder / "no" / "receipt.html"):
        done = program.run("report", "1", "--save", place)
        assert done.returncode == 2
        assert "Choose another" in done.stderr
    assert not list(program.folder.glob(".new-*"))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="for root no folder is read-only")
def test_a_folder_that_cannot_be_written(program: Program, profile: Path) -> None:
    file = people(program.folder)
    program.run("upload", file, "--profile", profile)
    closed = program.folder / "closed"
    closed.mkdir(mode=0o500)
    done = program.run("report", "1", "--save", closed / "receipt.html")
    assert done.returncode == 2
    assert "may be written there" in done.stderr
