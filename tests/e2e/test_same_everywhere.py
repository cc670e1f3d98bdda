"""What preview shows is what arrives, byte for byte, whatever language and encoding the computer is set to."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from program import Program

HEADINGS = ("Email", "Straße İ", "Note")
ROWS = [
    ("ann@example.com", "İstanbul ıI iİ", "a+b & c = 50 % #1"),
    ("bob@example.com", "Żółć – €uro", 'two\nlines, "quoted"; tab\there'),
    ("cid@example.com", "日本語 🙂", "e\u0301 is not é"),
    ("dora@example.com", "", "1.234,56"),
    ("eve@example.com", "00123", "ﬁ \u05d0\u05d1 \u202eabc"),
]
PLACES: dict[str, dict[str, str]] = {
    "usual": {"LC_ALL": "C.UTF-8"},
    "no locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "posix, ascii output": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"},
    "turkish": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "0"},
    "western windows": {"LC_ALL": "C", "LANG": "de_DE.CP1252", "PYTHONUTF8": "0", "PYTHONIOENCODING": "cp1252"},
    "utf-16 output": {"PYTHONIOENCODING": "utf-16"},
}
"""Settings in which Python by itself would read, compare or write texts in different ways."""


def file_in(folder: Path, kind: str) -> Path:
    if kind == "xlsx":
        file = folder / "Kunden ü.xlsx"
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in (HEADINGS, *ROWS):
            book.active.append(list(row))
        book.save(file)
        book.close()
        return file
    file = folder / f"Kunden ü {kind}.csv"
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows([HEADINGS, *ROWS])
    file.write_bytes(text.getvalue().encode(kind))
    return file


def query_of(row: tuple[str, ...]) -> bytes:
    filled = [(quote(name, safe=""), quote(text, safe="")) for name, text in zip(HEADINGS, row, strict=True) if text]
    return ("configuration=anything" + "".join(f"&record%5B{name}%5D={text}" for name, text in filled)).encode()


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xlsx", "utf-8", "utf-16"])
def test_the_same_bytes_are_shown_and_sent_in_every_locale(tmp_path: Path, kind: str) -> None:
    file = file_in(tmp_path, kind)
    shown: dict[str, str] = {}
    sent: dict[str, list[bytes]] = {}
    outcomes: dict[str, Any] = {}
    for place, environment in PLACES.items():
        home = tmp_path / place
        home.mkdir()
        program = Program(home, environment)
        with program.practice({"open": True}) as practice:
            profile = program.profile(practice, HEADINGS, reference="anything")
            done = program.run_process("preview", file, "--as", "csv")
            assert done.returncode == 0, done.stderr
            shown[place] = done.stdout
            done = program.run_process("upload", file, "--profile", profile, "--connections", "1", "--json")
            assert done.returncode == 0, done.stderr
            said = json.loads(done.stdout)
            outcomes[place] = [(outcome["row"], outcome["status"]) for outcome in said["outcomes"]]
            sent[place] = [entry["query"].encode("latin-1") for entry in practice.entries()]
        saved = program.run_process("report", "1", "--save", home / "Beleg ü.html")
        assert saved.returncode == 0, saved.stderr
        assert "<title>Upload 1: " in (home / "Beleg ü.html").read_text("utf-8")
    expected = [query_of(row) for row in ROWS]
    assert sent == dict.fromkeys(PLACES, expected)
    assert all(found == [(row, "accepted") for row in range(2, 7)] for found in outcomes.values())
    assert set(shown.values()) == {shown["usual"]}
    assert list(csv.reader(io.StringIO(shown["usual"], newline=""))) == [list(row) for row in (HEADINGS, *ROWS)]


def checked(folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """What a check says of a file, but where it is."""
    program = Program(folder, environment)
    file = file_in(folder, "utf-8")
    with program.practice() as practice:
        profile = program.profile(practice, ("Email", "STRASSE İ", "note"))
    done = program.run_process("check", file, "--profile", profile, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return {name: value for name, value in found.items() if name != "file"}


@pytest.mark.slow
@pytest.mark.process
def test_what_a_check_says_is_the_same_in_every_locale(tmp_path_factory: pytest.TempPathFactory) -> None:
    said = {place: checked(tmp_path_factory.mktemp("place"), environment) for place, environment in PLACES.items()}
    assert [field["state"] for field in said["usual"]["fields"]] == ["exact", "spelling", "spelling"]
    assert said == dict.fromkeys(PLACES, said["usual"])


@pytest.mark.process
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc says which sockets a process listens on, on Linux")
def test_only_the_practice_server_listens_and_only_on_this_computer(tmp_path: Path) -> None:
    program = Program(tmp_path)
    file = file_in(tmp_path, "utf-8")
    with program.practice_process({"open": True}, delay=1_000) as practice:
        assert listening(practice.process.pid) == {"127.0.0.1"}
        profile = program.profile(practice, HEADINGS, reference="anything")
        with program.start("upload", file, "--profile", profile, "--connections", "1") as run:
            while practice.summary()["received"] == 0:
                assert run.poll() is None
            assert listening(run.pid) == set()
            run.communicate(timeout=60)


def listening(pid: int) -> set[str]:
    """The addresses on which a process accepts connections, as the kernel says."""
    links = [link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    mine = {str(link)[8:-1] for link in links if str(link).startswith("socket:[")}
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and words[9] in mine:
                address = bytes.fromhex(words[1].split(":")[0])[::-1]
                found.add(".".join(map(str, address)) if name == "tcp" else address.hex())
    return found
