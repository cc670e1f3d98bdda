"""Bytes to replies: every shape of error body, hostile ones too, and which column an error belongs to."""

from __future__ import annotations

import gzip
import json
import time
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.api.replies import field_of, plain, read_reply
from cg_uploader.model.enums import Answer, Body

NOW = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)


def read(body: bytes | None, status: int = 422, **headers: str):
    return read_reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, NOW)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", Body.BLANK),
        (b" \r\n\t", Body.BLANK),
        (b"\xef\xbb\xbf\n", Body.BLANK),
        (b"{}", Body.JSON),
        (b"[]", Body.JSON),
        (b"null", Body.JSON),
        (b'"done"', Body.JSON),
        (b'{"data":{"errors":1}}', Body.JSON),
        (b'{"errors":[],"error":null}', Body.JSON),
        (b'\xef\xbb\xbf{"errors":{"a":["b"]}}', Body.JSON_ERRORS),
        (b'{"error":"x"}', Body.JSON_ERRORS),
        (b'{"Error":{"Message":"x","Code":1}}', Body.JSON_ERRORS),
        (b"<html>", Body.OTHER),
        (b"OK", Body.OTHER),
        (b'{"message"', Body.OTHER),
        ('{"message":"x"}'.encode("utf-16"), Body.OTHER),
        (b"[" * 65_536, Body.OTHER),
        (b"[" * 60_000 + b"]" * 60_000, Body.OTHER),
        (b"9" * 60_000, Body.OTHER),
    ],
)
@pytest.mark.parametrize("status", [200, 422])
def test_kinds_of_body(body, kind, status):
    reply = read(body, status)
    assert (reply.answer, reply.status, reply.body) == (Answer.COMPLETE, status, kind)


def test_a_lost_body():
    for status in (200, 422, 503):
        reply = read(None, status, Retry_After="7")
        assert (reply.answer, reply.status, reply.body, reply.errors) == (Answer.BODY_LOST, status, Body.BLANK, ())
    assert reply.retry_after == 7


@pytest.mark.parametrize(
    ("body", "errors", "message"),
    [
        ({"message": "The data was invalid.", "errors": {"Email": ["bad"]}}, [("Email", "bad")], "The data was invalid."),
        ({"errors": {"record.A. B": ["a", "b"], "C": "c"}}, [("record.A. B", "a"), ("record.A. B", "b"), ("C", "c")], ""),
        ({"errors": {"record": {"Email": ["bad"]}}}, [("record.Email", "bad")], ""),
        ({"errors": {"record": ["The record field is required."]}}, [("record", "The record field is required.")], ""),
        ({"errors": ["one", "two"]}, [("", "one"), ("", "two")], ""),
        ({"errors": "no"}, [("", "no")], ""),
        ({"errors": {"Email": None, "N": 5}}, [("Email", "is not accepted"), ("N", "5")], ""),
        (["x"], [("", "x")], ""),
        ({"message": "", "error": "invalid_client", "error_description": "Unknown\nclient"}, [], "Unknown client"),
        ({"error": "invalid_client"}, [], "invalid_client"),
        ({"error": {"message": "inner"}}, [], "inner"),
        ({"Error": {"Message": "old", "Code": 404}}, [], "old"),
        ({"message": ["not", "a text"]}, [], ""),
        ({}, [], ""),
    ],
)  # fmt: skip
def test_errors_and_message(body, errors, message):
    reply = read(json.dumps(body).encode())
    assert list(reply.errors) == errors
    assert str(reply.message) == message


def test_text_is_one_plain_line():
    said = read(
        json.dumps(
            {"message": "a\x00\x1b[31m\r\n b\u202e\u2066c\u2028d\ud800 👩\u200d🔧", "errors": {"k\ud800": "x\ty"}}
        ).encode()
    )
    assert said.message == "a[31m bc d\ufffd 👩\u200d🔧"
    assert said.errors == (("k?", "x y"),)
    assert len(read(json.dumps({"message": "é" * 9_000}).encode()).message) == 500
    assert read(b'{"message":"caf\xe9"}').message == "caf\ufffd"


def test_a_page_is_shown_as_its_first_text():
    page = (
        b"<!DOCTYPE html><!-- <p>not this --><style>p{color:red}</style><SCRIPT>var a='<b>';</SCRIPT>\n"
        b"<h1>502 Bad&nbsp;Gateway</h1>&lt;nginx&gt;"
    )
    assert read(page, 502).message == "502 Bad Gateway <nginx>"
    assert len(read(b"<p>" + b"word " * 500, 500).message) == 200
    assert read("<h1>Wartung läuft</h1>".encode("latin-1"), 503).message == "Wartung l\ufffduft"


