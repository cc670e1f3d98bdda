"""A whole file: counts that add up, a to-do list, duplicates, invitations, progress and stopping."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sheetlike import configuration, marked, plan

from cg_uploader.errors import Cancelled
from cg_uploader.fields.checks import RowChecker, check
from cg_uploader.fields.duplicate_index import DuplicateIndex
from cg_uploader.model.configuration import Field
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.enums import DataType, FieldKind, Identity, Level, NoteKind
from cg_uploader.model.table import Note

CONTACT = configuration(Field("Email", kind=FieldKind.EMAIL), "Phone", Field("Name", required=True))
ROWS = [
    ["ann@x.org", "", "Ann"],
    ["bob@", "", "Bob"],
    ["cy@", "", ""],
    ["", "", "Di"],
    ["ANN@x.org", "", "Ann"],
    ["eve@x.org", "", "E" * 200],
    ["fay@x.org", "", "Fay"],
]


def test_the_to_do_list_counts_and_its_rows_add_up() -> None:
    result = check(plan(CONTACT, ROWS, left_out=frozenset({8})))
    assert (result.rows, result.ready, result.held_back, result.skipped) == (7, 3, 3, 1)
    assert [(group.level.value, group.text, list(group.positions)) for group in result.groups] == [
        ("error", "Fix 2 email addresses (“Email”)", [1, 2]),
        ("error", "Enter missing data in 1 row (“Email”)", [3]),
        ("error", "Enter missing data in 1 row (“Name”)", [2]),
        ("warning", "1 row repeats the identifier of an earlier row; the last one wins", [4]),
        ("warning", "1 value is over 128 characters (“Name”)", [5]),
    ]
    assert [problem.row for problem in result.problems] == [3, 4, 5, 4, 6, 7]
    assert result.invited is None


def test_problems_are_found_anew_when_they_are_asked_for() -> None:
    made = plan(CONTACT, ROWS)
    problems = check(made).problems
    assert len(problems) == len(list(problems)) == 6
    assert problems[-1] == list(problems)[-1]
    assert problems[1:3] == list(problems)[1:3]
    with pytest.raises(IndexError):
        problems[6]
    checker = RowChecker(made)
    of_rows = {problem for row in made.table.rows for problem in checker.find_problems(row, made.request(row))}
    assert {problem for problem in problems if problem.kind != "duplicate"} == of_rows


def test_a_duplicate_names_the_earlier_row() -> None:
    (found,) = [problem for problem in check(plan(CONTACT, ROWS)).problems if problem.kind == "duplicate"]
    assert (found.row, found.heading, found.level) == (6, "Email", Level.WARNING)
    assert found.text.startswith("Row 6: “ANN@x.org” is in row 2 already. The last row that is sent wins.")


def test_inviting_types_are_loud_and_count_people() -> None:
    fields = configuration("Email", "Phone", data_type=DataType.SURVEY)
    result = check(plan(fields, [["a@x.org", ""], ["A@x.org", ""], ["", "12 3"], ["", "+123"], ["b@x.org", ""], ["", ""]]))
    assert result.invited == (5, 3)
    assert [group.text for group in result.groups if group.level is Level.WARNING] == [
        "2 rows repeat the person of an earlier row, who would be invited twice"
    ]
    assert "may be invited twice" in result.problems[-1].text


def test_an_unknown_type_counts_people_by_the_documented_headings() -> None:
    fields = configuration("Email", "Name", data_type=DataType.UNKNOWN)
    assert check(plan(fields, [["a@x.org", "A"], ["a@x.org", "B"], ["", "C"]])).invited == (3, 2)


def test_rows_that_cannot_go_are_no_duplicates() -> None:
    rows = [["a@x.org", "", ""], ["a@x.org", "", "Ann"], ["a@x.org", "", "Ann"]]
    result = check(plan(CONTACT, rows, left_out=frozenset({4})))
    assert [group.kind for group in result.groups] == ["missing"]


def test_a_phone_number_of_several_people_is_told_once_for_each_other_address() -> None:
    fields = configuration("Email", "Phone")
    rows = [
        ["a@x.org", "12-34"],
        ["b@x.org", "1234"],
        ["B@x.org", "1234"],
        ["c@x.org", "(1234)"],
        ["d@x.org", "999"],
        ["", "1234"],
    ]
    result = check(plan(fields, rows))
    (group,) = [group for group in result.groups if group.kind == "shared-phone"]
    assert list(group.positions) == [1, 3]
    (first, _) = [problem for problem in result.problems if problem.kind == "shared-phone"]
    assert first.text.startswith("Row 3: The phone number “1234” belongs to “a@x.org” in row 2.")
    assert first.heading == "Phone"


def test_responses_do_not_replace_one_another() -> None:
    fields = configuration("Email", data_type=DataType.EXTERNAL_RESPONSE)
    result = check(plan(fields, [["a@x.org"], ["a@x.org"]]))
    assert [group.text for group in result.groups] == ["1 row repeats the identifier of an earlier row; each is recorded"]
    assert "Each row is recorded." in result.problems[0].text


def test_duplicates_follow_marks() -> None:
    fields = configuration(marked("Ticket", Identity.REFERENCE), "Reference", data_type=DataType.ACTIVITY)
    result = check(plan(fields, [["T1", "R"], ["T2", "R"], ["T1", "S"]]))
    assert [list(group.positions) for group in result.groups if group.kind == "duplicate"] == [[2]]


def test_notes_of_columns_stand_in_the_list_with_their_sentence() -> None:
    notes = (
        Note(None, "Name", NoteKind.PERCENT, "Column C shows percentages."),
        Note(None, None, NoteKind.HIDDEN_ROWS, "2 rows are hidden."),
    )
    result = check(plan(CONTACT, ROWS[:1], notes=notes))
    assert [(group.text, list(group.positions), group.count) for group in result.groups] == [
        ("Column C shows percentages.", [], 1)
    ]
    assert [(problem.row, problem.column, problem.kind) for problem in result.problems] == [(None, "Name", "percent")]


def test_rows_outside_the_limits_are_skipped() -> None:
    result = check(plan(CONTACT, ROWS, limits=(3, 4), left_out=frozenset({3})))
    assert (result.ready, result.held_back, result.skipped) == (0, 1, 6)


def test_progress_ends_with_all_rows_and_a_check_can_be_stopped() -> None:
    heard: list[int] = []
    check(plan(CONTACT, ROWS), progress=heard.append)
    assert heard[-1] == 7
    with pytest.raises(Cancelled):
        check(plan(CONTACT, ROWS), cancelled=lambda: True)


cells = st.sampled_from(["", "a@x.org", "b@x.org", "a@", "12", "12 3", "\x00", "x" * 300, "\ud800", " "])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(cells, min_size=3, max_size=3), max_size=12),
    st.frozensets(st.integers(2, 14)),
    st.sampled_from(list(DataType)),
    st.one_of(st.none(), st.tuples(st.integers(1, 5), st.integers(5, 14))),
)
def test_counts_always_add_up_and_agree_with_the_rows(
    rows: list[list[str]], left_out: frozenset[int], data_type: DataType, limits: tuple[int, int] | None
) -> None:
    fields = configuration(
        Field("Email", kind=FieldKind.EMAIL), Field("Phone", kind=FieldKind.PHONE), "Name", data_type=data_type
    )
    made = plan(fields, rows, left_out=left_out, limits=limits)
    result = check(made)
    assert result.rows == result.ready + result.held_back + result.skipped == len(rows)
    checker = RowChecker(made)
    first, last = limits or (0, 99)
    considered = [row for row in made.table.rows if row.number not in left_out and first <= row.number <= last]
    errors = [row for row in considered if any(p.level is Level.ERROR for p in checker.find_problems(row, made.request(row)))]
    assert result.held_back == len(errors)
    assert len(result.problems) == sum(group.count for group in result.groups) == len(list(result.problems))
    held = {position for group in result.groups if group.level is Level.ERROR for position in group.positions}
    assert held == {row.number - 2 for row in errors}
    if result.invited is not None:
        assert facts_of(data_type).inviting
        assert 0 <= result.invited[1] <= result.invited[0] == result.ready


@settings(deadline=None)  # pandas is loaded once
@given(st.lists(st.sampled_from("abcde"), max_size=20), st.sampled_from([1, 10, 100]))
def test_repeats_name_the_first_row_with_the_same_text(texts: list[str], many: int) -> None:
    """However many rows there are: few are looked at one by one, many all at once."""
    index = DuplicateIndex(many)
    for at, text in enumerate(texts):
        index.add(at * 3, text)
    positions, partners = index.find_duplicates()
    assert list(positions) == [at * 3 for at, text in enumerate(texts) if text in texts[:at]]
    assert list(partners) == [texts.index(texts[at // 3]) * 3 for at in positions]


def test_few_rows_are_checked_without_what_takes_long_to_load() -> None:
    code = (
        "import sys; from cg_uploader.fields.duplicate_index import DuplicateIndex; few = DuplicateIndex()\n"
        "for at in range(1000): few.add(at, 'one')\n"
        "assert len(few.find_duplicates()[0]) == 999; assert 'pandas' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
