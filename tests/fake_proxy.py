"""A proxy on loopback that opens tunnels into a pretend CustomerGauge of its own, and keeps all that it received."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType

TOKEN = b'{"access_token":"tok-123","token_type":"Bearer","expires_in":3600}'
AUTH, RECORDS = "auth.eu.customergauge.com", "imports.api.eu.customergauge.com"

Way = ssl.SSLContext | bytes
"""How a host answers in the tunnel: with these TLS rules, or with these bytes and no TLS."""
Records = Callable[[int], bytes]
WAIT_SECONDS = 60.0
"""How long it waits for the other side."""


def answer(status: int, body: bytes = b"", *headers: str) -> bytes:
    """Return a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class FakeProxy:
    """``asked``: every CONNECT as it came.  ``inside``: every request that was readable.  ``seen``: all bytes on the wire.

    ``ways``: host → how it answers.  ``login``: "user:password" that is wanted.  ``records`` answers the n-th PUT, from 1.
    """

    def __init__(
        self,
        ways: dict[str, Way],
        *,
        login: str | None = None,
        challenge: str = 'Proxy-Authenticate: Basic realm="office"',
        records: Records = lambda _: answer(200),
        demand_from: int = 1,
    ) -> None:
        self.asked: list[bytes] = []
        self.inside: list[bytes] = []
        self.seen = b""
        self._ways, self._login, self._challenge, self._records = ways, login, challenge, records
        self._demand_from = demand_from
        self._puts = 0
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept)]

    @property
    def environment(self) -> dict[str, str]:
        """The environment that makes a program use it."""
        return {"HTTPS_PROXY": f"http://127.0.0.1:{self.port}"}

    @property
    def targets(self) -> set[str]:
        """Every host:port that was asked for."""
        return {head.split(b" ")[1].decode() for head in self.asked}

    @property
    def puts(self) -> list[bytes]:
        """The requests for records."""
        return [head for head in self.inside if head.startswith(b"PUT")]

    def __enter__(self) -> FakeProxy:
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(OSError):  # Windows refuses it, and needs the close alone
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(WAIT_SECONDS)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(WAIT_SECONDS)
            self._open.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError, EOFError):
            head = _until(sock, b"\r\n\r\n")
            with self._lock:
                self.asked.append(head)
                self.seen += head
                number = len(self.asked)
            if self._login is not None and number >= self._demand_from and not self._knows(head):
                sock.sendall(f"HTTP/1.1 407 Who?\r\n{self._challenge}\r\nContent-Length: 0\r\n\r\n".encode())
                return
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            way = self._ways[head.split(b" ")[1].decode().partition(":")[0]]
            if isinstance(way, bytes):
                self.seen += sock.recv(65536)
                sock.sendall(way)
            else:
                self._speak(sock, way)

    def _knows(self, head: bytes) -> bool:
        wanted = base64.b64encode((self._login or "").encode())
        return b"\r\nProxy-Authorization: Basic " + wanted + b"\r\n" in head

    def _speak(self, sock: socket.socket, rules: ssl.SSLContext) -> None:
        """Speak TLS by hand, so that every byte that came is seen, also when the handshake fails."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = rules.wrap_bio(incoming, outgoing, server_side=True)
        data = b""

        def more() -> None:
            sock.sendall(outgoing.read())
            came = sock.recv(65536)
            if not came:
                raise EOFError
            with self._lock:
                self.seen += came
            incoming.write(came)

        def do(action: Callable[[], bytes | None]) -> bytes | None:
            while True:
                try:
                    return action()
                except ssl.SSLWantReadError:
                    more()

        try:
            do(tls.do_handshake)
            while True:
                while b"\r\n\r\n" not in data:
                    data += do(lambda: tls.read(65536)) or _gone()
                head, _, data = data.partition(b"\r\n\r\n")
                length = next((int(x[15:]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), 0)
                while len(data) < length:
                    data += do(lambda: tls.read(65536)) or _gone()
                data = data[length:]
                tls.write(self._reply(head))
                sock.sendall(outgoing.read())
        except ssl.SSLError:
            with contextlib.suppress(OSError):
                sock.sendall(outgoing.read())

    def _reply(self, head: bytes) -> bytes:
        with self._lock:
            self.inside.append(head)
            if head.startswith(b"POST"):
                return answer(200, TOKEN, "Set-Cookie: crumb=1; Path=/")
            self._puts += 1
            return self._records(self._puts)


def _gone() -> bytes:
    raise EOFError


def _until(sock: socket.socket, end: bytes) -> bytes:
    data = b""
    while not data.endswith(end):
        data += sock.recv(1) or _gone()
    return data
