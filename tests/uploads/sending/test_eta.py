"""Rate and time left are said when they can be known, and not before."""

from __future__ import annotations

import pytest

from cg_uploader.model.enums import Activity, RowStatus
from cg_uploader.model.run import Batch, Doing
from cg_uploader.uploads.sending.eta import RateEstimator, format_time_left


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def batch(settled: int, activity: Activity = Activity.SENDING) -> Batch:
    return Batch(1000, {RowStatus.ACCEPTED: settled}, doing=Doing(activity))


def test_nothing_is_said_before_twenty_rows() -> None:
    clock = Clock()
    pace = RateEstimator(clock)
    for settled in range(20):
        pace.feed(batch(settled))
        clock.now += 0.1
        assert pace.rate is None
        assert pace.seconds_left(1000) is None
    pace.feed(batch(20))
    assert pace.rate == pytest.approx(10.0)
    assert pace.seconds_left(1000) == pytest.approx(98.0)


def test_rows_that_were_settled_before_the_first_batch_do_not_count() -> None:
    clock = Clock()
    pace = RateEstimator(clock)
    pace.feed(batch(500))
    clock.now += 10
    pace.feed(batch(519))
    assert pace.rate is None


def test_a_pause_is_no_slow_stretch() -> None:
    clock = Clock()
    pace = RateEstimator(clock)
    pace.feed(batch(0))
    clock.now += 10
    pace.feed(batch(100))
    pace.feed(batch(100, Activity.PAUSED))
    clock.now += 600
    pace.feed(batch(100))
    clock.now += 10
    pace.feed(batch(200))
    assert pace.rate == pytest.approx(10.0)


def test_the_rate_follows_the_last_half_minute() -> None:
    clock = Clock()
    pace = RateEstimator(clock)
    settled = 0
    for rate in (10, 40):
        for _ in range(60):
            pace.feed(batch(settled))
            clock.now += 1
            settled += rate
    pace.feed(batch(settled))
    assert pace.rate == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (4, "a few seconds left"),
        (31, "about 30 seconds left"),
        (240, "about 4 minutes left"),
        (9000, "about 2.5 hours left"),
    ],
)
def test_words(seconds: float | None, words: str) -> None:
    assert format_time_left(seconds) == words
