"""What is remembered of accepted rows: in any file, only while nothing newer was accepted, and without a value."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rig import Heard, ScriptedClient, Timer, inline, plan_of, status

from cg_uploader.errors import FileError, UsageError
from cg_uploader.model.configuration import Options
from cg_uploader.model.enums import Answer, DataType, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply, Request
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.sent_rows.export_file import SentRowsFile
from cg_uploader.uploads.journal.sent_rows.export_format import ENTRY
from cg_uploader.uploads.planning.plan_builder import find_earlier
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

LOST = Reply(Answer.NOTHING)


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def a(value: str, name: str = "a") -> tuple[str, str]:
    return f"{name}@example.com", value


_file = itertools.count()


def send(
    journal: Journal, rows: Sequence[tuple[str, str]], script: dict[int, list[Reply]] | None = None, **more: object
) -> list[int]:
    """Upload rows as a file of their own, skipping what is known; the row numbers that left."""
    plan = planned(rows, **more)
    client = ScriptedClient(script or {})
    engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    return client.sent


def planned(rows: Sequence[tuple[str, str]], *, skip: bool | None = True, **more: object) -> Plan:
    plan = plan_of(rows, **more)  # type: ignore[arg-type]
    return replace(plan, skip_accepted=skip, table=replace(plan.table, digest=str(next(_file))))


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
    count, code = journal.memories().export_to(tmp_path / "memory")
    assert count == 5
    with closing(Journal(AppPaths(tmp_path / "other"))) as theirs:
        theirs.memories().import_from(tmp_path / "memory", code)
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


class TestExchange:
    def test_a_colleagues_rows_are_known_here(self, journal: Journal, tmp_path: Path) -> None:
        send(journal, [a("1"), a("1", "b")])
        count, code = journal.memories().export_to(tmp_path / "mine.cgmemory")
        assert count == 2
        assert len(code.replace("-", "")) == 20
        with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
            found = other.memories().import_from(tmp_path / "mine.cgmemory", f" {code.upper()} ")
            assert found.rows == 2
            assert other.memories().imports() == [found]
            assert " on " in found.name
            assert send(other, [a("1"), a("2", "b"), a("1", "c")]) == [3, 4]
            assert f"by {found.name}" in next(other.rows(1)).outcome.message
            assert send(other, [a("1", "b")]) == [2], "what was sent here since is newer than what the colleague knows"

    def test_importing_again_changes_nothing(self, journal: Journal, tmp_path: Path) -> None:
        send(journal, [a("1")])
        _, old = journal.memories().export_to(tmp_path / "old")
        send(journal, [a("2"), a("1", "b")])
        _, new = journal.memories().export_to(tmp_path / "new")
        with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
            exchange = other.memories()
            seen = []
            for name, code in (("new", new), ("new", new), ("old", old)):
                exchange.import_from(tmp_path / name, code)
                seen.append(other._db.execute("select * from memory order by 1, 2").fetchall())
            assert len(exchange.imports()) == 1
            assert seen[0] == seen[1] == seen[2], "an older file takes nothing back"
            assert send(other, [a("2"), a("1", "b")]) == []

    def test_once_only_rows_of_a_colleague_are_known_too(self, journal: Journal, tmp_path: Path) -> None:
        kind = {"data_type": DataType.SURVEY, "reference": "survey"}
        send(journal, [a("1"), a("1", "b")], {3: [LOST]}, **kind)
        _, code = journal.memories().export_to(tmp_path / "mine")
        with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
            other.memories().import_from(tmp_path / "mine", code)
            found = find_earlier(planned([a("1"), a("1", "b")], **kind), other)
            assert found.must_choose
            assert found.known == {RowStatus.ACCEPTED: 1, RowStatus.NOT_SURE: 1}
            assert send(other, [a("1"), a("1", "b"), a("1", "c")], **kind) == [4]

    def test_the_file_holds_no_value_and_no_key(self, journal: Journal, tmp_path: Path) -> None:
        send(journal, [a("unforgettable", "somebody-special")])
        journal.memories().export_to(tmp_path / "mine")
        content = (tmp_path / "mine").read_bytes()
        for secret in (b"unforgettable", b"somebody", journal._secret, journal._secret.hex().encode()):
            assert secret not in content

    def test_two_exports_have_different_codes_and_one_does_not_open_the_other(self, journal: Journal, tmp_path: Path) -> None:
        send(journal, [a("1")])
        (_, one), (_, two) = (journal.memories().export_to(tmp_path / name) for name in ("one", "two"))
        assert one != two
        with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
            for code in (two, "", "zzzzz-zzzzz-zzzzz-zzzzz"):
                with pytest.raises(FileError, match="code does not open"):
                    other.memories().import_from(tmp_path / "one", code)
            assert other.memories().imports() == []

    def test_whatever_is_wrong_with_the_file_is_said_and_nothing_taken_in(self, journal: Journal, tmp_path: Path) -> None:
        send(journal, [a(str(n), f"p{n}") for n in range(20)])
        _, code = journal.memories().export_to(tmp_path / "good")
        good = (tmp_path / "good").read_bytes()
        wrong = [good[:at] for at in range(0, len(good), 97)] + [b"", b"PK\x03\x04", good + b"x"]
        wrong += [good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in range(0, len(good), 53)]
        with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
            for content in wrong:
                (tmp_path / "wrong").write_bytes(content)
                with pytest.raises(FileError) as caught:
                    other.memories().import_from(tmp_path / "wrong", code)
                assert "wrong" in caught.value.sentence
            with pytest.raises(FileError, match="no such file"):
                other.memories().import_from(tmp_path / "missing", code)
            assert other._db.execute("select count(*) from memory").fetchone() == (0,)
            assert other.memories().imports() == []

    @pytest.mark.parametrize(
        "entry",
        [(0.0, 7), (float("nan"), 0), (float("-inf"), 0), (-1e300, 0)],
        ids=["a place that is not there", "no time", "before all time", "a time that no calendar has"],
    )
    def test_what_is_sealed_and_cannot_be_is_not_taken_in(
        self, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: tuple[float, int]
    ) -> None:
        send(journal, [a("1")])
        crafted = ENTRY.pack(bytes(16), bytes(16), 1, *entry)
        monkeypatch.setattr(SentRowsFile, "_packed", lambda _self, _places: iter([crafted]))
        _, code = journal.memories().export_to(tmp_path / "crafted")
        with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
            with pytest.raises(FileError, match="damaged"):
                other.memories().import_from(tmp_path / "crafted", code)
            assert other.memories().imports() == []

    def test_what_is_remembered_while_it_is_written_belongs_to_the_next_export(
        self, journal: Journal, paths: AppPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another window remembers rows, of another place too, between the count and the entries."""
        send(journal, [a("1")])
        packed = SentRowsFile._packed

        def while_others_remember(exchange: SentRowsFile, known: list[int]) -> Iterator[bytes]:
            with closing(Journal(paths)) as other:
                send(other, [a("2", "b")], reference="another")
                other.remember()
            return packed(exchange, known)

        monkeypatch.setattr(SentRowsFile, "_packed", while_others_remember)
        _, code = journal.memories().export_to(tmp_path / "mine")
        with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
            assert other.memories().import_from(tmp_path / "mine", code).rows == 1
        assert journal.memories().rows() == 2

    def test_nothing_to_export_and_nothing_of_ones_own_to_import(self, journal: Journal, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="nothing to export"):
            journal.memories().export_to(tmp_path / "mine")
        send(journal, [a("1")])
        _, code = journal.memories().export_to(tmp_path / "mine")
        with pytest.raises(UsageError, match="from this computer"):
            journal.memories().import_from(tmp_path / "mine", code)
        with pytest.raises(UsageError, match="Choose another folder"):
            journal.memories().export_to(tmp_path / "no such folder" / "mine")

    def test_a_file_is_whole_or_absent(self, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        send(journal, [a("1")])
        target = tmp_path / "mine"
        target.write_text("what was there before")
        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(UsageError, match="mine"):
            journal.memories().export_to(target)
        assert target.read_text() == "what was there before"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "stored"]

    def test_a_clock_that_is_ahead_over_there_does_not_outdo_what_happens_here(self, journal: Journal, tmp_path: Path) -> None:
        send(journal, [a("1")])
        journal.remember()
        journal._db.execute("update memory set answered = answered + 1e9")
        _, code = journal.memories().export_to(tmp_path / "mine")
        with closing(Journal(AppPaths(tmp_path / "colleague"))) as other:
            other.memories().import_from(tmp_path / "mine", code)
            assert send(other, [a("2")]) == [2]
            assert send(other, [a("1")]) == [2]
