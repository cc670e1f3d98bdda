"""Uploads of a few rows, each as a file of its own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from rig import Heard, ScriptedClient, Timer, inline, plan_of

from cg_uploader.model.enums import Answer
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Reply
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.sending import engine
from cg_uploader.uploads.sending.control import Control

LOST = Reply(Answer.NOTHING)


def a(value: str, name: str = "a") -> tuple[str, str]:
    return f"{name}@example.com", value


_file = itertools.count()


def send(
    journal: Journal, rows: Sequence[tuple[str, str]], script: dict[int, list[Reply]] | None = None, **more: object
) -> list[int]:
    """Upload rows as a file of their own, skipping what is known; the row numbers that left."""
    plan = planned(rows, **more)
    client = ScriptedClient(script or {})
    engine.upload(plan, client, journal, on_batch=Heard(), control=Control(), dependencies=inline(Timer()))
    return client.sent


def planned(rows: Sequence[tuple[str, str]], *, skip: bool | None = True, **more: object) -> Plan:
    plan = plan_of(rows, **more)  # type: ignore[arg-type]
    return replace(plan, skip_accepted=skip, table=replace(plan.table, digest=str(next(_file))))
