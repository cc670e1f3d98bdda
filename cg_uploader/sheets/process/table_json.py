"""The JSON form of a table without its rows: how the reading process writes it, and how the program checks it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import astuple
from itertools import pairwise
from pathlib import Path
from typing import Any

from cg_uploader.model.table import Alternative, Column, Row, Table
from cg_uploader.sheets.cells.clean_text import column_letter, column_position
from cg_uploader.sheets.cells.notes import NoteCollector
from cg_uploader.sheets.failed_rows.hidden_sheet import lines_of, origin_of
from cg_uploader.sheets.process.protocol import require_text
from cg_uploader.sheets.table.merged_cells import Spans
from cg_uploader.sheets.table.spool import Spool

_MAX_COLUMNS = 16_384
_MAX_ROW_NUMBER = (1 << 32) - 1
_DIGEST = re.compile("[0-9a-f]{64}|")


def encode_table(table: Table, notes: NoteCollector, order: Sequence[int], covered: Spans) -> bytes:
    """Return a table but for its rows and the notes on its cells.

    ``order`` says which of the texts of a row each column shows. ``covered`` says which of them are blank.
    """
    fields = {
        "digest": table.digest,
        "sheet": table.sheet,
        "sheets": table.sheets,
        "header_row": table.header_row,
        "columns": [[column_position(column.letter), column.heading, column.hidden] for column in table.columns],
        "order": order,
        "covered": [[index, spans] for index, spans in covered.items()],
        "notes": notes.dump_rest(),
        "hidden_rows": table.hidden_rows,
        "empty_rows": table.empty_rows,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "about": list(lines_of(table.origin)) if table.origin is not None else None,
        "above": [[row.number, row.cells] for row in table.above],
        "alternative": None if table.alternative is None else astuple(table.alternative),
    }
    return json.dumps(fields).encode()


def decode_table(data: bytes, file: Path, spool: Spool, notes: NoteCollector) -> Table:
    """Return the table of ``file`` that ``encode_table`` made bytes of, with the rows and notes that came before.

    Seals ``spool`` and completes ``notes``.

    Raises:
        ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError: for bytes that are no table.
    """
    fields = json.loads(data)
    columns = {
        _require_number(position, _MAX_COLUMNS): _decode_column(position, heading, hidden)
        for position, heading, hidden in fields["columns"]
    }
    order = [_require_number(index, _MAX_COLUMNS) for index in fields["order"]]
    if list(columns) != sorted(columns) or len(columns) != len(order) or not _DIGEST.fullmatch(fields["digest"]):
        raise ValueError("not a table")
    notes.load_rest(fields["notes"])
    spool.seal(order)
    spool.cover(_decode_spans(fields["covered"], len(order)))
    return Table(
        file=file,
        digest=fields["digest"],
        sheet=_require_text_or_none(fields["sheet"]),
        sheets=tuple(map(require_text, fields["sheets"])),
        header_row=_require_number(fields["header_row"], _MAX_ROW_NUMBER),
        columns=tuple(columns.values()),
        rows=spool,
        notes=notes.make_notes({position: column.heading for position, column in columns.items()}),
        hidden_rows=_require_number(fields["hidden_rows"], _MAX_ROW_NUMBER),
        empty_rows=_require_number(fields["empty_rows"], _MAX_ROW_NUMBER),
        encoding=_require_text_or_none(fields["encoding"]),
        delimiter=_require_text_or_none(fields["delimiter"]),
        alternative=_decode_alternative(fields["alternative"]),
        above=_decode_rows_above(fields["above"], fields["header_row"], len(order)),
        origin=origin_of(fields["about"]) if fields.get("about") is not None else None,
    )


def _decode_column(position: int, heading: Any, hidden: Any) -> Column:
    return Column(require_text(heading), column_letter(position), bool(hidden))


def _decode_spans(value: Any, column_count: int) -> Spans:
    return {_require_number(index, column_count - 1): _require_ascending(spans) for index, spans in value}


def _require_ascending(value: Sequence[Any]) -> list[tuple[int, int]]:
    spans = [(_require_number(first, _MAX_ROW_NUMBER), _require_number(last, _MAX_ROW_NUMBER)) for first, last in value]
    if any(first > last for first, last in spans) or any(a[1] >= b[0] for a, b in pairwise(spans)):
        raise ValueError("not in order")
    return spans


def _decode_rows_above(value: Any, header_row: int, column_count: int) -> tuple[Row, ...]:
    rows = tuple(Row(_require_number(number, header_row - 1), tuple(map(require_text, cells))) for number, cells in value)
    if any(len(row.cells) != column_count for row in rows) or any(a.number >= b.number for a, b in pairwise(rows)):
        raise ValueError("not rows above a table")
    return rows


def _decode_alternative(value: Any) -> Alternative | None:
    if value is None:
        return None
    encoding, delimiter, own, other = value
    return Alternative(
        _require_text_or_none(encoding), _require_text_or_none(delimiter), _decode_sample(own), _decode_sample(other)
    )


def _decode_sample(value: Any) -> tuple[tuple[str, ...], ...]:
    """Return rows that are all as wide as the first one, of which there is one."""
    rows = tuple(tuple(map(require_text, row)) for row in value)
    if {len(row) for row in rows} != {len(rows[0])}:
        raise ValueError("not rows of a table")
    return rows


def _require_number(value: Any, maximum: int) -> int:
    if not isinstance(value, int) or not 0 <= value <= maximum:
        raise ValueError("not such a number")
    return value


def _require_text_or_none(value: Any) -> str | None:
    return None if value is None else require_text(value)
