"""Which newer upload holds an older row back: of the same customer, as far as its fields reach; what was unsure stays so."""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from rig import Heard, ScriptedClient, Timer, inline, plan_of, status

from cg_uploader.model.configuration import Mapping, Source
from cg_uploader.model.enums import Answer, Region, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.request import Reply, Request
from cg_uploader.model.run import RunSummary
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.journal.retention import DAY_SECONDS
from cg_uploader.uploads.planning.plan_builder import find_earlier
from cg_uploader.uploads.results import report
from cg_uploader.uploads.results.retry_failed import failed_table
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

LOST = [Reply(Answer.NOTHING)] * 4
REFUSED = [status(422, ("First Name", "is blocked."))]
BUSY = [status(429)] * 9
NAMES, PHONES = ("Email", "First Name"), ("Email", "Phone Number")
BOTH = (*NAMES, "Phone Number")

_file = itertools.count()


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def planned(
    *people: str, headings: Sequence[str] = NAMES, region: Region = Region.EU, reference: str = "contact", **more: object
) -> Plan:
    """A file of its own, of these people."""
    rows = [(f"{who}@example.com", *(f"{heading} of {who}" for heading in headings[1:])) for who in people]
    plan = plan_of(rows, headings, reference=reference, connections=1, **more)  # type: ignore[arg-type]
    return replace(plan, region=region, table=replace(plan.table, digest=f"file-{next(_file)}"))


def send(
    journal: Journal, plan: Plan, script: dict[int, list[Reply]] | None = None, *, stop: int = 0, client_id: str = ""
) -> RunSummary:
    """Upload; ``stop``: the row behind whose sending the user stops."""
    control = Control()

    def look(request: Request) -> None:
        if request.row == stop:
            control.stop()

    answers = {row: list(replies) for row, replies in (script or {}).items()}
    client = ScriptedClient(answers, before_send=look, client_id=client_id)
    return engine.upload(plan, client, journal, on_batch=Heard(), control=control, dependencies=inline(Timer()))


