"""Moments as the journal writes them, and days as the user reads them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from cg_uploader.translation import _


def day(moment: datetime) -> str:
    """Return the day of a moment in the local time zone, such as ``3 May 2026``."""
    local = moment.astimezone()
    return f"{local.day} {local:%B %Y}"


def day_of(text: str) -> str:
    """Return the day of a moment in ISO 8601, or say that it is unknown when the text is none."""
    try:
        return day(datetime.fromisoformat(text))
    except (ValueError, TypeError):
        return _("an unknown day")


def minute_of(text: str) -> str:
    """Return the minute of a moment in ISO 8601, such as ``3 May 2026, 14:02``, or the text itself when it is none."""
    try:
        moment = datetime.fromisoformat(text).astimezone()
    except ValueError:
        return text
    return f"{day(moment)}, {moment:%H:%M}"


def iso(seconds: float | None = None) -> str:
    """Return a moment (seconds since 1970, now by default) in ISO 8601 and UTC, so that texts sort as times do."""
    return datetime.fromtimestamp(time.time() if seconds is None else seconds, UTC).isoformat(timespec="milliseconds")
