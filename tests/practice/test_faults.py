"""Every misbehaviour, as the client sees it on the wire and as the ledger tells it afterwards."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from cg_uploader.practice.answers import RECORD_FAULTS, TOKEN_FAULTS

Practice = Callable[..., Any]
SILENT = ("processed-reset", "reset-before", "reset", "close", "103-only")
HANGING = ("hang", "processed-hang")
BROKEN = ("short-body", "chunked-cut")
QUERY = "configuration=contact&record%5BEmail%5D=ann%40example.org"


def always(do: object) -> dict[str, Any]:
    action = do if isinstance(do, dict) else {"do": do}
    return {"rules": [{"when": {"any": True}, **action}]}


def needs(name: str) -> dict[str, Any]:
    return {"do": name} | ({"status": 418} if name == "status" else {}) | ({"seconds": 0} if name == "slow-body" else {})


@pytest.mark.parametrize("name", [name for name in RECORD_FAULTS if name not in (*SILENT, *HANGING, *BROKEN)])
def test_every_answer_is_good_http_and_in_the_ledger(practice: Practice, name: str) -> None:
    ann = practice(always(needs(name)))
    got = ann.put(QUERY)
    assert got.whole
    (entry,) = ann.server.ledger.entries
    assert (entry.status, entry.did) == (got.status, name)
    assert ann.server.ledger.processed == entry.processed
    if name[:3].isdecimal() and name != "103":
        assert got.status == int(name[:3])


@pytest.mark.parametrize("name", SILENT)
def test_no_answer_comes(practice: Practice, name: str) -> None:
    ann = practice(always(name))
    got = ann.put(QUERY)
    assert got.status is None
    assert got.interim == ((103,) if name == "103-only" else ())
    (entry,) = ann.server.ledger.entries
    assert (entry.status, entry.processed) == (None, name == "processed-reset")


@pytest.mark.parametrize(("name", "processed"), [("hang", False), ("processed-hang", True)])
def test_a_hanging_answer_lasts_until_the_client_goes(
    practice: Practice, connect: Practice, name: str, processed: bool
) -> None:
    ann = practice(always(name))
    ledger = ann.server.ledger
    with connect(ann) as wire:
        wire.write("PUT", f"/records/?{QUERY}", ann.headers)
        wait_until(lambda: ledger.entries)
        assert (ledger.processed, ledger.entries[0].answered) == (int(processed), None)
        wire.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            wire.read()
    wait_until(lambda: ledger.entries[0].answered is not None)


def test_closing_is_quick_even_when_answers_hang(practice: Practice) -> None:
    ann = practice(always("hang"))
    threads = [threading.Thread(target=ann.put, args=(QUERY,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(ann.server.ledger.entries) == 5)
    begun = time.monotonic()
    ann.server.close()
    assert time.monotonic() - begun < 30
    for thread in threads:
        thread.join(60)


def test_closing_is_quick_in_a_long_delay(practice: Practice) -> None:
    ann = practice(delay=60)
    thread = threading.Thread(target=ann.put, args=(QUERY,))
    thread.start()
    wait_until(lambda: ann.server.ledger.entries)
    begun = time.monotonic()
    ann.server.close()
    thread.join(60)
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("name", BROKEN)
def test_a_body_breaks_off_after_the_status(practice: Practice, name: str) -> None:
    ann = practice(always(name))
    got = ann.put(QUERY)
    assert (got.status, got.whole) == (200, False)
    assert ann.server.ledger.processed == 1


def test_a_chunked_body_is_whole(practice: Practice) -> None:
    assert practice(always("chunked")).put(QUERY).json() == {"message": "Created."}


def test_an_early_hint_comes_before_the_answer(practice: Practice) -> None:
    got = practice(always("103")).put(QUERY)
    assert (got.interim, got.status) == ((103,), 200)


def test_a_slow_body_comes_a_byte_at_a_time(practice: Practice, connect: Practice) -> None:
    ann = practice(always({"do": "slow-body", "body": "abc", "seconds": 0.1}))
    wire = connect(ann)
    wire.write("PUT", f"/records/?{QUERY}", ann.headers)
    wire.head()
    begun = time.monotonic()
    while len(wire.buffer) < 3:
        assert wire.more()
    assert time.monotonic() - begun >= 0.15


def test_bodies_that_are_hard_to_read(practice: Practice) -> None:
    def body(name: str) -> bytes:
        return practice(always(name)).put(QUERY).body

    assert body("bom").startswith(b"\xef\xbb\xbf{")
    assert "Ungültig" in body("latin-1").decode("latin-1")
    assert "Ungültig" in body("utf-16").decode("utf-16")
    assert isinstance(json.loads(body("list")), list)
    assert body("deep") == b"[" * 100_000
    assert body("gzip").startswith(b"{")
    with pytest.raises(json.JSONDecodeError):
        json.loads(body("cut-json"))


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("429", "30"),
        ({"do": "429", "seconds": 2}, "2"),
        ("429-bare", None),
        ("503", None),
        ({"do": "503", "seconds": 1.5}, "1.5"),
    ],
)
def test_when_to_come_again(practice: Practice, action: object, expected: str | None) -> None:
    assert practice(always(action)).put(QUERY).headers.get("retry-after") == expected


def test_when_to_come_again_as_a_date(practice: Practice) -> None:
    got = practice(always({"do": "429-date", "seconds": 60})).put(QUERY)
    ahead = parsedate_to_datetime(got.headers["retry-after"]) - datetime.now(UTC)
    assert 50 < ahead.total_seconds() <= 60


@pytest.mark.parametrize(
    ("action", "location"),
    [
        ("login", "/login"),
        ("home", "/"),
        ("301", f"/moved/?{QUERY}"),
        ({"do": "307", "query": False}, "/moved/"),
        ("308", f"/moved/?{QUERY}"),
    ],
)
def test_redirects(practice: Practice, connect: Practice, action: object, location: str) -> None:
    ann = practice(always(action))
    assert ann.put(QUERY).headers["location"] == location
    assert connect(ann).ask("GET", location, ann.headers).status == 200
    assert ann.server.ledger.visits == {f"GET {location.partition('?')[0]}": 1}
    assert ann.server.ledger.processed == 0


def test_refusals_name_fields_in_the_style_asked_for(practice: Practice) -> None:
    action = {
        "do": "refused",
        "errors": {"Phone": "No.", "Email": ["Not so.", "Nor so."]},
        "keys": "record",
        "message": "first",
    }
    got = practice(always(action)).put(QUERY)
    assert got.json() == {
        "message": "No. (and 2 more errors)",
        "errors": {"record.Phone": ["No."], "record.Email": ["Not so.", "Nor so."]},
    }


def test_refusals_about_configuration_and_record_keep_their_names(practice: Practice) -> None:
    for name in ("configuration", "record"):
        action = {"do": f"refused-{name}", "keys": "record"}
        assert list(practice(always(action)).put(QUERY).json()["errors"]) == [name]


def test_a_rule_may_say_everything(practice: Practice) -> None:
    action = {"do": "status", "status": 418, "body": "tea", "headers": {"X-Pot": "short"}, "processed": True}
    ann = practice(always(action))
    got = ann.put(QUERY)
    assert (got.status, got.body, got.headers["x-pot"]) == (418, b"tea", "short")
    assert ann.server.ledger.processed == 1


@pytest.mark.parametrize(("status", "processed"), [(200, 1), (299, 1), (302, 0), (422, 0)])
def test_a_status_decides_whether_the_record_counts(practice: Practice, status: int, processed: int) -> None:
    ann = practice(always({"do": "chunked", "status": status}))
    assert ann.put(QUERY).status == status
    assert ann.server.ledger.processed == processed


def test_what_processes_checks_first(practice: Practice) -> None:
    ann = practice(always("processed-504"))
    assert ann.put("configuration=contact&record%5BSegment%5D=A").status == 422
    assert ann.put(QUERY, Authorization="Bearer x").status == 401
    assert ann.put(QUERY).status == 504
    assert ann.server.ledger.processed == 1


def test_a_suppressed_invitation_is_not_sent(practice: Practice) -> None:
    ann = practice({"rules": [{"when": {"record": 2}, "do": "suppressed"}]})
    for name in ("ann", "bob"):
        assert ann.put(f"configuration=multi&record%5BEmail%5D={name}").status == 200
    summary = ann.server.ledger.summary()
    assert (summary["invitations"], summary["suppressed"], summary["processed"]) == (1, 1, 2)


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("name", [name for name in TOKEN_FAULTS if name not in ("usual", "slow", "hang", "reset")])
def test_sign_ins_that_go_wrong_go_well_next_time(practice: Practice, name: str) -> None:
    ann = practice({"token": [name]})
    got = ann.sign_in()
    assert b"access_token" not in got.body
    if name[:3].isdecimal():
        assert got.status == int(name[:3])
    assert ann.sign_in().json()["access_token"]
    assert ann.contact().status == 200
    assert sum(ann.server.ledger.sign_ins.values()) == 2


@pytest.mark.parametrize("expires_in", [5, "3600", None, "soon"])
def test_a_token_may_say_its_time_in_any_way(practice: Practice, expires_in: object) -> None:
    ann = practice({"token": [{"do": "usual", "expires_in": expires_in}]})
    assert ann.sign_in().json().get("expires_in") == expires_in
    assert ann.contact().status == 200


def test_a_slow_token_is_a_good_one(practice: Practice) -> None:
    ann = practice({"token": [{"do": "slow", "seconds": 0}]})
    ann.sign_in()
    assert ann.contact().status == 200


def test_token_actions_come_in_turn_and_as_often_as_said(practice: Practice) -> None:
    ann = practice({"token": [{"do": "429", "times": 2}, "401"]})
    assert [ann.sign_in().status for _ in range(4)] == [429, 429, 401, 200]


def test_a_reset_sign_in(practice: Practice) -> None:
    assert practice({"token": ["reset"]}).sign_in().status is None
