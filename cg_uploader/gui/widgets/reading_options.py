"""How a file is read: sheet and header row of a workbook, encoding and delimiter of text; a change reads it anew."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cg_uploader.fields.names import revealed
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.inputs import Choice, Number, labelled
from cg_uploader.model import Table
from cg_uploader.sheets.reader import ReadOptions

ENCODINGS = (
    ("utf-8", "Unicode (UTF-8)"),
    ("cp1252", "Western European (Windows-1252)"),
    ("cp1250", "Central European (Windows-1250)"),
    ("cp1251", "Cyrillic (Windows-1251)"),
    ("cp1253", "Greek (Windows-1253)"),
    ("cp1254", "Turkish (Windows-1254)"),
    ("utf-16", "Unicode (UTF-16)"),
    ("mac_roman", "Western European (Mac)"),
    ("cp850", "Western European (DOS)"),
    ("shift_jis", "Japanese (Shift JIS)"),
    ("gb18030", "Chinese (GB 18030)"),
)
DELIMITERS = ((",", "Comma  ,"), (";", "Semicolon  ;"), ("\t", "Tab"), ("|", "Bar  |"), ("^", "Caret  ^"))
HIGHEST_ROW = 1_048_576


class ReadingOptions(QWidget):
    """Shows how a table was read; ``changed`` brings the options that the person wants instead."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = Choice()
        self.header_row = Number(1, HIGHEST_ROW)
        self.encoding = Choice()
        self.delimiter = Choice()
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
        self.sheet.activated.connect(self._sheet_chosen)
        for combo in (self.encoding, self.delimiter):
            combo.activated.connect(self._chosen)
        self.header_row.valueChanged.connect(self._chosen)

    def show_table(self, table: Table) -> None:
        """Show how ``table`` was read; no signal comes."""
        blocked = QSignalBlocker(self.header_row)
        _fill(self.sheet, [(name, name) for name in table.sheets], table.sheet or "")
        _fill(self.encoding, ENCODINGS, table.encoding or "")
        _fill(self.delimiter, DELIMITERS, table.delimiter or "")
        self.header_row.setValue(table.header_row)
        del blocked
        self._parts["sheet"].setVisible(bool(table.sheets))
        self._parts["encoding"].setVisible(not table.sheets)
        self._parts["delimiter"].setVisible(not table.sheets)

    def options(self) -> ReadOptions:
        """What the controls say."""
        workbook = self.sheet.count() > 0
        return ReadOptions(
            sheet=self.sheet.currentData() if workbook else None,
            header_row=self.header_row.value(),
            encoding=None if workbook else self.encoding.currentData(),
            delimiter=None if workbook else self.delimiter.currentData() or None,
        )

    def _sheet_chosen(self) -> None:
        self.changed.emit(ReadOptions(sheet=self.sheet.currentData()))

    def _chosen(self) -> None:
        self.changed.emit(self.options())


def _fill(combo: Choice, choices: Sequence[tuple[str, str]], current: str) -> None:
    blocked = QSignalBlocker(combo)
    combo.clear()
    for value, words in choices:
        combo.addItem(revealed(words), value)
    if current and combo.findData(current) < 0:
        combo.insertItem(0, current, current)
    combo.setCurrentIndex(combo.findData(current) if current else -1)
    del blocked
