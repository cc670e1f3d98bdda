"""What becomes of a run's rows is on disk before anybody hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from rig import Heard, people, plan_of, recorded

from cg_uploader.model.enums import Activity, RowStatus
from cg_uploader.model.request import Request
from cg_uploader.model.run import Batch, Doing, Outcome
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import SENDING, WAITING, JournalRow
from cg_uploader.uploads.sending.queue.scheduler import PendingRow
from cg_uploader.uploads.sending.recorder import Recorder

ACCEPTED = Outcome(2, RowStatus.ACCEPTED, 200)


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as opened:
        rows = [JournalRow(at, at + 2, WAITING, once_only=False, cells=(f"p{at}@example.com", "Ann")) for at in range(2)]
        recorded(opened, plan_of(people(2)), rows)
        yield opened


def pending(position: int) -> PendingRow:
    return PendingRow(position, Request(position + 2, "", "", ()), "", (), resting=WAITING)


def states(journal: Journal) -> list[str]:
    return [row.state for row in journal.rows(1)]


def test_an_outcome_is_announced_once_and_only_after_its_commit(journal: Journal) -> None:
    heard: list[tuple[Batch, list[str]]] = []
    recorder = Recorder(1, journal, lambda batch: heard.append((batch, states(journal))))
    recorder.settle(pending(0), ACCEPTED)
    recorder.announce(Doing(Activity.SENDING))
    recorder.commit()
    recorder.announce(Doing(Activity.SENDING))
    recorder.announce(Doing(Activity.SENDING))
    assert [batch.outcomes for batch, _ in heard] == [(), (ACCEPTED,), ()]
    assert heard[1][1] == ["accepted", WAITING]


def test_intents_outcomes_and_rows_that_come_back_share_a_commit(journal: Journal) -> None:
    recorder, first, second = Recorder(1, journal, Heard()), pending(0), pending(1)
    recorder.commit([first])
    assert (first.intended, states(journal)) == (True, [SENDING, WAITING])
    recorder.put_back(first)
    assert states(journal) == [SENDING, WAITING]
    recorder.commit([second])
    assert (second.intended, states(journal)) == (True, [WAITING, SENDING])


def test_what_is_no_news_is_not_announced(journal: Journal) -> None:
    heard = Heard()
    recorder = Recorder(1, journal, heard)
    for why in ("", "", "Slowly.", "Slowly."):
        recorder.announce_news(Doing(Activity.SENDING, why))
    assert [batch.doing.why for batch in heard] == ["", "Slowly."]


def test_the_end_is_committed_and_announced_last(journal: Journal) -> None:
    heard = Heard()
    recorder = Recorder(1, journal, heard)
    recorder.settle(pending(1), Outcome(3, RowStatus.ACCEPTED, 200))
    summary = recorder.end(None)
    assert summary.counts[RowStatus.ACCEPTED] == 1
    assert (heard[-1].activity, heard[-1].counts[RowStatus.ACCEPTED]) == (Activity.FINISHED, 1)
