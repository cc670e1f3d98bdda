"""Another file, a stop, the end of the window while work goes on in the background: none of it becomes a bug."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot
from rig import table_of
from windows import HEADINGS, TIMEOUT_MS, people, practice_connection

from cg_uploader.errors import ProxyLoginWanted
from cg_uploader.gui import uploading
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.worker import Announce, Cancelled, Runner, Work
from cg_uploader.model.enums import DataType
from cg_uploader.model.plan import Plan
from cg_uploader.model.table import Table
from cg_uploader.settings.paths import AppPaths
from cg_uploader.sheets.table.spool import BLOCK_ROWS, RowPacker, Spool
from cg_uploader.uploads.sending.control import Control


class SlowRows(Spool):
    """Rows whose blocks behind the first come only when ``go_on`` is set; ``reached`` says that somebody waits for one."""

    def __init__(self, in_memory: int) -> None:
        super().__init__(in_memory)
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def _read_block(self, block: int) -> tuple[array[int], bytes]:
        if block:
            self.reached.set()
            self.go_on.wait(TIMEOUT_MS / 1000)
        return super()._read_block(block)


@pytest.fixture(params=[0, 1 << 30], ids=["in a file", "in memory"])
def slow(request: pytest.FixtureRequest) -> Iterator[SlowRows]:
    rows = SlowRows(request.param)
    packer = RowPacker(rows)
    for number, cells in enumerate(people(3 * BLOCK_ROWS), 2):
        packer.append(number, cells)
    packer.seal(range(len(HEADINGS)))
    yield rows
    rows.go_on.set()
    rows.close()


def table_over(rows: Spool) -> Table:
    return replace(table_of(HEADINGS, []), digest="another", rows=rows)


def test_another_file_while_the_rows_of_the_one_before_are_checked(window: MainWindow, slow: SlowRows, qtbot: QtBot) -> None:
    window.session.set_connection(practice_connection(window.services))
    slow.go_on.clear()
    window.session.set_table(table_over(slow))
    qtbot.waitUntil(slow.reached.is_set, timeout=TIMEOUT_MS)
    window.session.set_table(table_of(HEADINGS, people(3)))
    slow.go_on.set()
    qtbot.waitUntil(lambda: window.session.result is not None, timeout=TIMEOUT_MS)
    assert window.session.result is not None
    assert window.session.result.ready == 3


def test_another_file_while_earlier_uploads_of_the_one_before_are_looked_for(
    window: MainWindow, slow: SlowRows, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking_back, begun = uploading.looking_back, threading.Event()

    def held_up(plan: Plan, paths: AppPaths, client_id: str) -> Work:
        """The rows have been checked; from here on those of the first file come slowly."""
        if plan.table.rows is slow:
            slow.go_on.clear()
            slow.reached.clear()
            begun.set()
        return looking_back(plan, paths, client_id)

    monkeypatch.setattr(uploading, "looking_back", held_up)
    window.session.set_connection(practice_connection(window.services, DataType.SURVEY, "survey"))
    window.session.set_table(table_over(slow))
    qtbot.waitUntil(lambda: begun.is_set() and slow.reached.is_set(), timeout=TIMEOUT_MS)
    window.session.set_table(table_of(HEADINGS, people(3)))
    slow.go_on.set()
    qtbot.waitUntil(lambda: window.session.result is not None and not window.upload_page._looking.busy, timeout=TIMEOUT_MS)
    assert window.upload_page.failure.isHidden()
    assert window.session.result is not None
    assert window.session.result.ready == 3


def test_a_stop_holds_when_a_proxy_asks_who_asks_at_the_same_moment(window: MainWindow, qtbot: QtBot) -> None:
    page, begun = window.upload_page, threading.Event()
    tries: list[Control] = []

    def work(control: Control) -> Work:
        tries.append(control)

        def asked(_announce: Announce, _cancelled: Cancelled) -> object:
            begun.wait()
            raise ProxyLoginWanted("The proxy asks who asks.", host_port="127.0.0.1:3128")

        return asked

    page._begin(work)
    page.stop()
    begun.set()
    qtbot.waitUntil(lambda: not page._sending.busy, timeout=TIMEOUT_MS)
    assert not window.session.running
    assert len(tries) == 1
    assert page.proxy.dialog is None


def test_nothing_begins_when_the_window_is_about_to_go(qtbot: QtBot) -> None:
    runner, begun = Runner(), threading.Event()
    runner.shut_down()
    runner.start(lambda _announce, _cancelled: begun.set())
    runner.shut_down()
    assert not begun.is_set()
    assert not runner.busy


def test_an_upload_goes_on_while_its_receipt_is_still_being_written(window: MainWindow, qtbot: QtBot) -> None:
    page, written = window.upload_page, threading.Event()
    page._write(lambda _announce, _cancelled: written.wait() and "The receipt is saved.")
    page._begin(lambda _control: lambda _announce, _cancelled: None)
    assert window.session.running
    page._sending.shut_down()
    window.session.set_running(False)
    written.set()
    qtbot.waitUntil(lambda: not page.runner.busy, timeout=TIMEOUT_MS)
    assert page.after.saved.text == "The receipt is saved."
