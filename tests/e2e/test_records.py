"""What stays on a computer, seen from outside: two programs, a damaged record, values in time, memory, and forgetting all."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from program import ENOUGH_SECONDS, Program, ledger_lines, received_count, wait_until, workbook
from rig import plan_of, recorded

from cg_uploader.model.enums import Region
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow

HEADINGS = ("Email", "First Name")
COUNTS = ("accepted", "refused", "held_back", "not_sent", "not_sure", "skipped")


def people(count: int, name: str = "N") -> list[tuple[str, str]]:
    return [(f"p{n}@example.com", f"{name}{n}") for n in range(count)]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def journal_of(folder: Path) -> Path:
    return folder / "home" / "journal.sqlite3"


@pytest.mark.process
def test_a_second_program_says_who_holds_the_run_and_another_run_goes_on_beside_it(program: Program, tmp_path: Path) -> None:
    one = workbook(tmp_path / "one.xlsx", HEADINGS, people(400))
    two = workbook(tmp_path / "two.xlsx", HEADINGS, people(5, "M"))
    with program.practice(delay=30) as practice:
        profile = program.profile(practice, HEADINGS)
        with program.start("upload", one, "--profile", profile, "--connections", "1") as first:
            wait_until(lambda: received_count(tmp_path) >= 5, first)
            code, said = program.json("resume", "1")
            assert code == 5
            assert said["error"]["kind"] == "run-held"
            assert f"process {first.pid}, since" in said["error"]["text"]
            code, other = program.json("upload", two, "--profile", profile)
            assert (code, other["run"], other["accepted"]) == (0, 2, 5)
            refused = program.run("forget", "--all", "--yes")
            assert refused.returncode == 5
            assert "under way" in refused.stderr
            assert journal_of(tmp_path).exists()
            assert first.poll() is None, "it was still sending"
            first.terminate()
            first.communicate(timeout=ENOUGH_SECONDS)
        code, said = program.json("resume", "1")
    assert (code, said["accepted"]) == (0, 400)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux changes the limits of a running program")
@pytest.mark.parametrize("kind", ["contact", "survey"])
def test_a_file_that_may_not_grow_stops_the_run_before_a_row_it_cannot_record(
    program: Program, tmp_path: Path, kind: str
) -> None:
    import resource

    file = workbook(tmp_path / "people.xlsx", HEADINGS, people(120))
    with program.practice(delay=20) as practice:
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        words = ["upload", file, "--profile", profile, "--yes-send-surveys", "--connections", "4"]
        with program.start(*words) as process:
            wait_until(lambda: received_count(tmp_path) >= 10, process)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
            _, err = process.communicate(timeout=ENOUGH_SECONDS)
        assert process.returncode == 5, err
        assert "disk is full" in err
        assert "Traceback" not in err
        left = len({line["pairs"][0][1] for line in ledger_lines(tmp_path)})
        _, history = program.json("history")
        (run,) = history["runs"]
        assert sum(run[word] for word in COUNTS) == 120
        assert run["accepted"] + run["not_sure"] >= left, "what left was on record before"
        code, said = program.json("resume")
    times = Counter(line["pairs"][0][1] for line in ledger_lines(tmp_path) if line["processed"])
    assert len(times) == 120
    if kind == "survey":
        assert max(times.values()) == 1
        assert said["not_sure"] <= 1
    else:
        assert (code, said["accepted"]) == (0, 120)


def test_a_damaged_record_is_set_aside_and_once_only_rows_wait_for_a_word(program: Program, tmp_path: Path) -> None:
    file = workbook(tmp_path / "people.xlsx", HEADINGS, people(5))
    with program.practice() as practice:
        profile = program.profile(practice, HEADINGS, reference="survey", data_type="survey")
        words = ["upload", file, "--profile", profile, "--yes-send-surveys"]
        assert program.run(*words).returncode == 0
        with journal_of(tmp_path).open("r+b") as stream:
            stream.write(b"something else is here")
        before = journal_of(tmp_path).read_bytes()
        refused = program.run(*words)
        assert refused.returncode == 2
        assert "was damaged" in refused.stderr
        assert "not recognised" in refused.stderr
        assert practice.summary()["received"] == 5
        (aside,) = (tmp_path / "home").glob("journal-damaged-*.sqlite3")
        assert aside.read_bytes() == before
        assert program.run(*words).returncode == 2, "it was not answered yet"
        scheduled = program.run(*words, "--skip-accepted")
        assert scheduled.returncode == 2, "what is not known any more cannot be skipped"
        assert "--send-again" in scheduled.stderr
        assert "was damaged" in scheduled.stderr
        assert practice.summary()["received"] == 5
        assert program.run(*words, "--send-again").returncode == 0
        other = workbook(tmp_path / "others.xlsx", HEADINGS, [(f"q{n}@example.com", "Q") for n in range(3)])
        done = program.run("upload", other, *words[2:])
        assert done.returncode == 0, "asked once"
        assert "was damaged" in done.stderr, "and said for a while"


def test_a_newer_record_is_refused_in_words_and_untouched(program: Program, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with closing(sqlite3.connect(journal_of(tmp_path))) as db:
        db.execute("create table future (x)")
        db.execute("pragma user_version = 99")
    before = journal_of(tmp_path).read_bytes()
    for words in (("history",), ("resume",), ("forget", "1")):
        done = program.run(*words)
        assert done.returncode == 5
        assert "newer CG Uploader" in done.stderr
    assert journal_of(tmp_path).read_bytes() == before
    assert not list((tmp_path / "home").glob("journal-damaged-*"))


def test_values_go_when_their_time_is_over_and_counts_stay(program: Program, tmp_path: Path) -> None:
    rows = [("needle-one@example.com", "needle A"), ("needle-two", "needle B")]
    file = workbook(tmp_path / "people.xlsx", HEADINGS, rows)

    def stored() -> bytes:
        return b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())

    with program.practice() as practice:
        profile = program.profile(practice, HEADINGS)
        code, before = program.json("upload", file, "--profile", profile)
        assert (code, before["held_back"]) == (1, 1)
        assert b"needle" in stored()
        (tmp_path / "home" / "preferences.json").write_text('{"keep_days": 0}')
        _, said = program.json("history")
        assert b"needle" not in stored()
        assert [said["runs"][0][word] for word in COUNTS] == [before[word] for word in COUNTS]
        (tmp_path / "home" / "preferences.json").write_text('{"keep_days": 0}')
        program.json("upload", file, "--profile", profile, "--save-failed", tmp_path / "failed.xlsx")
        assert (tmp_path / "failed.xlsx").exists(), "the failed rows are saved before their values go"
        assert b"needle" not in stored()


def test_the_same_row_in_a_later_file_can_be_skipped_here_and_at_a_colleagues(tmp_path: Path) -> None:
    mine, theirs = Program(tmp_path / "mine"), Program(tmp_path / "theirs")
    for one in (mine, theirs):
        one.folder.mkdir()
    shared = tmp_path / "april.cgmemory"
    april = workbook(tmp_path / "april.xlsx", HEADINGS, people(6))
    may = workbook(tmp_path / "may.xlsx", HEADINGS, [*people(6)[::-1], ("new@example.com", "New")])
    with mine.practice() as practice:
        profile = mine.profile(practice, HEADINGS)
        assert mine.run("upload", april, "--profile", profile).returncode == 0
        code, said = mine.json("upload", may, "--profile", profile, "--skip-accepted")
        assert (code, said["accepted"], said["skipped"]) == (0, 1, 6)
        assert said["outcomes"][0]["message"].startswith("Accepted on ")
        exported = mine.run("memory", "export", shared)
        assert exported.returncode == 0
        code_line = next(line for line in exported.stdout.splitlines() if line.startswith("Code: "))
        assert "another way" in exported.stderr

        asked = theirs.run("memory", "import", shared)
        assert asked.returncode == 2
        assert "CG_UPLOADER_MEMORY_CODE" in asked.stderr
        theirs.environment["CG_UPLOADER_MEMORY_CODE"] = "wrong"
        wrong = theirs.run("memory", "import", shared)
        assert (wrong.returncode, "code does not open" in wrong.stderr) == (3, True)
        theirs.environment["CG_UPLOADER_MEMORY_CODE"] = code_line.removeprefix("Code: ")
        for _ in range(2):
            done = theirs.run("memory", "import", shared)
            assert done.returncode == 0
            assert "7 accepted rows that" in done.stdout
        assert "7 accepted rows of" in theirs.run("memory", "show").stdout
        code, said = theirs.json("upload", may, "--profile", profile, "--skip-accepted")
        assert (code, said["accepted"], said["skipped"]) == (0, 0, 7)
        damaged = tmp_path / "damaged.cgmemory"
        damaged.write_bytes(shared.read_bytes()[:-5])
        assert theirs.run("memory", "import", damaged).returncode == 3


@pytest.mark.process
def test_a_changed_file_and_a_changed_profile_are_said_at_resume(program: Program, tmp_path: Path) -> None:
    file = workbook(tmp_path / "people.xlsx", HEADINGS, people(30))
    with program.practice(delay=30) as practice:
        profile = program.profile(practice, HEADINGS)
        program.run("profile", "import", profile)
        with program.start("upload", file, "--profile", "Test", "--connections", "1") as process:
            wait_until(lambda: received_count(tmp_path) >= 5, process)
            process.terminate()
            process.communicate(timeout=ENOUGH_SECONDS)
        assert process.returncode == 130
        rows = people(30)
        rows[0], rows[25] = ("p0@example.com", "Changed"), ("p25@example.com", "Changed")
        workbook(file, HEADINGS, [*rows[:29], *people(33)[29:], ("x@example.com", "X")])
        content = json.loads(profile.read_text())
        content["mapping"] = {"Email": {"column": "Email"}}
        profile.write_text(json.dumps(content))
        program.run("profile", "import", profile, "--yes")
        done = program.run("resume")
    assert done.returncode == 0
    assert "people.xlsx has changed since this upload began. 2 rows of the upload read differently now" in done.stderr
    assert "4 rows are new, and not part of this upload" in done.stderr
    assert "The profile “Test” has changed since this upload began (the mapping)" in done.stderr
    sent = {line["pairs"][0][1]: line["pairs"] for line in ledger_lines(tmp_path)}
    assert len(sent) == 30
    assert sent["p25@example.com"][1] == ["First Name", "N25"], "what was recorded when it began"


class TestForgetAll:
    def filled(self, program: Program, tmp_path: Path) -> None:
        file = workbook(tmp_path / "people.xlsx", HEADINGS, people(3))
        with program.practice() as practice:
            profile = program.profile(practice, HEADINGS)
            program.run("profile", "import", profile)
            assert program.run("upload", file, "--profile", "Test").returncode == 0
        home = tmp_path / "home"
        (home / "preferences.json").write_text("{}")
        (home / "choices.json").write_text("{}")
        (home / "journal-damaged-20260503-101112.sqlite3").write_text("old")
        (home / "logs" / "cg-uploader.log").write_text("a line")
        (home / "logs" / "cg-uploader.log.1").write_text("a line")

    def test_everything_goes(self, program: Program, tmp_path: Path) -> None:
        self.filled(program, tmp_path)
        done = program.run("forget", "--all", "--yes")
        assert done.returncode == 0, done.stderr
        assert not (tmp_path / "home").exists()
        assert program.json("history")[1] == {"runs": []}

    def test_it_is_asked_first(self, program: Program, tmp_path: Path) -> None:
        self.filled(program, tmp_path)
        done = program.run("forget", "--all")
        assert done.returncode == 2
        assert "--yes" in done.stderr
        assert program.json("history")[1]["runs"]
        assert (tmp_path / "home" / "preferences.json").exists()
        for words in (("forget",), ("forget", "1", "--all")):
            assert program.run(*words).returncode == 2

    @pytest.mark.skipif(os.name == "nt", reason="links need rights there")
    def test_nothing_of_anybody_else_is_touched(self, program: Program, tmp_path: Path) -> None:
        self.filled(program, tmp_path)
        home, theirs = tmp_path / "home", tmp_path / "theirs"
        theirs.mkdir()
        (theirs / "a.json").write_text("theirs")
        (theirs / "cg-uploader.log").write_text("theirs")
        kept = [home / "holiday.jpg", home / "logs" / "theirs.log", home / "profiles" / "notes.txt"]
        for path in kept:
            path.write_text("theirs")
        (home / "profiles" / "linked.json").symlink_to(theirs / "a.json")
        (home / "locks" / "run-9.lock").symlink_to(theirs / "a.json")
        for path in (home / "logs").glob("cg-uploader*"):
            path.unlink()
        (home / "logs" / "theirs.log").rename(home / "theirs.log")
        (home / "logs").rmdir()
        (home / "logs").symlink_to(theirs)
        done = program.run("forget", "--all", "--yes")
        assert done.returncode == 0, done.stderr
        assert sorted(path.name for path in theirs.iterdir()) == ["a.json", "cg-uploader.log"]
        assert {path.read_text() for path in theirs.iterdir()} == {"theirs"}
        left = sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file() and not path.is_symlink())
        assert [name for name in left if not name.startswith("logs/")] == ["holiday.jpg", "profiles/notes.txt", "theirs.log"]

    def test_a_record_that_cannot_be_read_goes_too(self, program: Program, tmp_path: Path) -> None:
        self.filled(program, tmp_path)
        journal_of(tmp_path).write_text("no database")
        assert program.run("forget", "--all", "--yes").returncode == 0
        assert not (tmp_path / "home").exists()


def test_a_home_that_cannot_be_one_is_said(program: Program, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    file = workbook(tmp_path / "people.xlsx", HEADINGS, people(2))
    with program.practice() as practice:
        profile = program.profile(practice, HEADINGS)
        for words in (("history",), ("resume",), ("memory", "show"), ("upload", file, "--profile", profile)):
            done = program.run(*words)
            assert done.returncode == 5, words
            assert "is a file, and a folder is needed there" in done.stderr
            assert str(tmp_path / "home") in done.stderr
        assert practice.summary()["received"] == 0
    assert (tmp_path / "home").read_text() == "a file"


def test_an_upload_of_another_customer_is_not_continued(program: Program) -> None:
    """Nobody listens at the address, and nobody is called: that would be said otherwise."""
    plan = replace(plan_of(people(1)), region=Region.EU)
    with Journal(AppPaths(program.folder / "home")) as journal:
        row = JournalRow(0, 2, WAITING, once_only=False, cells=plan.table.rows[0].cells)
        recorded(journal, plan, [row], client_id="somebody-else")
    code, said = program.json("resume", "1")
    assert code == 4
    assert "begun with the connection “test” and another Client ID" in said["error"]["text"]


@pytest.mark.process
@pytest.mark.parametrize("words", [("profile", "export", "Test"), ("practice-server",)])
def test_a_loss_is_told_once_whoever_noticed_it(program: Program, tmp_path: Path, words: tuple[str, ...]) -> None:
    """What only asks the record whether a file may be replaced says nothing of it; the next command that shows it does."""
    there = tmp_path / "there.txt"
    there.write_text("old")
    with program.practice() as practice:
        profile = program.profile(practice, HEADINGS)
        assert program.run("profile", "import", profile).returncode == 0
        file = workbook(tmp_path / "people.xlsx", HEADINGS, people(2))
        assert program.run("upload", file, "--profile", profile).returncode == 0
    journal_of(tmp_path).write_bytes(b"something else is here")
    if words[0] == "profile":
        assert program.run(*words, there).returncode == 0
    else:
        with program.start("practice-server", "--ledger", there) as server:
            assert server.stdout is not None
            assert server.stdout.readline()
            server.terminate()
            server.communicate(timeout=60)
    assert list((tmp_path / "home").glob("journal-damaged-*.sqlite3")), "it was noticed"
    said = program.run("history")
    assert said.stdout == "There is no upload on this computer yet.\n"
    assert "was damaged" in said.stderr
    assert program.run("history").stderr == ""
