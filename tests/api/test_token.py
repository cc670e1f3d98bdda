"""One token for all: when it is fetched, how long it counts, and what each answer to a sign-in means."""

from __future__ import annotations

import json
import threading

import pytest

from cg_uploader.api.replies import Received
from cg_uploader.api.token import Clock, Token
from cg_uploader.errors import CredentialsRefused, NotReachable
from cg_uploader.model.enums import Answer
from cg_uploader.model.request import Reply


class Desk:
    """A sign-in that gives a new token each time, and two clocks."""

    def __init__(self, *answers: Received | Reply, expires_in: object = 3600) -> None:
        self.answers = list(answers)
        self.expires_in = expires_in
        self.asked = 0
        self.wall = 5_000.0
        self.monotonic = 10.0
        self.token = Token(self.ask, Clock(lambda: self.wall, lambda: self.monotonic))

    def ask(self, _may_leave) -> Received | Reply:
        self.asked += 1
        if self.answers:
            return self.answers.pop(0)
        body = {"access_token": f"t{self.asked}", "token_type": "Bearer"}
        return answer(200, body if self.expires_in == "absent" else {**body, "expires_in": self.expires_in})


def answer(status: int, body: object = b"") -> Received:
    return Received(status, {}, body if body is None or isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (3600, 3300),
        ("3600", 3300),
        (" 7200.5 ", 6900.5),
        (600, 480),
        (60, 48),
        (1500, 1200),
        ("absent", 3300),
        (None, 3300),
        ("soon", 3300),
        (0, 3300),
        (-5, 3300),
        ("nan", 3300),
        ("inf", 3300),
        ([1], 3300),
        (True, 3300),
    ],
)
@pytest.mark.parametrize("clock", ["wall", "monotonic"])
def test_a_token_is_renewed_before_it_ends(expires_in, seconds, clock):
    desk = Desk(expires_in=expires_in)
    began = getattr(desk, clock)
    assert desk.token.get().text == "t1"
    setattr(desk, clock, began + seconds - 0.5)
    assert desk.token.get().text == "t1"
    setattr(desk, clock, began + seconds)
    assert desk.token.get().text == "t2"


def test_a_clock_that_is_set_back_makes_no_token_older_or_immortal():
    desk = Desk()
    desk.token.get()
    desk.wall -= 100_000
    assert desk.token.get().text == "t1"
    desk.monotonic += 3300
    assert desk.token.get().text == "t2"


def test_only_the_token_that_failed_is_discarded():
    desk = Desk()
    old = desk.token.get()
    desk.token.discard(Desk().token.get())
    assert desk.token.get() is old
    desk.token.discard(old)
    assert desk.token.get().text == "t2"
    desk.token.discard(old)
    assert desk.token.get().text == "t2"


ADVICE = "CustomerGauge does not accept the Client ID and secret in this region."


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, {"error": "invalid_client"}, ADVICE),
        (400, {"error": "unauthorized_client"}, ADVICE),
        (400, {"error": "unsupported_grant_type"}, ADVICE),
        (401, {"error": "invalid_client", "error_description": "Client is\r\nlocked"}, "CustomerGauge says: Client is locked"),
        (401, {"message": "Unauthorized"}, "CustomerGauge says: Unauthorized"),
        (401, {}, ADVICE),
        (401, b"", ADVICE),
        (401, b"<html>", ADVICE),
        (401, b"[]", ADVICE),
    ],
)
def test_a_refusal(status, body, said):
    with pytest.raises(CredentialsRefused) as caught:
        Desk(answer(status, body)).token.get()
    assert said in caught.value.sentence
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (answer(429, {"message": "slow"}), "too many sign-ins"),
        (answer(500, b"<h1>x</h1>"), "does not work at the moment"),
        (answer(503), "does not work at the moment"),
        (answer(302), "was redirected"),
        (answer(307), "was redirected"),
        (answer(407), "proxy of your network"),
        (answer(200), "no usable answer"),
        (answer(200, None), "no usable answer"),
        (answer(200, b"<html>"), "no usable answer"),
        (answer(200, b"[]"), "no usable answer"),
        (answer(200, b"[" * 60_000), "no usable answer"),
        (answer(200, {"token": "x"}), "no usable answer"),
        (answer(200, {"access_token": ""}), "no usable answer"),
        (answer(200, {"access_token": 5}), "no usable answer"),
        (answer(200, {"access_token": "a b"}), "no usable answer"),
        (answer(200, {"access_token": "a\r\nX-Evil: 1"}), "no usable answer"),
        (answer(200, {"access_token": "a\u200b"}), "no usable answer"),
        (answer(200, {"access_token": "a\x00"}), "no usable answer"),
        (answer(204), "no usable answer"),
        (answer(400), "no usable answer"),
        (answer(403, {"message": "Forbidden"}), "no usable answer"),
        (answer(404, b"<html>"), "no usable answer"),
        (Reply(Answer.NOT_CONNECTED, message="x refused the connection."), "did not work. x refused the connection."),
        (Reply(Answer.NOTHING, message="No answer came in time."), "did not work. No answer came in time."),
        (Reply(Answer.PROXY_LOGIN, message="The proxy x wants a user name."), "The proxy x wants a user name."),
    ],
)
def test_no_usable_answer(answered, said):
    desk = Desk(answered)
    with pytest.raises(NotReachable, match=said):
        desk.token.get()
    assert desk.token.get().text == "t2"


