"""The journal as window and command line open it first: a loss is told once, row values go when their time is over."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace

import pytest
from rig import plan_of, recorded

from cg_uploader.errors import DiskFull, JournalError
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.preferences import PreferenceStore
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import JournalRow
from cg_uploader.uploads.journal.retention import DAY_SECONDS
from cg_uploader.uploads.opened_journal import opened_journal


def keep(paths: AppPaths, days: int) -> None:
    store = PreferenceStore(paths.preferences)
    store.save(replace(store.load(), keep_days=days))


def ended_run(journal: Journal) -> int:
    """A run that has come to its end, with a refused row whose text is kept."""
    plan = plan_of([("needle@example.com", "Ann")])
    run = recorded(journal, plan, [JournalRow(0, 2, "refused", once_only=False, cells=("needle@example.com", "Ann"))])
    journal.end(run, None)
    return run


def texts(paths: AppPaths, run: int) -> list[tuple[str, ...]]:
    with closing(Journal(paths)) as journal:
        return [row.cells for row in journal.rows(run)]


@pytest.mark.parametrize(("days", "kept"), [(7, False), (9, True)])
def test_values_go_when_the_time_that_the_user_chose_is_over(paths: AppPaths, days: int, kept: bool) -> None:
    keep(paths, days)
    with closing(Journal(paths)) as journal:
        run = ended_run(journal)
        when = time.strftime("%Y-%m-%dT%H:%M:%S.000+00:00", time.gmtime(time.time() - 8 * DAY_SECONDS))
        journal._db.execute("update run set started = ?, finished = ?", (when, when))
    with opened_journal(paths, print):
        assert bool(texts(paths, run)[0]) is kept


@pytest.mark.parametrize(("days", "kept"), [(0, False), (1, True)])
def test_where_none_are_kept_those_of_a_run_go_when_the_journal_is_closed(paths: AppPaths, days: int, kept: bool) -> None:
    keep(paths, days)
    with opened_journal(paths, print) as journal:
        run = ended_run(journal)
        assert texts(paths, run)[0], "as long as it is open, failed rows can be saved"
    assert bool(texts(paths, run)[0]) is kept


def test_a_loss_is_told_to_the_one_who_opens_it_next_and_to_nobody_after(paths: AppPaths) -> None:
    paths.journal.write_text("no database")
    said: list[str] = []
    for _ in range(2):
        with opened_journal(paths, said.append) as journal:
            assert journal.runs() == []
    assert len(said) == 1
    assert "not recognised" in said[0]


def test_without_room_to_delete_the_record_can_still_be_read(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise DiskFull("There is no room.")

    monkeypatch.setattr(Journal, "delete_old_values", full)
    with opened_journal(paths, print) as journal:
        assert journal.runs() == []


def test_a_record_that_cannot_be_used_is_said(paths: AppPaths) -> None:
    paths.journal.mkdir()
    with pytest.raises(JournalError, match="cannot be kept"), opened_journal(paths, print):
        pass
