"""Secret, token and row values appear in no text that a person, a log or a crash report could show."""

from __future__ import annotations

import base64
import io
import logging
import traceback

import pytest
from raw_peer import SECRET, Raw, close_after, hang, http, reset

from cg_uploader.api.connections import Timeouts
from cg_uploader.api.proxies import Proxies, ProxyLogin
from cg_uploader.errors import UploaderError
from cg_uploader.model.configuration import Address

SHORT = Timeouts(connect=1.5, read=1.5, body=1.5)
HIDDEN = (SECRET, "tok-123", "ann", "example.org", "record%5B", "configuration=")

ACTS = {
    "accepted": http(200),
    "refused": http(422, b'{"message":"no","errors":{"Email":["bad"]}}'),
    "sign-in gone": http(401, b"{}"),
    "reset": reset,
    "closed": close_after(b""),
    "hangs": hang,
    "not HTTP": close_after(b"nonsense\r\n\r\n"),
    "bad headers": http(200, b"", "no colon here", ": x"),
    "broken body": close_after(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"),
    "promise": http(103),
}


@pytest.fixture
def everything_logged(monkeypatch):
    """All loggers at their most talkative, into one text."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


def _texts_of(error: BaseException) -> str:
    chain: list[BaseException] = []
    step: BaseException | None = error
    while step is not None and step not in chain:
        chain.append(step)
        step = step.__cause__ or step.__context__
    return "".join(f"{x!r} {x!s} {x.args!r} {vars(x)!r} {traceback.format_exception(x)}" for x in chain)


@pytest.mark.parametrize("name", ACTS)
def test_nothing_is_said_about_a_row(peer, client, row, everything_logged, capfd, name):
    server = peer(ACTS[name])
    sender = client(server.address, timeouts=SHORT)
    request = row(server.address)
    said = repr(sender.send(request)) + repr(sender) + repr(vars(sender)["_transport"])
    assert len(server.puts) == 1
    printed = capfd.readouterr()
    for hidden in HIDDEN:
        assert hidden not in said + everything_logged.getvalue() + printed.out + printed.err


@pytest.mark.parametrize(
    "act",
    [
        http(400, b'{"error":"invalid_client"}'),
        http(500),
        http(200, b'{"access_token":"tok-123\\u200b"}'),
        http(200, b'{"access_token":"tok-123 tok-123"}'),
        http(302, b"", "Location: http://127.0.0.1:1/?tok-123"),
        close_after(b""),
        hang,
    ],
)
def test_nothing_is_said_about_a_sign_in(peer, client, everything_logged, act):
    server = peer(tokens=[act])
    with pytest.raises(UploaderError) as caught:
        client(server.address, timeouts=SHORT).sign_in()
    for hidden in HIDDEN:
        assert hidden not in _texts_of(caught.value) + everything_logged.getvalue()


def test_nothing_is_said_about_a_connection_that_fails(peer, client, row, everything_logged):
    address = Address(peer().address.auth, f"https://{'x' * 70}.test/records/")
    said = repr(client(address).send(row(address)))
    for hidden in HIDDEN:
        assert hidden not in said + everything_logged.getvalue()


@pytest.mark.parametrize("act", [http(407, b"", "Proxy-Authenticate: Basic realm=x"), http(502), close_after(b""), hang, reset])
def test_nothing_is_said_about_a_proxys_password(client, peer, row, everything_logged, act):
    """Nor about the row that was to go through it."""
    with Raw(act if callable(act) else close_after(act)) as proxy:
        place = f"127.0.0.1:{proxy.port}"
        proxies = Proxies(place, logins=(ProxyLogin(place, "proxy-user", SECRET),))
        address = Address(peer().address.auth, "https://imports.api.example.org/records/")
        sender = client(address, timeouts=SHORT, proxies=proxies)
        said = repr(sender.send(row(address))) + repr(proxies) + repr(sender) + repr(vars(sender._transport))
        assert b"\r\nProxy-Authorization: Basic " in proxy.heard[0]
    for hidden in (*HIDDEN, "proxy-user", base64.b64encode(f"proxy-user:{SECRET}".encode()).decode()):
        if hidden != "example.org":  # the host, this time, is named
            assert hidden not in said + everything_logged.getvalue()
