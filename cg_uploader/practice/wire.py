"""HTTP as bytes: requests read from a connection, answers written to it, well formed or broken on purpose."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

MAX_HEAD_BYTES = 262_144
MAX_BODY_BYTES = 16_777_216
_JSON = "application/json"
_HTML = "text/html; charset=UTF-8"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
_DRAIN_SECONDS = 1.0
_HINT_SECONDS = 0.05
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Delivery(StrEnum):
    """The way an answer leaves."""

    WHOLE = "whole"
    CHUNKED = "chunked"
    CHUNKED_CUT = "chunked, cut off"
    CUT = "shorter than announced"
    SLOW = "a byte at a time"
    HINTS = "after an early hint"
    HINTS_ONLY = "early hint, then closed"
    CLOSE = "closed without a byte"
    RESET = "reset"
    RESET_UNREAD = "reset, body unread"
    HANG = "never"

    @property
    def silent(self) -> bool:
        """Whether no final answer leaves."""
        return self in (Delivery.HINTS_ONLY, Delivery.CLOSE, Delivery.RESET, Delivery.RESET_UNREAD, Delivery.HANG)


@dataclass(frozen=True, slots=True)
class PracticeRequest:
    """One request."""

    method: str
    # Path and query as they stood in the request line.
    path: str
    query: bytes
    # Names in lower case.
    headers: Mapping[str, str]
    # Monotonic seconds at its first byte.
    received: float
    # Whether the connection can take another request.
    keep_alive: bool

    @property
    def wants_json(self) -> bool:
        """Laravel's ``wantsJson``: the first type of Accept is JSON."""
        first = self.headers.get("accept", "").split(",", 1)[0]
        return "/json" in first or "+json" in first


@dataclass(frozen=True, slots=True)
class PracticeAnswer:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    delivery: Delivery = Delivery.WHOLE
    # Between two bytes of a slow body.
    seconds: float = 1.0
    content_type: str = _JSON


def html(status: int, title: str, text: str = "", headers: tuple[tuple[str, str], ...] = ()) -> PracticeAnswer:
    """Return a small HTML page, as proxies and web servers send it."""
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center>{text}</body>\r\n</html>\r\n"
    )
    return PracticeAnswer(status, body.encode(), headers, content_type=_HTML)


class BadRequest(Exception):
    """Bytes that are no request this server takes.  The connection ends after the answer."""

    def __init__(self, answer: PracticeAnswer) -> None:
        """Keep the answer."""
        super().__init__(answer.status)
        self.answer = answer


