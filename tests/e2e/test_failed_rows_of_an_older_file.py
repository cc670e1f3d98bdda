"""Failed rows that are sent later never go out over what a newer file has brought, whatever became of their file meanwhile."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from laws import HEADINGS
from program import Practice, Program, ledger_lines, workbook

pytestmark = pytest.mark.process

REFUSE_OLD = {"rules": [{"when": {"First Name": "Old"}, "do": "refused", "errors": {"First Name": "is blocked."}, "times": 2}]}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def practice(program: Program) -> Iterator[Practice]:
    with program.practice(REFUSE_OLD) as found:
        yield found


def records(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))


def rewrite(file: Path, rows: list[list[str]], *, encoding: str = "utf-8", delimiter: str = ",") -> None:
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)


def as_it_is(file: Path) -> Path:
    return file


def saved_by_excel(file: Path) -> Path:
    rewrite(file, records(file), encoding="cp1252", delimiter=";")
    return file


def saved_as_unicode_text(file: Path) -> Path:
    rewrite(file, records(file), encoding="utf-16", delimiter="\t")
    return file


def sorted_backwards(file: Path) -> Path:
    headings, *rows = records(file)
    rewrite(file, [headings, *reversed(rows)])
    return file


def columns_moved(file: Path) -> Path:
    rewrite(file, [[*row[1:], row[0]] for row in records(file)])
    return file


def comments_taken_out(file: Path) -> Path:
    rewrite(file, [row[:3] for row in records(file)])
    return file


def saved_as_a_workbook(file: Path) -> Path:
    book = openpyxl.Workbook()
    for row in records(file):
        book.worksheets[0].append(row)
    book.save(file.with_suffix(".xlsx"))
    return file.with_suffix(".xlsx")


CSV_WAYS = [
    as_it_is,
    saved_by_excel,
    saved_as_unicode_text,
    sorted_backwards,
    columns_moved,
    comments_taken_out,
    saved_as_a_workbook,
]


def overtaken(program: Program, practice: Practice, name: str) -> tuple[Path, Path]:
    """Two rows are refused and saved as ``name``; a newer file brings one of the two contacts.  The file, the profile."""
    profile = program.profile(practice, HEADINGS, reference="contact", data_type="contact")
    older = workbook(program.folder / "older.xlsx", HEADINGS, [("a@example.com", "Old"), ("b@example.com", "Old")])
    newer = workbook(program.folder / "newer.xlsx", HEADINGS, [("a@example.com", "New")])
    failed = program.folder / name
    assert program.json("upload", older, "--profile", profile, "--save-failed", failed)[1]["refused"] == 2
    assert program.json("upload", newer, "--profile", profile)[1]["accepted"] == 1
    return failed, profile


def last_values(folder: Path) -> dict[str, str]:
    sent = [tuple(text for _, text in line["pairs"]) for line in ledger_lines(folder)]
    return dict(sent)


@pytest.mark.parametrize("way", CSV_WAYS)
def test_a_csv_file_of_failed_rows_knows_its_upload(program: Program, practice: Practice, way: Callable[[Path], Path]) -> None:
    failed, profile = overtaken(program, practice, "failed.csv")
    done = program.run("upload", way(failed), "--profile", profile, "--json")
    said = json.loads(done.stdout)
    assert last_values(program.folder) == {"a@example.com": "New", "b@example.com": "Old"}
    assert (said["skipped"], said["accepted"]) == (1, 1)
    assert [outcome["row"] for outcome in said["outcomes"]] == [2, 3]
    assert "These are failed rows of upload 1 (older.xlsx). Only they are sent." in done.stderr


def test_a_workbook_of_failed_rows_that_was_saved_as_csv_does_too(program: Program, practice: Practice) -> None:
    failed, profile = overtaken(program, practice, "failed.xlsx")
    sheet = openpyxl.load_workbook(failed).worksheets[0]
    text = program.folder / "resaved.csv"
    rewrite(text, [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)])
    assert program.json("upload", text, "--profile", profile)[1]["skipped"] == 1
    assert last_values(program.folder) == {"a@example.com": "New", "b@example.com": "Old"}


def test_without_the_column_that_says_so_nothing_is_sent(program: Program, practice: Practice) -> None:
    failed, profile = overtaken(program, practice, "failed.csv")
    received = practice.summary()["received"]
    rewrite(failed, [row[1:] for row in records(failed)])
    done = program.run("upload", failed, "--profile", profile)
    assert done.returncode == 2
    assert "save the failed rows again" in done.stderr
    assert practice.summary()["received"] == received
