"""What each thing a network does is called, that its connection is never used again, and that it can be cut short."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import itertools
import select
import socket
import threading

import pytest
from raw_peer import close_after, hang, hang_after, http, reset

from cg_uploader.api import connections
from cg_uploader.api.connections import Timeouts
from cg_uploader.errors import NotReachable
from cg_uploader.model.configuration import Address
from cg_uploader.model.enums import Answer, Body
from cg_uploader.model.request import Request

SHORT = Timeouts(read=1.5, body=1.5)
"""For what never comes; long enough for what does, on a busy computer too."""
LONG_LINES = b"<p>" + b"x" * 70_000


def drip(start: bytes, piece: bytes):
    """Say something, then a little now and then, for ever: no pause is longer than any time limit."""

    def act(sock: socket.socket) -> None:
        sock.sendall(start)
        pause = threading.Event()
        with contextlib.suppress(OSError):
            while not pause.wait(0.05):
                sock.sendall(piece)
        raise EOFError

    return act


CHUNKED = b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n"
LENGTH = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n"

# what the other side does → (answer, status, body)
CASES = {
    "empty 200": (http(200), (Answer.COMPLETE, 200, Body.BLANK)),
    "blank 200": (http(200, b" \r\n"), (Answer.COMPLETE, 200, Body.BLANK)),
    "201": (http(201, b'{"id":1}'), (Answer.COMPLETE, 201, Body.JSON)),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", (Answer.COMPLETE, 204, Body.BLANK)),
    "chunked": (CHUNKED % 422 + b"2\r\n[]\r\n0\r\n\r\n", (Answer.COMPLETE, 422, Body.JSON)),
    "until close": (close_after(b"HTTP/1.1 200 X\r\n\r\n{}"), (Answer.COMPLETE, 200, Body.JSON)),
    "100 before": (b"HTTP/1.1 100 Continue\r\n\r\n" + http(200), (Answer.COMPLETE, 200, Body.BLANK)),
    "gzip": (http(200, gzip.compress(b'{"error":"x"}'), "Content-Encoding: gzip"), (Answer.COMPLETE, 200, Body.JSON_ERRORS)),
    "false gzip": (
        http(422, b'{"errors":{"Email":["bad"]}}', "Content-Encoding: gzip"),
        (Answer.COMPLETE, 422, Body.JSON_ERRORS),
    ),
    "page": (http(200, b"<html>"), (Answer.COMPLETE, 200, Body.OTHER)),
}
BROKEN = {
    "closed at once": (close_after(b""), (Answer.NOTHING, None)),
    "reset": (reset, (Answer.NOTHING, None)),
    "hangs": (hang, (Answer.NOTHING, None)),
    "half a status line": (close_after(b"HTTP/1.1 2"), (Answer.NOTHING, None)),
    "half the headers, hangs": (hang_after(b"HTTP/1.1 200 OK\r\nContent-"), (Answer.NOTHING, None)),
    "headers drip": (drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"), (Answer.NOTHING, None)),
    "not HTTP": (close_after(b"SSH-2.0-OpenSSH\r\n"), (Answer.NOTHING, None)),
    "endless 100": (drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), (Answer.NOTHING, None)),
    "103 first": (b"HTTP/1.1 103 Early Hints\r\n\r\n" + http(200), (Answer.NOTHING, None)),
    "103 only": (hang_after(b"HTTP/1.1 103 Early Hints\r\n\r\n"), (Answer.NOTHING, None)),
    "101": (hang_after(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), (Answer.NOTHING, None)),
    "body short": (close_after(LENGTH % (200, 10) + b"{}"), (Answer.BODY_LOST, 200)),
    "body hangs": (hang_after(LENGTH % (422, 10) + b"{}"), (Answer.BODY_LOST, 422)),
    "body drips": (drip(LENGTH % (200, 10_000), b"x"), (Answer.BODY_LOST, 200)),
    "body until close drips": (drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), (Answer.BODY_LOST, 200)),
    "chunk sizes drip": (drip(CHUNKED % 422, b"0"), (Answer.BODY_LOST, 422)),
    "bad chunk": (close_after(CHUNKED % 500 + b"zz\r\nno"), (Answer.BODY_LOST, 500)),
    "chunk cut": (close_after(CHUNKED % 422 + b'9\r\n{"m'), (Answer.BODY_LOST, 422)),
    "page cut": (close_after(LENGTH % (200, 999) + b"<html><title>Hotel"), (Answer.COMPLETE, 200)),
    "page too long": (hang_after(LENGTH % (200, 80_000) + LONG_LINES), (Answer.COMPLETE, 200)),
    "JSON too long": (hang_after(LENGTH % (422, 80_000) + b'{"errors":"' + b"x" * 70_000), (Answer.COMPLETE, 422)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_complete_answer(peer, client, row, name):
    act, expected = CASES[name]
    server = peer(act)
    reply = client(server.address).send(row(server.address))
    assert (reply.answer, reply.status, reply.body) == expected
    assert len(server.puts) == 1


@pytest.mark.parametrize("name", BROKEN)
def test_anything_else_is_named_and_its_connection_is_thrown_away(peer, client, row, name):
    act, expected = BROKEN[name]
    server = peer(act, http(200, b'{"next":1}'))
    sender = client(server.address, timeouts=SHORT)
    reply = sender.send(row(server.address))
    assert (reply.answer, reply.status) == expected
    assert len(server.puts) == 1
    after = sender.send(row(server.address, number=3))
    assert (after.answer, after.status, after.body) == (Answer.COMPLETE, 200, Body.JSON)
    assert server.puts[1].connection > server.puts[0].connection


@pytest.mark.parametrize("name", ["page cut", "page too long", "JSON too long"])
def test_what_is_no_answer_of_the_service_is_not_mistaken_for_one(peer, client, row, name):
    server = peer(BROKEN[name][0])
    assert client(server.address, timeouts=SHORT).send(row(server.address)).body is Body.OTHER


@pytest.mark.parametrize("act", [close_after(http(200)), http(200, b"", "Connection: close")])
def test_a_connection_closed_while_idle_is_replaced_with_one_delivery(peer, client, row, act):
    server = peer(act, http(200))
    sender = client(server.address)
    assert sender.send(row(server.address)).status == 200
    for line in sender._transport._registry._connections:
        assert select.select([line.handle], [], [], 5)[0]
    assert sender.send(row(server.address)).status == 200
    assert len(server.puts) == 2
    assert server.puts[1].connection > server.puts[0].connection


@pytest.mark.parametrize("act", [close_after(b""), reset])
def test_a_used_connection_that_dies_with_a_row_is_not_tried_again(peer, client, row, act):
    server = peer(http(200), act, http(200))
    sender = client(server.address)
    replies = [sender.send(row(server.address, number=n)).answer for n in (2, 3, 4)]
    assert replies == [Answer.COMPLETE, Answer.NOTHING, Answer.COMPLETE]
    assert len(server.puts) == 3
    assert server.puts[1].connection == server.puts[0].connection


def test_bytes_that_come_late_on_an_idle_connection_are_never_the_next_rows_answer(peer, client, row):
    settled = threading.Event()

    def twice(sock: socket.socket) -> None:
        sock.sendall(http(200))
        assert settled.wait(60)
        sock.sendall(http(500))

    server = peer(twice, http(204))
    sender = client(server.address)
    sender.send(row(server.address))
    (line,) = sender._transport._registry._connections
    settled.set()
    assert select.select([line.handle], [], [], 5)[0]
    assert sender.send(row(server.address)).status == 204


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_refused(peer, client):
    server = peer()
    address = Address(server.address.auth, f"http://127.0.0.1:{_closed_port()}/records/")
    reply = client(address).send(Request(2, address.records, "c", ()))
    assert (reply.answer, str(reply.message)) == (Answer.NOT_CONNECTED, "127.0.0.1 refused the connection.")


def test_a_name_that_does_not_exist(peer, client):
    server = peer()
    address = Address(server.address.auth, f"https://{'a' * 64}.example/records/")
    reply = client(address).send(Request(2, address.records, "c", ()))
    assert reply.answer is Answer.NOT_CONNECTED
    assert "was not found" in str(reply.message)


def test_nothing_goes_without_encryption_to_another_computer_whatever_a_name_is_said_to_mean(peer, client, monkeypatch):
    server = peer()
    told = []
    real = socket.getaddrinfo

    def lie(host, port, *args, **more):
        told.append(host)
        return real("127.0.0.1" if host == "127.0.0.1" else "192.0.2.1", port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lie)
    dialled = []
    monkeypatch.setattr(connections, "_reach", lambda sock, address, *_: dialled.append(address))
    address = Address(f"http://localhost:{server.port}/oauth2/token", server.address.records)
    with pytest.raises(NotReachable, match="localhost was not found"):
        client(address).sign_in()
    assert told == ["localhost"]
    assert dialled == []


@contextlib.contextmanager
def _deaf_port():
    """A port that lets nobody in: its queue is full, so that connecting hangs."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.1)
            try:
                waiting.connect(listener.getsockname())
            except TimeoutError:
                yield int(listener.getsockname()[1])
                return
            except OSError:
                break
        pytest.skip("this system's queues have no end")


