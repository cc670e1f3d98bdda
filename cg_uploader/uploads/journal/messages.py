"""The messages about rows and runs, and their form in the journal.

A message is stored as ``["kind",{"name":argument}]``, in half the bytes of its sentence.  A sentence that came from
CustomerGauge, or from a version that stored sentences, is stored as text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from cg_uploader.api.messages import ApiMessage
from cg_uploader.fields.messages import Advice, FieldMessage
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.enums import DataType
from cg_uploader.model.message import Argument, Message, MessageKind, Messages, Text
from cg_uploader.model.stop_reasons import RunState, StopReason
from cg_uploader.translation import N_
from cg_uploader.uploads.journal.dates import day_of, minute_of


class UploadMessage(MessageKind):
    """A message about a row, or about what a run is doing."""

    # Of rows that stay behind from the beginning.
    LEFT_OUT = "left-out", N_("Left out by you.")
    ACCEPTED_BEFORE = "accepted-before", N_("Accepted in an earlier upload.")
    ACCEPTED_ON = "accepted-on", N_("Accepted on {when} in an earlier upload.")
    ACCEPTED_BY = "accepted-by", N_("Accepted by {origin}.")
    ACCEPTED_ON_BY = "accepted-on-by", N_("Accepted on {when} by {origin}.")
    UNSURE_BEFORE = "unsure-before", N_("Not sure since an earlier upload, so not sent again.")
    UNSURE_ON = "unsure-on", N_("Not sure since an earlier upload on {when}, so not sent again.")
    UNSURE_IN_FILE = "unsure-in-file", N_("This row may have arrived in the upload that it comes from.")
    UNSURE_FOLLOWED = (
        "unsure-followed",
        N_(
            "This row may have arrived in an earlier upload. A row further down with the same identifier was accepted since, "
            "so it is not sent again."
        ),
    )
    TAKEN_OVER = "taken-over", N_("Taken over by upload {upload}.")
    # Of rows that a newer row has overtaken: sent before, or not.
    UNSURE_BELOW = (
        "unsure-below",
        N_(
            "This row may have arrived. Row {row}, further down with the same identifier, was accepted since, so it is not "
            "sent again."
        ),
    )
    UNSENT_BELOW = (
        "unsent-below",
        N_("Row {row}, further down with the same identifier, was accepted since, so this one was not sent."),
    )
    UNSURE_NAMELESS = (
        "unsure-nameless",
        N_(
            "This row may have arrived. Row {row}, further down, was accepted since, and nothing says whom these rows are "
            "about, so it is not sent again."
        ),
    )
    UNSENT_NAMELESS = (
        "unsent-nameless",
        N_(
            "Row {row}, further down, was accepted since, and nothing says whom these rows are about, so this one was not sent."
        ),
    )
    UNSURE_NEWER = (
        "unsure-newer",
        N_(
            "This row may have arrived. Upload {upload} has a newer row with the same identifier (row {row}), so it is not "
            "sent again."
        ),
    )
    UNSENT_NEWER = (
        "unsent-newer",
        N_("Upload {upload} has a newer row with the same identifier (row {row}), so this one was not sent."),
    )
    UNSURE_PARTLY = (
        "unsure-partly",
        N_(
            "This row may have arrived. Upload {upload} has a newer row with the same identifier (row {row}) and some of "
            "the same fields, so it is not sent again."
        ),
    )
    UNSENT_PARTLY = (
        "unsent-partly",
        N_(
            "Upload {upload} has a newer row with the same identifier (row {row}) and some of the same fields, so this one "
            "was not sent."
        ),
    )
    UNSURE_STAYED = (
        "unsure-stayed",
        N_(
            "This row may have arrived. In upload {upload} it stayed behind a newer row with the same identifier, so it is "
            "not sent again."
        ),
    )
    UNSENT_STAYED = (
        "unsent-stayed",
        N_("In upload {upload} it stayed behind a newer row with the same identifier, so this one was not sent."),
    )
    # Of rows whose run ended before them.
    NOT_REACHED = "not-reached", N_("The upload stopped before this row.")
    CUT_OFF = "row-cut-off", N_("The upload was cut off before CustomerGauge answered for this row.")
    STOPPED_UNANSWERED = "stopped-unanswered", N_("The upload was stopped before an answer came.")
    STOPPED_BETWEEN = "stopped-between", N_("The upload stopped before this row could be sent again; it may have arrived.")
    DELETED = "words-deleted", N_("What was said about this row was deleted together with its values.")
    # Of answers.
    CUSTOMERGAUGE_SAYS = "says", N_("CustomerGauge says: {words}")
    ANSWER_READS = "reads", N_("The answer ({status}) reads: {words}")
    TOO_LONG = "too-long-refused", N_("The row is too long. Shorten its texts or use fewer fields.")
    TOO_LONG_UNSENT = (
        "too-long-unsent",
        N_("The row is too long. Shorten its texts or use fewer fields. It did not leave this computer."),
    )
    REFUSED = "row-refused", N_("The row was refused.")
    REFUSED_SILENTLY = "refused-silently", N_("CustomerGauge refused the row without saying why.")
    REFUSED_AGAIN = (
        "refused-again",
        N_("Refused when it was sent again: it is probably there since the first try. Look it up in Request History."),
    )
    PARTLY_WRITTEN = "partly-written", N_("The row may be partly written: {left} may be there.")
    FAILED_ONCE = (
        "failed-once",
        N_(
            "CustomerGauge had a failure of its own: the row may have been taken. It is not sent again by itself; look it "
            "up in Request History."
        ),
    )
    UNANSWERED_ONCE = (
        "unanswered-once",
        N_(
            "No complete answer came: the row may have been taken. It is not sent again by itself; look it up in Request "
            "History."
        ),
    )
    FAILED_AGAIN = (
        "failed-again",
        N_(
            "CustomerGauge had a failure of its own, also when the row was sent again. It may have been taken; once more "
            "does no harm."
        ),
    )
    UNANSWERED_AGAIN = (
        "unanswered-again",
        N_("No complete answer came, also when the row was sent again. It may have been taken; once more does no harm."),
    )
    POSSIBLY_ARRIVED = "possibly-arrived", N_("An earlier try may have arrived.")
    # Of what a run is doing, and of what follows from several rows.
    AT_ROW = "at-row", N_("Row {row}")
    BREAK = "break", N_("CustomerGauge asked for a break.")
    AFTER_A_GAP = "after-a-gap", N_("This computer was asleep, or its clock was set. The upload goes on.")
    CHECK_COLUMNS = "check-columns", N_("Check the columns and the configuration; continue if the rows are right.")
    NO_ANSWER = "no-answer", N_("no answer")
    # Of the program that works on a run.
    HOLDER = "holder", N_("{user} on {computer}, process {process}, since {since}")
    NAMELESS_USER = "nameless-user", N_("a user without a name")
    THIS_COMPUTER = "this-computer", N_("this computer")

    def text(self, arguments: Mapping[str, Argument]) -> str:
        """Make the sentence.  Days are stored in ISO 8601, and what a refusal leaves behind as the data type."""
        shown = dict(arguments)
        if isinstance(when := arguments.get("when"), str):
            shown["when"] = day_of(when)
        if isinstance(since := arguments.get("since"), str):
            shown["since"] = minute_of(since)
        if self is UploadMessage.PARTLY_WRITTEN:
            shown["left"] = facts_of(DataType(str(arguments["left"]))).left_by_refusal
        return MessageKind.text(self, shown)


_KINDS: Mapping[str, MessageKind] = {
    kind.value: kind for kinds in (UploadMessage, StopReason, RunState, ApiMessage, FieldMessage, Advice) for kind in kinds
}


def as_stored(messages: Messages) -> str:
    """Return messages as JSON in ASCII, so that text which is no Unicode survives."""
    return json.dumps([(heading, _stored(text)) for heading, text in messages], separators=(",", ":")) if messages else "[]"


def as_stored_text(text: Text) -> str:
    """Return one message, or one text, as JSON."""
    return json.dumps(_stored(text), separators=(",", ":"))


def stored_text(text: str) -> Text:
    """Read what ``as_stored_text`` wrote, or a sentence that an earlier version stored."""
    try:
        return _read(json.loads(text))
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        return text


def stored_messages(text: str) -> Messages:
    """Read what ``as_stored`` wrote.

    Raises:
        TypeError, ValueError, LookupError: It is not as it was written.
    """
    return () if text == "[]" else tuple((_heading(heading), _read(value)) for heading, value in json.loads(text))


def _stored(text: Text | int) -> object:
    if not isinstance(text, Message):
        return text
    arguments = {name: _stored(value) for name, value in text.arguments}
    return [text.kind.value, arguments] if arguments else [text.kind.value]


def _heading(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _read(value: object) -> Text:
    return value if isinstance(value, str) else _message(value)


def _message(value: object) -> Text:
    """Read one message.  One of an unknown kind, which a later version has added, becomes the name of the kind."""
    match value:
        case [str(word)]:
            arguments: dict[str, object] = {}
        case [str(word), dict(arguments)]:
            pass
        case _:
            raise TypeError("no message")
    values: list[tuple[str, Argument]] = [
        (name, item if isinstance(item, int) else _read(item)) for name, item in arguments.items()
    ]
    kind = _KINDS.get(word)
    if kind is None:
        return word
    result = Message(kind, tuple(values))
    if values:
        str(result)  # raises ValueError when an argument does not belong to this sentence
    return result
