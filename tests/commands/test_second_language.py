"""A second language is a file: with a catalogue made from the template no sentence of ours is English, but with --json."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from program import workbook

from cg_uploader import cli, translation
from cg_uploader.commands import upload_commands
from cg_uploader.model.enums import Region, RowStatus
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.run import RunSummary
from cg_uploader.settings import language
from cg_uploader.sheets.failed_rows.row_mark import mark_text, upload_text
from cg_uploader.sheets.failed_rows.writer import FailedRow, write
from cg_uploader.uploads.results import report

ROOT = Path(__file__).resolve().parents[2]
PROFILE = {
    "version": 1,
    "name": "Test",
    "region": "eu",
    "configuration": {"reference": "contact", "data_type": "contact", "fields": [{"heading": "Email", "required": True}]},
}

ORIGIN = Provenance(run=5, started="2026-05-03T12:00:00.000+00:00", file="may.xlsx", columns=(("A", "Email"),))
MARK = mark_text(7, "refused", upload_text(ORIGIN, guarded=True))


@pytest.fixture
def _pseudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The language xx: each text of the template in ⟦…⟧."""
    with (ROOT / "resources" / "locale" / "cg_uploader.pot").open("rb") as stream:
        template = read_po(stream)
    catalog = Catalog(locale="eo")
    for message in template:
        if message.id:
            texts = message.id if isinstance(message.id, tuple | list) else [message.id]
            marked = tuple(f"⟦{text}⟧" for text in texts)
            catalog.add(message.id, marked if message.pluralizable else marked[0])
    file = tmp_path / "locale" / "xx" / "LC_MESSAGES" / "cg_uploader.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as stream:
        write_mo(stream, catalog)
    monkeypatch.setattr(language, "resource", lambda name: tmp_path / name)
    monkeypatch.setenv("LANGUAGE", "xx")


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A workbook and a profile, by their paths."""
    book = workbook(tmp_path / "book.xlsx", ["Email"], [["a@example.com"], ["b@example.com"]])
    profile = tmp_path / "profile.json"
    profile.write_text(json.dumps(PROFILE), encoding="utf-8")
    return str(book), str(profile)


def english(text: str) -> list[str]:
    """The words that stand outside ⟦…⟧, where one may stand in another."""
    depth, outside = 0, []
    for letter in text:
        depth += (letter == "⟦") - (letter == "⟧")
        outside.append(letter if depth == 0 and letter not in "⟦⟧" else " ")
    assert depth == 0
    return re.findall(r"[A-Za-z]\S*", "".join(outside))


def test_what_is_outside_is_found() -> None:
    assert english("⟦Row ⟦one⟧ is⟧ left ⟦here⟧") == ["left"]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = cli.main(list(words))
    told = capsys.readouterr()
    return code, told.out + told.err


PSEUDO = pytest.mark.usefixtures("_pseudo")


@PSEUDO
def test_check(capsys: pytest.CaptureFixture[str], files: tuple[str, str]) -> None:
    code, told = run(capsys, "check", files[0], "--profile", files[1])
    assert code == 0
    assert english(told) == ["Email", "Email"]  # the field and the column
    assert "⟦2 rows: 2 ready · 0 held back · 0 skipped⟧" in told


@PSEUDO
def test_preview(capsys: pytest.CaptureFixture[str], files: tuple[str, str]) -> None:
    code, told = run(capsys, "preview", files[0], "--limit", "1")
    assert code == 0
    assert english(told) == ["Email", "a@example.com"]
    assert "⟦This is the first row." in told


@PSEUDO
@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_failed_rows_that_are_opened_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, files: tuple[str, str], suffix: str
) -> None:
    refused = FailedRow(7, ("ann@x.example",), RowStatus.REFUSED, "no.", "")
    held_back = FailedRow(9, ("#N/A",), RowStatus.HELD_BACK, "", "")
    write(tmp_path / f"failed{suffix}", ["Email"], [refused, held_back], [], origin=ORIGIN)
    _code, told = run(capsys, "check", str(tmp_path / f"failed{suffix}"), "--profile", files[1])
    assert "⟦Row 7: CustomerGauge refused it before: no.⟧" in told
    assert english(told) == ["Email", "Email"]  # the field and the column


@PSEUDO
def test_failed_rows_that_are_saved(tmp_path: Path) -> None:
    """What is read again is free of language: the marks in the headings and in the first column."""
    translation.use(tmp_path / "locale" / "xx" / "LC_MESSAGES" / "cg_uploader.mo")
    refused = FailedRow(7, ("ann@x.example",), RowStatus.REFUSED, "no.", "")
    write(tmp_path / "failed.csv", ["Email"], [refused], [], origin=ORIGIN)
    headings, row = csv.reader(io.StringIO((tmp_path / "failed.csv").read_text(encoding="utf-8-sig")))
    assert headings[2:] == ["⟦Status⟧ [cg-status]", "⟦Problem⟧ [cg-problem]", "⟦What to do⟧ [cg-to-do]"]
    assert row[2] == "⟦Refused⟧"


@PSEUDO
@pytest.mark.parametrize(
    "marks",
    [
        ["something"],
        ["7/refused/other"],
        [MARK, MARK],
        [MARK, MARK.replace("/5/", "/6/").replace("7/", "8/")],
        [MARK.replace("refused", "look_up")],
    ],
)
def test_failed_rows_that_are_not_opened(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, files: tuple[str, str], marks: list[str]
) -> None:
    book = tmp_path / "failed.csv"
    book.write_text("\n".join(["[cg-row],Email,Status [cg-status]", *(f"{mark},a@x.example,Refused" for mark in marks)]))
    code, told = run(capsys, "check", str(book), "--profile", files[1])
    assert code in (2, 3)
    assert "⟦" in told
    assert english(told) == []


@PSEUDO
def test_history(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(capsys, "history") == (0, "⟦There is no upload on this computer yet.⟧\n")
    counts = {status: int(status is RowStatus.ACCEPTED) for status in RowStatus}
    summary = RunSummary(1, "/a/book.xlsx", "Test", Region.EU, 1, counts, datetime.now(UTC), datetime.now(UTC))
    monkeypatch.setattr(report, "summaries", lambda *_given: [summary])
    code, told = run(capsys, "history")
    assert code == 0
    assert english(told) == ["book.xlsx", "Test"]


@PSEUDO
@pytest.mark.parametrize(
    "words",
    [
        ["check", "book.xlsx", "--profile", "none"],
        ["nothing-of-this-name"],
        ["check", "book.xlsx", "--profile", "none", "--no-such-option"],
        ["preview", "book.xlsx", "--limit", "few"],
        ["forget"],
        ["forget", "--all"],
        ["resume"],
        ["profile", "list"],
        ["profile", "import", "nothing.json"],
    ],
)
def test_a_failure(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    _code, told = run(capsys, *words)
    assert "⟦" in told
    assert set(english(told)) <= {"limit:"}  # the option at fault


@PSEUDO
def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Each explanation of an option or command is ours.  The frame around them is Python's own."""
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    lines = capsys.readouterr().out.partition("⟦commands⟧")[2].splitlines()
    words = [word for line in lines for word in english(line)]
    assert words[0] == "COMMAND"
    assert all(word.islower() or word.strip(",").isupper() for word in words)
    assert "⟦match and check a file; nothing is sent⟧" in "\n".join(lines)


