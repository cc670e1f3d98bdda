"""Failed rows in the window: tried again without leaving it, and taken up from a file of failed rows that is dropped on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from pytestqt.qtbot import QtBot
from windows import HEADINGS, TIMEOUT_MS, MakeFile, people, practice_connection

from cg_uploader.gui import changes
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.services import Practice, Services
from cg_uploader.gui.session import Connection
from cg_uploader.gui.steps import Step
from cg_uploader.gui.theme import Theme
from cg_uploader.model.configuration import Mapping, Source
from cg_uploader.model.enums import RowStatus
from cg_uploader.practice import faults
from cg_uploader.settings.paths import AppPaths

BAD = ("no-address", "Bob", "Account 1")
REFUSED = {"when": {"Email": "ann1@example.com"}, "do": "refused", "errors": {"Email": "The email is on a list."}}


@pytest.fixture
def services(paths: AppPaths, theme: Theme) -> Iterator[Services]:
    made = Services(paths, theme, practice=Practice(delay=0.0, script=faults.parse({"rules": [REFUSED]})))
    yield made
    made.close()


def uploaded(window: MainWindow, file: Path, qtbot: QtBot, *, mapping: Mapping | None = None) -> None:
    """The file is read, checked and sent with the sample connection."""
    session = window.session
    session.set_connection(practice_connection(window.services))
    opened(window, file, qtbot)
    if mapping is not None:
        session.set_mapping(mapping)
        checked(window, qtbot)
    window.upload_page.upload()
    qtbot.waitUntil(lambda: not session.running and not window.upload_page.runner.busy, timeout=TIMEOUT_MS)
    assert session.run is not None


def opened(window: MainWindow, file: Path, qtbot: QtBot) -> None:
    window.file_page.open_file(file)
    qtbot.waitUntil(lambda: not window.file_page.runner.busy, timeout=TIMEOUT_MS)
    checked(window, qtbot)


def checked(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    qtbot.waitUntil(lambda: session.result is not None and not window.upload_page._looking.busy, timeout=TIMEOUT_MS)


def sent(services: Services) -> int:
    return services.practice.server.ledger.processed


def test_failed_rows_are_tried_again_without_leaving_the_window(
    window: MainWindow, services: Services, make_file: MakeFile, qtbot: QtBot
) -> None:
    uploaded(window, make_file(HEADINGS, [*people(1), BAD, BAD]), qtbot)
    session = window.session
    assert not window.upload_page.after.again.isHidden()
    window.upload_page.after.again.click()
    qtbot.waitUntil(lambda: window.step is Step.CHECK, timeout=TIMEOUT_MS)
    checked(window, qtbot)
    assert session.table is not None
    assert [row.number for row in session.table.rows] == [3, 4]
    assert "failed rows of upload 1" in window.check_page.failed.text
    changes.edit_cell(session, session.table.rows[0], 0, "bob@example.com")
    changes.leave_out(session, [4], out=True)
    checked(window, qtbot)
    window.show_step(Step.UPLOAD)
    assert window.upload_page.before.button.text() == "&Upload 1 row"
    window.upload_page.upload()
    qtbot.waitUntil(lambda: not session.running and not window.upload_page.runner.busy, timeout=TIMEOUT_MS)
    assert session.run is not None
    assert session.run.counts[RowStatus.ACCEPTED] == 1
    assert sent(services) == 2


def test_a_file_of_failed_rows_brings_mapping_and_numbers_back(
    window: MainWindow, services: Services, make_file: MakeFile, tmp_path: Path, qtbot: QtBot
) -> None:
    mapping = Mapping((("Email", Source(letter="A")), ("First Name", Source(column="Account Name"))))
    uploaded(window, make_file(HEADINGS, [*people(1), BAD]), qtbot, mapping=mapping)
    window.upload_page.save_failed_rows(tmp_path / "failed.xlsx")
    qtbot.waitUntil(lambda: bool(window.upload_page.after.saved.text), timeout=TIMEOUT_MS)
    book = openpyxl.load_workbook(tmp_path / "failed.xlsx")
    book.worksheets[0]["B2"] = "bob@example.com"
    book.save(tmp_path / "failed.xlsx")
    window.session.set_mapping(None)
    opened(window, tmp_path / "failed.xlsx", qtbot)
    assert window.session.mapping == mapping
    assert "failed rows of upload 1" in window.file_page.banner.text
    assert [column.heading for column in window.session.table.columns] == list(HEADINGS)  # type: ignore[union-attr]
    assert window.check_page.model.row(0).number == 3
    assert window.session.result is not None
    assert window.session.result.ready == 1


def test_its_connection_comes_back_when_it_is_saved_here(
    window: MainWindow, make_file: MakeFile, tmp_path: Path, qtbot: QtBot
) -> None:
    uploaded(window, make_file(HEADINGS, [*people(1), BAD]), qtbot)
    window.connect_page.save_under("Practice")
    window.upload_page.save_failed_rows(tmp_path / "failed.xlsx")
    qtbot.waitUntil(lambda: bool(window.upload_page.after.saved.text), timeout=TIMEOUT_MS)
    window.session.set_connection(Connection(name="Other", reference="other"))
    window.file_page.open_file(tmp_path / "failed.xlsx")
    qtbot.waitUntil(lambda: bool(window.file_page.banner.text), timeout=TIMEOUT_MS)
    assert (window.session.connection.name, window.session.connection.reference) == ("Practice", "contact")


def test_a_connection_that_is_not_here_is_named(window: MainWindow, make_file: MakeFile, tmp_path: Path, qtbot: QtBot) -> None:
    uploaded(window, make_file(HEADINGS, [*people(1), BAD]), qtbot)
    window.upload_page.save_failed_rows(tmp_path / "failed.xlsx")
    qtbot.waitUntil(lambda: bool(window.upload_page.after.saved.text), timeout=TIMEOUT_MS)
    window.session.set_connection(replace(window.session.connection, name="Other", reference="other"))
    window.file_page.open_file(tmp_path / "failed.xlsx")
    qtbot.waitUntil(lambda: bool(window.file_page.banner.text), timeout=TIMEOUT_MS)
    assert "would now be sent with “Other” to “other”" in window.file_page.banner.text


def test_what_customergauge_refused_stands_in_the_check_until_it_is_corrected(
    window: MainWindow, make_file: MakeFile, tmp_path: Path, qtbot: QtBot
) -> None:
    uploaded(window, make_file(HEADINGS, people(3)), qtbot)
    window.upload_page.save_failed_rows(tmp_path / "failed.xlsx")
    qtbot.waitUntil(lambda: bool(window.upload_page.after.saved.text), timeout=TIMEOUT_MS)
    for open_again in (
        window.upload_page.after.again.click,
        lambda: opened(window, tmp_path / "failed.xlsx", qtbot),
    ):
        before = window.session.table
        open_again()
        qtbot.waitUntil(lambda before=before: window.session.table is not before, timeout=TIMEOUT_MS)
        checked(window, qtbot)
        assert window.session.result is not None
        assert [group.text for group in window.session.result.groups] == ["Correct 1 row that CustomerGauge refused before"]
        (problem,) = window.session.result.problems
        assert problem.text == "Row 3: CustomerGauge refused it before: Email: The email is on a list."
        assert window.session.table is not None
        changes.edit_cell(window.session, window.session.table.rows[0], 0, "new@example.com")
        checked(window, qtbot)
        assert window.session.result.groups == ()
