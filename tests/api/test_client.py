"""One attempt at one row: what goes out, to the byte, and when a sign-in comes before it."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading

import pytest
from raw_peer import SECRET, TOKEN, close_after, hang, http

from cg_uploader import __version__
from cg_uploader.api.token import Clock
from cg_uploader.errors import CredentialsRefused, NotReachable, UsageError
from cg_uploader.model.configuration import Address
from cg_uploader.model.enums import Answer, Body
from cg_uploader.model.request import Request

# What PHP reads as the text on the left; written by hand, not by any encoder.
VALUES = [
    ("a b", b"a%20b"),
    ("+", b"%2B"),
    ("\"'\\", b"%22%27%5C"),
    ("%41", b"%2541"),
    ("50%25", b"50%2525"),
    ("100%", b"100%25"),
    ("R&D", b"R%26D"),
    ("a#b", b"a%23b"),
    ("a=b", b"a%3Db"),
    ("?", b"%3F"),
    ("a/b", b"a%2Fb"),
    ("..", b".."),
    ("../../x", b"..%2F..%2Fx"),
    (".", b"."),
    ("%2E%2e", b"%252E%252e"),
    ("[x]", b"%5Bx%5D"),
    ("{x}|^`", b"%7Bx%7D%7C%5E%60"),
    ("a;b", b"a%3Bb"),
    ("~-_.", b"~-_."),
    ("a:b@c,d!$*()", b"a%3Ab%40c%2Cd%21%24%2A%28%29"),
    ("\u00e9", b"%C3%A9"),
    ("e\u0301", b"e%CC%81"),
    ("\u65e5\u672c", b"%E6%97%A5%E6%9C%AC"),
    ("\U0001f600", b"%F0%9F%98%80"),
    ("\u05d0\u202e", b"%D7%90%E2%80%AE"),
    ("\ufeffx", b"%EF%BB%BFx"),
    ("a\nb", b"a%0Ab"),
    ("a\r\nb", b"a%0D%0Ab"),
    ("a\tb", b"a%09b"),
    (" a ", b"%20a%20"),
    ("", b""),
    ("0", b"0"),
    ("\x00", b"%00"),
    ("\x01\x7f", b"%01%7F"),
    ("<b>", b"%3Cb%3E"),
    ("http://x.example/?a=1#f", b"http%3A%2F%2Fx.example%2F%3Fa%3D1%23f"),
]


def test_a_row_goes_out_as_documented(peer, client, row):
    server = peer()
    assert client(server.address).send(row(server.address)).status == 200
    sign_in, put = server.heard
    assert put.head.decode().split("\r\n") == [
        "PUT /records/?configuration=contact&record%5BEmail%5D=ann%40example.org HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Accept-Encoding: identity",
        "Accept: application/json",
        "Authorization: Bearer tok-123",
        f"User-Agent: CGUploader/{__version__}",
        "Content-Length: 0",
    ]
    assert put.body == b""
    assert sign_in.line == b"POST /oauth2/token HTTP/1.1"
    assert sign_in.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in sign_in.headers
    assert sign_in.body == b"grant_type=client_credentials&client_id=id-1&client_secret=" + SECRET.encode()


@pytest.mark.parametrize("place", ["value", "name"])
def test_every_text_arrives_to_the_byte(peer, client, place):
    server = peer()
    sender = client(server.address)
    for text, _ in VALUES:
        pair = ("Note", text) if place == "value" else (text, "v")
        sender.send(Request(2, server.address.records, "a b/c", (("First", "1"), pair)))
    sent = [put.line for put in server.puts]
    start = b"PUT /records/?configuration=a%20b%2Fc&record%5BFirst%5D=1&record%5B"
    if place == "value":
        assert sent == [start + b"Note%5D=" + encoded + b" HTTP/1.1" for _, encoded in VALUES]
    else:
        assert sent == [start + encoded + b"%5D=v HTTP/1.1" for _, encoded in VALUES]


def test_headings_keep_their_order(peer, client, row):
    server = peer()
    client(server.address).send(row(server.address, ("B", "1"), ("a", "2"), ("A", "3"), ("B ", "4")))
    assert server.puts[0].query == b"configuration=contact&record%5BB%5D=1&record%5Ba%5D=2&record%5BA%5D=3&record%5BB%20%5D=4"


def test_a_path_with_encoded_parts_is_not_rewritten(peer, client):
    server = peer()
    address = Address(server.address.auth, f"{server.url}/a/b/records/")
    client(address).send(Request(2, address.records, "c", (("E", "%2e"),)))
    assert server.puts[0].line == b"PUT /a/b/records/?configuration=c&record%5BE%5D=%252e HTTP/1.1"


def test_one_connection_and_one_token_serve_many_rows(peer, client, row):
    server = peer()
    sender = client(server.address)
    for number in range(5):
        sender.send(row(server.address, number=number))
    assert len(server.posts) == 1
    assert {put.connection for put in server.puts} == {server.posts[0].connection}
    assert server.connections == 1


def test_cookies_are_not_kept(peer, client, row):
    server = peer(http(200, b"", "Set-Cookie: a=b; Path=/"))
    sender = client(server.address)
    sender.send(row(server.address))
    sender.send(row(server.address))
    assert all("cookie" not in heard.headers for heard in server.heard)


def test_netrc_has_no_say(peer, client, row, tmp_path, monkeypatch):
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text("machine 127.0.0.1 login eve password wrong\n")
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server = peer()
    client(server.address).send(row(server.address))
    assert server.puts[0].headers["authorization"] == "Bearer tok-123"
    assert "authorization" not in server.posts[0].headers


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(peer, client, row, status):
    other = peer()
    server = peer(http(status, b"", f"Location: {other.url}/records/?x=1"))
    assert client(server.address).send(row(server.address)).status == status
    assert other.connections == 0
    assert len(server.puts) == 1


def test_a_redirect_of_the_sign_in_is_not_followed(peer, client):
    other = peer()
    server = peer(tokens=[http(307, b"", f"Location: {other.url}/oauth2/token")])
    with pytest.raises(NotReachable, match="was redirected"):
        client(server.address).sign_in()
    assert other.connections == 0


def test_401_costs_one_sign_in_before_the_next_attempt(peer, client, row):
    second = TOKEN.replace(b"tok-123", b"tok-456")
    server = peer(http(401, b'{"message":"Unauthenticated."}'), http(200), tokens=[http(200, TOKEN), http(200, second)])
    sender = client(server.address)
    assert sender.send(row(server.address)).status == 401
    assert len(server.posts) == 1
    assert sender.send(row(server.address)).status == 200
    assert [put.headers["authorization"] for put in server.puts] == ["Bearer tok-123", "Bearer tok-456"]


def test_a_token_is_renewed_in_time(peer, client, row):
    now = [1000.0]
    server = peer()
    sender = client(server.address, clock=Clock(wall=lambda: now[0]))
    sender.send(row(server.address))
    now[0] += 3299
    sender.send(row(server.address))
    assert len(server.posts) == 1
    now[0] += 2
    sender.send(row(server.address))
    assert len(server.posts) == 2


def test_a_refused_sign_in_ends_the_run_and_other_trouble_does_not(peer, client, row):
    refusing = peer(tokens=[http(400, b'{"error":"invalid_client"}')])
    with pytest.raises(CredentialsRefused):
        client(refusing.address).send(row(refusing.address))
    for act, answer in ((http(500, b"<h1>no</h1>"), Answer.NOT_SIGNED_IN), (close_after(b""), Answer.NOT_CONNECTED)):
        failing = peer(tokens=[act])
        reply = client(failing.address).send(row(failing.address))
        assert reply.answer is answer
        assert str(reply.message)
    assert failing.puts == []


def test_concurrent_rows_share_one_sign_in(peer, client, row):
    server = peer()
    sender = client(server.address)
    start = threading.Barrier(8)

    def work() -> None:
        start.wait(60)
        sender.send(row(server.address))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(server.posts) == 1
    assert len(server.puts) == 8


def test_only_https_or_this_computer(client):
    for auth, records in [
        ("http://auth.example.org/t", "https://api.example.org/records/"),
        ("https://auth.example.org/t", "http://api.example.org/records/"),
        ("http://127.0.0.1.example.org/t", "http://127.0.0.1/records/"),
        ("http://127.0.0.1@example.org/t", "http://127.0.0.1/records/"),
        ("ftp://127.0.0.1/t", "http://127.0.0.1/records/"),
    ]:
        with pytest.raises(UsageError, match="https"):
            client(Address(auth, records))


def test_a_row_for_another_address_never_leaves(peer, client, row):
    server, other = peer(), peer()
    with pytest.raises(ValueError, match="row 2"):
        client(server.address).send(row(other.address))
    assert (server.heard, other.connections) == ([], 0)


def test_text_that_no_encoding_carries_is_said_without_the_text(peer, client, row):
    server = peer()
    with pytest.raises(UsageError, match="Row 7") as caught:
        client(server.address).send(row(server.address, ("Email", "secret\ud800"), number=7))
    assert "secret" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert server.puts == []


def test_a_page_of_the_network_is_no_success(peer, client, row):
    server = peer(http(200, b"<!doctype html><title>Sign in</title><p>Welcome to the hotel", "Content-Type: text/html"))
    reply = client(server.address).send(row(server.address))
    assert (reply.answer, reply.status, reply.body) == (Answer.COMPLETE, 200, Body.OTHER)
    assert str(reply.message) == "Sign in Welcome to the hotel"


def test_no_resource_is_left_behind(peer, client, row):
    server = peer(http(200, b"", "Connection: close"))
    sender = client(server.address)
    sender.sign_in()
    for _ in range(3):
        sender.send(row(server.address))
    sender.close()
    gc.collect()
    assert [x for x in gc.get_objects() if type(x) is socket.socket and _is_connected_to(x, server.port)] == []


def _is_connected_to(sock: socket.socket, port: int) -> bool:
    try:
        return sock.fileno() >= 0 and sock.getpeername()[1] == port
    except OSError:
        return False


def test_a_closed_client_sends_nothing(peer, client, row):
    server = peer()
    sender = client(server.address)
    sender.send(row(server.address))
    sender.close()
    assert sender.send(row(server.address)).answer is Answer.NOT_CONNECTED
    assert len(server.puts) == 1


def test_a_client_that_is_stopped_while_a_row_hangs_lets_go(peer, client, row):
    server = peer(hang)
    sender = client(server.address)
    replies = []
    thread = threading.Thread(target=lambda: replies.append(sender.send(row(server.address))))
    thread.start()
    server.wait_for_puts(1)
    sender.abort()
    thread.join(60)
    assert not thread.is_alive()
    assert replies[0].answer is Answer.NOTHING


def head_length(server) -> int:
    return len(server.puts[-1].head) + len(b"\r\n\r\n")


@pytest.mark.parametrize("token_length", [900, 5_000])
def test_request_line_and_headers_stay_within_ten_thousand_bytes(peer, client, row, token_length):
    token = b'{"access_token":"' + b"t" * token_length + b'"}'
    server = peer(tokens=[http(200, token)])
    sender = client(server.address)
    assert sender.send(row(server.address, ("N", ""))).status == 200
    room = 10_000 - head_length(server)
    longest = next(
        n for n in range(room + 200, 0, -1) if sender.send(row(server.address, ("N", "x" * n))).answer is not Answer.TOO_LONG
    )
    assert 10_000 - 64 < head_length(server) <= 10_000
    assert len(server.puts) == 2, "what is too long does not leave"
    assert room - 64 < longest <= room


def test_a_row_as_long_as_checks_allow_fits_beside_a_usual_token(peer, client, row):
    token = b'{"access_token":"' + b"t" * 1_400 + b'"}'
    server = peer(tokens=[http(200, token)])
    address = server.address
    empty = len(address.records) + 1 + len(row(address, ("N", "")).query())
    assert client(address).send(row(address, ("N", "x" * (7_900 - empty)))).status == 200


def test_a_body_without_end_is_read_to_its_limit_and_no_further(peer, client, row):
    said = [0]

    def flood(sock: socket.socket) -> None:
        piece = b"x" * 65_536
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            while said[0] < 1 << 30:
                sock.sendall(piece)
                said[0] += len(piece)
        raise EOFError

    server = peer(flood)
    reply = client(server.address).send(row(server.address))
    assert (reply.answer, reply.body) == (Answer.COMPLETE, Body.OTHER)
    assert said[0] < 64 << 20, "what the system's buffers hold, and no more"
