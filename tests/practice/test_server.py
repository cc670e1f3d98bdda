"""What a stock service answers: sign-in, addresses, methods, and the 422 for each thing that is missing."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from cg_uploader.errors import UsageError
from cg_uploader.practice.records import display_name
from cg_uploader.practice.server import PracticeServer
from cg_uploader.practice.tokens import Tokens

GOOD = "configuration=contact&record%5BEmail%5D=ann%40example.org"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Practice = Callable[..., Any]


def test_a_good_record_gets_an_empty_200(practice: Practice) -> None:
    got = practice().put(GOOD)
    assert (got.status, got.body) == (200, b"")


@pytest.mark.parametrize("path", ["/records/", "/records"])
def test_both_spellings_of_the_address_work_without_a_redirect(practice: Practice, connect: Practice, path: str) -> None:
    ann = practice()
    assert connect(ann).ask("PUT", f"{path}?{GOOD}", ann.headers).status == 200


def test_two_slashes_are_another_address(practice: Practice, connect: Practice) -> None:
    ann = practice()
    got = connect(ann).ask("PUT", f"//records/?{GOOD}", ann.headers)
    assert (got.status, got.json()) == (404, {"message": ""})
    assert ann.server.ledger.visits == {"PUT //records/": 1}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
def test_other_methods_are_refused(practice: Practice, connect: Practice, method: str) -> None:
    ann = practice()
    got = connect(ann).ask(method, f"/records/?{GOOD}", ann.headers)
    assert (got.status, got.headers["allow"]) == (405, "PUT")
    assert got.json()["message"].startswith(f"The {method} method is not supported")
    assert ann.server.ledger.processed == 0


@pytest.mark.parametrize(
    ("query", "key", "sentence"),
    [
        ("record%5BEmail%5D=a", "configuration", "The configuration field is required."),
        ("configuration=%20&record%5BEmail%5D=a", "configuration", "The configuration field is required."),
        ("configuration=nothing&record%5BEmail%5D=a", "configuration", "The selected configuration is invalid."),
        ("configuration=contact", "record", "The record field is required."),
        ("configuration=contact&Record%5BEmail%5D=a", "record", "The record field is required."),
        ("configuration=contact&record%255BEmail%255D=a", "record", "The record field is required."),
        ("configuration=contact&record=x", "record", "The record must be an array."),
        ("configuration=contact&record%5BEmail%5D=%20", "Email", "The email field is required when phone is not present."),
        ("configuration=contact&record%5Bemail%5D=a", "Email", "The email field is required when phone is not present."),
        ("configuration=accounts&record%5BIndustry%5D=a", "Account Name", "The account name field is required."),
    ],
)
def test_what_is_missing_is_named(practice: Practice, query: str, key: str, sentence: str) -> None:
    ann = practice()
    got = ann.put(query)
    assert got.status == 422
    assert got.json() == {"message": "The given data was invalid.", "errors": {key: [sentence]}}
    assert ann.server.ledger.processed == 0


def test_the_other_style_of_a_422(practice: Practice) -> None:
    got = practice({"keys": "record", "message": "first"}).put("configuration=activities&record%5BReference%5D=7")
    assert list(got.json()["errors"]) == ["record.Account Name", "record.Source", "record.Type"]
    assert got.json()["message"] == "The record. account name field is required. (and 2 more errors)"


@pytest.mark.parametrize(
    ("attribute", "words"),
    [("email", "email"), ("Account Name", "account name"), ("NPS", "n p s"), ("record.Email", "record. email")],
)
def test_laravel_spells_names_its_own_way(attribute: str, words: str) -> None:
    assert display_name(attribute) == words


def test_who_does_not_ask_for_json_is_redirected(practice: Practice) -> None:
    ann = practice()
    assert ann.put(GOOD, Accept="*/*", Authorization="Bearer x").headers["location"] == "/login"
    assert ann.put("configuration=contact", Accept="text/html").headers["location"] == "/"
    assert ann.put(GOOD, Accept="*/*").status == 200


def test_the_login_page_looks_like_success(practice: Practice, connect: Practice) -> None:
    ann = practice()
    got = connect(ann).ask("GET", "/login")
    assert (got.status, got.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert ann.server.ledger.visits == {"GET /login": 1}


@pytest.mark.parametrize("authorization", ["", "Bearer unknown", "Basic YTpi", "Bearer"])
def test_without_a_good_token_nothing_is_processed(practice: Practice, authorization: str) -> None:
    ann = practice()
    got = ann.put(GOOD, Authorization=authorization)
    assert (got.status, got.json()) == (401, {"message": "Unauthenticated."})
    assert ann.server.ledger.processed == 0


def test_tokens_end(practice: Practice) -> None:
    ann = practice({"expires_in": 0})
    assert ann.put(GOOD).status == 401


def test_a_token_lives_as_long_as_was_said() -> None:
    tokens = Tokens()
    end = time.monotonic() + 0.3
    token = json.loads(tokens.issue(0.3).body)["access_token"]
    assert tokens.good(f"Bearer {token}")
    while tokens.good(f"bearer {token}"):
        assert time.monotonic() < end + 5
    assert time.monotonic() >= end


@pytest.mark.parametrize("form", [{"client_id": "wrong"}, {"client_secret": "wrong"}, {"client_secret": ""}])
def test_wrong_credentials_are_refused(practice: Practice, form: dict[str, str]) -> None:
    got = practice({"token": ["usual"]}).sign_in(**form)
    assert (got.status, got.json()) == (400, {"error": "invalid_client"})


def test_only_client_credentials_are_granted(practice: Practice) -> None:
    got = practice().sign_in(grant_type="password")
    assert (got.status, got.json()) == (400, {"error": "unsupported_grant_type"})


@pytest.mark.parametrize(("pair", "status"), [(b"a:b", 200), (b"a:wrong", 400), (b"a", 400), (b"\xff:\xff", 400)])
def test_basic_credentials(practice: Practice, connect: Practice, pair: bytes, status: int) -> None:
    headers = FORM | {"Authorization": "Basic " + base64.b64encode(pair).decode()}
    got = connect(practice()).ask("POST", "/oauth2/token", headers, b"grant_type=client_credentials")
    assert got.status == status


def test_a_token_is_as_long_as_a_real_one(practice: Practice) -> None:
    got = practice().sign_in()
    assert got.json()["token_type"] == "Bearer"
    assert got.json()["expires_in"] == 3600
    assert 900 < len(got.json()["access_token"]) < 1100


def test_the_sign_in_takes_posts_alone(practice: Practice, connect: Practice) -> None:
    got = connect(practice()).ask("GET", "/oauth2/token", {"Accept": "application/json"})
    assert (got.status, got.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(("length", "status"), [(8_177, 200), (8_178, 414)])
def test_a_target_can_be_too_long(practice: Practice, length: int, status: int) -> None:
    start = GOOD + "&record%5BSegment%5D="
    assert practice().put(start + "x" * (length - len("/records/?" + start))).status == status


def test_one_connection_takes_many_requests(practice: Practice, connect: Practice) -> None:
    ann = practice()
    wire = connect(ann)
    for number in range(20):
        assert wire.ask("PUT", f"/records/?configuration=contact&record%5BEmail%5D=a{number}", ann.headers).status == 200
    assert {entry.connection for entry in ann.server.ledger.entries} == {2}


def test_requests_may_come_in_pieces_or_together(practice: Practice, connect: Practice) -> None:
    ann = practice()
    wire = connect(ann)
    lines = "".join(f"{name}: {value}\r\n" for name, value in ann.headers.items())
    text = f"PUT /records/?{GOOD} HTTP/1.1\r\nContent-Length: 3\r\n{lines}\r\nabc".encode()
    wire.socket.sendall(text[:30])
    wire.socket.sendall(text[30:] + text)
    assert [wire.read().status, wire.read().status] == [200, 200]
    assert ann.server.ledger.processed == 2


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"PUT http://127.0.0.1/records/ HTTP/1.1\r\n\r\n", 400),
        (b"POST /oauth2/token HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /oauth2/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /oauth2/token HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 300_000, 431),
    ],
)
def test_what_is_no_request_is_refused_and_the_server_goes_on(
    practice: Practice, connect: Practice, text: bytes, status: int
) -> None:
    ann = practice()
    wire = connect(ann)
    wire.socket.sendall(text)
    assert wire.read().status == status
    assert not wire.more()
    assert ann.put(GOOD).status == 200


def test_an_old_client_gets_one_answer(practice: Practice, connect: Practice) -> None:
    wire = connect(practice())
    wire.socket.sendall(b"GET /login HTTP/1.0\r\n\r\n")
    assert wire.read().headers["connection"] == "close"
    assert not wire.more()


def test_the_answer_waits_for_the_delay(practice: Practice) -> None:
    ann = practice(delay=0.2)
    ann.put(GOOD)
    (entry,) = ann.server.ledger.entries
    assert entry.answered - entry.received >= 0.2


def test_it_listens_on_loopback_alone(practice: Practice) -> None:
    server = practice().server
    assert server._listener.getsockname()[0] == "127.0.0.1"
    assert server.address.auth == f"http://127.0.0.1:{server.port}/oauth2/token"
    assert server.address.records == f"http://127.0.0.1:{server.port}/records/"


def test_a_taken_port_is_said(practice: Practice) -> None:
    taken = practice().server.port
    with pytest.raises(UsageError, match=f"Port {taken} "):
        PracticeServer(port=taken).start()


def test_a_port_is_a_port() -> None:
    with pytest.raises(UsageError, match="70000"):
        PracticeServer(port=70_000)


def test_after_closing_it_starts_again_and_remembers(practice: Practice) -> None:
    ann = practice()
    ann.put(GOOD)
    port = ann.server.port
    ann.server.close()
    ann.server.close()
    with pytest.raises(ConnectionRefusedError):
        ann.put(GOOD)
    ann.server.start()
    assert ann.server.port == port
    assert ann.put(GOOD).status == 200
    assert ann.server.ledger.processed == 2


def test_many_customers_at_once(practice: Practice) -> None:
    ann = practice(delay=0.05)
    threads = [threading.Thread(target=ann.contact, args=(f"a{n}@example.org",)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ann.server.ledger.processed == 12
    assert 1 < ann.server.ledger.max_in_flight <= 12


def test_a_sign_in_may_be_good_for_so_many_records(practice: Practice) -> None:
    ann = practice({"token_calls": 3})
    assert [ann.contact(name).status for name in "abcde"] == [200, 200, 200, 401, 401]
    ann.sign_in()
    assert ann.contact("f").status == 200
    assert ann.server.ledger.sign_ins == {"200": 2}
