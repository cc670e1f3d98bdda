"""The sign-in before the first row: a stop does not wait for it, and a break that is asked for is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from cg_uploader.errors import Cancelled, CredentialsRefused, NotReachable
from cg_uploader.model.enums import Activity, RowStatus
from cg_uploader.model.run import Batch
from cg_uploader.uploads.sending import first_sign_in
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.retry import MAX_THROTTLED

SO_FAR = Batch(9, {RowStatus.ACCEPTED: 4}, ())


class Client:
    """Answers sign-ins from a list, then well."""

    def __init__(self, *answers: Exception) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.aborted = threading.Event()

    def sign_in(self) -> None:
        self.asked += 1
        if self.answers:
            raise self.answers.pop(0)

    def send(self, *_: object) -> object:
        raise AssertionError("no row is sent")

    def abort(self) -> None:
        self.aborted.set()


class Hanging(Client):
    """Answers when it is cut off."""

    def sign_in(self) -> None:
        assert self.aborted.wait(60)
        raise NotReachable("It was cut off.")


def sign_in(client: Client, control: Control, on_batch: Callable[[Batch], None] = lambda _: None) -> None:
    first_sign_in.sign_in(client, control, on_batch, lambda: SO_FAR)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _waits_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Control, "wait", lambda *_: None)


def test_a_break_is_kept_and_told_second_by_second() -> None:
    client, heard = Client(NotReachable("Busy.", retry_after=3.0)), []
    sign_in(client, Control(), heard.append)
    assert client.asked == 2
    assert {batch.activity for batch in heard} == {Activity.WAITING}
    assert [round(batch.doing.seconds or 0) for batch in heard] == [3, 2, 1, 0]
    assert heard[0].counts == SO_FAR.counts


def test_a_service_that_only_ever_asks_for_a_break_is_not_asked_for_ever() -> None:
    client = Client(*(NotReachable("Busy.", retry_after=0.0) for _ in range(99)))
    with pytest.raises(NotReachable, match="Busy"):
        sign_in(client, Control())
    assert client.asked == MAX_THROTTLED + 1


@pytest.mark.parametrize("failure", [CredentialsRefused("No."), NotReachable("Gone."), KeyError("a bug")])
def test_what_is_raised_on_the_other_thread_is_raised_here(failure: Exception) -> None:
    client = Client(failure)
    with pytest.raises(type(failure)) as caught:
        sign_in(client, Control())
    assert caught.value is failure
    assert client.asked == 1


def test_a_stop_cuts_a_sign_in_that_hangs() -> None:
    client, control = Hanging(), Control()
    control.stop()
    with pytest.raises(Cancelled):
        sign_in(client, control)
    assert client.aborted.is_set()


def test_a_stop_during_a_break_asks_nothing_any_more() -> None:
    client, control = Client(NotReachable("Busy.", retry_after=30.0)), Control()
    with pytest.raises(Cancelled):
        sign_in(client, control, lambda _: control.stop())
    assert client.asked == 1
