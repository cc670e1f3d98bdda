"""One HTTP exchange through requests' adapter: what was received, or how it failed, as facts about bytes."""

from __future__ import annotations

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
from urllib.request import getproxies

from requests.adapters import HTTPAdapter
from requests.exceptions import Timeout as RequestsTimeout
from requests.models import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict
from requests.utils import select_proxy, should_bypass_proxies
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as UrllibTimeout

from cg_uploader.api.lines import Exchange, Line, Switchboard, Timeouts, TlsLine, trust
from cg_uploader.api.regions import is_loopback
from cg_uploader.api.replies import MOST_BYTES, Received
from cg_uploader.errors import UsageError
from cg_uploader.model import MOST_CONNECTIONS, Reply
from cg_uploader.vocabulary import Answer


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that is ready but for its query, and can be sent again and again; ``via`` is its proxy, as host:port."""

    prepared: PreparedRequest = field(repr=False)
    proxies: dict[str, str] = field(repr=False)
    host: str
    via: str


class Transport:
    """Sends; never follows a redirect, never retries, keeps no cookies, and reads no netrc.  Thread-safe."""

    def __init__(self, timeouts: Timeouts, ca_file: Path | None) -> None:
        """Look the system's proxies up, once.  UsageError for a ``ca_file`` that is of no use."""
        logging.getLogger("urllib3.connectionpool").addFilter(_without_addresses)
        self._timeouts = timeouts
        if ca_file is not None:
            _check_certificates(ca_file)
        self._board = Switchboard(timeouts, functools.partial(trust, ca_file))
        self._adapter = _Adapter(self._board)
        self._proxies = {scheme: url for scheme, url in getproxies().items() if scheme in ("http", "https", "all")}
        self._limits = Timeout(connect=timeouts.connect, read=timeouts.read)

    def prepare(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Outgoing:
        """A request without its query; ``url`` is absolute, ``headers`` are all that go out beside Host."""
        prepared = PreparedRequest()
        prepared.method, prepared.url, prepared.body = method, url, body
        prepared.headers = CaseInsensitiveDict({**headers, "Content-Length": str(len(body or b""))})
        host = urlsplit(url).hostname or ""
        direct = is_loopback(host) or should_bypass_proxies(url, no_proxy=None)
        proxies = {} if direct else self._proxies
        proxy = select_proxy(url, proxies)
        return Outgoing(prepared, proxies, host, _place(proxy) if proxy else "")

    def exchange(self, outgoing: Outgoing, query: str = "") -> Received | Reply:
        """Send once: what was received, or a reply that says what is certain (nothing left, not trusted, no answer)."""
        if self._board.aborted:
            return Reply(Answer.NOT_CONNECTED, message="Stopped before it was sent.")
        exchange = self._board.begin(query)
        try:
            response = self._adapter.send(outgoing.prepared, stream=True, timeout=self._limits, proxies=outgoing.proxies)  # type: ignore[arg-type]
            return self._receive(exchange, response.raw)
        except (OSError, HTTPError, HTTPException, ValueError) as error:
            return self._failed(outgoing, exchange, error)
        finally:
            self._board.end()

    def abort(self) -> None:
        """Cut everything in flight, from another thread; nothing goes out after that."""
        self._board.abort()

    def close(self) -> None:
        """End everything: what is in flight too."""
        self._board.abort()
        self._adapter.close()
        self._board.close()

    def _receive(self, exchange: Exchange, raw: BaseHTTPResponse) -> Received | Reply:
        """Read the body.  A connection that saw anything but one complete final answer is thrown away."""
        exchange.deadline = time.monotonic() + self._timeouts.body
        line = exchange.line
        last = line is not None and line.sock is None
        whole = False
        try:
            if raw.status < 200:
                return Reply(Answer.NOTHING, message="The answer was only a promise of one.")
            body, whole = self._read(exchange, raw)
            return Received(raw.status, raw.headers, body)
        finally:
            if not whole:
                raw.close()
            if last and line is not None:
                self._board.detach(line, exchange)

    def _read(self, exchange: Exchange, raw: BaseHTTPResponse) -> tuple[bytes | None, bool]:
        """(body or None when it was lost, whether the answer was read to its end).

        Of a longer body the first 64 KB count, and of a broken one its beginning if that is a web page's: such an answer is
        not CustomerGauge's, and must not pass for a success whose text was lost.
        """
        parts: list[bytes] = []
        size = 0
        whole = False
        try:
            while size <= MOST_BYTES and (part := raw.read(MOST_BYTES + 1 - size, decode_content=False)):
                parts.append(part)
                size += len(part)
            whole = size <= MOST_BYTES and not exchange.cut
        except (OSError, HTTPError, HTTPException, ValueError):
            pass  # what it is worth is decided below
        body = b"".join(parts)
        if whole or size > MOST_BYTES or body.lstrip().startswith(b"<"):
            return body[:MOST_BYTES], whole
        return None, False

    def _failed(self, outgoing: Outgoing, exchange: Exchange, error: Exception) -> Reply:
        """Why there is no answer.  Certain that nothing left: only if there never was a connection to write to."""
        if exchange.reached:
            late = exchange.cut or _is_timeout(error)
            return Reply(Answer.NOTHING, message="No answer came in time." if late else "The connection broke off.")
        if self._board.aborted:
            return Reply(Answer.NOT_CONNECTED, message="Stopped before it was sent.")
        cause = exchange.failure or error
        where = f"The proxy {outgoing.via}" if outgoing.via else outgoing.host
        if exchange.cut or (exchange.dialled and _is_timeout(cause)):
            return Reply(Answer.NOTHING, message=f"{where} did not answer in time.")
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
            return Reply(Answer.UNTRUSTED, message=_distrust(outgoing.host, cause))
        if (status := _tunnel_status(cause)) == 407:
            return Reply(Answer.COMPLETE, status)
        return Reply(Answer.NOT_CONNECTED, message=_obstacle(where, cause, self._timeouts.connect))


class _Adapter(HTTPAdapter):
    """requests' adapter with our lines below it; certificates are the lines' business, cookies nobody's."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        super().__init__(max_retries=0, pool_maxsize=MOST_CONNECTIONS)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool for a request, which makes our kind of connection."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "ConnectionCls" not in vars(pool):
            pool.ConnectionCls = functools.partial(TlsLine if pool.scheme == "https" else Line, board=self._board)
        return pool

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Nothing here: every TLS line brings a context that verifies."""

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        """The bare answer; headers are read from ``raw``, and cookies are never looked at."""
        response = Response()
        response.request, response.raw = req, resp
        return response


def _check_certificates(ca_file: Path) -> None:
    try:
        trust(ca_file)
    except OSError:
        raise UsageError(f"{ca_file.name} holds no certificates that can be read. Choose a file in PEM form.") from None


_UNTRUSTED_CODES = {
    9: "is not valid yet. Check the date and the time of this computer",
    10: "has expired. Check the date and the time of this computer; if they are right, tell whoever looks after the network",
    62: "belongs to another name",
    64: "belongs to another address",
}
_UNKNOWN_ISSUER = (
    "comes from an issuer that this computer does not trust. A proxy of your company may open connections: ask whoever "
    "looks after the network to have its certificate installed"
)
_ISSUER_CODES = (2, 18, 19, 20, 21)


def _distrust(host: str, error: ssl.SSLError) -> str:
    """Why a connection is not to be trusted, in words."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"No secure connection to {host} is possible: something on the way speaks another language. Nothing was sent."
    code = getattr(error, "verify_code", None)
    said = getattr(error, "verify_message", "").lower()
    if code in _ISSUER_CODES or "trust" in said or "issuer" in said:
        reason = _UNKNOWN_ISSUER
    elif "expired" in said:
        reason = _UNTRUSTED_CODES[10]
    else:
        reason = _UNTRUSTED_CODES.get(code or 0, "is not accepted by this computer")
    return f"The certificate of {host} {reason}. Nothing was sent."


def _obstacle(where: str, error: BaseException, seconds: float) -> str:
    """Why there is no connection, in words."""
    if (status := _tunnel_status(error)) is not None:
        return f"{where} refused to connect ({status})."
    if isinstance(error, socket.gaierror):
        return f"{where} was not found. Check the internet connection."
    if _is_timeout(error):
        return f"{where} did not answer within {seconds:g} seconds. Check the internet connection."
    if isinstance(error, ConnectionRefusedError):
        return f"{where} refused the connection."
    if isinstance(error, OSError) and error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return f"There is no way to {where}. Check the internet connection."
    return f"{where} could not be connected."


def _tunnel_status(error: BaseException) -> int | None:
    """The status with which a proxy refused, as the standard library words it."""
    start, _, rest = str(error).partition("Tunnel connection failed: ")
    return int(rest[:3]) if not start and rest[:3].isdecimal() else None


def _is_timeout(error: BaseException) -> bool:
    """Whether a time limit ended it, by whichever library's name."""
    return isinstance(error, (TimeoutError, RequestsTimeout, UrllibTimeout))


def _place(proxy: str) -> str:
    """Host and port of a proxy's address, without the password that may stand before them."""
    return proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/")


def _without_addresses(record: logging.LogRecord) -> bool:
    """Lets only warnings of the HTTP library into logs: below that it writes addresses."""
    return record.levelno >= logging.WARNING
