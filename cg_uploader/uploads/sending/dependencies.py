"""What a run stands on and tests replace: clocks, the threads that send, and what keeps the computer awake."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.sleep_inhibitor import SleepInhibitor
from cg_uploader.uploads.sending.worker_pool import Sender, WorkerPool


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What a run stands on and tests replace: its clocks, the threads that send, and what keeps the computer awake.

    ``clock``: seconds that only grow; ``wall``: seconds that may be set, and that go on while the computer sleeps.
    """

    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    pool: Callable[[Sender, int, Control], WorkerPool] = WorkerPool
    sleep_inhibitor: Callable[[], SleepInhibitor] = SleepInhibitor