@pytest.mark.parametrize(
    "body",
    [b"<" * 65_536, b"<script>" * 8_192, b"<!--" * 16_384, b"<a " * 21_845, b"&#" * 32_768, b"</script" * 8_192],
)
def test_no_page_takes_long(body):
    began = time.process_time()
    read(body, 500)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        (" 7 ", 7),
        ("0", 1),
        ("1", 1),
        ("300", 300),
        ("301", 300),
        ("9" * 5_000, 300),
        ("Wed, 01 May 2024 12:00:45 GMT", 45),
        ("Wednesday, 01-May-24 12:00:45 GMT", 45),
        ("Wed, 01 May 2024 11:00:00 GMT", 1),
        ("Wed, 01 May 2024 14:00:20 +0200", 20),
        ("Thu, 02 May 2024 12:00:00 GMT", 300),
        ("Wed, 01 May 2024 12:00:45 -0000", 45),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("٣", None),
        ("Wed, 99 May 2024 12:00:45 GMT", None),
        ("1 Jan 99999999999999999999 00:00:00", None),
    ],
)
def test_retry_after(header, seconds):
    assert read(b"{}", 429, Retry_After=header).retry_after == seconds
    assert read(b"", 503, retry_after=header).retry_after == seconds


def test_no_retry_after():
    assert read(b"", 429).retry_after is None


@pytest.mark.parametrize(
    ("date", "seconds"),
    [("Thu, 02 May 2024 09:00:00 GMT", 60), ("Thu, 02 May 2024 13:00:30 +0400", 30), ("soon", 300), ("", 300)],
)
def test_a_date_to_wait_for_is_measured_by_the_services_clock(date, seconds):
    """Here it is noon on 1 May; the service's clock, in the answer, counts more."""
    assert read(b"", 429, Retry_After="Thu, 02 May 2024 09:01:00 GMT", Date=date).retry_after == seconds
    assert read(b"", 429, Retry_After="7", Date=date).retry_after == 7


def test_what_unpacks_to_a_mountain_is_read_to_its_limit():
    bomb = gzip.compress(b'{"message":"' + b"x" * 80_000_000 + b'"}', 9)
    assert len(bomb) > 65_536
    reply = read(bomb[:65_536], 500, Content_Encoding="gzip")
    assert (reply.body, len(str(reply.message))) == (Body.OTHER, 200)


HEADINGS = ("Email", "Account Name", "Acct. Name", "email2", "record.odd", "Straße", "Phone", "phone ")


@pytest.mark.parametrize(
    ("key", "heading"),
    [
        ("Email", "Email"),
        ("record.Email", "Email"),
        ("record[Email]", "Email"),
        ("record.Acct. Name", "Acct. Name"),
        ("account_name", "Account Name"),
        ("record.ACCOUNT_NAME", "Account Name"),
        ("record.odd", "record.odd"),
        ("STRASSE", "Straße"),
        ("Phone", "Phone"),
        ("PHONE", ""),
        ("record", ""),
        ("configuration", ""),
        ("Nothing", ""),
        ("", ""),
        ("record.", ""),
        ("record[Email", ""),
    ],
)
def test_which_column_an_error_means(key, heading):
    assert field_of(key, HEADINGS) == heading


@given(st.binary(max_size=300), st.integers(200, 599), st.text(max_size=40))
def test_any_bytes_make_a_reply_that_can_be_stored(body, status, header):
    reply = read_reply(status, {"Content-Encoding": header, "Retry-After": header}, body, NOW)
    for text in (str(reply.message), *(part for pair in reply.errors for part in pair)):
        text.encode()
        assert len(text) <= 500
    assert reply.retry_after is None or 1 <= reply.retry_after <= 300


KEYS = st.sampled_from(["errors", "error", "Error", "message", "record", "Email"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@given(json_values)
def test_any_json_makes_plain_errors(value):
    reply = read(json.dumps(value).encode())
    has_errors = isinstance(value, dict) and any(value.get(key) for key in ("errors", "error", "Error"))
    assert reply.body is (Body.JSON_ERRORS if has_errors else Body.JSON)
    assert all(text and "\n" not in text for _, text in reply.errors)


@given(st.text(max_size=600))
def test_plain_text_has_no_control_characters(text):
    shown = plain(text)
    assert len(shown) <= 500
    assert plain(shown) == shown
    assert not any(unicodedata.category(c) in ("Cc", "Cs") or c in "\u202a\u202e\u2066\u2028\u2029" for c in shown)


MANY = {f"record.Field {n}": ["is required"] for n in range(300)}


@pytest.mark.parametrize("key", ["configuration", "record"])
def test_what_ends_a_run_is_found_among_hundreds_of_errors(key):
    reply = read(json.dumps({"errors": {**MANY, key: ["no", "not"], **MANY}}).encode())
    assert len(reply.errors) == 101
    assert [entry for entry in reply.errors if entry[0] == key] == [(key, "no")]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ({"configuration": {"0": "Is unknown."}}, [("configuration", "Is unknown.")]),
        ({"configuration": [], "record": {}}, [("configuration", "is not accepted"), ("record", "is not accepted")]),
        ({"record": {"Email": []}}, [("record.Email", "is not accepted")]),
        ({"Email": [[[[[["deep"]]]]]]}, [("Email", "is not accepted")]),
        ([], []),
        ({}, []),
    ],
)
def test_a_key_counts_whatever_stands_below_it(errors, expected):
    assert list(read(json.dumps({"errors": errors}).encode()).errors) == expected
