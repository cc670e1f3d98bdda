"""``preview`` from outside: each option, each form, what is said about odd wishes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import Workbook
from program import Program

KEYS = ["file", "sheet", "sheets", "header_row", "columns", "rows", "notes", "hidden_rows", "empty_rows"]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    made = Workbook()
    made.active.title = "People"
    for cells in (["Report"], [], ["Name", "Share"], ["Ann", 0.125], [], ["Bo", 0.5], ["Cy", 1]):
        made.active.append(cells)
    for row in (4, 6, 7):
        made.active.cell(row, 2).number_format = "0.0%"
    made.active.row_dimensions[7].hidden = True
    made.create_sheet("Other").append(["City", "Land"])
    made["Other"].append(["Oslo", "NO"])
    made.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


@pytest.fixture
def long(tmp_path: Path) -> Path:
    (tmp_path / "long.csv").write_text("Name,City\n" + "".join(f"n{i},c{i},more\n" for i in range(60)))
    return tmp_path / "long.csv"


def shown(program: Program, *words: str | Path) -> dict[str, object]:
    done = program.run("preview", *words, "--as", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_every_key_of_the_json(program: Program, book: Path) -> None:
    found = shown(program, book)
    assert list(found) == KEYS
    notes = found.pop("notes")
    assert found == {
        "file": str(book),
        "sheet": "People",
        "sheets": ["People", "Other"],
        "header_row": 3,
        "columns": ["Name", "Share"],
        "rows": [{"row": 4, "values": ["Ann", "12.5%"]}, {"row": 6, "values": ["Bo", "50.0%"]}],
        "hidden_rows": 1,
        "empty_rows": 1,
    }
    assert isinstance(notes, list)
    assert {tuple(note) for note in notes} == {("sheet", "row", "column", "kind", "text")}
    assert {(note["column"], note["kind"]) for note in notes} == {("Share", "percent"), (None, "hidden-rows")}


def test_sheet_and_header_row(program: Program, book: Path) -> None:
    assert shown(program, book, "--sheet", "Other")["columns"] == ["City", "Land"]
    found = shown(program, book, "--header-row", "4")
    assert (found["header_row"], found["columns"]) == (4, ["Ann", "12.5%"])


def test_encoding_and_delimiter(program: Program, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("Имя,x;Город\nА,1;Б\n".encode("koi8-r"))
    found = shown(program, tmp_path / "a.csv", "--encoding", "koi8-r", "--delimiter", ";")
    assert (found["columns"], found["rows"]) == (["Имя,x", "Город"], [{"row": 2, "values": ["А,1", "Б"]}])
    (tmp_path / "t.csv").write_text("a\tb\n1\t2\n")
    assert shown(program, tmp_path / "t.csv", "--delimiter", "tab")["columns"] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "option"),
    [
        (("Name;City\n" + "Ann;Oslo\n" * 9 + "Małgorzata;Rome\n").encode("cp1250"), "--encoding cp1250"),
        (b"Name;A,B\nAnn;1,5\nBo;2,5\nCy;3,5\n", "--delimiter ,"),
    ],
)
def test_the_option_for_the_other_reading_of_a_text_is_named(
    program: Program, tmp_path: Path, content: bytes, option: str
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    done = program.run("preview", tmp_path / "a.csv")
    assert f"{option} reads the file in the other way." in done.stderr
    again = program.run("preview", tmp_path / "a.csv", *option.split())
    assert again.stdout != done.stdout
    assert "the other reading" not in again.stderr


@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_the_first_rows_only(program: Program, long: Path, form: str) -> None:
    out = program.run("preview", long, "--limit", "3", "--as", form).stdout
    assert "n2" in out
    assert "n3" not in out


def test_a_table_says_that_there_may_be_more_and_what_is_odd_once(program: Program, long: Path) -> None:
    done = program.run("preview", long)
    assert done.stdout.splitlines()[-1].startswith("These are the first 20 rows. There may be more.")
    assert done.stderr.count("has more values than headings") == 1
    assert "(and 19 more cells like this)" in done.stderr
    assert "may be more" not in program.run("preview", long, "--limit", "100").stdout


def test_csv_is_exactly_what_would_be_sent(program: Program, book: Path) -> None:
    done = program.run("preview", book, "--as", "csv")
    assert list(csv.reader(io.StringIO(done.stdout))) == [["Name", "Share"], ["Ann", "12.5%"], ["Bo", "50.0%"]]


@pytest.mark.parametrize(
    ("words", "exit_code", "told"),
    [
        (("--sheet", "Third"), 2, "There is no sheet of that name. The file has: People, Other."),
        (("--header-row", "99"), 2, "Row 99 holds no headings."),
        (("--header-row", "0"), 2, "a whole number from 1 on is needed"),
        (("--limit", "0"), 2, "a whole number from 1 on is needed"),
        (("--limit", "few"), 2, "a whole number from 0 on is needed"),
        (("--as", "xml"), 2, "--as"),
        (("--encoding", "utf-8"), 2, "is a workbook, which needs no --encoding. Leave --encoding out."),
        (("--delimiter", ";"), 2, "Leave --delimiter out."),
    ],
)
def test_wishes_that_cannot_be(program: Program, book: Path, words: tuple[str, ...], exit_code: int, told: str) -> None:
    done = program.run("preview", book, *words)
    assert (done.returncode, done.stdout) == (exit_code, "")
    assert told in done.stderr


def test_wishes_that_a_text_cannot_meet(program: Program, long: Path) -> None:
    for words, told in (
        (("--sheet", "People"), "long.csv is a text file, which has no sheets."),
        (("--encoding", "martian"), "There is no encoding of that name."),
        (("--delimiter", "xx"), "A delimiter is one character, or tab, or none."),
    ):
        done = program.run("preview", long, *words, "--as", "json")
        assert (done.returncode, json.loads(done.stdout)["error"]["exit"]) == (2, 2)
        assert json.loads(done.stdout)["error"]["text"].startswith(told)
