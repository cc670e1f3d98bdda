"""What a row becomes: whose words stand beside it."""

from __future__ import annotations

from rig import OK, status

from cg_uploader.model.enums import RowStatus
from cg_uploader.model.message import message
from cg_uploader.model.request import Request
from cg_uploader.model.run import Stop
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.uploads.journal.messages import UploadMessage
from cg_uploader.uploads.sending.outcomes import outcome_of
from cg_uploader.uploads.sending.queue.scheduler import PendingRow
from cg_uploader.uploads.sending.retry import Decision, NextStep

HEADINGS = ("Email", "First Name")


def pending(*, uncertain: bool = False) -> PendingRow:
    return PendingRow(0, Request(7, "http://x/", "contact", ()), "ann@example.com", (), uncertain=uncertain, tries=2)


def decision(row_status: RowStatus, text: str = "", stop: Stop | None = None) -> Decision:
    return Decision(NextStep.SETTLE, row_status, messages=(text,) if text else (), stop=stop)


def test_row_attempts_and_identifier_are_the_tickets() -> None:
    outcome = outcome_of(pending(), OK, decision(RowStatus.ACCEPTED), HEADINGS)
    assert (outcome.row, outcome.http, outcome.attempts, outcome.who) == (7, 200, 2, "ann@example.com")


def test_an_accepted_row_needs_no_words() -> None:
    assert (
        outcome_of(pending(), status(200, message="Thanks."), decision(RowStatus.ACCEPTED, "Thanks."), HEADINGS).messages == ()
    )


def test_what_customergauge_says_of_fields_stands_beside_their_headings_and_is_said_once() -> None:
    reply = status(422, ("record.Email", "Unknown."), ("record.First Name", "Too long."))
    outcome = outcome_of(pending(), reply, decision(RowStatus.REFUSED, reply.message), HEADINGS)
    assert outcome.messages == (("Email", "Unknown."), ("First Name", "Too long."))


def test_what_the_program_adds_stands_for_the_whole_row() -> None:
    reply = status(422, ("record.Email", "Unknown."))
    outcome = outcome_of(pending(), reply, decision(RowStatus.REFUSED, "It may be partly written."), HEADINGS)
    assert outcome.messages == (("Email", "Unknown."), ("", "It may be partly written."))


def test_a_row_that_may_have_arrived_before_the_run_stopped_says_so() -> None:
    stopped = decision(RowStatus.NOT_SURE, "No answer.", stop=Stop(StopReason.UNAVAILABLE))
    assert outcome_of(pending(uncertain=True), status(500), stopped, HEADINGS).messages == (
        ("", "No answer."),
        ("", message(UploadMessage.POSSIBLY_ARRIVED)),
    )
    assert outcome_of(pending(), status(500), stopped, HEADINGS).messages == (("", "No answer."),)
