"""A practice server per test, and a client made of a bare socket, so that every byte of both sides is the test's own."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from cg_uploader.practice import faults
from cg_uploader.practice.server import PracticeServer


@dataclass
class Got:
    """What came back: None as status means the connection ended without one."""

    status: int | None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    interim: tuple[int, ...] = ()
    whole: bool = True

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection to a server."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.buffer = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def write(self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)

    def more(self) -> bool:
        try:
            piece = self.socket.recv(65_536)
        except ConnectionError:
            return False
        self.buffer += piece
        return bool(piece)

    def head(self) -> tuple[int, dict[str, str]] | None:
        while b"\r\n\r\n" not in self.buffer:
            if not self.more():
                return None
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        return int(first.split(" ")[1]), {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}

    def read(self) -> Got:
        interim: tuple[int, ...] = ()
        while (head := self.head()) and head[0] < 200:
            interim += (head[0],)
        if head is None:
            return Got(None, interim=interim)
        status, headers = head
        if "transfer-encoding" in headers:
            return self.chunked(status, headers)
        size = int(headers.get("content-length", "0"))
        while len(self.buffer) < size:
            if not self.more():
                return Got(status, headers, self.buffer, interim, whole=False)
        body, self.buffer = self.buffer[:size], self.buffer[size:]
        return Got(status, headers, body, interim)

    def chunked(self, status: int, headers: dict[str, str]) -> Got:
        while not self.buffer.endswith(b"0\r\n\r\n"):
            if not self.more():
                return Got(status, headers, self.buffer, whole=False)
        pieces, rest, self.buffer = [], self.buffer, b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            pieces.append(rest[: int(size, 16)])
            rest = rest[int(size, 16) + 2 :]
        return Got(status, headers, b"".join(pieces))

    def ask(self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Got:
        self.write(method, target, headers, body)
        return self.read()


class Customer:
    """Somebody who is signed in at a practice server and puts records to it."""

    def __init__(self, server: PracticeServer) -> None:
        self.server = server
        self.headers = {"Accept": "application/json", "Authorization": ""}

    def sign_in(self, **form: str) -> Got:
        fields = {"grant_type": "client_credentials", "client_id": "ann", "client_secret": "s3cret"} | form
        body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
        with Wire(self.server.port) as wire:
            got = wire.ask("POST", "/oauth2/token", {"Content-Type": "application/x-www-form-urlencoded"}, body)
        with contextlib.suppress(ValueError):
            self.headers["Authorization"] = f"Bearer {got.json().get('access_token')}"
        return got

    def put(self, query: str, **headers: str) -> Got:
        with Wire(self.server.port) as wire:
            return wire.ask("PUT", f"/records/?{query}", self.headers | headers)

    def contact(self, email: str = "ann@example.org") -> Got:
        return self.put(f"configuration=contact&record%5BEmail%5D={email}")


@pytest.fixture
def practice() -> Iterator[Callable[..., Customer]]:
    """Start a server with a script given as JSON values, and return a customer who is signed in."""
    with contextlib.ExitStack() as stack:

        def start(script: object = None, **options: Any) -> Customer:
            chosen = faults.parse(script) if script is not None else None
            customer = Customer(stack.enter_context(PracticeServer(script=chosen, **options)))
            if not chosen or not chosen.token:
                customer.sign_in()
            return customer

        yield start


@pytest.fixture
def connect() -> Iterator[Callable[[Customer], Wire]]:
    """Open a bare connection to a customer's server."""
    with contextlib.ExitStack() as stack:
        yield lambda customer: stack.enter_context(Wire(customer.server.port))
