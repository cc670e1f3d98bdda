"""What becomes of a plan's rows, given what earlier uploads say of them; nobody is asked but the facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from rig import people, plan_of

from cg_uploader.errors import AlreadyUploaded
from cg_uploader.model.enums import DataType, RowStatus
from cg_uploader.model.request import Request
from cg_uploader.uploads.journal.sent_rows.duplicate_lookup import KnownRow, RowFacts
from cg_uploader.uploads.sending.decisions import Recognition, decide_rows

WHEN = datetime(2026, 5, 3, 12, tzinfo=UTC)
ACCEPTED, NOT_SURE, NOT_SENT = (
    KnownRow(status, WHEN) for status in (RowStatus.ACCEPTED, RowStatus.NOT_SURE, RowStatus.NOT_SENT)
)


@dataclass
class Answers:
    """Facts by position; what was asked for is kept."""

    known: dict[int, KnownRow] = field(default_factory=dict)
    other_since: set[int] = field(default_factory=set)
    looked_up: list[int] = field(default_factory=list)

    def __call__(self, position: int, request: Request, *, once_only: bool, look: bool = True) -> RowFacts:
        if look:
            self.looked_up.append(position)
        subject = request.pairs[0][1].encode()
        return RowFacts(b"%d" % position, subject, self.known.get(position) if look else None, position in self.other_since)


def states(facts: Answers, emails: str, *, kind: DataType = DataType.CONTACT, skip: bool | None = True) -> list[str]:
    plan = plan_of([(f"{email}@example.com", str(at)) for at, email in enumerate(emails)], data_type=kind)
    object.__setattr__(plan, "skip_accepted", skip)
    last = {row.position: row.state for row in decide_rows(plan, facts)}
    return [last[position] for position in sorted(last)]


@pytest.mark.parametrize(
    ("skip", "expected"),
    [(True, ["skipped", "not_sure", "waiting", "waiting"]), (False, ["waiting"] * 4)],
)
def test_a_once_only_row_is_what_is_known_of_it_as_the_user_has_chosen(skip: bool, expected: list[str]) -> None:
    facts = Answers({0: ACCEPTED, 1: NOT_SURE, 2: NOT_SENT})
    assert states(facts, "abcd", kind=DataType.SURVEY, skip=skip) == expected


@pytest.mark.parametrize("known", [ACCEPTED, NOT_SURE])
def test_without_a_choice_a_row_that_may_have_left_is_asked_about(known: KnownRow) -> None:
    with pytest.raises(AlreadyUploaded, match="Row 3 is in an earlier upload"):
        states(Answers({1: known}), "ab", kind=DataType.SURVEY, skip=None)
    assert states(Answers({1: NOT_SENT}), "ab", kind=DataType.SURVEY, skip=None) == ["waiting"] * 2


def test_facts_of_rows_that_may_be_repeated_are_looked_up_for_who_skips_what_was_accepted() -> None:
    for skip, looked_up in ((None, []), (False, []), (True, [0, 1])):
        facts = Answers()
        states(facts, "ab", skip=skip)
        assert facts.looked_up == looked_up


def test_a_row_that_others_followed_is_known_once_the_one_that_stands_there_comes() -> None:
    assert states(Answers({0: ACCEPTED, 1: ACCEPTED}, {0}), "aa") == ["skipped", "skipped"]
    assert states(Answers({0: NOT_SURE, 1: ACCEPTED}, {0}), "aa") == ["not_sure", "skipped"]
    assert states(Answers({0: ACCEPTED}, {0, 1}), "aa") == ["waiting", "waiting"]


def test_a_row_that_is_sent_makes_those_after_it_unknown() -> None:
    assert states(Answers({1: ACCEPTED}, {0}), "aa") == ["waiting", "waiting"]
    assert states(Answers({1: ACCEPTED}, {0}), "ab") == ["waiting", "skipped"]


def test_a_row_that_is_left_out_changes_nothing() -> None:
    recognition = Recognition()
    assert recognition.of(0, 2, RowFacts(b"", b"a", other_since=True), once_only=False, leaves=False) is None
    assert recognition.of(1, 3, RowFacts(b"", b"a", ACCEPTED), once_only=False, leaves=True) is ACCEPTED


def test_rows_of_whom_nothing_is_known_cost_no_memory() -> None:
    recognition = Recognition()
    for position in range(100):
        recognition.of(position, position, RowFacts(b"", b"%d" % position), once_only=False, leaves=True)
    assert (recognition._sent, recognition._followed, recognition.shown_later) == (set(), {}, [])


def test_what_is_held_back_has_no_fingerprint_and_keeps_its_text() -> None:
    (row,) = decide_rows(plan_of([("no address", "Ann")]), Answers())
    assert (row.state, row.cells, row.fingerprint) == (RowStatus.HELD_BACK, ("no address", "Ann"), b"")
    (row,) = decide_rows(plan_of(people(1)), Answers())
    assert row.fingerprint == b"0"
