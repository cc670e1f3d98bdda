"""How a run stands: totals that add up, and one exit code."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cg_uploader.model.enums import Region, RowStatus
from cg_uploader.model.run import Outcome, RunSummary, Stop
from cg_uploader.model.stop_reasons import StopReason

MOMENT = datetime(2026, 5, 3, tzinfo=UTC)


def summary(counts: dict[RowStatus, int], rows: int, stopped: Stop | None = None) -> RunSummary:
    return RunSummary(1, "people.xlsx", "Test", Region.PRACTICE, rows, counts, MOMENT, finished=MOMENT, stopped=stopped)


@pytest.mark.parametrize(
    ("status", "attention"),
    [
        (RowStatus.ACCEPTED, 0),
        (RowStatus.SKIPPED, 0),
        (RowStatus.REFUSED, 2),
        (RowStatus.HELD_BACK, 2),
        (RowStatus.NOT_SURE, 2),
        (RowStatus.NOT_SENT, 2),
    ],
)
def test_what_needs_attention_makes_the_exit_code(status: RowStatus, attention: int) -> None:
    run = summary({RowStatus.ACCEPTED: 3} | {status: 2}, 2 if status is RowStatus.ACCEPTED else 5)
    assert run.attention == attention
    assert run.exit_code == (1 if attention else 0)


def test_why_it_stopped_goes_before_what_became_of_the_rows() -> None:
    assert summary({RowStatus.ACCEPTED: 3}, 3, Stop(StopReason.INTERRUPTED, 4)).exit_code == 4
    assert summary({RowStatus.NOT_SENT: 3}, 3, Stop(StopReason.INTERRUPTED)).exit_code == 5


def test_totals_that_do_not_add_up_are_a_bug() -> None:
    with pytest.raises(ValueError, match="do not add up to 4 rows"):
        summary({RowStatus.ACCEPTED: 3}, 4)


def test_sentences_of_a_row_in_one_line() -> None:
    outcome = Outcome(2, RowStatus.REFUSED, 422, (("Email", "Unknown."), ("", "Nothing was written.")))
    assert outcome.message == "Email: Unknown. Nothing was written."
    assert Outcome(2, RowStatus.ACCEPTED).message == ""
