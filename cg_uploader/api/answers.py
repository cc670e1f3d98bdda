"""An answer as it is read: its head, its chunk lines and its trailers, each within 64 KB and ten seconds in all."""

from __future__ import annotations

import io
import math
import re
import time
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, LineTooLong, RemoteDisconnected, parse_headers
from typing import Any, Protocol

from cg_uploader.api.replies import MAX_BYTES

# The names in a Proxy-Authenticate header; what follows a name with = is a parameter.
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9._-]*)(?=\s*(?:,|$)|\s+[^\s=])")


class ReadState(Protocol):
    """What reading an answer says: ``deadline``, when its time is up (monotonic); ``cut``, that it was not read to its end."""

    deadline: float
    cut: bool


class ProxyLoginRefused(OSError):
    """A proxy that wants to know who asks (407); ``schemes``: how it can be told, in lower case, empty when it did not say."""

    def __init__(self, schemes: tuple[str, ...]) -> None:
        """Nothing was sent through it."""
        super().__init__("a proxy wants a login")
        self.schemes = schemes


class _Lines(io.BufferedReader):
    """Bytes from a socket, of which ``readline`` hands out ``left`` more at most; ``last`` is the line before."""

    left = MAX_BYTES
    last = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        """The next line; LineTooLong when there is no more room for it."""
        room = self.left + 1
        self.last = super().readline(room if size is None or size < 0 else min(size, room))
        self.left -= len(self.last)
        if self.left < 0:
            raise LineTooLong("answer")
        return self.last


class BoundedAnswer(HTTPResponse):
    """The standard library's reading of an answer, but for three things.

    The library takes headers that break off for complete ones, throws a proxy's headers away, and reads for ever.
    """

    _begun = False

    def __init__(self, *args: Any, exchange: ReadState, seconds: float, **kwargs: Any) -> None:
        """``exchange`` is told when time is up: ``seconds`` after the head has begun."""
        super().__init__(*args, **kwargs)
        self.fp: Any = _Lines(self.fp.detach())
        self._exchange = exchange
        self._seconds = seconds
        self._no_answer_by = exchange.deadline
        self._no_promise_after = math.inf

    def _read_status(self) -> tuple[str, int, str]:
        """The first line; without ``begin`` it is a proxy's, asked for a tunnel.  ProxyLoginRefused for its 407."""
        if self._begun:
            return self._next_status()
        found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        if found[1] == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            try:
                said = parse_headers(self.fp).get_all("Proxy-Authenticate") or []
            except (OSError, HTTPException):
                said = []
            raise ProxyLoginRefused(tuple(name.lower() for name in _SCHEME.findall(",".join(said))))
        return found

    def _next_status(self) -> tuple[str, int, str]:
        """Wait for a status line; from its first byte on the time for the head runs.

        The library passes over a 100 and asks for the next: those have the bounds of one head together.
        """
        self._exchange.deadline = self._no_answer_by
        self.fp.peek(1)
        now = time.monotonic()
        self._exchange.deadline = min(self._no_answer_by, now + self._seconds)
        found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        if found[1] != HTTPStatus.CONTINUE:
            self.fp.left = MAX_BYTES
        elif now > self._no_promise_after:
            raise LineTooLong("100")
        else:
            self._no_promise_after = min(self._no_promise_after, now + self._seconds)
        return found

    def begin(self, *args: Any, **kwargs: Any) -> None:
        """Read status and headers; RemoteDisconnected when they do not end with a blank line."""
        self._begun = True
        super().begin(*args, **kwargs)
        if self.fp.last.strip(b"\r\n") or not self.fp.last:
            raise RemoteDisconnected("the headers broke off")
        self.fp.left = MAX_BYTES

    def _read_and_discard_trailer(self) -> None:
        """Pass over what follows the body, which is whole by now; without an end it costs the connection."""
        self.fp.left = MAX_BYTES
        try:
            super()._read_and_discard_trailer()  # type: ignore[misc]
        except LineTooLong:
            self._exchange.cut = True
