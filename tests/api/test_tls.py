"""Certificates and proxies: nothing leaves on a connection that is not to be trusted, and each reason is said in words."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from datetime import UTC, datetime

import pytest
from certificates import Authority
from raw_peer import Raw, close_after, hang, hang_after, http, reset

from cg_uploader.api import connections, transport
from cg_uploader.api.connections import Timeouts
from cg_uploader.api.proxies import Proxies, Proxy, ProxyLogin, read_proxy
from cg_uploader.api.tls import distrust, issuers_in
from cg_uploader.api.transport import Transport
from cg_uploader.errors import NotReachable, UsageError
from cg_uploader.model.configuration import Address
from cg_uploader.model.enums import Answer
from cg_uploader.model.request import Reply, Request

SHORT = Timeouts(connect=1.5, body=1.5)
"""For what never comes; long enough for what does, on a busy computer too."""


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
    assert said in str(reply.message)
    assert str(reply.message).endswith("Nothing was sent.")
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
        assert "uses another protocol" in str(reply.message)
        assert b"ann" not in plain.heard[0]


@pytest.mark.parametrize("email", [False, True])
def test_a_certificate_that_names_its_host_in_the_old_way_only_is_refused(peer, client, authority, email):
    server = peer(tls=authority.server_named_in_the_old_way("localhost", email=email))
    reply = _send(client, peer(), f"https://localhost:{server.port}/records/", ca_file=authority.file)
    assert reply.answer is Answer.UNTRUSTED
    assert "belongs to another name" in str(reply.message)
    assert server.heard == []


@pytest.mark.parametrize("email", [False, True])
def test_the_old_way_is_refused_where_the_system_would_take_it(peer, client, authority, monkeypatch, email):
    """As on Windows, whose own check falls back on the common name."""
    monkeypatch.setattr(transport, "trust", _gullible(transport.trust))
    server = peer(tls=authority.server_named_in_the_old_way("localhost", email=email))
    reply = _send(client, peer(), f"https://localhost:{server.port}/records/", ca_file=authority.file)
    assert (reply.answer, server.heard) == (Answer.UNTRUSTED, [])


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there the system compares names")
def test_openssl_itself_does_not_look_at_the_common_name(peer, client, authority, monkeypatch):
    monkeypatch.setattr(connections, "ensure_named", lambda _: None)
    server = peer(tls=authority.server_named_in_the_old_way("localhost", email=False))
    reply = _send(client, peer(), f"https://localhost:{server.port}/records/", ca_file=authority.file)
    assert (reply.answer, server.heard) == (Answer.UNTRUSTED, [])


@pytest.mark.parametrize("names", [["127.0.0.1"], ["localhost", *(f"host{n}.example.org" for n in range(40))]])
def test_a_list_of_any_length_with_names_or_addresses_will_do(peer, client, authority, names):
    server = peer(tls=authority.server(*names))
    reply = _send(client, peer(), f"https://{names[0]}:{server.port}/records/", ca_file=authority.file)
    assert (reply.answer, reply.status) == (Answer.COMPLETE, 200)


def _gullible(trust):
    def rules(extra):
        context = trust(extra)
        context.hostname_checks_common_name = True
        return context

    return rules


def trickle(sock: socket.socket) -> None:
    """Begin to answer a handshake and never end: no pause is longer than any time limit."""
    pause = threading.Event()
    sock.sendall(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb\x03\x03")
    while not pause.wait(0.05):
        sock.sendall(b"x")


@pytest.mark.parametrize("act", [hang, trickle])
def test_of_a_handshake_that_never_ends_nothing_has_left(peer, client, act):
    with Raw(act) as mute:
        reply = _send(client, peer(), f"https://127.0.0.1:{mute.port}/records/", timeouts=SHORT)
    assert reply.answer is Answer.NOT_CONNECTED
    assert "127.0.0.1 did not answer within 1.5 seconds" in str(reply.message)


@pytest.mark.parametrize("act", [hang, trickle])
def test_of_a_handshake_that_never_ends_behind_a_proxy_nothing_has_left(peer, client, monkeypatch, act):
    def tunnel(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        assert sock.recv(65_536), "the other side greets first"
        act(sock)

    with Raw(tunnel) as proxy:
        _use_proxy(monkeypatch, proxy.port)
        reply = _send(client, peer(), ELSEWHERE, timeouts=SHORT)
    assert reply.answer is Answer.NOT_CONNECTED
    assert str(reply.message).startswith("imports.api.example.org did not answer")


@pytest.mark.parametrize("act", [close_after(b""), reset])
def test_a_handshake_that_breaks_off_is_no_connection(peer, client, act):
    with Raw(act) as rude:
        reply = _send(client, peer(), f"https://127.0.0.1:{rude.port}/records/")
    assert reply.answer is Answer.NOT_CONNECTED


def test_abort_ends_a_handshake(peer, client):
    with Raw(hang) as mute:
        address = Address(peer().address.auth, f"https://127.0.0.1:{mute.port}/records/")
        sender = client(address, timeouts=Timeouts())
        replies = []
        thread = threading.Thread(target=lambda: replies.append(sender.send(Request(2, address.records, "c", ()))))
        thread.start()
        assert mute.greeted.wait(60)
        sender.abort()
        thread.join(60)
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
    assert first.wait(60)
    quick = threading.Thread(target=work)
    quick.start()
    quick.join(60)
    assert len(replies) == 1
    let_go.set()
    slow.join(60)
    assert [reply.status for reply in replies] == [200, 200]


class _Slow:
    """Server rules whose first handshake waits."""

    def __init__(self, rules, first, let_go) -> None:
        self._rules, self._first, self._let_go = rules, first, let_go

    def wrap_socket(self, sock, server_side):
        if not self._first.is_set():
            self._first.set()
            self._let_go.wait(60)
        return self._rules.wrap_socket(sock, server_side=server_side)


def test_a_body_that_hangs_below_tls_is_cut(peer, client, authority):
    act = hang_after(b"HTTP/1.1 200 OK\r\n\r\nx")
    server = peer(act, tls=authority.server("127.0.0.1"))
    reply = _send(client, peer(), server.address.records, ca_file=authority.file, timeouts=SHORT)
    assert (reply.answer, reply.status) == (Answer.BODY_LOST, 200)


def test_certificates_are_read_once_in_either_form_and_say_whose_they_are(peer, client, authority, tmp_path):
    der = tmp_path / "authority.cer"
    der.write_bytes(ssl.PEM_cert_to_DER_cert(authority.file.read_text()))
    remarks = tmp_path / "remarks.pem"
    remarks.write_text(f"Prüfstelle, 東京\r\n{authority.file.read_text()}\r\n# Ende", encoding="utf-8")
    for file in (authority.file, der, remarks):
        (issuer,) = issuers_in(file)
        assert issuer.name == "Test authority"
        assert 29 <= (issuer.until - datetime.now(UTC)).days <= 30
    server = peer(tls=authority.server("127.0.0.1"))
    sender = client(server.address, ca_file=der)
    der.unlink()
    sender.sign_in()


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\x30\x82"]
)
def test_a_certificate_file_with_nothing_of_use(client, peer, tmp_path, content):
    file = tmp_path / "ca.pem"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"ca\.pem contains no certificate of an issuer"):
        client(peer().address, ca_file=file)


def test_a_certificate_file_that_cannot_be_opened(client, peer, tmp_path):
    for file in (tmp_path, tmp_path / "gone.pem"):
        with pytest.raises(UsageError, match="cannot be read"):
            client(peer().address, ca_file=file)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("A required certificate is not within its validity period when verifying", "has expired or is not valid yet"),
        ("“x” certificate is expired", "has expired"),
        ("The certificate's CN name does not match the passed value.", "belongs to another name"),
        ("certificate name does not match input", "belongs to another name"),
        ("terminated in a root certificate which is not trusted by the trust provider", "does not trust"),
        ("“x” certificate is not trusted", "does not trust"),
        ("something new", "is not accepted by this computer"),
    ],
)
def test_how_windows_and_macos_word_it_is_understood(words, said):
    error = ssl.SSLCertVerificationError(words)
    error.verify_message, error.verify_code = words, 2148204810
    text = str(distrust("api.example.org", error, "proxy:1"))
    assert said in text
    assert text.startswith("The certificate of api.example.org (through the proxy proxy:1) ")


def test_a_certificate_file_that_is_none(peer, client, tmp_path):
    (tmp_path / "ca.pem").write_text("hello")
    with pytest.raises(UsageError, match=r"ca\.pem contains no certificate of an issuer"):
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
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", Answer.PROXY_LOGIN, "does not accept the user name"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", Answer.NOT_CONNECTED, "refused to connect (403)"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", Answer.NOT_CONNECTED, "refused to connect (502)"),
        (b"", Answer.NOT_CONNECTED, "could not be connected"),
        (b"nonsense\r\n\r\n", Answer.NOT_CONNECTED, "could not be connected"),
    ],
)
def test_a_proxy_that_refuses(peer, client, monkeypatch, answer, expected, said):
    with Raw(close_after(answer)) as proxy:
        _use_proxy(monkeypatch, proxy.port, "user:hidden@")
        reply = _send(client, peer(), ELSEWHERE)
    assert (reply.answer, reply.status) == (expected, None)
    assert said in str(reply.message)
    assert str(reply.message).startswith(f"The proxy 127.0.0.1:{proxy.port} ")
    assert "hidden" not in repr(reply)


def test_a_proxy_that_hangs(peer, client, monkeypatch):
    with Raw(hang) as proxy:
        _use_proxy(monkeypatch, proxy.port)
        reply = _send(client, peer(), ELSEWHERE, timeouts=SHORT)
    assert reply.answer is Answer.NOT_CONNECTED
    assert str(reply.message).startswith(f"The proxy 127.0.0.1:{proxy.port} did not answer")


def test_a_proxy_that_is_not_there(peer, client, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    _use_proxy(monkeypatch, port)
    reply = _send(client, peer(), ELSEWHERE)
    assert (reply.answer, str(reply.message)) == (Answer.NOT_CONNECTED, f"The proxy 127.0.0.1:{port} refused the connection.")


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("socks5://user:hidden@127.0.0.1:1", "SOCKS"),
        ("SOCKS5h://127.0.0.1:1", "SOCKS"),
        ("https://127.0.0.1:1", "over https"),
        ("http://", "not the address"),
        ("nonsense://x", "not the address"),
        ("http://[::1", "not the address"),
        ("http://127.0.0.1:x", "not the address"),
        ("http://127.0.0.1:70000", "not the address"),
        ("http://a b:1", "not the address"),
        ("http://hidden@", "not the address"),
    ],
)
def test_a_proxy_setting_that_cannot_be_used(client, monkeypatch, proxy, said):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(NotReachable, match=said) as caught:
        client(Address("https://auth.example.org/oauth2/token", ELSEWHERE))
    assert caught.value.kind == "proxy"
    assert "hidden" not in caught.value.sentence


@pytest.mark.parametrize(
    ("text", "host_port", "user", "password"),
    [
        ("proxy.example:3128", "proxy.example:3128", None, ""),
        (" http://Proxy.Example/ ", "proxy.example:80", None, ""),
        ("http://ann:p%40ss@[::1]:8080", "[::1]:8080", "ann", "p@ss"),
        ("ann:a:b/c@d@proxy:1", "proxy:1", "ann", "a:b/c@d"),
        ("ann@proxy", "proxy:80", "ann", ""),
    ],
)
def test_a_proxy_as_people_write_it(text, host_port, user, password):
    proxy = read_proxy(text)
    assert proxy.host_port == host_port
    assert (None if proxy.login is None else proxy.login.user, proxy.login.password if proxy.login else "") == (user, password)
    assert user is None or user not in repr(proxy).replace(host_port, "")


def test_what_was_named_goes_before_what_was_found_and_that_before_the_system(monkeypatch):
    here, elsewhere = "http://127.0.0.1:1/", ELSEWHERE
    assert Proxies().of(elsewhere) is None
    found = {ELSEWHERE: "http://found:1", here: "http://found:1"}
    assert Proxies(found=found).of(elsewhere) == Proxy("found:1")
    assert Proxies(found={ELSEWHERE: ""}).of(elsewhere) is None
    monkeypatch.setenv("HTTPS_PROXY", "http://system:1")
    assert Proxies(found=found).of(elsewhere) == Proxy("system:1")
    assert Proxies("named:1", found).of(elsewhere) == Proxy("named:1")
    assert Proxies("none", found).of(elsewhere) is None
    for proxies in (Proxies(), Proxies("named:1"), Proxies(found=found)):
        assert proxies.of(here) is None


def test_a_login_is_for_one_proxy_and_for_no_other():
    login = ProxyLogin("named:1", "ann", "hidden")
    assert Proxies("named:1", logins=(login,)).of(ELSEWHERE) == Proxy("named:1", login)
    assert Proxies("other:1", logins=(login,)).of(ELSEWHERE) == Proxy("other:1")
    assert "hidden" not in repr(Proxies(logins=(login,)))


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there a script is configured elsewhere")
@pytest.mark.parametrize(("mode", "asks"), [("'auto'", True), ("'none'", False), ("", False)])
def test_a_network_with_an_automatic_script_is_said(client, monkeypatch, tmp_path, mode, asks):
    teller = tmp_path / "gsettings"
    teller.write_text(f'#!/bin/sh\n[ "$*" = "get org.gnome.system.proxy mode" ] && echo "{mode}"\n')
    teller.chmod(0o700)
    folders = (str(tmp_path),)  # this computer may have none of its own
    monkeypatch.setattr("cg_uploader.system.child_processes.SYSTEM_FOLDERS", folders)
    nowhere = Address(f"https://{'a' * 64}.example/oauth2/token", ELSEWHERE)
    for proxies, expected in ((Proxies(), asks), (Proxies("none"), False), (Proxies(found={nowhere.auth: ""}), False)):
        with pytest.raises(NotReachable, match="was not found") as caught:
            client(nowhere, proxies=proxies).sign_in()
        assert ("automatic script" in caught.value.sentence) is expected


def test_this_computer_is_never_asked_through_a_proxy(peer, client, monkeypatch, row):
    with Raw(hang) as proxy:
        _use_proxy(monkeypatch, proxy.port)
        server = peer()
        assert client(server.address).send(row(server.address)).status == 200
        assert proxy.heard == []


def test_exceptions_to_the_proxy_are_honoured(monkeypatch):
    _use_proxy(monkeypatch, 3128, "user:hidden@")
    monkeypatch.setenv("NO_PROXY", "auth.example.org")
    transport = Transport(Timeouts(), None, Proxies())
    assert transport.prepare("PUT", ELSEWHERE, {}).via == "127.0.0.1:3128"
    assert transport.prepare("PUT", "https://auth.example.org/x", {}).via == ""
    assert "hidden" not in repr(transport.prepare("PUT", ELSEWHERE, {}))
    transport.close()


def test_a_proxy_password_that_is_wanted_at_sign_in(client, monkeypatch):
    with Raw(close_after(b"HTTP/1.1 407 No\r\n\r\n")) as proxy:
        _use_proxy(monkeypatch, proxy.port)
        with pytest.raises(NotReachable, match=rf"proxy 127.0.0.1:{proxy.port} wants a user name"):
            client(Address("https://auth.example.org/oauth2/token", ELSEWHERE)).sign_in()


@pytest.mark.parametrize(
    ("scheme", "said", "wanted"), [("Basic realm=x", "wants a user name", True), ("NTLM", "not supported (NTLM)", False)]
)
def test_a_proxy_that_asks_when_a_token_is_renewed_stops_the_row_like_one_that_asks_at_the_row(client, scheme, said, wanted):
    """Not like a connection that could not be made, which is tried again and again."""
    with Raw(close_after(f"HTTP/1.1 407 No\r\nProxy-Authenticate: {scheme}\r\n\r\n".encode())) as proxy:
        host_port = f"127.0.0.1:{proxy.port}"
        sender = client(Address("https://auth.example.org/oauth2/token", ELSEWHERE), proxies=Proxies(host_port))
        reply = sender.send(Request(2, ELSEWHERE, "c", (("Email", "ann@example.org"),)))
    assert (reply.answer, reply.status, reply.answer.unsent) == (Answer.PROXY_LOGIN, None, True)
    assert said in str(reply.message)
    assert sender.login_wanted == (host_port if wanted else "")
    assert len(proxy.heard) == 1
