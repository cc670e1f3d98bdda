"""The commands from outside: exit codes, JSON shapes, sentences instead of tracebacks, nothing lost."""

from __future__ import annotations

import csv
import io
import json
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from program import Practice, Program, received_count, wait_until, workbook

HEADINGS = ("Email", "First Name")
PEOPLE = [("ann@example.com", "Ann"), ("bob@example.com", "Bob"), ("not an address", "Cy"), ("dora@example.com", "Dora")]
COUNTS = ("accepted", "refused", "held_back", "not_sent", "not_sure", "skipped")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
def practice(program: Program) -> Iterator[Practice]:
    with program.practice() as found:
        yield found


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return workbook(tmp_path / "people.xlsx", HEADINGS, PEOPLE)


def test_demo_does_the_whole_job_in_the_terminal(tmp_path: Path) -> None:
    program = Program(tmp_path, {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""})
    done = program.run("demo")
    assert done.returncode == 0, done.stderr
    assert "no display" in done.stdout
    totals = done.stdout.strip().splitlines()[-1]
    rows, _, counts = totals.partition(" rows: ")
    numbers = [int(part.split()[0].replace(",", "")) for part in counts.split(" · ")]
    assert sum(numbers) == int(rows.replace(",", "")) > 200
    (path,) = [
        line.rpartition(" are in ")[2].rstrip(".") for line in done.stderr.splitlines() if "need attention are in" in line
    ]
    failed = Path(path + "" if path.endswith(".xlsx") else path + "x")
    book = openpyxl.load_workbook(failed, read_only=True)
    assert "Problem [cg-problem]" in [cell.value for cell in next(iter(book.worksheets[0].iter_rows(max_row=1)))]
    book.close()


def test_upload_ends_with_totals_and_a_file_of_failed_rows(
    program: Program, practice: Practice, people: Path, tmp_path: Path
) -> None:
    profile = program.profile(practice, HEADINGS)
    code, said = program.json("upload", people, "--profile", profile, "--save-failed", tmp_path / "failed.xlsx")
    assert code == 1
    assert {word: said[word] for word in COUNTS} == {
        "accepted": 3, "refused": 0, "held_back": 1, "not_sent": 0, "not_sure": 0, "skipped": 0
    }  # fmt: skip
    assert set(said) >= {"run", "file", "profile", "region", "rows", "stopped", "seconds", "outcomes"}
    assert [outcome["row"] for outcome in said["outcomes"]] == [2, 3, 4, 5]
    assert set(said["outcomes"][0]) == {"row", "status", "http", "message", "attempts"}
    book = openpyxl.load_workbook(tmp_path / "failed.xlsx")
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert rows[0] == ["[cg-row]", "Email", "First Name", "Status [cg-status]", "Problem [cg-problem]", "What to do [cg-to-do]"]
    assert str(rows[1][0]).startswith("4/held_back/")
    assert rows[1][1:4] == ["not an address", "Cy", "Held back"]
    book.close()
    received = [entry["pairs"] for entry in practice.entries()]
    assert sorted(pairs[0][1] for pairs in received) == ["ann@example.com", "bob@example.com", "dora@example.com"]


def test_an_upload_without_a_file_of_failed_rows_says_how_to_get_it(
    program: Program, practice: Practice, people: Path, tmp_path: Path
) -> None:
    done = program.run("upload", people, "--profile", program.profile(practice, HEADINGS))
    assert "“cg-uploader resume 1 --save-failed PATH” writes the rows that need attention to a file" in done.stderr
    again = program.run("resume", "1", "--save-failed", tmp_path / "failed.xlsx")
    assert f"1 row that needs attention is in {tmp_path / 'failed.xlsx'}." in again.stderr
    assert again.returncode == 1


def test_the_file_of_failed_rows_can_be_sent_once_corrected(
    program: Program, practice: Practice, people: Path, tmp_path: Path
) -> None:
    profile = program.profile(practice, HEADINGS)
    program.json("upload", people, "--profile", profile, "--save-failed", tmp_path / "failed.xlsx")
    book = openpyxl.load_workbook(tmp_path / "failed.xlsx")
    book.worksheets[0]["B2"] = "cy@example.com"
    book.save(tmp_path / "corrected.xlsx")
    book.close()
    code, said = program.json("check", tmp_path / "corrected.xlsx", "--profile", profile)
    assert code == 0
    assert said["columns_sent"] == ["Email", "First Name"]
    assert said["columns_not_sent"] == [], "what was added for people is no column of the file"
    assert program.json("upload", tmp_path / "corrected.xlsx", "--profile", profile)[0] == 0


