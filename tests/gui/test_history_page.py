"""History: every run is listed, an interrupted one goes on, a forgotten one is gone."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from rig import plan_of, recorded, table_of
from windows import HEADINGS, TIMEOUT_MS, people, practice_connection

from cg_uploader.errors import CredentialsRefused
from cg_uploader.gui import papers, uploading
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.pages.history import NOTHING_LIKE_THIS, HistoryPage
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import UNNAMED, Connection, Session
from cg_uploader.gui.theme import Theme
from cg_uploader.gui.uploading import UploadEnd
from cg_uploader.model.enums import Region, RowStatus
from cg_uploader.model.run import Batch
from cg_uploader.model.stop_reasons import RunState
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import OVERTAKEN, WITHHELD, JournalRow
from cg_uploader.uploads.sending.control import Control


@pytest.fixture
def services(paths: AppPaths, theme: Theme) -> Iterator[Services]:
    made = Services(paths, theme, practice=Practice(delay=0.02))
    yield made
    made.close()


@pytest.fixture
def page(window: MainWindow, services: Services, qtbot: QtBot) -> HistoryPage:
    """The history after one run that was stopped in its middle."""
    session = window.session
    session.set_connection(practice_connection(services))
    session.set_table(table_of(HEADINGS, people(100), Path("may.xlsx")))
    qtbot.waitUntil(lambda: session.result is not None and not window.upload_page._looking.busy, timeout=TIMEOUT_MS)
    window.upload_page.upload()
    qtbot.waitUntil(lambda: window.upload_page.progress.bar.value() > 5, timeout=TIMEOUT_MS)
    window.upload_page.stop()
    qtbot.waitUntil(lambda: not session.running, timeout=TIMEOUT_MS)
    show(window, qtbot)
    return window.history_page


def show(window: MainWindow, qtbot: QtBot) -> None:
    window.show_history()
    qtbot.waitUntil(lambda: not window.history_page.runner.busy, timeout=TIMEOUT_MS)


def test_without_runs_it_says_so_and_nothing_can_be_pressed(window: MainWindow, qtbot: QtBot) -> None:
    show(window, qtbot)
    page = window.history_page
    assert "Nothing has been uploaded" in page.view.empty
    assert not any(button.isEnabled() for button in (page.go_on, page.failed_rows, page.receipt, page.forget))


def test_a_run_is_listed_with_its_numbers(page: HistoryPage, session: Session) -> None:
    page.view.selectRow(0)
    run = page.selected()
    assert run is not None
    assert session.run is not None
    assert run.counts == session.run.counts
    assert page.go_on.isEnabled()


def test_a_run_that_cannot_be_read_is_named_and_the_others_are_listed(
    window: MainWindow, paths: AppPaths, qtbot: QtBot
) -> None:
    with closing(Journal(paths)) as journal:
        for number in (1, 2):
            recorded(journal, plan_of([(f"p{number}@example.com", "Ann")]), [])
        journal._db.execute("update run set started = 'no date' where id = 1")
    show(window, qtbot)
    page = window.history_page
    assert [run.run for run in page.model.lines] == [2]
    assert "upload 1 is not as it was written" in page.banner.text


def test_an_interrupted_run_goes_on_and_every_row_arrives_once(
    page: HistoryPage, window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    page.view.selectRow(0)
    page.go_on.click()
    assert window.session.running
    assert window.stack.currentWidget() is window.upload_page
    qtbot.waitUntil(lambda: not window.session.running, timeout=TIMEOUT_MS)
    assert window.session.run is not None
    assert window.session.run.counts[RowStatus.ACCEPTED] == 100 == services.practice.server.ledger.processed


def test_a_practice_run_of_another_day_goes_on_at_its_own_address(
    page: HistoryPage, window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    services.practice.close()
    page.view.selectRow(0)
    page.go_on.click()
    qtbot.waitUntil(lambda: not window.session.running, timeout=TIMEOUT_MS)
    assert window.session.run is not None
    assert window.session.run.counts[RowStatus.ACCEPTED] == 100


@pytest.mark.parametrize(
    ("name", "reference", "begun", "own"),
    [
        ("Beta", "contact", ("Alpha", ""), False),
        ("Alpha", "contact", ("Alpha", ""), True),
        ("Beta", "contact", (UNNAMED, ""), True),
        ("Beta", "else", (UNNAMED, ""), False),
        ("", "contact", (UNNAMED, "another's id"), False),
        ("Alpha", "contact", ("Alpha", "another's id"), False),
        ("", "else", (UNNAMED, "id"), True),
        ("Beta", "else", ("Alpha", "id"), True),
    ],
)
def test_rows_of_one_customer_never_go_out_with_the_sign_in_of_another(
    session: Session,
    services: Services,
    paths: AppPaths,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    reference: str,
    begun: tuple[str, str],
    own: bool,
) -> None:
    plan = replace(plan_of([("a@example.com", "Ann")]), region=Region.EU, profile=begun[0])
    with closing(Journal(paths)) as journal:
        run = recorded(journal, plan, [JournalRow(0, 2, "waiting", once_only=False, cells=("a@example.com", "Ann"))], begun[1])
    session.set_connection(Connection(name=name, region=Region.EU, client_id="id", client_secret="secret", reference=reference))
    work = uploading.continued_run(run, session, services, Control())

    class Asked(Exception):
        """Somebody wants to connect."""

    def client(*_: object) -> None:
        raise Asked

    monkeypatch.setattr(services, "client", client)
    if own:
        with pytest.raises(Asked):
            work(lambda _: None, lambda: False)
    else:
        ended = work(lambda _: None, lambda: False)
        assert isinstance(ended, UploadEnd)
        assert isinstance(ended.failed, CredentialsRefused)


def test_a_continued_run_lists_all_rows_that_it_counts_as_settled(
    session: Session, services: Services, paths: AppPaths
) -> None:
    plan = plan_of([("a@example.com", "Ann")] * 6, address=services.practice.server.address)
    states = ("accepted", "not_sure", OVERTAKEN, WITHHELD, "refused", "waiting")
    rows = [
        JournalRow(at, at + 2, state, once_only=state == "not_sure", cells=("a@example.com", "Ann"), fingerprint=bytes([at]))
        for at, state in enumerate(states)
    ]
    with closing(Journal(paths)) as journal:
        run = recorded(journal, plan, rows)
    heard: list[Batch] = []
    ended = uploading.continued_run(run, session, services, Control())(heard.append, lambda: False)
    assert isinstance(ended, UploadEnd)
    assert ended.failed is None
    first = next(batch for batch in heard if batch.run)
    listed = Counter(outcome.status for outcome in first.outcomes)
    assert sum(first.before.values()) == 5
    assert {status: count for status, count in first.counts.items() if count} == listed
    assert {row for outcome in first.outcomes if (row := outcome.row) < 7} == {2, 3, 4, 5, 6}


def test_a_forgotten_run_is_gone(page: HistoryPage, paths: AppPaths, qtbot: QtBot) -> None:
    page.view.selectRow(0)
    run = page.selected()
    assert run is not None
    page.forget_run(run.run)
    qtbot.waitUntil(lambda: page.model.rowCount() == 0, timeout=TIMEOUT_MS)
    with closing(Journal(paths)) as journal:
        assert journal.runs() == []


def test_what_becomes_of_a_forgotten_run_is_heard_by_who_leaves_the_page_and_comes_back(
    window: MainWindow, page: HistoryPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget, go_on = Journal.forget, threading.Event()

    def slowly(journal: Journal, run: int) -> None:
        go_on.wait(TIMEOUT_MS / 1000)
        forget(journal, run)

    monkeypatch.setattr(Journal, "forget", slowly)
    page.forget_run(page.model.run(0).run)
    show(window, qtbot)
    assert page.model.rowCount() == 1
    go_on.set()
    qtbot.waitUntil(lambda: page.model.rowCount() == 0, timeout=TIMEOUT_MS)
    assert "is forgotten" in page.banner.text


def test_a_run_that_another_program_works_on_is_left_alone(page: HistoryPage, paths: AppPaths, qtbot: QtBot) -> None:
    run = page.model.run(0).run
    with closing(Journal(paths)) as other, other.hold(run):
        other.reopen(run)
        page.refresh()
        qtbot.waitUntil(lambda: not page.runner.busy, timeout=TIMEOUT_MS)
        page.view.selectRow(0)
        assert page.model.index(0, 6).data() == RunState.UNDER_WAY.sentence
        assert not page.go_on.isEnabled()
        assert not page.forget.isEnabled()
        assert "can be continued or forgotten when it has ended" in page.told.text()
        assert page.receipt.isEnabled()
        assert page.print_out.isEnabled()


def test_the_receipt_goes_to_the_browser_and_away_again(
    page: HistoryPage, paths: AppPaths, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(papers, "open_outside", lambda path: not opened.append(path))
    page.view.selectRow(0)
    page.print_out.click()
    qtbot.waitUntil(lambda: bool(opened), timeout=TIMEOUT_MS)
    (file,) = opened
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert os.name == "nt" or stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "browser" in page.banner.text
    (paths.pages / "somebody's.txt").write_text("x")
    papers.clear_pages(paths)
    assert [left.name for left in paths.pages.iterdir()] == ["somebody's.txt"]


def test_another_window_leaves_what_a_browser_may_be_about_to_read(paths: AppPaths) -> None:
    paths.pages.mkdir()
    for name in ("upload-1-0.html", "upload-2-0.html", ".new-abc.html~"):
        (paths.pages / name).write_text("x")
    long_ago = time.time() - 2 * papers.FRESH_SECONDS
    os.utime(paths.pages / "upload-1-0.html", (long_ago, long_ago))
    papers.clear_pages(paths)
    assert sorted(left.name for left in paths.pages.iterdir()) == [".new-abc.html~", "upload-2-0.html"]


def test_search_hides_the_others(page: HistoryPage) -> None:
    page.search.setText("june")
    assert page.model.rowCount() == 0
    assert page.view.empty == NOTHING_LIKE_THIS
    page.search.setText("MAY")
    assert page.model.rowCount() == 1
