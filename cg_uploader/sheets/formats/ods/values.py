"""What the value attributes of an OpenDocument cell mean, also where only the text beside them says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

_DURATION = re.compile(r"(-?)P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9.]+)S)?)?")
# What is shown for an error in any language: `#DIV/0!`, `#BEZUG!`, `#¿NOMBRE?`, `Err:502`, `Ошибка:502`.
_ERROR = re.compile(r"#[¡¿]?[^\W\d_](?:/0|\D)*|[^\W\d_]+\.?\s?[:：]\s?5\d\d")
_MAX_ERROR_CHARS = 40
# Zero as a number, a date or a time.
_NOTHING = re.compile(r"[-+]?[0.]*(?:NaN)?|(?:1899-12-30|1904-01-01)(?:T[0:.]*)?|P?T?(?:0+[HMS])*")
# What LibreOffice shows where a format cannot draw a number.
_NOT_DRAWN = "#FMT"


@lru_cache(maxsize=2_000)
def iso_moment(text: str) -> str:
    """Return a date or date-time of the file in ISO form, to the nearest second.

    What is no date, or one of a year beyond 9999, is returned as it is.
    """
    date, separator, time = text.partition("T")
    try:
        if not separator:
            return datetime.fromisoformat(date).date().isoformat()
        moment = datetime.fromisoformat(f"{date}T{time.partition('.')[0].removesuffix('Z')}")
        fraction = float("0." + (time.partition(".")[2].removesuffix("Z") or "0"))
        return (moment.replace(tzinfo=None) + timedelta(seconds=fraction >= 0.5)).isoformat(" ")
    except ValueError:
        return text


def clock_time(text: str) -> str:
    """Return a time or duration of the file as ``HH:MM:SS``, or an empty text when it is negative or none at all."""
    duration = _DURATION.fullmatch(text)
    if not duration:
        return ""
    days, hours, minutes, seconds = (float(part or 0) for part in duration.groups()[1:])
    total = int(days * 86_400 + hours * 3600 + minutes * 60 + seconds + 0.5)
    return "" if duration[1] and total else f"{total // 3600:02d}:{total // 60 % 60:02d}:{total % 60:02d}"


def is_truth(value: str, shown: str) -> bool:
    """Return whether a number is a truth value, which LibreOffice writes as a number and shows as a word."""
    return value in ("0", "1") and shown.isalpha()


def truth(value: str, shown: str) -> str:
    """Return a truth value as the file has it. An empty one is false, unless the word for true is shown."""
    return value.strip() or ("true" if shown.strip().lower() == "true" else "false")


def is_error(attributes: Mapping[str, str], shown: str) -> bool:
    """Return whether a cell is an error although it has a value.

    Programs that know no type for errors store the number 0 or an empty text. Only the text that is shown says what it is. A
    text that was typed so is a text.
    """
    if len(shown) > _MAX_ERROR_CHARS or shown == _NOT_DRAWN or not _ERROR.fullmatch(shown):
        return False
    kind, formula = attributes.get("value-type", ""), "formula" in attributes
    if kind == "string":
        return formula and attributes.get("string-value") == ""
    if kind == "boolean":
        return True
    value = attributes.get(f"{kind}-value" if kind in ("date", "time") else "value", "")
    return (bool(kind) or formula) and _NOTHING.fullmatch(value) is not None
