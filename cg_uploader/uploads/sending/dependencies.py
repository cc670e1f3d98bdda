"""What a run needs and tests replace: clocks, the threads that send, and what keeps the computer awake."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.sleep_inhibitor import SleepInhibitor
from cg_uploader.uploads.sending.worker_pool import Sender, WorkerPool


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What a run needs and tests replace."""

    # Seconds that only grow, and may stand still while the computer sleeps.
    clock: Callable[[], float] = time.monotonic
    # Seconds that may be set, and go on while the computer sleeps.
    wall: Callable[[], float] = time.time
    # The threads that send, made from client, number of connections and switches.
    pool: Callable[[Sender, int, Control], WorkerPool] = WorkerPool
    # What keeps the computer awake.
    sleep_inhibitor: Callable[[], SleepInhibitor] = SleepInhibitor
