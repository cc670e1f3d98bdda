"""How a run stands, by what is recorded of it; nothing that is recorded is believed to be as it was written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cg_uploader.model.enums import Region, RowStatus
from cg_uploader.model.run import RunSummary, Stop
from cg_uploader.uploads.journal.journal_rows import CUT_OFF, UNDER_WAY, as_written, text_of


def checked(record: dict[str, Any]) -> dict[str, Any]:
    """The same; ValueError when what every look at a run stands on is not as it was written."""
    with as_written():
        if _number(record["rows"]) < 0:
            raise ValueError("fewer than no rows")
        for name in ("content", "records", "reference"):
            text_of(record[name])
        for name in ("started", "finished", "values_deleted"):
            if name == "started" or record[name] is not None:
                _moment(record[name])
    return record


def summary_of(record: Mapping[str, Any], counts: dict[RowStatus, int], *, held: bool) -> RunSummary:
    """The summary of the run in ``record``; ``held``: a program works on it.

    ValueError when a value is not as it was written.
    """
    with as_written():
        plan = json.loads(record["plan"])
        stop = Stop(text_of(record["stopped"]), _number(record["exit"])) if record["stopped"] else None
        if record["finished"] is None:
            stop = Stop(UNDER_WAY if held else CUT_OFF)
        return RunSummary(
            run=record["id"],
            file=text_of(plan["file"]),
            profile=text_of(plan["profile"]),
            region=Region(plan["region"]),
            rows=_number(record["rows"]),
            counts=counts,
            started=_moment(record["started"]),
            finished=None if record["finished"] is None else _moment(record["finished"]),
            stopped=stop,
            sent_by=text_of(record["sent_by"]),
            values_deleted=None if record["values_deleted"] is None else _moment(record["values_deleted"]),
        )


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment


def _number(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError("not a number")
    return value
