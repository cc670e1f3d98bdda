"""The whole way: the sample through all five steps against the practice server, as a person would go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFileOpenEvent
from pytestqt.qtbot import QtBot
from rig import table_of
from windows import HEADINGS, TIMEOUT_MS, change_rows, people, practice_connection

from cg_uploader.gui.app import Application, begin_as_preferred, begin_demo
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import Connection
from cg_uploader.gui.steps import Standing, Step, standing
from cg_uploader.gui.theme import Theme
from cg_uploader.model.enums import RowStatus
from cg_uploader.practice import faults
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.sample import sample_file, sample_script
from cg_uploader.uploads.journal.journal import Journal


@pytest.fixture
def services(paths: AppPaths, theme: Theme) -> Iterator[Services]:
    made = Services(paths, theme, practice=Practice(delay=0.0, script=faults.read(sample_script())))
    yield made
    made.close()


def go_on(window: MainWindow, qtbot: QtBot) -> None:
    """Press the button that leads on, by keyboard, as soon as it can be pressed."""
    qtbot.waitUntil(window.footer.next_button.isEnabled, timeout=TIMEOUT_MS)
    qtbot.keyClick(window.footer.next_button, Qt.Key.Key_Space)


def test_the_sample_goes_through_all_steps_and_the_totals_equal_the_ledger(
    window: MainWindow, services: Services, paths: AppPaths, qtbot: QtBot
) -> None:
    session = window.session
    begin_demo(window)
    assert window.step is Step.FILE
    qtbot.waitUntil(lambda: session.table is not None, timeout=TIMEOUT_MS)
    go_on(window, qtbot)
    assert window.step is Step.COLUMNS
    go_on(window, qtbot)
    assert window.step is Step.CHECK
    assert window.stack.currentWidget() is window.check_page
    go_on(window, qtbot)
    assert window.step is Step.UPLOAD
    page = window.upload_page
    qtbot.waitUntil(page.before.button.isEnabled, timeout=TIMEOUT_MS)
    qtbot.keyClick(page.before.button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.run is not None, timeout=6 * TIMEOUT_MS)

    run, ledger = session.run, services.practice.server.ledger
    assert run is not None
    assert session.table is not None
    assert sum(run.counts.values()) == run.rows == len(session.table.rows)
    accepted = [entry for entry in ledger.entries if 200 <= (entry.status or 0) < 300]
    assert run.counts[RowStatus.ACCEPTED] == len(accepted)
    assert run.counts[RowStatus.HELD_BACK] > 0
    assert run.counts[RowStatus.REFUSED] > 0
    assert {status: counter.count for status, counter in page.counters.counters.items()} == run.counts
    assert page.model.rowCount() == run.attention
    with closing(Journal(paths)) as journal:
        assert journal.summary(run.run).counts == run.counts
    assert standing(session, Step.UPLOAD) is Standing.NEEDS_ATTENTION
    assert window.footer.next_button.text() == "Upload a&nother file"
    window.footer.next_button.click()
    assert window.step is Step.FILE


def test_what_the_check_showed_is_what_went_out(window: MainWindow, services: Services, qtbot: QtBot) -> None:
    session = window.session
    session.set_connection(practice_connection(services))
    session.set_table(table_of(HEADINGS, [*people(20), ("no-address", "Bob", "x")]))
    change_rows(session, {3: {1: "Edited here"}}, frozenset({5}))
    qtbot.waitUntil(lambda: session.result is not None, timeout=TIMEOUT_MS)
    assert session.plan is not None
    assert session.result is not None
    plan, expected = session.plan, session.result.ready
    window.show_step(Step.UPLOAD)
    qtbot.waitUntil(window.upload_page.before.button.isEnabled, timeout=TIMEOUT_MS)
    window.upload_page.upload()
    qtbot.waitUntil(lambda: session.run is not None, timeout=TIMEOUT_MS)
    sent = {tuple(entry.fields.items()) for entry in services.practice.server.ledger.entries}
    assert len(sent) == expected == 19
    assert sent <= {plan.request(row).pairs for row in plan.table.rows if row.number not in (5, 22)}
    assert any("Edited here" in dict(pairs).values() for pairs in sent)


def test_a_file_handed_over_by_the_system_is_read(window: MainWindow, qapp: Application, qtbot: QtBot) -> None:
    qapp.opened.connect(window.open_any)
    qapp.sendEvent(qapp, QFileOpenEvent(str(sample_file())))
    qtbot.waitUntil(lambda: window.session.table is not None, timeout=TIMEOUT_MS)


def test_the_window_opens_with_the_connection_that_was_used_last(window: MainWindow, services: Services) -> None:
    begin_as_preferred(window)
    assert window.session.connection == Connection()
    window.session.set_connection(practice_connection(services))
    window.connect_page.saved.save_button.click()
    window.session.set_connection(Connection())
    begin_as_preferred(window)
    assert window.session.connection.name == "Practice"
    assert window.session.connection.address == services.practice.server.address
