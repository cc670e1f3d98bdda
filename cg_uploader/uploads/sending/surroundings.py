"""What a run stands on and tests replace: clocks, the threads that send, and what keeps the computer awake."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.sleep_inhibitor import Awake
from cg_uploader.uploads.sending.worker_pool import Senders, Sends


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run stands on and tests replace: its clocks, the threads that send, and what keeps the computer awake.

    ``clock``: seconds that only grow; ``wall``: seconds that may be set, and that go on while the computer sleeps.
    """

    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    senders: Callable[[Sends, int, Control], Senders] = Senders
    awake: Callable[[], Awake] = Awake