def test_connecting_takes_too_long(peer, client):
    server = peer()
    with _deaf_port() as port:
        address = Address(server.address.auth, f"http://127.0.0.1:{port}/records/")
        reply = client(address, timeouts=Timeouts(connect=0.7)).send(Request(2, address.records, "c", ()))
        assert reply.answer is Answer.NOT_CONNECTED
        assert "did not answer within 0.7 seconds" in str(reply.message)


def _abort_during(sender, server_ready, request):
    replies = []
    thread = threading.Thread(target=lambda: replies.append(sender.send(request)))
    thread.start()
    server_ready()
    sender.abort()
    thread.join(60)
    assert not thread.is_alive()
    return replies[0]


PATIENT = Timeouts(connect=30, read=30, body=30)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (hang, (Answer.NOTHING, None)),
        (hang_after(LENGTH % (200, 10) + b"{"), (Answer.BODY_LOST, 200)),
        (hang_after(b"HTTP/1.1 200 OK\r\n\r\n{"), (Answer.BODY_LOST, 200)),
        (hang_after(b"HTTP/1.1 200 OK\r\nX: "), (Answer.NOTHING, None)),
    ],
)
def test_abort_ends_what_hangs(peer, client, row, act, expected):
    server = peer(act)
    sender = client(server.address, timeouts=PATIENT)
    reply = _abort_during(sender, lambda: server.wait_for_puts(1), row(server.address))
    assert (reply.answer, reply.status) in {expected, (Answer.NOTHING, None)}
    after = sender.send(row(server.address))
    assert after.answer is Answer.NOT_CONNECTED
    assert len(server.puts) == 1