def resume(journal: Journal, run: int, *, client_id: str = "") -> list[int]:
    """Go on; the rows that leave."""
    client = ScriptedClient(client_id=client_id)
    engine.resume(run, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    return client.sent


def row_of(journal: Journal, run: int, number: int) -> JournalRow:
    return next(row for row in journal.rows(run) if row.number == number)


# ---------------------------------------------------------------------------------------------------- customers


@pytest.mark.parametrize(
    ("mine", "theirs", "region", "leaves"),
    [
        ("A", "B", Region.EU, [3]),
        ("A", "A", Region.EU, []),
        ("A", "", Region.EU, []),
        ("", "B", Region.EU, []),
        ("A", "B", Region.PRACTICE, []),
    ],
)
def test_rows_of_another_customer_hold_nothing_back(
    journal: Journal, mine: str, theirs: str, region: Region, leaves: list[int]
) -> None:
    run = send(journal, planned("x", "a", region=region), stop=2, client_id=mine).run
    send(journal, planned("a", region=region), client_id=theirs)
    assert resume(journal, run, client_id=mine) == leaves


def test_the_same_file_for_another_customer_takes_no_row_over(journal: Journal) -> None:
    plan = planned("x", "a")
    run = send(journal, plan, stop=2, client_id="A").run
    send(journal, plan, client_id="B")
    assert row_of(journal, run, 3).status is RowStatus.NOT_SENT
    assert resume(journal, run, client_id="A") == [3]


@pytest.mark.parametrize(
    ("mine", "theirs", "region", "skipped"),
    [
        ("A", "B", Region.EU, 0),
        ("A", "A", Region.EU, 1),
        ("A", "", Region.EU, 1),
        ("A", "B", Region.PRACTICE, 1),
    ],
)
@pytest.mark.parametrize("forgotten", [False, True])
def test_what_another_customer_has_accepted_is_not_skipped(
    journal: Journal, *, mine: str, theirs: str, region: Region, skipped: int, forgotten: bool
) -> None:
    run = send(journal, planned("a", region=region), client_id=theirs).run
    if forgotten:
        journal.forget(run)
    again = replace(planned("a", region=region), skip_accepted=True)
    assert find_earlier(again, journal, repeatable=True, client_id=mine).repeated == skipped
    assert send(journal, again, client_id=mine).counts[RowStatus.SKIPPED] == skipped
    twice = replace(planned("a", region=region), skip_accepted=True)
    assert send(journal, twice, client_id=mine).counts[RowStatus.SKIPPED] == 1, "it is there now"


def test_newer_values_of_another_customer_leave_what_was_accepted_skipped(journal: Journal) -> None:
    plan = planned("a")
    send(journal, plan, client_id="A")
    send(journal, replace(plan, edits={2: {1: "another name"}}), client_id="B")
    assert send(journal, replace(planned("a"), skip_accepted=True), client_id="A").counts[RowStatus.SKIPPED] == 1


def test_the_customer_is_told_apart_in_what_a_colleague_has_sent_too(journal: Journal, tmp_path: Path) -> None:
    with closing(Journal(AppPaths(tmp_path / "colleague"))) as theirs:
        send(theirs, planned("a"), client_id="A")
        send(theirs, planned("b"), client_id="B")
        _, code = theirs.sent_rows_file().export_to(tmp_path / "rows.cgmemory")
    journal.sent_rows_file().import_from(tmp_path / "rows.cgmemory", code)
    for client_id, skipped in (("A", 2), ("B", 3)):
        last = send(journal, replace(planned("a", "b"), skip_accepted=True), client_id=client_id)
        assert [row.number for row in journal.rows(last.run) if row.status is RowStatus.SKIPPED] == [skipped]


# ---------------------------------------------------------------------------------------------------- fields


def test_a_newer_upload_of_other_fields_holds_nothing_back(journal: Journal) -> None:
    run = send(journal, planned("x", "a", "b", headings=PHONES), {4: LOST}, stop=2).run
    send(journal, planned("a", "b", headings=NAMES, reference="names"))
    assert resume(journal, run) == [3, 4]
    assert journal.summary(run).counts[RowStatus.ACCEPTED] == 3


def test_a_newer_upload_of_more_fields_counts_whole(journal: Journal) -> None:
    run = send(journal, planned("x", "a", headings=PHONES), stop=2).run
    send(journal, planned("a", headings=BOTH))
    assert resume(journal, run) == []
    assert row_of(journal, run, 3).status is RowStatus.SKIPPED
    assert journal.summary(run).exit_code == 0


def test_a_constant_counts_as_a_field(journal: Journal) -> None:
    run = send(journal, planned("x", "a", headings=PHONES), stop=2).run
    newer = planned("a", headings=BOTH)
    sources = (("Email", Source(column="Email")), ("Phone Number", Source(constant="+49")))
    send(journal, replace(newer, mapping=Mapping(sources)))
    assert resume(journal, run) == []
    assert row_of(journal, run, 3).status is RowStatus.SKIPPED


def test_a_newer_upload_of_some_of_the_fields_leaves_the_row_to_be_looked_at(journal: Journal, tmp_path: Path) -> None:
    run = send(journal, planned("b", "x", "a", headings=BOTH), {2: LOST}, stop=3).run
    newer = send(journal, planned("a", "b", headings=NAMES)).run
    assert resume(journal, run) == []
    row, unsure = row_of(journal, run, 4), row_of(journal, run, 2)
    assert row.status is RowStatus.NOT_SENT
    why = f"Upload {newer} has a newer row with the same identifier (row 2) and some of the same fields"
    assert row.outcome.message == f"{why}, so this one was not sent."
    assert unsure.status is RowStatus.NOT_SURE
    assert unsure.outcome.message.startswith("This row may have arrived.")
    assert journal.summary(run).exit_code == 1
    assert journal.unsettled(run) == 0, "to continue would change nothing"
    report.save_failed_rows(journal, run, tmp_path / "failed.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "failed.xlsx").worksheets[0]
    assert str([cell.value for cell in sheet[3]][-1]).startswith("Compare it with the newer row.")


@pytest.mark.parametrize("forgotten", [False, True])
def test_such_a_row_stays_behind_among_failed_rows_too(journal: Journal, *, forgotten: bool) -> None:
    plan = planned("x", "a", headings=BOTH)
    run = send(journal, plan, stop=2).run
    newer = send(journal, planned("a", headings=NAMES)).run
    assert resume(journal, run) == []
    if forgotten:
        journal.forget(newer)
    again = send(journal, replace(plan, table=failed_table(journal, run)))
    assert again.counts[RowStatus.NOT_SENT] == 1
    assert journal.unsettled(again.run) == 0
    chosen = replace(plan, table=failed_table(journal, again.run), skip_accepted=False)
    assert send(journal, chosen).counts[RowStatus.ACCEPTED] == 1, "the user's choice"


def test_two_newer_uploads_that_have_all_fields_between_them_leave_it_to_be_looked_at(journal: Journal) -> None:
    run = send(journal, planned("x", "a", headings=BOTH), stop=2).run
    send(journal, planned("a", headings=NAMES))
    send(journal, planned("a", headings=PHONES))
    assert resume(journal, run) == []
    assert row_of(journal, run, 3).status is RowStatus.NOT_SENT


def test_of_two_newer_uploads_the_one_with_all_fields_decides(journal: Journal) -> None:
    run = send(journal, planned("x", "a", headings=BOTH), stop=2).run
    send(journal, planned("a", headings=BOTH))
    send(journal, planned("a", headings=NAMES))
    assert resume(journal, run) == []
    assert row_of(journal, run, 3).status is RowStatus.SKIPPED


def test_a_telephone_number_is_a_value_where_an_email_address_names_the_row(journal: Journal) -> None:
    run = send(journal, planned("x", "a", headings=("Email", "Phone")), stop=2).run
    send(journal, planned("a", headings=NAMES))
    assert resume(journal, run) == [3]


def test_a_newer_upload_whose_fields_nobody_knows_leaves_the_row_to_be_looked_at(journal: Journal) -> None:
    run = send(journal, planned("x", "a"), stop=2).run
    newer = send(journal, planned("a")).run
    journal._db.execute("update run set plan = '{}' where id = ?", (newer,))
    assert resume(journal, run) == []
    assert row_of(journal, run, 3).status is RowStatus.NOT_SENT


# ---------------------------------------------------------------------------------------------------- failed rows


def test_a_failed_row_that_may_have_arrived_stays_so_when_it_is_overtaken_later(journal: Journal) -> None:
    plan = planned("x", "a")
    run = send(journal, plan, {3: LOST}).run
    again = send(journal, replace(plan, table=failed_table(journal, run)), {3: BUSY}).run
    send(journal, planned("a"))
    assert resume(journal, again) == []
    row = row_of(journal, again, 3)
    assert row.status is RowStatus.NOT_SURE
    assert row.outcome.message.startswith("This row may have arrived. Upload ")
    assert journal.summary(again).exit_code == 1


def test_a_failed_row_that_certainly_has_not_arrived_is_not_said_to_be_unsure(journal: Journal) -> None:
    plan = planned("x", "a", "b")
    run = send(journal, plan, {3: REFUSED, 4: LOST}).run
    again = send(journal, replace(plan, table=failed_table(journal, run)), {3: BUSY}).run
    assert row_of(journal, again, 3).status is RowStatus.NOT_SENT
    assert row_of(journal, again, 4).status is RowStatus.NOT_SURE
    assert resume(journal, again) == [3, 4]


def test_the_same_file_again_begins_with_rows_that_have_not_left(journal: Journal) -> None:
    """Its rows are newer than those that may have arrived, and have not arrived themselves."""
    plan = planned("x", "a")
    send(journal, plan, {3: LOST})
    again = send(journal, plan, stop=2).run
    assert row_of(journal, again, 3).status is RowStatus.NOT_SENT


def test_failed_rows_of_an_upload_whose_record_was_changed_go_on(journal: Journal) -> None:
    plan = planned("x", "a")
    run = send(journal, plan, {3: REFUSED}).run
    table = failed_table(journal, run)
    again = send(journal, replace(plan, table=table), {3: BUSY}).run
    journal._db.execute("update run set content = x'00ff' where id = ?", (run,))
    assert isinstance(table.origin, Provenance)
    assert journal.run_of(table.origin) is None
    assert resume(journal, again) == [3]
    journal.forget(again)
    assert journal.runs() == [run]


# ---------------------------------------------------------------------------------------------------- deleted values


@pytest.mark.parametrize("forget", [False, True])
def test_a_row_that_was_only_taken_over_counts_as_nothing_when_values_are_deleted(journal: Journal, *, forget: bool) -> None:
    run = send(journal, planned("x", "a"), stop=2).run
    newer = planned("a", "b")
    taken = send(journal, newer, {2: BUSY}).run
    send(journal, newer, {2: REFUSED})
    assert row_of(journal, taken, 2).outcome.message.startswith("Taken over")
    if forget:
        _age_by_days(journal, taken, 30)
        assert journal.delete_old_values(1) == [taken]
    assert resume(journal, run) == [3], "nothing newer has arrived"


def test_a_row_that_was_skipped_as_accepted_still_counts_when_values_are_deleted(journal: Journal) -> None:
    send(journal, planned("a"))
    run = send(journal, planned("x", "a"), stop=2).run
    skipped = send(journal, replace(planned("a"), skip_accepted=True)).run
    assert row_of(journal, skipped, 2).status is RowStatus.SKIPPED
    _age_by_days(journal, skipped, 30)
    journal.delete_old_values(1)
    assert resume(journal, run) == []


def _age_by_days(journal: Journal, run: int, days: int) -> None:
    then = time.strftime("%Y-%m-%dT%H:%M:%S.000+00:00", time.gmtime(time.time() - days * DAY_SECONDS))
    with closing(sqlite3.connect(journal._file)) as db:
        db.execute("update run set finished = ?, started = ? where id = ?", (then, then, run))
        db.commit()
