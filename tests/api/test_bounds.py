"""What an answer may cost: 64 KB and ten seconds for its promises, for its head, for its body and for its trailers."""

from __future__ import annotations

import socket
import threading

import pytest
from raw_peer import TOKEN, Raw, close_after, http

from cg_uploader.api.connections import Timeouts
from cg_uploader.api.proxies import Proxies
from cg_uploader.errors import NotReachable
from cg_uploader.model.configuration import Address
from cg_uploader.model.enums import Answer, Body

PATIENT = Timeouts(read=600.0, body=600.0)
"""Only size ends what comes."""
HASTY = Timeouts(read=600.0, body=1.0)
"""Only the time for what has begun ends it."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
KILO = b"x" * 1_000

# what comes, and how it would end; a client that reads it all takes it for a complete answer
TOO_MUCH = {
    "promises": (CONTINUE * 3_000 + http(200), Answer.NOTHING),
    "promises with headers": ((CONTINUE[:-2] + b"X: " + KILO + b"\r\n\r\n") * 80 + http(200), Answer.NOTHING),
    "header lines": (OK + (b"X: " + KILO * 60 + b"\r\n") * 3 + b"Content-Length: 0\r\n\r\n", Answer.NOTHING),
    "many headers": (OK + (b"X: " + KILO + b"\r\n") * 80 + b"Content-Length: 0\r\n\r\n", Answer.NOTHING),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n" + (b"X: " + KILO + b"\r\n") * 80 + b"\r\n", Answer.BODY_LOST),
    "chunk extensions": (CHUNKED + (b"1;" + KILO + b"\r\n \r\n") * 80 + b"0\r\n\r\n", Answer.BODY_LOST),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_more_than_64_kb_is_not_read_and_costs_the_connection(peer, client, row, name):
    said, expected = TOO_MUCH[name]
    server = peer(said, http(200))
    sender = client(server.address, timeouts=PATIENT)
    assert sender.send(row(server.address)).answer is expected
    assert sender.send(row(server.address, number=3)).status == 200
    assert len(server.puts) == 2
    assert server.puts[1].connection > server.puts[0].connection


ENOUGH = {
    "promises": CONTINUE * 2_000 + http(200),
    "headers": OK + (b"X: " + KILO + b"\r\n") * 60 + b"Content-Length: 0\r\n\r\n",
    "promises and headers": CONTINUE * 2_000 + OK + (b"X: " + KILO + b"\r\n") * 60 + b"Content-Length: 0\r\n\r\n",
    "trailers": CHUNKED + b"1\r\n \r\n0\r\n" + (b"X: " + KILO + b"\r\n") * 60 + b"\r\n",
}


@pytest.mark.parametrize("name", ENOUGH)
def test_less_is_read_to_its_end_and_the_connection_kept(peer, client, row, name):
    server = peer(ENOUGH[name], http(200))
    sender = client(server.address, timeouts=PATIENT)
    for number in (2, 3):
        reply = sender.send(row(server.address, number=number))
        assert (reply.answer, reply.status, reply.body) == (Answer.COMPLETE, 200, Body.BLANK)
    assert len({put.connection for put in server.puts}) == 1


def slowly(start: bytes, piece: bytes, end: bytes):
    """Say something, then 200 times a little, each long before any limit, and come to an end at last."""

    def act(sock: socket.socket) -> None:
        sock.sendall(start)
        pause = threading.Event()
        for _ in range(200):
            pause.wait(0.05)
            sock.sendall(piece)
        sock.sendall(end)

    return act


TOO_LONG = {
    "promises": (slowly(b"", CONTINUE, http(200)), Answer.NOTHING),
    "a promise": (slowly(b"HTTP/1.1 100 ", b"x", b"\r\n\r\n" + http(200)), Answer.NOTHING),
    "a status line": (slowly(b"HTTP/1.1 200 ", b"x", b"\r\nContent-Length: 0\r\n\r\n"), Answer.NOTHING),
    "headers": (slowly(OK + b"Content-Length: 0\r\nX: ", b"x", b"\r\n\r\n"), Answer.NOTHING),
    "trailers": (slowly(CHUNKED + b"0\r\n", b"X: x\r\n", b"\r\n"), Answer.BODY_LOST),
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_what_has_begun_must_come_to_its_end_in_time(peer, client, row, name):
    act, expected = TOO_LONG[name]
    server = peer(act)
    reply = client(server.address, timeouts=HASTY).send(row(server.address))
    assert reply.answer is expected


def test_after_a_promise_the_answer_has_the_time_that_it_has_without(peer, client, row):
    def act(sock: socket.socket) -> None:
        sock.sendall(CONTINUE)
        threading.Event().wait(2.5)
        sock.sendall(http(200))

    server = peer(act)
    assert client(server.address, timeouts=HASTY).send(row(server.address)).status == 200


@pytest.mark.parametrize("name", ["promises", "header lines", "many headers"])
def test_the_answer_to_a_sign_in_has_the_same_bounds(peer, client, name):
    said = TOO_MUCH[name][0]
    before, empty, _ = said.rpartition(b"Content-Length: 0\r\n\r\n")
    if not empty:
        before = CONTINUE * 3_000 + OK
    server = peer(tokens=[before + b"Content-Length: %d\r\n\r\n" % len(TOKEN) + TOKEN])
    with pytest.raises(NotReachable, match="The sign-in did not work"):
        client(server.address, timeouts=PATIENT).sign_in()


ELSEWHERE = Address("https://auth.example.org/oauth2/token", "https://imports.api.example.org/records/")


@pytest.mark.parametrize("status", [b"200 Connection established", b"407 Who asks"])
def test_a_proxys_answer_has_the_same_bounds(client, status):
    asked_for_more = []

    def act(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 " + status + b"\r\n" + (b"X: " + KILO + b"\r\n") * 80 + b"\r\n")
        asked_for_more.append(sock.recv(65_536))

    with Raw(act) as proxy:
        sender = client(ELSEWHERE, timeouts=PATIENT, proxies=Proxies(f"127.0.0.1:{proxy.port}"))
        with pytest.raises(NotReachable) as caught:
            sender.sign_in()
    assert caught.value.kind == ("proxy-login" if status.startswith(b"407") else "unreachable")
    assert asked_for_more in ([], [b""]), "no handshake has begun"


def test_a_proxys_answer_must_come_to_its_end_in_time(client):
    with Raw(slowly(b"HTTP/1.1 200 OK\r\n", b"X: x\r\n", b"\r\n")) as proxy:
        limits = Timeouts(connect=1.0, read=600.0, body=600.0)
        sender = client(ELSEWHERE, timeouts=limits, proxies=Proxies(f"127.0.0.1:{proxy.port}"))
        with pytest.raises(NotReachable, match=r"The proxy .* did not answer within 1 seconds"):
            sender.sign_in()


def test_a_page_in_chunks_that_breaks_off_is_not_mistaken_for_a_success(peer, client, row):
    server = peer(close_after(CHUNKED + b"6\r\n<html>\r\n5\r\nHot"))
    reply = client(server.address).send(row(server.address))
    assert (reply.answer, reply.body) == (Answer.COMPLETE, Body.OTHER)
