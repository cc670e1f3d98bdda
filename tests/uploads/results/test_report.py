"""What a run leaves for people: totals, the file of failed rows, the receipt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from rig import Heard, ScriptedClient, Timer, inline, plan_of, status

from cg_uploader.errors import AlreadyUploaded
from cg_uploader.fields.matching import match
from cg_uploader.model.configuration import Mapping, Source
from cg_uploader.model.enums import Answer, DataType, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply
from cg_uploader.settings.paths import AppPaths
from cg_uploader.sheets.reader import read
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.planning import plan_builder
from cg_uploader.uploads.results import report
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

HOSTILE = '<script>alert("x")</script>'
ROWS = [
    ("ann@example.com", "Ann"),
    ("bob@example.com", HOSTILE),
    ("not an address", "=1+1"),
    ("dora@example.com", "007"),
]


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def carried_out(journal: Journal, kind: DataType = DataType.CONTACT) -> tuple[int, Plan]:
    plan = plan_of(ROWS, data_type=kind, reference="<i>contact</i>")
    refused = status(422, ("Email", f"The e-mail {HOSTILE} is blocked."))
    client = ScriptedClient({3: [refused], 5: [Reply(Answer.NOTHING)] * 9})
    timer = Timer()
    summary = engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(timer))
    return summary.run, plan


def sheets(file: Path) -> dict[str, list[list[object]]]:
    book = openpyxl.load_workbook(file)
    found = {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}
    del found["CG Uploader"]
    assert {cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
    book.close()
    return found


def test_the_file_of_failed_rows_holds_the_rows_that_need_attention(journal: Journal, tmp_path: Path) -> None:
    run, plan = carried_out(journal)
    target = tmp_path / "failed.xlsx"
    assert report.save_failed_rows(journal, run, target) == 3
    (rows,) = sheets(target).values()
    assert rows[0] == ["[cg-row]", "Email", "First Name", "Status [cg-status]", "Problem [cg-problem]", "What to do [cg-to-do]"]
    assert [["/".join(str(row[0]).split("/")[:3]), *row[1:4]] for row in rows[1:]] == [
        ["3/refused/1", "bob@example.com", HOSTILE, "Refused"],
        ["4/held_back/1", "not an address", "=1+1", "Held back"],
        ["5/not_sure/1", "dora@example.com", "007", "Not sure"],
    ]
    assert all(row[4] and row[5] for row in rows[1:])
    again = read(target)
    assert match(plan.configuration, again.columns).mapping == plan.mapping
    assert [row.cells for row in again.rows] == ROWS[1:]


def test_the_file_of_failed_rows_names_the_column_too_where_it_is_called_otherwise(journal: Journal, tmp_path: Path) -> None:
    plan = plan_of(ROWS)
    columns = (replace(plan.table.columns[0], heading="E-mail address"), *plan.table.columns[1:])
    (_, name), mapped = plan.mapping.sources, ("Email", Source(column="E-mail address"))
    plan = replace(plan, table=replace(plan.table, columns=columns), mapping=Mapping((mapped, name)))
    heard, timer = Heard(), Timer()
    summary = engine.upload(plan, ScriptedClient({}), journal, on_batch=heard, control=Control(), dependencies=inline(timer))
    report.save_failed_rows(journal, summary.run, tmp_path / "failed.xlsx")
    (_, row) = sheets(tmp_path / "failed.xlsx")["Rows that need you"]
    assert str(row[4]).startswith("Email (column “E-mail address”): “not an address” is not an email address")
    outcome = next(each for each in journal.outcomes(summary.run) if each.status is RowStatus.HELD_BACK)
    assert outcome.message.startswith("Email: “not an address” is not an email address")


def test_once_only_rows_that_may_have_arrived_stand_on_a_sheet_of_their_own(journal: Journal, tmp_path: Path) -> None:
    run, _ = carried_out(journal, DataType.SURVEY)
    target = tmp_path / "failed.xlsx"
    report.save_failed_rows(journal, run, target)
    found = sheets(target)
    assert len(found) == 2
    first, second = found.values()
    assert "dora@example.com" not in str(first)
    assert "dora@example.com" in str(second)
    assert "Request History" in str(second)
    assert "dora@example.com" not in [row.cells[0] for row in read(target).rows]


def test_no_file_is_written_when_nobody_is_needed(journal: Journal, tmp_path: Path) -> None:
    client = ScriptedClient()
    plan = plan_of(ROWS[:1])
    summary = engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert report.save_failed_rows(journal, summary.run, tmp_path / "failed.xlsx") == 0
    assert list(tmp_path.glob("*.xlsx")) == []


def test_data_and_words_say_the_same(journal: Journal) -> None:
    run, _ = carried_out(journal)
    data = json.loads("".join(report.as_json(journal, run)))
    assert sum(data[status.value] for status in RowStatus) == data["rows"] == len(data["outcomes"]) == 4
    assert report.totals_in_words(journal.summary(run)) == "4 rows: 1 accepted · 1 refused · 1 held back · 1 not sure"


def test_what_is_known_of_a_file_from_before(journal: Journal) -> None:
    plan = plan_of(ROWS, data_type=DataType.SURVEY, reference="<i>contact</i>")
    nothing = plan_builder.find_earlier(plan, journal)
    plan_builder.refuse_repeat(nothing)
    assert nothing.sentence == ""
    run, plan = carried_out(journal, DataType.SURVEY)
    found = plan_builder.find_earlier(plan, journal)
    assert found.must_choose
    with pytest.raises(AlreadyUploaded, match=f"Upload {run} of this file .* 1 accepted · 1 perhaps"):
        plan_builder.refuse_repeat(found)


def test_rows_that_may_have_arrived_are_asked_about_too_and_so_is_another_file_with_the_same_rows(journal: Journal) -> None:
    plan = plan_of(ROWS[3:], data_type=DataType.SURVEY)
    client = ScriptedClient({2: [Reply(Answer.NOTHING)]})
    engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    for again in (plan, plan_of([*ROWS[3:], ("new@example.com", "New")], data_type=DataType.SURVEY)):
        with pytest.raises(AlreadyUploaded, match="1 perhaps"):
            plan_builder.refuse_repeat(plan_builder.find_earlier(again, journal))
        with pytest.raises(AlreadyUploaded):
            engine.upload(again, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert client.sent == [2]


def test_with_other_columns_an_accepted_once_only_row_is_still_skipped(journal: Journal) -> None:
    _, plan = carried_out(journal, DataType.SURVEY)
    other = replace(plan, mapping=Mapping(plan.mapping.sources[:1]), skip_accepted=True)
    client = ScriptedClient()
    summary = engine.upload(other, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert summary.counts[RowStatus.SKIPPED] == 1
    assert 2 not in client.sent


def test_skipping_what_was_accepted_never_sends_what_may_have_arrived(journal: Journal) -> None:
    _, plan = carried_out(journal, DataType.SURVEY)
    client = ScriptedClient()
    again = replace(plan, skip_accepted=True)
    summary = engine.upload(again, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert client.sent == [3], "accepted rows are skipped, the one that may have arrived stays as it is"
    assert {word.value: n for word, n in summary.counts.items() if n} == {
        "accepted": 1,
        "held_back": 1,
        "not_sure": 1,
        "skipped": 1,
    }


def test_rows_that_have_certainly_not_left_are_taken_over_from_the_run_they_waited_in(journal: Journal) -> None:
    control = Control()
    client = ScriptedClient(before_send=lambda request: control.stop() if request.row == 3 else None)
    plan = plan_of([(f"p{n}@example.com", "Ann") for n in range(6)], data_type=DataType.SURVEY)
    first = engine.upload(plan, client, journal, on_batch=Heard(), control=control, dependencies=inline(Timer()))
    left = [row for row in ROWS_OF_SIX if row[0] not in {f"p{n}@example.com" for n in range(first.counts[RowStatus.ACCEPTED])}]
    other = plan_of(left, data_type=DataType.SURVEY)
    plan_builder.refuse_repeat(plan_builder.find_earlier(other, journal))
    second = engine.upload(other, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert second.counts[RowStatus.ACCEPTED] == len(left)
    again = engine.resume(first.run, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert again.counts[RowStatus.SKIPPED] == len(left)
    assert len(client.sent) == 6


ROWS_OF_SIX = [(f"p{n}@example.com", "Ann") for n in range(6)]