class PracticeConnection:
    """One accepted connection."""

    def __init__(self, connection: socket.socket, wait: Callable[[float], bool], max_target_bytes: int) -> None:
        """Take over an accepted socket, which the caller closes.

        Args:
            connection: the socket.
            wait: waits for some seconds.  It returns True at once when the server closes.
            max_target_bytes: of a request target.
        """
        self._socket = connection
        self._wait = wait
        self._max_target_bytes = max_target_bytes
        self._buffer = b""

    def read_request(self) -> PracticeRequest | None:
        """Read the head of the next request.  None when the client closed the connection.

        Raises:
            BadRequest: it is no request, or too long.
        """
        received = time.monotonic()
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise BadRequest(html(431, "431 Request Header Fields Too Large"))
            more = self._socket.recv(65_536)
            if not more:
                return None
            if not self._buffer:
                received = time.monotonic()
            self._buffer += more
        head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
        return self._parse(head, received)

    def _parse(self, head: bytes, received: float) -> PracticeRequest:
        first, *lines = head.split(b"\r\n")
        words = first.split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1.") or not words[1].startswith(b"/"):
            raise BadRequest(html(400, "400 Bad Request"))
        method, target, version = words
        if len(target) > self._max_target_bytes:
            raise BadRequest(html(414, "414 Request-URI Too Large"))
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        path, _, query = target.partition(b"?")
        connection = headers.get("connection", "").lower()
        keep_alive = connection != "close" if version != b"HTTP/1.0" else connection == "keep-alive"
        return PracticeRequest(method.decode("latin-1"), path.decode("latin-1"), query, headers, received, keep_alive)

    def read_body(self, request: PracticeRequest) -> bytes:
        """Read the request's body to its end.

        Raises:
            BadRequest: its length is not given, or too large.
        """
        if "transfer-encoding" in request.headers:
            raise BadRequest(html(411, "411 Length Required"))
        length = request.headers.get("content-length", "0")
        if not length.isdecimal():
            raise BadRequest(html(400, "400 Bad Request"))
        size = int(length)
        if size > MAX_BODY_BYTES:
            raise BadRequest(html(413, "413 Request Entity Too Large"))
        while len(self._buffer) < size:
            more = self._socket.recv(65_536)
            if not more:
                raise ConnectionAbortedError("the client went in the middle of a body")
            self._buffer += more
        body, self._buffer = self._buffer[:size], self._buffer[size:]
        return body

    def send(self, answer: PracticeAnswer, *, keep_alive: bool) -> bool:
        """Write an answer as its delivery asks, and tell whether the connection can take another request."""
        match answer.delivery:
            case Delivery.WHOLE:
                self._socket.sendall(_whole(answer, keep_alive))
            case Delivery.HINTS:
                self._socket.sendall(_HINTS)
                self._wait(_HINT_SECONDS)  # apart, as real ones come: a client that stops at the hint leaves the rest behind
                self._socket.sendall(_whole(answer, keep_alive))
            case Delivery.CHUNKED:
                self._socket.sendall(
                    _head(answer, "Transfer-Encoding: chunked", keep_alive) + _chunks(answer.body) + b"0\r\n\r\n"
                )
            case Delivery.SLOW:
                self._send_slowly(answer)
                return False
            case _:
                self._break_off(answer)
                return False
        return keep_alive

    def refuse(self, answer: PracticeAnswer) -> None:
        """Answer a client that may still be sending, and let it read the answer before the connection ends."""
        self._socket.sendall(_whole(answer, keep_alive=False))
        self._socket.shutdown(socket.SHUT_WR)
        self._socket.settimeout(_DRAIN_SECONDS)
        end = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < end and self._socket.recv(65_536):
            pass

    def _send_slowly(self, answer: PracticeAnswer) -> None:
        self._socket.sendall(_head(answer, f"Content-Length: {len(answer.body)}", keep_alive=False))
        for byte in answer.body:
            self._socket.sendall(bytes((byte,)))
            if self._wait(answer.seconds):
                return

    def _break_off(self, answer: PracticeAnswer) -> None:
        match answer.delivery:
            case Delivery.CUT:
                self._socket.sendall(_head(answer, f"Content-Length: {len(answer.body) + 100}", keep_alive=True) + answer.body)
            case Delivery.CHUNKED_CUT:
                start = _head(answer, "Transfer-Encoding: chunked", keep_alive=True)
                self._socket.sendall(start + f"{len(answer.body) + 100:x}\r\n".encode() + answer.body)
            case Delivery.HINTS_ONLY:
                self._socket.sendall(_HINTS)
            case Delivery.HANG:
                while self._socket.recv(65_536):
                    pass
            case Delivery.RESET | Delivery.RESET_UNREAD:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            case _:
                pass


def _head(answer: PracticeAnswer, framing: str, keep_alive: bool) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, 'Unknown')}"]
    if answer.body or answer.status != 204:
        lines.append(framing)
    if answer.body:
        lines.append(f"Content-Type: {answer.content_type}")
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if not keep_alive:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _whole(answer: PracticeAnswer, keep_alive: bool) -> bytes:
    return _head(answer, f"Content-Length: {len(answer.body)}", keep_alive) + answer.body


def _chunks(body: bytes) -> bytes:
    third = max(1, -(-len(body) // 3))
    pieces = [body[start : start + third] for start in range(0, len(body), third)]
    return b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
