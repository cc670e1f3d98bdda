"""The sign-in before the first row: a stop need not wait for it, and a break that the service asks for is kept."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace

from cg_uploader.errors import Cancelled, NotReachable
from cg_uploader.model.enums import Activity
from cg_uploader.model.run import Batch, Doing
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.retry import MAX_THROTTLED
from cg_uploader.uploads.sending.throttle import BREAK
from cg_uploader.uploads.sending.worker_pool import Sender

LOOK_SECONDS = 0.1
LOOKS_PER_WORD = 10
ABORT_SECONDS = 2.0


def sign_in(client: Sender, control: Control, on_batch: Callable[[Batch], None], so_far: Callable[[], Batch]) -> None:
    """Sign in on a thread of its own; Cancelled when the person stops it, else what ``client`` raises.

    Where the answer asks for a break, sign in again after it, as often as a row would be sent again.  Meanwhile ``so_far``,
    the totals before the run goes on, is announced with the seconds that are left.
    """
    for _ in range(MAX_THROTTLED):
        try:
            return _once(client, control)
        except NotReachable as failure:
            if failure.retry_after is None:
                raise
            _keep_the_break(failure.retry_after, control, on_batch, so_far())
    return _once(client, control)


def before_it_goes_on(run: int, journal: Journal) -> Batch:
    """Count what is told of a run in a break that the sign-in asks for; that takes a while, so only then."""
    settled = journal.counts(run, settled_only=True)
    return Batch(journal.size(run), settled, run=run, before=settled)


def _keep_the_break(seconds: float, control: Control, on_batch: Callable[[Batch], None], so_far: Batch) -> None:
    looks = math.ceil(seconds / LOOK_SECONDS) + 1
    for look in range(looks):
        if look % LOOKS_PER_WORD == 0:
            left = max(seconds - look * LOOK_SECONDS, 0.0)
            on_batch(replace(so_far, doing=Doing(Activity.WAITING, BREAK, left)))
        control.wait(LOOK_SECONDS)
        _ensure_wanted(control)


def _once(client: Sender, control: Control) -> None:
    failure: list[BaseException] = []

    def work() -> None:
        try:
            client.sign_in()
        except BaseException as error:  # noqa: BLE001 - raised again on the caller's thread
            failure.append(error)

    thread = threading.Thread(target=work, name="sign-in", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK_SECONDS)
        if control.stopping:
            client.abort()
            thread.join(ABORT_SECONDS)
            _ensure_wanted(control)
    if failure:
        raise failure[0]


def _ensure_wanted(control: Control) -> None:
    if control.stopping:
        raise Cancelled("The upload was stopped before anything was sent.")