@PSEUDO
@pytest.mark.parametrize("profile", [None, "none"])
def test_json_stays_english(capsys: pytest.CaptureFixture[str], files: tuple[str, str], profile: str | None) -> None:
    code, told = run(capsys, "check", files[0], "--profile", profile or files[1], "--json")
    assert (code, "⟦" in told) == (2 if profile else 0, False)
    assert run(capsys, "preview", files[0], "--as", "json")[1].startswith("{")
    assert "⟦" not in run(capsys, "history", "--json")[1]


@PSEUDO
@pytest.mark.parametrize(
    ("words", "translated"),
    [
        (["--save", "a.json"], False),
        (["--save=A.JSON"], False),
        (["--as", "json"], False),
        (["--as=json"], False),
        (["--save", "a.html"], True),
        ([], True),
    ],
)
def test_a_report_for_programs_is_english(monkeypatch: pytest.MonkeyPatch, words: list[str], translated: bool) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(upload_commands, "report_run", lambda *_given: seen.append(translation.in_use() is not None) or 0)
    assert cli.main(["report", "1", *words]) == 0
    assert seen == [translated]


@PSEUDO
def test_a_home_that_does_not_answer_is_told_in_english(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = threading.Event()
    monkeypatch.setattr(cli, "TIDY_SECONDS", 0.1)
    monkeypatch.setattr(cli, "catalogue_for", lambda *_given: gone.wait())
    try:
        assert run(capsys, "nothing-of-this-name")[1].startswith("There is no file")
    finally:
        gone.set()
