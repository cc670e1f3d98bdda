"""Rows that share an identifier go one at a time and in file order. All others go at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.model.request import Request
from cg_uploader.uploads.sending.queue.scheduler import PendingRow, Scheduler


def pending(position: int, *keys: str, account: str | None = None) -> PendingRow:
    return PendingRow(position, Request(position + 2, "http://127.0.0.1/records/", "contact", ()), "", keys, account)


def taken(scheduler: Scheduler) -> list[PendingRow]:
    found = []
    while (one := scheduler.take()) is not None:
        found.append(one)
    return found


def test_different_people_go_at_once_and_in_file_order() -> None:
    scheduler = Scheduler()
    for position in range(5):
        scheduler.add(pending(position, f"email:{position}"))
    assert [one.position for one in taken(scheduler)] == [0, 1, 2, 3, 4]


def test_equals_wait_for_one_another_in_file_order() -> None:
    scheduler = Scheduler()
    for position in range(3):
        scheduler.add(pending(position, "email:ann"))
    (first,) = taken(scheduler)
    assert first.position == 0
    scheduler.finish(first, accepted=False)
    (second,) = taken(scheduler)
    assert second.position == 1


def test_a_row_in_two_lanes_waits_for_both() -> None:
    scheduler = Scheduler()
    one, other, both = pending(0, "a"), pending(1, "b"), pending(2, "a", "b")
    for each in (one, other, both):
        scheduler.add(each)
    assert taken(scheduler) == [one, other]
    scheduler.finish(one, accepted=True)
    assert taken(scheduler) == []
    scheduler.finish(other, accepted=True)
    assert taken(scheduler) == [both]


def test_an_account_goes_one_row_at_a_time_until_one_is_accepted() -> None:
    scheduler = Scheduler()
    rows = [pending(position, f"email:{position}", account="Acme") for position in range(4)]
    for row in rows:
        scheduler.add(row)
    assert taken(scheduler) == rows[:1]
    scheduler.finish(rows[0], accepted=False)
    assert taken(scheduler) == rows[1:2], "a refused row has not made the account"
    scheduler.finish(rows[1], accepted=True)
    assert taken(scheduler) == rows[2:], "the account exists now"
    late = pending(9, "email:9", account="Acme")
    scheduler.add(late)
    assert taken(scheduler) == [late]


def test_a_row_that_was_put_back_keeps_its_place() -> None:
    scheduler = Scheduler()
    rows = [pending(position) for position in range(3)]
    for row in rows:
        scheduler.add(row)
    first = scheduler.take()
    assert first is rows[0]
    scheduler.put_back(first)
    assert taken(scheduler) == rows


ROWS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["", "X", "Y"]), st.booleans()), max_size=40)


@given(rows=ROWS, choices=st.randoms(use_true_random=False))
def test_any_order_of_answers_keeps_the_order_of_equals_and_loses_nobody(rows: list, choices) -> None:
    scheduler = Scheduler()
    everyone = [pending(at, key, account=account or None) for at, (key, account, _) in enumerate(rows)]
    key_of = {one.position: rows[one.position][0] for one in everyone}
    for one in everyone:
        scheduler.add(one)
    flying: list[PendingRow] = []
    done: list[int] = []
    opened: set[str] = set()
    while len(scheduler):
        flying += taken(scheduler)
        assert flying, "somebody must be able to go"
        keys = [key_of[one.position] for one in flying]
        assert len(keys) == len(set(keys)), "two equals are under way together"
        closed = [one.account for one in flying if one.account and one.account not in opened]
        assert len(closed) == len(set(closed)), "two rows of a new account are under way together"
        one = flying.pop(choices.randrange(len(flying)))
        accepted = rows[one.position][2]
        if accepted and one.account:
            opened.add(one.account)
        scheduler.finish(one, accepted=accepted)
        done.append(one.position)
    assert sorted(done) == list(range(len(rows)))
    for key in "abcd":
        order = [position for position in done if key_of[position] == key]
        assert order == sorted(order)
