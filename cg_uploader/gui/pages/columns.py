"""Step 3, Columns: which column feeds which CustomerGauge field, and which columns stay behind."""

from __future__ import annotations

import itertools
from collections.abc import Collection

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cg_uploader.fields import headings, matching
from cg_uploader.fields.matching import FieldMatch, FieldState, MatchResult
from cg_uploader.gui.pages.page import Page
from cg_uploader.gui.services import Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.banner import Banner
from cg_uploader.gui.widgets.inputs import PushButton, card, line
from cg_uploader.gui.widgets.mapping_line import CONSTANT, NOT_SENT, TITLES, MappingLine, columns
from cg_uploader.gui.widgets.texts import caption, plain, section
from cg_uploader.gui.words import counted
from cg_uploader.model.configuration import Field, Mapping, Source
from cg_uploader.model.table import Column, Row, Table

SAMPLE_ROWS = 200
SAMPLES = 3
LINES_AT_ONCE = 8


class ColumnsPage(Page):
    """One line per field, the columns that are not sent, one summary."""

    step = Step.COLUMNS
    heading = "Match the columns"
    sentence = (
        "CustomerGauge ignores a field whose name differs by a single letter, without a word. "
        "So every field of the configuration is listed here with the column it comes from."
    )

    def __init__(self, session: Session, services: Services) -> None:
        super().__init__(session, services)
        self.summary = section("")
        self.waiting = plain(role="quiet")
        self.confirm_all = PushButton("C&onfirm all suggestions", self._confirm_all)
        self.automatic = PushButton("Match &automatically again", self._match_automatically, role="plain")
        self.drift = Banner()
        self.problem = Banner()
        self.lines: dict[str, MappingLine] = {}
        self._choices = QStandardItemModel(self)
        self._shown: tuple[tuple[Field, ...], tuple[Column, ...], str] | None = None
        self._samples: dict[str, str] = {}
        self._to_build: list[Field] = []
        self._last_control: QWidget = self.confirm_all
        self._building = QTimer(self)
        self._building.setSingleShot(True)
        self._building.setInterval(0)
        self._building.timeout.connect(self._build_some)
        self._lay_out()
        self.session.mapped.connect(self._show)
        self._show()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.summary)
        words.addWidget(self.waiting)
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addLayout(words, 1)
        top.addWidget(self.automatic)
        top.addWidget(self.confirm_all)
        self.content.addLayout(top)
        self.content.addWidget(self.drift)
        self.content.addWidget(self.problem)
        frame, column = card()
        column.setSpacing(0)
        column.addLayout(columns(tuple(caption(text, wrap=False) for text in TITLES)))
        self._column = QVBoxLayout()
        self._column.setSpacing(0)
        column.addLayout(self._column)
        self.content.addWidget(frame)
        frame, column = card()
        self._left_title = section("")
        self._left = plain(wrap=True)
        column.addWidget(self._left_title)
        column.addWidget(self._left)
        self.content.addWidget(frame)
        self.content.addStretch(1)

    # ------------------------------------------------------------------ showing

    def _show(self) -> None:
        table, match = self.session.table, self.session.match
        configuration = self.session.connection.configuration
        if table is None or match is None or configuration is None:
            return
        if self._shown != (configuration.fields, table.columns, table.digest):
            self._shown = (configuration.fields, table.columns, table.digest)
            self._samples = samples(table)
            self._build(configuration.fields, table)
        self._show_lines(self.lines.keys())
        self._show_summary(match, table)

    def _build(self, fields: tuple[Field, ...], table: Table) -> None:
        for old in self.lines.values():
            old.deleteLater()
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._choices = choices(table, self)
        self.lines = {}
        self._to_build = list(reversed(fields))
        self._last_control = self.confirm_all
        self._build_some()

    def _build_some(self) -> None:
        """Build a few lines, so that the window stays quick.  The others follow while it does other things."""
        for _ in range(min(LINES_AT_ONCE, len(self._to_build))):
            field = self._to_build.pop()
            one = MappingLine(field, self._choices)
            one.chosen.connect(self._choose)
            one.confirmed.connect(self._confirm)
            self._column.addWidget(line())
            self._column.addWidget(one)
            QWidget.setTabOrder(self._last_control, one.source)  # what is made late comes last in the window otherwise
            self.lines[field.heading] = one
            self._show_lines([field.heading])
            self._last_control = one.last_control
        if self._to_build:
            self._building.start()

    def _show_lines(self, headings: Collection[str]) -> None:
        table, match = self.session.table, self.session.match
        if table is not None and match is not None:
            for field in match.fields:
                if field.heading in headings:
                    self._show_line(field, table)

    def _show_line(self, match: FieldMatch, table: Table) -> None:
        letter = ""
        if match.source is not None and match.source.constant is None:
            letter = table.columns[table.position(match.source)].letter
        shown = letter or (match.suggestion.letter if match.suggestion is not None else "")
        self.lines[match.heading].show_match(match, letter, self._samples.get(shown, ""))

    def _show_summary(self, match: MatchResult, table: Table) -> None:
        sent, total = len(match.columns_sent), len(table.columns)
        self.summary.setText(f"{sent} of {counted(total, 'column')} will be sent")
        waiting = [field for field in match.fields if field.state is FieldState.SUGGESTION]
        self.waiting.setText(
            f"{counted(len(waiting), 'suggestion')} {'waits' if len(waiting) == 1 else 'wait'} for your word" if waiting else ""
        )
        self.waiting.setVisible(bool(waiting))
        self.confirm_all.setVisible(len(waiting) > 1)
        self.automatic.setVisible(self.session.mapping is not None)
        behind = [
            f"{headings.show_invisible(column.heading) or '(no heading)'} ({column.letter})"
            for column in match.columns_not_sent
        ]
        self._left_title.setText(f"{counted(len(behind), 'column')} of the file will not be sent")
        self._left.setText("  ·  ".join(behind) if behind else "Every column of the file has its field.")
        changes = matching.find_drift(table.columns, self.session.mapping) if self.session.mapping is not None else ()
        if changes:
            self.drift.say("warning", "The file’s columns have changed since they were matched.", more="\n".join(changes))
        else:
            self.drift.clear()
        blocking = self.session.blocking
        if blocking is not None:
            self.problem.say("error", blocking.text)
        else:
            self.problem.clear()

    # ------------------------------------------------------------------ choosing

    def _present(self) -> dict[str, Source]:
        match = self.session.match
        return dict(match.mapping.sources) if match is not None else {}

    def _take(self, sources: dict[str, Source]) -> None:
        configuration = self.session.connection.configuration
        if configuration is not None:
            order = [field.heading for field in configuration.fields]
            self.session.set_mapping(Mapping(tuple((heading, sources[heading]) for heading in order if heading in sources)))

    def _choose(self, heading: str, choice: str, constant: str) -> None:
        sources = self._present()
        sources.pop(heading, None)
        if choice == CONSTANT:
            sources[heading] = Source(constant=constant)
        elif choice != NOT_SENT and self.session.table is not None:
            column = next(column for column in self.session.table.columns if column.letter == choice)
            sources[heading] = source_of(column, self.session.table)
        self._take(sources)

    def _confirm(self, heading: str) -> None:
        self._confirm_these({heading})

    def _confirm_all(self) -> None:
        self._confirm_these(set(self.lines))

    def _confirm_these(self, headings: set[str]) -> None:
        match, table = self.session.match, self.session.table
        if match is None or table is None:
            return
        sources = self._present()
        for field in match.fields:
            if field.heading in headings and field.suggestion is not None and field.state is FieldState.SUGGESTION:
                sources[field.heading] = source_of(field.suggestion, table)
        self._take(sources)

    def _match_automatically(self) -> None:
        self.session.set_mapping(None)


