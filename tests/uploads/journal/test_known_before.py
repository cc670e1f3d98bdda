"""Where corrections, forgetting, a colleague's memory and a lost record meet: nobody is written to twice unasked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from rig import Heard, ScriptedClient, Timer, inline, people, plan_of, status

from cg_uploader.errors import AlreadyUploaded
from cg_uploader.model import Options, Plan, RunSummary
from cg_uploader.settings.paths import Places
from cg_uploader.sheets.reader import read
from cg_uploader.uploads import planning, report
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.takeup import failed_table
from cg_uploader.vocabulary import DataType, RowStatus

REFUSED = status(422, ("First Name", "is blocked."))


@pytest.fixture
def journal(places: Places) -> Iterator[Journal]:
    with closing(Journal(places)) as found:
        yield found


@pytest.fixture
def survey() -> Plan:
    return plan_of(people(5), data_type=DataType.SURVEY)


def send(plan: Plan, journal: Journal, client: ScriptedClient | None = None, control: Control | None = None) -> RunSummary:
    client, control = client or ScriptedClient(), control or Control()
    return engine.upload(plan, client, journal, on_batch=Heard(), control=control, surroundings=inline(Timer()))


def resume(run: int, journal: Journal) -> tuple[RunSummary, list[int]]:
    client = ScriptedClient()
    summary = engine.resume(run, client, journal, on_batch=Heard(), control=Control(), surroundings=inline(Timer()))
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
    """The repair file of a run, corrected."""
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
        planning.refuse_repeat(planning.earlier(survey, journal))
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


def test_a_repair_file_of_a_run_that_is_not_known_here_is_known_the_second_time(
    survey: Plan, journal: Journal, tmp_path: Path
) -> None:
    first = send(survey, journal, ScriptedClient({4: [REFUSED], 5: [REFUSED]}))
    file = saved(journal, first.run, tmp_path / "failed.xlsx", C2="Right")
    other = Places(tmp_path / "other")
    other.prepare()
    with Journal(other) as theirs:
        send(replace(survey, table=read(file)), theirs, ScriptedClient({5: [REFUSED]}))
        plan = replace(survey, table=read(corrected(file, C2="Right, really", C3="Right too")))
        with pytest.raises(AlreadyUploaded, match="1 accepted"):
            planning.refuse_repeat(planning.earlier(plan, theirs))
        assert skipping(plan, theirs) == [5]


def test_what_a_colleague_has_sent_meanwhile_does_not_leave_when_a_run_goes_on(
    survey: Plan, journal: Journal, tmp_path: Path
) -> None:
    mine = stopped_at(3, survey, journal)
    left = mine.counts[RowStatus.NOT_SENT]
    assert left
    other = Places(tmp_path / "other")
    other.prepare()
    with Journal(other) as theirs:
        send(survey, theirs, ScriptedClient({6: [REFUSED]}))
        _, code = theirs.memories().export_to(tmp_path / "memory")
    journal.memories().import_from(tmp_path / "memory", code)
    summary, sent = resume(mine.run, journal)
    assert sent == [6], "it was refused there"
    assert summary.counts[RowStatus.SKIPPED] == left - 1
    assert "Accepted on" in next(row.outcome.message for row in journal.rows(mine.run) if row.number == 5)


def test_rows_that_a_person_sends_again_knowingly_leave_when_that_run_goes_on(
    survey: Plan, journal: Journal, tmp_path: Path
) -> None:
    other = Places(tmp_path / "other")
    other.prepare()
    with Journal(other) as theirs:
        send(survey, theirs)
        _, code = theirs.memories().export_to(tmp_path / "memory")
    journal.memories().import_from(tmp_path / "memory", code)
    mine = stopped_at(3, replace(survey, skip_accepted=False), journal)
    assert len(resume(mine.run, journal)[1]) == mine.counts[RowStatus.NOT_SENT] > 0


def test_rows_outside_the_range_are_no_repeat(survey: Plan, journal: Journal) -> None:
    send(replace(survey, options=Options(rows=(2, 3))), journal)
    rest = replace(survey, options=Options(rows=(4, 6)))
    planning.refuse_repeat(planning.earlier(rest, journal))
    with pytest.raises(AlreadyUploaded, match="1 accepted"):
        planning.refuse_repeat(planning.earlier(replace(survey, options=Options(rows=(3, 6))), journal))
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
    found = planning.earlier(again, journal)
    planning.refuse_repeat(found)
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
