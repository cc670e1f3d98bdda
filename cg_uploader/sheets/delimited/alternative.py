"""Owns the other reading of a delimited text that is about as good as the one that was taken: a few lines under each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO

from cg_uploader.model.table import Alternative
from cg_uploader.sheets.cells.separators import CELL
from cg_uploader.sheets.delimited.dialect import NONE, Dialect, find_dialect
from cg_uploader.sheets.delimited.encoding import Encoding
from cg_uploader.sheets.delimited.tokenizer import Records

_ROWS = 5
_LINES = 2_000
_LONGEST_LINE = 1 << 14
_LOOKED_AT = 64 << 20
_MOST_COLUMNS = 12
_MOST_CHARACTERS = 80


def alternative(
    handle: IO[bytes], encoding: Encoding, dialect: Dialect, sample: Sequence[str], header_row: int
) -> Alternative | None:
    """The other reading, if there is one; ``sample`` are the first lines.  A rival delimiter is asked about first.

    It names the encoding or the delimiter (``none``: one column) that a person would choose to get it.
    """
    lines = list(sample[dialect.declared : _LINES])
    if dialect.rival:
        other = find_dialect(lines, dialect.rival)
        ways = (dialect, header_row), (other, 1 if dialect.rival == NONE else header_row)
        own_rows, other_rows = (list(islice(_from(_cut(lines, way), first), _ROWS + 1)) for way, first in ways)
        return Alternative(None, "none" if dialect.rival == NONE else dialect.rival, _shown(own_rows), _shown(other_rows))
    if encoding.rival:
        headings = next(_from(_cut(lines, dialect), header_row), [])
        found = list(islice(_differing(handle, encoding), _ROWS))
        own, other_rows = (
            [headings, *_cut([line.decode(name, "replace") for line in found], dialect)]
            for name in (encoding.name, encoding.rival)
        )
        return Alternative(encoding.rival, None, _shown(own), _shown(other_rows))
    return None


def _cut(lines: list[str], dialect: Dialect) -> list[list[str]]:
    return [record.split(CELL) for batch, _ in Records(iter(["\n".join(lines)] if lines else []), dialect) for record in batch]


def _from(records: list[list[str]], header_row: int) -> Iterator[list[str]]:
    """The records from the header row on that hold anything; all of them when it is not among them."""
    start = header_row - 1 if header_row <= len(records) else 0
    return (record for record in records[start:] if any(record))


def _differing(handle: IO[bytes], encoding: Encoding) -> Iterator[bytes]:
    """Lines that are not the same text in both encodings."""
    handle.seek(0)
    seen = 0
    while seen < _LOOKED_AT and (line := handle.readline(_LONGEST_LINE)):
        seen += len(line)
        if not line.isascii() and line.decode(encoding.name, "replace") != line.decode(encoding.rival, "replace"):
            yield line.rstrip(b"\r\n")


def _shown(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The rows, all of as many fields, none of them too many or too long to be looked at."""
    width = min(max(map(len, rows), default=0), _MOST_COLUMNS)
    return tuple(tuple(_short(row[place]) if place < len(row) else "" for place in range(width)) for row in rows)


def _short(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
