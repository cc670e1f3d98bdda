"""Query strings as PHP 8.2 reads them, and values as Laravel hands them on.  No code is shared with the client.

PHP changes names, and columns can get lost:

- The first ``]`` ends a name.  Percent-encoded brackets count as brackets.
- A NUL cuts a name off.
- ``+`` is a space.
- The last of two equal names wins.
- An empty index is the next number.
- Dots and spaces of a name outside brackets become underscores.
- After ``MAX_VARIABLES`` parameters the rest is dropped without an error.
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
    """Return what PHP would put into ``$_GET``.  Bytes that are no UTF-8 come as surrogate escapes, so nothing is lost."""
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
    """Return a value as Laravel's middleware hands it on: PHP's ``trim``, then None when nothing is left."""
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
    """Return the keys that a name stands for, and whether it is nested too deep.

    The key None is the next number.  A name without keys is dropped.
    """
    name = _decode(raw).split(b"\0", 1)[0].lstrip(b" ")
    index = name.find(b"[")
    head = (name if index < 0 else name[:index]).translate(_MANGLED)
    if not head:
        return (), False
    keys: list[Key | None] = [_key(head)]
    while index >= 0 and name[index : index + 1] == b"[":
        if len(keys) > MAX_DEPTH:
            return tuple(keys), True
        start = index + 1
        blank = name[start : start + 1].isspace()
        end = name.find(b"]", start)
        if end < 0:
            if len(keys) == 1:
                keys = [_key(head + b"_" + name[start:].translate(_MANGLED_REST))]
            break
        keys.append(None if end == start + blank else _key(name[start:end]))
        index = end + 1
    return tuple(keys), False


def _next_number(array: PhpArray) -> int | None:
    largest = max((key for key in array if isinstance(key, int)), default=-1)
    return None if largest == _MAX_INTEGER else largest + 1


def _store(values: PhpArray, keys: tuple[Key | None, ...], value: str) -> None:
    array = values
    for key in keys[:-1]:
        index = _next_number(array) if key is None else key
        if index is None:
            return
        inner = array.get(index)
        if not isinstance(inner, dict):
            inner = array[index] = {}
        array = inner
    index = _next_number(array) if keys[-1] is None else keys[-1]
    if index is not None:
        array[index] = value
