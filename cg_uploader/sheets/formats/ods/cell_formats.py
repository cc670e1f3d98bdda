"""The list of number formats that the cells of an OpenDocument sheet use, each found by the name of its style."""

from __future__ import annotations

from cg_uploader.sheets.cells.number_format import NumberFormat, parse_number_format
from cg_uploader.sheets.formats.ods.styles import OdsStyles

_GENERAL = parse_number_format("General")
_PERCENT = "0.00%"


class CellFormats:
    """The number formats in use. ``formats`` grows as cells name new styles."""

    def __init__(self, styles: OdsStyles) -> None:
        self.formats: list[NumberFormat] = []
        self._styles = styles
        self._positions: dict[str, int] = {}

    def find(self, style: str) -> int:
        """Return the position of the format of a cell style."""
        position = self._positions.get(style)
        return self._add(style, self._styles.find_format(style)) if position is None else position

    def find_percent(self) -> int:
        """Return the position of the format of a percentage whose style has none, as LibreOffice shows it."""
        position = self._positions.get(_PERCENT)
        return self._add(_PERCENT, parse_number_format(_PERCENT)) if position is None else position

    def is_general(self, position: int) -> bool:
        """Return whether the format at a position is *General*."""
        return self.formats[position] is _GENERAL

    def _add(self, name: str, number_format: NumberFormat) -> int:
        self._positions[name] = len(self.formats)
        self.formats.append(number_format)
        return self._positions[name]
