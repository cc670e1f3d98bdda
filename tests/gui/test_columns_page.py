"""Step 3: one line per field, exactly one state each, and nothing is sent that nobody has seen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from rig import table_of
from windows import TIMEOUT_MS, practice_connection, tab_positions

from cg_uploader.fields.matching import FieldState
from cg_uploader.gui.main_window import MainWindow
from cg_uploader.gui.pages.columns import ColumnsPage, samples, source_of
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step, why_not
from cg_uploader.gui.widgets.mapping_line import CONSTANT, NOT_SENT
from cg_uploader.model.configuration import Field, Source

FIELDS = (Field("Email", required=True), Field("First Name"), Field("Account Name"), Field("Source"))


@pytest.fixture
def page(window: MainWindow) -> ColumnsPage:
    window.session.set_connection(replace(practice_connection(window.services), fields=FIELDS))
    return window.columns_page


def show(session: Session, headings: Sequence[str], rows: int = 3) -> None:
    session.set_table(table_of(headings, [[f"{heading} {number}" for heading in headings] for number in range(rows)]))


def choose(page: ColumnsPage, heading: str, value: str) -> None:
    combo = page.lines[heading].source
    combo.setCurrentIndex(combo.findData(value))
    combo.activated.emit(combo.currentIndex())


def type_text(page: ColumnsPage, heading: str, text: str) -> None:
    edit = page.lines[heading].constant
    assert edit is not None
    edit.setText(text)
    edit.editingFinished.emit()


def states(session: Session) -> dict[str, FieldState]:
    assert session.match is not None
    return {field.heading: field.state for field in session.match.fields}


def test_equal_names_match_by_themselves_and_the_summary_counts(page: ColumnsPage, session: Session) -> None:
    show(session, ("Email", "first_name", "Notes"))
    assert page.summary.text() == "2 of 3 columns will be sent"
    assert states(session)["Email"] is FieldState.EXACT
    assert states(session)["First Name"] is FieldState.SPELLING
    assert page.lines["First Name"].state.word == FieldState.SPELLING.label
    assert "Notes (C)" in page._left.text()


def test_an_invisible_difference_is_visible(page: ColumnsPage, session: Session) -> None:
    show(session, ("Email ", "First Name"))
    assert page.lines["Email"].state.remark
    assert page.lines["Email"].source.currentText() != "Email   (A)"


def test_sample_values_stand_beside_the_column(page: ColumnsPage, session: Session) -> None:
    show(session, ("Email", "First Name"))
    assert page.lines["Email"].samples.text() == "Email 0 · Email 1 · Email 2"


def test_samples_are_different_and_not_blank() -> None:
    table = table_of(("A", "B"), [("", "x"), ("1", "x"), ("1", "y"), ("2", "x"), ("3", "x"), ("4", "x")])
    assert samples(table) == {"A": "1 · 2 · 3", "B": "x · y"}


def test_a_suggestion_is_sent_only_after_a_person_confirms(page: ColumnsPage, session: Session) -> None:
    show(session, ("Email", "Firstt Name"))
    assert states(session)["First Name"] is FieldState.SUGGESTION
    line = page.lines["First Name"]
    assert line.confirm_button is not None
    assert not line.confirm_button.isHidden()
    assert line.source.currentData() == NOT_SENT
    assert session.match is not None
    assert session.match.mapping.source("First Name") is None
    line.confirm_button.click()
    assert states(session)["First Name"] is FieldState.SPELLING
    assert session.match.mapping.source("First Name") == Source(column="Firstt Name")


def test_a_suggestion_is_confirmed_by_keyboard(page: ColumnsPage, session: Session, window: MainWindow, qtbot: QtBot) -> None:
    show(session, ("Email", "Firstt Name"))
    window.show_step(Step.COLUMNS)
    button = page.lines["First Name"].confirm_button
    assert button is not None
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert states(session)["First Name"] is FieldState.SPELLING


def test_the_tab_key_goes_through_the_lines_before_it_leaves_the_page(
    page: ColumnsPage, session: Session, window: MainWindow
) -> None:
    show(session, ("Email", "First Nam", "Account Name", "Source"))
    choose(page, "Source", CONSTANT)
    choose(page, "Email", CONSTANT)
    stops = [window.columns_page.confirm_all]
    for line in page.lines.values():
        stops += filter(None, (line.source, line.constant, line.confirm_button))
    places = tab_positions(window, (*stops, window.footer.next_button))
    assert -1 not in places
    assert len(places) == 1 + len(FIELDS) + 3 + 1
    assert places == sorted(places)


def test_all_suggestions_are_confirmed_together(page: ColumnsPage, session: Session) -> None:
    show(session, ("Email", "Firstt Name", "Accountt Name"))
    assert page.waiting.text() == "2 suggestions wait for your word"
    page.confirm_all.click()
    assert FieldState.SUGGESTION not in states(session).values()


def test_any_column_one_text_or_nothing_can_be_chosen(page: ColumnsPage, session: Session) -> None:
    show(session, ("Email", "First Name", "Notes"))
    choose(page, "Account Name", "C")
    assert session.match is not None
    assert session.match.mapping.source("Account Name") == Source(column="Notes")
    choose(page, "First Name", NOT_SENT)
    assert session.match.mapping.source("First Name") is None
    choose(page, "Source", CONSTANT)
    type_text(page, "Source", "CRM")
    assert session.match.mapping.source("Source") == Source(constant="CRM")
    assert page.lines["Source"].samples.text() == "CRM"


def test_an_empty_text_for_all_rows_is_no_source(page: ColumnsPage, session: Session) -> None:
    show(session, ("Email",))
    choose(page, "Source", CONSTANT)
    type_text(page, "Source", "")
    assert session.match is not None
    assert session.match.mapping.source("Source") is None


def test_columns_with_the_same_heading_are_named_by_letter() -> None:
    table = table_of(("Email", "Name", "Name", ""), [])
    assert [source_of(column, table) for column in table.columns] == [
        Source(column="Email"),
        Source(letter="B"),
        Source(letter="C"),
        Source(letter="D"),
    ]


def test_a_missing_required_field_stops_the_step_and_says_which(page: ColumnsPage, session: Session) -> None:
    show(session, ("First Name",))
    assert states(session)["Email"] is FieldState.MISSING
    assert "Email" in why_not(session, Step.COLUMNS)
    assert page.problem.text == why_not(session, Step.COLUMNS)


def test_automatic_matching_comes_back(page: ColumnsPage, session: Session) -> None:
    show(session, ("Email", "First Name"))
    choose(page, "First Name", NOT_SENT)
    assert not page.automatic.isHidden()
    page.automatic.click()
    assert states(session)["First Name"] is FieldState.EXACT
    assert page.automatic.isHidden()


def test_a_choice_outlives_another_file_and_what_changed_is_said(page: ColumnsPage, session: Session) -> None:
    show(session, ("Email", "First Name", "Notes"))
    choose(page, "Account Name", "C")
    show(session, ("Email", "First Name"))
    assert session.match is not None
    assert session.match.mapping.source("Account Name") is None
    assert not page.drift.isHidden()
    show(session, ("Email", "First Name", "Notes"))
    assert session.match.mapping.source("Account Name") == Source(column="Notes")


def test_going_back_and_forth_changes_nothing(page: ColumnsPage, session: Session, window: MainWindow) -> None:
    show(session, ("Email", "First Name", "Notes"))
    choose(page, "Account Name", "C")
    before = session.mapping
    for step in (Step.CONNECT, Step.FILE, Step.COLUMNS, Step.CONNECT, Step.COLUMNS):
        window.show_step(step)
    assert session.mapping == before
    assert page.lines["Account Name"].source.currentData() == "C"


def test_an_ampersand_in_a_heading_is_shown_and_no_mnemonic(window: MainWindow, session: Session) -> None:
    session.set_connection(replace(practice_connection(window.services), fields=(Field("R&D"),)))
    show(session, ("R&D",))
    (label,) = [label for label in window.columns_page.lines["R&D"].findChildren(QLabel) if label.buddy() is not None]
    assert label.text() == "R&&D"


def test_every_choice_has_a_name_for_assistive_technology(page: ColumnsPage, session: Session) -> None:
    show(session, ("Email", "First Name"))
    assert all(heading in line.source.accessibleName() for heading, line in page.lines.items())


def test_very_many_fields_are_listed_while_the_window_stays_awake(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    fields = tuple(Field(f"Field {number}") for number in range(200))
    session.set_connection(replace(practice_connection(window.services), fields=fields))
    begun = time.thread_time()
    show(session, [field.heading for field in fields])
    assert time.thread_time() - begun < 3
    assert len(window.columns_page.lines) < 200
    qtbot.waitUntil(lambda: len(window.columns_page.lines) == 200, timeout=TIMEOUT_MS)