def test_abort_ends_a_connection_attempt(peer, client):
    server = peer()
    with _deaf_port() as port:
        address = Address(server.address.auth, f"http://127.0.0.1:{port}/records/")
        sender = client(address, timeouts=PATIENT)
        sender.sign_in()
        reply = _abort_during(sender, lambda: None, Request(2, address.records, "c", ()))
    assert reply.answer is Answer.NOT_CONNECTED


def test_abort_ends_a_sign_in_and_all_who_wait_for_it(peer, client, row):
    server = peer(tokens=[hang])
    sender = client(server.address, timeouts=PATIENT)
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(sender.send(row(server.address)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    with server.arrived:
        assert server.arrived.wait_for(lambda: server.posts, timeout=60)
    sender.abort()
    for thread in threads:
        thread.join(60)
    assert [reply.answer for reply in replies] == [Answer.NOT_CONNECTED] * 4
    assert len(server.posts) == 1
    assert server.puts == []


def test_waits_are_never_shorter_than_asked(client, peer):
    assert dataclasses.astuple(Timeouts()) == (10.0, 60.0, 10.0)


def test_a_flood_of_rows_meets_its_own_answers(peer, client):
    """Ten threads, odd answers in between: every row gets the answer that was given to it."""

    def answer(sock: socket.socket) -> None:
        number = int(server.heard[-1].query.rpartition(b"=")[2])
        if number % 7 == 0:
            raise EOFError
        sock.sendall((b"HTTP/1.1 103 Early\r\n\r\n" if number % 5 == 0 else b"") + http(422, b'{"message":"%d"}' % number))

    server = peer(answer)
    sender = client(server.address)
    wrong = []
    numbers = itertools.count()
    lock = threading.Lock()
    one_at_the_peer = threading.Lock()

    def work() -> None:
        for _ in range(20):
            with one_at_the_peer:  # the peer looks at what it heard last
                number = next(numbers)
                reply = sender.send(Request(number, server.address.records, "c", (("N", str(number)),)))
            expected = (Answer.NOTHING, "") if number % 7 == 0 or number % 5 == 0 else (Answer.COMPLETE, str(number))
            if (reply.answer, str(reply.message) if reply.answer is Answer.COMPLETE else "") != expected:
                with lock:
                    wrong.append((number, reply))

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert len(server.puts) == 100
