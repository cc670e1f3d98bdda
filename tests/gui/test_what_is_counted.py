"""Progress counts rows to be sent, totals count all rows, no number is cut off, and what is offered first fits the end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionViewItem
from pytestqt.qtbot import QtBot
from rig import ListedRows, table_of
from windows import HEADINGS, TIMEOUT_MS, people, practice_connection

from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.models.runs_model import NUMBERS, STARTED
from cg_uploader.gui.pages.upload import UploadPage
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step
from cg_uploader.gui.theme import Theme
from cg_uploader.gui.widgets.run_progress import RunProgress
from cg_uploader.gui.widgets.table import TableView
from cg_uploader.model.enums import Activity, Region, RowStatus
from cg_uploader.model.run import Batch, Doing, Outcome, RunSummary, Stop
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.practice import faults
from cg_uploader.settings.paths import AppPaths

WRONG = "Nobody Ltd"
BAD = ("no-address", "Bob", "Account 1")


@pytest.fixture
def services(paths: AppPaths, theme: Theme, tmp_path: Path) -> Iterator[Services]:
    """Practice that refuses every row of one account, always for the same reason."""
    refused = {"when": {"Account Name": WRONG}, "do": "refused", "errors": {"Account Name": "The account name is invalid."}}
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": [refused]}), encoding="utf-8")
    made = Services(paths, theme, practice=Practice(delay=0.02, script=faults.read(script)))
    yield made
    made.close()


@pytest.fixture
def page(window: MainWindow) -> UploadPage:
    window.session.set_connection(practice_connection(window.services))
    return window.upload_page


def ready(page: UploadPage, rows: Sequence[Sequence[str]], qtbot: QtBot) -> None:
    page.session.set_table(table_of(HEADINGS, rows))
    qtbot.waitUntil(lambda: page.session.result is not None and not page._looking.busy, timeout=TIMEOUT_MS)
    window = page.window()
    assert isinstance(window, MainWindow)
    window.show_step(Step.UPLOAD)


def numbers(text: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", text)]


class TestProgress:
    def test_begins_at_nothing_however_many_rows_are_held_back_and_ends_when_all_are_sent(
        self, page: UploadPage, session: Session, services: Services, qtbot: QtBot
    ) -> None:
        bar, seen = page.progress.bar, []
        ready(page, [*people(30), *[BAD] * 70], qtbot)
        bar.valueChanged.connect(lambda value: seen.append((value, bar.maximum())))
        page.upload()
        qtbot.waitUntil(lambda: "100" in page.progress.rows.text(), timeout=TIMEOUT_MS)
        assert page.progress.rows.text() == "100 rows: 30 to be sent · 70 held back"
        qtbot.waitUntil(lambda: not session.running, timeout=TIMEOUT_MS)
        assert seen[-1] == (30, 30)
        assert {maximum for value, maximum in seen if value >= 0} == {30}
        assert [value for value, _ in seen] == sorted(value for value, _ in seen)
        assert page.progress.figures.text().startswith("30 of 30 rows to be sent")
        assert services.practice.server.ledger.processed == 30
        assert sum(counter.count for counter in page.counters.counters.values()) == 100

    def test_of_a_continued_run_is_about_what_is_left_and_the_rest_is_named(
        self, page: UploadPage, session: Session, qtbot: QtBot
    ) -> None:
        ready(page, [*people(60), *[BAD] * 9], qtbot)
        page.upload()
        qtbot.waitUntil(lambda: page.progress.bar.value() > 5, timeout=TIMEOUT_MS)
        page.stop()
        qtbot.waitUntil(lambda: not session.running, timeout=TIMEOUT_MS)
        assert session.run is not None
        accepted = session.run.counts[RowStatus.ACCEPTED]
        assert 5 < accepted < 60
        page.after.go_on.click()
        qtbot.waitUntil(lambda: "69" in page.progress.rows.text(), timeout=TIMEOUT_MS)
        said = page.progress.rows.text()
        assert said == f"69 rows: {60 - accepted} to be sent · {accepted} accepted before · 9 held back"
        assert page.progress.bar.maximum() == 60 - accepted
        qtbot.waitUntil(lambda: not session.running, timeout=TIMEOUT_MS)
        assert page.progress.bar.value() == 60 - accepted

    @pytest.mark.parametrize(
        "before",
        [{}, {RowStatus.HELD_BACK: 1_200, RowStatus.SKIPPED: 3}, {RowStatus.ACCEPTED: 500, RowStatus.REFUSED: 7}],
    )
    def test_and_totals_add_up_to_all_rows(self, qtbot: QtBot, before: dict[RowStatus, int]) -> None:
        widget = RunProgress()
        qtbot.addWidget(widget)
        widget.begin()
        counts = {**before, RowStatus.ACCEPTED: before.get(RowStatus.ACCEPTED, 0) + 40}
        widget.show_batch(Batch(2_000, counts, (), Doing(Activity.SENDING), 1, before))
        total, *parts = numbers(widget.rows.text())
        assert total == 2_000 == sum(parts)
        done, of = numbers(widget.figures.text())[:2]
        assert (done, of) == (40, parts[0]) == (widget.bar.value(), widget.bar.maximum())

    def test_with_nothing_to_send_is_full(self, qtbot: QtBot) -> None:
        widget = RunProgress()
        qtbot.addWidget(widget)
        widget.begin()
        held = {RowStatus.HELD_BACK: 5}
        widget.show_batch(Batch(5, held, (), Doing(Activity.SENDING), 1, held))
        assert (widget.bar.value(), widget.bar.maximum()) == (1, 1)


class TestFirstChoice:
    """What is dressed as the one to press, and has the focus."""

    def primary(self, page: UploadPage) -> list[object]:
        after = page.after
        buttons = (after.columns, after.go_on, after.failed_rows, after.again, after.receipt, after.print_out)
        return [button for button in buttons if button.isVisible() and button.property("role") == "primary"]

    @pytest.fixture
    def refused(self, window: MainWindow, page: UploadPage, qtbot: QtBot) -> RunSummary:
        """The run stopped because its first five rows were all refused for one same reason."""
        ready(page, [(email, name, WRONG) for email, name, _ in people(40)], qtbot)
        page.upload()
        qtbot.waitUntil(lambda: not window.session.running, timeout=TIMEOUT_MS)
        assert window.session.run is not None
        assert window.session.run.stopped is not None
        assert "all refused for the same reason" in str(window.session.run.stopped)
        return window.session.run

    def test_is_to_look_at_the_columns_when_the_first_rows_were_all_refused(
        self, window: MainWindow, page: UploadPage, refused: RunSummary, qtbot: QtBot
    ) -> None:
        assert self.primary(page) == [page.after.columns]
        assert window.focusWidget() is page.after.columns
        assert page.after.go_on.isVisible(), "the rows may be right all the same"
        qtbot.keyClick(page.after.columns, Qt.Key.Key_Space)
        assert window.stack.currentWidget() is window.columns_page
        window.show_step(Step.UPLOAD)
        assert self.primary(page) == [page.after.columns], "a look changes nothing"

    def test_is_to_correct_the_rows_when_their_columns_are_not_open(
        self, window: MainWindow, page: UploadPage, refused: RunSummary
    ) -> None:
        page.after.show_run(refused, columns=False)
        assert self.primary(page) == [page.after.again]
        assert page.after.columns.isHidden()

    def test_in_the_history_is_not_to_go_on_either(
        self, window: MainWindow, page: UploadPage, refused: RunSummary, qtbot: QtBot
    ) -> None:
        window.show_history()
        history = window.history_page
        qtbot.waitUntil(lambda: history.model.rowCount() > 0, timeout=TIMEOUT_MS)
        history.view.selectRow(0)
        assert history.go_on.isEnabled()
        assert history.go_on.property("role") != "primary"
        assert history.failed_rows.property("role") == "primary"

    def test_is_to_go_on_after_a_stop_and_to_save_at_the_end(self, page: UploadPage, session: Session, qtbot: QtBot) -> None:
        ready(page, [*people(40), BAD], qtbot)
        page.upload()
        qtbot.waitUntil(lambda: page.progress.bar.value() > 0, timeout=TIMEOUT_MS)
        page.stop()
        qtbot.waitUntil(lambda: not session.running, timeout=TIMEOUT_MS)
        assert self.primary(page) == [page.after.go_on]
        page.after.go_on.click()
        qtbot.waitUntil(lambda: not session.running, timeout=TIMEOUT_MS)
        assert self.primary(page) == [page.after.failed_rows]


@pytest.fixture(params=[1, 2], ids=["100 %", "200 %"])
def font(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[int]:
    """The system's font, and twice as large."""
    usual = qapp.font()
    font = QFont(usual)
    font.setPointSizeF(usual.pointSizeF() * request.param)
    qapp.setFont(font)
    yield request.param
    qapp.setFont(usual)