def source_of(column: Column, table: Table) -> Source:
    """How a mapping names ``column``: by its heading, or by its letter when that is empty or there twice."""
    alone = sum(other.heading == column.heading for other in table.columns) == 1
    return Source(column=column.heading) if column.heading and alone else Source(letter=column.letter)


def samples(table: Table) -> dict[str, str]:
    """Of each column, by letter, up to three different texts among the first rows."""
    first: list[Row] = list(itertools.islice(table.rows, SAMPLE_ROWS))
    found = {}
    for position, column in enumerate(table.columns):
        texts = dict.fromkeys(text for row in first if (text := row.cells[position]))
        found[column.letter] = " · ".join(itertools.islice(texts, SAMPLES))
    return found


def choices(table: Table, parent: QWidget) -> QStandardItemModel:
    """Return what every line can choose from.  All of them share it."""
    model = QStandardItemModel(parent)
    for words, value in (("Not sent", NOT_SENT), ("The same text for all rows…", CONSTANT)):
        item = QStandardItem(words)
        item.setData(value, Qt.ItemDataRole.UserRole)
        model.appendRow(item)
    for column in table.columns:
        item = QStandardItem(f"{headings.show_invisible(column.heading) or '(no heading)'}  ({column.letter})")
        item.setData(column.letter, Qt.ItemDataRole.UserRole)
        model.appendRow(item)
    return model
