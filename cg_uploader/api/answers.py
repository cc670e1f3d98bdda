"""Reading of an answer within bounds: head, chunk lines and trailers, each within 64 KB, and ten seconds in all."""

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
    """What the reading of an answer sets."""

    deadline: float  # when its time is up, in seconds of the monotonic clock
    cut: bool  # whether it was not read to its end


class ProxyLoginRefused(OSError):
    """A proxy wants a user name and a password (407).  ``schemes``: the ways it accepts, in lower case, empty if unsaid."""

    def __init__(self, schemes: tuple[str, ...]) -> None:
        """Nothing was sent through the proxy."""
        super().__init__("a proxy wants a login")
        self.schemes = schemes


class _Lines(io.BufferedReader):
    """Bytes from a socket.  ``readline`` returns at most ``left`` more of them, ``last`` is the line before."""

    left = MAX_BYTES
    last = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next line.

        Raises:
            LineTooLong: fewer than its bytes are left.
        """
        room = self.left + 1
        self.last = super().readline(room if size is None or size < 0 else min(size, room))
        self.left -= len(self.last)
        if self.left < 0:
            raise LineTooLong("answer")
        return self.last


class BoundedAnswer(HTTPResponse):
    """The standard library's reading of an answer, with three things mended.

    The library takes headers that break off for complete ones.  It throws a proxy's headers away.  It sets no limit of time.
    """

    _begun = False

    def __init__(self, *args: Any, attempt: ReadState, seconds: float, **kwargs: Any) -> None:
        """Set the deadline of ``attempt`` to ``seconds`` after the head has begun."""
        super().__init__(*args, **kwargs)
        self.fp: Any = _Lines(self.fp.detach())
        self._attempt = attempt
        self._seconds = seconds
        self._no_answer_by = attempt.deadline
        self._no_continue_after = math.inf

    def _read_status(self) -> tuple[str, int, str]:
        """Read the first line.  Before ``begin`` it is the answer of a proxy that was asked for a tunnel.

        Raises:
            ProxyLoginRefused: the proxy answered 407.
        """
        if self._begun:
            return self._next_status()
        status_line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        if status_line[1] == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            try:
                challenges = parse_headers(self.fp).get_all("Proxy-Authenticate") or []
            except (OSError, HTTPException):
                challenges = []
            raise ProxyLoginRefused(tuple(name.lower() for name in _SCHEME.findall(",".join(challenges))))
        return status_line

    def _next_status(self) -> tuple[str, int, str]:
        """Wait for a status line.  The time limit for the head runs from its first byte.

        The library passes over a 100 and asks for the next line.  All of those together have the bounds of one head.
        """
        self._attempt.deadline = self._no_answer_by
        self.fp.peek(1)
        now = time.monotonic()
        self._attempt.deadline = min(self._no_answer_by, now + self._seconds)
        status_line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        if status_line[1] != HTTPStatus.CONTINUE:
            self.fp.left = MAX_BYTES
        elif now > self._no_continue_after:
            raise LineTooLong("100")
        else:
            self._no_continue_after = min(self._no_continue_after, now + self._seconds)
        return status_line

    def begin(self, *args: Any, **kwargs: Any) -> None:
        """Read status and headers.

        Raises:
            RemoteDisconnected: the headers do not end with a blank line.
        """
        self._begun = True
        super().begin(*args, **kwargs)
        if self.fp.last.strip(b"\r\n") or not self.fp.last:
            raise RemoteDisconnected("the headers broke off")
        self.fp.left = MAX_BYTES

    def _read_and_discard_trailer(self) -> None:
        """Pass over what follows the body, which is complete by now.  If it never ends, only the connection is lost."""
        self.fp.left = MAX_BYTES
        try:
            super()._read_and_discard_trailer()  # type: ignore[misc]
        except LineTooLong:
            self._attempt.cut = True
