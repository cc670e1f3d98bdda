"""Each line of the contract about answers, shown by a run of the program against the practice server.

The expectations are literals from the contract, written down here a second time on purpose.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from program import Program, ledger_lines, workbook

HEADINGS = ("Email", "First Name")
COUNTS = ("accepted", "refused", "held_back", "not_sent", "not_sure", "skipped")


def email(row: int) -> str:
    return f"row{row}@example.com"


def rule(row: int, do: str, times: int | None = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"when": {"Email": email(row)}, "do": do, **more}
    return found if times is None else {**found, "times": times}


def upload(
    tmp_path: Path, rules: list[dict[str, Any]], kind: str, rows: int, *, delay: int = 0, connections: int = 4
) -> tuple[int, dict[str, Any], dict[str, Any]]:
    program = Program(tmp_path)
    file = workbook(tmp_path / "people.xlsx", HEADINGS, [(email(row), f"Name {row}") for row in range(2, rows + 2)])
    with program.practice({"rules": rules}, delay=delay) as practice:
        profile = program.profile(practice, HEADINGS, reference="multi" if kind == "multi_object" else kind, data_type=kind)
        code, said = program.json("upload", file, "--profile", profile, "--yes-send-surveys", "--connections", str(connections))
        return code, said, practice.summary()


# fault, data type, exit code, what the row becomes, does the run stop
ENDS: list[tuple[str, str, int, str, bool]] = [
    ("201", "contact", 0, "accepted", False),
    ("202", "survey", 0, "accepted", False),
    ("204", "contact", 0, "accepted", False),
    ("short-body", "contact", 0, "accepted", False),
    ("short-body", "survey", 0, "accepted", False),
    ("chunked-cut", "survey", 0, "accepted", False),
    ("portal", "contact", 5, "not_sure", True),
    ("portal", "survey", 5, "not_sure", True),
    ("errors-in-200", "contact", 5, "not_sure", True),
    ("errors-in-200", "survey", 5, "not_sure", True),
    ("unauthorized", "contact", 4, "not_sent", True),
    ("unauthorized", "survey", 4, "not_sent", True),
    ("400", "contact", 5, "not_sent", True),
    ("400", "survey", 5, "not_sent", True),
    ("400-errors", "contact", 1, "refused", False),
    ("400-errors", "survey", 1, "refused", False),
    ("403", "contact", 4, "not_sent", True),
    ("403", "survey", 4, "not_sent", True),
    ("404", "contact", 5, "not_sent", True),
    ("405", "survey", 5, "not_sent", True),
    ("407", "contact", 4, "not_sent", True),
    ("301", "contact", 5, "not_sent", True),
    ("307", "survey", 5, "not_sent", True),
    ("308", "contact", 5, "not_sent", True),
    ("login", "contact", 5, "not_sure", True),
    ("login", "survey", 5, "not_sure", True),
    ("303", "survey", 5, "not_sure", True),
    ("refused", "contact", 1, "refused", False),
    ("refused", "multi_object", 1, "refused", False),
    ("refused-configuration", "contact", 5, "not_sent", True),
    ("refused-record", "survey", 5, "not_sent", True),
    ("413", "contact", 1, "refused", False),
    ("414", "survey", 1, "refused", False),
    ("431", "contact", 1, "refused", False),
    ("408", "survey", 1, "not_sure", False),
    ("500", "survey", 1, "not_sure", False),
    ("502", "survey", 1, "not_sure", False),
    ("504", "survey", 1, "not_sure", False),
    ("processed-504", "survey", 1, "not_sure", False),
    ("processed-reset", "survey", 1, "not_sure", False),
    ("reset", "survey", 1, "not_sure", False),
    ("reset-before", "survey", 1, "not_sure", False),
    ("close", "survey", 1, "not_sure", False),
    ("103-only", "survey", 1, "not_sure", False),
    ("103", "survey", 1, "not_sure", False),
    ("503", "survey", 5, "not_sure", True),
]


@pytest.mark.parametrize(("fault", "kind", "code", "word", "stops"), ENDS, ids=str)
def test_one_answer_one_end(tmp_path: Path, fault: str, kind: str, code: int, word: str, stops: bool) -> None:
    got, said, ledger = upload(tmp_path, [rule(4, fault)], kind, 8, connections=1)
    outcomes = {outcome["row"]: outcome for outcome in said["outcomes"]}
    assert (got, outcomes[4]["status"]) == (code, word)
    assert (said["stopped"] is not None) is stops
    assert sum(said[count] for count in COUNTS) == said["rows"] == 8
    rest = {outcomes[row]["status"] for row in (5, 6, 7, 8, 9)}
    assert rest <= {"accepted", "not_sent"}
    if not stops:
        assert rest == {"accepted"}
    processed = Counter(line["pairs"][0][1] for line in ledger_lines(tmp_path) if line["processed"])
    assert max(processed.values()) == 1
    assert ledger["visits"] == {} or "moved" not in str(ledger["visits"])
    if word in ("refused", "not_sure"):
        assert outcomes[4]["message"]
    if kind == "multi_object":
        assert "partly written" in outcomes[4]["message"]


@pytest.mark.parametrize(("fault", "kind"), [("429", "contact"), ("429-date", "survey"), ("503", "contact")])
def test_a_wait_that_is_asked_for_holds_for_every_connection(tmp_path: Path, fault: str, kind: str) -> None:
    code, said, _ = upload(tmp_path, [rule(20, fault, 1, seconds=3)], kind, 60, delay=5, connections=16)
    assert (code, said["accepted"]) == (0, 60)
    lines = ledger_lines(tmp_path)
    (first, second) = (line["received"] for line in lines if line["pairs"][0][1] == email(20))
    least = 2 if fault == "429-date" else 3  # a date knows whole seconds only
    assert second - first >= least
    assert not [line for line in lines if first + 1 < line["received"] < first + least]


def test_five_refusals_alike_at_the_start_ask_and_resume_is_the_yes(tmp_path: Path) -> None:
    program = Program(tmp_path)
    file = workbook(tmp_path / "people.xlsx", HEADINGS, [(email(row), f"Name {row}") for row in range(2, 42)])
    refused = {"when": {"any": True}, "do": "refused", "errors": {"Email": "The email is unknown."}}
    with program.practice({"rules": [refused]}) as practice:
        profile = program.profile(practice, HEADINGS)
        code, said = program.json("upload", file, "--profile", profile, "--connections", "1")
        assert code == 5
        assert "first 5 rows" in said["stopped"]
        assert "The email is unknown." in said["stopped"]
        assert said["refused"] == practice.summary()["received"] == 5
        code, said = program.json("resume")
    assert (code, said["refused"]) == (1, 40)


@pytest.mark.parametrize("kind", ["contact", "survey"])
def test_five_rows_in_a_row_without_a_clear_answer_end_the_run(tmp_path: Path, kind: str) -> None:
    program = Program(tmp_path)
    file = workbook(tmp_path / "people.xlsx", HEADINGS, [(email(row), f"Name {row}") for row in range(2, 42)])
    with program.practice({"rules": [rule(row, "500", 1) for row in range(10, 42)]}) as practice:
        profile = program.profile(practice, HEADINGS, reference=kind, data_type=kind)
        words = ["upload", file, "--profile", profile, "--yes-send-surveys", "--connections", "1"]
        code, said = program.json(*words)
        assert code == 5
        assert "5 rows in a row" in said["stopped"]
        assert said["accepted"] == 8
        assert practice.summary()["received"] <= 8 + (5 if kind == "survey" else 6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["contact", "survey"])
def test_two_thousand_rows_with_every_fault(tmp_path: Path, kind: str) -> None:
    """Faults that do not end a run, spread over 2,000 rows; waits are the real ones."""
    rules = [
        rule(100, "unauthorized", 1),
        rule(200, "refused", errors={"Email": "The email is unknown."}),
        rule(300, "429", 2, seconds=1),
        rule(400, "429-date", 1, seconds=1),
        rule(500, "500", 1),
        rule(600, "500-html", 3 if kind == "contact" else 1),
        rule(700, "processed-504", 1),
        rule(800, "reset", 1),
        rule(900, "processed-reset", 1),
        rule(1000, "hang", 1),
        rule(1100, "413"),
        rule(1200, "400-errors"),
        rule(1300, "103", 1),
        rule(1400, "slow-body", 1, seconds=0.01),
        rule(1500, "bom"),
    ]
    if kind == "contact":
        rules += [rule(1600, "503", 1, seconds=1), rule(1700, "502")]
    code, said, ledger = upload(tmp_path, rules, kind, 2000)
    assert code == 1, said["stopped"]
    by_row = {outcome["row"]: outcome["status"] for outcome in said["outcomes"]}
    unclear = "accepted" if kind == "contact" else "not_sure"
    expected = {200: "refused", 1100: "refused", 1200: "refused", 1500: "refused"}
    expected |= dict.fromkeys((500, 600, 700, 800, 900, 1000, 1300), unclear)
    if kind == "contact":
        expected |= {1700: "not_sure"}
    assert {row: word for row, word in by_row.items() if word != "accepted"} == {
        row: word for row, word in expected.items() if word != "accepted"
    }
    assert len(by_row) == said["rows"] == sum(said[count] for count in COUNTS) == 2000
    lines = ledger_lines(tmp_path)
    processed = Counter(line["pairs"][0][1] for line in lines if line["processed"])
    received = Counter(line["pairs"][0][1] for line in lines)
    if kind == "survey":
        assert max(processed.values()) == 1
        assert ledger["most_in_flight"] == 1
    assert all(processed[email(row)] >= 1 for row, word in by_row.items() if word == "accepted")
    assert received[email(300)] == 3
    assert received[email(100)] == received[email(400)] == 2
    assert ledger["sign_ins"] == {"200": 2}, "a lost sign-in costs one more"
