"""The table models, each alone: Qt's own tester passes them, and they show what they are given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractTableModel, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot
from rig import plan_of, table_of
from windows import TIMEOUT_MS

from cg_uploader.fields.checks import Problem
from cg_uploader.gui.models import fields_model, outcomes_model, preview_model, rows_model, runs_model
from cg_uploader.gui.models.fields_model import FieldsModel
from cg_uploader.gui.models.outcomes_model import MAX_LISTED, OutcomesModel
from cg_uploader.gui.models.preview_model import PreviewModel
from cg_uploader.gui.models.rows_model import RowsModel
from cg_uploader.gui.models.runs_model import RunsModel
from cg_uploader.model.configuration import Field
from cg_uploader.model.enums import FieldKind, Region, RowStatus
from cg_uploader.model.run import Outcome, RunSummary, Stop
from cg_uploader.model.statuses import STATUSES
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.model.table import Row

MARKUP = "<b>bold</b> & <img src=x>"


def shown(model: QAbstractTableModel) -> list[list[str]]:
    """What the display role shows, line by line."""
    lines = range(model.rowCount())
    return [[str(model.data(model.index(line, column)) or "") for column in range(model.columnCount())] for line in lines]


def titles(model: QAbstractTableModel) -> list[object]:
    return [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]


class TestPreview:
    def test_shows_headings_row_numbers_and_texts(self, qtmodeltester: ModelTester) -> None:
        model = PreviewModel()
        model.show_table(table_of(("Email", "First Name"), [("ann@example.com", "Ann"), ("bob@example.com", "two\nlines")]))
        qtmodeltester.check(model)
        assert titles(model) == ["Email", "First Name"]
        assert shown(model) == [["ann@example.com", "Ann"], ["bob@example.com", "two ⏎ lines"]]
        assert model.headerData(1, Qt.Orientation.Vertical) == "3"
        assert model.row_number(0) == 2

    @pytest.mark.usefixtures("qapp")
    def test_lines_above_the_header_row_stand_as_in_the_file(self, qtmodeltester: ModelTester) -> None:
        model = PreviewModel()
        table = replace(table_of(("Email", "City"), [("ann@example.com", "Bonn")]), header_row=3)
        table = replace(table, above=(Row(1, ("Our contacts", "")), Row(2, ("", "2026"))))
        table.rows[0] = Row(4, table.rows[0].cells)  # type: ignore[index]
        model.show_table(table)
        qtmodeltester.check(model)
        assert shown(model) == [["Our contacts", ""], ["", "2026"], ["Email", "City"], ["ann@example.com", "Bonn"]]
        assert [model.headerData(line, Qt.Orientation.Vertical) for line in range(4)] == ["1", "2", "3", "4"]
        assert [model.row_number(line) for line in range(4)] == [1, 2, 3, 4]
        role = Qt.ItemDataRole
        assert [bool(model.data(model.index(line, 0), role.ForegroundRole)) for line in range(4)] == [True, True, False, False]
        assert [bool(model.data(model.index(line, 0), role.FontRole)) for line in range(4)] == [False, False, True, False]
        assert model.data(model.index(0, 0), role.AccessibleTextRole) == "Our contacts, above the header row"

    def test_keeps_to_the_first_rows_of_a_long_file(self) -> None:
        model = PreviewModel()
        model.show_table(table_of(("Email",), [(f"a{number}@example.com",) for number in range(900)]))
        assert model.rowCount() == preview_model.MAX_ROWS

    def test_nothing_is_shown_without_a_table(self, qtmodeltester: ModelTester) -> None:
        model = PreviewModel()
        model.show_table(None)
        qtmodeltester.check(model)
        assert (model.rowCount(), model.columnCount()) == (0, 0)

    def test_invisible_letters_of_a_heading_are_visible(self) -> None:
        model = PreviewModel()
        model.show_table(table_of(("Email ", ""), [("a", "b")]))
        assert titles(model)[0] != "Email "
        assert titles(model)[1] == "(column B)"

    def test_text_is_never_markup_in_a_tool_tip(self) -> None:
        model = PreviewModel()
        model.show_table(table_of(("Email",), [(MARKUP,)]))
        tip = model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole)
        assert "&lt;b&gt;" in str(tip)
        assert "<b>" not in str(tip)


class TestFields:
    @pytest.fixture
    def model(self) -> FieldsModel:
        made = FieldsModel()
        made.show_fields((Field("Email", required=True, kind=FieldKind.EMAIL), Field("First Name")))
        return made

    def test_shows_heading_required_and_kind_in_words(self, model: FieldsModel, qtmodeltester: ModelTester) -> None:
        qtmodeltester.check(model)
        assert shown(model) == [["Email", "Required", "E-mail address", ""], ["First Name", "Optional", "Text", ""]]

    def test_ticking_required_changes_the_field_and_tells(self, model: FieldsModel, qtbot: QtBot) -> None:
        with qtbot.waitSignal(model.edited, timeout=TIMEOUT_MS):
            model.setData(model.index(1, fields_model.REQUIRED), Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
        assert model.fields[1] == Field("First Name", required=True)

    def test_a_kind_is_chosen_by_its_value(self, model: FieldsModel) -> None:
        assert model.setData(model.index(1, fields_model.KIND), "phone")
        assert model.fields[1].kind is FieldKind.PHONE

    def test_a_heading_is_edited_to_the_letter(self, model: FieldsModel) -> None:
        assert model.setData(model.index(1, fields_model.HEADING), " Name ")
        assert model.fields[1].heading == " Name "

    def test_the_same_value_again_is_no_change(self, model: FieldsModel, qtbot: QtBot) -> None:
        with qtbot.assertNotEmitted(model.edited):
            assert not model.setData(model.index(0, fields_model.HEADING), "Email")

    def test_adding_leaves_out_what_is_here(self, model: FieldsModel) -> None:
        assert model.add(("Email", "Phone", "Phone", "City")) == 2
        assert [field.heading for field in model.fields] == ["Email", "First Name", "Phone", "City"]

    def test_removing_takes_the_chosen_lines_out(self, model: FieldsModel) -> None:
        model.add(("Phone", "City"))
        model.remove({0, 2})
        assert [field.heading for field in model.fields] == ["First Name", "City"]

    def test_a_heading_that_cannot_work_says_why(self, model: FieldsModel) -> None:
        model.setData(model.index(1, fields_model.HEADING), "Name]")
        assert "]" in shown(model)[1][fields_model.REMARK]

    def test_a_heading_that_is_here_twice_says_so(self, model: FieldsModel) -> None:
        model.setData(model.index(1, fields_model.HEADING), "Email")
        assert all("twice" in line[fields_model.REMARK] for line in shown(model))

    def test_the_remark_cannot_be_edited(self, model: FieldsModel) -> None:
        assert not model.flags(model.index(0, fields_model.REMARK)) & Qt.ItemFlag.ItemIsEditable


class TestRows:
    def remark(self, position: int, row: Row, problems: tuple[Problem, ...]) -> str:
        return f"{len(problems)} in {row.number}"

    def test_shows_who_and_what_with_edits_in_place(self, qtmodeltester: ModelTester) -> None:
        plan = plan_of([("ann@example.com", "Ann"), ("bob@example.com", "Bob"), ("eve@example.com", "Eve")])
        plan.edits[3] = {1: "Robert"}  # type: ignore[index]  # the plan's own dictionary, as the session fills it
        model = RowsModel()
        model.show_rows(plan, [1, 2], self.remark)
        qtmodeltester.check(model)
        assert titles(model)[:3] == list(rows_model.FIXED)
        assert shown(model)[0] == ["3", "bob@example.com", "0 in 3", "bob@example.com", "Robert"]
        tip = model.data(model.index(0, 4), Qt.ItemDataRole.ToolTipRole)
        assert "Bob" in str(tip)

    def test_an_edit_is_passed_on_and_not_made_here(self, qtbot: QtBot) -> None:
        model = RowsModel()
        model.show_rows(plan_of([("ann@example.com", "Ann")]), [0], self.remark)
        with qtbot.waitSignal(model.cell_edited, timeout=TIMEOUT_MS) as told:
            assert model.setData(model.index(0, 4), "Anna")
        assert told.args == [Row(2, ("ann@example.com", "Ann")), 1, "Anna"]
        assert shown(model)[0][4] == "Ann"

    def test_number_who_and_problem_cannot_be_edited(self) -> None:
        model = RowsModel()
        model.show_rows(plan_of([("ann@example.com", "Ann")]), [0], self.remark)
        assert not any(model.flags(model.index(0, column)) & Qt.ItemFlag.ItemIsEditable for column in range(3))
        assert not model.setData(model.index(0, 0), "9")

    def test_rows_are_fetched_only_when_they_are_looked_at(self) -> None:
        plan = plan_of([(f"a{number}@example.com", "A") for number in range(5_000)])
        looked_at: list[int] = []

        def remark(_position: int, row: Row, _problems: tuple[Problem, ...]) -> str:
            looked_at.append(row.number)
            return ""

        model = RowsModel()
        model.show_rows(plan, range(5_000), remark)
        assert model.rowCount() == 5_000
        assert model.row(4_000).number == 4_002
        assert looked_at == [4_002]

    def test_the_cell_at_fault_has_another_ground(self) -> None:
        model = RowsModel()
        model.show_rows(plan_of([("", "Ann")], required=("Email",)), [0], self.remark)
        grounds = [model.data(model.index(0, column), Qt.ItemDataRole.BackgroundRole) for column in (3, 4)]
        assert grounds[0] is not None
        assert grounds[1] is None


def outcome(row: int, status: RowStatus, text: str = "no") -> Outcome:
    return Outcome(row, status, 422, (("Email", text),), 1, f"a{row}@example.com")


class TestOutcomes:
    def test_shows_what_needs_attention_and_hides_what_was_accepted(self, qtmodeltester: ModelTester) -> None:
        model = OutcomesModel()
        model.add([outcome(2, RowStatus.ACCEPTED), outcome(3, RowStatus.REFUSED), outcome(4, RowStatus.SKIPPED)])
        model.add([outcome(5, RowStatus.NOT_SURE)])
        qtmodeltester.check(model)
        assert [line[:4] for line in shown(model)] == [
            ["3", "a3@example.com", "Refused", "Email"],
            ["5", "a5@example.com", "Not sure", "Email"],
        ]

    def test_one_status_alone_can_be_shown_and_grows_meanwhile(self) -> None:
        model = OutcomesModel()
        model.add([outcome(2, RowStatus.ACCEPTED), outcome(3, RowStatus.REFUSED)])
        model.show_status(RowStatus.ACCEPTED)
        model.add([outcome(4, RowStatus.ACCEPTED), outcome(5, RowStatus.REFUSED)])
        assert [line[0] for line in shown(model)] == ["2", "4"]
        model.show_status(None)
        assert [line[0] for line in shown(model)] == ["3", "5"]

    def test_a_long_list_ends_and_says_so(self, qtmodeltester: ModelTester) -> None:
        model = OutcomesModel()
        for start in range(0, MAX_LISTED + 400, 400):
            model.add([outcome(start + at, RowStatus.REFUSED) for at in range(400)])
        assert model.rowCount() == MAX_LISTED
        assert model.full

    def test_replacing_forgets_what_was_here(self) -> None:
        model = OutcomesModel()
        model.add([outcome(3, RowStatus.REFUSED)])
        model.replace([outcome(9, RowStatus.NOT_SENT)])
        assert [line[0] for line in shown(model)] == ["9"]

    def test_a_status_is_a_word_and_an_icon(self) -> None:
        model = OutcomesModel()
        for status in RowStatus:
            model.show_status(status)
            model.add([outcome(3, status)])
            assert shown(model)[0][2] == STATUSES[status].label
            assert model.data(model.index(0, 2), Qt.ItemDataRole.DecorationRole) is not None

    def test_sentences_of_several_fields_stand_once_each(self) -> None:
        both = Outcome(7, RowStatus.REFUSED, 422, (("Email", "Wrong."), ("Phone", "Wrong."), ("Email", "Old.")), 1)
        assert outcomes_model.texts(both) == ("7", "", "Refused", "Email, Phone", "Wrong. Old.")


def run(number: int, file: str, *, accepted: int = 8, refused: int = 2, stop: Stop | None = None) -> RunSummary:
    counts = {**dict.fromkeys(RowStatus, 0), RowStatus.ACCEPTED: accepted, RowStatus.REFUSED: refused}
    day = datetime(2026, 5, number, 9, 30, tzinfo=UTC)
    return RunSummary(number, file, "EU contacts", Region.EU, accepted + refused, counts, day, day, stop)


class TestRuns:
    def test_shows_runs_in_words_and_numbers(self, qtmodeltester: ModelTester) -> None:
        model = RunsModel()
        model.show_runs(
            [run(2, str(Path("in") / "may.xlsx"), accepted=2500), run(1, "april.csv", stop=Stop(StopReason.INTERRUPTED))]
        )
        qtmodeltester.check(model)
        first, second = shown(model)
        assert first[1:] == ["may.xlsx", "EU contacts, Europe (EU)", "2,502", "2,500", "2", "At its end"]
        assert second[-1] == "The upload was stopped before its end."
        assert runs_model.texts(model.run(1)) == tuple(second)

    @pytest.mark.parametrize(("words", "found"), [("may", 1), ("APRIL eu", 1), ("xlsx april", 0), ("", 2), ("stopped", 1)])
    def test_search_finds_lines_with_all_the_words(self, words: str, found: int) -> None:
        model = RunsModel()
        model.show_runs([run(2, "may.xlsx"), run(1, "april.csv", stop=Stop(StopReason.INTERRUPTED))])
        model.search(words)
        assert model.rowCount() == found
