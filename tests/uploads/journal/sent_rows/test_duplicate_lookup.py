"""Where corrections, forgetting, a colleague's memory and a lost record meet: nobody is written to twice unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from rig import Heard, ListedRows, ScriptedClient, Timer, inline, people, plan_of, status

from cg_uploader.errors import AlreadyUploaded
from cg_uploader.model.configuration import Options
from cg_uploader.model.enums import Activity, Answer, DataType, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply, Request
from cg_uploader.model.run import Batch, RunSummary
from cg_uploader.model.table import Row
from cg_uploader.settings.paths import AppPaths
from cg_uploader.sheets.reader import read
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.planning import plan_builder
from cg_uploader.uploads.results import report
from cg_uploader.uploads.results.retry_failed import failed_table
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

REFUSED = status(422, ("First Name", "is blocked."))


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


@pytest.fixture
def survey() -> Plan:
    return plan_of(people(5), data_type=DataType.SURVEY)


def send(plan: Plan, journal: Journal, client: ScriptedClient | None = None, control: Control | None = None) -> RunSummary:
    client, control = client or ScriptedClient(), control or Control()
    return engine.upload(plan, client, journal, on_batch=Heard(), control=control, dependencies=inline(Timer()))


def resume(run: int, journal: Journal) -> tuple[RunSummary, list[int]]:
    client = ScriptedClient()
    summary = engine.resume(run, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    return summary, client.sent


def stopped_at(row: int, plan: Plan, journal: Journal) -> RunSummary:
    """A run that is stopped when this row leaves."""
    control = Control()
    client = ScriptedClient(before_send=lambda request: control.stop() if request.row == row else None)
    return send(plan, journal, client, control)


def skipping(plan: Plan, journal: Journal) -> list[int]:
    """Rows that leave when a person wants accepted ones to be skipped."""
    client = ScriptedClient()
    send(replace(plan, skip_accepted=True), journal, client)
    return client.sent


def saved(journal: Journal, run: int, file: Path, **cells: str) -> Path:
    """The file of failed rows of a run, corrected."""
    report.save_failed_rows(journal, run, file)
    return corrected(file, **cells)


def corrected(file: Path, **cells: str) -> Path:
    book = openpyxl.load_workbook(file)
    for place, text in cells.items():
        book.worksheets[0][place] = text
    book.save(file)
    return file


def test_a_row_corrected_in_the_window_is_known_when_the_whole_file_comes_again(survey: Plan, journal: Journal) -> None:
    first = send(survey, journal, ScriptedClient({4: [REFUSED], 5: [REFUSED]}))
    again = replace(survey, table=failed_table(journal, first.run), edits={4: {1: "Right"}, 5: {1: "Right"}})
    second = send(again, journal)
    assert second.counts[RowStatus.ACCEPTED] == 2
    with pytest.raises(AlreadyUploaded, match="5 accepted"):
        plan_builder.refuse_repeat(plan_builder.find_earlier(survey, journal))
    assert skipping(survey, journal) == []


def test_a_row_corrected_in_the_window_and_still_to_be_sent_is_taken_over_by_the_whole_file(
    survey: Plan, journal: Journal
) -> None:
    first = send(survey, journal, ScriptedClient({4: [REFUSED], 5: [REFUSED]}))
    again = replace(survey, table=failed_table(journal, first.run), edits={4: {1: "Right"}, 5: {1: "Right"}})
    second = stopped_at(4, again, journal)
    left = second.counts[RowStatus.NOT_SENT]
    assert left
    sent = skipping(survey, journal)
    assert len(sent) == left
    assert resume(second.run, journal)[1] == []


@pytest.mark.parametrize("forgotten", ["the correction", "the file", "both"])
def test_what_was_corrected_is_not_sent_again_in_its_older_text_when_a_run_is_forgotten(
    survey: Plan, journal: Journal, tmp_path: Path, forgotten: str
) -> None:
    first = send(survey, journal, ScriptedClient({4: [REFUSED]}))
    plan = replace(survey, table=read(saved(journal, first.run, tmp_path / "failed.xlsx", C2="Right")))
    second = send(plan, journal)
    assert second.counts[RowStatus.ACCEPTED] == 1
    for name, run in (("the correction", second.run), ("the file", first.run)):
        if forgotten in (name, "both"):
            journal.forget(run)
    assert skipping(survey, journal) == []


def test_a_file_of_failed_rows_of_a_run_that_is_not_known_here_is_known_the_second_time(
    survey: Plan, journal: Journal, tmp_path: Path
) -> None:
    first = send(survey, journal, ScriptedClient({4: [REFUSED], 5: [REFUSED]}))
    file = saved(journal, first.run, tmp_path / "failed.xlsx", C2="Right")
    other = AppPaths(tmp_path / "other")
    other.prepare()
    with Journal(other) as theirs:
        send(replace(survey, table=read(file)), theirs, ScriptedClient({5: [REFUSED]}))
        plan = replace(survey, table=read(corrected(file, C2="Right, really", C3="Right too")))
        with pytest.raises(AlreadyUploaded, match="1 accepted"):
            plan_builder.refuse_repeat(plan_builder.find_earlier(plan, theirs))
        assert skipping(plan, theirs) == [5]


def test_what_a_colleague_has_sent_meanwhile_does_not_leave_when_a_run_goes_on(
    survey: Plan, journal: Journal, tmp_path: Path
) -> None:
    mine = stopped_at(3, survey, journal)
    left = mine.counts[RowStatus.NOT_SENT]
    assert left
    other = AppPaths(tmp_path / "other")
    other.prepare()
    with Journal(other) as theirs:
        send(survey, theirs, ScriptedClient({6: [REFUSED]}))
        _, code = theirs.sent_rows_file().export_to(tmp_path / "memory")
    journal.sent_rows_file().import_from(tmp_path / "memory", code)
    summary, sent = resume(mine.run, journal)
    assert sent == [6], "it was refused there"
    assert summary.counts[RowStatus.SKIPPED] == left - 1
    assert "Accepted on" in next(row.outcome.message for row in journal.rows(mine.run) if row.number == 5)


def meanwhile(do: Callable[[], object], plan: Plan, journal: Journal) -> list[int]:
    """Rows that leave when something happens while the first of them are recorded."""
    client, begun = ScriptedClient(), []

    def on_batch(batch: Batch) -> None:
        if batch.activity is Activity.PREPARING and not begun:
            begun.append(batch)
            do()

    engine.upload(plan, client, journal, on_batch=on_batch, control=Control(), dependencies=inline(Timer()))
    return client.sent


@pytest.mark.parametrize("text", ["Name 0", "Right"], ids=["in the same text", "corrected"])
def test_what_has_left_and_was_forgotten_while_rows_are_recorded_does_not_leave_again(
    journal: Journal, paths: AppPaths, text: str
) -> None:
    """Another window sends the row and forgets its upload after it was looked up here."""
    mine = plan_of(people(1), data_type=DataType.SURVEY)
    theirs = replace(mine, edits={2: {1: text}}, skip_accepted=False)

    def elsewhere() -> None:
        with Journal(paths) as other:
            other.forget(send(theirs, other).run)

    with pytest.raises(AlreadyUploaded, match="just left"):
        meanwhile(elsewhere, mine, journal)
    assert meanwhile(elsewhere, replace(mine, skip_accepted=False), journal) == [2], "a person wants that"


@pytest.mark.parametrize("again", [False, True])
def test_what_a_colleague_has_sent_is_heeded_also_when_it_is_told_while_rows_are_recorded(
    survey: Plan, journal: Journal, tmp_path: Path, again: bool
) -> None:
    with Journal(AppPaths(tmp_path / "other")) as theirs:
        send(survey, theirs, ScriptedClient({6: [REFUSED]}))
        _, code = theirs.sent_rows_file().export_to(tmp_path / "memory")
    plan = replace(survey, skip_accepted=not again)
    sent = meanwhile(lambda: journal.sent_rows_file().import_from(tmp_path / "memory", code), plan, journal)
    assert sent == ([2, 3, 4, 5, 6] if again else [6])


def test_rows_that_a_person_sends_again_knowingly_leave_when_that_run_goes_on(
    survey: Plan, journal: Journal, tmp_path: Path
) -> None:
    other = AppPaths(tmp_path / "other")
    other.prepare()
    with Journal(other) as theirs:
        send(survey, theirs)
        _, code = theirs.sent_rows_file().export_to(tmp_path / "memory")
    journal.sent_rows_file().import_from(tmp_path / "memory", code)
    mine = stopped_at(3, replace(survey, skip_accepted=False), journal)
    assert len(resume(mine.run, journal)[1]) == mine.counts[RowStatus.NOT_SENT] > 0


def test_rows_outside_the_range_are_no_repeat(survey: Plan, journal: Journal) -> None:
    send(replace(survey, options=Options(rows=(2, 3))), journal)
    rest = replace(survey, options=Options(rows=(4, 6)))
    plan_builder.refuse_repeat(plan_builder.find_earlier(rest, journal))
    with pytest.raises(AlreadyUploaded, match="1 accepted"):
        plan_builder.refuse_repeat(plan_builder.find_earlier(replace(survey, options=Options(rows=(3, 6))), journal))
    client = ScriptedClient()
    send(rest, journal, client)
    assert client.sent == [4, 5, 6]


def test_an_older_text_does_not_overtake_what_was_changed_and_accepted_since(journal: Journal) -> None:
    plan = plan_of(people(6))
    first = stopped_at(2, plan, journal)
    left = [row.number for row in journal.left_to_do(first.run, 0, 99)]
    assert 7 in left
    send(replace(plan, edits={7: {1: "Newer"}}), journal)
    assert resume(first.run, journal)[1] == []


def test_failed_rows_that_have_not_left_are_sent_from_the_window_without_a_question(survey: Plan, journal: Journal) -> None:
    first = stopped_at(3, survey, journal)
    again = replace(survey, table=failed_table(journal, first.run))
    found = plan_builder.find_earlier(again, journal)
    plan_builder.refuse_repeat(found)
    assert "has not finished" not in found.sentence
    assert send(again, journal).counts[RowStatus.ACCEPTED] == first.counts[RowStatus.NOT_SENT] > 0
    assert resume(first.run, journal)[1] == []


def test_the_file_itself_knows_what_was_corrected_after_its_own_run_was_forgotten(
    survey: Plan, journal: Journal, tmp_path: Path
) -> None:
    first = send(survey, journal, ScriptedClient({4: [REFUSED], 5: [REFUSED]}))
    second = send(
        replace(survey, table=read(saved(journal, first.run, tmp_path / "failed.xlsx"))),
        journal,
        ScriptedClient({4: [REFUSED]}),
    )
    journal.forget(first.run)
    send(replace(survey, table=read(saved(journal, second.run, tmp_path / "more.xlsx", C2="Right"))), journal)
    assert skipping(survey, journal) == []


def texts(survey: Plan, journal: Journal, tmp_path: Path, way: str, run: int, name: str) -> Plan:
    """The failed row 4 of ``run``, with another text, as a file of failed rows or in the window."""
    if way == "file":
        return replace(survey, table=read(saved(journal, run, tmp_path / f"{name}.xlsx", C2=name)))
    return replace(survey, table=failed_table(journal, run), edits={4: {1: name}})


@pytest.mark.parametrize("way", ["file", "window"])
def test_a_third_text_is_known_by_its_number_when_the_correction_was_forgotten(
    survey: Plan, journal: Journal, tmp_path: Path, way: str
) -> None:
    first = send(survey, journal, ScriptedClient({4: [REFUSED]}))
    second = send(texts(survey, journal, tmp_path, way, first.run, "Right"), journal)
    assert second.counts[RowStatus.ACCEPTED] == 1
    third = texts(survey, journal, tmp_path, way, first.run, "Right, really")
    journal.forget(second.run)
    with pytest.raises(AlreadyUploaded, match="1 accepted"):
        plan_builder.refuse_repeat(plan_builder.find_earlier(third, journal))
    with pytest.raises(AlreadyUploaded):
        send(third, journal)
    assert skipping(third, journal) == []
    client = ScriptedClient()
    send(replace(third, skip_accepted=False), journal, client)
    assert client.sent == [4], "a person may want just that"


def test_a_row_edited_before_it_was_sent_is_known_when_its_run_was_forgotten(survey: Plan, journal: Journal) -> None:
    run = send(replace(survey, edits={3: {1: "Edited"}}), journal).run
    journal.forget(run)
    with pytest.raises(AlreadyUploaded, match="5 accepted"):
        plan_builder.refuse_repeat(plan_builder.find_earlier(survey, journal))
    assert skipping(survey, journal) == []


def test_a_row_that_may_have_arrived_is_known_by_its_number_too(survey: Plan, journal: Journal) -> None:
    edited = replace(survey, edits={3: {1: "Edited"}})
    journal.forget(send(edited, journal, ScriptedClient({3: [Reply(Answer.NOTHING)]})).run)
    assert plan_builder.find_earlier(survey, journal).known == {RowStatus.ACCEPTED: 4, RowStatus.NOT_SURE: 1}
    assert skipping(survey, journal) == []


def test_rows_are_known_by_their_numbers_when_their_values_were_deleted(survey: Plan, journal: Journal) -> None:
    first = send(survey, journal, ScriptedClient({4: [REFUSED]}))
    again = replace(survey, table=failed_table(journal, first.run), edits={4: {1: "Right"}})
    send(again, journal)
    assert journal.delete_old_values(0) == [1, 2]
    third = replace(again, edits={4: {1: "Right, really"}})
    with pytest.raises(AlreadyUploaded, match="1 accepted"):
        plan_builder.refuse_repeat(plan_builder.find_earlier(third, journal))
    assert skipping(third, journal) == skipping(survey, journal) == []


@pytest.mark.parametrize("way", ["file", "window"])
def test_what_a_colleague_has_corrected_is_known_by_its_number(
    survey: Plan, journal: Journal, tmp_path: Path, way: str
) -> None:
    """Both have the file; the colleague corrects a row, and hands over what is remembered."""
    other = AppPaths(tmp_path / "other")
    other.prepare()
    with Journal(other) as theirs:
        first = send(survey, theirs, ScriptedClient({4: [REFUSED]}))
        send(texts(survey, theirs, tmp_path, way, first.run, "Right"), theirs)
        count, code = theirs.sent_rows_file().export_to(tmp_path / "memory")
    assert count == 5, "of each row once, however it is known"
    assert journal.sent_rows_file().import_from(tmp_path / "memory", code).rows == 5
    with pytest.raises(AlreadyUploaded, match="5 accepted"):
        plan_builder.refuse_repeat(plan_builder.find_earlier(survey, journal))
    assert skipping(survey, journal) == []


def test_a_row_on_its_way_when_the_program_died_is_handed_over_as_one_that_may_have_arrived(
    survey: Plan, journal: Journal, tmp_path: Path
) -> None:
    class Killed(BaseException):
        """The program dies."""

    def die(request: Request) -> None:
        if request.row == 3:
            raise Killed

    other = AppPaths(tmp_path / "other")
    with pytest.raises(Killed), Journal(other) as theirs:
        send(survey, theirs, ScriptedClient(before_send=die))
    with Journal(other) as theirs:
        memories = theirs.sent_rows_file()
        assert memories.describe() == (
            "This computer remembers 1 accepted row that it has sent itself. 1 more may have arrived.",
        )
        _, code = memories.export_to(tmp_path / "memory")
    told = journal.sent_rows_file().import_from(tmp_path / "memory", code)
    for said in (told.import_message, told.description):
        assert said.startswith("1 accepted row ")
        assert said.endswith(". 1 more may have arrived.")
    assert plan_builder.find_earlier(survey, journal).known[RowStatus.NOT_SURE] == 1
    assert 3 not in skipping(survey, journal)


def test_what_a_colleague_has_corrected_meanwhile_does_not_leave_when_a_run_goes_on(
    survey: Plan, journal: Journal, tmp_path: Path
) -> None:
    mine = stopped_at(3, survey, journal)
    assert 6 in [row.number for row in journal.left_to_do(mine.run, 0, 9)]
    other = AppPaths(tmp_path / "other")
    other.prepare()
    with Journal(other) as theirs:
        send(replace(survey, edits={6: {1: "Right"}}), theirs)
        _, code = theirs.sent_rows_file().export_to(tmp_path / "memory")
    journal.sent_rows_file().import_from(tmp_path / "memory", code)
    assert resume(mine.run, journal)[1] == []


def resaved(plan: Plan) -> Plan:
    """The same rows in a file of other bytes, a row further down."""
    rows = ListedRows([Row(2, ("new@example.com", "New")), *(Row(row.number + 1, row.cells) for row in plan.table.rows)])
    return replace(plan, table=replace(plan.table, digest="another", rows=rows))


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_text_that_left_in_a_corrected_form_is_known_in_any_file(survey: Plan, journal: Journal, *, forgotten: bool) -> None:
    first = send(survey, journal, ScriptedClient({4: [REFUSED]}))
    send(replace(survey, table=failed_table(journal, first.run), edits={4: {1: "Right"}}), journal)
    if forgotten:
        journal.forget(first.run)
    assert plan_builder.find_earlier(resaved(survey), journal).known == {RowStatus.ACCEPTED: 5}
    assert skipping(resaved(survey), journal) == [2]


def test_a_text_that_was_only_refused_is_not_taken_for_sent(survey: Plan, journal: Journal) -> None:
    journal.forget(send(survey, journal, ScriptedClient({4: [REFUSED]})).run)
    assert skipping(survey, journal) == [4]
    assert skipping(resaved(survey), journal) == [2]


def test_rows_that_left_as_repeatable_ones_are_asked_about_when_they_turn_out_to_invite(journal: Journal) -> None:
    """The menu path leads people to a reference that sends surveys; they notice it afterwards, and choose the data type."""
    plan = plan_of(people(3))
    send(plan, journal, ScriptedClient({4: [REFUSED]}))
    inviting = replace(plan, configuration=replace(plan.configuration, data_type=DataType.SURVEY))
    with pytest.raises(AlreadyUploaded, match="2 accepted"):
        plan_builder.refuse_repeat(plan_builder.find_earlier(inviting, journal))
    assert skipping(inviting, journal) == [4]


def test_what_an_earlier_version_has_remembered_is_completed(survey: Plan, journal: Journal, tmp_path: Path) -> None:
    """It knew once-only rows by their texts alone."""
    send(replace(survey, edits={3: {1: "Edited"}}), journal)
    journal.add_sent_rows()
    journal._db.execute("delete from memory where subject <> fingerprint")
    journal._db.execute("update run set remembered = 1")
    _, code = journal.sent_rows_file().export_to(tmp_path / "memory")
    other = AppPaths(tmp_path / "other")
    other.prepare()
    with Journal(other) as theirs:
        theirs.sent_rows_file().import_from(tmp_path / "memory", code)
        assert skipping(survey, theirs) == []


def test_a_run_whose_plan_is_not_as_it_was_written_can_be_forgotten(survey: Plan, journal: Journal) -> None:
    run = send(survey, journal).run
    journal._db.execute("update run set plan = ?", ('{"origin": [["run", "7"',))
    journal.forget(run)
    assert skipping(survey, journal) == []
