"""Reads a raw query string the way PHP 8.2 does, and values the way Laravel hands them on; shares no code with the product.

What PHP does to names is where columns get lost: the first ``]`` ends a name (percent-encoded brackets count as brackets),
a NUL cuts it, ``+`` is a space, the last of two equal names wins, an empty index is the next number, dots and spaces of a
name outside brackets become underscores, and after ``MAX_VARIABLES`` parameters the rest vanishes without a word.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

PhpArray: TypeAlias = "dict[int | str, str | PhpArray]"
Key: TypeAlias = int | str

MAX_VARIABLES = 1000
MAX_DEPTH = 64
_MAX_INTEGER = 2**63 - 1
_NUMBER = re.compile(rb"0|-?[1-9][0-9]{0,18}")
_MANGLED = bytes.maketrans(b" .", b"__")
_MANGLED_REST = bytes.maketrans(b" .[", b"___")
_HEX = b"0123456789abcdefABCDEF"
_BYTES = {bytes((high, low)): bytes((int(bytes((high, low)), 16),)) for high in _HEX for low in _HEX}


def parse_query(raw: bytes) -> PhpArray:
    """What PHP would put into ``$_GET``; bytes that are no UTF-8 come as surrogate escapes, so nothing is lost."""
    values: PhpArray = {}
    count = 0
    for part in raw.split(b"&"):
        if not part:
            continue
        count += 1
        if count > MAX_VARIABLES:
            break
        name, _, value = part.partition(b"=")
        keys, too_deep = _keys(name)
        if too_deep:
            values.pop(keys[0], None)  # type: ignore[arg-type]  # the first key is never the empty index
        elif keys:
            _store(values, keys, _text(_decode(value)))
    return values


def trimmed(text: str) -> str | None:
    """A value as Laravel's middleware hands it on: PHP's ``trim``, then None when nothing is left."""
    return text.strip(" \t\n\r\0\x0b") or None


def _decode(raw: bytes) -> bytes:
    raw = raw.replace(b"+", b" ")
    if b"%" not in raw:
        return raw
    first, *rest = raw.split(b"%")
    decoded = [first]
    for piece in rest:
        byte = _BYTES.get(piece[:2])
        decoded.append(b"%" + piece if byte is None else byte + piece[2:])
    return b"".join(decoded)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _key(raw: bytes) -> Key:
    if _NUMBER.fullmatch(raw) and -_MAX_INTEGER - 1 <= int(raw) <= _MAX_INTEGER:
        return int(raw)
    return _text(raw)


@lru_cache(maxsize=4096)
def _keys(raw: bytes) -> tuple[tuple[Key | None, ...], bool]:
    """The way a name points: its keys (None is the next number; no keys: dropped), and whether it is nested too deep."""
    name = _decode(raw).split(b"\0", 1)[0].lstrip(b" ")
    at = name.find(b"[")
    head = (name if at < 0 else name[:at]).translate(_MANGLED)
    if not head:
        return (), False
    keys: list[Key | None] = [_key(head)]
    while at >= 0 and name[at : at + 1] == b"[":
        if len(keys) > MAX_DEPTH:
            return tuple(keys), True
        start = at + 1
        blank = name[start : start + 1].isspace()
        end = name.find(b"]", start)
        if end < 0:
            if len(keys) == 1:
                keys = [_key(head + b"_" + name[start:].translate(_MANGLED_REST))]
            break
        keys.append(None if end == start + blank else _key(name[start:end]))
        at = end + 1
    return tuple(keys), False


def _next_number(array: PhpArray) -> int | None:
    largest = max((key for key in array if isinstance(key, int)), default=-1)
    return None if largest == _MAX_INTEGER else largest + 1


def _store(values: PhpArray, keys: tuple[Key | None, ...], value: str) -> None:
    array = values
    for key in keys[:-1]:
        place = _next_number(array) if key is None else key
        if place is None:
            return
        inner = array.get(place)
        if not isinstance(inner, dict):
            inner = array[place] = {}
        array = inner
    place = _next_number(array) if keys[-1] is None else keys[-1]
    if place is not None:
        array[place] = value
