"""A run is cut off, a newer file is uploaded, and the run goes on: what the service received last is the newest."""

from __future__ import annotations

from pathlib import Path

import pytest
from laws import HEADINGS
from program import ENOUGH_SECONDS, Program, ledger_lines, wait_until, workbook

HANG_AT_ROW_3 = {"rules": [{"when": {"record": 2}, "do": "hang", "times": 1}]}


@pytest.mark.process
def test_an_upload_that_was_cut_off_goes_on_without_what_a_newer_file_has_brought(tmp_path: Path) -> None:
    program = Program(tmp_path)
    older = workbook(tmp_path / "older.xlsx", HEADINGS, [(f"{name}@example.com", "Old") for name in "abcd"])
    newer = workbook(tmp_path / "newer.xlsx", HEADINGS, [(f"{name}@example.com", "New") for name in "bc"])
    with program.practice(HANG_AT_ROW_3) as practice:
        profile = program.profile(practice, HEADINGS, reference="contact", data_type="contact")
        with program.start("upload", older, "--profile", profile, "--connections", "1") as process:
            wait_until(lambda: practice.summary()["received"] >= 2, process)
            process.kill()
            process.communicate(timeout=ENOUGH_SECONDS)
        assert program.json("upload", newer, "--profile", profile)[0] == 0
        code, said = program.json("resume", "1")
        again, _ = program.json("resume", "1")
    sent = [tuple(text for _, text in line["pairs"]) for line in ledger_lines(tmp_path)]
    last = dict(sent)
    assert last == {"a@example.com": "Old", "b@example.com": "New", "c@example.com": "New", "d@example.com": "Old"}
    statuses = {outcome["row"]: outcome["status"] for outcome in said["outcomes"]}
    marked = statuses.pop(4)  # whether it was marked before the kill is the program's own pace
    assert marked in ("skipped", "not_sure")
    assert statuses == {2: "accepted", 3: "not_sure", 5: "accepted"}
    assert "Upload 2 has a newer row with the same identifier (row 2)" in said["outcomes"][1]["message"]
    assert code == again == 1
    assert sent.count(("b@example.com", "Old")) == 1
    assert ("c@example.com", "Old") not in sent
