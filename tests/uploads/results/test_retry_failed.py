"""The circle of a file of failed rows: saved, corrected, opened again, sent; nobody is written to twice on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from rig import Heard, ScriptedClient, Timer, inline, plan_of, status

from cg_uploader.errors import AlreadyUploaded
from cg_uploader.model.configuration import Field, Mapping, Source
from cg_uploader.model.enums import Answer, DataType, Region, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply
from cg_uploader.model.run import RunSummary
from cg_uploader.model.table import Table
from cg_uploader.settings.paths import AppPaths
from cg_uploader.sheets.reader import ReadOptions, read
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.planning import plan_builder
from cg_uploader.uploads.results import report
from cg_uploader.uploads.results.receipt import receipt
from cg_uploader.uploads.results.retry_failed import retried_rows
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

ROWS = [(f"p{n}@example.com", f"Name {n}") for n in range(2, 9)]
SAVED_BEFORE = Path(__file__).resolve().parents[2] / "sheets" / "failed_rows" / "saved_before"
REFUSED = status(422, ("First Name", "is blocked."))


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


def send(plan: Plan, journal: Journal, client: ScriptedClient | None = None, control: Control | None = None) -> RunSummary:
    done = control or Control()
    return engine.upload(
        plan, client or ScriptedClient(), journal, on_batch=Heard(), control=done, dependencies=inline(Timer())
    )


def resume(run: int, journal: Journal, client: ScriptedClient) -> RunSummary:
    return engine.resume(run, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))


def saved(journal: Journal, run: int, file: Path) -> Path:
    assert report.save_failed_rows(journal, run, file)
    return file


def corrected(file: Path, *cells: tuple[str, str], sheet: int = 0) -> Path:
    book = openpyxl.load_workbook(file)
    for place, text in cells:
        book.worksheets[sheet][place] = text
    book.save(file)
    return file


def again(plan: Plan, file: Path, **options: str) -> Plan:
    """The same profile, the file of failed rows as its table."""
    return replace(plan, table=read(file, ReadOptions(**options)))


@pytest.fixture
def survey() -> Plan:
    """A configuration that invites people, with fields that are chosen by letter and by one text for all."""
    plan = plan_of(ROWS, data_type=DataType.SURVEY)
    fields = (*plan.configuration.fields, Field("Source"))
    mapping = Mapping((("Email", Source(letter="A")), ("First Name", Source(letter="B")), ("Source", Source(constant="CRM"))))
    return replace(plan, configuration=replace(plan.configuration, fields=fields), mapping=mapping)


def stopped_run(plan: Plan, journal: Journal) -> tuple[RunSummary, ScriptedClient]:
    """Rows 2 to 4 accepted, refused, not sure; from row 6 on nothing has left."""
    control = Control()
    client = ScriptedClient(
        {3: [REFUSED], 4: [Reply(Answer.NOTHING)]}, before_send=lambda request: control.stop() if request.row == 5 else None
    )
    return send(plan, journal, client, control), client


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_run_profile_and_mapping_come_back(survey: Plan, journal: Journal, tmp_path: Path, suffix: str) -> None:
    summary, _ = stopped_run(survey, journal)
    table = read(saved(journal, summary.run, tmp_path / f"failed{suffix}"))
    found = retried_rows(table, journal)
    assert found is not None
    assert (found.run, found.profile, found.reference) == (summary.run, survey.profile, survey.configuration.reference)
    assert found.mapping == survey.mapping
    plan = replace(survey, table=table)
    assert found.sentence(plan) == "These are failed rows of upload 1 (contacts.xlsx). Only they are sent."
    assert next(plan.request(row).pairs for row in table.rows) == (
        ("Email", "p3@example.com"),
        ("First Name", "Name 3"),
        ("Source", "CRM"),
    )


def test_only_the_failed_rows_are_sent_and_nobody_is_invited_twice(survey: Plan, journal: Journal, tmp_path: Path) -> None:
    summary, first = stopped_run(survey, journal)
    file = corrected(saved(journal, summary.run, tmp_path / "failed.xlsx"), ("C2", "Corrected"))
    plan = again(survey, file)
    plan_builder.refuse_repeat(plan_builder.find_earlier(plan, journal))
    client = ScriptedClient()
    done = send(plan, journal, client)
    assert client.sent == [3, 6, 7, 8]
    assert done.counts[RowStatus.ACCEPTED] == 4
    assert "failed rows of upload 1, contacts.xlsx" in receipt(journal, done.run)
    assert resume(summary.run, journal, client).counts[RowStatus.SKIPPED] == 3
    assert sorted(first.sent + client.sent) == [2, 3, 3, 4, 5, 6, 7, 8], "row 3 was refused the first time"


def test_a_row_that_was_added_to_the_file_is_nobody_who_was_written_to(survey: Plan, journal: Journal, tmp_path: Path) -> None:
    summary = send(survey, journal, ScriptedClient({3: [REFUSED]}))
    plan = again(survey, corrected(saved(journal, summary.run, tmp_path / "failed.xlsx"), ("B3", "new@example.com")))
    plan_builder.refuse_repeat(plan_builder.find_earlier(plan, journal))
    client = ScriptedClient({9: [REFUSED]})
    done = send(plan, journal, client)
    assert client.sent == [3, 9], "rows 4 to 8 are others, whom the first upload has invited"
    later = again(plan, corrected(saved(journal, done.run, tmp_path / "again.xlsx"), ("B3", "newer@example.com")))
    assert [row.number for row in later.table.rows] == [9, 10]


def test_a_row_that_was_accepted_meanwhile_is_known_whatever_its_text_is_now(
    survey: Plan, journal: Journal, tmp_path: Path
) -> None:
    summary, _ = stopped_run(survey, journal)
    file = saved(journal, summary.run, tmp_path / "failed.xlsx")
    resume(summary.run, journal, ScriptedClient())
    corrected(file, ("C2", "Corrected"), ("C3", "Changed"))
    plan = again(survey, file)
    with pytest.raises(AlreadyUploaded, match="3 accepted"):
        plan_builder.refuse_repeat(plan_builder.find_earlier(plan, journal))
    client = ScriptedClient()
    send(replace(plan, skip_accepted=True), journal, client)
    assert client.sent == [3]


def test_correcting_the_same_file_twice_is_known_too(survey: Plan, journal: Journal, tmp_path: Path) -> None:
    summary, _ = stopped_run(survey, journal)
    file = saved(journal, summary.run, tmp_path / "failed.xlsx")
    send(again(survey, corrected(file, ("C2", "Corrected"))), journal)
    with pytest.raises(AlreadyUploaded, match="4 accepted"):
        plan_builder.refuse_repeat(plan_builder.find_earlier(again(survey, corrected(file, ("C2", "Once more"))), journal))
    with pytest.raises(AlreadyUploaded, match="6 accepted"):  # the first file itself: row 3 counts as sent, too
        plan_builder.refuse_repeat(plan_builder.find_earlier(survey, journal))


def test_a_correction_that_was_stopped_is_not_overtaken_by_the_older_text(journal: Journal, tmp_path: Path) -> None:
    plan = plan_of(ROWS)
    control = Control()
    summary = send(plan, journal, ScriptedClient(before_send=lambda _: control.stop()), control)
    left = [row.number for row in journal.left_to_do(summary.run, 0, 99)]
    file = corrected(saved(journal, summary.run, tmp_path / "failed.xlsx"), ("C2", "Newer"))
    assert send(again(plan, file), journal).counts[RowStatus.ACCEPTED] == len(left)
    client = ScriptedClient()
    resume(summary.run, journal, client)
    assert client.sent == []


def test_a_file_of_failed_rows_of_a_file_of_failed_rows(survey: Plan, journal: Journal, tmp_path: Path) -> None:
    summary, _ = stopped_run(survey, journal)
    plan = again(survey, saved(journal, summary.run, tmp_path / "failed.xlsx"))
    second = send(plan, journal, ScriptedClient({3: [REFUSED], 7: [REFUSED]}))
    third = again(survey, corrected(saved(journal, second.run, tmp_path / "more.xlsx"), ("C2", "Right")))
    assert [row.number for row in third.table.rows] == [3, 7]
    client = ScriptedClient()
    plan_builder.refuse_repeat(plan_builder.find_earlier(third, journal))
    send(third, journal, client)
    assert client.sent == [3, 7]


def test_two_corrections_of_one_row_at_the_same_time_are_not_both_sent(survey: Plan, journal: Journal, tmp_path: Path) -> None:
    summary, _ = stopped_run(survey, journal)
    file = saved(journal, summary.run, tmp_path / "failed.xlsx")
    mine, theirs = (again(survey, corrected(file, ("C2", text))) for text in ("Mine", "Theirs"))

    def rows() -> Iterator[JournalRow]:
        yield JournalRow(0, 3, "waiting", once_only=True, cells=("p3@example.com", "Mine"), fingerprint=b"mine")
        assert send(theirs, journal).counts[RowStatus.ACCEPTED] == 4

    with pytest.raises(AlreadyUploaded, match="have just left"):
        journal.record_run(mine, rows())


@pytest.mark.parametrize("run", ["known", "forgotten", "of another computer"])
def test_rows_that_may_have_arrived_are_never_sent_by_themselves(
    survey: Plan, journal: Journal, tmp_path: Path, stack: ExitStack, run: str
) -> None:
    summary, _ = stopped_run(survey, journal)
    file = saved(journal, summary.run, tmp_path / "failed.xlsx")
    if run == "forgotten":
        journal.forget(summary.run)
    elif run != "known":
        journal = stack.enter_context(Journal(AppPaths(tmp_path / "other")))
    plan = again(survey, corrected(file, ("C2", "Changed"), sheet=1), sheet="Not sure")
    with pytest.raises(AlreadyUploaded, match="1 perhaps"):
        plan_builder.refuse_repeat(plan_builder.find_earlier(plan, journal))
    client = ScriptedClient()
    send(replace(plan, skip_accepted=True), journal, client)
    assert client.sent == []
    send(replace(plan, skip_accepted=False), journal, client)
    assert client.sent == [4]


def unknown_run(file: Path, survey: Plan, paths: Path) -> tuple[Table, Journal]:
    other = AppPaths(paths)
    other.prepare()
    return read(file), Journal(other)


def test_on_another_computer_it_says_what_is_not_known(survey: Plan, journal: Journal, tmp_path: Path) -> None:
    summary, _ = stopped_run(survey, journal)
    table, other = unknown_run(saved(journal, summary.run, tmp_path / "failed.xlsx"), survey, tmp_path / "other")
    with other:
        send(plan_of([("a@example.com", "A")]), other)  # its own upload 1 is another one
        found = retried_rows(table, other)
    assert found is not None
    assert found.run is None
    assert found.mapping == Mapping((("Email", Source(column="Email")), ("First Name", Source(column="First Name"))))
    bare = replace(survey, table=table, mapping=found.mapping)
    assert "not recognised" in found.sentence(bare)
    assert "“Source” went to CustomerGauge then, and would not now." in found.sentence(bare)


def test_on_another_computer_a_csv_file_says_what_is_not_known(survey: Plan, journal: Journal, tmp_path: Path) -> None:
    summary, _ = stopped_run(survey, journal)
    table, other = unknown_run(saved(journal, summary.run, tmp_path / "failed.csv"), survey, tmp_path / "other")
    with other:
        retried = retried_rows(table, other)
    assert retried is not None
    assert (retried.run, retried.profile, retried.reference, retried.mapping) == (None, "test", "contact", None)
    assert retried.sentence(replace(survey, table=table)) == (
        "These are failed rows of upload 1 (contacts.xlsx), which this computer does not know (any more): rows that were "
        "accepted in it meanwhile are not recognised."
    )


def test_a_workbook_that_the_version_before_saved_knows_its_run(journal: Journal, tmp_path: Path) -> None:
    before = read(SAVED_BEFORE / "failed.xlsx")
    assert before.origin is not None
    headings = ("Email", "Name", "Row")
    rows = [("ann@example.com", "=Ann", "3"), ("cy@example.com", "Cy", "")]
    plan = plan_of(rows, headings)
    for _ in range(before.origin.run):
        run = send(plan, journal, ScriptedClient({2: [REFUSED], 3: [REFUSED]})).run
    values = before.origin.started, f"{before.origin.digest} Contacts", run
    journal._db.execute("update run set started = ?, content = ? where id = ?", values)
    send(plan_of([("ann@example.com", "Newer", "")], headings), journal)
    retried = retried_rows(before, journal)
    assert retried is not None
    assert retried.run == run
    client = ScriptedClient()
    done = send(replace(plan, table=before), journal, client)
    assert (client.sent, done.counts[RowStatus.SKIPPED]) == ([121], 1), "row 7 is older, row 120 has no email address"


def test_another_profile_is_said(survey: Plan, journal: Journal, tmp_path: Path) -> None:
    summary, _ = stopped_run(survey, journal)
    table = read(saved(journal, summary.run, tmp_path / "failed.xlsx"))
    found = retried_rows(table, journal)
    assert found is not None
    other = replace(survey, table=table, profile="Other", configuration=replace(survey.configuration, reference="else"))
    assert "would now be sent with “Other” to “else”" in found.sentence(other)
    elsewhere = replace(survey, table=table, region=Region.AU)
    assert "They went to the region PRACTICE, and would now go to the region AU." in found.sentence(elsewhere)
