"""What has changed since a run began is said in plain words; the run goes on with what it recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cg_uploader.model.configuration import Address, Configuration, Field, Mapping, Profile, Source
from cg_uploader.model.enums import BlankCells, DataType, FieldKind, Region, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.run import Outcome
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.profiles import ProfileStore
from cg_uploader.sheets.reader import read
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.planning import drift
from cg_uploader.uploads.planning.drift import describe_changes, describe_file_changes, describe_profile_changes
from cg_uploader.uploads.planning.plan_builder import make_plan
from cg_uploader.uploads.sending import preparation
from cg_uploader.uploads.sending.control import Control

HEADINGS = ("Email", "First Name", "City")
ROWS = [(f"p{n}@example.com", f"N{n}", "Bonn") for n in range(10)]
PRACTICE = Address("http://127.0.0.1:9/oauth2/token", "http://127.0.0.1:9/records/")
PROFILE = Profile(
    "Test",
    Region.PRACTICE,
    Configuration("contact", DataType.CONTACT, (Field("Email", kind=FieldKind.EMAIL), Field("First Name"), Field("Nick"))),
    PRACTICE,
    Mapping((("Email", Source(column="Email")), ("First Name", Source(column="First Name")))),
)

Rewrite = Callable[..., str]


def write(file: Path, rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS) -> Path:
    lines = [",".join(row) for row in (headings, *rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return make_plan(PROFILE, read(write(tmp_path / "people.csv", ROWS)))


@pytest.fixture
def rewritten(journal: Journal, plan: Plan) -> Rewrite:
    """Half of the run is accepted; then the file is written anew: what is said."""
    run = preparation.prepare(plan, journal, on_batch=lambda _: None, control=Control())
    journal.record(run, [(at, Outcome(at + 2, RowStatus.ACCEPTED, 200)) for at in range(5)])

    def rewrite(rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS) -> str:
        write(plan.table.file, rows, headings)
        return describe_file_changes(journal.plan(run), journal, run)

    return rewrite


def test_the_same_file_needs_no_word(rewritten: Rewrite) -> None:
    assert rewritten(ROWS) == ""


def test_changed_rows_are_counted_accepted_ones_too(rewritten: Rewrite) -> None:
    rows = [*ROWS[:1], ("p1@example.com", "Other", "Bonn"), *ROWS[2:8], ("p8@example.com", "N8", "Köln"), ROWS[9]]
    assert rewritten(rows) == (
        "people.csv has changed since this upload began. 2 rows of the upload read differently now. "
        "The rows recorded when the upload began are sent."
    )


def test_what_is_not_sent_does_not_count_for_accepted_rows(rewritten: Rewrite) -> None:
    rows = [("p0@example.com", "N0", "Köln"), *ROWS[1:]]
    assert "Its rows are the same, and something else in the file differs" in rewritten(rows)


def test_rows_that_came_and_went_are_counted(rewritten: Rewrite) -> None:
    assert "2 rows are new, and not part of this upload" in rewritten([*ROWS, *ROWS[:2]])
    assert "1 row of the upload is not there any more" in rewritten(ROWS[:9])


def test_other_columns_are_named(rewritten: Rewrite) -> None:
    said = rewritten([(*row[:2], row[2]) for row in ROWS[:8]], ("Email", "First name", "City"))
    assert "The column “First Name” is not there any more. The column “First name” is new." in said
    assert "It has 8 rows, where it had 10." in said
    assert "Its columns are in another order." in rewritten([row[::-1] for row in ROWS], HEADINGS[::-1])


def test_a_file_that_is_gone_unreadable_or_large_is_said(
    rewritten: Rewrite, plan: Plan, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan.table.file.write_bytes(b"")
    assert "cannot be read as it was" in describe_file_changes(plan, journal, 1)
    monkeypatch.setattr(drift, "MAX_COMPARED_BYTES", 10)
    assert rewritten(ROWS[:3]) == f"people.csv has changed since this upload began. {drift.NOW_SENT}"
    plan.table.file.unlink()
    assert describe_file_changes(plan, journal, 1).startswith("people.csv is not where it was.")


def test_what_differs_in_the_profile_is_named(plan: Plan) -> None:
    assert describe_profile_changes(plan, PROFILE) == ""
    configuration = PROFILE.configuration
    for changed, word in (
        (replace(PROFILE, address=Address(PRACTICE.auth, "http://127.0.0.1:10/records/")), "where it sends to"),
        (replace(PROFILE, configuration=replace(configuration, reference="other")), "the reference"),
        (replace(PROFILE, configuration=replace(configuration, data_type=DataType.SURVEY)), "the data type or the fields"),
        (
            replace(PROFILE, configuration=replace(configuration, fields=configuration.fields[:2])),
            "the data type or the fields",
        ),
        (replace(PROFILE, mapping=Mapping(PROFILE.mapping.sources[:1])), "the mapping"),  # type: ignore[union-attr]
        (replace(PROFILE, options=replace(PROFILE.options, blank_cells=BlankCells.SEND_EMPTY)), "cells without text"),
    ):
        said = describe_profile_changes(plan, changed)
        assert word in said
        assert "goes on as it was begun" in said


def test_file_and_profile_are_said_together_and_a_profile_that_is_gone_is_passed_over(
    journal: Journal, plan: Plan, tmp_path: Path
) -> None:
    run = preparation.prepare(plan, journal, on_batch=lambda _: None, control=Control())
    profiles = ProfileStore(tmp_path / "profiles")
    assert describe_changes(run, journal, profiles) == ()
    profiles.save(replace(PROFILE, mapping=None, options=replace(PROFILE.options, blank_cells=BlankCells.SEND_EMPTY)))
    write(plan.table.file, ROWS[:9])
    said = describe_changes(run, journal, profiles)
    assert len(said) == 2
    assert said[0].startswith("people.csv has changed")
    assert said[1].startswith("The profile “Test” has changed")
    profiles.delete("Test")
    assert describe_changes(run, journal, profiles) == said[:1]
