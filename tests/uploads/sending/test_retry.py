"""Every line of the rules on replies, written out: what becomes of a repeatable row, and of one that must leave once."""

from __future__ import annotations

import itertools

import pytest

from cg_uploader.model.enums import Answer, Body, DataType, RowStatus
from cg_uploader.model.request import Reply
from cg_uploader.uploads.sending.retry import Attempts, Decision, NextStep, decide

# decision = "what" or "what wait"; what = final status, or "resend"; "stop" and its exit code where the run ends
REFUSALS = (("Email", "bad"),)


def reply(status: int, body: Body = Body.BLANK, errors=(), wait: float | None = None) -> Reply:
    return Reply(Answer.COMPLETE, status, body, tuple(errors), "", wait)


def lost(status: int) -> Reply:
    return Reply(Answer.BODY_LOST, status)


TABLE = [
    # reply, repeatable, once only
    (reply(200), "accepted", "accepted"),
    (reply(201), "accepted", "accepted"),
    (reply(202), "accepted", "accepted"),
    (reply(204), "accepted", "accepted"),
    (reply(200, Body.JSON), "accepted", "accepted"),
    (reply(201, Body.JSON), "accepted", "accepted"),
    (reply(200, Body.OTHER), "not_sure stop5", "not_sure stop5"),
    (reply(201, Body.OTHER), "not_sure stop5", "not_sure stop5"),
    (reply(200, Body.JSON_ERRORS), "not_sure stop5", "not_sure stop5"),
    (lost(200), "accepted", "accepted"),
    (lost(201), "accepted", "accepted"),
    (reply(301), "not_sent stop5", "not_sent stop5"),
    (reply(307), "not_sent stop5", "not_sent stop5"),
    (reply(308), "not_sent stop5", "not_sent stop5"),
    (reply(302), "not_sure stop5", "not_sure stop5"),
    (reply(303), "not_sure stop5", "not_sure stop5"),
    (reply(300), "not_sure stop5", "not_sure stop5"),
    (reply(304), "not_sure stop5", "not_sure stop5"),
    (reply(302, Body.OTHER), "not_sure stop5", "not_sure stop5"),
    (lost(307), "not_sent stop5", "not_sent stop5"),
    (reply(400), "not_sent stop5", "not_sent stop5"),
    (reply(400, Body.OTHER), "not_sent stop5", "not_sent stop5"),
    (reply(400, Body.JSON), "not_sent stop5", "not_sent stop5"),
    (reply(400, Body.JSON_ERRORS, [("", "something")]), "not_sent stop5", "not_sent stop5"),
    (reply(400, Body.JSON_ERRORS, REFUSALS), "refused", "refused"),
    (reply(400, Body.JSON_ERRORS, [("configuration", "x")]), "not_sent stop5", "not_sent stop5"),
    (lost(400), "not_sent stop5", "not_sent stop5"),
    (reply(401), "resend 0", "resend 0"),
    (lost(401), "resend 0", "resend 0"),
    (reply(403), "not_sent stop4", "not_sent stop4"),
    (reply(404), "not_sent stop5", "not_sent stop5"),
    (reply(405), "not_sent stop5", "not_sent stop5"),
    (reply(407), "not_sent stop4", "not_sent stop4"),
    (reply(422, Body.JSON_ERRORS, REFUSALS), "refused", "refused"),
    (reply(422, Body.JSON_ERRORS, [("record.Email", "bad")]), "refused", "refused"),
    (reply(422, Body.JSON_ERRORS, [("", "bad")]), "refused", "refused"),
    (reply(422, Body.OTHER), "refused", "refused"),
    (reply(422), "refused", "refused"),
    (lost(422), "refused", "refused"),
    (reply(422, Body.JSON_ERRORS, [("configuration", "x")]), "not_sent stop5", "not_sent stop5"),
    (reply(422, Body.JSON_ERRORS, [("record", "x")]), "not_sent stop5", "not_sent stop5"),
    (reply(422, Body.JSON_ERRORS, [("Email", "bad"), ("configuration", "x")]), "not_sent stop5", "not_sent stop5"),
    (reply(413), "refused", "refused"),
    (reply(414, Body.OTHER), "refused", "refused"),
    (reply(431), "refused", "refused"),
    (lost(414), "refused", "refused"),
    (reply(429), "resend 30 everyone slower", "resend 30 everyone slower"),
    (reply(429, wait=7.0), "resend 7 everyone slower", "resend 7 everyone slower"),
    (reply(429, wait=300.0), "resend 300 everyone slower", "resend 300 everyone slower"),
    (lost(429), "resend 30 everyone slower", "resend 30 everyone slower"),
    (reply(408), "resend 2", "not_sure"),
    (reply(425), "resend 2", "not_sure"),
    (reply(500), "resend 2", "not_sure"),
    (reply(500, wait=99.0), "resend 2", "not_sure"),
    (reply(501), "resend 2", "not_sure"),
    (reply(502, Body.OTHER), "resend 2", "not_sure"),
    (reply(504, Body.JSON), "resend 2", "not_sure"),
    (reply(599), "resend 2", "not_sure"),
    (lost(500), "resend 2", "not_sure"),
    (reply(503), "resend 2 slower", "not_sure stop5 slower"),
    (reply(503, wait=12.0), "resend 12 everyone slower", "not_sure stop5 slower"),
    (Reply(Answer.NOTHING), "resend 2", "not_sure"),
    (Reply(Answer.NOT_CONNECTED), "resend 0 everyone", "resend 0 everyone"),
    (Reply(Answer.UNTRUSTED), "not_sent stop5", "not_sent stop5"),
    (Reply(Answer.NOT_SIGNED_IN), "resend 0 everyone", "resend 0 everyone"),
    (Reply(Answer.PROXY_LOGIN), "not_sent stop4", "not_sent stop4"),
    (Reply(Answer.TOO_LONG), "held_back", "held_back"),
    (lost(204), "accepted", "accepted"),
    (lost(302), "not_sure stop5", "not_sure stop5"),
    (lost(403), "not_sent stop4", "not_sent stop4"),
    (lost(408), "resend 2", "not_sure"),
    (lost(503), "resend 2 slower", "not_sure stop5 slower"),
    (reply(100), "resend 2", "not_sure"),
    (reply(103), "resend 2", "not_sure"),
    (reply(402), "not_sent stop5", "not_sent stop5"),
    (reply(409), "not_sent stop5", "not_sent stop5"),
    (reply(410), "not_sent stop5", "not_sent stop5"),
]  # fmt: skip


