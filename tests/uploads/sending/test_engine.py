"""The engine against scripted answers: decisions over several rows, order, intent before and outcome after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rig import OK, Heard, ScriptedClient, Timer, inline, people, plan_of, status

from cg_uploader.errors import ConsentMissing, CredentialsRefused, MappingError, RunHeld
from cg_uploader.model.enums import Activity, Answer, DataType, Region, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply
from cg_uploader.model.run import RunSummary
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.eta import format_doing

NOTHING = Reply(Answer.NOTHING)
NO_CONNECTION = Reply(Answer.NOT_CONNECTED, message="CustomerGauge cannot be reached.")


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def carry_out(plan: Plan, client: ScriptedClient, journal: Journal, control: Control | None = None) -> tuple[RunSummary, Heard]:
    timer, heard = Timer(), Heard()
    client.clock = timer
    summary = engine.upload(plan, client, journal, on_batch=heard, control=control or Control(), dependencies=inline(timer))
    return summary, heard


def go_on(run: int, client: ScriptedClient, journal: Journal) -> RunSummary:
    timer = Timer()
    client.clock = timer
    return engine.resume(run, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(timer))


def counted(summary: RunSummary) -> dict[str, int]:
    return {status.value: count for status, count in summary.counts.items() if count}


def test_every_row_is_accepted_once(journal: Journal) -> None:
    client = ScriptedClient()
    summary, heard = carry_out(plan_of(people(50)), client, journal)
    assert counted(summary) == {"accepted": 50}
    assert summary.exit_code == 0
    assert sorted(client.sent) == list(range(2, 52))
    assert heard[-1].activity is Activity.FINISHED
    assert sum(len(batch.outcomes) for batch in heard) == 50


def test_what_the_check_stops_never_leaves(journal: Journal) -> None:
    rows = [("ann@example.com", "Ann"), ("not an address", "Bob"), ("", "Cy")]
    client = ScriptedClient()
    summary, _ = carry_out(plan_of(rows, required=["Email"]), client, journal)
    assert client.sent == [2]
    assert counted(summary) == {"accepted": 1, "held_back": 2}
    assert summary.exit_code == 1


def test_intent_is_in_the_journal_before_a_row_leaves(journal: Journal, paths: AppPaths) -> None:
    seen: list[str] = []

    def look(request: object) -> None:
        with closing(Journal(paths)) as other:
            (run,) = other.runs()
            seen.extend(kept.state for kept in other.rows(run) if kept.number == request.row)  # type: ignore[attr-defined]

    carry_out(plan_of(people(30)), ScriptedClient(before_send=look), journal)
    assert seen == ["sending"] * 30


def test_what_is_announced_is_on_disk(journal: Journal, paths: AppPaths) -> None:
    promised: list[tuple[int, str, str]] = []

    class Watching(Heard):
        def __call__(self, batch):  # type: ignore[no-untyped-def]
            with closing(Journal(paths)) as other:
                kept = {row.number: row.state for run in other.runs() for row in other.rows(run)}
            promised.extend((outcome.row, outcome.status.value, kept[outcome.row]) for outcome in batch.outcomes)

    timer = Timer()
    client = ScriptedClient({4: [status(422, ("Email", "No."))]}, clock=timer)
    engine.upload(plan_of(people(30)), client, journal, on_batch=Watching(), control=Control(), dependencies=inline(timer))
    assert len(promised) == 30
    assert all(said == kept for _, said, kept in promised)


def test_a_once_only_row_is_never_sent_again_after_silence(journal: Journal) -> None:
    client = ScriptedClient({3: [NOTHING], 4: [status(500)], 5: [NO_CONNECTION], 6: [status(429, retry_after=1.0)]})
    plan = plan_of(people(10), data_type=DataType.SURVEY, reference="survey")
    summary, _ = carry_out(plan, client, journal)
    assert counted(summary) == {"accepted": 8, "not_sure": 2}
    assert client.sent.count(3) == client.sent.count(4) == 1
    assert client.sent.count(5) == client.sent.count(6) == 2, "nothing had been processed"
    assert counted(go_on(summary.run, client, journal)) == {"accepted": 8, "not_sure": 2}
    assert client.sent.count(3) == 1


def test_a_repeatable_row_is_sent_again_after_2_8_and_30_seconds(journal: Journal) -> None:
    client = ScriptedClient({2: [NOTHING, status(500), status(502)]})
    summary, _ = carry_out(plan_of(people(1)), client, journal)
    assert counted(summary) == {"accepted": 1}
    waits = [round(b - a) for a, b in zip(client.times, client.times[1:], strict=False)]
    assert waits == [2, 8, 30]
    assert [outcome.attempts for outcome in journal.outcomes(summary.run)] == [4]


def test_a_repeatable_row_without_luck_is_not_sure_and_resume_sends_it_again(journal: Journal) -> None:
    client = ScriptedClient({2: [NOTHING] * 4})
    summary, _ = carry_out(plan_of(people(2)), client, journal)
    assert counted(summary) == {"accepted": 1, "not_sure": 1}
    assert counted(go_on(summary.run, client, journal)) == {"accepted": 2}
    assert client.sent.count(2) == 5


def test_five_refusals_alike_at_the_start_stop_the_run_and_resume_is_the_yes(journal: Journal) -> None:
    no = status(422, ("Email", "The email is unknown."))
    client = ScriptedClient({row: [no] for row in range(2, 40)})
    summary, _ = carry_out(plan_of(people(38), connections=1), client, journal)
    assert summary.exit_code == 5
    assert "first 5 rows" in str(summary.stopped)  # type: ignore[union-attr]
    assert summary.counts[RowStatus.REFUSED] < 10
    assert counted(go_on(summary.run, client, journal)) == {"refused": 38}


def test_five_refusals_for_different_reasons_do_not_stop(journal: Journal) -> None:
    client = ScriptedClient({row: [status(422, ("Email", f"Reason {row}."))] for row in range(2, 12)})
    summary, _ = carry_out(plan_of(people(20), connections=1), client, journal)
    assert counted(summary) == {"accepted": 10, "refused": 10}


def test_five_rows_in_a_row_without_a_clear_answer_stop_the_run(journal: Journal) -> None:
    client = ScriptedClient({row: [status(500)] * 9 for row in range(10, 40)})
    summary, _ = carry_out(plan_of(people(38), connections=2), client, journal)
    assert summary.exit_code == 5
    assert summary.counts[RowStatus.ACCEPTED] == 8
    assert len({row for row in client.sent if row >= 10}) < 9
    client.script.clear()
    assert counted(go_on(summary.run, client, journal)) == {"accepted": 38}


def test_a_clear_answer_in_between_is_no_row_of_five(journal: Journal) -> None:
    client = ScriptedClient({row: [status(500)] for row in range(2, 40, 2)})
    summary, _ = carry_out(plan_of(people(38), connections=1), client, journal)
    assert counted(summary) == {"accepted": 38}


def test_without_connection_all_wait_together_1_2_4_8_16_then_the_run_ends(journal: Journal) -> None:
    client = ScriptedClient({row: [NO_CONNECTION] * 99 for row in range(2, 40)})
    summary, heard = carry_out(plan_of(people(38)), client, journal)
    assert summary.exit_code == 4, "no row has left yet"
    assert counted(summary) == {"not_sent": 38}
    waits = [b - a for a, b in zip(client.times, client.times[1:], strict=False) if b - a > 0.5]
    assert waits == pytest.approx([1, 2, 4, 8, 16], abs=0.5)
    assert any(batch.activity is Activity.WAITING and batch.doing.why for batch in heard)
    client.script.clear()
    assert counted(go_on(summary.run, client, journal)) == {"accepted": 38}


def test_no_connection_after_the_first_row_is_exit_5(journal: Journal) -> None:
    client = ScriptedClient({row: [NO_CONNECTION] * 99 for row in range(20, 40)})
    summary, _ = carry_out(plan_of(people(38)), client, journal)
    assert summary.exit_code == 5


def test_too_many_requests_slows_everybody_and_is_obeyed(journal: Journal) -> None:
    client = ScriptedClient({8: [status(429, retry_after=40.0)]})
    summary, heard = carry_out(plan_of(people(60)), client, journal)
    assert counted(summary) == {"accepted": 60}
    asked = client.times[client.sent.index(8)]
    assert [time for time in client.times if asked + 1 < time < asked + 39.5] == []
    assert any("break" in format_doing(batch.doing) for batch in heard)


def test_seven_answers_of_too_many_requests_end_the_run(journal: Journal) -> None:
    client = ScriptedClient({2: [status(429, retry_after=1.0)] * 7})
    summary, _ = carry_out(plan_of(people(5), connections=1), client, journal)
    assert summary.exit_code == 5
    assert client.sent.count(2) == 7
    assert summary.counts[RowStatus.NOT_SENT] >= 1


def test_stop_leaves_the_rest_for_resume(journal: Journal) -> None:
    control = Control()
    client = ScriptedClient(before_send=lambda request: control.stop() if request.row == 20 else None)
    summary, heard = carry_out(plan_of(people(100)), client, journal, control)
    assert summary.exit_code == 130
    assert summary.counts[RowStatus.ACCEPTED] + summary.counts[RowStatus.NOT_SENT] == 100
    assert any(batch.activity is Activity.STOPPING for batch in heard)
    assert counted(go_on(summary.run, client, journal)) == {"accepted": 100}
    assert sorted(client.sent) == list(range(2, 102)), "nobody was sent twice"


def test_pause_holds_and_continue_goes_on(journal: Journal) -> None:
    control, timer, heard = Control(), Timer(), Heard()
    paused_at: list[float] = []

    def watch(request: object) -> None:
        if request.row == 10 and not paused_at:  # type: ignore[attr-defined]
            control.pause()
            paused_at.append(timer.now)

    class Waking(Heard):
        def __call__(self, batch):  # type: ignore[no-untyped-def]
            heard.append(batch)
            if batch.activity is Activity.PAUSED:
                timer.now += 3600
                control.proceed()

    client = ScriptedClient(before_send=watch, clock=timer)
    summary = engine.upload(
        plan_of(people(40)), client, journal, on_batch=Waking(), control=control, dependencies=inline(timer)
    )
    assert counted(summary) == {"accepted": 40}
    assert any(batch.activity is Activity.PAUSED for batch in heard)
    assert [time for time in client.times if paused_at[0] + 5 < time < paused_at[0] + 3590] == []


def test_rows_that_may_invite_need_consent(journal: Journal) -> None:
    with pytest.raises(ConsentMissing):
        carry_out(plan_of(people(1), data_type=DataType.SURVEY, consent=False), ScriptedClient(), journal)
    assert journal.runs() == []


def test_a_plan_that_cannot_work_sends_nothing(journal: Journal) -> None:
    client = ScriptedClient()
    with pytest.raises(MappingError):
        carry_out(plan_of([("a", "b")], ("Amount [EUR]", "x]y")), client, journal)
    assert client.sent == []


def test_two_programs_cannot_work_on_one_run(journal: Journal, paths: AppPaths) -> None:
    client = ScriptedClient({row: [NOTHING] * 4 for row in range(2, 4)})
    summary, _ = carry_out(plan_of(people(2)), client, journal)
    with closing(Journal(paths)) as other, other.hold(summary.run), pytest.raises(RunHeld):
        go_on(summary.run, client, journal)


def test_resume_of_a_finished_run_says_its_totals_and_sends_nothing(journal: Journal) -> None:
    client = ScriptedClient()
    summary, _ = carry_out(plan_of(people(3)), client, journal)
    again = go_on(summary.run, client, journal)
    assert again == summary
    assert len(client.sent) == 3


def test_the_text_of_accepted_rows_is_gone(journal: Journal) -> None:
    client = ScriptedClient({3: [status(422, ("Email", "No."))]})
    summary, _ = carry_out(plan_of(people(3)), client, journal)
    kept = {row.number: row.cells for row in journal.rows(summary.run)}
    assert kept[2] == kept[4] == ()
    assert kept[3] == ("person1@example.com", "Name 1")


ANSWERS = st.sampled_from(
    [
        OK,
        NOTHING,
        NO_CONNECTION,
        status(500),
        status(503),
        status(429, retry_after=1.0),
        status(422, ("Email", "No.")),
        status(401),
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    script=st.dictionaries(st.integers(2, 13), st.lists(ANSWERS, max_size=6)),
    kind=st.sampled_from([DataType.CONTACT, DataType.SURVEY, DataType.ACTIVITY]),
    connections=st.sampled_from([1, 3, 16]),
    resumes=st.integers(0, 4),
)
def test_whatever_is_answered_totals_add_up_and_once_only_rows_arrive_once(
    script: dict[int, list[Reply]], kind: DataType, connections: int, resumes: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [(f"p{n % 5}@example.com", str(n) if n % 3 else "") for n in range(12)]
    plan = plan_of(rows, ("Email", "Reference"), data_type=kind, connections=connections)
    maybe_processed: dict[int, int] = {}

    class Client(ScriptedClient):
        def send(self, request, _may_leave=None):  # type: ignore[no-untyped-def]
            reply = super().send(request)
            if reply.answer is Answer.NOTHING or (reply.status or 0) >= 500 or reply.status == 200:
                maybe_processed[request.row] = maybe_processed.get(request.row, 0) + 1
            return reply

    client = Client({row: list(replies) for row, replies in script.items()})
    with closing(Journal(AppPaths(tmp_path_factory.mktemp("law")))) as journal:
        summary, _ = carry_out(plan, client, journal)
        for _ in range(resumes):
            summary = go_on(summary.run, client, journal)
        outcomes = {outcome.row: outcome for outcome in journal.outcomes(summary.run)}
    assert sum(summary.counts.values()) == 12 == len(outcomes)
    once = {
        number
        for number, cells in enumerate(rows, 2)
        if kind is DataType.SURVEY or (kind is DataType.ACTIVITY and not cells[1])
    }
    for number in once:
        assert maybe_processed.get(number, 0) <= 1
    for number, outcome in outcomes.items():
        if outcome.status in (RowStatus.NOT_SENT, RowStatus.HELD_BACK, RowStatus.SKIPPED):
            assert not maybe_processed.get(number), "certain that nothing arrived must be certain"
        if outcome.status is RowStatus.ACCEPTED:
            assert maybe_processed.get(number)


def test_a_run_goes_on_only_with_the_client_id_that_it_was_begun_with(journal: Journal, paths: AppPaths) -> None:
    plan = replace(plan_of(people(30)), region=Region.EU)
    control, ours = Control(), "the-id-of-one-customer"
    first = ScriptedClient(before_send=lambda _: control.stop(), client_id=ours)
    run = carry_out(plan, first, journal, control)[0].run
    for other in ("the-id-of-another", ""):
        client = ScriptedClient(client_id=other)
        with pytest.raises(CredentialsRefused, match="another Client ID"):
            go_on(run, client, journal)
        assert client.sent == []
    assert journal.unsettled(run), "it can still go on"
    for path in paths.home.rglob("*"):
        assert path.is_dir() or ours.encode() not in path.read_bytes()
    assert go_on(run, ScriptedClient(client_id=f" {ours} "), journal).counts[RowStatus.ACCEPTED] == 30
    go_on(run, ScriptedClient(client_id="the-id-of-another"), journal)  # nothing is left, so nobody is asked


@pytest.mark.parametrize(("region", "client_id"), [(Region.EU, ""), (Region.PRACTICE, "an id")])
def test_a_run_that_does_not_say_who_began_it_goes_on_as_ever(journal: Journal, region: Region, client_id: str) -> None:
    plan, control = replace(plan_of(people(30)), region=region), Control()
    run = carry_out(plan, ScriptedClient(before_send=lambda _: control.stop(), client_id=client_id), journal, control)[0].run
    assert go_on(run, ScriptedClient(client_id="another"), journal).counts[RowStatus.ACCEPTED] == 30