def test_blanks_around_a_token_are_not_part_of_it():
    assert Desk(answer(200, {"access_token": " abc\n"})).token.get().text == "abc"


def test_distrust_is_told_apart():
    with pytest.raises(NotReachable) as caught:
        Desk(Reply(Answer.UNTRUSTED, message="The certificate has expired.")).token.get()
    assert (caught.value.kind, caught.value.sentence) == ("untrusted", "The certificate has expired.")


def test_one_sign_in_serves_all_who_wait():
    begun, go_on = threading.Event(), threading.Event()
    asked = []

    def ask(_may_leave) -> Received | Reply:
        asked.append(1)
        begun.set()
        assert go_on.wait(60)
        return answer(200, {"access_token": "t"})

    token = Token(ask, Clock())
    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.append(token.get().text)) for _ in range(6)]
    threads[0].start()
    assert begun.wait(60)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert results == ["t"] * 6
    assert len(asked) == 1


def test_a_failed_sign_in_is_tried_anew_by_the_next():
    desk = Desk(answer(500))
    with pytest.raises(NotReachable):
        desk.token.get()
    assert desk.token.get().text == "t2"


def test_after_two_tokens_in_a_row_that_were_refused_nobody_signs_in_again():
    desk = Desk()
    first = desk.token.get()
    desk.token.discard(first)
    second = desk.token.get()
    desk.token.discard(first)
    assert desk.token.get() is second, "a late answer about the first says nothing about the second"
    desk.token.discard(second)
    for _ in range(3):
        with pytest.raises(CredentialsRefused, match="does not accept the sign-in for records"):
            desk.token.get()
    assert desk.asked == 2
    desk.token.begin_anew()
    assert desk.token.get().text == "t3"


def test_a_token_that_was_accepted_once_makes_room_for_the_next():
    desk = Desk()
    for number in range(1, 6):
        token = desk.token.get()
        assert token.text == f"t{number}"
        if number > 1:
            desk.token.confirm(token)
        desk.token.discard(token)
    assert desk.asked == 5


def test_the_same_text_again_is_another_token():
    desk = Desk(*(answer(200, {"access_token": "same"}) for _ in range(2)))
    first = desk.token.get()
    desk.token.discard(first)
    second = desk.token.get()
    desk.token.discard(first)
    assert desk.token.get() is second


BREAKS = [("20", 20.0), ("0", 1.0), ("9999", 300.0), ("Thu, 01 Jan 1970 01:24:30 GMT", 70.0)]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("said", "seconds"), BREAKS)
def test_a_break_that_a_sign_in_asks_for_holds_for_everybody(status, said, seconds):
    desk = Desk(Received(status, {"Retry-After": said, "Date": "Thu, 01 Jan 1970 01:23:20 GMT"}, b""))
    with pytest.raises(NotReachable, match=f"Try again in {seconds:.0f} s") as caught:
        desk.token.get()
    assert caught.value.retry_after == seconds
    desk.monotonic += seconds - 0.5
    with pytest.raises(NotReachable) as caught:
        desk.token.get()
    assert caught.value.retry_after == pytest.approx(0.5)
    assert desk.asked == 1
    desk.monotonic += 0.5
    assert desk.token.get().text == "t2"


@pytest.mark.parametrize(("status", "headers"), [(429, {}), (503, {"Retry-After": "soon"}), (500, {"Retry-After": "20"})])
def test_what_asks_for_no_break_may_be_tried_at_once(status, headers):
    desk = Desk(Received(status, headers, b""))
    with pytest.raises(NotReachable, match="in a few minutes") as caught:
        desk.token.get()
    assert caught.value.retry_after is None
    assert desk.token.get().text == "t2"


def test_a_sign_in_that_must_not_leave_is_no_failure():
    desk = Desk(None)
    assert desk.token.get() is None
    assert desk.token.get().text == "t2"
