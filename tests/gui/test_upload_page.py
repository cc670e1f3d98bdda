"""Step 5: real runs against the practice server; what is shown equals what its ledger says."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from rig import table_of
from windows import HEADINGS, TIMEOUT_MS, change_rows, people, practice_connection

from cg_uploader.errors import UsageError
from cg_uploader.gui import uploading
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.pages.upload import UploadPage, details
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Standing, Step, standing
from cg_uploader.gui.theme import Theme
from cg_uploader.gui.worker import Work
from cg_uploader.model.enums import DataType, RowStatus
from cg_uploader.model.run import Outcome
from cg_uploader.practice.configurations import Effect
from cg_uploader.settings.paths import AppPaths

BAD = ("no-address", "Bob", "Account 1")


@pytest.fixture
def page(window: MainWindow) -> UploadPage:
    window.session.set_connection(practice_connection(window.services))
    return window.upload_page


def ready(page: UploadPage, rows: Sequence[Sequence[str]], qtbot: QtBot) -> None:
    """The rows are checked and this computer has been asked about earlier runs."""
    page.session.set_table(table_of(HEADINGS, rows))
    qtbot.waitUntil(lambda: page.session.result is not None and not page._looking.busy, timeout=TIMEOUT_MS)


def ended(page: UploadPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page.session.running and not page.runner.busy, timeout=TIMEOUT_MS)


def shown_counts(page: UploadPage) -> dict[RowStatus, int]:
    return {status: counter.count for status, counter in page.counters.counters.items()}


def test_the_button_carries_verb_and_number(page: UploadPage, qtbot: QtBot) -> None:
    ready(page, [*people(9), BAD], qtbot)
    assert page.before.button.text() == "&Upload 9 rows"
    assert page.before.total.text() == "9 rows of 10 are ready"
    assert page.before.button.isEnabled()


def test_a_run_ends_with_totals_that_equal_the_ledger(
    page: UploadPage, session: Session, services: Services, qtbot: QtBot
) -> None:
    ready(page, [*people(40), BAD], qtbot)
    page.before.button.click()
    assert session.running
    ended(page, qtbot)
    run = session.run
    assert run is not None
    assert run.counts[RowStatus.ACCEPTED] == 40 == services.practice.server.ledger.processed
    assert run.counts[RowStatus.HELD_BACK] == 1
    assert shown_counts(page) == run.counts
    assert sum(shown_counts(page).values()) == 41
    assert "41 rows: 40 accepted" in page.after.banner._more.text()
    assert standing(session, Step.UPLOAD) is Standing.NEEDS_ATTENTION


def test_the_list_shows_rows_that_need_attention_and_counters_filter_it(page: UploadPage, qtbot: QtBot) -> None:
    ready(page, [*people(12), BAD], qtbot)
    page.upload()
    ended(page, qtbot)
    assert [page.model.outcome(line).row for line in range(page.model.rowCount())] == [14]
    assert page.model.outcome(0).who == "no-address"
    page.counters.counters[RowStatus.ACCEPTED].click()
    assert page.model.rowCount() == 12
    page.counters.counters[RowStatus.HELD_BACK].click()
    assert page.model.rowCount() == 1
    assert not page.counters.counters[RowStatus.ACCEPTED].isChecked()
    page.counters.counters[RowStatus.HELD_BACK].click()
    assert page.model.wanted is None


def test_details_come_on_demand_as_plain_text() -> None:
    text = details(Outcome(7, RowStatus.REFUSED, 422, (("Email", "<b>Wrong</b>."),), 2, "ann@example.com"))
    assert "<b>Wrong</b>." in text
    assert "HTTP status 422" in text
    assert "Attempts: 2" in text


class TestConsent:
    @pytest.fixture
    def page(self, window: MainWindow) -> UploadPage:
        window.session.set_connection(practice_connection(window.services, DataType.SURVEY, "survey"))
        return window.upload_page

    def test_nothing_is_sent_without_it(self, page: UploadPage, session: Session, services: Services, qtbot: QtBot) -> None:
        ready(page, people(5), qtbot)
        assert page.before.consent.text() == "I k&now that this may send a survey to 5 people (5 different addresses)"
        assert not page.before.button.isEnabled()
        assert "Tick the box" in page.before.reason.text()
        page.upload()
        assert not session.running
        assert services.practice.server.ledger.received == 0

    def test_with_it_the_button_says_what_happens_and_everybody_is_invited_once(
        self, page: UploadPage, services: Services, qtbot: QtBot, window: MainWindow
    ) -> None:
        ready(page, people(5), qtbot)
        window.show_step(Step.UPLOAD)
        qtbot.keyClick(page.before.consent, Qt.Key.Key_Space)
        assert page.before.button.text() == "&Upload 5 rows and send surveys"
        qtbot.keyClick(page.before.button, Qt.Key.Key_Space)
        ended(page, qtbot)
        assert services.practice.server.ledger.invitations == 5
        assert services.practice.server.ledger.invited_twice == {}

    def test_it_ends_when_the_plan_changes(self, page: UploadPage, session: Session, qtbot: QtBot) -> None:
        ready(page, people(5), qtbot)
        page.before.consent.click()
        assert session.consent
        change_rows(session, {}, frozenset({2}))
        assert not session.consent

    def test_the_same_file_again_asks_what_to_do(
        self, page: UploadPage, session: Session, services: Services, qtbot: QtBot
    ) -> None:
        ready(page, people(5), qtbot)
        page.before.consent.click()
        page.upload()
        ended(page, qtbot)
        change_rows(session, {}, frozenset({6}))
        qtbot.waitUntil(lambda: session.result is not None and not page._looking.busy, timeout=TIMEOUT_MS)
        page.before.consent.click()
        assert "accepted" in page.before.earlier.text
        assert "what happens" in page.before.reason.text()
        page.before.skip.click()
        assert page.before.button.isEnabled()
        page.upload()
        ended(page, qtbot)
        assert session.run is not None
        assert session.run.counts[RowStatus.SKIPPED] == 5
        assert services.practice.server.ledger.invitations == 5


class TestSwitches:
    @pytest.fixture
    def services(self, paths: AppPaths, theme: Theme) -> Iterator[Services]:
        made = Services(paths, theme, practice=Practice(delay=0.02))
        yield made
        made.close()

    def test_a_look_back_that_fails_late_does_not_end_the_run_that_has_begun(
        self, page: UploadPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late, over = threading.Event(), threading.Event()

        def looking_back(*_: object) -> Work:
            def work(_announce: object, _cancelled: object) -> object:
                late.wait(TIMEOUT_MS / 1000)
                over.set()
                raise UsageError("The record is busy.")

            return work

        monkeypatch.setattr(uploading, "looking_back", looking_back)
        page.session.set_table(table_of(HEADINGS, people(100)))
        qtbot.waitUntil(lambda: page.session.result is not None, timeout=TIMEOUT_MS)
        page.upload()
        qtbot.waitUntil(lambda: page.progress.bar.value() > 2, timeout=TIMEOUT_MS)
        late.set()
        qtbot.waitUntil(over.is_set, timeout=TIMEOUT_MS)
        value = page.progress.bar.value()
        qtbot.waitUntil(lambda: page.progress.bar.value() > value, timeout=TIMEOUT_MS)
        assert page.session.running
        page.stop()
        ended(page, qtbot)

    def test_pause_continue_and_the_totals_still_add_up(
        self, page: UploadPage, session: Session, services: Services, qtbot: QtBot
    ) -> None:
        ready(page, people(120), qtbot)
        page.upload()
        qtbot.waitUntil(lambda: page.progress.bar.value() > 5, timeout=TIMEOUT_MS)
        page.progress.pause_button.click()
        assert page.progress.pause_button.text() == "&Continue"
        qtbot.waitUntil(lambda: page.progress.activity.text().startswith("Paused"), timeout=TIMEOUT_MS)
        page.progress.pause_button.click()
        ended(page, qtbot)
        assert session.run is not None
        assert session.run.counts[RowStatus.ACCEPTED] == 120 == services.practice.server.ledger.processed

    def test_stop_and_continue_send_every_row_once(
        self, page: UploadPage, session: Session, services: Services, qtbot: QtBot
    ) -> None:
        ready(page, people(120), qtbot)
        page.upload()
        qtbot.waitUntil(lambda: page.progress.bar.value() > 5, timeout=TIMEOUT_MS)
        page.progress.stop_button.click()
        assert not page.progress.stop_button.isEnabled()
        ended(page, qtbot)
        assert session.run is not None
        assert session.run.stopped is not None
        assert 0 < session.run.counts[RowStatus.ACCEPTED] < 120
        assert not page.after.go_on.isHidden()
        assert page.window().focusWidget() is page.after.go_on
        page.after.go_on.click()
        ended(page, qtbot)
        assert session.run.counts[RowStatus.ACCEPTED] == 120
        assert services.practice.server.ledger.processed == 120
        assert set(services.practice.server.ledger.effects(Effect.UPSERT).values()) <= {1}

    def test_the_other_steps_are_closed_meanwhile(self, window: MainWindow, page: UploadPage, qtbot: QtBot) -> None:
        ready(page, people(120), qtbot)
        window.show_step(Step.UPLOAD)
        page.upload()
        qtbot.waitUntil(lambda: page.progress.bar.value() > 0, timeout=TIMEOUT_MS)
        for step in (Step.CONNECT, Step.FILE, Step.COLUMNS, Step.CHECK):
            assert not window.rail.button(step).isEnabled()
            assert "under way" in window.rail.button(step).accessibleDescription()
        assert not window.footer.back_button.isEnabled()
        page.stop()
        ended(page, qtbot)
        assert window.rail.button(Step.CHECK).isEnabled()

    def test_rate_and_time_left_come_when_they_can_be_known(self, page: UploadPage, qtbot: QtBot) -> None:
        ready(page, people(150), qtbot)
        page.upload()
        qtbot.waitUntil(lambda: "rows a second" in page.progress.figures.text(), timeout=TIMEOUT_MS)
        assert "left" in page.progress.figures.text()
        page.stop()
        ended(page, qtbot)


def test_refused_credentials_end_in_a_sentence_and_nothing_is_sent(
    window: MainWindow, page: UploadPage, services: Services, qtbot: QtBot
) -> None:
    ready(page, people(3), qtbot)
    page.session.connection = replace(page.session.connection, client_secret="wrong")
    page.upload()
    ended(page, qtbot)
    assert page.session.run is None
    assert page.failure.text
    assert not page.failure.isHidden()
    assert services.practice.server.ledger.received == 0


def test_failed_rows_are_saved_and_can_be_opened_again(page: UploadPage, tmp_path: Path, qtbot: QtBot) -> None:
    ready(page, [*people(4), BAD], qtbot)
    page.upload()
    ended(page, qtbot)
    target = tmp_path / "failed.xlsx"
    page.save_failed_rows(target)
    qtbot.waitUntil(lambda: bool(page.after.saved.text), timeout=TIMEOUT_MS)
    assert page.after.saved.text.startswith("1 row saved in failed.xlsx")
    book = load_workbook(target)
    assert str(book.worksheets[0]["A2"].value).startswith("6/held_back/")
    book.close()


def test_failed_rows_go_to_a_csv_file_and_nothing_of_the_programs_is_replaced(
    page: UploadPage, services: Services, tmp_path: Path, qtbot: QtBot
) -> None:
    ready(page, [*people(4), BAD], qtbot)
    page.upload()
    ended(page, qtbot)
    journal = services.paths.journal
    setup = tmp_path / "eve.cgsetup"
    setup.write_text("{}")
    for target, said in (
        (tmp_path / "failed.csv", "1 row saved in failed.csv"),
        (tmp_path / "failed.ods", "does not end in .xlsx or .csv"),
        (journal.with_name("failed.xlsx"), "where CG Uploader keeps its own files"),
    ):
        page.save_failed_rows(target)
        qtbot.waitUntil(lambda said=said: said in page.after.saved.text, timeout=TIMEOUT_MS)  # type: ignore[misc]
    for target, said in (
        (tmp_path / "receipt.txt", "does not end in .pdf, .html or .htm"),
        (journal.with_name("receipt.pdf"), "where CG Uploader keeps its own files"),
    ):
        page.save_receipt(target)
        qtbot.waitUntil(lambda said=said: said in page.after.saved.text, timeout=TIMEOUT_MS)  # type: ignore[misc]
    assert not list(tmp_path.rglob("receipt*"))
    assert not list(journal.parent.glob("failed*"))


@pytest.mark.parametrize("name", ["receipt.pdf", "receipt.html"])
def test_a_receipt_is_saved_as_pdf_or_page(page: UploadPage, tmp_path: Path, qtbot: QtBot, name: str) -> None:
    ready(page, people(3), qtbot)
    page.upload()
    ended(page, qtbot)
    page.save_receipt(tmp_path / name)
    qtbot.waitUntil(lambda: bool(page.after.saved.text), timeout=TIMEOUT_MS)
    content = (tmp_path / name).read_bytes()
    assert content.startswith(b"%PDF" if name.endswith("pdf") else b"<!")
    assert sorted(path.name for path in tmp_path.glob("receipt*")) == [name]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not here")
def test_a_long_receipt_repeats_its_heads_on_every_page(page: UploadPage, tmp_path: Path, qtbot: QtBot) -> None:
    ready(page, [*people(2), *((f"<b>{n}</b>", "Bob", "Account 1") for n in range(150))], qtbot)
    page.upload()
    ended(page, qtbot)
    page.save_receipt(tmp_path / "receipt.pdf")
    qtbot.waitUntil(lambda: bool(page.after.saved.text), timeout=TIMEOUT_MS)
    words = ["pdftotext", "-layout", str(tmp_path / "receipt.pdf"), "-"]
    *pages, _ = subprocess.run(words, check=True, capture_output=True, encoding="utf-8").stdout.split("\f")
    listed = [text for text in pages if "no blanks" in text]
    assert len(listed) > 3
    assert all("What to know" in text or "Reason" in text for text in listed)
    assert "<b>7</b>" in "".join(pages)
    assert "Rows in all" in pages[0]
    assert "CustomerGauge field" in pages[0], "without ligatures, so that texts can be copied"


def test_a_receipt_that_cannot_be_written_is_said(page: UploadPage, tmp_path: Path, qtbot: QtBot) -> None:
    ready(page, people(3), qtbot)
    page.upload()
    ended(page, qtbot)
    page.save_receipt(tmp_path / "nowhere" / "receipt.pdf")
    qtbot.waitUntil(lambda: bool(page.after.saved.text), timeout=TIMEOUT_MS)
    assert "no such folder" in page.after.saved.text
