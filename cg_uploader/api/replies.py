"""What an answer's bytes say: a ``Reply`` with its errors as plain text, whatever the other side wrote."""

from __future__ import annotations

import contextlib
import html
import json
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from cg_uploader.model.enums import Answer, Body
from cg_uploader.model.request import Reply

MAX_BYTES = 65_536
_MAX_TEXT_CHARS = 500
_MAX_PAGE_TEXT_CHARS = 200
_MAX_ERRORS = 100
_DECISIVE = ("configuration", "record")  # keys that end a run: never lost among many others
_MAX_DEPTH = 5
_MIN_WAIT_SECONDS, _MAX_WAIT_SECONDS = 1.0, 300.0

# Each pattern passes over its text once, also over text that was made to be slow.
_UNSEEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_JOINERS = "\u200c\u200d"  # part of words and emoji


class Received(NamedTuple):
    """An answer as it came: status, headers, and at most 64 KB of body, or None when the body was lost on the way."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


def read_reply(status: int, headers: Mapping[str, str], body: bytes | None, now: datetime) -> Reply:
    """The reply that these bytes are; ``body`` None: it was lost.  Decides nothing by wording.

    ``now`` is this computer's time; the answer's own Date counts more, because this computer's clock may be wrong.
    """
    if not body and status < 300:
        return Reply(Answer.COMPLETE if body is not None else Answer.BODY_LOST, status)
    wait = asked_wait(headers, now)
    if body is None:
        return Reply(Answer.BODY_LOST, status, retry_after=wait)
    text = _text(body, _header(headers, "content-encoding"))
    if not text.strip():
        return Reply(Answer.COMPLETE, status, Body.BLANK, retry_after=wait)
    data, is_json = _parsed(text)
    if not is_json:
        return Reply(Answer.COMPLETE, status, Body.OTHER, message=_page_text(text), retry_after=wait)
    has_errors = isinstance(data, dict) and any(data.get(key) for key in ("errors", "error", "Error"))
    errors = tuple(_errors(data))
    return Reply(Answer.COMPLETE, status, Body.JSON_ERRORS if has_errors else Body.JSON, errors, _message(data), wait)


def field_of(key: str, headings: Iterable[str]) -> str:
    """The heading that an error's key means, or "" for the row as a whole.

    Exactly; else without ``record.`` or ``record[…]``; else with capitals and ``_`` ignored, if only one heading fits.
    """
    known = tuple(headings)
    inner = _inside_record(key)
    for name in (key, inner):
        if name in known:
            return name
    wanted = _loose(inner)
    found = [heading for heading in known if _loose(heading) == wanted]
    return found[0] if len(found) == 1 else ""


def load_object(body: bytes | None) -> dict[str, object] | None:
    """The JSON object in ``body``, or None for anything else."""
    data, _ = _parsed(_text(body or b"", ""))
    return data if isinstance(data, dict) else None


def asked_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """The break that an answer asks for, as ``retry_after``; ``now`` counts where the answer has no Date of its own."""
    return retry_after(_header(headers, "retry-after"), _moment(_header(headers, "date")) or now)


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds to wait, from 1 to 300, as a Retry-After header says them (seconds or a date); None if unreadable."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9]) if len(text) <= 9 else _MAX_WAIT_SECONDS
    else:
        when = _moment(text)
        if when is None:
            return None
        seconds = (when - now).total_seconds()
    return min(max(seconds, _MIN_WAIT_SECONDS), _MAX_WAIT_SECONDS)


def _moment(text: str) -> datetime | None:
    """What a date in a header means, or None when it is none."""
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def plain(text: str, longest: int = _MAX_TEXT_CHARS) -> str:
    """``text`` in one line, without control characters and without marks that turn the reading direction."""
    text = text[: 20 * longest]
    kept = " ".join("".join(map(_plain_character, text)).split())
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return "" if category in ("Cc", "Cf") and character not in _JOINERS and not character.isspace() else character


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _text(body: bytes, encoding: str) -> str:
    """The body's text.  Nothing was asked for compressed; what comes compressed all the same is opened, within bounds."""
    if encoding.strip().lower() in ("gzip", "x-gzip", "deflate"):
        with contextlib.suppress(zlib.error):  # the header was wrong: the bytes are the text
            body = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(body, MAX_BYTES)
    return body[:MAX_BYTES].decode("utf-8-sig", "replace")


def _parsed(text: str) -> tuple[object, bool]:
    """(value, True) for JSON, (None, False) for anything else."""
    try:
        return json.loads(text), True
    except (ValueError, RecursionError):
        return None, False


def _errors(data: object) -> list[tuple[str, str]]:
    if not isinstance(data, dict):
        entries: object = data if isinstance(data, list) else None
    else:
        entries = data.get("errors")
    found: list[tuple[str, str]] = []
    decisive = dict.fromkeys(_DECISIVE, False)
    for key, text in _leaves("", entries, 0):
        if len(found) < _MAX_ERRORS or decisive.get(key) is False:
            found.append((key, text))
            decisive[key] = True
    return found


def _leaves(key: str, value: object, depth: int) -> Iterator[tuple[str, str]]:
    """Every (key, sentence) below ``value``; keys of nested objects are joined by dots, but ``configuration`` has no fields.

    A key with nothing below it names its field all the same.
    """
    if depth > _MAX_DEPTH or (key and isinstance(value, (dict, list)) and not value):
        value = None
    if isinstance(value, dict):
        for name, inner in value.items():
            inner_key = key if key == "configuration" else f"{key}.{name}" if key else str(name)
            yield from _leaves(inner_key, inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(key, inner, depth + 1)
    elif value is not None or key:
        text = plain(str(value)) if value is not None else ""
        if key or text:
            yield key[:_MAX_TEXT_CHARS].encode("utf-8", "replace").decode(), text or "is not accepted"


def _message(data: object) -> str:
    """The first text that speaks for the whole: ``message``, ``error_description``, ``error``, ``Error.Message``."""
    if isinstance(data, str):
        return plain(data)
    if not isinstance(data, dict):
        return ""
    candidates: list[object] = [data.get("message"), data.get("error_description")]
    for key in ("error", "Error"):
        inner = data.get(key)
        candidates += [inner.get("message"), inner.get("Message")] if isinstance(inner, dict) else [inner]
    return next((text for value in candidates if isinstance(value, str) and (text := plain(value))), "")


def _page_text(text: str) -> str:
    return plain(html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", text))), _MAX_PAGE_TEXT_CHARS)


def _inside_record(key: str) -> str:
    if key.startswith("record."):
        return key.removeprefix("record.")
    if key.startswith("record[") and key.endswith("]"):
        return key[len("record[") : -1]
    return key


def _loose(name: str) -> str:
    return name.casefold().replace("_", " ").strip()
