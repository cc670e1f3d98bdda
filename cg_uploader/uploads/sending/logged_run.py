"""The start of a run from window and command line, with its beginning and its end in the log.

The log is for support.  It holds numbers, kinds and times, and never a value, the name of a file, or text of a server.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from cg_uploader.errors import UploaderError
from cg_uploader.model.plan import Plan
from cg_uploader.model.run import Batch, RunSummary
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control
from cg_uploader.uploads.sending.worker_pool import Sender

_LOG = logging.getLogger(__name__)

OnBatch = Callable[[Batch], None]


def upload(plan: Plan, client: Sender, journal: Journal, *, on_batch: OnBatch, control: Control) -> RunSummary:
    """Send the rows of ``plan``, as ``engine.upload`` does, and log it."""
    return _logged(plan, lambda: engine.upload(plan, client, journal, on_batch=on_batch, control=control))


def resume(run: int, client: Sender, journal: Journal, *, on_batch: OnBatch, control: Control) -> RunSummary:
    """Send what is left of ``run``, as ``engine.resume`` does, and log it."""
    return _logged(journal.plan(run), lambda: engine.resume(run, client, journal, on_batch=on_batch, control=control))


def _logged(plan: Plan, send: Callable[[], RunSummary]) -> RunSummary:
    _LOG.info(
        "An upload begins: region %s, data type %s, %d rows, %d columns, %d fields, up to %d connections.",
        plan.region,
        plan.configuration.data_type,
        len(plan.table.rows),
        len(plan.table.columns),
        len(plan.bindings),
        plan.options.connections,
    )
    began = time.monotonic()
    try:
        summary = send()
    except UploaderError as error:
        _LOG.warning("The upload ends after %.1f s: %s.", time.monotonic() - began, error.kind)
        raise
    counts = ", ".join(f"{count} {status}" for status, count in summary.counts.items() if count)
    seconds, code = time.monotonic() - began, summary.exit_code
    _LOG.info("Upload %d ends after %.1f s with code %d: %s.", summary.run, seconds, code, counts or "no row")
    return summary
