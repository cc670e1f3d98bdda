"""What is said in the program's own words comes back from the journal as it was, and what was changed is noticed."""

from __future__ import annotations

import pytest

from cg_uploader.api.messages import ApiMessage, named
from cg_uploader.fields.messages import Advice, FieldMessage, either
from cg_uploader.model.message import Message, Messages, in_one_line, message
from cg_uploader.model.run import Stop, stop_for
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.uploads.journal.messages import (
    UploadMessage,
    as_stored,
    as_stored_text,
    stored_messages,
    stored_text,
)

NESTED = message(ApiMessage.SIGN_IN_FAILED, why=message(ApiMessage.TIMED_OUT, where="example.org", seconds="10"))


MISSING = message(
    FieldMessage.WITH_ADVICE,
    fault=message(FieldMessage.MISSING, wanted=either(["Email", "Phone"])),
    advice=message(Advice.ENTER),
)


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ((), ""),
        ((("Email", "is invalid."), ("", "Two. Sentences.")), "Email: is invalid. Two. Sentences."),
        ((("", message(UploadMessage.LEFT_OUT)),), "Left out by you."),
        ((("", message(UploadMessage.ACCEPTED_ON, when="2026-05-03")),), "Accepted on 3 May 2026 in an earlier upload."),
        (
            (("", NESTED),),
            "The sign-in did not work. example.org did not answer within 10 seconds. Check the internet connection.",
        ),
        (
            (("", message(ApiMessage.OTHER_LANGUAGE, host=named("example.org", "proxy:3128"))),),
            (
                "No secure connection to example.org (through the proxy proxy:3128) is possible: it, or something between, "
                "uses another protocol. Nothing was sent."
            ),
        ),
        (
            (("Email", MISSING),),
            "Email: Nothing is there, but “Email” or “Phone” is required. Enter it, or leave the row out.",
        ),
        (
            (("", message(UploadMessage.PARTLY_WRITTEN, left="multi_object")),),
            "The row may be partly written: account and contact may be there.",
        ),
        ((("", message(UploadMessage.CUSTOMERGAUGE_SAYS, words="\ud800 “é”")),), "CustomerGauge says: \ud800 “é”"),
    ],
)
def test_messages_come_back_as_they_were(messages: Messages, text: str) -> None:
    stored = as_stored(messages)
    assert stored.isascii()
    assert stored_messages(stored) == messages
    assert in_one_line(stored_messages(stored)) == text


@pytest.mark.parametrize(
    "changed",
    [
        "5",
        '[["",5]]',
        '[["",[]]]',
        '[["",[5]]]',
        '[["",["taken-over"]]]',
        '[["",["taken-over",{"upload":null}]]]',
        '[["",["taken-over",{"upload":1},2]]]',
        '[["",["long-value",{"value":"x","chars":"many","max_chars":128}]]]',
        '[["",["partly-written",{"left":"nothing that is known"}]]]',
        '[[5,"x"]]',
        "no JSON",
    ],
)
def test_what_is_not_as_it_was_written_is_noticed(changed: str) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        stored_messages(changed)


def test_a_kind_of_a_later_version_is_shown_by_its_word() -> None:
    assert in_one_line(stored_messages('[["",["some-new-kind",{"row":5}]]]')) == "some-new-kind"


def test_a_sentence_with_a_gap_is_never_made() -> None:
    with pytest.raises(ValueError, match="upload"):
        message(UploadMessage.TAKEN_OVER)


def test_who_holds_a_run_is_read_from_either_version() -> None:
    holder = message(UploadMessage.HOLDER, user="ann", computer="pc", process=1, since="2026-05-03T10:00")
    assert stored_text(as_stored_text(holder)) == holder
    assert str(holder) == "ann on pc, process 1, since 3 May 2026, 10:00"
    for earlier in ("ann on pc, process 1, since 3 May 2026, 10:00", "", "5", "[", '["x'):
        assert stored_text(earlier) == earlier


def test_a_stop_is_a_reason_and_what_stands_behind_it() -> None:
    stop = stop_for(StopReason.ALL_REFUSED, more=(("Email", "No."), ("", message(UploadMessage.CHECK_COLUMNS))), count=5)
    assert str(stop) == (
        "The first 5 rows were all refused for the same reason: Email: No. "
        "Check the columns and the configuration; continue if the rows are right."
    )
    assert stop == Stop(StopReason.ALL_REFUSED, 5, (("count", 5),), stop.more)
    assert isinstance(stop.messages[0][1], Message)
