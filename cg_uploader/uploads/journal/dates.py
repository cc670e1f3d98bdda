"""Moments as the journal writes them, and days as the user reads them."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def day(moment: datetime) -> str:
    """A moment as the day it was here: ``3 May 2026``."""
    local = moment.astimezone()
    return f"{local.day} {local:%B %Y}"


def day_of(text: str) -> str:
    """The day of a moment as the journal writes it, or of what a colleague's file says in its place."""
    try:
        return day(datetime.fromisoformat(text))
    except (ValueError, TypeError):
        return "an unknown day"


def minute_of(text: str) -> str:
    """The minute of a moment as the journal writes it: ``3 May 2026, 14:02``."""
    try:
        moment = datetime.fromisoformat(text).astimezone()
    except ValueError:
        return text
    return f"{day(moment)}, {moment:%H:%M}"


def iso(seconds: float | None = None) -> str:
    """A moment, now by default, as the journal writes it, so that text compares as time does."""
    return datetime.fromtimestamp(time.time() if seconds is None else seconds, UTC).isoformat(timespec="milliseconds")
