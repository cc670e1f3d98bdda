"""The sign-in before the first row, which a stop can cut off, and after which a break that CustomerGauge asks for is kept."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace

from cg_uploader.errors import Cancelled, NotReachable
from cg_uploader.model.enums import Activity
from cg_uploader.model.run import Batch, Doing
from cg_uploader.translation import _
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.queue.throttle import BREAK
from cg_uploader.uploads.sending.retry import MAX_THROTTLED
from cg_uploader.uploads.sending.worker_pool import Sender, catch

# Between two looks at the switches.
LOOK_SECONDS = 0.1
LOOKS_PER_MESSAGE = 10
ABORT_SECONDS = 2.0


def sign_in(client: Sender, control: Control, on_batch: Callable[[Batch], None], so_far: Callable[[], Batch]) -> None:
    """Sign in on a thread of its own.

    Where the answer asks for a break, sign in again after it, as often as a row would be sent again.  During the break the
    totals so far are announced, with the seconds that are left.

    Args:
        client: What signs in.
        control: The switches of the run.
        on_batch: Is called with what is announced.
        so_far: Makes the totals from before the run goes on.

    Raises:
        Cancelled: The user has stopped the run.
        ConnectError: The sign-in is refused, or CustomerGauge cannot be reached.
    """
    for _try in range(MAX_THROTTLED):
        try:
            return _sign_in_once(client, control)
        except NotReachable as failure:
            if failure.retry_after is None:
                raise
            _keep_break(failure.retry_after, control, on_batch, so_far())
    return _sign_in_once(client, control)


def count_recorded(run: int, journal: Journal) -> Batch:
    """Return the totals of a recorded run.  Counting takes a while, so it is done only for a break."""
    settled = journal.counts(run, settled_only=True)
    return Batch(journal.size(run), settled, run=run, before=settled)


def _keep_break(seconds: float, control: Control, on_batch: Callable[[Batch], None], so_far: Batch) -> None:
    looks = math.ceil(seconds / LOOK_SECONDS) + 1
    for look in range(looks):
        if look % LOOKS_PER_MESSAGE == 0:
            left = max(seconds - look * LOOK_SECONDS, 0.0)
            on_batch(replace(so_far, doing=Doing(Activity.WAITING, BREAK, left)))
        control.wait(LOOK_SECONDS)
        _ensure_wanted(control)


def _sign_in_once(client: Sender, control: Control) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        _result, error = catch(client.sign_in)
        if error is not None:
            failures.append(error)

    thread = threading.Thread(target=work, name="sign-in", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK_SECONDS)
        if control.stopping:
            client.abort()
            thread.join(ABORT_SECONDS)
            _ensure_wanted(control)
    if failures:
        raise failures[0]


def _ensure_wanted(control: Control) -> None:
    if control.stopping:
        raise Cancelled(_("The upload was stopped before anything was sent."))
