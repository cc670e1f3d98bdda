"""Step 4, Check: what is wrong, as a short to-do list, and rows to look at, edit, leave out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QProgressBar, QScrollArea, QSizePolicy, QWidget

from cg_uploader.fields import checks
from cg_uploader.fields.checks import CheckResult, Problem, ProblemGroup
from cg_uploader.gui import changes
from cg_uploader.gui.models.rows_model import FIXED, PROBLEM, ROW, WHO, RowsModel
from cg_uploader.gui.pages.page import Page
from cg_uploader.gui.services import Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step, why_not
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.blank_cells import BlankCellsChoice
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.inputs import PushButton
from cg_uploader.gui.widgets.table import TableView
from cg_uploader.gui.widgets.texts import caption, plain, section
from cg_uploader.gui.widgets.todo_list import Todo, TodoKey, TodoList
from cg_uploader.gui.words import counted, invited_in_words, sentence_of
from cg_uploader.gui.worker import Announce, Cancelled, Work
from cg_uploader.model.data_types import Invites, facts_of
from cg_uploader.model.enums import Level, NoteKind
from cg_uploader.model.plan import Plan
from cg_uploader.model.table import Row

QUIET_MS = 250
TEXT_LINES = 3
LETTERS_TO_EDIT, LETTERS_TO_READ = 22, 44
ALL, LEFT_OUT = TodoKey("all"), TodoKey("left out")
HINT = "Double-click a cell, or type in it, to change what is sent. The file itself stays as it is."
SELECT_FIRST = "Select rows of the list first."
CANNOT_TRUST = "Only what looks odd in the file can be accepted as it is. This has to be corrected, or left out."
WHOLE = "This is about a whole column or the file, not about single rows."


class CheckPage(Page):
    """Checks the plan in the background whenever it changes, and shows what was found."""

    step = Step.CHECK
    heading = "Check the rows"
    sentence = "Every row was looked at, nothing has been sent. Rows with an error are held back; all others can go."

    def __init__(self, session: Session, services: Services) -> None:
        super().__init__(session, services)
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.setInterval(QUIET_MS)
        self._waiting.timeout.connect(self._start)
        self._todo: Todo | None = None
        self._forward: int | None = None
        self._checked: tuple[Plan, CheckResult] | None = None
        self.totals = section("")
        self.invited = Banner()
        self.failed = Banner()
        self.failure = Banner()
        self.todos = TodoList()
        self.model = RowsModel(self)
        self.view = TableView("Rows", empty="No rows here.")
        self.view.setModel(self.model)
        self.told = plain(HINT, role="quiet", wrap=True)
        self.told.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.blank_cells = BlankCellsChoice()
        self._make_actions()
        self._lay_out()
        self._wire()

    # ------------------------------------------------------------------ layout

    def _make_actions(self) -> None:
        self.out_button = PushButton("&Leave out", self._leave_out)
        self.trust_button = PushButton("&Accept as it is", self._trust)
        self.undo_button = PushButton("Un&do", self.session.history.undo, shape=IconShape.UNDO)
        self.redo_button = PushButton("R&edo", self.session.history.redo, shape=IconShape.REDO)
        for keys, button in (
            (QKeySequence.StandardKey.Undo, self.undo_button),
            (QKeySequence.StandardKey.Redo, self.redo_button),
        ):
            action = QAction(self)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(button.click)
            self.addAction(action)

    def _lay_out(self) -> None:
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Checking the rows")
        self._bar.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._progress = caption(wrap=False)
        top = QHBoxLayout()
        top.setSpacing(SPACE * 2)
        top.addWidget(self.totals)
        top.addWidget(self._bar, 1)
        top.addWidget(self._progress)
        top.addStretch(0)
        self.content.addLayout(top)
        self.content.addWidget(self.failure)
        self.content.addWidget(self.failed)
        self.content.addWidget(self.invited)
        body = QGridLayout()
        body.setHorizontalSpacing(SPACE * 2)
        body.addWidget(self._scrolled(self.todos), 0, 0, 3, 1)
        tools = QHBoxLayout()
        tools.setSpacing(SPACE)
        tools.addWidget(self.undo_button)
        tools.addWidget(self.redo_button)
        tools.addStretch(1)
        tools.addWidget(self.trust_button)
        tools.addWidget(self.out_button)
        body.addLayout(tools, 0, 1)
        self.view.setMinimumHeight(200)
        body.addWidget(self.view, 1, 1)
        body.addWidget(self.told, 2, 1)
        body.setColumnStretch(0, 2)
        body.setColumnStretch(1, 5)
        body.setRowStretch(1, 1)
        self.content.addLayout(body, 1)
        self.content.addWidget(self.blank_cells)

    def _scrolled(self, inner: QWidget) -> QScrollArea:
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidgetResizable(True)
        area.setWidget(inner)
        area.setMinimumWidth(self.fontMetrics().averageCharWidth() * 34)
        return area

    def _wire(self) -> None:
        self.todos.chosen.connect(self._show_todo)
        self.model.cell_edited.connect(self._edit)
        self.view.selectionModel().selectionChanged.connect(self._show_possible)
        self.model.modelReset.connect(self._show_possible)
        self.view.resized.connect(self._widen)
        self.blank_cells.chosen.connect(self.session.set_blank_cells)
        self.session.checked.connect(self._follow)
        self.session.history.indexChanged.connect(self._show_possible)
        self._follow()
        self._show_possible()

    # ------------------------------------------------------------------ checking

    def _follow(self) -> None:
        """The plan or its result is another one: check again, unless that is what has just happened."""
        self.blank_cells.show_choice(self.session.options.blank_cells)
        if self.session.result is not None:
            return
        self.runner.drop()
        if self._checked is not None and self._checked[0].table is not self.session.table:
            self._checked = None  # the rows of that table are about to go, and the page may be open
            self.model.show_rows(None, (), self._remark)
        self._show_progress("Checking…")
        if self.session.plan is None or why_not(self.session, Step.COLUMNS):
            self._waiting.stop()
        else:
            self._waiting.start()

    def _start(self) -> None:
        plan = self.session.plan
        if plan is not None:
            self.failure.clear()
            self._bar.setRange(0, max(1, len(plan.table.rows)))
            self._bar.setValue(0)
            self.runner.start(checking(plan), done=self._on_done, failed=self._on_failed, batch=self._on_progress)

    def _on_progress(self, rows: int) -> None:
        self._bar.setValue(rows)
        self._show_progress(f"Checking: {rows:,} of {self._bar.maximum():,} rows")

    def _on_done(self, result: tuple[Plan, CheckResult]) -> None:
        plan, checked = result
        self._checked = (plan, checked)
        self._show_progress("")
        self._show_result(plan, checked)
        self.session.set_result(checked)

    def _on_failed(self, error: object) -> None:
        self._show_progress("")
        self.failure.say("error", sentence_of(error))

    def _show_progress(self, text: str) -> None:
        self._progress.setText(text)
        self._bar.setVisible(bool(text))

    # ------------------------------------------------------------------ showing

    def _show_result(self, plan: Plan, result: CheckResult) -> None:
        parts = [f"{counted(result.ready, 'row')} ready", f"{result.held_back:,} held back"]
        if result.skipped:
            parts.append(f"{result.skipped:,} left out")
        self.totals.setText(" · ".join(parts))
        self._show_failed(plan)
        self._show_invited(plan, result)
        groups = {
            level: [Todo(_key(group), group.text, group.positions) for group in result.groups if group.level is level]
            for level in Level
        }
        rest = [Todo(ALL, f"All {counted(len(plan.table.rows), 'row')}", range(len(plan.table.rows)))]
        if plan.left_out:
            positions = _positions(plan, plan.left_out)
            rest.append(Todo(LEFT_OUT, f"{counted(len(positions), 'row')} left out by you", positions))
        chosen = self.todos.show_entries(
            (
                ("To correct: held back", IconShape.ERROR, "error", groups[Level.ERROR]),
                ("To know: sent as they are", IconShape.WARNING, "warning", groups[Level.WARNING]),
                ("Everything", IconShape.FILE, "quiet", rest),
            )
        )
        if chosen is not None:
            self._show_todo(chosen)

    def _show_failed(self, plan: Plan) -> None:
        origin = plan.table.origin
        if origin is None or not origin.run:
            self.failed.clear()
            return
        behind = "Rows that were accepted, and rows that may have arrived and could send a second invitation, stay behind."
        unsure = "They may have arrived: look them up under Data → Rest APIs → Request History before you send them again."
        self.failed.say(
            "warning" if origin.unsure else "accent",
            f"Only failed rows of upload {origin.run} ({origin.file}) are here, with their numbers in that file.",
            more=unsure if origin.unsure else behind,
        )

    def _show_invited(self, plan: Plan, result: CheckResult) -> None:
        if result.invited is None or not result.ready:
            self.invited.clear()
            return
        people, addresses = result.invited
        does = "may" if facts_of(plan.configuration.data_type).invites is Invites.PERHAPS else "will"
        self.invited.say(
            "warning",
            f"This {does} invite {invited_in_words(people, addresses)}.",
            more="You are asked once more before anything is sent. An invitation cannot be taken back.",
        )

    def _show_todo(self, todo: Todo) -> None:
        if self._checked is None:
            return
        plan, _ = self._checked
        self._todo = todo
        self._bring_forward(None)
        self.view.empty = WHOLE if todo.key.is_problem else "No rows here."
        scrolled = self.view.verticalScrollBar().value()
        self.model.show_rows(plan, todo.positions, self._remark)
        letter = self.view.fontMetrics().averageCharWidth()
        for column, letters in ((ROW, 7), (WHO, 19)):
            self.view.setColumnWidth(column, letters * letter)
        last = self.model.rowCount() - 1
        self.view.make_room((ROW,), max(0, last), last)  # the last row has the longest number
        self._bring_forward(self._column_of(plan, todo))
        self._widen()
        whole = todo.key in (ALL, LEFT_OUT)
        self.view.set_text_lines(1 if whole else TEXT_LINES)
        self.view.setColumnHidden(PROBLEM, whole and not plan.left_out)
        self.view.verticalScrollBar().setValue(scrolled)

    def _column_of(self, plan: Plan, todo: Todo) -> int | None:
        """The column of the model that an entry is about."""
        groups = self._checked[1].groups if self._checked is not None else ()
        wanted = next((group.heading for group in groups if _key(group) == todo.key), None)
        return next(
            (len(FIXED) + position for heading, position, _ in plan.bindings if heading == wanted and position is not None),
            None,
        )

    def _bring_forward(self, column: int | None) -> None:
        """Show a column before what is known about it: there it can be corrected without scrolling."""
        titles = self.view.horizontalHeader()
        if self._forward is not None and (there := titles.visualIndex(self._forward)) >= 0:
            titles.moveSection(there, self._forward)
        if column is not None:
            titles.moveSection(titles.visualIndex(column), PROBLEM)
            titles.resizeSection(column, LETTERS_TO_EDIT * self.view.fontMetrics().averageCharWidth())
        self._forward = column

    def _widen(self) -> None:
        """Let what is known have the room that is left of the columns before it."""
        before = [column for column in (ROW, WHO, self._forward) if column is not None]
        room = self.view.viewport().width() - sum(map(self.view.columnWidth, before))
        self.view.setColumnWidth(PROBLEM, max(room, LETTERS_TO_READ * self.view.fontMetrics().averageCharWidth()))

    def _remark(self, position: int, row: Row, problems: tuple[Problem, ...]) -> str:
        """What the chosen entry says about a row.  Duplicates are known only to the check of the whole file."""
        todo = self._todo
        if todo is None or self._checked is None:
            return ""
        if todo.key in (ALL, LEFT_OUT):
            texts = [f"{p.heading}: {p.message}" if p.heading else str(p.message) for p in problems]
            return "Left out by you" if row.number in self.session.left_out else " ".join(texts)
        if texts := [str(p.message) for p in problems if _key(p) == todo.key]:
            return " ".join(texts)
        result = self._checked[1]
        matches = (result.problems.of_group(group, position) for group in result.groups if _key(group) == todo.key)
        return next((str(problem.message) for problem in matches if problem is not None), todo.text)

    def _show_possible(self) -> None:
        lines = self.view.selected_lines()
        numbers = {self.model.row(line).number for line in lines}
        out = bool(numbers) and numbers <= self.session.left_out
        self.out_button.setText("Put bac&k" if out else "&Leave out")
        self.out_button.allow("" if numbers else SELECT_FIRST)
        self.trust_button.allow(SELECT_FIRST if not numbers else "" if self._can_trust() else CANNOT_TRUST)
        self.told.setText(self.model.remark(min(lines)) if lines else HINT)
        history = self.session.history
        for button, possible, impossible, text in (
            (self.undo_button, history.canUndo(), "Nothing was changed that could be undone.", history.undoText()),
            (self.redo_button, history.canRedo(), "Nothing was undone that could be done again.", history.redoText()),
        ):
            button.allow("" if possible else impossible)
            if possible:
                button.setAccessibleDescription(text)

    # ------------------------------------------------------------------ changing

    def _can_trust(self) -> bool:
        """Only what looks odd in the file can be accepted as it is.  A missing or wrong value cannot."""
        key = self._todo.key if self._todo is not None else None
        return key is not None and key.is_problem and any(key.kind == note and note.checked for note in NoteKind)

    def _edit(self, row: Row, column: int, text: str) -> None:
        changes.edit_cell(self.session, row, column, text)

    def _selected_numbers(self) -> set[int]:
        return {self.model.row(line).number for line in self.view.selected_lines()}

    def _leave_out(self) -> None:
        numbers = self._selected_numbers()
        changes.leave_out(self.session, numbers, out=not numbers <= self.session.left_out)

    def _trust(self) -> None:
        changes.trust(self.session, self._selected_numbers())

    def shut_down(self) -> None:
        """No check begins any more."""
        self._waiting.stop()
        super().shut_down()


def checking(plan: Plan) -> Work:
    """The work of checking ``plan``.  Results in (plan, CheckResult)."""

    def work(announce: Announce, cancelled: Cancelled) -> object:
        return plan, checks.check(plan, progress=announce, cancelled=cancelled)

    return work


def _key(of: ProblemGroup | Problem) -> TodoKey:
    """What an entry of the to-do list and its problems share."""
    return TodoKey(of.kind, of.level, of.heading)


def _positions(plan: Plan, numbers: Iterable[int]) -> list[int]:
    """Where the rows with these numbers stand, of those that are there.  Numbers grow from row to row."""
    rows = plan.table.rows
    positions = ((bisect_left(range(len(rows)), number, key=lambda i: rows[i].number), number) for number in sorted(numbers))
    return [position for position, number in positions if position < len(rows) and rows[position].number == number]
