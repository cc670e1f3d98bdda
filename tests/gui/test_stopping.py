"""Stop, and the second one that waits for nothing: a real thread, and a service that gives no answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot
from rig import table_of
from windows import HEADINGS, TIMEOUT_MS, people, practice_connection

from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.pages.upload import UploadPage
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.theme import Theme
from cg_uploader.model.enums import Activity, DataType, RowStatus
from cg_uploader.model.run import Batch
from cg_uploader.practice import faults
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.sending import engine

ROWS = 30
LONG = 3_600.0


def flying(kind: DataType) -> int:
    """How many of four connections are busy: once-only rows go one at a time."""
    return 4 if kind is DataType.CONTACT else 1


@pytest.fixture(params=[DataType.CONTACT, DataType.SURVEY])
def kind(request: pytest.FixtureRequest) -> DataType:
    found: DataType = request.param
    return found


@pytest.fixture
def services(paths: AppPaths, theme: Theme, kind: DataType) -> Iterator[Services]:
    """The first rows are processed and never answered."""
    rule = {"when": {"any": True}, "do": "processed-hang", "times": flying(kind)}
    made = Services(paths, theme, practice=Practice(delay=0.0, script=faults.parse({"rules": [rule]})))
    yield made
    made.close()


@pytest.fixture
def page(window: MainWindow, kind: DataType, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> UploadPage:
    """An upload under way whose rows in flight hang, and would be waited for for an hour."""
    monkeypatch.setattr(engine, "GRACE_SECONDS", LONG)
    session, page = window.session, window.upload_page
    session.set_connection(practice_connection(window.services, kind, kind.value))
    session.set_table(table_of(HEADINGS, people(ROWS)))
    qtbot.waitUntil(lambda: session.result is not None and not page._looking.busy, timeout=TIMEOUT_MS)
    session.set_consent(True)
    window.show_step(page.step)
    page.upload()
    ledger = window.services.practice.server.ledger
    qtbot.waitUntil(lambda: ledger.received == flying(kind), timeout=TIMEOUT_MS)
    qtbot.waitUntil(lambda: page.progress.activity.text().startswith("Sending"), timeout=TIMEOUT_MS)
    return page


def ended(page: UploadPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page.session.running and not page._sending.busy, timeout=TIMEOUT_MS)


def test_stop_now_waits_for_no_answer_and_the_upload_can_be_continued(
    page: UploadPage, session: Session, services: Services, kind: DataType, qtbot: QtBot
) -> None:
    progress, ledger = page.progress, services.practice.server.ledger
    assert progress.stop_now_button.isHidden()
    progress.stop_button.click()
    assert progress.pause_button.isHidden()
    assert page.window().focusWidget() is progress.stop_now_button
    assert "Not sure" in progress.detail.text()
    assert "Not sure" in progress.stop_now_button.accessibleDescription()
    told: list[Batch] = []
    assert page._sending._worker is not None
    page._sending._worker.batch.connect(told.append)
    qtbot.waitUntil(lambda: any(batch.activity is Activity.STOPPING for batch in told), timeout=TIMEOUT_MS)
    QCoreApplication.processEvents()  # the page hears it after it was told
    assert session.running, "rows under way have their time"
    assert "Not sure" in progress.detail.text(), "what the run tells meanwhile does not take the words away"

    progress.stop_now_button.click()
    assert not progress.stop_now_button.isEnabled()
    ended(page, qtbot)
    run = session.run
    assert run is not None
    assert run.stopped is not None
    assert run.counts[RowStatus.NOT_SURE] == flying(kind) == ledger.received
    assert run.counts[RowStatus.NOT_SENT] == ROWS - flying(kind)
    assert sum(run.counts.values()) == ROWS == run.rows

    page.after.go_on.click()
    assert progress.stop_now_button.isHidden()
    assert not progress.pause_button.isHidden()
    assert progress.stop_button.isEnabled()
    ended(page, qtbot)
    run = session.run
    assert run is not None
    again = 0 if kind is DataType.SURVEY else flying(kind)
    assert run.counts[RowStatus.NOT_SURE] == flying(kind) - again, "a once-only row never leaves twice"
    assert run.counts[RowStatus.ACCEPTED] == ROWS - flying(kind) + again
    assert sum(run.counts.values()) == ROWS
    assert ledger.received == ROWS + again
    assert ledger.invited_twice == {}


def test_closing_after_stop_does_not_cut_what_is_on_its_way(
    window: MainWindow, page: UploadPage, session: Session, qtbot: QtBot
) -> None:
    page.progress.stop_button.click()
    window.close_when_stopped()
    assert not page._control.at_once
    assert page.progress.stop_now_button.isEnabled(), "who does not want to wait can still say so"
    page.progress.stop_now_button.click()
    ended(page, qtbot)
    assert session.run is not None
