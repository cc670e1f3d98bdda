"""Help about one step: a short page of our own."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cg_uploader.gui.dialogs.texts_dialog import TextDialog
from cg_uploader.settings.paths import resource


class HelpDialog(TextDialog):
    """Shows ``resources/help/<topic>.md``."""

    def __init__(self, topic: str, parent: QWidget | None = None) -> None:
        super().__init__("Help", resource(f"help/{topic}.md").read_text(encoding="utf-8"), parent=parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
