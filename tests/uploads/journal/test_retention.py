"""Row values go when their time is over, so that no byte of them stays; counts stay; a wrong clock deletes nothing."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig import Heard, ScriptedClient, Timer, inline, plan_of, recorded, status

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.run import Outcome, Stop, stop_for
from cg_uploader.model.statuses import STATUSES
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow
from cg_uploader.uploads.journal.retention import DAY_SECONDS, MAX_ABSENCE_SECONDS, judge_clock
from cg_uploader.uploads.results import report
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

VALUE = "needle"
DAY = DAY_SECONDS


@pytest.fixture
def journal(paths: AppPaths) -> Iterator[Journal]:
    with closing(Journal(paths)) as found:
        yield found


def a_run(journal: Journal, *, rows: int = 6, stop: Stop | None = None) -> int:
    """Six rows in the six states, with values wherever one can stand; it ends now."""
    plan = plan_of([(f"{VALUE}{n}@example.com", f"{VALUE} name {n}") for n in range(rows)])
    states = (WAITING, WAITING, WAITING, "held_back", "skipped", WAITING)
    kept = [
        JournalRow(n, n + 2, states[n % 6], n % 6 == 2, row.cells, row.cells[0], messages=(("Email", f"“{VALUE}{n}” is odd."),))
        for n, row in enumerate(plan.table.rows)
    ]
    run = recorded(journal, plan, kept)
    journal.record(run, [], intents=[0, 1, 2])
    journal.record(
        run,
        [
            (0, Outcome(2, RowStatus.ACCEPTED, 200)),
            (1, Outcome(3, RowStatus.REFUSED, 422, (("Email", f"{VALUE} is not an address."),), 1, f"{VALUE}1")),
        ],
    )
    journal.end(run, stop)
    return run


def stored(paths: AppPaths) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(paths.home.rglob("*")) if path.is_file())


def later(days: float) -> float:
    return time.time() + days * DAY


@pytest.mark.parametrize("rows", [6, 20_004])
def test_no_byte_of_a_value_stays_and_every_count_does(journal: Journal, paths: AppPaths, rows: int) -> None:
    run = a_run(journal, rows=rows, stop=stop_for(StopReason.NO_CLEAR_ANSWER, count=5, last=VALUE))
    before = journal.summary(run)
    assert VALUE.encode() in stored(paths)
    assert journal.delete_old_values(30, later(30.1)) == [run]
    after = journal.summary(run)
    assert (after.counts, after.rows, after.exit_code, after.started) == (before.counts, rows, 5, before.started)
    assert after.values_deleted is not None
    assert [(row.number, row.http, row.fingerprint) for row in journal.rows(run)][:2] == [(2, 200, b""), (3, 422, b"")]
    assert VALUE.encode() not in stored(paths), "nor in the write-ahead log"
    journal.close()
    assert VALUE.encode() not in stored(paths)


def test_values_stay_until_their_day(journal: Journal, paths: AppPaths) -> None:
    run = a_run(journal)
    assert journal.delete_old_values(30, later(29.9)) == []
    assert VALUE.encode() in stored(paths)
    assert journal.summary(run).values_deleted is None


def test_a_run_without_values_cannot_be_continued_and_says_so(journal: Journal, tmp_path: Path) -> None:
    run = a_run(journal, stop=Stop(StopReason.INTERRUPTED))
    assert journal.unsettled(run) == 1
    journal.delete_old_values(30, later(31))
    assert journal.unsettled(run) == 0
    before = journal.summary(run)
    client = ScriptedClient()
    with pytest.raises(UsageError, match=r"were deleted on \d+ \w+ \d{4}.*cannot be sent"):
        engine.resume(run, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    assert client.sent == []
    assert journal.summary(run) == before
    assert before.counts[RowStatus.NOT_SENT] == 1
    assert before.counts[RowStatus.NOT_SURE] == 1
    with pytest.raises(UsageError, match="cannot be saved"):
        report.save_failed_rows(journal, run, tmp_path / "failed.xlsx")
    assert not (tmp_path / "failed.xlsx").exists()
    assert all("deleted" in row.outcome.message for row in journal.rows(run) if STATUSES[row.status].needs_attention)


def test_nothing_to_keep_means_at_once_but_not_under_a_run_with_rows_left(journal: Journal, paths: AppPaths) -> None:
    plan = plan_of([(f"{VALUE}@example.com", "Ann"), ("ok@example.com", "Bob")])
    client = ScriptedClient({2: [status(422, ("Email", "no"))]})
    ended = engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    left = a_run(journal, stop=Stop(StopReason.INTERRUPTED))
    assert journal.delete_old_values(0) == [ended.run]
    assert journal.unsettled(left) == 1
    assert journal.delete_old_values(0, later(1.1)) == [left]
    assert VALUE.encode() not in stored(paths)


def test_a_run_that_somebody_works_on_keeps_its_values(journal: Journal, paths: AppPaths) -> None:
    run = a_run(journal, stop=Stop(StopReason.INTERRUPTED))
    with journal.hold(run), closing(Journal(paths)) as other:
        assert other.delete_old_values(30, later(31)) == []
    assert journal.delete_old_values(30, later(31)) == [run]


def test_a_cut_off_run_counts_from_its_beginning(journal: Journal) -> None:
    run = recorded(journal, plan_of([(VALUE, "Ann")]), [JournalRow(0, 2, WAITING, False, (VALUE, "Ann"))])
    assert journal.delete_old_values(30, later(29)) == []
    assert journal.delete_old_values(30, later(31)) == [run]


def test_deleting_that_was_cut_off_is_brought_to_its_end(journal: Journal, paths: AppPaths) -> None:
    run = a_run(journal)
    journal._db.execute("update run set values_deleted = ? where id = ?", (datetime.now(UTC).isoformat(), run))
    assert journal.delete_old_values(30) == [run]
    assert VALUE.encode() not in stored(paths)
    assert journal.delete_old_values(30) == [], "once"


def test_a_reader_in_the_way_only_delays_the_last_byte(journal: Journal, paths: AppPaths) -> None:
    run = a_run(journal)
    journal._db.execute("pragma busy_timeout = 50")
    with closing(sqlite3.connect(paths.journal, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from row").fetchone()
        journal.delete_old_values(30, later(31))
        reader.execute("commit")
    assert journal.delete_old_values(30, later(31)) == [run]
    assert VALUE.encode() not in stored(paths)


def test_a_damaged_journal_goes_too_in_its_time(journal: Journal, paths: AppPaths) -> None:
    old = paths.home / "journal-damaged-20200503-101112.sqlite3-wal"
    new = paths.home / f"journal-damaged-{datetime.now().astimezone():%Y%m%d-%H%M%S}.sqlite3"
    for path in (old, new, paths.home / "journal-damaged-is-not-ours"):
        path.write_text(VALUE)
    journal.delete_old_values(30)
    assert not old.exists()
    assert new.exists()


def test_a_clock_that_was_a_year_ahead_once_deletes_nothing(journal: Journal, paths: AppPaths) -> None:
    run = a_run(journal)
    journal.delete_old_values(30, later(0))
    assert journal.delete_old_values(30, later(365)) == [], "it may be wrong"
    assert journal.delete_old_values(30, later(365.5)) == [], "the same wrong day"
    assert journal.delete_old_values(30, later(2)) == [], "set right again"
    assert journal.delete_old_values(30, later(366)) == [], "wrong again: doubted anew"
    assert VALUE.encode() in stored(paths)
    assert journal.delete_old_values(30, later(367.1)) == [run], "it stayed so for a day"


def test_after_a_long_absence_values_go_a_day_later(journal: Journal) -> None:
    run = a_run(journal)
    assert journal.delete_old_values(30, later(200)) == []
    assert journal.delete_old_values(30, later(201.1)) == [run]


def test_a_run_recorded_under_a_clock_ahead_does_not_keep_its_values_for_a_year(journal: Journal) -> None:
    run = a_run(journal)
    future = datetime.fromtimestamp(later(365), UTC).isoformat(timespec="milliseconds")
    journal._db.execute("update run set started = ?, finished = ?", (future, future))
    journal._db.execute("update clock set seen = ?", (later(365),))
    assert journal.delete_old_values(30, later(0)) == []
    assert journal.delete_old_values(30, later(29)) == []
    assert journal.delete_old_values(30, later(31)) == [run]
    assert journal.summary(run).started.isoformat(timespec="milliseconds") == future, "what was recorded stays"


@given(
    st.floats(0, 4e9),
    st.none() | st.floats(0, 4e9),
    st.none() | st.floats(0, 4e9),
)
def test_a_clock_is_believed_near_the_last_use_or_after_a_day_of_insisting(
    now: float, seen: float | None, doubted: float | None
) -> None:
    after_seen, after_doubted, believed = judge_clock(now, seen, doubted)
    near = seen is None or now <= seen + MAX_ABSENCE_SECONDS
    insisted = doubted is not None and now - doubted >= DAY
    assert believed == (near or insisted)
    assert (after_seen, after_doubted) == (now, None) if believed else after_seen == seen
    assert believed or after_doubted is not None
