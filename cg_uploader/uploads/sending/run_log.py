"""What the log says of a run, for support: numbers, kinds and times; never a value, a name of a file, or server text."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from cg_uploader.errors import UploaderError
from cg_uploader.model.plan import Plan
from cg_uploader.model.run import RunSummary

_LOG = logging.getLogger(__name__)


def noted(plan: Plan, send: Callable[[], RunSummary]) -> RunSummary:
    """Send, and log how the run of ``plan`` begins and ends."""
    _LOG.info(
        "An upload begins: region %s, data type %s, %d rows, %d columns, %d fields, up to %d connections.",
        plan.region,
        plan.configuration.data_type,
        len(plan.table.rows),
        len(plan.table.columns),
        len(plan.wires),
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
