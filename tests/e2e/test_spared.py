"""What no output ever replaces, through the program itself: what was read, profiles, and what the program keeps."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from program import Practice, Program, workbook

HEADINGS = ("Email", "First Name")
PEOPLE = [("ann@example.com", "Ann"), ("bob", "Bob"), ("cy@example.com", "Cy")]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def practice(program: Program) -> Iterator[Practice]:
    with program.practice() as found:
        yield found


@pytest.fixture
def profile(program: Program, practice: Practice) -> Path:
    return program.profile(practice, HEADINGS)


@pytest.fixture
def people(program: Program) -> Path:
    return workbook(program.folder / "people.xlsx", HEADINGS, PEOPLE)


def by_link(file: Path) -> Path:
    link = file.with_name(f"link{file.suffix}")
    link.symlink_to(file)
    return link


def by_hard_link(file: Path) -> Path:
    link = file.with_name(f"other{file.suffix}")
    os.link(file, link)
    return link


def by_a_way_round(file: Path) -> Path:
    (file.parent / "sub").mkdir()
    return file.parent / "sub" / ".." / file.name


def by_moving(file: Path) -> Path:
    return file.rename(file.with_name(f"moved{file.suffix}"))


def by_other_capitals(file: Path) -> Path:
    found = file.with_name(file.name.upper())
    if not found.exists():
        pytest.skip("here other capitals are another file")
    return found


NAMES = [Path, by_link, by_hard_link, by_a_way_round, by_moving, by_other_capitals]
POSIX_ONLY = (by_link,)


@pytest.mark.parametrize("named", NAMES)
def test_the_source_of_a_run_is_spared_whatever_it_is_called(
    program: Program, practice: Practice, profile: Path, people: Path, named: Callable[[Path], Path]
) -> None:
    if os.name == "nt" and named in POSIX_ONLY:
        pytest.skip("not everybody may make links on Windows")
    before = people.read_bytes()
    assert program.run("upload", people.name, "--profile", profile).returncode == 1
    target = named(people)
    for words in (
        ("resume", "1", "--save-failed", target),
        ("profile", "export", "Test", target),
        ("memory", "export", target),
    ):
        if words[0] == "profile":
            assert program.run("profile", "import", profile, "--yes").returncode == 0
        done = program.run(*words)
        assert done.returncode == 2, words
        assert "the file of upload 1" in done.stderr
    assert target.read_bytes() == before


def test_it_is_known_before_anything_is_sent(program: Program, practice: Practice, profile: Path, people: Path) -> None:
    program.run("upload", people, "--profile", profile)
    received = practice.summary()["received"]
    other = workbook(program.folder / "other.xlsx", HEADINGS, [("dan@example.com", "Dan"), ("eve", "Eve")])
    kept = {file: file.read_bytes() for file in (people, other, profile)}
    home = program.folder / "home"
    for target in (people, other, home / "failed.xlsx", home / "locks" / "failed.csv", by_a_way_round(other)):
        done = program.run("upload", other, "--profile", profile, "--save-failed", target)
        assert done.returncode == 2, target
        assert "Choose another" in done.stderr
    for name in ("profile.json", "failed", "failed.ods", "failed.xlsx.txt"):
        done = program.run("upload", other, "--profile", profile, "--save-failed", program.folder / name)
        assert done.returncode == 2
        assert "does not end in .xlsx or .csv" in done.stderr
    assert practice.summary()["received"] == received
    assert {file: file.read_bytes() for file in kept} == kept


def test_profiles_setup_files_and_the_programs_own_files_are_spared(program: Program, profile: Path, people: Path) -> None:
    program.run("upload", people, "--profile", profile)
    program.run("profile", "import", profile)
    setup = program.folder / "eu.cgsetup"
    setup.write_bytes(profile.read_bytes())
    journal = program.folder / "journal-elsewhere.json"
    os.link(program.folder / "home" / "journal.sqlite3", journal)
    before = {file: file.stat().st_ino for file in (profile, setup, journal)}  # the journal's content changes with each use
    for target in (profile, journal):
        assert program.run("report", "1", "--as", "json", "--save", target).returncode == 2
    for target in (profile, setup, journal):
        assert program.run("profile", "export", "Test", target).returncode == 2
        assert program.run("memory", "export", target).returncode == 2
        assert program.run("practice-server", "--ledger", target).returncode == 2
    for name in ("journal.sqlite3", "journal.sqlite3.lock", "locks/run-1.lock", "new.json", "logs/new.json"):
        assert program.run("profile", "export", "Test", program.folder / "home" / name).returncode == 2
    assert {file: file.stat().st_ino for file in before} == before


def test_the_ending_says_what_a_report_becomes(program: Program, profile: Path, people: Path) -> None:
    program.run("upload", people, "--profile", profile)
    assert program.run("report", "1", "--save", program.folder / "one.json").returncode == 0
    assert len(json.loads((program.folder / "one.json").read_text(encoding="utf-8"))["outcomes"]) == 3
    assert program.run("report", "1", "--as", "html", "--save", program.folder / "one.htm").returncode == 0
    assert (program.folder / "one.htm").read_text(encoding="utf-8").startswith("<!doctype html>")
    for words in (("two.pdf",), ("two",), ("two.html", "--as", "json"), ("two.json", "--as", "html")):
        assert program.run("report", "1", "--save", program.folder / words[0], *words[1:]).returncode == 2
    assert not list(program.folder.glob("two*"))
    assert program.run("report", "1", "--save", program.folder / "one.json").returncode == 0, "it may be saved again"


def test_failed_rows_go_round_through_a_csv_file(program: Program, practice: Practice, profile: Path) -> None:
    odd = [("=cmd", 'a;"b",\nc'), ("+49", "-2"), ("@x", "'=y"), ("'s", "''+"), ("nobody", "é 日本 'q")]
    file = program.folder / "odd.csv"
    file.write_text("Email,First Name\n" + "".join(f'"{a}","{b.replace(chr(34), chr(34) * 2)}"\n' for a, b in odd), "utf-8")
    failed = program.folder / "failed.csv"
    assert program.run("upload", file, "--profile", profile, "--save-failed", failed).returncode == 1
    content = failed.read_bytes()
    assert b'"=' not in content
    assert b'"+' not in content
    sent = json.loads(program.run("preview", file, "--as", "json").stdout)
    again = json.loads(program.run("preview", failed, "--as", "json").stdout)
    assert (again["columns"], again["rows"]) == (sent["columns"], sent["rows"])
    failed.write_bytes(content.replace(b"nobody", b"dan@example.com"))
    code, said = program.json("upload", failed, "--profile", profile, "--rows", "6-99")
    assert (code, said["accepted"], said["outcomes"][-1]["row"]) == (0, 1, sent["rows"][-1]["row"])


def test_rows_that_may_have_arrived_go_to_a_csv_file_that_is_not_sent(program: Program, people: Path) -> None:
    failed, unsure = program.folder / "failed.csv", program.folder / "failed-not-sure.csv"
    with program.practice({"rules": [{"when": {"Email": "ann@example.com"}, "do": "reset"}]}) as practice:
        profile = program.profile(practice, HEADINGS, reference="survey", data_type="survey")
        words = "upload", people, "--profile", profile, "--yes-send-surveys", "--save-failed", failed
        code, said = program.json(*words)
        assert (code, said["not_sure"], said["held_back"]) == (1, 1, 1)
        received = practice.summary()["received"]
        assert "ann@example.com" in unsure.read_text(encoding="utf-8-sig")
        assert "ann@example.com" not in failed.read_text(encoding="utf-8-sig")
        done = program.run("upload", unsure, "--profile", profile, "--yes-send-surveys", "--send-again")
        assert done.returncode == 2
        assert "may have arrived already" in done.stderr
        assert practice.summary()["received"] == received
        workbook(program.folder / "x.xlsx", HEADINGS, PEOPLE[2:]).rename(unsure)
        assert program.run("upload", unsure, "--profile", profile, "--yes-send-surveys", "--skip-accepted").returncode == 0
        done = program.run("resume", "1", "--save-failed", failed)
        assert done.returncode == 2
        assert "the file of upload 2" in done.stderr


def test_no_rows_that_may_have_arrived_stay_from_an_earlier_save(program: Program, people: Path) -> None:
    failed, unsure = program.folder / "failed.csv", program.folder / "failed-not-sure.csv"
    with program.practice({"rules": [{"when": {"Email": "ann@example.com"}, "do": "reset"}]}) as practice:
        profile = program.profile(practice, HEADINGS, reference="survey", data_type="survey")
        words = "--profile", profile, "--yes-send-surveys", "--save-failed", failed
        assert program.json("upload", people, *words)[1]["not_sure"] == 1
        assert unsure.exists()
        other = workbook(program.folder / "other.xlsx", HEADINGS, [("dan@example.com", "Dan"), ("eve", "Eve")])
        assert program.json("upload", other, *words)[1]["not_sure"] == 0
        assert "eve" in failed.read_text(encoding="utf-8-sig")
        assert not unsure.exists()
        received = practice.summary()["received"]
        for content in ("my own notes", '"Row","Email","Problem","What to do","When it was sent"\n'):
            unsure.write_text(content, encoding="utf-8-sig")
            done = program.run("upload", workbook(program.folder / "third.xlsx", HEADINGS, [("x@example.com", "X")]), *words)
            assert done.returncode == 2
            assert "failed-not-sure.csv was not saved by CG Uploader, or was changed since" in done.stderr
            assert unsure.read_text(encoding="utf-8-sig") == content
        assert practice.summary()["received"] == received


def test_a_setup_file_of_the_same_name_is_replaced_when_that_is_said(program: Program, profile: Path) -> None:
    program.run("profile", "import", profile)
    setup = program.folder / "eu.cgsetup"
    assert program.run("profile", "export", "Test", setup).returncode == 0
    written = setup.read_bytes()
    old = written.replace(b'"contact"', b'"survey"')
    setup.write_bytes(old)
    assert program.run("profile", "export", "Test", setup).returncode == 2
    assert setup.read_bytes() == old
    assert program.run("profile", "export", "Test", setup, "--yes").returncode == 0
    assert setup.read_bytes() == written
    for other in (written.replace(b'"Test"', b'"Other"'), b"no profile"):
        setup.write_bytes(other)
        assert program.run("profile", "export", "Test", setup, "--yes").returncode == 2
        assert setup.read_bytes() == other
