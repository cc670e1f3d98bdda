"""The one bridge between the window and work that takes time: a thread that holds a plain callable and tells by signals."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from PySide6.QtCore import QObject, QThread, Signal

from cg_uploader.errors import UploaderError

Announce: TypeAlias = Callable[[object], None]
Cancelled: TypeAlias = Callable[[], bool]
# Called on the window's thread with what a worker told; a signal forgets the type, the one who starts the work knows it.
Heard: TypeAlias = Callable[[Any], object]
# What a worker runs: it may announce things at most ten times a second, asks whether to give up, and returns its result.
Work: TypeAlias = Callable[[Announce, Cancelled], object]


class Worker(QThread):
    """Runs one piece of work off the window's thread.  Exactly one of ``done`` and ``failed`` comes at its end."""

    batch = Signal(object)
    done = Signal(object)
    failed = Signal(object)

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        """Hold ``work``.  ``start`` runs it."""
        super().__init__(parent)
        self._work = work
        self._given_up = threading.Event()

    def give_up(self) -> None:
        """Ask the work to end, from any thread."""
        self._given_up.set()

    def run(self) -> None:
        """Qt calls this on the new thread.  No widget is touched here."""
        try:
            result = self._work(self.batch.emit, self._given_up.is_set)
        except Exception as error:  # noqa: BLE001 - any failure must reach the window: a thread has no caller
            self.failed.emit(error)
        else:
            self.done.emit(result)


def _nothing(_: object) -> None:
    """Hear and forget."""


class Runner(QObject):
    """Runs one work at a time for a page: a new one replaces the one before, whose results are dropped.

    ``busy_changed`` tells the page when to show and hide its progress.  ``shut_down`` joins every thread, and none begins then.
    """

    busy_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: Worker | None = None
        self._alive: list[Worker] = []
        self._shut = False
        self._heard: tuple[Heard, Heard, Heard] = (_nothing, _nothing, _nothing)

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return self._worker is not None

    def start(self, work: Work, *, done: Heard = _nothing, failed: Heard = _nothing, batch: Heard = _nothing) -> None:
        """Run ``work``.  The three are called on the window's thread."""
        self.drop()
        if self._shut:
            return  # the window goes, and nothing would wait for the thread
        worker = Worker(work, self)
        self._heard = (batch, done, failed)
        worker.batch.connect(self._on_batch)
        worker.done.connect(self._on_done)
        worker.failed.connect(self._on_failed)
        worker.finished.connect(self._on_finished)
        self._worker = worker
        self._alive.append(worker)
        self.busy_changed.emit(True)
        worker.start()

    def give_up(self) -> None:
        """Ask the present work to end.  Its result, or Cancelled, still comes."""
        if self._worker is not None:
            self._worker.give_up()

    def drop(self) -> None:
        """Ask the present work to end and hear no more of it."""
        if self._worker is not None:
            self._worker.give_up()
            self._settle()

    def shut_down(self) -> None:
        """End everything and wait for it.  No thread is left afterwards."""
        self._shut = True
        self.drop()
        for worker in self._alive:
            worker.give_up()
            worker.wait()

    def _on_batch(self, announced: object) -> None:
        if self.sender() is self._worker:
            self._heard[0](announced)

    def _on_done(self, result: object) -> None:
        if self.sender() is self._worker:
            heard = self._heard[1]
            self._settle()
            heard(result)

    def _on_failed(self, error: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, UploaderError):
            sys.excepthook(type(error), error, error.__traceback__)  # a bug, which is to be logged
        if self.sender() is self._worker:
            heard = self._heard[2]
            self._settle()
            heard(error)

    def _on_finished(self) -> None:
        worker = self.sender()
        if isinstance(worker, Worker):
            worker.wait()
            self._alive.remove(worker)
            worker.deleteLater()

    def _settle(self) -> None:
        self._worker = None
        self.busy_changed.emit(False)
