"""A value in the record that nobody wrote: every command works for the other runs, and names the one to forget."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from rig import plan_of

from cg_uploader import cli
from cg_uploader.model.configuration import Address
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.run import Outcome
from cg_uploader.practice.server import PracticeServer
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow

GOOD, CHANGED = 1, 2
BLOB = b"\xff\x00\xfe"
DEEP = "[" * 100_000


def plan_with(change: Callable[[dict[str, object]], object]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        plan = json.loads(text)
        change(plan)
        return json.dumps(plan)

    return changed


VALUES: list[tuple[str, object]] = [
    *(("run.started", value) for value in ("no date", "", "2026-05-03", BLOB)),
    *(("run.finished", value) for value in ("no date", BLOB)),
    *(("run.plan", value) for value in ("[]", "7", "null", "{}", "no JSON", DEEP, BLOB)),
    ("run.plan", plan_with(lambda plan: plan.update(file=5))),
    ("run.plan", plan_with(lambda plan: plan.update(profile=["x"]))),
    ("run.plan", plan_with(lambda plan: plan.update(region="mars"))),
    ("run.plan", plan_with(lambda plan: plan.update(columns=[5]))),
    ("run.plan", plan_with(lambda plan: plan.update(columns=[["Email", 5, False]]))),
    ("run.plan", plan_with(lambda plan: plan.update(mapping={"Email": 5}))),
    ("run.plan", plan_with(lambda plan: plan.update(mapping=[["Email", {"column": "Gone"}]]))),
    ("run.plan", plan_with(lambda plan: plan.update(address={"auth": 1, "records": 2}))),
    ("run.plan", plan_with(lambda plan: plan.update(address="here"))),
    ("run.plan", plan_with(lambda plan: plan.update(options={"blank_cells": "?", "connections": 4, "rows": None}))),
    ("run.plan", plan_with(lambda plan: plan.update(options={"blank_cells": "leave_out", "connections": 99, "rows": [1]}))),
    ("run.plan", plan_with(lambda plan: plan.update(origin=[["run", "7"]]))),
    ("run.plan", plan_with(lambda plan: plan.update(customer=[1]))),
    ("run.stopped", BLOB),
    ("run.exit", "five"),
    *(("run.rows", value) for value in ("many", 99, -4, -1, BLOB)),
    *(
        (f"run.{column}", BLOB)
        for column in ("sent_by", "content", "held_by", "ages_from", "values_deleted", "records", "reference")
    ),
    ("run.values_deleted", "no date"),
    ("run.ages_from", "no date"),
    ("run.remembered", "perhaps"),
    *(("row.state", value) for value in ("elsewhere", BLOB)),
    *(("row.number", value) for value in ("seven", BLOB)),
    *(("row.cells", value) for value in ("5", "[1,2]", '["one"]', '{"a":1}', "no JSON", DEEP, None, BLOB)),
    *(("row.messages", value) for value in ("5", "[5]", "[[1,2]]", '[["a"]]', "no JSON", BLOB)),
    *(("row.answered", value) for value in ("then", 1e300, -1e300, BLOB)),
    *((f"row.{column}", "text") for column in ("http", "attempts", "fingerprint", "once", "subject")),
    ("row.who", BLOB),
]
OF_NO_RUN: list[tuple[str, object]] = [
    *((f"clock.{column}", value) for column in ("seen", "doubted") for value in ("then", BLOB)),
    *(("loss.day", value) for value in ("no day", BLOB)),
]


@dataclass
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str


def command(*words: str) -> Said:
    out, err = io.StringIO(), io.StringIO()
    os.environ.update(CG_UPLOADER_CLIENT_ID="an-id", CG_UPLOADER_CLIENT_SECRET="a-secret")  # a command takes them out
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(words)
    said = Said(code, out.getvalue(), err.getvalue())
    assert "went wrong" not in said.err, (words, said)
    return said


@pytest.fixture(scope="module")
def server() -> Iterator[PracticeServer]:
    with PracticeServer() as found:
        yield found


def fill(journal: Journal, name: str, address: Address, states: tuple[RowStatus | None, ...]) -> int:
    rows = [(f"{name}{position}@example.com", "Ann") for position in range(len(states))]
    plan = plan_of(rows, address=address)
    fingerprints = [journal.fingerprint(plan.request(row).fingerprint) for row in plan.table.rows]
    number = 1 + len(journal.runs())
    run = journal.record_run(
        plan,
        [
            JournalRow(
                position,
                position + 2,
                WAITING,
                False,
                cells,
                cells[0],
                fingerprint=fingerprints[position],
                subject=b"%16d" % number,
            )
            for position, cells in enumerate(rows)
        ],
    )
    outcomes = [
        (position, Outcome(position + 2, state, 200, (("Email", "Said."),), 1))
        for position, state in enumerate(states)
        if state
    ]
    with journal.hold(run):
        journal.record(run, outcomes)
        journal.end(run, None)
    return run


@pytest.fixture
def home(paths: AppPaths, server: PracticeServer, monkeypatch: pytest.MonkeyPatch) -> AppPaths:
    """A record of two runs, the second with rows that are left to send; its commands run here."""
    monkeypatch.setenv("CG_UPLOADER_HOME", str(paths.home))
    with closing(Journal(paths)) as journal:
        journal._db.execute("insert into loss (day, file) values (date('now'), 'journal-damaged-1.sqlite3')")
        assert fill(journal, "good", server.address, (RowStatus.ACCEPTED, RowStatus.REFUSED)) == GOOD
        changed = (RowStatus.ACCEPTED, RowStatus.REFUSED, RowStatus.NOT_SURE, None)
        assert fill(journal, "changed", server.address, changed) == CHANGED
    return paths


def change(paths: AppPaths, column: str, value: object) -> None:
    table, _, name = column.partition(".")
    where = {"run": f"id = {CHANGED}", "row": f"id >> 32 = {CHANGED}"}.get(table, "1")
    with closing(sqlite3.connect(paths.journal)) as db:
        if callable(value):
            (text,) = db.execute(f"select {name} from {table} where {where}").fetchone()
            value = value(text)
        db.execute("pragma ignore_check_constraints = on")
        db.execute(f"update {table} set {name} = ? where {where}", (value,))
        db.commit()


def named(said: Said) -> bool:
    """Whether a command on the changed run worked, or named that run and the way to forget it."""
    return (
        said.code in (0, 1) or re.search(rf"upload {CHANGED}\b.*[Ff]orget upload {CHANGED}\b", said.err, re.DOTALL) is not None
    )


def good_ones_work(file: Path, profile: Path, server: PracticeServer) -> None:
    listed = command("history")
    assert listed.code == 0, listed
    assert re.search(rf"^{GOOD} .*contacts.xlsx", listed.out, re.MULTILINE), listed
    assert GOOD in [run["run"] for run in json.loads(command("history", "--json").out)["runs"]]
    for words in (("report",), ("report", "--as", "json"), ("resume",)):
        said = command(words[0], str(GOOD), *words[1:])
        assert said.code in (0, 1), said
    assert command("memory", "show").code == 0
    before = len(server.ledger.entries)
    said = command("upload", str(file), "--profile", str(profile))
    assert said.code == 0, said
    assert len(server.ledger.entries) == before + 1


@pytest.fixture
def upload(tmp_path: Path, server: PracticeServer) -> tuple[Path, Path]:
    """A file of one row, and a profile for the same configuration."""
    file, profile = tmp_path / "new.csv", tmp_path / "profile.json"
    file.write_text("Email,First Name\nnew@example.com,Ann\n")
    fields = [{"heading": "Email", "kind": "email"}, {"heading": "First Name", "kind": "text"}]
    configuration = {"reference": "contact", "data_type": "contact", "fields": fields}
    address = {"auth": server.address.auth, "records": server.address.records}
    content = {"version": 1, "name": "Test", "region": "practice", "address": address, "configuration": configuration}
    profile.write_text(json.dumps(content))
    return file, profile


SAMPLE = dict(reversed(VALUES))
"""One value of each column; the others are slow."""


@pytest.mark.parametrize(
    ("column", "value"),
    [pytest.param(column, value, marks=[] if value is SAMPLE[column] else pytest.mark.slow) for column, value in VALUES],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else None,
)
def test_a_value_of_one_run_is_in_nobody_elses_way(
    home: AppPaths, server: PracticeServer, upload: tuple[Path, Path], column: str, value: object
) -> None:
    change(home, column, value)
    good_ones_work(*upload, server)
    for words in (("report",), ("report", "--as", "json"), ("resume",)):
        said = command(words[0], str(CHANGED), *words[1:])
        assert named(said), said
        assert "Ann" not in said.err
    listed = command("history")
    assert re.search(rf"^{CHANGED} ", listed.out, re.MULTILINE) or named(Said(9, "", listed.err)), listed
    assert command("forget", str(CHANGED)).code == 0
    assert f"orget upload {CHANGED}" not in command("history").err
    good_ones_work(*upload_of(upload), server)


def upload_of(upload: tuple[Path, Path]) -> tuple[Path, Path]:
    """The same with another row."""
    file, profile = upload
    file.write_text("Email,First Name\nnewer@example.com,Ann\n")
    return file, profile


@pytest.mark.parametrize(("column", "value"), OF_NO_RUN)
def test_a_value_of_no_run_is_in_nobodys_way(
    home: AppPaths, server: PracticeServer, upload: tuple[Path, Path], column: str, value: object
) -> None:
    change(home, column, value)
    good_ones_work(*upload, server)
    assert command("forget", str(CHANGED)).code == 0
