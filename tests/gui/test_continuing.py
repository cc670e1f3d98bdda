"""Continue from History in a window in which nothing else is open: what is missing is asked for, and the result stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from certificates import Authority
from fake_proxy import AUTH, RECORDS, FakeProxy
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from rig import plan_of, recorded, table_of
from windows import HEADINGS, TIMEOUT_MS, people, practice_connection

from cg_uploader.api import endpoints
from cg_uploader.gui.dialogs.sign_in import SignInDialog
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Standing, Step, standing, why_closed
from cg_uploader.gui.theme import Theme
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.enums import Region, RowStatus
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.preferences import Preferences
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import JournalRow

ROWS = 60


@pytest.fixture
def services(paths: AppPaths, theme: Theme) -> Iterator[Services]:
    made = Services(paths, theme, practice=Practice(delay=0.02))
    yield made
    made.close()


@pytest.fixture
def stopped(qtbot: QtBot, services: Services) -> int:
    """An upload to practice that was stopped in its middle, in another window that is closed now; its number."""
    window = MainWindow(Session(), services)
    qtbot.addWidget(window)
    session = window.session
    session.set_connection(practice_connection(services))
    session.set_table(table_of(HEADINGS, people(ROWS), Path("may.xlsx")))
    qtbot.waitUntil(lambda: session.result is not None and not window.upload_page._looking.busy, timeout=TIMEOUT_MS)
    window.upload_page.upload()
    qtbot.waitUntil(lambda: window.upload_page.progress.bar.value() > 3, timeout=TIMEOUT_MS)
    window.upload_page.stop()
    qtbot.waitUntil(lambda: not session.running, timeout=TIMEOUT_MS)
    assert session.run is not None
    for page in (*window.pages.values(), window.history_page):
        page.shut_down()
    return session.run.run


def go_on(window: MainWindow, qtbot: QtBot) -> None:
    """Open History, select the newest upload, press Continue."""
    window.show_history()
    qtbot.waitUntil(lambda: window.history_page.model.rowCount() > 0, timeout=TIMEOUT_MS)
    window.history_page.view.selectRow(0)
    qtbot.mouseClick(window.history_page.go_on, Qt.MouseButton.LeftButton)


def ended(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.session.running, timeout=TIMEOUT_MS)


def asked(window: MainWindow, qtbot: QtBot) -> SignInDialog:
    qtbot.waitUntil(lambda: window.upload_page.sign_in is not None, timeout=TIMEOUT_MS)
    assert window.upload_page.sign_in is not None
    return window.upload_page.sign_in


def answer(dialog: SignInDialog, qtbot: QtBot, client_id: str, secret: str) -> None:
    dialog.client_id.setText(client_id)
    dialog.client_secret.setText(secret)
    qtbot.mouseClick(dialog.go_on, Qt.MouseButton.LeftButton)


def shows_its_result(window: MainWindow) -> bool:
    page = window.upload_page
    papers = (page.after, page.counters, page.after.receipt, page.after.print_out)
    return window.stack.currentWidget() is page and all(widget.isVisible() for widget in papers)


def test_at_its_end_its_totals_and_its_receipt_are_there_and_stay(
    window: MainWindow, services: Services, stopped: int, qtbot: QtBot, tmp_path: Path
) -> None:
    go_on(window, qtbot)
    ended(window, qtbot)
    run = window.session.run
    assert run is not None
    assert (run.run, run.stopped) == (stopped, None)
    assert run.counts[RowStatus.ACCEPTED] == ROWS == services.practice.server.ledger.processed
    assert shows_its_result(window)
    assert window.step is Step.UPLOAD
    assert {status: counter.count for status, counter in window.upload_page.counters.counters.items()} == run.counts
    window.upload_page.save_receipt(tmp_path / "receipt.html")
    qtbot.waitUntil(lambda: "receipt.html" in window.upload_page.after.saved.text, timeout=TIMEOUT_MS)
    assert shows_its_result(window)


def test_on_stop_its_totals_stay_and_its_failed_rows_can_be_saved(
    window: MainWindow, stopped: int, qtbot: QtBot, tmp_path: Path
) -> None:
    go_on(window, qtbot)
    page = window.upload_page
    qtbot.waitUntil(lambda: window.session.running and page.progress.bar.value() > 0, timeout=TIMEOUT_MS)
    qtbot.mouseClick(page.progress.stop_button, Qt.MouseButton.LeftButton)
    ended(window, qtbot)
    run = window.session.run
    assert run is not None
    assert run.stopped is not None
    assert shows_its_result(window)
    assert page.after.failed_rows.isVisible()
    page.save_failed_rows(tmp_path / "failed.xlsx")
    qtbot.waitUntil(lambda: "failed.xlsx" in page.after.saved.text, timeout=TIMEOUT_MS)
    assert (tmp_path / "failed.xlsx").exists()
    assert shows_its_result(window)
    qtbot.mouseClick(page.after.go_on, Qt.MouseButton.LeftButton)
    ended(window, qtbot)
    assert window.session.run is not None
    assert window.session.run.counts[RowStatus.ACCEPTED] == ROWS


def test_from_a_result_every_way_leads_somewhere_and_back_to_it(window: MainWindow, stopped: int, qtbot: QtBot) -> None:
    go_on(window, qtbot)
    ended(window, qtbot)
    assert standing(window.session, Step.UPLOAD) is Standing.READY
    qtbot.mouseClick(window.footer.back_button, Qt.MouseButton.LeftButton)
    assert window.stack.currentWidget() is window.connect_page
    assert why_closed(window.session, Step.FILE)
    window.rail.button(Step.UPLOAD).click()
    assert shows_its_result(window)
    qtbot.mouseClick(window.footer.next_button, Qt.MouseButton.LeftButton)
    assert window.stack.currentWidget() is window.connect_page, "a file can be chosen only after that"
    window.show_history()
    window.show_step(Step.UPLOAD)
    assert shows_its_result(window)


def test_a_secret_that_is_refused_is_asked_for_on_the_page_until_one_is_accepted(
    window: MainWindow, services: Services, stopped: int, qtbot: QtBot
) -> None:
    wrong = replace(practice_connection(services), client_secret="wrong")
    window.session.set_connection(wrong)
    go_on(window, qtbot)
    dialog = asked(window, qtbot)
    assert not dialog.go_on.isEnabled()
    assert f"Upload {stopped} of may.xlsx" in dialog.facts.text()
    assert "“Practice”" in dialog.facts.text()
    assert shows_its_result(window)
    answer(dialog, qtbot, "practice", "wrong")
    qtbot.waitUntil(lambda: window.upload_page.sign_in not in (None, dialog), timeout=TIMEOUT_MS)
    answer(asked(window, qtbot), qtbot, "practice", "right")
    qtbot.waitUntil(lambda: window.session.run is not None and window.session.run.stopped is None, timeout=TIMEOUT_MS)
    assert window.session.connection.client_secret == "right", "the same connection is open, and the user has corrected it"
    assert window.upload_page.failure.isHidden()
    assert services.practice.server.ledger.processed == ROWS


class TestAnotherCustomer:
    """A run to Europe, through a proxy on loopback, in a window where its connection is not open."""

    @pytest.fixture
    def proxy(self, services: Services, tmp_path: Path) -> Iterator[FakeProxy]:
        authority = Authority(tmp_path / "authority", "Example Works Root")
        with FakeProxy({host: authority.server(host) for host in (AUTH, RECORDS)}) as proxy:
            services.preferences.save(Preferences(proxy=f"127.0.0.1:{proxy.port}", ca_file=str(authority.file)))
            yield proxy

    @pytest.fixture
    def begin(self, paths: AppPaths) -> Callable[..., int]:
        def made(client_id: str = "") -> int:
            plan = plan_of([("a@example.com", "Ann"), ("b@example.com", "Bob")])
            plan = replace(plan, region=Region.EU, profile="EU contacts", address=endpoints.address(Region.EU, None))
            rows = [
                JournalRow(place, place + 2, "waiting", once_only=False, cells=(f"{name}@example.com", name))
                for place, name in enumerate(("ann", "bob"))
            ]
            with closing(Journal(paths)) as journal:
                return recorded(journal, plan, rows, client_id)

        return made

    def test_without_credentials_they_are_asked_for_with_the_name_of_the_connection(
        self, window: MainWindow, proxy: FakeProxy, begin: Callable[..., int], qtbot: QtBot
    ) -> None:
        run = begin("the-id")
        go_on(window, qtbot)
        dialog = asked(window, qtbot)
        needed = f"The Client ID and the Client Secret of the connection “EU contacts” are needed to continue upload {run}."
        assert dialog.question.text() == needed == window.upload_page.failure.text
        assert "Europe (EU)" in dialog.facts.text()
        assert shows_its_result(window)
        assert proxy.puts == []
        dialog.reject()
        assert shows_its_result(window), "whoever knows them later finds the run where it was"
        assert window.upload_page.failure.isVisible()
        assert standing(window.session, Step.UPLOAD) is Standing.NEEDS_ATTENTION
        qtbot.mouseClick(window.upload_page.after.go_on, Qt.MouseButton.LeftButton)
        answer(asked(window, qtbot), qtbot, "another-id", "the-secret")
        qtbot.waitUntil(lambda: "another Client ID" in window.upload_page.failure.text, timeout=TIMEOUT_MS)
        answer(asked(window, qtbot), qtbot, "the-id", "the-secret")
        ended(window, qtbot)
        assert window.session.run is not None
        assert window.session.run.counts[RowStatus.ACCEPTED] == 2 == len(proxy.puts)
        assert window.upload_page.failure.isHidden()
        assert window.session.typed.credentials("EU contacts", Region.EU) == Credentials("the-id", "the-secret")
        assert window.session.connection.client_id == "", "the connection that is open is another one"

    def test_what_was_entered_for_one_upload_is_known_for_the_next_of_its_connection(
        self, window: MainWindow, proxy: FakeProxy, begin: Callable[..., int], qtbot: QtBot
    ) -> None:
        begin("the-id")
        window.session.keep_credentials("EU contacts", Region.EU, Credentials("the-id", "the-secret"))
        go_on(window, qtbot)
        ended(window, qtbot)
        assert window.upload_page.sign_in is None
        assert len(proxy.puts) == 2


def test_an_upload_that_is_gone_meanwhile_says_so_where_the_user_stands(
    window: MainWindow, paths: AppPaths, stopped: int, qtbot: QtBot
) -> None:
    window.show_history()
    qtbot.waitUntil(lambda: window.history_page.model.rowCount() > 0, timeout=TIMEOUT_MS)
    window.history_page.view.selectRow(0)
    with closing(Journal(paths)) as journal:
        journal.forget(stopped)
    window._continue_run(stopped)
    ended(window, qtbot)
    assert window.session.run is None
    assert window.stack.currentWidget() is window.upload_page
    assert window.upload_page.failure.isVisible()


def test_nothing_is_continued_while_a_file_is_read_for_its_table_would_close_the_result(
    window: MainWindow, stopped: int, qtbot: QtBot
) -> None:
    page = window.history_page
    window.show_history()
    qtbot.waitUntil(lambda: page.model.rowCount() > 0, timeout=TIMEOUT_MS)
    page.view.selectRow(0)
    window.session.expect_file(Path("long.csv"), window.session.read_options)
    assert not page.go_on.isEnabled()
    assert "being read" in page.go_on.accessibleDescription()
    window.session.give_up_file()
    assert page.go_on.isEnabled()


def test_failed_rows_of_an_unknown_connection_say_where_it_is_entered(window: MainWindow, stopped: int, qtbot: QtBot) -> None:
    go_on(window, qtbot)
    qtbot.waitUntil(lambda: window.session.running and window.upload_page.progress.bar.value() > 0, timeout=TIMEOUT_MS)
    window.upload_page.stop()
    ended(window, qtbot)
    qtbot.mouseClick(window.upload_page.after.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.table is not None, timeout=TIMEOUT_MS)
    assert window.stack.currentWidget() is window.connect_page
    assert "“Practice”" in window.connect_page.saved.banner.text
