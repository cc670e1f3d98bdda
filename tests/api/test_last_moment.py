"""A row that is no longer wanted does not leave, whatever it waited for: a sign-in, a connection, a proxy, a handshake."""

from __future__ import annotations

import socket
import threading

import pytest
from certificates import Authority
from raw_peer import TOKEN, Raw, http

from cg_uploader.api.connections import Timeouts
from cg_uploader.api.proxies import Proxies
from cg_uploader.model.configuration import Address
from cg_uploader.model.request import Request

PATIENT = Timeouts(connect=60.0, read=60.0, body=60.0)


class Switch:
    """Says yes until it is turned; ``asked``: how often."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.wanted = True
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.answers.pop(0) if self.answers else self.wanted


class Under:
    """A row that is sent on a thread of its own."""

    def __init__(self, sender, request, switch) -> None:
        self.replies = []
        self._thread = threading.Thread(target=lambda: self.replies.append(sender.send(request, switch)))
        self._thread.start()

    def end(self):
        self._thread.join(60)
        (reply,) = self.replies
        return reply


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def test_while_its_sign_in_is_under_way(peer, client, row):
    signing_in, go_on = threading.Event(), threading.Event()

    def slow(sock: socket.socket) -> None:
        signing_in.set()
        assert go_on.wait(60)
        sock.sendall(http(200, TOKEN))

    server, switch = peer(tokens=[slow]), Switch()
    sender = client(server.address, timeouts=PATIENT)
    rows = [Under(sender, row(server.address, number=number), switch) for number in range(2, 6)]
    assert signing_in.wait(60)
    switch.wanted = False
    go_on.set()
    assert [under.end() for under in rows] == [None] * 4
    assert server.puts == []
    switch.wanted = True
    assert sender.send(row(server.address), switch).status == 200
    assert (len(server.posts), len(server.puts)) == (1, 1), "the token is kept for those who go on"


def test_while_a_handshake_is_under_way(peer, client, authority):
    class Slow:
        rules = authority.server("127.0.0.1")

        def wrap_socket(self, sock: socket.socket, server_side: bool):
            shaking_hands.set()
            assert go_on.wait(60)
            return self.rules.wrap_socket(sock, server_side=server_side)

    shaking_hands, go_on, switch = threading.Event(), threading.Event(), Switch()
    server = peer(tls=Slow())
    address = Address(peer().address.auth, server.address.records)
    sender = client(address, timeouts=PATIENT, ca_file=authority.file)
    under = Under(sender, Request(2, address.records, "c", ()), switch)
    assert shaking_hands.wait(60)
    switch.wanted = False
    go_on.set()
    assert under.end() is None
    assert server.heard == []
    switch.wanted = True
    assert sender.send(Request(2, address.records, "c", ()), switch).status == 200


@pytest.mark.parametrize("moment", ["asked", "opened"])
def test_while_a_proxy_opens_the_way(peer, client, authority, moment):
    rules = authority.server("imports.api.example.org")
    asked, go_on, inside, switch = threading.Event(), threading.Event(), [], Switch()

    def tunnel(sock: socket.socket) -> None:
        if moment == "opened":
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        asked.set()
        assert go_on.wait(60)
        if moment == "asked":
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with rules.wrap_socket(sock, server_side=True) as secure:
            inside.append(secure.recv(65_536))

    address = Address(peer().address.auth, "https://imports.api.example.org/records/")
    with Raw(tunnel) as proxy:
        proxies = Proxies(f"127.0.0.1:{proxy.port}")
        sender = client(address, timeouts=PATIENT, ca_file=authority.file, proxies=proxies)
        under = Under(sender, Request(2, address.records, "c", ()), switch)
        assert asked.wait(60)
        switch.wanted = False
        go_on.set()
        assert under.end() is None
    assert inside in ([], [b""])


@pytest.mark.parametrize("used", [False, True])
def test_the_last_question_comes_when_the_connection_stands(peer, client, row, used):
    """Also when it has stood for long, and on a new one: after a connection was found, nobody asks later than that."""
    server = peer()
    sender = client(server.address)
    sender.sign_in()
    if used:
        sender.send(row(server.address))
    before, connections = len(server.puts), server.connections
    switch = Switch(True, False)
    assert sender.send(row(server.address), switch) is None
    assert (len(server.puts), switch.asked) == (before, 2)
    assert server.connections == connections
    assert sender.send(row(server.address), switch).status == 200
    assert len(server.puts) == before + 1


def test_what_is_unwanted_from_the_start_seeks_no_connection(peer, client, row):
    server = peer()
    assert client(server.address).send(row(server.address), Switch(False)) is None
    assert server.connections == 0


def test_a_sign_in_that_only_unwanted_rows_need_does_not_leave_either(peer, client, row):
    server = peer()
    sender = client(server.address)
    assert sender.send(row(server.address), Switch(True, False)) is None
    assert server.heard == []
    assert sender.send(row(server.address)).status == 200
