"""A peer on loopback that says exactly the bytes a test wants, and remembers every byte it heard."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass

from cg_uploader.api.connections import Timeouts
from cg_uploader.model.configuration import Address

TOKEN = b'{"access_token":"tok-123","token_type":"Bearer","expires_in":3600}'
QUICK = Timeouts(connect=2.0, read=2.0, body=2.0)
SECRET = "s3cr3t-value"
WAIT_SECONDS = 60.0
"""How long a peer waits for the other side, so that what hangs costs a minute."""

Act = bytes | Callable[[socket.socket], None]


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def hang(sock: socket.socket) -> None:
    """Say nothing until the other side goes."""
    with contextlib.suppress(OSError):
        while sock.recv(4096):
            pass


def hang_after(start: bytes) -> Act:
    """Say something, then nothing until the other side goes."""

    def act(sock: socket.socket) -> None:
        sock.sendall(start)
        hang(sock)

    return act


def close_after(start: bytes) -> Act:
    """Say something and close."""

    def act(sock: socket.socket) -> None:
        sock.sendall(start)
        raise EOFError

    return act


def reset(sock: socket.socket) -> None:
    """End the connection rudely."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    raise EOFError


@dataclass
class Heard:
    """One request as it came: which connection, and its bytes."""

    connection: int
    head: bytes
    body: bytes

    @property
    def line(self) -> bytes:
        return self.head.split(b"\r\n", 1)[0]

    @property
    def query(self) -> bytes:
        return self.line.split(b" ")[1].partition(b"?")[2]

    @property
    def headers(self) -> dict[str, str]:
        pairs = (line.decode("latin-1").split(": ", 1) for line in self.head.split(b"\r\n")[1:] if line)
        return {name.lower(): value for name, value in pairs}


def stop_listening(listener: socket.socket) -> None:
    """End an ``accept`` that waits: Linux needs the shutdown for that, Windows refuses it and needs the close alone."""
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


class Peer:
    """Answers PUT with the acts in turn (the last one again and again), POST with ``tokens`` likewise."""

    def __init__(self, acts: list[Act], tokens: list[Act] | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.acts = list(acts)
        self.tokens = list(tokens or [http(200, TOKEN)])
        self.heard: list[Heard] = []
        self.connections = 0
        self.arrived = threading.Condition()
        self._tls = tls
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def address(self) -> Address:
        return Address(f"{self.url}/oauth2/token", f"{self.url}/records/")

    @property
    def puts(self) -> list[Heard]:
        return [heard for heard in self.heard if heard.head.startswith(b"PUT")]

    @property
    def posts(self) -> list[Heard]:
        return [heard for heard in self.heard if heard.head.startswith(b"POST")]

    def wait_for_puts(self, count: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.puts) >= count, timeout=WAIT_SECONDS)

    def close(self) -> None:
        stop_listening(self._listener)
        self._accepting.join(WAIT_SECONDS)
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
            self.connections += 1
            self._open.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock, self.connections))
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        with contextlib.suppress(EOFError, OSError), contextlib.ExitStack() as stack:
            stack.callback(sock.close)
            if self._tls is not None:
                sock = stack.enter_context(self._tls.wrap_socket(sock, server_side=True))
                self._open.append(sock)  # the other object has nothing to close any more
            while True:
                self._answer(sock, *self._listen(sock), number)

    def _listen(self, sock: socket.socket) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._some(sock)
        head, _, body = data.partition(b"\r\n\r\n")
        length = next((int(x.split(b":")[1]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length")), 0)
        while len(body) < length:
            body += self._some(sock)
        return head, body

    def _some(self, sock: socket.socket) -> bytes:
        data = sock.recv(65536)
        if not data:
            raise EOFError
        return data

    def _answer(self, sock: socket.socket, head: bytes, body: bytes, number: int) -> None:
        with self.arrived:
            self.heard.append(Heard(number, head, body))
            acts = self.tokens if head.startswith(b"POST") else self.acts
            act = acts.pop(0) if len(acts) > 1 else acts[0]
            self.arrived.notify_all()
        if isinstance(act, bytes):
            sock.sendall(act)
        else:
            act(sock)


class Raw:
    """Accepts and hands each connection to ``act``, before any TLS."""

    def __init__(self, act) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard: list[bytes] = []
        self.greeted = threading.Event()
        self._act = act
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(WAIT_SECONDS)
            thread = threading.Thread(target=self._serve, args=(sock,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            try:
                self.heard.append(sock.recv(65536))
                self.greeted.set()
                self._act(sock)
            except (EOFError, OSError):
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        stop_listening(self._listener)
        for thread in self._threads:
            thread.join(WAIT_SECONDS)
