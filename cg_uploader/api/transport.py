"""One HTTP attempt through requests' adapter: what was received, or how it failed, as facts about bytes."""

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
    """A request that lacks only its query, and can be sent again and again."""

    prepared: PreparedRequest = field(repr=False)
    host: str
    proxy: Proxy | None  # None for a direct connection

    @property
    def proxies(self) -> dict[str, str]:
        """The proxy as the HTTP library takes it, without the login."""
        return {} if self.proxy is None else {"https": f"http://{self.proxy.host_port}"}

    @property
    def via(self) -> str:
        """The proxy as host:port, empty for none."""
        return "" if self.proxy is None else self.proxy.host_port


class Transport:
    """Sends requests.  Never follows a redirect, never retries, keeps no cookies, and reads no netrc.  Thread-safe.

    ``login_wanted`` is the host:port of a proxy that wants a user name and a password, or did not accept them.
    """

    def __init__(self, timeouts: Timeouts, ca_file: Path | None, proxies: Proxies) -> None:
        """Read ``ca_file`` once.

        Raises:
            UsageError: it holds no certificates that can be used.
        """
        logging.getLogger("urllib3.connectionpool").addFilter(_without_addresses)
        self._timeouts = timeouts
        self._registry = ConnectionRegistry(timeouts, functools.partial(trust, read_certificates(ca_file) if ca_file else None))
        self._adapter = _Adapter(self._registry)
        self._proxies = proxies
        self._by_script = functools.cache(by_script)
        self.login_wanted = ""
        self._limits = Timeout(connect=timeouts.connect, read=timeouts.read)

    def prepare(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Outgoing:
        """Return a request without its query.

        ``url`` is absolute.  ``headers`` are all that go out beside Host and Content-Length.

        Raises:
            NotReachable: kind ``proxy``, when the setting of the proxy cannot be used.
        """
        prepared = PreparedRequest()
        prepared.method, prepared.url, prepared.body = method, url, body
        prepared.headers = CaseInsensitiveDict({**headers, "Content-Length": str(len(body or b""))})
        proxy = self._proxies.of(url)
        if proxy is not None and proxy.login is not None:
            self._adapter.use_login(proxy.host_port, proxy.login.user, proxy.login.password)
        return Outgoing(prepared, urlsplit(url).hostname or "", proxy)

    def exchange(self, outgoing: Outgoing, query: str = "", may_leave: MayLeave = always) -> Received | Reply | None:
        """Send once.  Return what was received, or a reply that says what is certain: nothing left, not trusted, no answer.

        None when ``may_leave`` said no, before a connection was sought or when it stood.  Nothing left then.
        """
        if self._registry.aborted:
            return Reply(Answer.NOT_CONNECTED, message=message(ApiMessage.STOPPED))
        if not may_leave():
            return None
        attempt = self._registry.begin(query, may_leave)
        try:
            response = self._adapter.send(outgoing.prepared, stream=True, timeout=self._limits, proxies=outgoing.proxies)  # type: ignore[arg-type]
            return self._receive(attempt, response.raw)
        except (OSError, HTTPError, HTTPException, ValueError) as error:
            return None if attempt.withheld else self._failed(outgoing, attempt, error)
        finally:
            self._registry.end()

    def abort(self) -> None:
        """Cut everything in flight, from another thread.  Nothing goes out after that."""
        self._registry.abort()

    def close(self) -> None:
        """Cut everything in flight, and close all connections."""
        self._registry.abort()
        self._adapter.close()
        self._registry.close()

    def _receive(self, attempt: InFlightRequest, raw: BaseHTTPResponse) -> Received | Reply:
        """Read the body.  A connection that saw anything but one complete final answer is thrown away."""
        attempt.deadline = time.monotonic() + self._timeouts.body
        connection = attempt.connection
        last = connection is not None and connection.sock is None
        whole = False
        try:
            if raw.status < 200:
                return Reply(Answer.NOTHING, message=message(ApiMessage.ONLY_PROMISED))
            body, whole = self._read(attempt, raw)
            return Received(raw.status, raw.headers, body)
        finally:
            if not whole:
                raw.close()
            if last and connection is not None:
                self._registry.detach(connection, attempt)

    def _read(self, attempt: InFlightRequest, raw: BaseHTTPResponse) -> tuple[bytes | None, bool]:
        """Return (body or None when it was lost, whether the answer was read to its end).

        Of a longer body the first 64 KB count.  Of a broken one the beginning counts if it is a web page's: such an answer is
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
            whole = size <= MAX_BYTES and not attempt.cut
        except (OSError, HTTPError, HTTPException, ValueError):
            pass  # what it is worth is decided below
        body = b"".join(parts)
        if whole or size > MAX_BYTES or body.lstrip().startswith(b"<"):
            return body[:MAX_BYTES], whole
        return None, False

    def _failed(self, outgoing: Outgoing, attempt: InFlightRequest, error: Exception) -> Reply:
        """Say why there is no answer.  That nothing left is certain only if no byte of the request was let go."""
        if attempt.reached:
            late = attempt.cut or _is_timeout(error)
            return Reply(Answer.NOTHING, message=message(ApiMessage.NO_ANSWER_IN_TIME if late else ApiMessage.BROKE_OFF))
        if self._registry.aborted:
            return Reply(Answer.NOT_CONNECTED, message=message(ApiMessage.STOPPED))
        return self._not_connected(outgoing, attempt, error)

    def _not_connected(self, outgoing: Outgoing, attempt: InFlightRequest, error: Exception) -> Reply:
        """Say why there is no connection.  Nothing was sent."""
        cause = TimeoutError() if attempt.cut else attempt.failure or error
        by_proxy = bool(outgoing.via) and not attempt.tunnelled
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
        """Say that a proxy wants a user name and a password.  Nothing was sent."""
        if schemes and "basic" not in schemes:
            kinds = ", ".join(_SCHEMES.get(scheme, scheme) for scheme in schemes)
            return Reply(Answer.PROXY_LOGIN, message=message(ApiMessage.PROXY_SCHEMES, proxy=proxy.host_port, kinds=kinds))
        self.login_wanted = proxy.host_port
        kind = ApiMessage.PROXY_LOGIN if proxy.login is None else ApiMessage.PROXY_LOGIN_WRONG
        return Reply(Answer.PROXY_LOGIN, message=message(kind, proxy=proxy.host_port))

    def _needs_hint(self, outgoing: Outgoing) -> bool:
        """Tell whether the server is asked directly although the system finds its proxy by a script."""
        direct = outgoing.proxy is None and not is_loopback(outgoing.host)
        return direct and self._proxies.named == SYSTEM and self._proxies.found is None and bool(self._by_script())


class _Adapter(HTTPAdapter):
    """requests' adapter on connections that can be cut, without cookies.  The connections check certificates."""

    def __init__(self, registry: ConnectionRegistry) -> None:
        self._registry = registry
        self._logins: dict[str, str] = {}
        super().__init__(max_retries=0, pool_maxsize=MAX_CONNECTIONS)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool for a request, which makes connections that can be cut."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "ConnectionCls" not in vars(pool):
            pool.ConnectionCls = functools.partial(
                AbortableTlsConnection if pool.scheme == "https" else AbortableConnection, registry=self._registry
            )
        return pool

    def use_login(self, host_port: str, user: str, password: str) -> None:
        """Give the proxy at ``host_port`` this user name and password from now on."""
        self._logins[host_port] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        """Return the headers for the proxy itself.  No address ever holds a password."""
        login = self._logins.get(urlsplit(proxy).netloc)
        return {} if login is None else {"Proxy-Authorization": login}

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: every TLS connection brings a context that verifies."""

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        """Return the bare answer.  Headers are read from ``raw``, and cookies are never looked at."""
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
    """Return the status with which a proxy refused, or None.

    The standard library gives it in the text of its OSError and nowhere else.
    """
    start, _, rest = str(error).partition("Tunnel connection failed: ")
    return int(rest[:3]) if not start and rest[:3].isdecimal() else None


def _is_timeout(error: BaseException) -> bool:
    """Tell whether a time limit ended it, by whichever library's name."""
    return isinstance(error, (TimeoutError, RequestsTimeout, UrllibTimeout))


def _without_addresses(record: logging.LogRecord) -> bool:
    """Let only warnings of the HTTP library into logs: below that it writes addresses."""
    return record.levelno >= logging.WARNING