def test_check_says_what_would_be_held_back(program: Program, practice: Practice, people: Path) -> None:
    code, said = program.json("check", people, "--profile", program.profile(practice, ("Email", "first name", "Segment")))
    assert code == 1
    assert (said["rows"], said["ready"], said["held_back"]) == (4, 3, 1)
    states = {field["heading"]: field["state"] for field in said["fields"]}
    assert states == {"Email": "exact", "first name": "spelling", "Segment": "not_used"}
    assert {"row", "column", "heading", "level", "kind", "text"} == set(said["problems"][0])
    assert practice.summary()["received"] == 0


def test_preview_json_and_csv_agree(program: Program, people: Path) -> None:
    said = json.loads(program.run("preview", people, "--as", "json").stdout)
    assert said["columns"] == list(HEADINGS)
    assert said["rows"][0] == {"row": 2, "values": ["ann@example.com", "Ann"]}
    assert set(said) >= {"file", "sheet", "sheets", "header_row", "notes", "hidden_rows", "empty_rows"}
    records = list(csv.reader(io.StringIO(program.run("preview", people, "--as", "csv").stdout)))
    assert records == [list(HEADINGS), *map(list, PEOPLE)]
    assert "ann@example.com" in program.run("preview", people, "--limit", "1").stdout


def test_history_and_report_tell_of_a_run(program: Program, practice: Practice, people: Path, tmp_path: Path) -> None:
    program.json("upload", people, "--profile", program.profile(practice, HEADINGS))
    code, said = program.json("history")
    assert code == 0
    (run,) = said["runs"]
    assert sum(run[word] for word in COUNTS) == run["rows"] == 4
    assert "people.xlsx" in program.run("history").stdout
    page = tmp_path / "receipt.html"
    assert program.run("report", "1", "--save", page).returncode == 0
    text = page.read_text(encoding="utf-8")
    assert "people.xlsx" in text
    assert "a-very-secret-secret" not in text
    assert "<script" not in text
    assert json.loads(program.run("report", "1", "--as", "json").stdout)["accepted"] == 3
    assert program.run("forget", "1").returncode == 0
    assert program.json("history")[1] == {"runs": []}


def test_a_survey_needs_consent_and_says_how_many(program: Program, practice: Practice, people: Path) -> None:
    profile = program.profile(practice, HEADINGS, reference="survey", data_type="survey")
    code, said = program.json("upload", people, "--profile", profile)
    assert code == 2
    assert said["error"]["kind"] == "consent"
    assert "3 people (3 different addresses)" in said["error"]["text"]
    _code, said = program.json("upload", people, "--profile", profile, "--rows", "2")
    assert "1 person (1 different address)" in said["error"]["text"]
    assert practice.summary()["received"] == 0
    code, said = program.json("upload", people, "--profile", profile, "--yes-send-surveys")
    assert (code, said["accepted"]) == (1, 3)
    assert practice.summary()["invitations"] == 3


def test_the_same_survey_file_again_is_refused_until_somebody_chooses(
    program: Program, practice: Practice, people: Path
) -> None:
    profile = program.profile(practice, HEADINGS, reference="survey", data_type="survey")
    words: list[str | Path] = ["upload", people, "--profile", profile, "--yes-send-surveys"]
    program.json(*words)
    code, said = program.json(*words)
    assert code == 2
    assert said["error"]["kind"] == "already-uploaded"
    assert "--skip-accepted" in said["error"]["text"]
    code, said = program.json(*words, "--skip-accepted")
    assert (said["skipped"], said["accepted"], said["held_back"]) == (3, 0, 1)
    assert practice.summary()["invited_twice"] == {} or not practice.summary()["invited_twice"]
    code, said = program.json(*words, "--send-again")
    assert said["accepted"] == 3


