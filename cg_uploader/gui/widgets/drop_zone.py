"""The place to drop a file on, or to browse for one.  Small once there is a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QFont
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QFrame, QVBoxLayout, QWidget

from cg_uploader.gui import theme
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.inputs import PushButton
from cg_uploader.gui.widgets.texts import ElidedLabel, IconLabel, plain, set_mark
from cg_uploader.sheets.formats import registry

DROP_HERE = "Drop a spreadsheet here"


def files_to_choose() -> str:
    """What the system's dialog lists."""
    return f"Spreadsheets ({' '.join(f'*{suffix}' for suffix in registry.all_suffixes())});;All files (*)"


def kinds_in_words() -> str:
    """What can be read, for the user."""
    kinds = [f"{family} ({', '.join(suffixes)})" for family, suffixes in registry.named_suffixes().items()]
    return f"{', '.join(kinds[:-1])}, or {kinds[-1]}"


class DropZone(QFrame):
    """``file_chosen`` brings the path of what was dropped or chosen."""

    file_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "drop")
        self.setAcceptDrops(True)
        self._sign = IconLabel(IconShape.FILE, "accent", 36)
        self._name = ElidedLabel(DROP_HERE, mode=Qt.TextElideMode.ElideMiddle)
        self._name.setFont(theme.scaled(1.1, QFont.Weight.DemiBold))
        self._remark = plain(kinds_in_words(), role="quiet", wrap=True)
        self.browse_button = PushButton("Bro&wse…", self.browse, role="primary")
        self._words = QVBoxLayout()
        self._words.setSpacing(SPACE // 2)
        self._words.addWidget(self._name)
        self._words.addWidget(self._remark)
        self._row = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._row.addStretch(1)
        self._row.addWidget(self._sign)
        self._row.addLayout(self._words)
        self._row.addWidget(self.browse_button)
        self._row.addStretch(1)
        self.show_file(None, "")

    @property
    def name(self) -> str:
        """What it names: a file, or what to do."""
        return self._name.text()

    def show_file(self, file: Path | None, remark: str) -> None:
        """Be large without a file, and one line with one."""
        if file is None:
            self._name.setText(DROP_HERE)
            self._remark.setText(kinds_in_words())
            self.browse_button.setText("Bro&wse…")
        else:
            self._name.setText(file.name)
            self._remark.setText(remark)
            self.browse_button.setText("Choose &another file…")
        set_mark(self.browse_button, "role", "primary" if file is None else "")
        self._lay_out(small=file is not None)

    def _lay_out(self, *, small: bool) -> None:
        """Put sign, words and button beside each other in one line, or below each other in the middle of much room."""
        side = margin = SPACE * 3 // 2
        direction, words, middle = QBoxLayout.Direction.LeftToRight, Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignVCenter
        if not small:
            side, margin = SPACE * 6, SPACE * 3
            direction = QBoxLayout.Direction.TopToBottom
            words = middle = Qt.AlignmentFlag.AlignHCenter
        self._row.setDirection(direction)
        self._row.setSpacing(SPACE * 2)
        self._row.setContentsMargins(side, margin, margin, margin)
        for widget in (self._sign, self.browse_button):
            self._row.setAlignment(widget, middle)
        for stretch in (0, self._row.count() - 1):
            self._row.setStretch(stretch, int(not small))
        self._row.setStretch(2, int(small))
        self._name.setAlignment(words)
        self._remark.setAlignment(words)
        self.setMinimumHeight(0 if small else 300)

    def browse(self) -> None:
        """Let the user choose in the system's dialog."""
        chosen, _ = QFileDialog.getOpenFileName(self, "Choose a spreadsheet", "", files_to_choose())
        if chosen:
            self.file_chosen.emit(Path(chosen))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome one local file."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            set_mark(self, "over", "true")
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Gone again."""
        set_mark(self, "over", "false")
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the file."""
        set_mark(self, "over", "false")
        event.acceptProposedAction()
        self.file_chosen.emit(Path(event.mimeData().urls()[0].toLocalFile()))
