"""What was opened, edited, typed or chosen stays after a failed open, and after another reading, region or connection."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook
from pytestqt.qtbot import QtBot
from windows import FIELDS, HEADINGS, TIMEOUT_MS, MakeFile, people, practice_connection

from cg_uploader.gui import changes
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.pages.connect import ConnectPage
from cg_uploader.gui.pages.file import FilePage
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Standing, Step, standing, why_closed
from cg_uploader.model.enums import DataType, Region
from cg_uploader.sheets.reader import ReadOptions

EMAIL, NAME = 0, 1


@pytest.fixture
def page(window: MainWindow) -> FilePage:
    window.session.set_connection(practice_connection(window.services))
    window.show_step(Step.FILE)
    return window.file_page


def read(page: FilePage, file: Path, qtbot: QtBot) -> None:
    page.open_file(file)
    settled(page, qtbot)


def settled(page: FilePage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page.runner.busy and not page.session.reading, timeout=TIMEOUT_MS)


def edit(session: Session, number: int, column: int, text: str) -> None:
    """As the check page does it."""
    assert session.table is not None
    (row,) = [row for row in session.table.rows if row.number == number]
    changes.edit_cell(session, row, column, text)


def header_row(page: FilePage, number: int, qtbot: QtBot) -> None:
    page.options.header_row.setValue(number)
    settled(page, qtbot)


class TestAFileThatCannotBeRead:
    @pytest.fixture
    def good(self, page: FilePage, make_file: MakeFile, qtbot: QtBot) -> Path:
        file = make_file(HEADINGS, people(5))
        read(page, file, qtbot)
        edit(page.session, 2, NAME, "Anna")
        return file

    @pytest.mark.parametrize("bad", ["a PDF", "half a workbook", "gone", "a folder"])
    def test_leaves_the_good_one_open_with_its_edits_and_says_why(
        self, window: MainWindow, page: FilePage, good: Path, tmp_path: Path, qtbot: QtBot, bad: str
    ) -> None:
        session, table = window.session, window.session.table
        file = tmp_path / {"a PDF": "report.pdf", "half a workbook": "half.xlsx"}.get(bad, "other.xlsx")
        if bad == "a PDF":
            file.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n")
        elif bad == "half a workbook":
            file.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
        elif bad == "a folder":
            file.mkdir()
        read(page, file, qtbot)
        assert session.table is table
        assert session.file == good
        assert session.edits == {2: {NAME: "Anna"}}
        assert session.history.canUndo()
        assert [row.number for row in table.rows] == [2, 3, 4, 5, 6] if table is not None else False
        assert file.name in page.banner.text
        assert "contacts.xlsx is open as it was before." in page.banner._more.text()
        assert page.view.isVisible()
        assert page.preview.rowCount() == 5
        assert standing(session, Step.FILE) is Standing.READY
        assert why_closed(session, Step.COLUMNS) == ""
        qtbot.waitUntil(lambda: session.result is not None, timeout=TIMEOUT_MS)
        read(page, good, qtbot)
        assert page.banner.text == ""

    def test_leaves_nothing_where_nothing_was_open(self, page: FilePage, tmp_path: Path, qtbot: QtBot) -> None:
        read(page, tmp_path / "gone.xlsx", qtbot)
        assert "gone.xlsx" in page.banner.text
        assert page.banner._more.text() == ""
        assert standing(page.session, Step.FILE) is Standing.NEEDS_ATTENTION

    def test_the_way_of_reading_is_that_of_the_file_that_is_open(
        self, page: FilePage, good: Path, tmp_path: Path, qtbot: QtBot
    ) -> None:
        header_row(page, 2, qtbot)
        read(page, tmp_path / "gone.xlsx", qtbot)
        assert page.session.read_options == ReadOptions(header_row=2)
        assert page.options.header_row.value() == 2
        header_row(page, 1, qtbot)
        assert page.session.table is not None
        assert page.session.table.file == good


class TestEdits:
    """They belong to cells of the file."""

    def test_survive_another_header_row_and_back(
        self, page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot
    ) -> None:
        read(page, make_file(HEADINGS, people(5)), qtbot)
        edit(session, 2, NAME, "Anna")
        edit(session, 4, EMAIL, "cid@example.com")
        changes.leave_out(session, {2, 3}, out=True)
        changes.trust(session, {5})
        header_row(page, 2, qtbot)
        assert session.edits == {4: {EMAIL: "cid@example.com"}}, "row 2 is the header row now"
        assert (session.left_out, session.trusted) == ({3}, {5})
        header_row(page, 1, qtbot)
        assert session.edits == {2: {NAME: "Anna"}, 4: {EMAIL: "cid@example.com"}}
        assert (session.left_out, session.trusted) == ({2, 3}, {5})

    def test_can_be_undone_under_another_header_row_and_what_waits_stays(
        self, page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot
    ) -> None:
        read(page, make_file(HEADINGS, people(5)), qtbot)
        edit(session, 2, NAME, "Anna")
        edit(session, 4, NAME, "Cid")
        header_row(page, 2, qtbot)
        edit(session, 5, NAME, "Dan")
        session.history.undo()
        assert session.edits == {4: {NAME: "Cid"}}
        session.history.undo()
        assert session.edits == {}
        header_row(page, 1, qtbot)
        assert session.edits == {2: {NAME: "Anna"}}
        session.history.redo()
        assert session.edits == {2: {NAME: "Anna"}, 4: {NAME: "Cid"}}

    def test_of_each_sheet_wait_for_it_and_its_header_row_with_them(
        self, page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot
    ) -> None:
        file = make_file(("Report", "", ""), [HEADINGS, *people(3)])
        book = load_workbook(file)
        other = book.create_sheet("Other")
        for row in (HEADINGS, *people(3)):
            other.append(row)
        book.save(file)
        book.close()
        read(page, file, qtbot)
        header_row(page, 3, qtbot)
        edit(session, 4, NAME, "Anna")
        for sheet in ("Other", "Sheet"):
            page.options.sheet.setCurrentText(sheet)
            page.options.sheet.activated.emit(0)
            settled(page, qtbot)
            assert session.table is not None
            assert session.table.sheet == sheet
            if sheet == "Other":
                assert session.edits == {}, "the same row number of another sheet is another row"
                assert not session.history.canUndo()
                edit(session, 3, NAME, "Other")
        assert session.table.header_row == 3
        assert session.edits == {4: {NAME: "Anna"}}
        assert session.history.undoText() == "the edit in row 4"

    def test_survive_another_delimiter_and_encoding_and_back_and_hold_where_the_cell_is_the_same(
        self, page: FilePage, session: Session, tmp_path: Path, qtbot: QtBot
    ) -> None:
        file = tmp_path / "people.csv"
        file.write_bytes("Email;Name\nann@example.com;Ann\nrene@example.com;René\n".encode())
        read(page, file, qtbot)
        edit(session, 2, NAME, "Anna")
        edit(session, 3, NAME, "Renee")
        changes.trust(session, {3})
        mine = session.edits
        page.options.choose("cp1252", None)
        settled(page, qtbot)
        assert session.edits == {2: {NAME: "Anna"}}, "“RenÃ©” is not what was corrected"
        assert session.trusted == frozenset()
        page.options.choose(None, ",")
        settled(page, qtbot)
        assert session.edits == {}
        page.options.choose("utf-8", ";")
        settled(page, qtbot)
        assert session.edits == mine
        assert session.trusted == {3}

    def test_come_back_with_their_file_and_only_with_the_same_content(
        self, page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot
    ) -> None:
        first = make_file(HEADINGS, people(5), "first.xlsx")
        read(page, first, qtbot)
        edit(session, 2, NAME, "Anna")
        read(page, make_file(HEADINGS, people(6), "second.xlsx"), qtbot)
        assert session.edits == {}
        assert not session.history.canUndo()
        read(page, first, qtbot)
        assert session.edits == {2: {NAME: "Anna"}}
        assert "1 cell edited here" in page.zone._remark.text()
        make_file(HEADINGS, [("eve@example.com", "Ann 0", "Account 0"), *people(5)], "first.xlsx")
        read(page, first, qtbot)
        assert session.edits == {}, "the same number is another row"

    def test_survive_another_data_type_and_back(
        self, window: MainWindow, page: FilePage, session: Session, make_file: MakeFile, qtbot: QtBot
    ) -> None:
        read(page, make_file(HEADINGS, people(5)), qtbot)
        edit(session, 2, NAME, "Anna")
        form = window.connect_page.configuration
        for data_type in (DataType.SURVEY, DataType.CONTACT):
            form.data_type.setCurrentIndex(form.data_type.findData(data_type.value))
        assert session.connection.data_type is DataType.CONTACT
        assert session.connection.fields == FIELDS
        assert session.edits == {2: {NAME: "Anna"}}
        assert session.plan is not None
        assert session.plan.edits == {2: {NAME: "Anna"}}


class TestWhatIsTyped:
    @pytest.fixture
    def connect(self, window: MainWindow) -> ConnectPage:
        page = window.connect_page
        page.form.client_id.setText("eu-id")
        page.form.client_secret.setText("eu-secret")
        return page

    def choose(self, page: ConnectPage, region: Region) -> tuple[str, str]:
        page.form.region.setCurrentIndex(page.form.region.findData(region.value))
        return page.form.client_id.text(), page.form.client_secret.text()

    def switch(self, page: ConnectPage, name: str) -> None:
        """As the combo box of saved connections does it."""
        names = page.saved.names
        names.setCurrentIndex(names.findData(name))
        names.activated.emit(names.currentIndex())

    def test_for_a_region_is_there_when_the_region_is_chosen_again(self, connect: ConnectPage) -> None:
        practice = self.choose(connect, Region.PRACTICE)
        assert "eu-secret" not in practice
        assert self.choose(connect, Region.EU) == ("eu-id", "eu-secret")

    def test_for_two_regions_stays_apart(self, connect: ConnectPage) -> None:
        self.choose(connect, Region.US)
        connect.form.client_id.setText("us-id")
        connect.form.client_secret.setText("us-secret")
        assert self.choose(connect, Region.EU) == ("eu-id", "eu-secret")
        self.choose(connect, Region.PRACTICE)
        assert self.choose(connect, Region.US) == ("us-id", "us-secret")

    def test_before_the_region_was_chosen_goes_with_the_user(self, connect: ConnectPage) -> None:
        assert self.choose(connect, Region.AU) == ("eu-id", "eu-secret")

    def test_into_a_new_connection_is_there_after_a_look_at_a_saved_one(self, window: MainWindow, connect: ConnectPage) -> None:
        session = window.session
        connect.configuration.reference.setText("contact")
        connect.configuration.data_type.setCurrentIndex(connect.configuration.data_type.findData("contact"))
        connect.configuration.editor.box.setPlainText("Email\nFirst Name")
        connect.configuration.editor.add_button.click()
        connect.save_under("Alpha")
        self.switch(connect, "")
        assert (session.connection.name, session.connection.client_id, session.connection.fields) == ("", "", ())
        connect.form.client_id.setText("new-id")
        connect.configuration.reference.setText("new")
        connect.configuration.editor.box.setPlainText("Email")
        connect.configuration.editor.add_button.click()
        typed = session.connection
        self.switch(connect, "Alpha")
        assert session.connection.reference == "contact"
        assert (session.connection.client_id, session.connection.client_secret) == ("eu-id", "eu-secret")
        self.switch(connect, "")
        assert session.connection == typed
        self.switch(connect, "")
        assert session.connection == typed, "what is chosen already is no other one"

    def test_into_a_saved_connection_is_there_after_a_look_at_another(self, window: MainWindow, connect: ConnectPage) -> None:
        session = window.session
        session.set_connection(practice_connection(window.services))
        connect.save_under("Beta")
        self.choose(connect, Region.EU)
        connect.form.client_id.setText("beta-id")
        connect.form.client_secret.setText("beta-secret")
        connect.configuration.reference.setText("changed")
        self.switch(connect, "")
        self.switch(connect, "Beta")
        assert session.connection.reference == "changed"
        assert session.connection.region is Region.EU
        assert session.connection.client_secret == "beta-secret"
        connect.delete_saved("Beta")
        assert session.typed.draft("Beta") is None
        assert session.typed.credentials("Beta", Region.EU) is None

    def test_is_in_no_file(self, window: MainWindow, connect: ConnectPage) -> None:
        self.choose(connect, Region.US)
        home = window.services.paths.home
        assert not [file for file in home.rglob("*") if file.is_file() and b"eu-secret" in file.read_bytes()]
