"""The connections below the HTTP library: another thread can cut each of them, at a time limit or when the user stops."""

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
    """Time limits in seconds."""

    # For each of: finding and reaching the server, the tunnel through a proxy, and the TLS handshake.
    connect: float = 10.0
    # From the first byte of a request until the headers of its answer are complete.
    read: float = 60.0
    # For the whole body of an answer, and for its whole head once that has begun.
    body: float = 10.0


class InFlightRequest:
    """One attempt under way in one thread.

    Attributes:
        query: goes out behind the path.
        may_leave: is asked before the first byte of the request.
        withheld: whether ``may_leave`` said no.
        reached: whether bytes of the request may have left.
        tunnelled: whether a proxy has opened the tunnel.
        failure: why no connection was made.
        connection: the connection that the attempt uses.
        cut: whether the attempt was ended by another thread, or for the size of the answer.
        deadline: when its time is up, in seconds of the monotonic clock.
    """

    __slots__ = ("connection", "cut", "deadline", "failure", "may_leave", "query", "reached", "tunnelled", "withheld")

    def __init__(self, query: str, may_leave: MayLeave) -> None:
        self.query = query
        self.may_leave = may_leave
        self.withheld = False
        self.reached = False
        self.tunnelled = False
        self.failure: BaseException | None = None
        self.connection: AbortableConnection | None = None
        self.cut = False
        self.deadline = math.inf


