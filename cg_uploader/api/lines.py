"""The sockets below the HTTP library: each can be cut from another thread, by a time limit or by a person."""

from __future__ import annotations

import contextlib
import math
import re
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, RemoteDisconnected, parse_headers
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from cg_uploader.loopback import is_loopback

_SLICE = 0.1  # seconds between two looks at whether a connection attempt is still wanted
_LONGEST_TICK = 1.0  # seconds between two looks at the time limits
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9._-]*)(?=\s*(?:,|$)|\s+[^\s=])")
"""The names in a Proxy-Authenticate header; what follows a name with = is a parameter."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time limits in seconds: to connect, until an answer's headers are complete, for all of an answer's body."""

    connect: float = 10.0
    read: float = 60.0
    body: float = 10.0


class Exchange:
    """One attempt under way in one thread.

    ``query`` goes out behind the path.  ``dialled``: there was a socket.  ``reached``: bytes of the request may have left.
    ``failure``: why no connection was made.  ``cut``: it was ended from outside.  ``deadline``: when its time is up, monotonic.
    """

    __slots__ = ("cut", "deadline", "dialled", "failure", "line", "query", "reached")

    def __init__(self, query: str) -> None:
        self.query = query
        self.dialled = False
        self.reached = False
        self.failure: BaseException | None = None
        self.line: Line | None = None
        self.cut = False
        self.deadline = math.inf


class Switchboard:
    """Knows every connection and who uses it; cuts those whose time is up, and all of them on ``abort``."""

    def __init__(self, timeouts: Timeouts, context: Callable[[], ssl.SSLContext]) -> None:
        """``context`` makes the TLS rules for one connection."""
        self.timeouts = timeouts
        self.context = context
        self.aborted = False
        self._changed = threading.Condition()
        self._exchanges: dict[int, Exchange] = {}
        self._lines: set[Line] = set()
        self._tick = min(_LONGEST_TICK, timeouts.body / 4)
        self._watcher: threading.Thread | None = None
        self._resting = False
        self._closed = False

    def begin(self, query: str) -> Exchange:
        """Start this thread's attempt."""
        exchange = Exchange(query)
        with self._changed:
            self._exchanges[threading.get_ident()] = exchange
            if self._watcher is None and not self._closed:
                self._watcher = threading.Thread(target=self._watch, name="time-limits", daemon=True)
                self._watcher.start()
            elif self._resting:
                self._changed.notify()
        return exchange

    def end(self) -> None:
        """This thread's attempt is over."""
        with self._changed:
            del self._exchanges[threading.get_ident()]

    def take(self, line: Line) -> Exchange:
        """Give ``line`` to this thread's attempt."""
        exchange = self._exchanges[threading.get_ident()]
        with self._changed:
            exchange.line = line
            line.owner = exchange
        return exchange

    def attach(self, line: Line, sock: socket.socket) -> None:
        """Keep a second handle on a new connection; OSError when nothing may go out any more."""
        handle = sock.dup()
        with self._changed:
            if not self.aborted:
                line.handle = handle
                self._lines.add(line)
                return
        handle.close()
        raise ConnectionAbortedError

    def detach(self, line: Line, owner: Exchange | None = None) -> None:
        """Give the second handle back; with ``owner`` only if the line is still its."""
        with self._changed:
            if line.handle is not None and (owner is None or line.owner is owner):
                line.handle.close()
                line.handle = None
                self._lines.discard(line)

    def abort(self) -> None:
        """Cut everything, and let nothing be connected any more."""
        with self._changed:
            self.aborted = True
            for exchange in self._exchanges.values():
                exchange.cut = True
            for line in self._lines:
                line.cut()

    def close(self) -> None:
        """End the watcher."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.join()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                self._resting = not self._exchanges
                self._changed.wait(None if self._resting else self._tick)
                self._resting = False
                now = time.monotonic()
                for exchange in self._exchanges.values():
                    if exchange.deadline < now and exchange.line is not None and exchange.line.owner is exchange:
                        exchange.cut = True
                        exchange.line.cut()


class ProxyLoginRefused(OSError):
    """A proxy that wants to know who asks (407); ``schemes``: how it can be told, in lower case, empty when it did not say."""

    def __init__(self, schemes: tuple[str, ...]) -> None:
        """Nothing was sent through it."""
        super().__init__("a proxy wants a login")
        self.schemes = schemes


class _Answer(HTTPResponse):
    """The standard library's reading of an answer, but for two things.

    It takes headers that break off for complete ones, and throws a proxy's headers away.
    """

    _begun = False

    def _read_status(self) -> tuple[str, int, str]:
        """The first line; without ``begin`` it is a proxy's, asked for a tunnel.  ProxyLoginRefused for its 407."""
        found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        if found[1] == 407 and not self._begun:
            try:
                said = parse_headers(self.fp).get_all("Proxy-Authenticate") or []
            except (OSError, HTTPException):
                said = []
            raise ProxyLoginRefused(tuple(name.lower() for name in _SCHEME.findall(",".join(said))))
        return found

    def begin(self, *args: Any, **kwargs: Any) -> None:
        """Read status and headers; RemoteDisconnected when they do not end with a blank line."""
        self._begun = True
        source, lines = self.fp, _Lines(self.fp)
        self.fp = lines  # type: ignore[assignment]
        super().begin(*args, **kwargs)
        self.fp = source
        if lines.last.strip(b"\r\n") or not lines.last:
            raise RemoteDisconnected("the headers broke off")