def room(view: TableView, line: int, column: int) -> tuple[int, int]:
    """What the text of a cell needs and what the style gives it, in pixels."""
    index = view.model().index(line, column)
    option = QStyleOptionViewItem()
    view.initViewItemOption(option)
    view.itemDelegate().initStyleOption(option, index)
    option.rect = view.visualRect(index)
    given = view.style().subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, view).width()
    margin = view.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, view) + 1
    return option.fontMetrics.horizontalAdvance(str(index.data())), given - 2 * margin


def run(number: int, rows: int) -> RunSummary:
    counts = {**dict.fromkeys(RowStatus, 0), RowStatus.ACCEPTED: rows // 2, RowStatus.NOT_SENT: rows - rows // 2}
    started = datetime(2026, 11, 30, 23, 58, tzinfo=UTC)
    return RunSummary(
        number, "contacts.xlsx", "EU", Region.EU, rows, counts, started, started, stopped=Stop(StopReason.INTERRUPTED)
    )


class TestNumbers:
    @pytest.mark.parametrize("largest", [20_000, 1_048_575])
    def test_of_the_history_are_never_cut_off(self, font: int, window: MainWindow, largest: int) -> None:
        page = window.history_page
        window.show_history()
        page.model.show_runs([*(run(number, number) for number in range(1, 60)), run(60, largest)])
        window.resize(window.minimumSize())
        for line in (0, 59):
            for column in (STARTED, *NUMBERS):
                needed, given = room(page.view, line, column)
                assert needed <= given, page.view.model().index(line, column).data()

    def test_of_the_history_have_room_in_a_font_that_is_chosen_later(self, window: MainWindow, qapp: QApplication) -> None:
        page, usual = window.history_page, qapp.font()
        window.show_history()
        page.model.show_runs([run(1, 20_000)])
        larger = QFont(usual)
        larger.setPointSizeF(usual.pointSizeF() * 2)
        qapp.setFont(larger)
        try:
            qapp.processEvents()
            needed, given = room(page.view, 0, NUMBERS[0])
            assert needed <= given
        finally:
            qapp.setFont(usual)

    def test_of_rows_are_never_cut_off_as_they_come(self, font: int, window: MainWindow, page: UploadPage) -> None:
        page.session.running = True
        page._show()
        window.stack.setCurrentWidget(page)
        page.model.add([Outcome(9, RowStatus.REFUSED)])
        page.model.add([Outcome(1_048_576, RowStatus.REFUSED)])
        needed, given = room(page.view, 1, 0)
        assert needed <= given
        page.session.running = False

    def test_of_rows_in_the_check_are_never_cut_off(
        self, font: int, window: MainWindow, page: UploadPage, qtbot: QtBot
    ) -> None:
        table = table_of(HEADINGS, [BAD])
        rows = ListedRows(replace(row, number=1_048_576) for row in table.rows)
        window.session.set_table(replace(table, rows=rows))
        window.show_step(Step.CHECK)
        qtbot.waitUntil(lambda: window.session.result is not None, timeout=TIMEOUT_MS)
        view = window.check_page.view
        qtbot.waitUntil(lambda: view.model().rowCount() > 0, timeout=TIMEOUT_MS)
        needed, given = room(view, 0, 0)
        assert needed <= given
