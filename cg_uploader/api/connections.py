"""The sockets below the HTTP library: each can be cut from another thread, by a time limit or by a person."""

from __future__ import annotations

import contextlib
import math
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from cg_uploader.api.answers import BoundedAnswer
from cg_uploader.api.tls import ensure_named
from cg_uploader.api.token import MayLeave
from cg_uploader.system.loopback import is_loopback

_SLICE = 0.1  # seconds between two looks at whether a connection attempt is still wanted
_MAX_TICK_SECONDS = 1.0  # seconds between two looks at the time limits


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time limits in seconds.

    ``connect``: to find and reach the other side, for a proxy to open the way, and for a TLS handshake, each.  ``read``: from
    the first byte of a request until the headers of its answer are complete.  ``body``: for all of an answer's body, and for
    all of its head once that has begun.
    """

    connect: float = 10.0
    read: float = 60.0
    body: float = 10.0


class InFlightRequest:
    """One attempt under way in one thread.

    ``query`` goes out behind the path.  ``may_leave`` is asked before the first byte of the request; ``withheld``: it said no.
    ``reached``: bytes of the request may have left.  ``tunnelled``: a proxy has opened the way.  ``failure``: why no
    connection was made.  ``cut``: it was ended from outside, or for its size.  ``deadline``: when its time is up, monotonic.
    """

    __slots__ = ("cut", "deadline", "failure", "line", "may_leave", "query", "reached", "tunnelled", "withheld")

    def __init__(self, query: str, may_leave: MayLeave) -> None:
        self.query = query
        self.may_leave = may_leave
        self.withheld = False
        self.reached = False
        self.tunnelled = False
        self.failure: BaseException | None = None
        self.line: AbortableConnection | None = None
        self.cut = False
        self.deadline = math.inf


class ConnectionRegistry:
    """Knows every connection and who uses it; cuts those whose time is up, and all of them on ``abort``."""

    def __init__(self, timeouts: Timeouts, context: Callable[[], ssl.SSLContext]) -> None:
        """``context`` makes the TLS rules for one connection."""
        self.timeouts = timeouts
        self.context = context
        self.aborted = False
        self._changed = threading.Condition()
        self._exchanges: dict[int, InFlightRequest] = {}
        self._lines: set[AbortableConnection] = set()
        self._tick = min(_MAX_TICK_SECONDS, timeouts.body / 4)
        self._watcher: threading.Thread | None = None
        self._resting = False
        self._closed = False

    def begin(self, query: str, may_leave: MayLeave) -> InFlightRequest:
        """Start this thread's attempt."""
        exchange = InFlightRequest(query, may_leave)
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

    def take(self, line: AbortableConnection) -> InFlightRequest:
        """Give ``line`` to this thread's attempt."""
        exchange = self._exchanges[threading.get_ident()]
        with self._changed:
            exchange.line = line
            line.owner = exchange
        return exchange

    def attach(self, line: AbortableConnection, sock: socket.socket) -> None:
        """Keep a second handle on a new connection; OSError when nothing may go out any more."""
        handle = sock.dup()
        with self._changed:
            if not self.aborted:
                line.handle = handle
                self._lines.add(line)
                return
        handle.close()
        raise ConnectionAbortedError

    def detach(self, line: AbortableConnection, owner: InFlightRequest | None = None) -> None:
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


class AbortableConnection(HTTPConnection):
    """A connection that the switchboard knows and that adds the query behind the HTTP library's back.

    The library never sees a query: so it can neither rewrite its percent-encoding, nor spend time on it, nor repeat it in
    exceptions and logs.
    """

    # Without encryption nothing leaves this computer, whatever a name is said to mean.
    here = True

    def __init__(self, *args: Any, registry: ConnectionRegistry, **options: Any) -> None:
        """Known to ``registry``; the rest is the HTTP library's."""
        super().__init__(*args, **options)
        self.registry = registry
        self.handle: socket.socket | None = None
        self.owner: InFlightRequest | None = None
        self._connecting = False
        self._answering = False

    def response_class(self, *args: Any, **kwargs: Any) -> BoundedAnswer:  # type: ignore[override]
        """The answer that is read on this connection."""
        exchange = self.owner or self.registry.take(self)
        return BoundedAnswer(*args, exchange=exchange, seconds=self.registry.timeouts.body, **kwargs)

    def cut(self) -> None:
        """Shut the connection down, whoever uses it; the switchboard's lock is held."""
        if self.handle is not None:
            with contextlib.suppress(OSError):  # the other side was quicker
                self.handle.shutdown(socket.SHUT_RDWR)

    def connect(self) -> None:
        """Connect, and say in the exchange how far it came."""
        exchange = self.registry.take(self)
        self._connecting = True
        try:
            super().connect()
            self._check_peer()
        except BaseException as error:
            exchange.failure = error
            raise
        finally:
            self._connecting = False

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send for this thread's attempt."""
        self.registry.take(self)
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        """Write; everything but what a proxy is asked is the request, which leaves only if it may."""
        if self.sock is None:
            self.connect()
        if not self._connecting and self.owner is not None and not self.owner.reached:
            self._let_leave(self.owner)
        super().send(data)

    def _let_leave(self, exchange: InFlightRequest) -> None:
        """The first byte of the request is about to leave; ConnectionAbortedError when it must not."""
        exchange.withheld = not exchange.may_leave()
        if exchange.withheld or exchange.cut or self.registry.aborted:
            raise ConnectionAbortedError
        exchange.reached = True
        exchange.deadline = time.monotonic() + self.registry.timeouts.read

    def _check_peer(self) -> None:
        """Without encryption the other side is this computer."""

    def _tunnel(self) -> None:
        """Ask the proxy for the way; what comes then, the handshake, has a time of its own."""
        super()._tunnel()
        if self.owner is not None:
            if self.owner.cut:  # the library takes headers that break off for complete ones
                raise ConnectionAbortedError
            self.owner.tunnelled = True
            self.owner.deadline = time.monotonic() + self.registry.timeouts.connect

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
            self.registry.detach(self)

    def _is_unwanted(self) -> bool:
        """Whether a connection that is not there yet need not come any more."""
        return self.registry.aborted

    def _new_conn(self) -> socket.socket:
        limit = self.registry.timeouts.connect
        found = _look_up(self._dns_host.strip("[]"), self.port, limit, self._is_unwanted)
        sock = _dial(_only_here(found) if self.here else found, limit, self._is_unwanted)
        try:
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            self.registry.attach(self, sock)
        except OSError:
            sock.close()
            raise
        if self.owner is not None:
            self.owner.deadline = time.monotonic() + limit
        return sock


class AbortableTlsConnection(AbortableConnection, HTTPSConnection):
    """The same with TLS; each has its own context, because handshakes that share one wait for each other."""

    here = False

    def __init__(self, *args: Any, registry: ConnectionRegistry, **options: Any) -> None:
        """Verify by the board's rules, whatever the library would do."""
        super().__init__(*args, registry=registry, **{**options, "ssl_context": registry.context()})

    def _check_peer(self) -> None:
        """Refuse a certificate that names its host in the old way only."""
        ensure_named(self.sock)


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
