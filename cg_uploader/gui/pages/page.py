"""What all pages share: title, one sentence, content that scrolls when there is no room, a runner for slow work."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from cg_uploader.gui.services import Services
from cg_uploader.gui.session import Session
from cg_uploader.gui.steps import Step
from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.texts import plain, title
from cg_uploader.gui.worker import Runner


class ScrollContent(QWidget):
    """What scrolls: as high as its texts need at the width there is, not at the smallest width."""

    def minimumSizeHint(self) -> QSize:
        """The width that must be.  The height follows from the width."""
        return QSize(super().minimumSizeHint().width(), 0)


class Page(QWidget):
    """One step.  Subclasses fill ``content`` and follow ``session``."""

    step: Step
    heading = ""
    sentence = ""

    def __init__(self, session: Session, services: Services) -> None:
        super().__init__()
        self.session = session
        self.services = services
        self.runner = Runner(self)
        inner = ScrollContent()
        self.content = QVBoxLayout(inner)
        self.content.setContentsMargins(SPACE * 4, SPACE * 3, SPACE * 4, SPACE * 3)
        self.content.setSpacing(SPACE * 2)
        top = QVBoxLayout()
        top.setSpacing(SPACE // 2)
        top.addWidget(title(self.heading))
        top.addWidget(plain(self.sentence, role="quiet", wrap=True))
        self.content.addLayout(top)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)

    def entered(self) -> None:
        """The page has just been opened."""

    def take_focus(self) -> None:
        """Bring the focus from elsewhere to the first control of the page that can have it."""
        focused = QApplication.focusWidget()
        if focused is not None and self.isAncestorOf(focused) and focused.isVisible():
            return
        widget = self.nextInFocusChain()
        while widget is not None and widget is not self:
            by_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            if by_tab and self.isAncestorOf(widget) and widget.isVisible() and widget.isEnabled():
                widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return
            widget = widget.nextInFocusChain()

    def shut_down(self) -> None:
        """End what runs and wait for it."""
        self.runner.shut_down()