def test_the_same_contacts_again_are_said_and_sent(program: Program, practice: Practice, people: Path) -> None:
    words: list[str | Path] = ["upload", people, "--profile", program.profile(practice, HEADINGS)]
    program.run(*words)
    again = program.run(*words)
    assert again.returncode == 1
    assert "Upload 1 of this file" in again.stderr
    assert "3 accepted" in again.stderr


def test_rows_and_left_out_rows_add_up(program: Program, practice: Practice, people: Path) -> None:
    code, said = program.json("upload", people, "--profile", program.profile(practice, HEADINGS), "--rows", "2-3")
    assert code == 0
    assert (said["accepted"], said["skipped"], said["rows"]) == (2, 2, 4)


def test_rows_that_the_file_has_not(program: Program, practice: Practice, people: Path) -> None:
    done = program.run("upload", people, "--profile", program.profile(practice, HEADINGS), "--rows", "500-600")
    assert done.returncode == 2
    assert "rows 2 to 5" in done.stderr


def test_a_place_for_failed_rows_that_cannot_be_is_said_before_anything_is_sent(
    program: Program, practice: Practice, people: Path, tmp_path: Path
) -> None:
    profile = program.profile(practice, HEADINGS)
    for place in (people, tmp_path / "nowhere" / "failed.xlsx", tmp_path):
        assert program.run("upload", people, "--profile", profile, "--save-failed", place).returncode == 2
    assert practice.summary()["received"] == 0
    assert people.stat().st_size > 1000


