"""Tokens of the pretend sign-in: for whom, for how long, for how many records."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest

from cg_uploader.practice import tokens
from cg_uploader.practice.tokens import Tokens, refusal

FORM = {"content-type": "application/x-www-form-urlencoded"}
GOOD = {"grant_type": "client_credentials", "client_id": "ann", "client_secret": "s3cret"}


def issued(store: Tokens, expires_in: object = 3600) -> str:
    answer = json.loads(store.issue(expires_in).body)
    assert answer["token_type"] == "Bearer"
    return f"Bearer {answer['access_token']}"


def test_a_token_is_good_where_it_was_handed_out() -> None:
    store = Tokens()
    token = issued(store)
    assert store.good(token)
    assert store.good(token.replace("Bearer", "bearer"))
    assert not Tokens().good(token)
    assert issued(store) != token


@pytest.mark.parametrize("text", ["", "Bearer", "Bearer ", "Basic abc", "Bearer nobody's"])
def test_other_headers_are_not(text: str) -> None:
    assert not Tokens().good(text)


def test_a_token_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(tokens.time, "monotonic", lambda: now)
    store = Tokens()
    short, odd = issued(store, 60), issued(store, "soon")
    now = 159.0
    assert store.good(short)
    now = 160.0
    assert not store.good(short)
    assert store.good(odd), "what is no number lasts an hour"
    now = 3_701.0
    assert not store.good(odd)


def test_what_the_answer_says_of_its_time_is_what_was_wished_for() -> None:
    store = Tokens()
    assert json.loads(store.issue("60").body)["expires_in"] == "60"
    assert "expires_in" not in json.loads(store.issue(None).body)


def test_a_token_may_be_good_for_a_few_records() -> None:
    store = Tokens(calls=2)
    first, second = issued(store), issued(store)
    assert [store.good(first) for _ in range(4)] == [True, True, False, False]
    assert store.good(second)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, None),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_who_may_have_a_token(changes: dict[str, str], word: str | None) -> None:
    answer = refusal(FORM, urlencode({**GOOD, **changes}).encode())
    assert (answer and json.loads(answer.body)["error"]) == word


def test_a_request_of_another_kind_is_none() -> None:
    for headers, body in (({}, urlencode(GOOD).encode()), (FORM, b""), ({"content-type": "application/json"}, b"{}")):
        answer = refusal(headers, body)
        assert answer is not None
        assert json.loads(answer.body) == {"error": "invalid_request"}


@pytest.mark.parametrize(("login", "good"), [("ann:s3cret", True), ("ann:wrong", False), ("ann", False), ("é:ü", True)])
def test_a_login_in_the_header_goes_before_the_form(login: str, good: bool) -> None:
    headers = {**FORM, "authorization": "Basic " + base64.b64encode(login.encode()).decode()}
    body = urlencode({**GOOD, "client_secret": "wrong"}).encode()
    assert (refusal(headers, body) is None) is good
    assert refusal({**headers, "authorization": "Basic !!"}, body) is not None
