"""The meaning of an answer's bytes: a ``Reply`` with its errors as plain text, whatever the server wrote."""

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
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None  # at most 64 KB, None when it was lost on the way


def read_reply(status: int, headers: Mapping[str, str], body: bytes | None, now: datetime) -> Reply:
    """Return the reply that these bytes are, deciding nothing by wording.

    ``body`` is None when it was lost.  ``now`` is this computer's time.  The answer's own Date counts more, because this
    computer's clock may be wrong.
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
    """Return the heading that an error's key means, or "" for the row as a whole.

    The key is compared exactly, then without ``record.`` or ``record[…]``, then without regard to capitals and ``_``.  The
    last comparison counts only if a single heading fits.
    """
    known = tuple(headings)
    inner = _inside_record(key)
    for name in (key, inner):
        if name in known:
            return name
    wanted = _loose(inner)
    matches = [heading for heading in known if _loose(heading) == wanted]
    return matches[0] if len(matches) == 1 else ""


def load_object(body: bytes | None) -> dict[str, object] | None:
    """Return the JSON object in ``body``, or None for anything else."""
    data, _ = _parsed(_text(body or b"", ""))
    return data if isinstance(data, dict) else None


def asked_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the break that an answer asks for, as ``retry_after`` does.  ``now`` counts where the answer has no Date."""
    return retry_after(_header(headers, "retry-after"), _moment(_header(headers, "date")) or now)


def retry_after(text: str, now: datetime) -> float | None:
    """Return the seconds to wait, from 1 to 300, of a Retry-After header: seconds or a date.  None if unreadable."""
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
    """Return the moment that a header names, or None if it names none."""
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def plain(text: str, max_chars: int = _MAX_TEXT_CHARS) -> str:
    """Return ``text`` in one line, without control characters and marks that turn the reading direction."""
    text = text[: 20 * max_chars]
    line = " ".join("".join(map(_plain_character, text)).split())
    return line if len(line) <= max_chars else line[: max_chars - 1] + "…"


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return "" if category in ("Cc", "Cf") and character not in _JOINERS and not character.isspace() else character


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _text(body: bytes, encoding: str) -> str:
    """Return the body's text.

    Nothing was asked for compressed.  What comes compressed all the same is opened, within bounds.
    """
    if encoding.strip().lower() in ("gzip", "x-gzip", "deflate"):
        with contextlib.suppress(zlib.error):  # the header was wrong: the bytes are the text
            body = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(body, MAX_BYTES)
    return body[:MAX_BYTES].decode("utf-8-sig", "replace")


def _parsed(text: str) -> tuple[object, bool]:
    """Return (value, True) for JSON, (None, False) for anything else."""
    try:
        return json.loads(text), True
    except (ValueError, RecursionError):
        return None, False


def _errors(data: object) -> list[tuple[str, str]]:
    """Return (key, text) of each error in ``data``, as many as are listed."""
    entries = data.get("errors") if isinstance(data, dict) else data if isinstance(data, list) else None
    errors: list[tuple[str, str]] = []
    decisive = dict.fromkeys(_DECISIVE, False)
    for key, text in _leaves("", entries, 0):
        if len(errors) < _MAX_ERRORS or decisive.get(key) is False:
            errors.append((key, text))
            decisive[key] = True
    return errors


def _leaves(key: str, value: object, depth: int) -> Iterator[tuple[str, str]]:
    """Yield every (key, text) below ``value``.

    Keys of nested objects are joined by dots, but ``configuration`` has no fields.  A key with nothing below it names its field
    all the same.
    """
    if isinstance(value, (dict, list)) and value and depth <= _MAX_DEPTH:
        for inner_key, inner in _children(key, value):
            yield from _leaves(inner_key, inner, depth + 1)
        return
    text = "" if value is None or isinstance(value, (dict, list)) else plain(str(value))
    if key or text:
        yield key[:_MAX_TEXT_CHARS].encode("utf-8", "replace").decode(), text or "is not accepted"


def _children(key: str, value: dict[str, object] | list[object]) -> Iterator[tuple[str, object]]:
    if isinstance(value, list):
        yield from ((key, inner) for inner in value)
    elif key == "configuration" or not key:
        yield from ((key or str(name), inner) for name, inner in value.items())
    else:
        yield from ((f"{key}.{name}", inner) for name, inner in value.items())


def _message(data: object) -> str:
    """Return the first text about the whole answer: ``message``, ``error_description``, ``error``, ``Error.Message``."""
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