def words(decision: Decision) -> str:
    """A decision in the words of the table."""
    said = [f"resend {decision.wait:g}"] if decision.action is NextStep.RESEND else [decision.status.value]
    if decision.action is NextStep.SETTLE:
        assert decision.wait == 0
    if decision.stop:
        said.append(f"stop{decision.stop.exit_code}")
    if decision.everyone:
        said.append("everyone")
    if decision.slow_down:
        said.append("slower")
    return " ".join(said)


@pytest.mark.parametrize("once_only", [False, True], ids=["repeatable", "once only"])
@pytest.mark.parametrize(("answer", "repeatable", "once"), TABLE)
def test_the_first_reply(answer, repeatable, once, once_only):
    data_type = DataType.SURVEY if once_only else DataType.CONTACT
    decision = decide(answer, Attempts(), once_only=once_only, data_type=data_type)
    assert words(decision) == (once if once_only else repeatable)


LATER = [
    # reply, attempts before, repeatable
    (reply(500), Attempts(sent=1, failures=1), "resend 8", None),
    (reply(500), Attempts(sent=2, failures=2), "resend 30", None),
    (reply(500), Attempts(sent=3, failures=3), "not_sure", None),
    (Reply(Answer.NOTHING), Attempts(sent=1, failures=1), "resend 8", None),
    (Reply(Answer.NOTHING), Attempts(sent=2, failures=2), "resend 30", None),
    (Reply(Answer.NOTHING), Attempts(sent=3, failures=3), "not_sure", None),
    (reply(503, wait=9.0), Attempts(sent=2, failures=2), "resend 9 everyone slower", None),
    (reply(503, wait=9.0), Attempts(sent=3, failures=3), "not_sure slower", None),
    (reply(429), Attempts(sent=5, throttled=5), "resend 30 everyone slower", "resend 30 everyone slower"),
    (reply(429, wait=4.0), Attempts(sent=6, throttled=6), "not_sent stop5", "not_sent stop5"),
    (reply(500), Attempts(sent=6, throttled=6), "resend 2", "not_sure"),
    (reply(401), Attempts(sent=1, unauthorized=1), "not_sent stop4", "not_sent stop4"),
    (reply(401), Attempts(sent=4, throttled=2, failures=1), "resend 0", None),
    (Reply(Answer.NOT_CONNECTED), Attempts(sent=3, failures=3), "resend 0 everyone", None),
    (reply(200), Attempts(sent=9, unauthorized=1, throttled=6, failures=3), "accepted", "accepted"),
    (reply(422, Body.JSON_ERRORS, REFUSALS), Attempts(sent=1, failures=1), "refused", None),
    # an earlier attempt may have worked, so "not sent" would be a claim too much
    (reply(403), Attempts(sent=1, failures=1), "not_sure stop4", None),
    (reply(429), Attempts(sent=7, throttled=6, failures=1), "not_sure stop5", None),
    (reply(401), Attempts(sent=2, unauthorized=1, failures=1), "not_sure stop4", None),
    (Reply(Answer.UNTRUSTED), Attempts(sent=1, failures=1), "not_sure stop5", None),
    (Reply(Answer.PROXY_LOGIN), Attempts(sent=1, failures=1), "not_sure stop4", None),
    (Reply(Answer.TOO_LONG), Attempts(sent=1, failures=1), "not_sure", None),
    (reply(408), Attempts(sent=3, failures=3), "not_sure", None),
    (reply(425), Attempts(sent=2, failures=2), "resend 30", None),
    # the same when the try without a clear answer was before the run went on
    (reply(403), Attempts(earlier=True), "not_sure stop4", None),
    (reply(422, Body.JSON_ERRORS, [("configuration", "x")]), Attempts(earlier=True), "not_sure stop5", None),
    (reply(500), Attempts(earlier=True), "resend 2", None),
    (reply(200), Attempts(earlier=True), "accepted", None),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "attempts", "repeatable", "once"), LATER)