@pytest.mark.process
def test_a_listener_that_goes_away_does_not_end_the_run(program: Program, practice: Practice, people: Path) -> None:
    with program.start("upload", people, "--profile", program.profile(practice, HEADINGS)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()
        assert process.wait(60) == 1
    assert practice.summary()["processed"] == 3


@pytest.mark.process
def test_an_interrupted_survey_goes_on_once_whichever_way_it_is_continued(program: Program, tmp_path: Path) -> None:
    file = workbook(tmp_path / "many.xlsx", HEADINGS, [(f"p{n}@example.com", f"N{n}") for n in range(30)])
    with program.practice(delay=30) as practice:
        profile = program.profile(practice, HEADINGS, reference="survey", data_type="survey")
        words: list[str | Path] = ["upload", file, "--profile", profile, "--yes-send-surveys"]
        with program.start(*words) as process:
            wait_until(lambda: received_count(tmp_path) >= 5, process)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        assert program.json(*words)[1]["error"]["kind"] == "already-uploaded"
        assert program.json(*words, "--skip-accepted")[0] == 0
        program.json("resume", "1")
        assert program.json("resume")[0] == 0
        assert practice.summary()["invited_twice"] == {}
        assert practice.summary()["invitations"] == 30


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("empty.xlsx", b"", "empty"),
        ("empty.csv", b"", "empty"),
        ("picture.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(200), "not-a-spreadsheet"),
        ("page.xls", b"<html><body><table><tr><td>Email</td></tr></table></body></html>", "web-page"),
        ("half.xlsx", b"PK\x03\x04\x14\x00\x06\x00" + bytes(60), "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_that_cannot_be_read(program: Program, tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    done = program.run("preview", file)
    assert done.returncode == 3
    assert name in done.stderr
    assert done.stdout == ""
    assert json.loads(program.run("preview", file, "--as", "json").stdout)["error"]["kind"] == kind


def test_no_such_file_and_a_folder(program: Program, tmp_path: Path) -> None:
    assert program.run("preview", tmp_path / "nowhere.xlsx").returncode == 3
    assert program.run("preview", tmp_path).returncode == 3


def test_wrong_sheet_names_the_sheets_that_are_there(program: Program, people: Path) -> None:
    done = program.run("preview", people, "--sheet", "Missing")
    assert done.returncode == 2
    assert "Contacts" in done.stderr


def test_help_names_the_exit_codes_and_a_misspelt_command_is_said(program: Program, people: Path) -> None:
    assert "exit codes:" in program.run("--help").stdout
    done = program.run("uplaod", people, "--profile", "x")
    assert done.returncode == 2
    assert "no command of that name" in done.stderr


def test_a_header_alone_is_an_upload_of_nothing(program: Program, practice: Practice, tmp_path: Path) -> None:
    file = workbook(tmp_path / "header.xlsx", HEADINGS, [])
    code, said = program.json("upload", file, "--profile", program.profile(practice, HEADINGS))
    assert (code, said["rows"]) == (0, 0)


def test_no_column_matches(program: Program, practice: Practice, people: Path) -> None:
    done = program.run("upload", people, "--profile", program.profile(practice, ("Customer", "Colour")))
    assert done.returncode == 2
    assert practice.summary()["received"] == 0


def test_duplicate_headings_are_never_guessed(program: Program, practice: Practice, tmp_path: Path) -> None:
    file = workbook(tmp_path / "twice.xlsx", ("Email", "Email", "First Name"), [("a@example.com", "b@example.com", "Ann")])
    profile = program.profile(practice, HEADINGS)
    content = json.loads(profile.read_text())
    content["mapping"] = {"Email": {"column": "Email"}, "First Name": {"column": "First Name"}}
    profile.write_text(json.dumps(content))
    done = program.run("upload", file, "--profile", profile)
    assert done.returncode == 2
    assert "more than once" in done.stderr
    content["mapping"]["Email"] = {"column": {"letter": "B"}}
    profile.write_text(json.dumps(content))
    assert program.json("upload", file, "--profile", profile)[0] == 0
    assert practice.entries()[0]["pairs"][0] == ["Email", "b@example.com"]


def test_wrong_credentials(tmp_path: Path, people: Path) -> None:
    program = Program(tmp_path, {"CG_UPLOADER_CLIENT_SECRET": "wrong"})
    with program.practice() as practice:
        code, said = program.json("upload", people, "--profile", program.profile(practice, HEADINGS))
    assert code == 4
    assert said["error"]["kind"] == "credentials"
    assert program.json("history")[1] == {"runs": []}


def test_no_credentials_at_all(tmp_path: Path, people: Path) -> None:
    program = Program(
        tmp_path,
        {
            "CG_UPLOADER_CLIENT_ID": "",
            "CG_UPLOADER_CLIENT_SECRET": "",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        },
    )
    with program.practice() as practice:
        done = program.run("upload", people, "--profile", program.profile(practice, HEADINGS))
    assert done.returncode == 4
    assert "credentials set" in done.stderr


def test_an_unreachable_host(program: Program, people: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"http://127.0.0.1:{taken.getsockname()[1]}"
        gone = Practice({"auth": f"{place}/oauth2/token", "records": f"{place}/records/"})
        done = program.run("upload", people, "--profile", program.profile(gone, HEADINGS))
    assert done.returncode == 4
    assert "127.0.0.1" in done.stderr


@pytest.mark.process
def test_a_server_that_vanishes_in_mid_run_loses_nobody(program: Program, tmp_path: Path) -> None:
    file = workbook(tmp_path / "many.xlsx", HEADINGS, [(f"p{n}@example.com", f"N{n}") for n in range(60)])
    with program.practice_process(delay=30) as practice:
        port = practice.port
        profile = program.profile(practice, HEADINGS, reference="survey", data_type="survey")
        with program.start("upload", file, "--profile", profile, "--yes-send-surveys", "--json") as process:
            wait_until(lambda: received_count(tmp_path) >= 10, process)
            practice.process.kill()
            practice.process.wait(60)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
    said = json.loads(out)
    assert process.returncode in (5, 130)
    assert sum(said[word] for word in COUNTS) == 60
    assert said["not_sure"] <= 1
    with program.practice(port=port):
        code, said = program.json("resume")
    assert sum(said[word] for word in COUNTS) == 60
    assert said["not_sent"] == 0
    assert code == (1 if said["not_sure"] else 0)


@pytest.mark.process
def test_resume_tells_that_the_file_changed_and_sends_what_was_recorded(program: Program, tmp_path: Path) -> None:
    file = workbook(tmp_path / "many.xlsx", HEADINGS, [(f"p{n}@example.com", f"N{n}") for n in range(40)])
    with program.practice(delay=30) as practice:
        with program.start("upload", file, "--profile", program.profile(practice, HEADINGS)) as process:
            wait_until(lambda: received_count(tmp_path) >= 5, process)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        again = program.run("upload", file, "--profile", tmp_path / "profile.json", "--rows", "2-2")
        assert "has not finished" in again.stderr
        file.write_bytes(b"something else")
        done = program.run("resume", "1")
        assert "has changed" in done.stderr
        assert done.returncode == 0
        entries = practice.entries()
    assert {entry["pairs"][0][1] for entry in entries} == {f"p{n}@example.com" for n in range(40)}


def test_resume_of_a_finished_run_ends_as_that_run_did(program: Program, practice: Practice, people: Path) -> None:
    program.json("upload", people, "--profile", program.profile(practice, HEADINGS))
    code, said = program.json("resume", "1")
    assert (code, said["accepted"], said["held_back"]) == (1, 3, 1)
    assert practice.summary()["received"] == 3
    assert program.json("resume", "9")[0] == 2


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on a file's size")
def test_a_full_disk_stops_the_run_before_a_row_it_cannot_record(tmp_path: Path) -> None:
    import resource

    program = Program(tmp_path)
    rows = [(f"p{n}@example.com", "N" * 100) for n in range(4000)]
    file = workbook(tmp_path / "many.xlsx", HEADINGS, rows)
    with program.practice() as practice:
        profile = program.profile(practice, HEADINGS)

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_200_000, 1_200_000))

        done = program.run_process("upload", file, "--profile", profile, preexec_fn=limit)
        assert done.returncode == 5
        assert "disk is full" in done.stderr
        sent_by_then = practice.summary()["received"]
        _, said = program.json("history")
        if said["runs"]:
            (run,) = said["runs"]
            assert sum(run[word] for word in COUNTS) == run["rows"]
            assert run["accepted"] + run["not_sure"] >= sent_by_then
            assert program.json("resume")[0] == 0
        else:
            assert sent_by_then == 0


def test_wrong_use_is_a_sentence(program: Program, people: Path) -> None:
    for words in (
        ["upload", people],
        ["upload"],
        ["history", "--nonsense"],
        ["preview", people, "--header-row", "x"],
        ["nonsense"],
    ):
        done = program.run(*words)
        assert done.returncode == 2, words
        assert len(done.stderr.strip().splitlines()) == 1
    assert program.json("upload", people)[1]["error"]["exit"] == 2


def test_profiles_are_kept_shown_and_deleted(program: Program, practice: Practice, tmp_path: Path) -> None:
    profile = program.profile(practice, HEADINGS)
    assert program.run("profile", "import", profile).returncode == 0
    assert program.run("profile", "list").stdout == "Test\n"
    assert json.loads(program.run("profile", "show", "Test").stdout)["configuration"]["reference"] == "contact"
    assert program.run("credentials", "test", "Test").returncode == 0
    assert program.run("profile", "export", "Test", tmp_path / "copy.json").returncode == 0
    assert program.run("profile", "delete", "Test").returncode == 0
    assert program.run("profile", "show", "Test").returncode == 2


def test_a_setup_file_takes_nobodys_place_unasked(program: Program, practice: Practice) -> None:
    profile = program.profile(practice, HEADINGS)
    assert program.run("profile", "import", profile).returncode == 0
    assert program.run("profile", "import", profile).returncode == 0, "the same again is no question"
    profile.write_text(profile.read_text("utf-8").replace('"reference": "contact"', '"reference": "other"'), "utf-8")
    refused = program.run("profile", "import", profile)
    assert refused.returncode == 2
    assert "“contact” becomes “other”" in refused.stderr
    assert "--yes" in refused.stderr
    kept = json.loads(program.run("profile", "show", "Test").stdout)
    assert kept["configuration"]["reference"] == "contact"
    assert program.run("profile", "import", profile, "--yes").returncode == 0
    taken = json.loads(program.run("profile", "show", "Test").stdout)
    assert taken["configuration"]["reference"] == "other"


def test_no_secret_is_stored_or_said(program: Program, practice: Practice, people: Path, tmp_path: Path) -> None:
    done = program.run("upload", people, "--profile", program.profile(practice, HEADINGS))
    texts = [done.stdout.encode(), done.stderr.encode()]
    texts += [path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert all(b"a-very-secret-secret" not in text and b"an-id" not in text for text in texts)


@pytest.mark.process
def test_qt_is_not_loaded_by_commands(tmp_path: Path) -> None:
    program = Program(tmp_path, {"PYTHONPROFILEIMPORTTIME": "1"})
    done = program.run_process("history")
    assert "PySide6" not in done.stderr
    assert "pandas" not in done.stderr
