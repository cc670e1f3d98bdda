"""The other reading of a delimited text that is about as good as the one that was taken: a few rows under each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO

from cg_uploader.model.table import Alternative
from cg_uploader.sheets.cells.separators import CELL
from cg_uploader.sheets.delimited.dialect import NO_DELIMITER, Dialect, find_dialect
from cg_uploader.sheets.delimited.encoding import Encoding
from cg_uploader.sheets.delimited.tokenizer import Tokenizer

_ROWS = 5
_MAX_LINES = 2_000
_MAX_LINE_BYTES = 1 << 14
_MAX_BYTES = 64 << 20
_MAX_COLUMNS = 12
_MAX_CHARS = 80


def find_alternative(
    handle: IO[bytes], encoding: Encoding, dialect: Dialect, sample: Sequence[str], header_row: int
) -> Alternative | None:
    """Find the other reading, if there is one. A rival delimiter is asked about before a rival encoding.

    ``sample``: the first lines. The alternative names what the user would choose to get it: the encoding, or the delimiter
    (``none``: one column).
    """
    if dialect.rival:
        return _compare_delimiters(dialect, list(sample[dialect.declared : _MAX_LINES]), header_row)
    if encoding.rival:
        return _compare_encodings(handle, encoding, dialect, list(sample[dialect.declared : _MAX_LINES]), header_row)
    return None


def _compare_delimiters(dialect: Dialect, lines: list[str], header_row: int) -> Alternative:
    """Show the first rows under both delimiters."""
    one_column = dialect.rival == NO_DELIMITER
    other = find_dialect(lines, dialect.rival)
    own_rows = islice(_skip_to_header(_tokenize(lines, dialect), header_row), _ROWS + 1)
    other_rows = islice(_skip_to_header(_tokenize(lines, other), 1 if one_column else header_row), _ROWS + 1)
    return Alternative(None, "none" if one_column else dialect.rival, _shorten(list(own_rows)), _shorten(list(other_rows)))


def _compare_encodings(
    handle: IO[bytes], encoding: Encoding, dialect: Dialect, lines: list[str], header_row: int
) -> Alternative:
    """Show the headings and the first rows that differ under both encodings."""
    headings = next(_skip_to_header(_tokenize(lines, dialect), header_row), [])
    differing = list(islice(_find_differing_lines(handle, encoding), _ROWS))
    own_rows, other_rows = (
        [headings, *_tokenize([line.decode(name, "replace") for line in differing], dialect)]
        for name in (encoding.name, encoding.rival)
    )
    return Alternative(encoding.rival, None, _shorten(own_rows), _shorten(other_rows))


def _tokenize(lines: list[str], dialect: Dialect) -> list[list[str]]:
    batches = Tokenizer(iter(["\n".join(lines)] if lines else []), dialect)
    return [record.split(CELL) for batch, _ in batches for record in batch]


def _skip_to_header(records: list[list[str]], header_row: int) -> Iterator[list[str]]:
    """Give the records from the header row on that are not blank. All of them when it is not among them."""
    start = header_row - 1 if header_row <= len(records) else 0
    return (record for record in records[start:] if any(record))


def _find_differing_lines(handle: IO[bytes], encoding: Encoding) -> Iterator[bytes]:
    """Give the lines that are not the same text in both encodings."""
    handle.seek(0)
    seen = 0
    while seen < _MAX_BYTES and (line := handle.readline(_MAX_LINE_BYTES)):
        seen += len(line)
        if not line.isascii() and line.decode(encoding.name, "replace") != line.decode(encoding.rival, "replace"):
            yield line.rstrip(b"\r\n")


def _shorten(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Give all rows the same number of fields, and cut what is too much to be looked at."""
    width = min(max(map(len, rows), default=0), _MAX_COLUMNS)
    return tuple(tuple(_shorten_text(text) for text in [*row, *[""] * width][:width]) for row in rows)


def _shorten_text(text: str) -> str:
    return text if len(text) <= _MAX_CHARS else f"{text[:_MAX_CHARS]}…"
