"""Peers and clients that end with their test."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator

import pytest
from raw_peer import QUICK, SECRET, Act, Peer, http

from cg_uploader.api.client import Client
from cg_uploader.model.configuration import Address, Credentials
from cg_uploader.model.request import Request


@pytest.fixture
def peer() -> Iterator[Callable[..., Peer]]:
    """Makes peers that are closed when the test ends."""
    with contextlib.ExitStack() as stack:

        def make(*acts: Act, tokens: list[Act] | None = None, tls: ssl.SSLContext | None = None) -> Peer:
            made = Peer(list(acts) or [http(200)], tokens, tls)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Client]]:
    """Makes clients that are closed when the test ends; no proxy of this computer's has a say."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with contextlib.ExitStack() as stack:

        def make(address: Address, **options: object) -> Client:
            options.setdefault("timeouts", QUICK)
            made = Client(address, Credentials("id-1", SECRET), **options)  # type: ignore[arg-type]
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def row() -> Callable[..., Request]:
    """Makes a row for an address."""

    def make(address: Address, *pairs: tuple[str, str], number: int = 2) -> Request:
        return Request(number, address.records, "contact", pairs or (("Email", "ann@example.org"),))

    return make
