"""Every answer of the practice server met by client and engine: what the row becomes, after how many requests, for both kinds.

HTTP is real; only the waits between attempts pass without waiting.  The expectations are literals from the contract.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from rig import Heard, ScriptedClient, Timer, inline, people, plan_of, status

from cg_uploader.api.client import Client
from cg_uploader.api.connections import Timeouts
from cg_uploader.errors import NotReachable
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.enums import Activity, Answer, DataType, RowStatus
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply
from cg_uploader.model.run import Batch, RunSummary
from cg_uploader.practice import faults
from cg_uploader.practice.answers import RECORD_FAULTS
from cg_uploader.practice.server import PracticeServer
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

SOON = Timeouts(read=2.0, body=2.0)
"""For answers that never come, or not in time; all others have the time that they have in the product."""
LATE = ("hang", "processed-hang", "slow-body")
ROWS = 8

# what the service does with row 4 → what becomes of it and after how many requests, "stop" where the run ends:
# (a contact, a survey record); the rest of the rows are accepted, or not sent where it ends
CONTRACT: dict[str | tuple[str, tuple[tuple[str, Any], ...]], tuple[str, str]] = {
    "accept": ("accepted 1", "accepted 1"),
    "201": ("accepted 1", "accepted 1"),
    "202": ("accepted 1", "accepted 1"),
    "204": ("accepted 1", "accepted 1"),
    "suppressed": ("accepted 1", "accepted 1"),
    ("status", (("status", 200), ("body", " \n"))): ("accepted 1", "accepted 1"),
    ("status", (("status", 200), ("body", '{"id": 7}'))): ("accepted 1", "accepted 1"),
    ("status", (("status", 200), ("body", "OK"))): ("not_sure 1 stop", "not_sure 1 stop"),
    ("status", (("status", 200), ("body", '{"error": "x"}'))): ("not_sure 1 stop", "not_sure 1 stop"),
    ("status", (("status", 201), ("body", '{"Error": {"Message": "x"}}'))): ("not_sure 1 stop", "not_sure 1 stop"),
    "portal": ("not_sure 1 stop", "not_sure 1 stop"),
    "errors-in-200": ("not_sure 1 stop", "not_sure 1 stop"),
    "short-body": ("accepted 1", "accepted 1"),
    "chunked": ("accepted 1", "accepted 1"),
    "chunked-cut": ("accepted 1", "accepted 1"),
    ("slow-body", (("seconds", 0.05),)): ("accepted 1", "accepted 1"),
    "unauthorized": ("not_sent 2 stop", "not_sent 2 stop"),
    ("unauthorized", (("times", 1),)): ("accepted 2", "accepted 2"),
    "400": ("not_sent 1 stop", "not_sent 1 stop"),
    "400-errors": ("refused 1", "refused 1"),
    "403": ("not_sent 1 stop", "not_sent 1 stop"),
    "404": ("not_sent 1 stop", "not_sent 1 stop"),
    "405": ("not_sent 1 stop", "not_sent 1 stop"),
    "407": ("not_sent 1 stop", "not_sent 1 stop"),
    "301": ("not_sent 1 stop", "not_sent 1 stop"),
    ("301", (("query", False),)): ("not_sent 1 stop", "not_sent 1 stop"),
    "307": ("not_sent 1 stop", "not_sent 1 stop"),
    "308": ("not_sent 1 stop", "not_sent 1 stop"),
    "login": ("not_sure 1 stop", "not_sure 1 stop"),
    "home": ("not_sure 1 stop", "not_sure 1 stop"),
    "303": ("not_sure 1 stop", "not_sure 1 stop"),
    "refused-configuration": ("not_sent 1 stop", "not_sent 1 stop"),
    "refused-record": ("not_sent 1 stop", "not_sent 1 stop"),
    "refused": ("refused 1", "refused 1"),
    ("refused", (("keys", "record"), ("message", "first"))): ("refused 1", "refused 1"),
    "bom": ("refused 1", "refused 1"),
    "latin-1": ("refused 1", "refused 1"),
    "utf-16": ("refused 1", "refused 1"),
    "list": ("refused 1", "refused 1"),
    "deep": ("refused 1", "refused 1"),
    "gzip": ("refused 1", "refused 1"),
    "cut-json": ("refused 1", "refused 1"),
    "413": ("refused 1", "refused 1"),
    "414": ("refused 1", "refused 1"),
    "431": ("refused 1", "refused 1"),
    "429": ("not_sent 7 stop", "not_sent 7 stop"),
    ("429", (("times", 6),)): ("accepted 7", "accepted 7"),
    ("429-date", (("times", 1),)): ("accepted 2", "accepted 2"),
    ("429-bare", (("times", 2),)): ("accepted 3", "accepted 3"),
    "408": ("not_sure 4", "not_sure 1"),
    ("status", (("status", 425),)): ("not_sure 4", "not_sure 1"),
    "500": ("not_sure 4", "not_sure 1"),
    ("500", (("times", 3),)): ("accepted 4", "not_sure 1"),
    "500-html": ("not_sure 4", "not_sure 1"),
    "502": ("not_sure 4", "not_sure 1"),
    "504": ("not_sure 4", "not_sure 1"),
    ("status", (("status", 599),)): ("not_sure 4", "not_sure 1"),
    "503": ("not_sure 4", "not_sure 1 stop"),
    ("503", (("times", 1), ("seconds", 5))): ("accepted 2", "not_sure 1 stop"),
    "processed-504": ("not_sure 4", "not_sure 1"),
    ("processed-504", (("times", 1),)): ("accepted 2", "not_sure 1"),
    "processed-reset": ("not_sure 4", "not_sure 1"),
    "reset-before": ("not_sure 4", "not_sure 1"),
    "reset": ("not_sure 4", "not_sure 1"),
    "close": ("not_sure 4", "not_sure 1"),
    ("hang", (("times", 1),)): ("accepted 2", "not_sure 1"),
    ("processed-hang", (("times", 1),)): ("accepted 2", "not_sure 1"),
    "103": ("not_sure 4", "not_sure 1"),
    "103-only": ("not_sure 4", "not_sure 1"),
}


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def carry_out(plan: Plan, client: Any, journal: Journal) -> RunSummary:
    return engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))


def test_the_table_knows_everything_the_server_can_do() -> None:
    assert {key if isinstance(key, str) else key[0] for key in CONTRACT} == set(RECORD_FAULTS)


@pytest.mark.parametrize("kind", [DataType.CONTACT, DataType.SURVEY])
@pytest.mark.parametrize("case", CONTRACT, ids=str)
def test_what_becomes_of_a_row(journal: Journal, case: Any, kind: DataType) -> None:
    do, more = (case, ()) if isinstance(case, str) else case
    expected = CONTRACT[case][kind is DataType.SURVEY]
    word, requests, stops = [*expected.split(), ""][:3]
    rows = people(ROWS)
    target = rows[2][0]
    script = faults.parse({"rules": [{"when": {"Email": target}, "do": do, **dict(more)}]})
    with PracticeServer(script=script) as server:
        plan = plan_of(rows, data_type=kind, reference=kind.value, address=server.address, connections=1)
        timeouts = SOON if do in LATE else Timeouts()
        with closing(Client(plan.address, Credentials("an-id", "a-secret"), timeouts=timeouts)) as client:
            summary = carry_out(plan, client, journal)
        entries, ledger = server.ledger.entries, server.ledger
    outcomes = {outcome.row: outcome for outcome in journal.outcomes(summary.run)}
    received = Counter(entry.fields["Email"] for entry in entries)
    processed = Counter(entry.fields["Email"] for entry in entries if entry.processed)
    assert (outcomes[4].status.value, received[target], outcomes[4].attempts) == (word, int(requests), int(requests))
    assert (summary.stopped is not None) is bool(stops)
    rest = {outcome.status for row, outcome in outcomes.items() if row != 4}
    assert rest == ({RowStatus.ACCEPTED, RowStatus.NOT_SENT} if stops else {RowStatus.ACCEPTED})
    assert sum(summary.counts.values()) == ROWS
    answered = {entry.fields["Email"] for entry in entries if entry.status is not None and 200 <= entry.status < 300}
    if word == "accepted":
        assert target in answered
    assert summary.counts[RowStatus.ACCEPTED] == len(answered - ({target} if word != "accepted" else set()))
    if kind is DataType.SURVEY:
        assert max(processed.values()) == 1
        assert ledger.invited_twice == {}
    assert not any("/moved/" in visit or "/login" in visit for visit in ledger.visits), "redirects are never followed"


def test_an_alias_that_is_there_since_a_try_of_an_earlier_program_is_not_called_refused(journal: Journal) -> None:
    plan = plan_of([("Acme", "ACM")], ("Account Name", "Alias"), data_type=DataType.ACCOUNT_ALIAS)
    cut = ScriptedClient({2: [Reply(Answer.NOTHING)] * 4})
    summary = carry_out(plan, cut, journal)
    assert summary.counts[RowStatus.NOT_SURE] == 1
    taken = ScriptedClient({2: [status(422, ("Alias", "The alias has already been taken."))]})
    again = engine.resume(summary.run, taken, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    (outcome,) = journal.outcomes(summary.run)
    assert again.counts[RowStatus.NOT_SURE] == 1
    assert "probably there since the first try" in outcome.message


def test_rows_too_long_for_the_way_do_not_leave_and_stop_nothing(journal: Journal) -> None:
    client = ScriptedClient({row: [Reply(Answer.TOO_LONG)] for row in range(2, 9)})
    summary = carry_out(plan_of(people(10)), client, journal)
    assert (summary.counts[RowStatus.HELD_BACK], summary.counts[RowStatus.ACCEPTED]) == (7, 3)
    assert summary.stopped is None
    assert next(journal.outcomes(summary.run)).attempts == 0


@pytest.mark.parametrize("kind", [DataType.CONTACT, DataType.SURVEY])
def test_cable_out_and_cable_in(journal: Journal, kind: DataType) -> None:
    """The service vanishes in the middle of a run and comes back: the run goes on by itself, and nobody is written to twice."""
    with PracticeServer(delay=0.02) as server:
        pulled, back = threading.Event(), threading.Event()

        def pull(batch: Batch) -> None:
            if batch.settled >= 10 and not pulled.is_set():
                pulled.set()
                server.close()
            elif batch.activity is Activity.WAITING and pulled.is_set() and not back.is_set():
                back.set()
                server.start()

        plan = plan_of(people(120), data_type=kind, reference=kind.value, address=server.address, connections=2)
        with closing(Client(plan.address, Credentials("an-id", "a-secret"))) as client:
            summary = engine.upload(plan, client, journal, on_batch=pull, control=Control())
        entries = server.ledger.entries
    assert summary.stopped is None
    assert back.is_set()
    unclear = summary.counts[RowStatus.NOT_SURE]
    assert unclear <= (1 if kind is DataType.SURVEY else 0)
    assert summary.counts[RowStatus.ACCEPTED] + unclear == 120
    processed = Counter(entry.fields["Email"] for entry in entries if entry.processed)
    assert len(processed) == 120 if not unclear else 119 <= len(processed) <= 120
    if kind is DataType.SURVEY:
        assert max(processed.values()) == 1


@pytest.mark.parametrize("kind", [DataType.CONTACT, DataType.SURVEY])
@pytest.mark.parametrize("trouble", ["500-html", "429", "302", "no-json"])
def test_a_sign_in_that_brings_no_token_in_the_middle_of_a_run_ends_it_with_4(
    journal: Journal, trouble: str, kind: DataType
) -> None:
    script = faults.parse({"token_calls": 3, "token": ["usual", {"do": trouble, "times": 6}]})
    with PracticeServer(script=script) as server:
        plan = plan_of(people(10), data_type=kind, reference=kind.value, address=server.address, connections=1)
        with closing(Client(plan.address, Credentials("an-id", "a-secret"))) as client:
            summary = carry_out(plan, client, journal)
        sign_ins = sum(server.ledger.sign_ins.values())
    assert summary.exit_code == 4
    assert (summary.counts[RowStatus.ACCEPTED], summary.counts[RowStatus.NOT_SENT]) == (3, 7)
    assert sign_ins == 1 + 6, "once, and five times more"
    with PracticeServer(script=faults.parse({"token": [trouble]})) as server:
        plan = plan_of(people(2), address=server.address)
        client = Client(plan.address, Credentials("an-id", "a-secret"))
        with closing(client), pytest.raises(NotReachable) as caught:
            carry_out(plan, client, journal)
    assert (caught.value.exit_code, server.ledger.received) == (4, 0)


def test_going_on_counts_all_rows_of_a_run_but_a_few_times(journal: Journal) -> None:
    """A run may have a million rows: each look at all of them delays the first request."""
    run = carry_out(plan_of(people(30)), ScriptedClient({5: [Reply(Answer.NOTHING)] * 4}), journal).run
    asked: list[str] = []
    before_first: list[int] = []
    journal._db.set_trace_callback(asked.append)
    client = ScriptedClient(before_send=lambda request: before_first.append(len(asked)))
    engine.resume(run, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    before = [text for text in asked[: before_first[0]] if not text.endswith("limit 1)")]
    looks = [text for text in before if "count(*)" in text or text.startswith("update row set state = 'not_sure'")]
    assert len(looks) <= 3, looks
