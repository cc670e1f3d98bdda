"""A run under way: how far, how fast, how long still, and the switches."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.icons import Shape
from cg_uploader.gui.widgets.inputs import Button, card
from cg_uploader.gui.widgets.texts import plain, section
from cg_uploader.model import Batch
from cg_uploader.uploads.sending.pace import Pace, in_words
from cg_uploader.vocabulary import Activity

WORDS = {
    Activity.PREPARING: "Preparing…",
    Activity.SENDING: "Sending…",
    Activity.WAITING: "Waiting…",
    Activity.PAUSED: "Paused. Nothing is being sent.",
    Activity.STOPPING: "Stopping: what is on its way comes back first…",
    Activity.FINISHED: "Finished",
}
PAUSING = "Pausing: what is on its way comes back first…"


class RunProgress(QWidget):
    """``pause_wanted`` brings True to pause, False to continue."""

    pause_wanted = Signal(bool)
    stop_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pace = Pace()
        self._milestone = 0
        self._paused = False
        self.activity = section("")
        self.detail = plain(role="quiet", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the upload")
        self.figures = plain()
        self.pause_button = Button("&Pause", self._on_pause, shape=Shape.PAUSE)
        self.stop_button = Button("St&op", self.stop_wanted.emit, shape=Shape.STOP)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.activity)
        words.addWidget(self.detail)
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addLayout(words, 1)
        top.addWidget(self.pause_button)
        top.addWidget(self.stop_button)
        frame, column = card()
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self.figures)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def begin(self) -> None:
        """A run starts."""
        self._pace = Pace()
        self._milestone = 0
        self._show_paused(False)
        self.stop_button.setEnabled(True)
        self.pause_button.setEnabled(True)
        self.bar.setRange(0, 0)
        self.activity.setText(WORDS[Activity.PREPARING])
        self.detail.setText("")
        self.figures.setText(" ")

    def show_batch(self, batch: Batch) -> None:
        """Show how it stands."""
        self._pace.feed(batch)
        pausing = self._paused and batch.activity is not Activity.PAUSED
        self.activity.setText(PAUSING if pausing else WORDS[batch.activity])
        self.detail.setText(batch.detail)
        self.detail.setVisible(bool(batch.detail))
        if batch.activity is Activity.PREPARING:
            return
        self.bar.setRange(0, max(1, batch.rows))
        self.bar.setValue(batch.settled)
        self.figures.setText(" · ".join(self._figures(batch)))
        self._tell_milestone(batch)

    def _figures(self, batch: Batch) -> list[str]:
        figures = [f"{batch.settled:,} of {batch.rows:,} rows"]
        if batch.activity is Activity.SENDING and self._pace.rate is not None:
            rate = self._pace.rate
            figures.append(f"{rate:,.0f} rows a second" if rate >= 1.5 else f"{rate * 60:,.0f} rows a minute")
            left = in_words(self._pace.seconds_left(batch.rows))
            figures += [left] if left else []
        return figures

    def _tell_milestone(self, batch: Batch) -> None:
        """Quarters are told to assistive technology; rows are not."""
        quarter = 4 * batch.settled // max(1, batch.rows)
        if quarter > self._milestone:
            self._milestone = quarter
            self.setAccessibleName(f"{25 * quarter} percent of the rows are done")
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.NameChanged))

    def show_stopping(self) -> None:
        """Stop was pressed."""
        self.activity.setText(WORDS[Activity.STOPPING])
        self.stop_button.setEnabled(False)
        self.pause_button.setEnabled(False)

    def _on_pause(self) -> None:
        self._show_paused(not self._paused)
        self.activity.setText(PAUSING if self._paused else WORDS[Activity.SENDING])
        self.pause_wanted.emit(self._paused)

    def _show_paused(self, paused: bool) -> None:
        self._paused = paused
        self.pause_button.setText("&Continue" if paused else "&Pause")
        self.pause_button.show_shape(Shape.PLAY if paused else Shape.PAUSE)