def test_later_replies(answer, attempts, repeatable, once):
    assert words(decide(answer, attempts, once_only=False, data_type=DataType.CONTACT)) == repeatable
    if once is not None:
        assert words(decide(answer, attempts, once_only=True, data_type=DataType.SURVEY)) == once


ALIAS_TAKEN = reply(422, Body.JSON_ERRORS, [("Alias", "The alias has already been taken.")])


@pytest.mark.parametrize(
    ("data_type", "attempts", "expected"),
    [
        (DataType.ACCOUNT_ALIAS, Attempts(), "refused"),
        (DataType.ACCOUNT_ALIAS, Attempts(sent=2, throttled=1, unauthorized=1), "refused"),
        (DataType.ACCOUNT_ALIAS, Attempts(sent=1, failures=1), "not_sure"),
        (DataType.ACCOUNT_ALIAS, Attempts(earlier=True), "not_sure"),
        (DataType.CONTACT, Attempts(sent=1, failures=1), "refused"),
    ],
)
def test_an_alias_that_is_already_there(data_type, attempts, expected):
    decision = decide(ALIAS_TAKEN, attempts, once_only=False, data_type=data_type)
    assert words(decision) == expected
    assert ("probably there since the first try" in decision.message) is (expected == "not_sure")


@pytest.mark.parametrize("data_type", list(DataType))
@pytest.mark.parametrize("errors", [REFUSALS, ()])
def test_only_a_multi_object_may_be_partly_written(data_type, errors):
    decision = decide(reply(422, Body.JSON_ERRORS, errors), Attempts(), once_only=True, data_type=data_type)
    assert ("partly written" in decision.message) is (data_type is DataType.MULTI_OBJECT)


def test_what_a_row_is_if_it_comes_to_no_further_attempt():
    def status(answer, **before):
        decision = decide(answer, Attempts(**before), once_only=False, data_type=DataType.CONTACT)
        assert decision.action is NextStep.RESEND
        return decision.status

    assert status(Reply(Answer.NOT_CONNECTED)) is RowStatus.NOT_SENT
    assert status(Reply(Answer.NOT_CONNECTED), failures=1) is RowStatus.NOT_SURE
    assert status(reply(401)) is RowStatus.NOT_SENT
    assert status(reply(429)) is RowStatus.NOT_SENT
    assert status(reply(429), failures=1) is RowStatus.NOT_SURE
    assert status(reply(500)) is RowStatus.NOT_SURE
    assert status(Reply(Answer.NOTHING)) is RowStatus.NOT_SURE


NO_REPLY = tuple(answer for answer in Answer if answer not in (Answer.COMPLETE, Answer.BODY_LOST))
EVERY_REPLY = [Reply(answer) for answer in NO_REPLY] + [
    Reply(answer, status, body, errors, "", wait)
    for answer in (Answer.COMPLETE, Answer.BODY_LOST)
    for status in (*range(100, 600), 999)
    for body in Body
    for errors in ((), REFUSALS)
    for wait in (None, 5.0)
]


