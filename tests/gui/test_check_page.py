"""Step 4: the to-do list, the rows behind it, and changes that can be undone; checked for real, in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from pytestqt.qtbot import QtBot
from rig import table_of
from windows import HEADINGS, TIMEOUT_MS, change_rows, people, practice_connection, tab_positions

from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.models.rows_model import FIXED, PROBLEM
from cg_uploader.gui.pages.check import ALL, LEFT_OUT, WHOLE, CheckPage
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Standing, Step, standing, why_not
from cg_uploader.gui.widgets.todo_list import TodoKey
from cg_uploader.model.enums import BlankCells, DataType, Level, NoteKind
from cg_uploader.model.table import Note

BAD = ("no-address", "Bob", "Account 1")
GOOD = people(5)
EMAIL = len(FIXED)


@pytest.fixture
def page(window: MainWindow) -> CheckPage:
    window.session.set_connection(practice_connection(window.services))
    return window.check_page


def checked(page: CheckPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.session.result is not None, timeout=TIMEOUT_MS)


def check(page: CheckPage, rows: Sequence[Sequence[str]], qtbot: QtBot, headings: Sequence[str] = HEADINGS) -> None:
    page.session.set_table(table_of(headings, rows))
    checked(page, qtbot)


def entry(page: CheckPage, level: Level, kind: str = "") -> TodoKey:
    return next(each.key for each in page.todos.entries if each.key.level is level and kind in ("", each.key.kind))


def shown_rows(page: CheckPage) -> list[int]:
    return [page.model.row(line).number for line in range(page.model.rowCount())]


def select(page: CheckPage, *lines: int) -> None:
    page.view.clearSelection()
    for line in lines:
        page.view.selectionModel().select(
            page.model.index(line, 0),
            QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
        )


def test_good_rows_are_ready(page: CheckPage, session: Session, qtbot: QtBot) -> None:
    check(page, GOOD, qtbot)
    assert page.totals.text() == "5 rows ready · 0 held back"
    assert standing(session, Step.CHECK) is Standing.READY
    assert [each.key for each in page.todos.entries] == [ALL]


def test_a_bad_row_is_on_the_list_and_pressing_it_shows_only_that_row(page: CheckPage, session: Session, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD], qtbot)
    assert page.totals.text() == "5 rows ready · 1 held back"
    assert standing(session, Step.CHECK) is Standing.NEEDS_ATTENTION
    assert shown_rows(page) == [7]
    assert "no-address" in str(page.model.data(page.model.index(0, PROBLEM)))
    page.todos.button(ALL).click()
    assert shown_rows(page) == [2, 3, 4, 5, 6, 7]
    page.todos.button(entry(page, Level.ERROR)).click()
    assert shown_rows(page) == [7]


def test_what_is_known_leaves_out_the_place_that_stands_beside_it(page: CheckPage, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD, GOOD[2]], qtbot)
    remark = page.model.remark(0)
    assert remark.startswith("“no-address” is not an email address")
    assert remark.endswith("Correct it, or leave the row out.")
    page.todos.button(entry(page, Level.WARNING, "duplicate")).click()
    assert "is in row 4 already" in page.model.remark(0)


def test_the_column_that_an_entry_is_about_stands_before_what_is_known(page: CheckPage, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD, GOOD[0], ("ann@example.com", "A" * 300, "Account 1")], qtbot)
    titles = page.view.horizontalHeader()
    page.todos.button(entry(page, Level.WARNING, "far-too-long")).click()
    assert (titles.visualIndex(EMAIL + 1), titles.visualIndex(PROBLEM), titles.visualIndex(EMAIL)) == (2, 3, 4)
    page.todos.button(entry(page, Level.ERROR, "email")).click()
    assert (titles.visualIndex(EMAIL), titles.visualIndex(PROBLEM), titles.visualIndex(EMAIL + 1)) == (2, 3, 4)
    page.todos.button(ALL).click()
    assert [titles.visualIndex(at) for at in range(titles.count())] == list(range(titles.count()))


def test_what_is_known_takes_the_room_there_is(page: CheckPage, window: MainWindow, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD], qtbot)
    window.resize(1600, 900)
    window.show_step(Step.CHECK)
    titles, room = page.view.horizontalHeader(), page.view.viewport()
    qtbot.waitUntil(lambda: titles.sectionPosition(PROBLEM) + titles.sectionSize(PROBLEM) == room.width(), timeout=TIMEOUT_MS)


def test_a_cell_at_fault_is_painted_on_another_ground(page: CheckPage, window: MainWindow, qtbot: QtBot) -> None:
    window.show_step(Step.CHECK)
    check(page, [*GOOD, BAD], qtbot)
    page.view.clearFocus()

    def ground(column: int) -> str:
        cell = page.view.visualRect(page.model.index(0, column)).adjusted(2, 2, -2, -2)
        return page.view.viewport().grab(cell).toImage().pixelColor(0, 0).name()

    page.view.selectionModel().clear()
    assert ground(EMAIL) != ground(PROBLEM)


def test_errors_and_warnings_stand_apart(page: CheckPage, qtbot: QtBot) -> None:
    check(page, [*GOOD, GOOD[0], BAD], qtbot)
    assert [each.key.level for each in page.todos.entries] == [Level.ERROR, Level.WARNING, None]


def test_nothing_can_go_when_every_row_is_held_back(page: CheckPage, session: Session, qtbot: QtBot) -> None:
    check(page, [BAD], qtbot)
    assert "No row can be sent" in why_not(session, Step.CHECK)


def test_editing_a_cell_mends_the_row_and_can_be_undone(page: CheckPage, session: Session, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD], qtbot)
    page.model.setData(page.model.index(0, EMAIL), "bob@example.com")
    assert session.result is None
    checked(page, qtbot)
    assert page.totals.text() == "6 rows ready · 0 held back"
    assert session.plan is not None
    assert session.plan.cells(session.plan.table.rows[5])[0] == "bob@example.com"
    page.undo_button.click()
    checked(page, qtbot)
    assert page.totals.text() == "5 rows ready · 1 held back"
    page.redo_button.click()
    checked(page, qtbot)
    assert page.totals.text() == "6 rows ready · 0 held back"


def test_undo_works_by_keyboard(page: CheckPage, session: Session, window: MainWindow, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD], qtbot)
    window.show_step(Step.CHECK)
    page.model.setData(page.model.index(0, EMAIL), "bob@example.com")
    checked(page, qtbot)
    qtbot.keyClick(page.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.edits == {}


def test_the_files_own_text_again_is_no_edit(page: CheckPage, session: Session, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD], qtbot)
    page.todos.button(ALL).click()
    page.model.setData(page.model.index(0, EMAIL + 1), "Anna")
    checked(page, qtbot)
    page.model.setData(page.model.index(0, EMAIL + 1), "Ann 0")
    assert session.edits == {}
    assert session.history.activeStack().count() == 2


def test_rows_left_out_are_skipped_and_can_be_put_back(page: CheckPage, session: Session, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD], qtbot)
    page.todos.button(ALL).click()
    select(page, 0, 5)
    page.out_button.click()
    checked(page, qtbot)
    assert session.left_out == {2, 7}
    assert page.totals.text() == "4 rows ready · 0 held back · 2 left out"
    page.todos.button(LEFT_OUT).click()
    assert shown_rows(page) == [2, 7]
    select(page, 0)
    assert page.out_button.text() == "Put bac&k"
    page.out_button.click()
    checked(page, qtbot)
    assert session.left_out == {7}


def test_only_what_looks_odd_in_the_file_can_be_accepted_as_it_is(page: CheckPage, session: Session, qtbot: QtBot) -> None:
    table = table_of(HEADINGS, [*GOOD, BAD])
    odd = Note(3, "First Name", NoteKind.ERROR_TEXT, "B3 shows the text of an error.")
    page.session.set_table(replace(table, notes=(odd,)))
    checked(page, qtbot)
    page.todos.button(entry(page, Level.ERROR, "email")).click()
    select(page, 0)
    assert not page.trust_button.isEnabled()
    page.todos.button(entry(page, Level.ERROR, "error-text")).click()
    select(page, 0)
    page.trust_button.click()
    checked(page, qtbot)
    assert session.trusted == {3}
    assert page.totals.text() == "5 rows ready · 1 held back"


def test_blank_cells_are_chosen_in_words_and_change_the_plan(page: CheckPage, session: Session, qtbot: QtBot) -> None:
    check(page, GOOD, qtbot)
    assert page.blank_cells.leave_out.isChecked()
    page.blank_cells.send_empty.click()
    assert session.options.blank_cells is BlankCells.SEND_EMPTY
    checked(page, qtbot)
    assert session.plan is not None
    assert session.plan.options.blank_cells is BlankCells.SEND_EMPTY


def test_invitations_are_counted_in_a_sentence(page: CheckPage, session: Session, qtbot: QtBot) -> None:
    session.set_connection(practice_connection(page.services, DataType.SURVEY, "survey"))
    check(page, [*GOOD, GOOD[0]], qtbot)
    assert page.invited.text.startswith("This will invite ")
    assert "5 different addresses" in page.invited.text


def test_what_nobody_knows_is_not_claimed(page: CheckPage, session: Session, qtbot: QtBot) -> None:
    session.set_connection(practice_connection(page.services, DataType.UNKNOWN))
    check(page, [*GOOD, BAD], qtbot)
    assert page.invited.text.startswith("This may invite ")
    check(page, [BAD], qtbot)
    assert page.invited.isHidden(), "where no row can go, nobody is invited"


def test_nobody_is_invited_by_contacts(page: CheckPage, qtbot: QtBot) -> None:
    check(page, GOOD, qtbot)
    assert page.invited.isHidden()


def test_what_was_chosen_stays_chosen_from_check_to_check(page: CheckPage, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD, ("other", "Eve", "Account 2")], qtbot)
    page.todos.button(ALL).click()
    page.model.setData(page.model.index(5, EMAIL), "bob@example.com")
    checked(page, qtbot)
    assert page.todos.button(ALL).isChecked()
    assert len(shown_rows(page)) == 7


def test_the_whole_sentence_of_the_selected_row_is_below_the_table(page: CheckPage, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD], qtbot)
    select(page, 0)
    assert "no-address" in page.told.text()


def test_a_remark_about_a_whole_column_says_that_it_has_no_rows(page: CheckPage, qtbot: QtBot) -> None:
    table = table_of(HEADINGS, GOOD)
    odd = Note(None, "First Name", NoteKind.ROUNDED, "Column B was rounded.")
    page.session.set_table(replace(table, notes=(odd,)))
    checked(page, qtbot)
    page.todos.button(entry(page, Level.WARNING, "rounded")).click()
    assert page.view.empty == WHOLE


def test_many_rows_are_checked_while_the_window_stays_awake(
    page: CheckPage, session: Session, qtbot: QtBot, tmp_path: Path
) -> None:
    check(page, people(20_000), qtbot)
    assert session.result is not None
    assert session.result.ready == 20_000
    page.todos.button(ALL).click()
    assert page.model.rowCount() == 20_000


def test_the_tab_key_goes_from_the_list_to_its_rows_also_after_another_check(page: CheckPage, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD], qtbot)
    for left_out in (frozenset[int](), frozenset({2})):
        change_rows(page.session, {}, left_out)
        checked(page, qtbot)
        buttons = [page.todos.button(each.key) for each in page.todos.entries]
        order = tab_positions(page.window(), [*buttons, page.view])
        assert -1 not in order
        assert order == sorted(order)


def test_an_entry_with_the_focus_keeps_it_when_the_list_is_made_anew(window: MainWindow, page: CheckPage, qtbot: QtBot) -> None:
    check(page, [*GOOD, BAD], qtbot)
    window.show_step(Step.CHECK)
    key = ALL
    page.todos.button(key).click()
    page.todos.button(key).setFocus()
    change_rows(page.session, {}, frozenset({2}))
    checked(page, qtbot)
    assert page.window().focusWidget() is page.todos.button(key)
