"""``check`` in a terminal: each problem with the first of its rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cg_uploader import cli

PROFILE = {
    "version": 1,
    "name": "Test",
    "region": "eu",
    "configuration": {
        "reference": "contact",
        "data_type": "contact",
        "fields": [{"heading": "Email", "required": True, "kind": "email"}, {"heading": "Town", "max_length": 5}],
    },
}
ADVICE = "is not an email address; expected is one address with one @, no blanks and no invisible characters."


def test_each_problem_names_its_first_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("profile.json").write_text(json.dumps(PROFILE), encoding="utf-8")
    rows = ["ann@example.com,Lyon", "a,Lyon", "b,Lyon", "c,Lyon", "d,Lyon", "e,Lyon", "bob@example.com,Amsterdam"]
    Path("people.csv").write_text("\n".join(["Email,Town", *rows]), encoding="utf-8")
    assert cli.main(["check", "people.csv", "--profile", "profile.json"]) == 1
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("  Fix 5 email addresses (“Email”)")
    assert [line.partition(ADVICE)[0] for line in lines[start + 1 : start + 4]] == [
        f"    Row {row}, column A (“Email”): “{value}” " for row, value in ((3, "a"), (4, "b"), (5, "c"))
    ]
    assert lines[start + 1].endswith("Correct it, or leave the row out.")
    assert lines[start + 4] == "    and 2 more rows"
    start = lines.index("  1 value is over 5 characters (“Town”)")
    assert lines[start + 1].startswith("    Row 8, column B (“Town”): ")
    assert lines[start + 2] == "", "the only row is all"
