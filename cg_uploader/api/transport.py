"""One HTTP exchange through requests' adapter: what was received, or how it failed, as facts about bytes."""

from __future__ import annotations

import base64
import errno
import functools
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from requests.exceptions import Timeout as RequestsTimeout
from requests.models import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as UrllibTimeout

from cg_uploader.api.answers import ProxyLoginRefused
from cg_uploader.api.connections import (
    AbortableConnection,
    AbortableTlsConnection,
    ConnectionRegistry,
    InFlightRequest,
    Timeouts,
)
from cg_uploader.api.messages import ApiMessage
from cg_uploader.api.proxies import SYSTEM, Proxies, Proxy, by_script
from cg_uploader.api.replies import MAX_BYTES, Received
from cg_uploader.api.tls import distrust, read_certificates, trust
from cg_uploader.api.token import MayLeave, always
from cg_uploader.model.configuration import MAX_CONNECTIONS
from cg_uploader.model.enums import Answer
from cg_uploader.model.message import Message, Text, message
from cg_uploader.model.request import Reply
from cg_uploader.system.loopback import is_loopback


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that is ready but for its query, and can be sent again and again; ``proxy`` None: straight there."""

    prepared: PreparedRequest = field(repr=False)
    host: str
    proxy: Proxy | None

    @property
    def proxies(self) -> dict[str, str]:
        """The proxy as the HTTP library wants it, without the login."""
        return {} if self.proxy is None else {"https": f"http://{self.proxy.host_port}"}

    @property
    def via(self) -> str:
        """The proxy as host:port; empty for none."""
        return "" if self.proxy is None else self.proxy.host_port


class Transport:
    """Sends; never follows a redirect, never retries, keeps no cookies, and reads no netrc.  Thread-safe.

    ``login_wanted``: the host:port of a proxy that has asked for a user name and a password, or did not accept them.
    """

    def __init__(self, timeouts: Timeouts, ca_file: Path | None, proxies: Proxies) -> None:
        """UsageError for a ``ca_file`` that is of no use; it is read here, and not again."""
        logging.getLogger("urllib3.connectionpool").addFilter(_without_addresses)
        self._timeouts = timeouts
        self._registry = ConnectionRegistry(timeouts, functools.partial(trust, read_certificates(ca_file) if ca_file else None))
        self._adapter = _Adapter(self._registry)
        self._proxies = proxies
        self._by_script = functools.cache(by_script)
        self.login_wanted = ""
        self._limits = Timeout(connect=timeouts.connect, read=timeouts.read)

    def prepare(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Outgoing:
        """A request without its query; ``url`` is absolute, ``headers`` are all that go out beside Host.

        NotReachable, kind *proxy*, when the setting of the proxy cannot be used.
        """
        prepared = PreparedRequest()
        prepared.method, prepared.url, prepared.body = method, url, body
        prepared.headers = CaseInsensitiveDict({**headers, "Content-Length": str(len(body or b""))})
        proxy = self._proxies.of(url)
        if proxy is not None and proxy.login is not None:
            self._adapter.introduce(proxy.host_port, proxy.login.user, proxy.login.password)
        return Outgoing(prepared, urlsplit(url).hostname or "", proxy)

    def exchange(self, outgoing: Outgoing, query: str = "", may_leave: MayLeave = always) -> Received | Reply | None:
        """Send once: what was received, or a reply that says what is certain (nothing left, not trusted, no answer).

        None: ``may_leave`` said no, before a connection was sought or when it stood; nothing left.
        """
        if self._registry.aborted:
            return Reply(Answer.NOT_CONNECTED, message=message(ApiMessage.STOPPED))
        if not may_leave():
            return None
        exchange = self._registry.begin(query, may_leave)
        try:
            response = self._adapter.send(outgoing.prepared, stream=True, timeout=self._limits, proxies=outgoing.proxies)  # type: ignore[arg-type]
            return self._receive(exchange, response.raw)
        except (OSError, HTTPError, HTTPException, ValueError) as error:
            return None if exchange.withheld else self._failed(outgoing, exchange, error)
        finally:
            self._registry.end()

    def abort(self) -> None:
        """Cut everything in flight, from another thread; nothing goes out after that."""
        self._registry.abort()

    def close(self) -> None:
        """End everything: what is in flight too."""
        self._registry.abort()
        self._adapter.close()
        self._registry.close()

    def _receive(self, exchange: InFlightRequest, raw: BaseHTTPResponse) -> Received | Reply:
        """Read the body.  A connection that saw anything but one complete final answer is thrown away."""
        exchange.deadline = time.monotonic() + self._timeouts.body
        line = exchange.line
        last = line is not None and line.sock is None
        whole = False
        try:
            if raw.status < 200:
                return Reply(Answer.NOTHING, message=message(ApiMessage.ONLY_PROMISED))
            body, whole = self._read(exchange, raw)
            return Received(raw.status, raw.headers, body)
        finally:
            if not whole:
                raw.close()
            if last and line is not None:
                self._registry.detach(line, exchange)

    def _read(self, exchange: InFlightRequest, raw: BaseHTTPResponse) -> tuple[bytes | None, bool]:
        """(body or None when it was lost, whether the answer was read to its end).

        Of a longer body the first 64 KB count, and of a broken one its beginning if that is a web page's: such an answer is
        not CustomerGauge's, and must not pass for a success whose text was lost.
        """
        parts: list[bytes] = []
        size = 0
        whole = False
        read = raw.read1 if raw.chunked else raw.read  # of chunks that break off, what came before counts
        try:
            while size <= MAX_BYTES and (part := read(MAX_BYTES + 1 - size, decode_content=False)):
                parts.append(part)
                size += len(part)
            whole = size <= MAX_BYTES and not exchange.cut
        except (OSError, HTTPError, HTTPException, ValueError):
            pass  # what it is worth is decided below
        body = b"".join(parts)
        if whole or size > MAX_BYTES or body.lstrip().startswith(b"<"):
            return body[:MAX_BYTES], whole
        return None, False

    def _failed(self, outgoing: Outgoing, exchange: InFlightRequest, error: Exception) -> Reply:
        """Why there is no answer.  Certain that nothing left: only if no byte of the request was let go."""
        if exchange.reached:
            late = exchange.cut or _is_timeout(error)
            return Reply(Answer.NOTHING, message=message(ApiMessage.NO_ANSWER_IN_TIME if late else ApiMessage.BROKE_OFF))
        if self._registry.aborted:
            return Reply(Answer.NOT_CONNECTED, message=message(ApiMessage.STOPPED))
        cause = TimeoutError() if exchange.cut else exchange.failure or error
        by_proxy = bool(outgoing.via) and not exchange.tunnelled
        where = message(ApiMessage.THE_PROXY, proxy=outgoing.via) if by_proxy else outgoing.host
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return Reply(Answer.UNTRUSTED, message=distrust(outgoing.host, cause, outgoing.via))
        if isinstance(cause, ProxyLoginRefused) and outgoing.proxy is not None:
            return self._refused_by(outgoing.proxy, cause.schemes)
        obstacle = _obstacle(where, cause, self._timeouts.connect)
        if self._needs_hint(outgoing):
            obstacle = message(ApiMessage.WITH_HINT, obstacle=obstacle, hint=message(ApiMessage.PROXY_BY_SCRIPT))
        return Reply(Answer.NOT_CONNECTED, message=obstacle)

    def _refused_by(self, proxy: Proxy, schemes: tuple[str, ...]) -> Reply:
        """A proxy that wants to know who asks; nothing was sent."""
        if schemes and "basic" not in schemes:
            kinds = ", ".join(_SCHEMES.get(scheme, scheme) for scheme in schemes)
            return Reply(Answer.PROXY_LOGIN, message=message(ApiMessage.PROXY_SCHEMES, proxy=proxy.host_port, kinds=kinds))
        self.login_wanted = proxy.host_port
        kind = ApiMessage.PROXY_LOGIN if proxy.login is None else ApiMessage.PROXY_LOGIN_WRONG
        return Reply(Answer.PROXY_LOGIN, message=message(kind, proxy=proxy.host_port))

    def _needs_hint(self, outgoing: Outgoing) -> bool:
        """Whether there is no way straight to the other side, and the system's proxy is found by a script."""
        straight = outgoing.proxy is None and not is_loopback(outgoing.host)
        return straight and self._proxies.named == SYSTEM and self._proxies.found is None and bool(self._by_script())


