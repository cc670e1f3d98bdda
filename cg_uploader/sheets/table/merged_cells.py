"""Owns which places of a table show a blank because merged cells cover them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

# Merged cells: first row, last row (as Excel numbers them), first column, last column (from 0).
Area = tuple[int, int, int, int]
# Position of a column → first and last numbers of rows, ascending and apart.
Spans = Mapping[int, Sequence[tuple[int, int]]]


def covered(ranges: Iterable[Area], places: Mapping[int, int]) -> Spans:
    """What merged cells cover: all of each but its top left cell.  ``places``: position in the sheet → in the table."""
    found: dict[int, list[tuple[int, int]]] = {}
    for top, bottom, left, right in ranges:
        for column, place in places.items():
            first = top + 1 if column == left else top
            if left <= column <= right and first <= bottom:
                found.setdefault(place, []).append((first, bottom))
    return {place: _united(spans) for place, spans in found.items()}


def _united(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same rows in spans that are ascending and apart."""
    united: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if united and first <= united[-1][1] + 1:
            united[-1] = united[-1][0], max(united[-1][1], last)
        else:
            united.append((first, last))
    return united