class _Lines:
    """Hands lines on and remembers the last one."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.last = b""
        self.flush = source.flush
        self.close = source.close

    def readline(self, limit: int = -1) -> bytes:
        self.last = self._source.readline(limit)
        return self.last


class Line(HTTPConnection):
    """A connection that the switchboard knows and that adds the query behind the HTTP library's back.

    The library never sees a query: so it can neither rewrite its percent-encoding, nor spend time on it, nor repeat it in
    exceptions and logs.
    """

    response_class = _Answer
    here = True
    """Without encryption nothing leaves this computer, whatever a name is said to mean."""

    def __init__(self, *args: Any, board: Switchboard, **options: Any) -> None:
        """Known to ``board``; the rest is the HTTP library's."""
        super().__init__(*args, **options)
        self.board = board
        self.handle: socket.socket | None = None
        self.owner: Exchange | None = None
        self._answering = False

    def cut(self) -> None:
        """Shut the connection down, whoever uses it; the switchboard's lock is held."""
        if self.handle is not None:
            with contextlib.suppress(OSError):  # the other side was quicker
                self.handle.shutdown(socket.SHUT_RDWR)

    def connect(self) -> None:
        """Connect, and say in the exchange how far it came."""
        exchange = self.board.take(self)
        try:
            super().connect()
        except BaseException as error:
            exchange.failure = error
            raise
        exchange.reached = True

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send, from now on with the time limit for the answer's headers."""
        exchange = self.board.take(self)
        exchange.reached = self.sock is not None
        super().request(*args, **kwargs)
        exchange.deadline = time.monotonic() + self.board.timeouts.read

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        """Write the request line, with the query to the byte."""
        query = self.owner.query if self.owner is not None else ""
        super().putrequest(method, f"{url}?{query}" if query else url, skip_host, skip_accept_encoding)

    def getresponse(self) -> Any:
        """Read the headers.  A connection that ends with the answer counts as closed here, but its body is still to come."""
        self._answering = True
        try:
            return super().getresponse()
        finally:
            self._answering = False

    def close(self) -> None:
        """Close, the second handle too."""
        super().close()
        if not self._answering:
            self.board.detach(self)

    def _is_unwanted(self) -> bool:
        """Whether a connection that is not there yet need not come any more."""
        return self.board.aborted

    def _new_conn(self) -> socket.socket:
        limit = self.board.timeouts.connect
        found = _look_up(self._dns_host.strip("[]"), self.port, limit, self._is_unwanted)
        sock = _dial(_only_here(found) if self.here else found, limit, self._is_unwanted)
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            self.board.attach(self, sock)
        except OSError:
            sock.close()
            raise
        if self.owner is not None:
            self.owner.dialled = True
            self.owner.deadline = time.monotonic() + limit
        return sock


class TlsLine(Line, HTTPSConnection):
    """The same with TLS; each has its own context, because handshakes that share one wait for each other."""

    here = False

    def __init__(self, *args: Any, board: Switchboard, **options: Any) -> None:
        """Verify by the board's rules, whatever the library would do."""
        super().__init__(*args, board=board, **{**options, "ssl_context": board.context()})


def _only_here(found: list[Any]) -> list[Any]:
    """Those addresses that are this computer's."""
    here = [one for one in found if is_loopback(str(one[4][0]))]
    if not here:
        raise socket.gaierror(socket.EAI_NONAME, "not on this computer")
    return here


def _dial(found: list[Any], seconds: float, unwanted: Callable[[], bool]) -> socket.socket:
    """A connected socket; each address in ``found`` gets an equal share of the time, but at least a quarter."""
    end = time.monotonic() + seconds
    failure: OSError = TimeoutError()
    for left, (family, kind, protocol, _, address) in zip(range(len(found), 0, -1), found, strict=True):
        remaining = end - time.monotonic()
        if remaining <= 0:
            break
        sock = socket.socket(family, kind, protocol)
        try:
            _reach(sock, address, min(remaining, max(remaining / left, seconds / 4)), unwanted)
        except OSError as error:
            sock.close()
            failure = error
            if unwanted():
                break
        else:
            sock.settimeout(seconds)
            return sock
    raise failure


def _look_up(host: str, port: int, seconds: float, unwanted: Callable[[], bool]) -> list[Any]:
    """The addresses of ``host``, as getaddrinfo has them.

    Nothing can interrupt a look-up: its thread is left behind when its time is up.
    """
    found: list[Any] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except UnicodeError:
            failure.append(socket.gaierror(socket.EAI_NONAME, "not a name"))
        except OSError as error:
            failure.append(error)

    thread = threading.Thread(target=work, name="name-look-up", daemon=True)
    thread.start()
    end = time.monotonic() + seconds
    while thread.is_alive():
        thread.join(_SLICE)
        if unwanted():
            raise ConnectionAbortedError
        if time.monotonic() >= end:
            raise TimeoutError
    if failure:
        raise failure[0]
    return found


def _reach(sock: socket.socket, address: Any, seconds: float, unwanted: Callable[[], bool]) -> None:
    """Connect within ``seconds``, looking now and then whether that is still wanted."""
    sock.setblocking(False)
    try:
        sock.connect(address)
    except BlockingIOError:
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as ready:
            ready.register(sock, selectors.EVENT_WRITE)
            while not ready.select(_SLICE):
                if unwanted():
                    raise ConnectionAbortedError from None
                if time.monotonic() >= end:
                    raise TimeoutError from None
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, "not connected") from None
