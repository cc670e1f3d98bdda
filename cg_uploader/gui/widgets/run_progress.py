"""A run under way: how far, how fast, how long still, and the switches."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from cg_uploader.gui.theme import SPACE
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.inputs import PushButton, card
from cg_uploader.gui.widgets.texts import plain, section
from cg_uploader.gui.words import counted
from cg_uploader.model.enums import Activity
from cg_uploader.model.run import Batch
from cg_uploader.model.statuses import STATUSES
from cg_uploader.uploads.sending.eta import RateEstimator, done, format_doing, format_time_left, to_send

WORDS = {
    Activity.PREPARING: "Preparing…",
    Activity.SENDING: "Sending…",
    Activity.WAITING: "Waiting…",
    Activity.PAUSED: "Paused. Nothing is being sent.",
    Activity.STOPPING: "Stopping: what is on its way comes back first…",
    Activity.FINISHED: "Finished",
}
PAUSING = "Pausing: what is on its way comes back first…"
BEING_STOPPED = "The upload is being stopped."
AT_ONCE = "Stopping now…"
WHAT_STOP_NOW_MEANS = "This takes a few seconds at most. “Stop now” waits for no answer: rows under way become Not sure."


class RunProgress(QWidget):
    """``pause_wanted`` brings True to pause, False to continue.  ``stop_wanted`` True to wait for no answer any more.

    What stops at once is another button than what stops, in another place: a double click must not cut anything.
    """

    pause_wanted = Signal(bool)
    stop_wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pace = RateEstimator()
        self._milestone = 0
        self._paused = False
        self._preparing = True
        self._at_once = False
        self.activity = section("")
        self.detail = plain(role="quiet", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the upload")
        self.figures = plain()
        self.rows = plain(role="quiet", wrap=True)
        self.pause_button = PushButton("&Pause", self._on_pause, shape=IconShape.PAUSE)
        self.stop_now_button = PushButton("Stop no&w", self._on_stop_now, shape=IconShape.STOP)
        self.stop_button = PushButton("St&op", self._on_stop, shape=IconShape.STOP)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.activity)
        words.addWidget(self.detail)
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addLayout(words, 1)
        for button in (self.pause_button, self.stop_now_button, self.stop_button):
            top.addWidget(button)
        frame, column = card()
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self.figures)
        column.addWidget(self.rows)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)

    def begin(self) -> None:
        """A run starts."""
        self._pace = RateEstimator()
        self._milestone = 0
        self._preparing, self._at_once = True, False
        self._show_paused(False)
        for button in (self.pause_button, self.stop_now_button, self.stop_button):
            button.allow()
        self.pause_button.show()
        self.stop_now_button.hide()
        self.bar.setRange(0, 0)
        self.activity.setText(WORDS[Activity.PREPARING])
        self.detail.setText("")
        self.figures.setText(" ")
        self.rows.setText(" ")

    def show_batch(self, batch: Batch) -> None:
        """Show how it stands."""
        self._pace.feed(batch)
        pausing = self._paused and batch.activity is not Activity.PAUSED
        self.activity.setText(PAUSING if pausing else WORDS[batch.activity])
        detail = format_doing(batch.doing)
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        self._preparing = batch.activity is Activity.PREPARING
        if batch.activity is Activity.STOPPING:
            self.show_stopping(detail)
        if self._preparing:
            return
        self.bar.setRange(0, max(1, to_send(batch)))
        self.bar.setValue(done(batch) if to_send(batch) else 1)
        self.figures.setText(" · ".join(self._figures(batch)))
        self.rows.setText(_all_rows(batch))
        self._tell_milestone(batch)

    def _figures(self, batch: Batch) -> list[str]:
        figures = [f"{done(batch):,} of {counted(to_send(batch), 'row')} to be sent"]
        if batch.activity is Activity.SENDING and self._pace.rate is not None:
            rate = self._pace.rate
            figures.append(f"{rate:,.0f} rows a second" if rate >= 1.5 else f"{rate * 60:,.0f} rows a minute")
            left = format_time_left(self._pace.seconds_left(batch.rows))
            figures += [left] if left else []
        return figures

    def _tell_milestone(self, batch: Batch) -> None:
        """Quarters are told to assistive technology.  Rows are not."""
        quarter = 4 * done(batch) // max(1, to_send(batch))
        if quarter > self._milestone:
            self._milestone = quarter
            self.setAccessibleName(f"{25 * quarter} percent of the rows to be sent are done")
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.NameChanged))

    def show_stopping(self, why: str = "") -> None:
        """The run comes to its end, because Stop was pressed or for the reason that ``why`` says."""
        self.activity.setText(AT_ONCE if self._at_once else WORDS[Activity.STOPPING])
        self.stop_button.allow(BEING_STOPPED)
        self.pause_button.allow(BEING_STOPPED)
        if self._preparing:
            return
        if not self._at_once:
            self.stop_now_button.setAccessibleDescription(WHAT_STOP_NOW_MEANS)
        self.detail.setText(why if self._at_once else f"{why} {WHAT_STOP_NOW_MEANS}".lstrip())
        self.detail.setVisible(bool(self.detail.text()))
        self.pause_button.hide()
        self.stop_now_button.show()

    def _on_stop(self) -> None:
        self.stop_wanted.emit(False)
        if not self._preparing:
            self.stop_now_button.setFocus()

    def _on_stop_now(self) -> None:
        self._at_once = True
        self.stop_now_button.allow(BEING_STOPPED)
        self.stop_wanted.emit(True)

    def _on_pause(self) -> None:
        self._show_paused(not self._paused)
        self.activity.setText(PAUSING if self._paused else WORDS[Activity.SENDING])
        self.pause_wanted.emit(self._paused)

    def _show_paused(self, paused: bool) -> None:
        self._paused = paused
        self.pause_button.setText("&Continue" if paused else "&Pause")
        self.pause_button.show_shape(IconShape.PLAY if paused else IconShape.PAUSE)


def _all_rows(batch: Batch) -> str:
    """What all rows of the run are, so that progress and totals add up: ``250 rows: 78 to be sent · 172 held back``."""
    parts = [f"{to_send(batch):,} to be sent"]
    for status, count in batch.before.items():
        if count:
            facts = STATUSES[status]
            parts.append(f"{count:,} {facts.label.lower()}{'' if facts.decided_unsent else ' before'}")
    return f"{counted(batch.rows, 'row')}: {' · '.join(parts)}"