class ConnectionRegistry:
    """Know every connection and the attempt that uses it, cut those whose time is up, and all of them on ``abort``."""

    def __init__(self, timeouts: Timeouts, context: Callable[[], ssl.SSLContext]) -> None:
        """``context`` makes the TLS context of one connection."""
        self.timeouts = timeouts
        self.context = context
        self.aborted = False
        self._changed = threading.Condition()
        self._in_flight: dict[int, InFlightRequest] = {}
        self._connections: set[AbortableConnection] = set()
        self._tick = min(_MAX_TICK_SECONDS, timeouts.body / 4)
        self._watcher: threading.Thread | None = None
        self._idle = False
        self._closed = False

    def begin(self, query: str, may_leave: MayLeave) -> InFlightRequest:
        """Begin this thread's attempt."""
        attempt = InFlightRequest(query, may_leave)
        with self._changed:
            self._in_flight[threading.get_ident()] = attempt
            if self._watcher is None and not self._closed:
                self._watcher = threading.Thread(target=self._watch, name="time-limits", daemon=True)
                self._watcher.start()
            elif self._idle:
                self._changed.notify()
        return attempt

    def end(self) -> None:
        """End this thread's attempt."""
        with self._changed:
            del self._in_flight[threading.get_ident()]

    def take(self, connection: AbortableConnection) -> InFlightRequest:
        """Hand ``connection`` to this thread's attempt."""
        attempt = self._in_flight[threading.get_ident()]
        with self._changed:
            attempt.connection = connection
            connection.owner = attempt
        return attempt

    def attach(self, connection: AbortableConnection, sock: socket.socket) -> None:
        """Keep a second handle on a new connection.

        Raises:
            ConnectionAbortedError: nothing may go out any more.
        """
        handle = sock.dup()
        with self._changed:
            if not self.aborted:
                connection.handle = handle
                self._connections.add(connection)
                return
        handle.close()
        raise ConnectionAbortedError

    def detach(self, connection: AbortableConnection, owner: InFlightRequest | None = None) -> None:
        """Close the second handle.  With ``owner``, only if the connection still belongs to it."""
        with self._changed:
            if connection.handle is not None and (owner is None or connection.owner is owner):
                connection.handle.close()
                connection.handle = None
                self._connections.discard(connection)

    def abort(self) -> None:
        """Cut every connection, and allow no new one."""
        with self._changed:
            self.aborted = True
            for attempt in self._in_flight.values():
                attempt.cut = True
            for connection in self._connections:
                connection.cut()

    def close(self) -> None:
        """End the thread that watches the time limits."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.join()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                self._idle = not self._in_flight
                self._changed.wait(None if self._idle else self._tick)
                self._idle = False
                now = time.monotonic()
                for attempt in self._in_flight.values():
                    if attempt.deadline < now and attempt.connection is not None and attempt.connection.owner is attempt:
                        attempt.cut = True
                        attempt.connection.cut()


class AbortableConnection(HTTPConnection):
    """A connection that the registry knows and that adds the query itself.

    The HTTP library never sees a query.  So it can neither rewrite its percent-encoding, nor spend time on it, nor repeat it
    in exceptions and logs.
    """

    # Without encryption nothing leaves this computer, whatever address a name resolves to.
    loopback_only = True

    def __init__(self, *args: Any, registry: ConnectionRegistry, **options: Any) -> None:
        """``registry`` keeps track of it.  The other arguments are the HTTP library's."""
        super().__init__(*args, **options)
        self.registry = registry
        self.handle: socket.socket | None = None
        self.owner: InFlightRequest | None = None
        self._connecting = False
        self._answering = False

    def response_class(self, *args: Any, **kwargs: Any) -> BoundedAnswer:  # type: ignore[override]
        """Return the answer that is read on this connection."""
        attempt = self.owner or self.registry.take(self)
        return BoundedAnswer(*args, attempt=attempt, seconds=self.registry.timeouts.body, **kwargs)

    def cut(self) -> None:
        """Shut the connection down, whichever attempt uses it.  The caller holds the registry's lock."""
        if self.handle is not None:
            with contextlib.suppress(OSError):  # the other side was quicker
                self.handle.shutdown(socket.SHUT_RDWR)

    def connect(self) -> None:
        """Connect, and record in the attempt how far that came."""
        attempt = self.registry.take(self)
        self._connecting = True
        try:
            super().connect()
            self._check_peer()
        except BaseException as error:  # kept with the attempt, and raised again
            attempt.failure = error
            raise
        finally:
            self._connecting = False

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send for this thread's attempt."""
        self.registry.take(self)
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        """Write.  What is written while connecting is for a proxy, all else is the request, which leaves only if it may."""
        if self.sock is None:
            self.connect()
        if not self._connecting and self.owner is not None and not self.owner.reached:
            self._let_leave(self.owner)
        super().send(data)

    def _let_leave(self, attempt: InFlightRequest) -> None:
        """Ask whether the first byte of the request may leave, and start its time limit.

        Raises:
            ConnectionAbortedError: it must not leave.
        """
        attempt.withheld = not attempt.may_leave()
        if attempt.withheld or attempt.cut or self.registry.aborted:
            raise ConnectionAbortedError
        attempt.reached = True
        attempt.deadline = time.monotonic() + self.registry.timeouts.read

    def _check_peer(self) -> None:
        """Check nothing: without encryption the server is this computer."""

    def _tunnel(self) -> None:
        """Ask the proxy for a tunnel.  The handshake that follows has a time limit of its own."""
        super()._tunnel()
        if self.owner is not None:
            if self.owner.cut:  # the library takes headers that break off for complete ones
                raise ConnectionAbortedError
            self.owner.tunnelled = True
            self.owner.deadline = time.monotonic() + self.registry.timeouts.connect

    def putrequest(self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False) -> None:
        """Write the request connection, with the query to the byte."""
        query = self.owner.query if self.owner is not None else ""
        super().putrequest(method, f"{url}?{query}" if query else url, skip_host, skip_accept_encoding)

    def getresponse(self) -> Any:
        """Read the headers.

        A connection that ends with its answer counts as closed by then, although the body is still to come.
        """
        self._answering = True
        try:
            return super().getresponse()
        finally:
            self._answering = False

    def close(self) -> None:
        """Close both handles."""
        super().close()
        if not self._answering:
            self.registry.detach(self)

    def _is_unwanted(self) -> bool:
        """Tell whether a connection that is still being made is no longer wanted."""
        return self.registry.aborted

    def _new_conn(self) -> socket.socket:
        limit = self.registry.timeouts.connect
        addresses = _look_up(self._dns_host.strip("[]"), self.port, limit, self._is_unwanted)
        sock = _dial(_loopback_addresses(addresses) if self.loopback_only else addresses, limit, self._is_unwanted)
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
    """The same with TLS.  Each has its own context, because handshakes that share one wait for each other."""

    loopback_only = False

    def __init__(self, *args: Any, registry: ConnectionRegistry, **options: Any) -> None:
        """Verify by the registry's TLS context, whatever the library would choose."""
        super().__init__(*args, registry=registry, **{**options, "ssl_context": registry.context()})

    def _check_peer(self) -> None:
        """Refuse a certificate that names its host in the subject only."""
        ensure_named(self.sock)


def _loopback_addresses(addresses: list[Any]) -> list[Any]:
    """Return those of ``addresses`` that are this computer's."""
    loopback_only = [one for one in addresses if is_loopback(str(one[4][0]))]
    if not loopback_only:
        raise socket.gaierror(socket.EAI_NONAME, "not on this computer")
    return loopback_only


def _dial(addresses: list[Any], seconds: float, unwanted: Callable[[], bool]) -> socket.socket:
    """Return a socket that is connected to the first of ``addresses`` that answers.

    Each address gets an equal share of ``seconds``, but at least a quarter.
    """
    end = time.monotonic() + seconds
    failure: OSError = TimeoutError()
    for left, (family, kind, protocol, _, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
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
    """Return the addresses of ``host``, as getaddrinfo gives them.

    Nothing can interrupt a look-up.  Its thread is left behind when its time is up.
    """
    addresses: list[Any] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            addresses.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
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
    return addresses


def _reach(sock: socket.socket, address: Any, seconds: float, unwanted: Callable[[], bool]) -> None:
    """Connect within ``seconds``, and stop early once the connection is not wanted any more."""
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
