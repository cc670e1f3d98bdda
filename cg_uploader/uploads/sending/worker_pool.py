"""The threads that send.  Each takes a request, makes one attempt, and hands the reply back."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from cg_uploader.model.enums import Body
from cg_uploader.model.request import Reply, Request
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.queue.scheduler import PendingRow

ABORT_SECONDS = 0.5
_Result = TypeVar("_Result")


def catch(call: Callable[[], _Result]) -> tuple[_Result | None, BaseException | None]:
    """Return what ``call`` returns, or else what it raises, to be raised on another thread."""
    try:
        return call(), None
    except BaseException as error:  # noqa: BLE001 - a thread has no caller that could see it
        return None, error


class Sender(Protocol):
    """The part of a client that sends rows: ``api.client.Client`` has it."""

    @property
    def client_id(self) -> str:
        """The Client ID of the customer."""

    def sign_in(self) -> None:
        """Sign in.

        Raises:
            ConnectError: The sign-in is refused, or there is no usable answer.
        """

    def send(self, request: Request, may_leave: Callable[[], bool]) -> Reply | None:
        """Make one attempt at one row.

        Return None when ``may_leave``, asked just before the row's first byte, said no.  Nothing has left then.

        Raises:
            ConnectError: A sign-in was needed, and is refused.
        """

    def abort(self) -> None:
        """Cut everything in flight, from another thread."""


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """What came of one attempt.  A row that did not leave has neither reply nor error."""

    pending: PendingRow
    reply: Reply | None
    error: BaseException | None = None  # what was raised instead of a reply

    @property
    def doubtful(self) -> bool:
        """Whether the engine must see it before another row leaves."""
        if self.reply is None:
            return self.error is not None
        return not 200 <= (self.reply.status or 0) < 300 or self.reply.body not in (Body.BLANK, Body.JSON)


class WorkerPool:
    """A fixed number of threads that send rows with one client.  Used by the engine's thread alone.

    Each thread asks before it begins whether its row may leave, and the client asks once more before the row's first byte.  So
    a stop or a pause holds at once, also while the engine waits for the disk, or a row for a sign-in or a connection.  After an
    answer that is no plain success, nothing leaves until the engine has seen it.
    """

    def __init__(self, client: Sender, connections: int, control: Control) -> None:
        """Start ``connections`` threads."""
        self._client = client
        self._control = control
        self._lock = threading.Lock()
        self._doubts = self._doubts_handed_out = self._doubts_settled = 0
        self._inbox: queue.SimpleQueue[PendingRow | None] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[AttemptResult] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"sender-{number}", daemon=True) for number in range(1, connections + 1)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, pending: PendingRow) -> None:
        """Send a row as soon as a thread is free.  The caller has seen everything that ``get`` has returned."""
        self._doubts_settled = self._doubts_handed_out
        self._inbox.put(pending)

    def get(self, timeout: float) -> list[AttemptResult]:
        """Return what has come back.  Wait up to ``timeout`` seconds for the first."""
        results: list[AttemptResult] = []
        try:
            results.append(self._outbox.get(timeout=timeout) if timeout > 0 else self._outbox.get_nowait())
            while True:
                results.append(self._outbox.get_nowait())
        except queue.Empty:
            self._doubts_handed_out += sum(sent.doubtful for sent in results)
            return results

    def withdraw(self) -> list[PendingRow]:
        """Take the rows back that no thread has begun.  They did not leave."""
        rows: list[PendingRow] = []
        try:
            while True:
                pending = self._inbox.get_nowait()
                if pending is not None:
                    rows.append(pending)
        except queue.Empty:
            return rows

    def close(self, timeout: float) -> None:
        """Let the threads end, and wait up to ``timeout`` seconds for them."""
        for _ in self._threads:
            self._inbox.put(None)
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _may_leave(self) -> bool:
        return not (self._control.paused or self._control.stopping or self._doubts > self._doubts_settled)

    def _work(self) -> None:
        while (pending := self._inbox.get()) is not None:
            if not self._may_leave():
                self._outbox.put(AttemptResult(pending, None))
                continue
            reply, error = catch(partial(self._client.send, pending.request, self._may_leave))
            sent = AttemptResult(pending, reply, error)
            if sent.doubtful:
                with self._lock:
                    self._doubts += 1
            self._outbox.put(sent)
