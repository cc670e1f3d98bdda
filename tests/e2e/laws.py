"""What must hold after every run, whatever happened to it: totals, the ledger of the service, and secrets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from program import Program, ledger_lines, workbook

COUNTS = ("accepted", "refused", "held_back", "not_sent", "not_sure", "skipped")
HEADINGS = ("Email", "First Name")
SECRETS = (b"a-very-secret-secret", b"practice.", b"Bearer ")


def email(row: int) -> str:
    return f"row{row}@example.com"


def people(folder: Path, rows: int) -> Path:
    """A file with that many different people; the first is row 2."""
    return workbook(folder / "people.xlsx", HEADINGS, [(email(row), f"Name {row}") for row in range(2, rows + 2)])


def upload_words(file: Path, profile: Path, *more: str) -> list[str | Path]:
    return ["upload", file, "--profile", profile, "--yes-send-surveys", *more]


def received(folder: Path) -> Mapping[str, list[dict[str, Any]]]:
    """What the service received of each row, in order."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in ledger_lines(folder):
        found[line["pairs"][0][1]].append(line)
    return found


def check(folder: Path, said: Mapping[str, Any], kind: str, rows: int, *, cut_off: int = 0) -> None:
    """``said``: the object of upload, resume or report; ``cut_off``: how often the program or the service was cut off."""
    assert sum(said[count] for count in COUNTS) == said["rows"] == rows == len(said["outcomes"])
    assert Counter(outcome["status"] for outcome in said["outcomes"]) == {c: said[c] for c in COUNTS if said[c]}
    ledger = received(folder)
    for outcome in said["outcomes"]:
        mine = ledger[email(outcome["row"])]
        effects = sum(line["processed"] for line in mine)
        if outcome["status"] == "accepted":
            assert effects >= 1, outcome
        if outcome["status"] in ("not_sent", "skipped", "held_back"):
            assert effects == 0, outcome
        if kind == "survey":
            assert effects <= 1, outcome
            assert sum(line["status"] in (None, 200) or line["status"] >= 500 for line in mine) <= 1, outcome
    again = sum(line["status"] == 200 and not line["did"] for mine in ledger.values() for line in mine[:-1])
    assert again <= 40 * cut_off, "rows that were answered are not sent again, but for those under way when it was cut off"
    keep_quiet(folder)


def keep_quiet(folder: Path) -> None:
    """No secret in anything that is stored, and no row's value in a log."""
    for file in (folder / "home").rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [secret for secret in SECRETS if secret in content], file
            if "logs" in file.parts:
                assert b"@example.com" not in content, file


def finish(program: Program, most: int = 6) -> tuple[int, dict[str, Any]]:
    """Resume until nothing is left, and the last result; a run that stops again and again fails."""
    for _ in range(most):
        code, said = program.json("resume")
        if said.get("stopped") is None:
            return code, said
    raise AssertionError(said["stopped"])
