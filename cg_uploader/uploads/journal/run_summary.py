"""The summary of a run, made from its record.  Every value is checked, because the disk or another program may change it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cg_uploader.model.enums import Region, RowStatus
from cg_uploader.model.message import Message
from cg_uploader.model.run import RunSummary, Stop, stop_for
from cg_uploader.model.stop_reasons import StopReason
from cg_uploader.uploads.journal.journal_rows import as_written, text_of
from cg_uploader.uploads.journal.messages import stored_messages


def check_record(record: dict[str, Any]) -> dict[str, Any]:
    """Return ``record``, a row of the table ``run`` by column.

    Raises:
        ValueError: A value that every use of a run needs is not as it was written.
    """
    with as_written():
        if _number(record["rows"]) < 0:
            raise ValueError("a negative number of rows")
        for name in ("content", "records", "reference"):
            text_of(record[name])
        for name in ("started", "finished", "values_deleted"):
            if name == "started" or record[name] is not None:
                _moment(record[name])
    return record


def summary_of(record: Mapping[str, Any], counts: dict[RowStatus, int], *, held: bool) -> RunSummary:
    """Return the summary of the run in ``record``.

    Args:
        record: Its row of the table ``run``, by column.
        counts: Its rows by status.
        held: Whether a program works on it.

    Raises:
        ValueError: A value is not as it was written.
    """
    with as_written():
        plan = json.loads(record["plan"])
        ended = record["finished"] is not None and record["stopped"] is not None
        return RunSummary(
            run=record["id"],
            file=text_of(plan["file"]),
            profile=text_of(plan["profile"]),
            region=Region(plan["region"]),
            rows=_number(record["rows"]),
            counts=counts,
            started=_moment(record["started"]),
            finished=None if record["finished"] is None else _moment(record["finished"]),
            stopped=_stop(text_of(record["stopped"]), _number(record["exit"])) if ended else None,
            sent_by=text_of(record["sent_by"]),
            values_deleted=None if record["values_deleted"] is None else _moment(record["values_deleted"]),
            held=held,
        )


def _stop(stored: str, exit_code: int) -> Stop:
    """Return why a run ended.  The stored messages are the reason, then its details."""
    (_, first), *more = stored_messages(stored)
    if not isinstance(first, Message) or not isinstance(first.kind, StopReason):
        return stop_for(StopReason.EARLIER_VERSION, exit_code, tuple(more), why=first)
    return Stop(first.kind, exit_code, first.arguments, tuple(more))


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment


def _number(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError("not a number")
    return value
