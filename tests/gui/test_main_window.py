"""The window around the pages: which steps are open, help, settings, and an end that leaves no thread."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QMessageBox, QTableView
from pytestqt.qtbot import QtBot
from rig import table_of
from windows import HEADINGS, TIMEOUT_MS, people, practice_connection

from cg_uploader.gui.app import Bugs
from cg_uploader.gui.dialogs.about import about
from cg_uploader.gui.dialogs.help import HelpDialog
from cg_uploader.gui.dialogs.settings import SettingsDialog, support_details
from cg_uploader.gui.dialogs.where import WhereDialog
from cg_uploader.gui.main_window import SMALLEST, MainWindow
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Standing, Step, standing, why_closed
from cg_uploader.gui.theme import Scheme, Theme
from cg_uploader.gui.widgets.inputs import PushButton
from cg_uploader.model.enums import RowStatus
from cg_uploader.settings import logs
from cg_uploader.settings.paths import AppPaths


def ready(window: MainWindow, rows: int, qtbot: QtBot) -> None:
    session = window.session
    session.set_connection(practice_connection(window.services))
    session.set_table(table_of(HEADINGS, people(rows)))
    qtbot.waitUntil(lambda: session.result is not None and not window.upload_page._looking.busy, timeout=TIMEOUT_MS)


class TestSteps:
    def test_at_first_only_the_first_step_is_open_and_the_others_say_why_not(self, window: MainWindow) -> None:
        assert window.rail.button(Step.CONNECT).isEnabled()
        for step in list(Step)[1:]:
            assert not window.rail.button(step).isEnabled()
            assert window.rail.button(step).accessibleDescription() == "Connect: Enter the Client ID."
            assert window.rail.button(step).accessibleName().endswith(Standing.NOT_STARTED)

    def test_a_step_that_is_closed_does_not_open(self, window: MainWindow) -> None:
        window.show_step(Step.UPLOAD)
        assert window.step is Step.CONNECT

    def test_each_step_opens_by_keyboard(self, window: MainWindow, qtbot: QtBot) -> None:
        ready(window, 3, qtbot)
        for step in Step:
            qtbot.keyClick(window.rail.button(step), Qt.Key.Key_Space)
            assert window.step is step
            assert window.stack.currentWidget() is window.pages[step]

    def test_a_step_that_is_opened_by_its_keys_has_the_focus(self, window: MainWindow, qtbot: QtBot) -> None:
        ready(window, 3, qtbot)
        for step in (Step.CHECK, Step.UPLOAD, Step.COLUMNS):
            window.rail.button(Step.CONNECT).setFocus()
            qtbot.keyClick(window, f"{step + 1}", Qt.KeyboardModifier.ControlModifier)
            assert window.step is step
            focused = QApplication.focusWidget()
            assert focused is not None
            assert window.pages[step].isAncestorOf(focused)

    def test_a_change_upstream_marks_what_is_to_be_redone(self, window: MainWindow, qtbot: QtBot) -> None:
        ready(window, 3, qtbot)
        assert standing(window.session, Step.CHECK) is Standing.READY
        window.show_step(Step.UPLOAD)
        window.session.set_connection(replace(window.session.connection, reference="other"))
        assert standing(window.session, Step.CHECK) is Standing.NOT_STARTED
        assert window.step is Step.CHECK
        assert why_closed(window.session, Step.UPLOAD) == "Check: Wait until the rows have been checked."

    def test_going_back_loses_nothing(self, window: MainWindow, qtbot: QtBot) -> None:
        ready(window, 3, qtbot)
        result = window.session.result
        window.show_step(Step.UPLOAD)
        for step in reversed(list(Step)[:-1]):
            qtbot.keyClick(window.footer.back_button, Qt.Key.Key_Space)
            assert window.step is step
        assert not window.footer.back_button.isEnabled()
        assert window.session.result is result
        assert standing(window.session, Step.CHECK) is Standing.READY

    def test_history_leads_back_to_where_one_was(self, window: MainWindow, qtbot: QtBot) -> None:
        ready(window, 3, qtbot)
        window.show_step(Step.COLUMNS)
        window.show_history()
        assert not window.rail.button(Step.COLUMNS).isChecked()
        window.footer.back_button.click()
        assert window.stack.currentWidget() is window.columns_page


class TestEnd:
    @pytest.fixture
    def services(self, paths: AppPaths, theme: Theme) -> Iterator[Services]:
        made = Services(paths, theme, practice=Practice(delay=0.05))
        yield made
        made.close()

    def answer(self, window: MainWindow, role: QMessageBox.ButtonRole) -> QTimer:
        """Press the button of that role in the question that is about to appear."""
        timer = QTimer(window)
        timer.setInterval(5)

        def press() -> None:
            for box in window.findChildren(QMessageBox):
                button = next(button for button in box.buttons() if box.buttonRole(button) == role)
                timer.stop()
                button.click()

        timer.timeout.connect(press)
        timer.start()
        return timer

    def running(self, window: MainWindow, qtbot: QtBot) -> None:
        ready(window, 200, qtbot)
        window.show_step(Step.UPLOAD)
        window.upload_page.upload()
        qtbot.waitUntil(lambda: window.upload_page.progress.bar.value() > 4, timeout=TIMEOUT_MS)

    def test_keep_going_keeps_going(self, window: MainWindow, qtbot: QtBot) -> None:
        self.running(window, qtbot)
        self.answer(window, QMessageBox.ButtonRole.RejectRole)
        assert not window.close()
        assert window.isVisible()
        assert window.session.running
        assert window.upload_page.progress.stop_button.isEnabled()

    def test_pause_and_close_ends_the_run_so_that_it_can_go_on(self, window: MainWindow, paths: AppPaths, qtbot: QtBot) -> None:
        self.running(window, qtbot)
        self.answer(window, QMessageBox.ButtonRole.AcceptRole)
        window.close()
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=TIMEOUT_MS)
        assert not window.upload_page.runner.busy
        run = window.session.run
        assert run is not None
        assert run.stopped is not None
        assert 0 < run.counts[RowStatus.ACCEPTED] < 200

    def test_closing_joins_what_reads_and_checks(self, window: MainWindow, tmp_path: Path) -> None:
        file = tmp_path / "long.csv"
        file.write_text("Email,Name\n" + "".join(f"a{n}@example.com,Ann\n" for n in range(100_000)), encoding="utf-8")
        window.open_any(file)
        assert window.file_page.runner.busy
        assert window.close()
        assert not window.file_page.runner.busy


class TestTexts:
    @pytest.mark.parametrize("topic", [*(step.name.lower() for step in Step), "history"])
    def test_every_page_has_help(self, qtbot: QtBot, theme: Theme, topic: str) -> None:
        dialog = HelpDialog(topic)
        qtbot.addWidget(dialog)
        assert len(dialog.text.toPlainText()) > 300

    def test_about_names_licences(self) -> None:
        assert "Lesser General Public License" in about()
        assert "PySide6" in about()

    def test_where_shows_the_new_paths_before_the_old(self, qtbot: QtBot, theme: Theme) -> None:
        dialog = WhereDialog()
        qtbot.addWidget(dialog)
        text = dialog.text.toPlainText()
        assert 0 < text.index("Data → Rest APIs → Authentications") < text.index("Setup → Integration → Connected Apps")

    def test_f1_opens_help_about_the_page(self, window: MainWindow, qtbot: QtBot) -> None:
        window.show_help()
        (dialog,) = window.findChildren(HelpDialog)
        assert "Client Secret" in dialog.text.toPlainText()
        dialog.close()


class TestSettings:
    def test_colours_change_at_once_and_are_kept(self, window: MainWindow, services: Services, qtbot: QtBot) -> None:
        dialog = SettingsDialog(services, window.session, window)
        qtbot.addWidget(dialog)
        dialog.scheme.setCurrentIndex(dialog.scheme.findData("dark"))
        dialog.scheme.activated.emit(dialog.scheme.currentIndex())
        try:
            assert services.theme.scheme is Scheme.DARK
            assert services.preferences.load().theme == "dark"
        finally:
            services.theme.choose(Scheme.LIGHT)

    def test_details_for_support_hold_names_and_never_values_or_keys(
        self, window: MainWindow, services: Services, qtbot: QtBot
    ) -> None:
        ready(window, 3, qtbot)
        window.session.set_connection(replace(window.session.connection, client_id="the-id", client_secret="the-secret"))
        dialog = SettingsDialog(services, window.session, window)
        qtbot.addWidget(dialog)
        dialog.copy_details()
        text = QGuiApplication.clipboard().text()
        assert text == support_details(window.session, services.preferences.load())
        assert "First Name" in text
        assert not any(secret in text for secret in ("the-id", "the-secret", "ann0@example.com"))


class TestAccess:
    """What assistive technology and the keyboard find."""

    def test_every_control_has_a_name(self, window: MainWindow, qtbot: QtBot) -> None:
        ready(window, 3, qtbot)
        nameless = []
        for kind in (QAbstractButton, QComboBox, QLineEdit, QTableView):
            for control in window.findChildren(kind):
                if control.objectName().startswith("qt_") or isinstance(control.parent(), (QComboBox, QLineEdit, QTableView)):
                    continue
                if control.isHidden():
                    continue
                interface = QAccessible.queryAccessibleInterface(control)
                if interface is None or not interface.text(QAccessible.Text.Name):
                    nameless.append(control)
        assert nameless == []

    def test_no_two_mnemonics_of_a_page_are_the_same(self, window: MainWindow, qtbot: QtBot) -> None:
        ready(window, 3, qtbot)
        menus = [action.text() for action in window.menuBar().actions()]
        for step in Step:
            window.show_step(step)
            labels = [label.text() for label in window.findChildren(QLabel) if label.isVisible() and label.buddy() is not None]
            buttons = [button.text() for button in window.findChildren(QAbstractButton) if button.isVisible()]
            letters = [found[1].lower() for text in (*menus, *labels, *buttons) if (found := re.search(r"(?<!&)&(\w)", text))]
            assert sorted(letters) == sorted(set(letters)), (step, sorted(letters), [*labels, *buttons])

    def test_no_label_reads_markup(self, window: MainWindow, qtbot: QtBot) -> None:
        ready(window, 3, qtbot)
        assert all(label.textFormat() == Qt.TextFormat.PlainText for label in window.findChildren(QLabel))

    def test_markup_in_a_file_stays_text(self, window: MainWindow, qtbot: QtBot) -> None:
        session = window.session
        session.set_connection(practice_connection(window.services))
        session.set_table(table_of(("Email", "<img src='http://127.0.0.1:9/x'>"), [("<b>ann</b>@example.com", "<h1>x</h1>")]))
        qtbot.waitUntil(lambda: session.result is not None, timeout=TIMEOUT_MS)
        assert "<img" in window.columns_page._left.text()

    def test_the_tab_key_leaves_a_table(self, window: MainWindow) -> None:
        assert not any(view.tabKeyNavigation() for view in window.findChildren(QTableView) if view.objectName() == "")

    def test_whatever_cannot_be_pressed_says_why(self, window: MainWindow, session: Session, qtbot: QtBot) -> None:
        def silent() -> list[str]:
            found = [b for b in window.findChildren(PushButton) if b.isVisible() and not b.isEnabled()]
            return [b.text() for b in found if not b.accessibleDescription() or not b.toolTip()]

        assert silent() == []
        ready(window, 3, qtbot)
        for step in Step:
            window.show_step(step)
            assert silent() == []
        window.show_step(Step.UPLOAD)
        qtbot.waitUntil(window.upload_page.before.button.isEnabled, timeout=TIMEOUT_MS)
        window.upload_page.upload()
        assert silent() == []
        window.upload_page.stop()
        assert silent() == []
        qtbot.waitUntil(lambda: not session.running, timeout=TIMEOUT_MS)
        window.show_history()
        assert silent() == []
        qtbot.waitUntil(lambda: not window.history_page.runner.busy, timeout=TIMEOUT_MS)
        window.history_page.view.selectRow(0)
        assert silent() == []

    def test_at_its_smallest_nothing_is_cut_off_sideways(self, window: MainWindow, qtbot: QtBot) -> None:
        ready(window, 3, qtbot)
        window.resize(SMALLEST)
        for step in Step:
            window.show_step(step)
            qtbot.waitUntil(lambda: window.size() == SMALLEST, timeout=TIMEOUT_MS)
            inner = window.pages[step].content.parentWidget()
            assert inner is not None
            assert inner.minimumSizeHint().width() <= window.stack.width()


def test_a_bug_is_logged_without_its_text_and_told_once(window: MainWindow, paths: AppPaths, qapp: QApplication) -> None:
    before = sys.excepthook
    bugs = Bugs(window, paths)
    try:
        assert sys.excepthook is not before
        for _ in range(2):
            error = ZeroDivisionError("ann@example.com")
            sys.excepthook(ZeroDivisionError, error, None)
    finally:
        sys.excepthook = before
    boxes = window.findChildren(QMessageBox)
    assert len(boxes) == 1
    boxes[0].close()
    log = (paths.logs / logs.FILE).read_text(encoding="utf-8")
    assert "ZeroDivisionError" in log
    assert "ann@example.com" not in log
    assert bugs.parent() is window
