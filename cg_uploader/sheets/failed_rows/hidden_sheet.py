"""The hidden sheet of a workbook of failed rows, which says where its rows come from: lines of a word and a text in JSON.

What is read there may have been edited, so nothing is believed.  It only ever chooses among what this computer's user has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cg_uploader.model.provenance import Provenance

# The sheet's name.
SHEET_NAME = "CG Uploader"
HEADINGS = ("About this file: please leave it as it is", "")
MAX_LINES = 40_000

_TEXTS = ("started", "profile", "reference", "file", "digest", "content")
_MAX_NUMBER = 1 << 31


def lines_of(origin: Provenance) -> Iterator[tuple[str, str]]:
    """Yield what the sheet says, line by line.  Quotation marks keep blanks at the ends of a text."""
    yield "run", str(origin.run)
    yield "last", str(origin.last)
    for name in _TEXTS:
        yield name, _json(getattr(origin, name))
    for column in origin.columns:
        yield "column", _json(column)
    for source in origin.sources:
        yield "field", _json(source)
    for heading in origin.constants:
        yield "constant", _json(heading)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def origin_of(lines: Iterable[Sequence[str]]) -> Provenance | None:
    """Return what such lines say.  None: they are not all as they were written."""
    texts: dict[str, Any] = {}
    lists: dict[str, list[Any]] = {"column": [], "field": [], "constant": []}
    try:
        for word, text in lines:
            value = json.loads(text)
            if word in lists:
                lists[word].append(value)
            else:
                texts[word] = value
        run, last = texts.pop("run"), texts.pop("last", 0)
        if not (isinstance(run, int) and 0 < run < _MAX_NUMBER and isinstance(last, int) and 0 <= last < _MAX_NUMBER):
            return None
        return Provenance(
            run=run,
            last=last,
            started=_text(texts["started"]),
            profile=_text(texts["profile"]),
            reference=_text(texts["reference"]),
            file=_text(texts["file"]),
            digest=_text(texts["digest"]),
            content=_text(texts["content"]),
            columns=tuple(_pair(value) for value in lists["column"]),
            sources=tuple(_pair(value) for value in lists["field"]),
            constants=tuple(_text(value) for value in lists["constant"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _pair(value: Any) -> tuple[str, str]:
    first, second = value
    return _text(first), _text(second)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    value.encode()
    return value
