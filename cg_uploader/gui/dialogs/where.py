"""Where in CustomerGauge the things are found that the first step asks for."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from cg_uploader.gui.dialogs.texts_dialog import TextDialog
from cg_uploader.gui.words import WHERE


class WhereDialog(TextDialog):
    """New menu paths first, the older ones below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        parts = []
        for thing, now, before in WHERE:
            parts.append(f"### {thing}\n\n{now}\n")
            if before:
                parts.append(f"*{before}*\n")
        super().__init__("Where do I find this?", "\n".join(parts), parent=parent)
