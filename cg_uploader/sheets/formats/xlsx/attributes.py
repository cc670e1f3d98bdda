"""What the attributes of rows and cells in an Excel workbook mean."""

from __future__ import annotations

import re

from cg_uploader.sheets.cells.clean_text import column_position
from cg_uploader.sheets.cells.converter import CellKind
from cg_uploader.sheets.table.cell_layout import KindAndStyle
from cg_uploader.sheets.table.merged_cells import Area

TRUE = ("1", "true")
CELL_REFERENCE = re.compile(r"\$?([A-Za-z]{1,4})\$?([0-9]{1,8})")
_KINDS = {
    "n": CellKind.NUMBER,
    "s": CellKind.SHARED,
    "str": CellKind.TEXT,
    "inlineStr": CellKind.TEXT,
    "b": CellKind.BOOLEAN,
    "e": CellKind.ERROR,
    "d": CellKind.DATE,
}


def parse_area(reference: str) -> Area | None:
    """Return the cells that a reference like ``B2:C7`` names, or None when it names none."""
    first, _colon, last = reference.partition(":")
    top, bottom = CELL_REFERENCE.fullmatch(first), CELL_REFERENCE.fullmatch(last or first)
    if not top or not bottom:
        return None
    return int(top[2]), int(bottom[2]), column_position(top[1].upper()), column_position(bottom[1].upper())


def is_row_hidden(attributes: dict[str, str]) -> bool:
    """Return whether a row cannot be seen: hidden, filtered, or of no height."""
    height = attributes.get("ht", "").strip()
    return attributes.get("hidden") in TRUE or (height != "" and not height.strip("0."))


def parse_kind(attributes: dict[str, str]) -> KindAndStyle:
    """Return the kind of a cell, and the position of its number format."""
    style = attributes.get("s", "0")
    return _KINDS.get(attributes.get("t", "n"), CellKind.TEXT), int(style) if style.isdecimal() else 0
