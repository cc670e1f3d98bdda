"""An older row never goes out over a newer one of its identifier: on resume, from failed rows, after kills and forgetting."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from rig import Heard, ListedRows, ScriptedClient, Timer, inline, plan_of, status

from cg_uploader.model.configuration import Field
from cg_uploader.model.enums import Answer, DataType, FieldKind, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply, Request
from cg_uploader.model.run import RunSummary
from cg_uploader.model.table import Row
from cg_uploader.settings.paths import AppPaths
from cg_uploader.sheets.reader import read
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.results import report
from cg_uploader.uploads.results.retry_failed import failed_table
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

LOST = [Reply(Answer.NOTHING)] * 4
DOWN = [status(500)] * 4
REFUSED = [status(422, ("First Name", "is blocked."))]


class Killed(BaseException):
    """The program dies."""


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


_file = itertools.count()


def planned(*values: str, **more: object) -> Plan:
    """A file of its own: ``a1`` is the address a with the name 1."""
    rows = [(f"{value[0]}@example.com", value[1:]) for value in values]
    plan = plan_of(rows, **more)  # type: ignore[arg-type]
    return replace(plan, table=replace(plan.table, digest=f"file-{next(_file)}", file=Path("contacts.xlsx")))


def scripted(script: dict[int, list[Reply]] | None) -> dict[int, list[Reply]]:
    """Answers that a client may use up."""
    return {row: list(answers) for row, answers in (script or {}).items()}


def send(journal: Journal, plan: Plan, script: dict[int, list[Reply]] | None = None, *, stop: int = 0) -> RunSummary:
    """Upload; ``stop``: the row behind whose sending the user stops."""
    control = Control()

    def look(request: Request) -> None:
        if request.row == stop:
            control.stop()

    client = ScriptedClient(scripted(script), before_send=look)
    return engine.upload(plan, client, journal, on_batch=Heard(), control=control, dependencies=inline(Timer()))


def killed_at(paths: AppPaths, plan: Plan, row: int) -> int:
    """The program dies while a row is on its way; the run's number."""

    def die(request: Request) -> None:
        if request.row == row:
            raise Killed

    with closing(Journal(paths)) as other:
        client = ScriptedClient(before_send=die)
        with suppress(Killed):
            engine.upload(plan, client, other, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
        return other.runs()[0]


def resume(journal: Journal, run: int, script: dict[int, list[Reply]] | None = None) -> list[int]:
    """Go on; the rows that leave."""
    client = ScriptedClient(scripted(script))
    engine.resume(run, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    return client.sent


def leaving(journal: Journal, plan: Plan) -> list[int]:
    client = ScriptedClient()
    engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    return client.sent


def row_of(journal: Journal, run: int, number: int) -> JournalRow:
    return next(row for row in journal.rows(run) if row.number == number)


# ---------------------------------------------------------------------------------------------------- within one run


@pytest.mark.parametrize("answers", [LOST, DOWN])
def test_a_row_that_is_not_sure_does_not_leave_again_over_a_later_one(journal: Journal, answers: list[Reply]) -> None:
    run = send(journal, planned("a1", "a2", "b1"), {2: answers}).run
    assert resume(journal, run) == []
    row = row_of(journal, run, 2)
    assert row.status is RowStatus.NOT_SURE
    assert row.outcome.message == (
        "This row may have arrived. Row 3, further down with the same identifier, was accepted since, so it is not sent again."
    )
    assert row.attempts == 4
    assert journal.unsettled(run) == 0, "there is nothing to continue"
    assert journal.summary(run).counts == {
        **dict.fromkeys(RowStatus, 0),
        RowStatus.ACCEPTED: 2,
        RowStatus.NOT_SURE: 1,
    }


def test_the_row_says_so_as_soon_as_its_run_ends(journal: Journal) -> None:
    run = send(journal, planned("a1", "a2"), {2: LOST}).run
    assert "was accepted since" in row_of(journal, run, 2).outcome.message
    assert journal.unsettled(run) == 0


def test_a_later_row_that_was_not_accepted_holds_nothing_back(journal: Journal) -> None:
    run = send(journal, planned("a1", "a2", "b1", "b2", "c1", "d1"), {2: LOST, 3: REFUSED, 4: LOST, 5: LOST, 6: LOST}).run
    assert resume(journal, run, {5: REFUSED}) == [2, 4, 6, 5]
    assert row_of(journal, run, 2).status is row_of(journal, run, 4).status is RowStatus.ACCEPTED


def test_an_earlier_row_that_was_accepted_holds_nothing_back(journal: Journal) -> None:
    run = send(journal, planned("a1", "a2"), {3: LOST}).run
    assert resume(journal, run) == [3]


def test_once_only_rows_have_rules_of_their_own(journal: Journal) -> None:
    run = send(journal, planned("a1", "a2", data_type=DataType.SURVEY), {2: LOST}).run
    assert row_of(journal, run, 2).state == "not_sure"
    assert "may have been taken" in row_of(journal, run, 2).outcome.message


def test_where_nothing_identifies_rows_each_accepted_one_further_down_counts(journal: Journal) -> None:
    headings = ("Nickname", "First Name")
    run = send(journal, planned("a1", "b2", "c3", headings=headings), {3: LOST, 4: LOST}).run
    assert resume(journal, run) == [3, 4], "nothing further down was accepted"
    run = send(journal, planned("a1", "b2", headings=headings), {2: LOST}).run
    assert resume(journal, run) == []
    assert row_of(journal, run, 2).outcome.message == (
        "This row may have arrived. Row 3, further down, was accepted since, and nothing says whom these rows are about, "
        "so it is not sent again."
    )
    assert leaving(journal, replace(planned(headings=headings), table=failed_table(journal, run))) == [2], "the user's choice"


def test_the_same_file_again_without_accepted_rows_sends_no_older_row_that_is_not_sure(journal: Journal) -> None:
    plan = planned("a1", "a2", "b1", "c1", "c2")
    first = send(journal, plan, {2: LOST, 5: LOST, 6: LOST}).run
    again = replace(plan, skip_accepted=True)
    client = ScriptedClient({5: list(LOST), 6: list(LOST)})
    run = engine.upload(again, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer())).run
    assert set(client.sent) == {5, 6}, "of the contact c nothing was accepted"
    row = row_of(journal, run, 2)
    assert (row.status, row.cells) == (RowStatus.NOT_SURE, row_of(journal, first, 2).cells), "for the file of failed rows"
    assert row.outcome.message == (
        "This row may have arrived in an earlier upload. A row further down with the same identifier was accepted since, "
        "so it is not sent again."
    )
    assert row_of(journal, run, 3).status is RowStatus.SKIPPED
    assert resume(journal, run) == [5, 6]
    for forgotten in (run, first):
        assert leaving(journal, again) == []
        journal.forget(forgotten)
    assert leaving(journal, again) == []


def test_a_newer_file_with_that_row_is_sent(journal: Journal) -> None:
    send(journal, planned("a1", "a2"), {2: LOST})
    assert leaving(journal, replace(planned("a1"), skip_accepted=True)) == [2]
    send(journal, planned("a1", "a2"), {2: LOST})
    assert leaving(journal, replace(planned("a1", "a3"), skip_accepted=True)) == [2, 3]


def test_a_row_that_names_nobody_is_sent_again_where_others_name_somebody(journal: Journal) -> None:
    plan = plan_of([("", "x@example.com"), ("a@example.com", "")], ("Email", "Other"))
    fields = (Field("Email", kind=FieldKind.EMAIL), Field("Other", kind=FieldKind.EMAIL))
    plan = replace(plan, configuration=replace(plan.configuration, fields=fields))
    run = send(journal, plan, {2: LOST}).run
    assert resume(journal, run) == [2]


# ---------------------------------------------------------------------------------------------------- another run


def test_a_row_that_has_never_left_is_skipped_when_a_newer_file_has_brought_newer_values(journal: Journal) -> None:
    run = send(journal, planned("a1", "b1", "c1", connections=1), stop=2).run
    newer = send(journal, planned("x1", "b2")).run
    assert resume(journal, run) == [4]
    row = row_of(journal, run, 3)
    assert row.status is RowStatus.SKIPPED
    assert row.outcome.message == (
        f"Upload {newer} has a newer row with the same identifier (row 3), so this one was not sent."
    )


def test_a_row_that_is_not_sure_stays_so_when_a_newer_file_has_brought_newer_values(journal: Journal) -> None:
    run = send(journal, planned("a1", "b1"), {2: LOST}).run
    newer = send(journal, planned("a2")).run
    assert resume(journal, run) == []
    row = row_of(journal, run, 2)
    assert row.status is RowStatus.NOT_SURE
    assert row.outcome.message == (
        f"This row may have arrived. Upload {newer} has a newer row with the same identifier (row 2), so it is not sent again."
    )
    assert journal.summary(run).stopped is None


def test_a_row_on_its_way_when_the_program_died_stays_not_sure_then(journal: Journal, paths: AppPaths) -> None:
    run = killed_at(paths, planned("a1", "b1", "c1", connections=1), 3)
    assert row_of(journal, run, 3).state == "sending"
    send(journal, planned("b2"))
    assert resume(journal, run) == [4]
    assert row_of(journal, run, 3).status is RowStatus.NOT_SURE


def test_a_newer_row_that_may_have_arrived_counts_and_a_refused_one_does_not(journal: Journal) -> None:
    run = send(journal, planned("a1", "b1", "c1"), {2: LOST, 3: LOST, 4: LOST}).run
    newer = send(journal, planned("a2", "b2"), {2: LOST, 3: REFUSED}).run
    assert resume(journal, run) == [3, 4]
    assert resume(journal, newer) == [2]


def test_an_older_upload_that_goes_on_later_holds_no_newer_one_back(journal: Journal) -> None:
    older = send(journal, planned("a1"), {2: LOST}).run
    newer = send(journal, planned("a2", "b2", connections=1), {2: LOST}, stop=2).run
    assert row_of(journal, newer, 2).status is RowStatus.NOT_SURE
    journal._db.execute("update row set state = 'waiting' where id = ?", (newer << 32,))
    assert resume(journal, older) == [2]
    assert resume(journal, newer) == [2, 3]


def test_a_newer_row_that_was_skipped_as_accepted_counts(journal: Journal) -> None:
    send(journal, planned("a2"))
    run = send(journal, planned("x1", "a1", connections=1), stop=2).run
    send(journal, replace(planned("a2"), skip_accepted=True))
    assert resume(journal, run) == []


def test_another_address_or_a_survey_of_the_same_contact_holds_nothing_back(journal: Journal) -> None:
    run = send(journal, planned("a1", "b1"), {2: LOST, 3: LOST}).run
    there = planned("a2")
    send(journal, replace(there, address=replace(there.address, records="http://127.0.0.1:9/elsewhere/")))
    send(journal, planned("b2", data_type=DataType.SURVEY, reference="survey"))
    assert resume(journal, run) == [2, 3]


@pytest.mark.parametrize("forgotten", [False, True])
def test_what_a_newer_upload_has_sent_is_heeded_when_that_was_forgotten(journal: Journal, *, forgotten: bool) -> None:
    run = send(journal, planned("a1", "b1"), {2: LOST, 3: LOST}).run
    newer = send(journal, planned("a2")).run
    if forgotten:
        journal.forget(newer)
    assert resume(journal, run) == [3]


def test_a_run_that_cannot_be_read_any_more_holds_nothing_up(journal: Journal) -> None:
    run = send(journal, planned("a1"), {2: LOST}).run
    broken = send(journal, planned("a2")).run
    journal._db.execute("update run set plan = ? where id = ?", ('{"origin": [["run", "7"', broken))
    assert resume(journal, run) == []


# ---------------------------------------------------------------------------------------------------- failed rows


def saved(journal: Journal, run: int, file: Path, **cells: str) -> Path:
    assert report.save_failed_rows(journal, run, file)
    book = openpyxl.load_workbook(file)
    for place, text in cells.items():
        book.worksheets[0][place] = text
    book.save(file)
    return file


Again = Callable[[Journal, Plan, int], Plan]


@pytest.fixture(params=["file", "window"])
def again(request: pytest.FixtureRequest, tmp_path: Path) -> Again:
    """The failed rows of a run as they are now, in a file or straight from the journal."""

    def opened(journal: Journal, plan: Plan, run: int) -> Plan:
        if request.param == "window":
            return replace(plan, table=failed_table(journal, run))
        return replace(plan, table=read(saved(journal, run, tmp_path / f"failed {next(_file)}.xlsx")))

    return opened


def said(summary: RunSummary) -> dict[RowStatus, int]:
    return {status: count for status, count in summary.counts.items() if count}


def test_failed_rows_are_not_sent_over_a_row_further_down_in_their_file(journal: Journal, again: Again) -> None:
    plan = planned("a1", "b1", "a2")
    run = send(journal, plan, {2: REFUSED, 3: REFUSED}).run
    last = send(journal, again(journal, plan, run))
    assert said(last) == {RowStatus.ACCEPTED: 1, RowStatus.SKIPPED: 1}
    assert row_of(journal, last.run, 2).outcome.message == (
        f"Upload {run} has a newer row with the same identifier (row 4), so this one was not sent."
    )


def test_failed_rows_that_may_have_arrived_stay_not_sure_there_too(journal: Journal, again: Again) -> None:
    plan = planned("a1", "b1")
    run = send(journal, plan, {2: LOST, 3: LOST}).run
    rows = again(journal, plan, run)
    send(journal, planned("a2"))
    last = send(journal, rows)
    assert said(last) == {RowStatus.ACCEPTED: 1, RowStatus.NOT_SURE: 1}
    assert "may have arrived" in row_of(journal, last.run, 2).outcome.message
    assert resume(journal, run) == resume(journal, last.run) == []
    assert row_of(journal, run, 2).status is RowStatus.NOT_SURE
    assert row_of(journal, run, 2).state == row_of(journal, last.run, 2).state == "overtaken"


def test_what_was_overtaken_can_be_saved_and_is_sent_by_a_choice_of_its_own(journal: Journal, again: Again) -> None:
    plan = planned("a1", "a2")
    run = send(journal, plan, {2: LOST}).run
    rows = again(journal, plan, run)
    assert said(send(journal, rows)) == {RowStatus.NOT_SURE: 1}
    assert said(send(journal, replace(rows, skip_accepted=True))) == {RowStatus.NOT_SURE: 1}
    again_all = send(journal, replace(rows, skip_accepted=False, table=rows.table), {2: LOST}).run
    assert resume(journal, again_all) == [2], "the choice holds until all is sent"


def test_what_was_overtaken_makes_nothing_uncertain_that_was_accepted_since(journal: Journal, again: Again) -> None:
    plan = planned("a1", "a2")
    run = send(journal, plan, {2: LOST}).run
    send(journal, again(journal, plan, run))
    send(journal, plan)
    assert leaving(journal, replace(plan, skip_accepted=True)) == []


def test_what_was_overtaken_is_not_said_to_do_no_harm(journal: Journal, tmp_path: Path) -> None:
    run = send(journal, planned("a1", "a2"), {2: LOST}).run
    sheet = openpyxl.load_workbook(saved(journal, run, tmp_path / "failed.xlsx")).worksheets[0]
    assert [cell.value for cell in sheet[2]][-1] == (
        "Nothing, if the newer row is right: this one stays out when the file is opened again."
    )


def test_failed_rows_stay_as_old_as_their_file_when_they_go_on_later(journal: Journal, again: Again) -> None:
    plan = planned("x1", "a1", "b1", "c1", connections=1)
    run = send(journal, plan, {3: REFUSED, 4: REFUSED, 5: REFUSED}).run
    rows = again(journal, plan, run)
    third = send(journal, rows, stop=3).run
    fourth = send(journal, replace(again(journal, plan, third), edits={4: {1: "better"}}), {4: LOST, 5: LOST}).run
    newest = send(journal, planned("b9")).run
    assert newest > fourth > third > run
    assert resume(journal, fourth) == [5]
    assert row_of(journal, fourth, 4).status is RowStatus.NOT_SURE


def test_failed_rows_are_corrected_twice_and_the_second_text_counts(journal: Journal, again: Again) -> None:
    plan = planned("a1", "b1")
    run = send(journal, plan, {2: REFUSED}).run
    rows = again(journal, plan, run)
    assert leaving(journal, replace(rows, edits={2: {1: "right"}})) == [2]
    assert leaving(journal, replace(rows, edits={2: {1: "right, really"}})) == [2]


def test_what_was_added_to_a_file_of_failed_rows_is_new(journal: Journal, tmp_path: Path) -> None:
    plan = planned("a1", "b1")
    run = send(journal, plan, {2: REFUSED}).run
    file = saved(journal, run, tmp_path / "failed.xlsx", B3="c@example.com", C3="added")
    send(journal, planned("a2", "c2"))
    client = ScriptedClient()
    again = replace(plan, table=read(file))
    engine.upload(again, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert client.sent == [4], "behind the two rows of the file"


def test_failed_rows_of_an_upload_that_is_not_known_are_sent(journal: Journal, tmp_path: Path) -> None:
    """Nobody can say here what is newer, which is said when the file is opened."""
    plan = planned("a1", "b1")
    run = send(journal, plan, {2: REFUSED}).run
    file = saved(journal, run, tmp_path / "failed.xlsx")
    send(journal, planned("a2"))
    journal.forget(run)
    assert leaving(journal, replace(plan, table=read(file))) == [2]


# ---------------------------------------------------------------------------------------------------- how much it costs


def test_a_run_whose_open_rows_all_stand_behind_the_accepted_ones_is_looked_through_once(journal: Journal) -> None:
    """A resumed run of a million rows must begin at once: no row is looked up by itself."""
    run = send(journal, planned(*(f"{letter}1" for letter in "abcdefgh"), connections=1), stop=4).run
    statements: list[str] = []
    journal._db.set_trace_callback(statements.append)
    journal.settle(run)
    journal._db.set_trace_callback(None)
    assert sum("about = subject" in statement for statement in statements) <= 1
    assert len(statements) < 12


def numbered(rows: Sequence[tuple[int, str]], plan: Plan) -> Plan:
    """The plan over rows with these numbers."""
    listed = ListedRows(Row(number, (f"{value[0]}@example.com", value[1:])) for number, value in rows)
    return replace(plan, table=replace(plan.table, rows=listed))


def test_numbers_with_gaps_are_compared_as_the_file_shows_them(journal: Journal, again: Again) -> None:
    plan = numbered([(2, "a1"), (70, "a2"), (900, "b1")], planned())
    run = send(journal, plan, {2: REFUSED, 70: LOST}).run
    assert said(send(journal, again(journal, plan, run))) == {RowStatus.ACCEPTED: 2}
