"""Behind an opened window: old row values go, a damaged record is said; rows known from before can be skipped."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot
from rig import plan_of, recorded, table_of
from windows import HEADINGS, TIMEOUT_MS, people, practice_connection

from cg_uploader.gui import tidying
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.services import Services
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.run import Stop
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.settings.paths import AppPaths
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.journal_rows import WAITING, JournalRow
from cg_uploader.uploads.journal.retention import DAY_SECONDS


def old_run(paths: AppPaths, days: int) -> None:
    with closing(Journal(paths)) as journal:
        run = recorded(journal, plan_of([("needle@example.com", "Ann")]), [JournalRow(0, 2, WAITING, False, ("needle", "Ann"))])
        journal.end(run, Stop(StopReason.INTERRUPTED))
        when = time.strftime("%Y-%m-%dT%H:%M:%S.000+00:00", time.gmtime(time.time() - days * DAY_SECONDS))
        journal._db.execute("update run set started = ?, finished = ?", (when, when))


def tidied(window: MainWindow, qtbot: QtBot) -> None:
    window.tidy()
    qtbot.waitUntil(lambda: not window._tidying.busy, timeout=TIMEOUT_MS)


def test_old_values_go_when_the_window_opens_and_history_says_so(window: MainWindow, services: Services, qtbot: QtBot) -> None:
    services.preferences.save(replace(services.preferences.load(), keep_days=7))
    old_run(services.paths, 8)
    tidied(window, qtbot)
    assert b"needle" not in b"".join(path.read_bytes() for path in services.paths.home.rglob("*") if path.is_file())
    window.show_history()
    page = window.history_page
    qtbot.waitUntil(lambda: page.model.rowCount() == 1, timeout=TIMEOUT_MS)
    page.view.selectRow(0)
    assert page.model.index(0, 6).data().startswith("The upload stopped before its end. Row values deleted on ")
    assert not page.go_on.isEnabled()
    assert not page.failed_rows.isEnabled()
    assert page.receipt.isEnabled()
    assert page.forget.isEnabled()


def test_values_whose_time_is_not_over_stay(window: MainWindow, services: Services, qtbot: QtBot) -> None:
    old_run(services.paths, 8)
    tidied(window, qtbot)
    with closing(Journal(services.paths)) as journal:
        assert journal.unsettled(1) == 1


def test_a_damaged_record_is_said(window: MainWindow, services: Services, qtbot: QtBot) -> None:
    services.paths.journal.write_text("no database")
    tidied(window, qtbot)
    boxes = window.findChildren(QMessageBox)
    assert len(boxes) == 1
    assert "not recognised" in boxes[0].informativeText()
    boxes[0].close()


def test_a_damaged_record_that_something_else_has_noticed_is_said_once(
    window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    services.paths.journal.write_text("no database")
    with closing(Journal(services.paths)) as journal:
        assert journal.set_aside is not None
    tidied(window, qtbot)
    (box,) = window.findChildren(QMessageBox)
    assert "not recognised" in box.informativeText()
    box.close()
    assert tidying.tidying(services.paths)(lambda _: None, lambda: False) == ""


def test_a_record_that_cannot_be_used_is_said(window: MainWindow, services: Services, qtbot: QtBot) -> None:
    services.paths.journal.mkdir()
    tidied(window, qtbot)
    boxes = window.findChildren(QMessageBox)
    assert len(boxes) == 1
    assert "cannot be kept" in boxes[0].informativeText()
    boxes[0].close()


def test_the_work_is_no_work_of_the_windows_thread(paths: AppPaths) -> None:
    old_run(paths, 31)
    assert tidying.tidying(paths)(lambda _: None, lambda: False) == ""


def test_rows_accepted_in_another_file_can_be_skipped(window: MainWindow, services: Services, qtbot: QtBot) -> None:
    session, page = window.session, window.upload_page

    def upload(rows: list[tuple[str, str, str]], name: str, *, skip: bool) -> None:
        session.set_table(table_of(HEADINGS, rows, Path(name)))
        qtbot.waitUntil(lambda: session.result is not None and not page._looking.busy, timeout=TIMEOUT_MS)
        if skip:
            assert "5 of these 8 rows were accepted before" in page.before.earlier.text
            assert "5 rows that were accepted" in page.before.skip.text().replace("&", "")
            assert page.why_not() == "", "nobody has to choose: a repeat does no harm"
            page.before.skip.click()
            assert "up to 3 rows" in page.before.button.text()
        page.upload()
        qtbot.waitUntil(lambda: session.run is not None and not session.running, timeout=TIMEOUT_MS)

    session.set_connection(practice_connection(services))
    upload(people(5), "april.xlsx", skip=False)
    upload([*people(8)[::-1]], "may.xlsx", skip=True)
    assert session.run is not None
    assert session.run.counts[RowStatus.SKIPPED] == 5
    assert session.run.counts[RowStatus.ACCEPTED] == 3


def test_what_has_changed_since_is_said_when_a_run_is_continued(
    window: MainWindow, services: Services, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    plan = plan_of([("ann@example.com", "Ann"), ("bob@example.com", "Bob")])
    plan = replace(plan, table=replace(plan.table, file=file, sheet=None))
    with closing(Journal(services.paths)) as journal:
        run = recorded(
            journal, plan, [JournalRow(n, n + 2, WAITING, False, row.cells) for n, row in enumerate(plan.table.rows)]
        )
        journal.end(run, Stop(StopReason.INTERRUPTED))
    page = window.history_page
    wanted: list[int] = []
    page.continue_wanted.disconnect()
    page.continue_wanted.connect(wanted.append)
    file.write_text("Email,First Name\nann@example.com,Anna\n")
    window.show_history()
    qtbot.waitUntil(lambda: page.model.rowCount() == 1 and not page.runner.busy, timeout=TIMEOUT_MS)
    page.view.selectRow(0)
    page.go_on.click()
    assert wanted == [run]
    qtbot.waitUntil(lambda: not page._comparing.busy, timeout=TIMEOUT_MS)
    (box,) = page.findChildren(QMessageBox)
    assert "1 row of the upload reads differently now" in box.informativeText()
    box.close()


def test_closing_the_window_waits_for_it(window: MainWindow, services: Services) -> None:
    old_run(services.paths, 31)
    window.tidy()
    window.close()
    assert all(worker.isFinished() for worker in window._tidying._alive)
