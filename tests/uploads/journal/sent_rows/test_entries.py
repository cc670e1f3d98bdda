"""What is remembered of accepted rows: in any file, only while nothing newer was accepted, and without a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rig import Heard, ScriptedClient, Timer, inline, status
from small_uploads import LOST, a, planned, send

from cg_uploader.model.configuration import Options
from cg_uploader.model.enums import DataType, RowStatus
from cg_uploader.model.request import Request
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.planning.plan_builder import find_earlier
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def test_the_same_row_in_another_file_is_skipped_and_said_with_its_day(journal: Journal) -> None:
    assert send(journal, [a("1"), a("1", "b")]) == [2, 3]
    found = find_earlier(planned([a("1", "b"), a("9", "c"), a("1")]), journal, repeatable=True)
    assert found.repeated == 2
    assert "2 of these 3 rows were accepted before" in found.sentence
    assert "The last was accepted on " in found.sentence
    assert not found.must_choose, "a repeat does no harm"
    assert send(journal, [a("1", "b"), a("9", "c"), a("1")]) == [3]
    skipped = [row for row in journal.rows(2) if row.status is RowStatus.SKIPPED]
    assert [row.number for row in skipped] == [2, 4]
    assert skipped[0].outcome.message.startswith("Accepted on ")
    assert skipped[0].cells == ()


def test_nobody_pays_who_does_not_ask(journal: Journal) -> None:
    send(journal, [a("1")])
    assert find_earlier(planned([a("1")]), journal).repeated is None
    assert journal._db.execute("select count(*) from memory").fetchone() == (0,)
    assert send(journal, [a("1")], skip=None) == [2]


def test_a_row_that_was_changed_since_is_sent_again(journal: Journal) -> None:
    send(journal, [a("1")])
    send(journal, [a("2")])
    assert send(journal, [a("1")]) == [2]
    assert send(journal, [a("1")]) == []
    assert send(journal, [("A@EXAMPLE.com", "2")]) == [2], "the same address for CustomerGauge"
    assert send(journal, [a("1")]) == [2]


def test_a_row_changed_by_another_configuration_is_sent_again(journal: Journal) -> None:
    send(journal, [a("1")])
    send(journal, [a("1")], reference="contacts2")
    assert send(journal, [a("1")]) == [2]


def test_the_last_row_of_an_identifier_in_a_file_is_what_holds(journal: Journal) -> None:
    send(journal, [a("1"), a("2")])
    assert send(journal, [a("9"), a("2")]) == [2, 3], "skipping row 3 alone would leave 9 behind"
    assert send(journal, [a("2"), a("2")]) == []


TWICE = [a("1"), a("7", "b"), a("2"), a("2", "c"), a("3")]


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_file_that_was_accepted_whole_is_skipped_whole_where_an_identifier_stands_in_it_more_than_once(
    journal: Journal, *, forgotten: bool
) -> None:
    send(journal, TWICE)
    if forgotten:
        journal.forget(1)
    found = find_earlier(planned(TWICE), journal, repeatable=True)
    assert found.repeated == found.skippable == 5
    assert "5 of these 5 rows were accepted before" in found.sentence
    assert send(journal, TWICE) == []
    run = journal.runs()[0]
    assert {row.status for row in journal.rows(run)} == {RowStatus.SKIPPED}
    assert all(row.outcome.message.startswith("Accepted on ") and row.cells == () for row in journal.rows(run))
    assert send(journal, [*TWICE, a("4")]) == [7]
    assert send(journal, [*TWICE, a("4")]) == []


@pytest.mark.parametrize(
    ("rows", "sent"),
    [
        ([a("1"), a("2")], [2, 3]),  # 3 stands there, and 2 is the last word now
        ([a("1"), a("9")], [2, 3]),  # else 3 would stand there when 9 is refused
        ([a("9"), a("3")], [2, 3]),  # 9 alone would undo 3
        ([a("9"), a("1"), a("3")], [2, 3, 4]),
        ([a("1"), a("9"), a("3")], [2, 3, 4]),
        ([a("1")], [2]),
        ([a("3"), a("1")], [3]),
        ([a("3"), a("1"), a("3")], []),
        ([a("2"), a("3")], []),
    ],
)
def test_what_is_sent_of_an_identifier_undoes_nothing_further_down(
    journal: Journal, rows: Sequence[tuple[str, str]], sent: list[int]
) -> None:
    send(journal, [a("1"), a("2"), a("3")])
    assert find_earlier(planned(rows), journal, repeatable=True).repeated == len(rows) - len(sent)
    assert send(journal, rows) == sent


def test_a_row_that_stays_behind_further_down_is_not_undone_either(journal: Journal) -> None:
    """Row 3 was accepted with newer values, and the user leaves it out now."""
    send(journal, [a("1"), a("2")])
    part = replace(planned([a("1"), a("2")]), options=Options(rows=(2, 2)))
    client = ScriptedClient()
    assert find_earlier(part, journal, repeatable=True).repeated == 1
    engine.upload(part, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert client.sent == []


def test_what_may_have_arrived_further_down_does_not_stand_there_for_certain(journal: Journal) -> None:
    send(journal, [a("1"), a("2")], {3: [LOST] * 4})
    assert send(journal, [a("1"), a("2")]) == [2, 3]
    assert send(journal, [a("1"), a("2")]) == []


def test_a_colleague_knows_a_file_with_an_identifier_in_several_rows_whole_too(journal: Journal, tmp_path: Path) -> None:
    send(journal, TWICE)
    count, code = journal.sent_rows_file().export_to(tmp_path / "memory")
    assert count == 5
    with closing(Journal(AppPaths(tmp_path / "other"))) as theirs:
        theirs.sent_rows_file().import_from(tmp_path / "memory", code)
        assert send(theirs, TWICE) == []


def test_a_row_on_its_way_when_a_program_died_is_uncertain_from_then_on_and_no_longer(
    journal: Journal, paths: AppPaths
) -> None:
    class Killed(BaseException):
        """The program dies."""

    def die(request: Request) -> None:
        raise Killed

    plan, client = planned([a("1")]), ScriptedClient(before_send=die)
    with pytest.raises(Killed), closing(Journal(paths)) as other:
        engine.upload(plan, client, other, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert send(journal, [a("1")]) == [2], "nobody knows whether it arrived"
    assert send(journal, [a("1")]) == []
    journal.forget(1)
    assert send(journal, [a("1")]) == [], "it was accepted since"


def test_a_row_that_may_have_arrived_makes_what_was_before_uncertain(journal: Journal) -> None:
    send(journal, [a("1")])
    send(journal, [a("2")], {2: [LOST] * 4})
    assert journal.summary(2).counts[RowStatus.NOT_SURE] == 1
    assert send(journal, [a("1")]) == [2]


def test_a_refused_row_changes_nothing(journal: Journal) -> None:
    send(journal, [a("1")])
    send(journal, [a("2")], {2: [status(422, ("Email", "no"))]})
    assert send(journal, [a("1")]) == []


def test_a_row_that_names_nobody_is_always_sent(journal: Journal) -> None:
    rows = [("", "1")]
    assert send(journal, rows, headings=("Nickname", "First Name")) == [2]
    assert send(journal, rows, headings=("Nickname", "First Name")) == [2]


def test_what_a_run_under_way_has_done_counts_already(journal: Journal) -> None:
    plan = planned([a("1"), a("1", "b")], connections=1)
    client = ScriptedClient({3: [status(403)]})
    engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert send(journal, [a("1"), a("1", "b")]) == [3]
    engine.resume(1, ScriptedClient(), journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert send(journal, [a("1"), a("1", "b")]) == []


def test_a_once_only_row_stays_known_whatever_comes_after_and_when_its_run_is_forgotten(journal: Journal) -> None:
    kind = {"data_type": DataType.MULTI_OBJECT, "reference": "multi"}
    send(journal, [a("1"), a("1", "b")], {3: [LOST]}, **kind)
    send(journal, [a("2")])
    journal.forget(1)
    assert find_earlier(planned([a("1"), a("1", "b")], **kind), journal).known == {
        RowStatus.ACCEPTED: 1,
        RowStatus.NOT_SURE: 1,
    }
    assert send(journal, [a("1"), a("1", "b"), a("1", "c")], **kind) == [4]


def test_a_multi_object_row_changes_its_contact_too(journal: Journal) -> None:
    send(journal, [a("1")])
    send(journal, [a("2")], data_type=DataType.MULTI_OBJECT, reference="multi")
    assert send(journal, [a("1")]) == [2]


def test_memory_outlives_the_values_and_the_run_and_holds_no_value(journal: Journal, paths: AppPaths) -> None:
    send(journal, [a("unforgettable", "somebody-special")])
    journal.delete_old_values(0)
    assert send(journal, [a("unforgettable", "somebody-special")]) == []
    journal.forget(1)
    journal.forget(2)
    assert send(journal, [a("unforgettable", "somebody-special")]) == []
    journal.delete_old_values(0)
    journal.close()
    stored = b"".join(path.read_bytes() for path in paths.home.rglob("*") if path.is_file())
    assert b"somebody-special" not in stored


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("12")), min_size=1, max_size=5),
            st.sampled_from((True, False)),
            st.sets(st.integers(2, 6), max_size=2),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_skipping_never_changes_what_customergauge_ends_with(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[list[tuple[str, str]], bool, set[int]]]
) -> None:
    """A model of the other side: the last row that arrived holds; some rows arrive although no answer comes back."""
    there: dict[str, str] = {}
    with closing(Journal(AppPaths(tmp_path_factory.mktemp("memory") / "home"))) as journal:
        for rows, skip, lost in files:
            plan = planned([a(value, name) for name, value in rows], skip=skip, connections=1)
            client = ScriptedClient({number: [LOST] * 4 for number in lost})
            client.before_send = lambda request: there.update([(request.pairs[0][1], request.pairs[1][1])])
            engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
            for email, value in {f"{name}@example.com": value for name, value in rows}.items():
                assert there[email] == value