def test_laws_that_hold_for_every_reply():
    for answer, failures, throttled, unauthorized, once_only in itertools.product(
        EVERY_REPLY, (0, 3), (0, 6), (0, 1), (True, False)
    ):
        attempts = Attempts(failures + throttled + unauthorized, unauthorized, throttled, failures)
        decision = decide(answer, attempts, once_only=once_only, data_type=DataType.UNKNOWN)
        status = answer.status or 0
        if once_only and decision.action is NextStep.RESEND:
            assert answer.answer in (Answer.NOT_CONNECTED, Answer.NOT_SIGNED_IN) or status in (401, 429)
        if decision.status is RowStatus.ACCEPTED:
            assert 200 <= status < 300
        if decision.status is RowStatus.NOT_SENT:
            assert failures == 0
        if decision.status is RowStatus.REFUSED:
            assert status in (400, 413, 414, 422, 431)
        if decision.status is RowStatus.HELD_BACK:
            assert answer.answer is Answer.TOO_LONG
        if decision.action is NextStep.SETTLE:
            assert decision.status is not RowStatus.SKIPPED
            assert decision.status is RowStatus.ACCEPTED or decision.message or answer.errors
        else:
            assert decision.stop is None
        assert 0 <= decision.wait <= 300


def test_what_the_service_says_is_passed_on():
    answer = Reply(Answer.COMPLETE, 403, Body.JSON, message="Your address is blocked.")
    decision = decide(answer, Attempts(), once_only=False, data_type=DataType.CONTACT)
    assert str(decision.stop).endswith("CustomerGauge says: Your address is blocked.")
    unknown = Reply(Answer.COMPLETE, 422, Body.JSON_ERRORS, (("configuration", "Is unknown."),), "The data was invalid.")
    stop = str(decide(unknown, Attempts(), once_only=False, data_type=DataType.CONTACT).stop)
    assert stop.startswith("CustomerGauge does not accept the reference.")
    assert stop.endswith("CustomerGauge says: Is unknown.")
    refused = Reply(Answer.COMPLETE, 422, Body.JSON, message="No such account.")
    assert decide(refused, Attempts(), once_only=False, data_type=DataType.CONTACT).message == "No such account."
    untrusted = Reply(Answer.UNTRUSTED, message="The certificate has expired.")
    assert (
        str(decide(untrusted, Attempts(), once_only=False, data_type=DataType.CONTACT).stop) == "The certificate has expired."
    )


@pytest.mark.parametrize("once_only", [False, True])
@pytest.mark.parametrize("status", [200, 302, 400, 403, 413, 422, 500, 503])
def test_a_page_is_shown_with_its_status_and_is_not_called_the_service(status, once_only):
    page = Reply(Answer.COMPLETE, status, Body.OTHER, message="Guest network Welcome")
    decision = decide(page, Attempts(failures=3), once_only=once_only, data_type=DataType.CONTACT)
    for text in filter(None, (decision.message, decision.stop and str(decision.stop) if status != 503 else None)):
        assert text.endswith(f"The answer ({status}) reads: Guest network Welcome")
        assert "CustomerGauge says" not in text


@pytest.mark.parametrize("once_only", [False, True])
def test_a_failure_is_told_in_the_services_words_too(once_only):
    failed = Reply(Answer.COMPLETE, 504, Body.JSON, message="Endpoint request timed out")
    decision = decide(failed, Attempts(failures=3), once_only=once_only, data_type=DataType.CONTACT)
    assert decision.message.endswith("CustomerGauge says: Endpoint request timed out")
    silent = decide(Reply(Answer.NOTHING, message="x"), Attempts(failures=3), once_only=once_only, data_type=DataType.CONTACT)
    assert "CustomerGauge says" not in silent.message


def test_attempts_are_counted():
    attempts = Attempts(earlier=True)
    for answer in (
        reply(401),
        reply(429),
        reply(500),
        reply(408),
        Reply(Answer.NOTHING),
        *map(Reply, NO_REPLY[1:]),
        reply(422),
    ):
        attempts = attempts.after(answer)
    assert attempts == Attempts(sent=6, unauthorized=1, throttled=1, failures=3, earlier=True)
    assert attempts.may_have_arrived
    assert not Attempts(sent=3, unauthorized=1, throttled=2).may_have_arrived
