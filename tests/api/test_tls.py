"""Certificates and proxies: nothing leaves on a connection that is not to be trusted, and each reason is said in words."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from certificates import Authority
from raw_peer import close_after, hang, hang_after, http, reset

from cg_uploader.api.lines import Timeouts
from cg_uploader.api.transport import Transport
from cg_uploader.errors import NotReachable, UsageError
from cg_uploader.model import Address, Reply, Request
from cg_uploader.vocabulary import Answer

SHORT = Timeouts(connect=0.5, read=0.5, body=0.5)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def _send(client, signer, records: str, **options) -> Reply:
    """Sign in where that works, and send a row to ``records``."""
    address = Address(signer.address.auth, records)
    return client(address, **options).send(Request(2, records, "c", (("Email", "ann@example.org"),)))


def test_a_trusted_connection(peer, client, authority):
    server = peer(tls=authority.server("127.0.0.1"))
    reply = _send(client, server, server.address.records, ca_file=authority.file)
    assert (reply.answer, reply.status) == (Answer.COMPLETE, 200)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("names", "days", "host", "trusted", "said"),
    [
        (["127.0.0.1"], (-10, 10), "127.0.0.1", False, "issuer that this computer does not trust. A proxy of your company"),
        (["127.0.0.1"], (-10, -1), "127.0.0.1", True, "has expired"),
        (["127.0.0.1"], (5, 10), "127.0.0.1", True, "is not valid yet"),
        (["api.example.org"], (-10, 10), "localhost", True, "belongs to another name"),
        (["api.example.org"], (-10, 10), "127.0.0.1", True, "belongs to another address"),
    ],
)
def test_an_untrusted_connection(peer, client, authority, names, days, host, trusted, said):
    signer = peer()
    server = peer(tls=authority.server(*names, days=days))
    records = f"https://{host}:{server.port}/records/"
    reply = _send(client, signer, records, ca_file=authority.file if trusted else None)
    assert reply.answer is Answer.UNTRUSTED
    assert said in reply.message
    assert reply.message.endswith("Nothing was sent.")
    assert server.heard == []


def test_a_sign_in_that_is_not_trusted_stops_everything(peer, client, authority):
    server = peer(tls=authority.server("127.0.0.1"))
    sender = client(server.address)
    with pytest.raises(NotReachable, match="does not trust") as caught:
        sender.sign_in()
    assert caught.value.kind == "untrusted"
    assert sender.send(Request(2, server.address.records, "c", ())).answer is Answer.UNTRUSTED
    assert server.heard == []


def test_what_is_not_tls_is_not_trusted(peer, client):
    with Raw(close_after(http(400, b"<h1>plain HTTP</h1>"))) as plain:
        reply = _send(client, peer(), f"https://127.0.0.1:{plain.port}/records/")
        assert reply.answer is Answer.UNTRUSTED
        assert "speaks another language" in reply.message
        assert b"ann" not in plain.heard[0]


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
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)


def test_a_handshake_that_hangs_proves_nothing(peer, client):
    with Raw(hang) as mute:
        reply = _send(client, peer(), f"https://127.0.0.1:{mute.port}/records/", timeouts=SHORT)
    assert reply.answer is Answer.NOTHING


@pytest.mark.parametrize("act", [close_after(b""), reset])
def test_a_handshake_that_breaks_off_is_no_connection(peer, client, act):
    with Raw(act) as rude:
        reply = _send(client, peer(), f"https://127.0.0.1:{rude.port}/records/", timeouts=SHORT)
    assert reply.answer is Answer.NOT_CONNECTED


def test_abort_ends_a_handshake(peer, client):
    with Raw(hang) as mute:
        address = Address(peer().address.auth, f"https://127.0.0.1:{mute.port}/records/")
        sender = client(address, timeouts=Timeouts())
        replies = []
        thread = threading.Thread(target=lambda: replies.append(sender.send(Request(2, address.records, "c", ()))))
        thread.start()
        assert mute.greeted.wait(5)
        sender.abort()
        thread.join(5)
    assert [reply.answer for reply in replies] == [Answer.NOT_CONNECTED]


def test_a_handshake_that_hangs_holds_nobody_else_up(peer, client, authority):
    first = threading.Event()
    let_go = threading.Event()
    server = peer(tls=_Slow(authority.server("127.0.0.1"), first, let_go))
    address = Address(peer().address.auth, server.address.records)
    sender = client(address, ca_file=authority.file, timeouts=Timeouts())
    sender.sign_in()
    replies = []

    def work() -> None:
        replies.append(sender.send(Request(2, address.records, "c", ())))

    slow = threading.Thread(target=work)
    slow.start()
    assert first.wait(5)
    quick = threading.Thread(target=work)
    quick.start()
    quick.join(5)
    assert len(replies) == 1
    let_go.set()
    slow.join(10)
    assert [reply.status for reply in replies] == [200, 200]


class _Slow:
    """Server rules whose first handshake waits."""

    def __init__(self, rules, first, let_go) -> None:
        self._rules, self._first, self._let_go = rules, first, let_go

    def wrap_socket(self, sock, server_side):
        if not self._first.is_set():
            self._first.set()
            self._let_go.wait(10)
        return self._rules.wrap_socket(sock, server_side=server_side)


def test_a_body_that_hangs_below_tls_is_cut(peer, client, authority):
    act = hang_after(b"HTTP/1.1 200 OK\r\n\r\nx")
    server = peer(act, tls=authority.server("127.0.0.1"))
    began = time.monotonic()
    reply = _send(client, peer(), server.address.records, ca_file=authority.file, timeouts=SHORT)
    assert (reply.answer, reply.status) == (Answer.BODY_LOST, 200)
    assert time.monotonic() - began < 5


def test_a_certificate_file_that_is_none(peer, client, tmp_path):
    (tmp_path / "ca.pem").write_text("hello")
    with pytest.raises(UsageError, match=r"ca\.pem holds no certificates"):
        client(peer().address, ca_file=tmp_path / "ca.pem")


# Proxies.  The service is elsewhere, for only then a proxy is asked; nothing ever goes there.

ELSEWHERE = "https://imports.api.example.org/records/"


def _use_proxy(monkeypatch, port: int, login: str = "") -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{login}127.0.0.1:{port}")
    monkeypatch.setenv("HTTP_PROXY", f"http://{login}127.0.0.1:{port}")


def test_a_tunnel_through_a_proxy(peer, client, authority, monkeypatch):
    rules = authority.server("imports.api.example.org")
    inside = []

    def tunnel(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with rules.wrap_socket(sock, server_side=True) as secure:
            inside.append(secure.recv(65536))
            secure.sendall(http(200))

    with Raw(tunnel) as proxy:
        _use_proxy(monkeypatch, proxy.port, "us%40er:p%20w@")
        reply = _send(client, peer(), ELSEWHERE, ca_file=authority.file)
        assert (reply.answer, reply.status) == (Answer.COMPLETE, 200)
        assert proxy.heard[0].startswith(b"CONNECT imports.api.example.org:443 HTTP/1.")
        assert b"Proxy-Authorization: Basic dXNAZXI6cCB3" in proxy.heard[0]
        assert b"tok-123" not in proxy.heard[0]
        assert b"ann" not in proxy.heard[0]
    head = inside[0].decode()
    assert head.startswith("PUT /records/?configuration=c&record%5BEmail%5D=ann%40example.org HTTP/1.1\r\nHost: imports.api.ex")
    assert "proxy-authorization" not in head.lower()


@pytest.mark.parametrize(
    ("answer", "expected", "said"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", (Answer.COMPLETE, 407), ""),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", (Answer.NOT_CONNECTED, None), "refused to connect (403)"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", (Answer.NOT_CONNECTED, None), "refused to connect (502)"),
        (b"", (Answer.NOT_CONNECTED, None), "could not be connected"),
        (b"nonsense\r\n\r\n", (Answer.NOT_CONNECTED, None), "could not be connected"),
    ],
)
def test_a_proxy_that_refuses(peer, client, monkeypatch, answer, expected, said):
    with Raw(close_after(answer)) as proxy:
        _use_proxy(monkeypatch, proxy.port, "user:hidden@")
        reply = _send(client, peer(), ELSEWHERE)
    assert (reply.answer, reply.status) == expected
    assert said in reply.message
    if expected[1] is None:
        assert reply.message.startswith(f"The proxy 127.0.0.1:{proxy.port} ")
    assert "hidden" not in repr(reply)


def test_a_proxy_that_hangs(peer, client, monkeypatch):
    with Raw(hang) as proxy:
        _use_proxy(monkeypatch, proxy.port)
        assert _send(client, peer(), ELSEWHERE, timeouts=SHORT).answer is Answer.NOTHING


def test_a_proxy_that_is_not_there(peer, client, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    _use_proxy(monkeypatch, port)
    reply = _send(client, peer(), ELSEWHERE)
    assert (reply.answer, reply.message) == (Answer.NOT_CONNECTED, f"The proxy 127.0.0.1:{port} refused the connection.")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://", "nonsense://x", "http://[::1", "http://127.0.0.1:x"])
def test_a_proxy_setting_that_cannot_be_used(peer, client, monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert _send(client, peer(), ELSEWHERE).answer is Answer.NOT_CONNECTED


def test_this_computer_is_never_asked_through_a_proxy(peer, client, monkeypatch, row):
    with Raw(hang) as proxy:
        _use_proxy(monkeypatch, proxy.port)
        server = peer()
        assert client(server.address).send(row(server.address)).status == 200
        assert proxy.heard == []


def test_exceptions_to_the_proxy_are_honoured(monkeypatch):
    _use_proxy(monkeypatch, 3128, "user:hidden@")
    monkeypatch.setenv("NO_PROXY", "auth.example.org")
    transport = Transport(Timeouts(), None)
    assert transport.prepare("PUT", ELSEWHERE, {}).via == "127.0.0.1:3128"
    assert transport.prepare("PUT", "https://auth.example.org/x", {}).via == ""
    assert "hidden" not in repr(transport.prepare("PUT", ELSEWHERE, {}))
    transport.close()


def test_a_proxy_password_that_is_wanted_at_sign_in(client, monkeypatch):
    with Raw(close_after(b"HTTP/1.1 407 No\r\n\r\n")) as proxy:
        _use_proxy(monkeypatch, proxy.port)
        with pytest.raises(NotReachable, match="proxy of your network wants a user name"):
            client(Address("https://auth.example.org/oauth2/token", ELSEWHERE)).sign_in()
