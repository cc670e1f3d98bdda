"""What several rows together say: shared waits, fewer connections, and when the run ends."""

from __future__ import annotations

import pytest
from rig import OK, status

from cg_uploader.model.enums import Answer, RowStatus
from cg_uploader.model.request import Reply, Request
from cg_uploader.model.run import Outcome
from cg_uploader.uploads.sending.queue.scheduler import PendingRow
from cg_uploader.uploads.sending.queue.throttle import CALM_ROWS_PER_CONNECTION, CONNECTION_WAITS, Throttle
from cg_uploader.uploads.sending.retry import Decision, NextStep

FINE = Decision(NextStep.SETTLE, RowStatus.ACCEPTED)
AGAIN = Decision(NextStep.RESEND, RowStatus.NOT_SENT)
SLOWER = Decision(NextStep.RESEND, RowStatus.NOT_SENT, wait=30.0, everyone=True, slow_down=True)
NO_WAY = Reply(Answer.NOT_CONNECTED, message="No route.")


def pending(position: int = 0, dispatched: float = 0.0) -> PendingRow:
    return PendingRow(position, Request(position + 2, "http://x/", "contact", ()), "ann", (), dispatched=dispatched)


@pytest.fixture
def traffic() -> Throttle:
    return Throttle(8, at_the_start=False)


def test_a_break_that_is_asked_for_halves_the_connections_once_for_all_that_were_under_way(traffic: Throttle) -> None:
    for position in range(4):
        assert traffic.note(pending(position, dispatched=1.0), status(429), SLOWER, now=2.0) is None
    assert (traffic.limit, traffic.not_before) == (4, 32.0)
    traffic.note(pending(9, dispatched=40.0), status(429), SLOWER, now=41.0)
    assert (traffic.limit, traffic.not_before) == (2, 71.0)


def test_a_shorter_wait_does_not_end_a_longer_one(traffic: Throttle) -> None:
    traffic.note(pending(), status(429), SLOWER, now=2.0)
    short = Decision(NextStep.RESEND, RowStatus.NOT_SENT, wait=1.0, everyone=True)
    traffic.note(pending(1), status(429), short, now=3.0)
    assert traffic.not_before == 32.0


def test_calm_rows_bring_connections_back_one_by_one_and_never_more_than_were_wanted() -> None:
    traffic = Throttle(3, at_the_start=False)
    traffic.note(pending(dispatched=1.0), status(429), SLOWER, now=2.0)
    assert traffic.limit == 1
    limits = []
    for position in range(10 * CALM_ROWS_PER_CONNECTION):
        traffic.note(pending(position, dispatched=50.0), OK, FINE, now=51.0)
        limits.append(traffic.limit)
    assert limits.index(2) == CALM_ROWS_PER_CONNECTION - 1
    assert limits.index(3) == 3 * CALM_ROWS_PER_CONNECTION - 1
    assert max(limits) == 3


def test_without_a_connection_every_wait_is_longer_and_then_the_run_ends(traffic: Throttle) -> None:
    now, waits = 0.0, []
    for _ in CONNECTION_WAITS:
        now += 0.5
        assert traffic.note(pending(dispatched=now), NO_WAY, AGAIN, now) is None
        waits.append(traffic.not_before - now)
        now = traffic.not_before
    assert tuple(waits) == CONNECTION_WAITS
    assert traffic.why == "No route."
    stop = traffic.note(pending(dispatched=now + 1), NO_WAY, AGAIN, now + 1)
    assert stop is not None
    assert (str(stop), stop.exit_code) == ("No route. Check the network, then continue.", 5)


def test_a_run_that_never_sent_anything_ends_with_another_code() -> None:
    traffic = Throttle(1, at_the_start=True)
    stops = [traffic.note(pending(dispatched=100.0 * n), NO_WAY, AGAIN, 100.0 * n) for n in range(1, 7)]
    assert stops[:5] == [None] * 5
    assert stops[5] is not None
    assert stops[5].exit_code == 4


def test_rows_that_were_under_way_together_are_one_failed_connection(traffic: Throttle) -> None:
    for position in range(8):
        assert traffic.note(pending(position, dispatched=1.0), NO_WAY, AGAIN, now=2.0) is None
    assert traffic.not_before == 2.0 + CONNECTION_WAITS[0]


def test_five_rows_without_a_clear_answer_end_the_run_and_tries_of_one_row_are_one(traffic: Throttle) -> None:
    for _ in range(9):
        assert traffic.note(pending(1, dispatched=1.0), status(500), AGAIN, now=2.0) is None
    stops = [
        traffic.note(pending(position, dispatched=1.0), status(502, message="Bad."), AGAIN, now=2.0)
        for position in (2, 3, 4, 5)
    ]
    assert stops[:3] == [None] * 3
    assert stops[3] is not None
    assert "5 rows in a row" in str(stops[3])
    assert "Bad." in str(stops[3])


@pytest.mark.parametrize("between", ["answer", "sleep"])
def test_a_clear_answer_or_sleep_begins_the_count_anew(traffic: Throttle, between: str) -> None:
    for position in range(4):
        traffic.note(pending(position, dispatched=1.0), status(500), AGAIN, now=2.0)
    if between == "answer":
        traffic.note(pending(9, dispatched=1.0), OK, FINE, now=2.0)
    else:
        traffic.awoke(3.0)
        assert traffic.note(pending(8, dispatched=2.0), status(500), AGAIN, now=4.0) is None, "it left before the sleep"
    stops = [traffic.note(pending(position, dispatched=5.0), status(500), AGAIN, now=6.0) for position in range(10, 15)]
    assert stops[:4] == [None] * 4
    assert stops[4] is not None


def refused(row: int, text: str = "Unknown.") -> Outcome:
    return Outcome(row, RowStatus.REFUSED, 422, (("Email", text),))


def test_five_refusals_alike_at_the_start_are_a_question() -> None:
    traffic = Throttle(1, at_the_start=True)
    stops = [traffic.settled(refused(row)) for row in range(2, 7)]
    assert stops[:4] == [None] * 4
    assert stops[4] is not None
    assert "Email: Unknown." in str(stops[4])
    assert [traffic.settled(refused(row)) for row in range(7, 20)] == [None] * 13, "asked once"


@pytest.mark.parametrize("other", [refused(4, "Another."), Outcome(4, RowStatus.ACCEPTED, 200)])
def test_one_row_that_ends_otherwise_settles_the_question(other: Outcome) -> None:
    traffic = Throttle(1, at_the_start=True)
    outcomes = [refused(2), refused(3), other, *(refused(row) for row in range(5, 20))]
    assert [traffic.settled(outcome) for outcome in outcomes] == [None] * len(outcomes)
