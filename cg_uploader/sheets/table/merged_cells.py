"""Which cells of a table are blank because merged cells cover them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

# Merged cells: first row, last row (as Excel numbers them), first column, last column (from 0).
Area = tuple[int, int, int, int]
# Index of a column → first and last numbers of rows, ascending and apart.
Spans = Mapping[int, Sequence[tuple[int, int]]]


def find_covered(areas: Iterable[Area], indexes: Mapping[int, int]) -> Spans:
    """Return what merged cells cover: all of each but its top left cell.

    ``indexes`` holds, for the position of a column in the sheet, its index in the table.
    """
    covered: dict[int, list[tuple[int, int]]] = {}
    for top, bottom, left, right in areas:
        for column, index in indexes.items():
            first = top + 1 if column == left else top
            if left <= column <= right and first <= bottom:
                covered.setdefault(index, []).append((first, bottom))
    return {index: _unite(spans) for index, spans in covered.items()}


def _unite(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the same rows in spans that are ascending and apart."""
    united: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if united and first <= united[-1][1] + 1:
            united[-1] = united[-1][0], max(united[-1][1], last)
        else:
            united.append((first, last))
    return united
