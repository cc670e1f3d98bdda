"""How a file is read: sheet and header row of a workbook, encoding and delimiter of text.  A change reads it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cg_uploader.fields.headings import reveal
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.inputs import ComboBox, SpinBox, labelled
from cg_uploader.model.enums import ENCODINGS
from cg_uploader.model.table import Table
from cg_uploader.sheets.reader import ReadOptions

NO_DELIMITER = "none"
DELIMITERS = (
    (",", "Comma  ,"),
    (";", "Semicolon  ;"),
    ("\t", "Tab"),
    ("|", "Bar  |"),
    ("^", "Caret  ^"),
    (NO_DELIMITER, "None: one column"),
)
HIGHEST_ROW = 1_048_576
# What the user need not tell apart.
_SAME = {"utf-8-sig": "utf-8"}


class ReadingOptions(QWidget):
    """Shows how a table was read.  ``changed`` brings the options that the user wants instead.

    What the user has not chosen is still detected: a new delimiter does not fix the header row that was found under another.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asked = ReadOptions()
        self.sheet = ComboBox()
        self.header_row = SpinBox(1, HIGHEST_ROW)
        self.encoding = ComboBox()
        self.delimiter = ComboBox()
        self.delimiter.setMinimumContentsLength(max(len(words) for _, words in DELIMITERS))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE * 2)
        self._parts: dict[str, QWidget] = {}
        for name, text, control, stretch in (
            ("sheet", "Shee&t", self.sheet, 2),
            ("header", "Header ro&w", self.header_row, 1),
            ("encoding", "&Encoding", self.encoding, 2),
            ("delimiter", "&Delimiter", self.delimiter, 1),
        ):
            part = QWidget()
            column = QVBoxLayout(part)
            column.setContentsMargins(0, 0, 0, 0)
            column.addLayout(labelled(text, control))
            self._parts[name] = part
            row.addWidget(part, stretch)
        row.addStretch(1)
        self.header_row.setFixedHeight(self.sheet.sizeHint().height())
        self.sheet.activated.connect(self._sheet_chosen)
        self.encoding.activated.connect(self._encoding_chosen)
        self.delimiter.activated.connect(self._delimiter_chosen)
        self.header_row.valueChanged.connect(self.choose_header_row)

    def show_table(self, table: Table, asked: ReadOptions) -> None:
        """Show how ``table`` was read, by these options.  No signal comes."""
        self._asked = asked
        blocked = QSignalBlocker(self.header_row)
        _fill(self.sheet, [(name, name) for name in table.sheets], table.sheet or "")
        _fill(self.encoding, tuple(ENCODINGS.items()), _SAME.get(table.encoding or "", table.encoding or ""))
        _fill(self.delimiter, DELIMITERS, table.delimiter or NO_DELIMITER)
        self.header_row.setValue(table.header_row)
        del blocked
        self._parts["sheet"].setVisible(bool(table.sheets))
        self._parts["encoding"].setVisible(not table.sheets)
        self._parts["delimiter"].setVisible(not table.sheets)

    def choose_header_row(self, number: int) -> None:
        """Use this row, by Excel's number, as header row."""
        self.changed.emit(replace(self._asked, header_row=number))

    def choose(self, encoding: str | None, delimiter: str | None) -> None:
        """Use this encoding or delimiter.  None leaves what was chosen before."""
        self.changed.emit(
            replace(self._asked, encoding=encoding or self._asked.encoding, delimiter=delimiter or self._asked.delimiter)
        )

    def _sheet_chosen(self) -> None:
        self.changed.emit(ReadOptions(sheet=self.sheet.currentData()))

    def _encoding_chosen(self) -> None:
        self.choose(self.encoding.currentData(), None)

    def _delimiter_chosen(self) -> None:
        self.choose(None, self.delimiter.currentData())


def encoding_in_words(name: str) -> str:
    """``Western European (Windows-1252)``."""
    return ENCODINGS.get(_SAME.get(name, name), name)


def delimiter_in_words(delimiter: str | None) -> str:
    """``Semicolon  ;``."""
    return dict(DELIMITERS).get(delimiter or NO_DELIMITER, delimiter or "")


def _fill(combo: ComboBox, choices: Sequence[tuple[str, str]], current: str) -> None:
    blocked = QSignalBlocker(combo)
    combo.clear()
    for value, words in choices:
        combo.addItem(reveal(words), value)
    if current and combo.findData(current) < 0:
        combo.insertItem(0, current, current)
    combo.setCurrentIndex(combo.findData(current) if current else -1)
    del blocked