class _Adapter(HTTPAdapter):
    """requests' adapter with our lines below it; certificates are the lines' business, cookies nobody's."""

    def __init__(self, registry: ConnectionRegistry) -> None:
        self._registry = registry
        self._introductions: dict[str, str] = {}
        super().__init__(max_retries=0, pool_maxsize=MAX_CONNECTIONS)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool for a request, which makes our kind of connection."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "ConnectionCls" not in vars(pool):
            pool.ConnectionCls = functools.partial(
                AbortableTlsConnection if pool.scheme == "https" else AbortableConnection, registry=self._registry
            )
        return pool

    def introduce(self, host_port: str, user: str, password: str) -> None:
        """Say who asks to the proxy at ``host_port`` from now on."""
        self._introductions[host_port] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """What the proxy itself is told; no address ever holds a password."""
        introduction = self._introductions.get(urlsplit(proxy).netloc)
        return {} if introduction is None else {"Proxy-Authorization": introduction}

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Nothing here: every TLS line brings a context that verifies."""

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        """The bare answer; headers are read from ``raw``, and cookies are never looked at."""
        response = Response()
        response.request, response.raw = req, resp
        return response


_SCHEMES = {"ntlm": "NTLM", "negotiate": "Negotiate", "digest": "Digest", "bearer": "Bearer"}


def _obstacle(where: Text, error: BaseException, seconds: float) -> Message:
    """Say why there is no connection."""
    if (status := _tunnel_status(error)) is not None:
        return message(ApiMessage.TUNNEL_REFUSED, where=where, status=status)
    if isinstance(error, socket.gaierror):
        return message(ApiMessage.NOT_FOUND, where=where)
    if _is_timeout(error):
        return message(ApiMessage.TIMED_OUT, where=where, seconds=f"{seconds:g}")
    if isinstance(error, ConnectionRefusedError):
        return message(ApiMessage.CONNECTION_REFUSED, where=where)
    if isinstance(error, OSError) and error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return message(ApiMessage.NO_WAY, where=where)
    return message(ApiMessage.NOT_CONNECTED, where=where)


def _tunnel_status(error: BaseException) -> int | None:
    """The status with which a proxy refused, as the standard library words it."""
    start, _, rest = str(error).partition("Tunnel connection failed: ")
    return int(rest[:3]) if not start and rest[:3].isdecimal() else None


def _is_timeout(error: BaseException) -> bool:
    """Whether a time limit ended it, by whichever library's name."""
    return isinstance(error, (TimeoutError, RequestsTimeout, UrllibTimeout))


def _without_addresses(record: logging.LogRecord) -> bool:
    """Lets only warnings of the HTTP library into logs: below that it writes addresses."""
    return record.levelno >= logging.WARNING
