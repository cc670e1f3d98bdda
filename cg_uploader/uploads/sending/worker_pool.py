"""The threads that send: each takes a request, makes one attempt, and hands the reply back; nothing else."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cg_uploader.model.enums import Body
from cg_uploader.model.request import Reply, Request
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.scheduler import PendingRow

ABORT_SECONDS = 0.5


class Sender(Protocol):
    """What a sender needs of a client: ``api.client.Client`` is one."""

    @property
    def client_id(self) -> str:
        """Whose way in it is."""

    def sign_in(self) -> None:
        """Make sure that there is a way in; ConnectError when there is none."""

    def send(self, request: Request, may_leave: Callable[[], bool]) -> Reply | None:
        """One attempt; ConnectError when the sign-in is refused meanwhile.

        None: ``may_leave``, asked just before the row's first byte, said no; nothing left.
        """

    def abort(self) -> None:
        """End everything in flight at once, from another thread."""


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """One attempt's end: the reply, or the exception that came instead; neither when the row did not leave."""

    pending: PendingRow
    reply: Reply | None
    error: BaseException | None = None

    @property
    def doubtful(self) -> bool:
        """Whether it may mean that nothing more should leave for now."""
        if self.reply is None:
            return self.error is not None
        return not 200 <= (self.reply.status or 0) < 300 or self.reply.body not in (Body.BLANK, Body.JSON)


class WorkerPool:
    """A fixed number of threads in front of one client; used by one thread, the engine's.

    Each looks before it begins whether it may, and the client once more before a row's first byte: a stop or a pause holds from
    the moment it is asked for, also while the engine's thread waits for the disk, or a row for a sign-in or a connection.
    After an answer that is no plain success nothing leaves until the engine has seen it.
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
        """Send this one as soon as a thread is free; whoever puts one has made up their mind about what came back so far."""
        self._doubts_settled = self._doubts_handed_out
        self._inbox.put(pending)

    def get(self, timeout: float) -> list[AttemptResult]:
        """What has come back; waits up to ``timeout`` seconds for the first."""
        found: list[AttemptResult] = []
        try:
            found.append(self._outbox.get(timeout=timeout) if timeout > 0 else self._outbox.get_nowait())
            while True:
                found.append(self._outbox.get_nowait())
        except queue.Empty:
            self._doubts_handed_out += sum(sent.doubtful for sent in found)
            return found

    def withdraw(self) -> list[PendingRow]:
        """Tickets that no thread has begun: they did not leave."""
        found: list[PendingRow] = []
        try:
            while True:
                pending = self._inbox.get_nowait()
                if pending is not None:
                    found.append(pending)
        except queue.Empty:
            return found

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
            try:
                sent = AttemptResult(pending, self._client.send(pending.request, self._may_leave))
            except BaseException as error:  # noqa: BLE001 - handed to the engine's thread, which raises it there
                sent = AttemptResult(pending, None, error)
            if sent.doubtful:
                with self._lock:
                    self._doubts += 1
            self._outbox.put(sent)
