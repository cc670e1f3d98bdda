"""The ledger: what was received, what it did, who was invited twice, and what a killed client leaves behind."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cg_uploader.errors import UsageError
from cg_uploader.practice.configurations import Effect
from cg_uploader.practice.ledger import Entry, overlapping
from cg_uploader.practice.server import PracticeServer

Practice = Callable[..., Any]


def test_an_entry_tells_it_all(practice: Practice) -> None:
    ann = practice()
    ann.put("configuration=contact&record%5BEmail%5D=%20Ann%40X.org&record%5Be-mail%5D=b%2Bc", **{"User-Agent": "t/1"})
    (entry,) = ann.server.ledger.entries
    assert (entry.ordinal, entry.method, entry.path, entry.status, entry.processed) == (1, "PUT", "/records/", 200, True)
    assert entry.query == b"configuration=contact&record%5BEmail%5D=%20Ann%40X.org&record%5Be-mail%5D=b%2Bc"
    assert entry.pairs == (("Email", " Ann@X.org"), ("e-mail", "b+c"))
    assert entry.fields["e-mail"] == "b+c"
    assert (entry.reference, entry.key, entry.ignored) == ("contact", "Email:ann@x.org", ("e-mail",))
    assert dict(entry.headers)["user-agent"] == "t/1"
    assert entry.received <= entry.answered
    assert ann.server.ledger.ignored == {"contact": {"e-mail": 1}}


def test_no_token_and_no_secret_is_kept(practice: Practice, tmp_path: Path, connect: Practice) -> None:
    ann = practice(ledger_file=tmp_path / "ledger.jsonl")
    token = ann.headers["Authorization"].removeprefix("Bearer ")
    ann.put("configuration=contact&record%5BEmail%5D=a", Cookie="s3cret")
    shown = connect(ann).ask("GET", "/ledger").body + connect(ann).ask("GET", "/").body
    shown += (tmp_path / "ledger.jsonl").read_bytes() + repr(ann.server.ledger.entries).encode()
    assert token.encode() not in shown
    assert b"s3cret" not in shown
    assert dict(ann.server.ledger.entries[0].headers)["authorization"] == "Bearer (left out)"


@pytest.mark.parametrize(
    ("query", "effects"),
    [
        ("configuration=contact&record%5BEmail%5D=a", {Effect.UPSERT}),
        ("configuration=accounts&record%5BAccount Name%5D=a", {Effect.UPSERT}),
        ("configuration=alias&record%5BAccount Name%5D=a&record%5BAlias%5D=b", {Effect.ALIAS}),
        ("configuration=survey&record%5BPhone%5D=1", {Effect.INVITATION}),
        ("configuration=multi&record%5BEmail%5D=a", {Effect.UPSERT, Effect.INVITATION}),
        ("configuration=revenue&record%5BAccount Name%5D=a&record%5BAmount%5D=1", {Effect.REVENUE}),
        (
            "configuration=response&record%5BEmail%5D=a&record%5BSent Date%5D=b&record%5BCompleted Date%5D=c",
            {Effect.RESPONSE},
        ),
        (
            "&".join(
                ["configuration=activities", *(f"record%5B{n}%5D=a" for n in ("Account Name", "Reference", "Source", "Type"))]
            ),
            {Effect.ACTIVITY},
        ),
    ],
)
def test_what_each_kind_of_record_does(practice: Practice, query: str, effects: set[Effect]) -> None:
    ann = practice()
    assert ann.put(query.replace(" ", "%20")).status == 200
    assert {effect for effect in Effect if ann.server.ledger.effects(effect)} == effects


def test_who_was_invited_twice(practice: Practice) -> None:
    ann = practice({"rules": [{"when": {"record": 3}, "do": "processed-504"}]})
    for email in ("ann", "bob", "cid", "cid", "ANN"):
        ann.put(f"configuration=survey&record%5BEmail%5D={email}")
    ledger = ann.server.ledger
    assert (ledger.invitations, ledger.invited_twice) == (5, {"Email:ann": 2, "Email:cid": 2})


def test_the_last_of_two_equal_names_wins(practice: Practice) -> None:
    ann = practice()
    ann.put("configuration=contact&record%5BEmail%5D=a&record%5BEmail%5D=b")
    assert ann.server.ledger.entries[0].pairs == (("Email", "b"),)


def test_the_summary_over_http(practice: Practice, connect: Practice) -> None:
    ann = practice()
    for email in ("a", "b", ""):
        ann.contact(email)
    summary = connect(ann).ask("GET", "/ledger?summary=1").json()
    assert (summary["received"], summary["processed"], summary["by_status"]) == (3, 2, {"200": 2, "422": 1})
    assert summary["first_received"] < summary["last_received"] <= summary["last_answered"]
    assert summary["rate"] == pytest.approx(2 / (summary["last_received"] - summary["first_received"]))
    assert summary["sign_ins"] == {"200": 1}
    assert "entries" not in summary
    entries = connect(ann).ask("GET", "/ledger").json()["entries"]
    assert [entry["pairs"] for entry in entries] == [[["Email", "a"]], [["Email", "b"]], [["Email", ""]]]


def test_every_line_is_in_the_file_before_the_answer(practice: Practice, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    ann = practice({"rules": [{"when": {"record": 2}, "do": "processed-reset"}]}, ledger_file=file)
    for number, email in enumerate(("a", "b", "c"), 1):
        ann.contact(email)
        lines = [json.loads(line) for line in file.read_text("ascii").splitlines()]
        assert len(lines) == number
    assert [(line["pairs"][0][1], line["status"], line["processed"]) for line in lines] == [
        ("a", 200, True),
        ("b", None, True),
        ("c", 200, True),
    ]


def test_a_ledger_file_that_cannot_be_written_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        PracticeServer(ledger_file=tmp_path / "none" / "ledger.jsonl").start()


def test_bytes_that_are_no_text_reach_the_file_and_the_page(practice: Practice, tmp_path: Path, connect: Practice) -> None:
    ann = practice(ledger_file=tmp_path / "ledger.jsonl")
    assert ann.put("configuration=contact&record%5BEmail%5D=%ff%00&record%5B%fe%5D=x").status == 200
    assert json.loads((tmp_path / "ledger.jsonl").read_text("ascii"))["pairs"][0] == ["Email", "\udcff\0"]
    assert connect(ann).ask("GET", "/").status == 200


def test_only_so_many_are_remembered_but_all_are_counted(practice: Practice) -> None:
    ann = practice({"remember": 2})
    for email in "abcd":
        ann.contact(email)
    ledger = ann.server.ledger
    assert [entry.fields["Email"] for entry in ledger.entries] == ["c", "d"]
    assert [entry.fields["Email"] for entry in ledger.last(1)] == ["d"]
    assert (ledger.processed, len(ledger.effects(Effect.UPSERT))) == (4, 4)


def test_counts_alone_keep_no_keys(practice: Practice) -> None:
    ann = practice({"remember": 0})
    for email in "aab":
        ann.put(f"configuration=survey&record%5BEmail%5D={email}")
    summary = ann.server.ledger.summary()
    assert (summary["received"], summary["invitations"], summary["invited_twice"]) == (3, 3, None)
    assert ann.server.ledger.entries == ()
    assert (summary["keys"], summary["repeated"]) == (None, None)
    assert ann.server.ledger.effects(Effect.INVITATION) == {None: 3}


def test_rows_of_one_key_in_flight_together_are_found(practice: Practice) -> None:
    ann = practice(delay=0.3)
    threads = [threading.Thread(target=ann.contact, args=(name,)) for name in ("ann", "ANN", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    ((first, second),) = overlapping(ann.server.ledger.entries)
    assert {first.fields["Email"], second.fields["Email"]} == {"ann", "ANN"}
    assert ann.server.ledger.max_in_flight == 3


def entry(ordinal: int, key: str | None, received: float, answered: float | None) -> Entry:
    return Entry(ordinal, received, 1, 1, "PUT", "/records/", b"", (), 200, key=key, answered=answered)


def test_rows_one_after_the_other_do_not_overlap() -> None:
    assert overlapping([entry(2, "a", 2, None), entry(1, "a", 1, 2), entry(3, None, 2, None), entry(4, "b", 2, 3)]) == ()
    assert len(overlapping([entry(1, "a", 1, None), entry(2, "a", 9, 10)])) == 1


def test_the_summary_tells_keys_and_what_happened_to_one_twice(practice: Practice, connect: Practice) -> None:
    ann = practice()
    for email in ("ann", "bob", "ANN"):
        ann.put(f"configuration=multi&record%5BEmail%5D={email}")
    for email in ("ann", "cid"):
        ann.put(f"configuration=response&record%5BEmail%5D={email}&record%5BSent%20Date%5D=b&record%5BCompleted%20Date%5D=c")
    summary = connect(ann).ask("GET", "/ledger?summary=1").json()
    assert {effect: count for effect, count in summary["effects"].items() if count} == {
        "upsert": 3,
        "invitation": 3,
        "response": 2,
    }
    assert (summary["keys"]["upsert"], summary["keys"]["response"], summary["keys"]["alias"]) == (2, 2, 0)
    assert summary["repeated"] == {"upsert": {"Email:ann": 2}, "invitation": {"Email:ann": 2}}
    assert summary["invited_twice"] == {"Email:ann": 2}
