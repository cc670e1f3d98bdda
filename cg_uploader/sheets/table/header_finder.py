"""Owns which row of a sheet holds the headings, and which headings merged cells reach down to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cg_uploader.sheets.table.merged_cells import Area

# Gives the merged cells of the sheet. It is only asked where they decide, because they may stand behind all rows.
Merged = Callable[[], Sequence[Area]]


@dataclass(frozen=True, slots=True)
class RowPreview:
    """What can be seen of a row: ``number`` as Excel shows it, ``texts`` by column, and whether all of them are ``words``."""

    number: int
    texts: Mapping[int, str]
    words: bool = True


def header_row(lines: Sequence[RowPreview], merged: Merged) -> int:
    """The number of the header row among the first ``lines`` that hold anything, of which there is at least one.

    It is the first row that is at least half as full as the fullest, or the row below when that one holds group titles.
    """
    fullest = max(len(line.texts) for line in lines)
    least = min(fullest, max(2, fullest / 2))
    place = next(i for i, line in enumerate(lines) if len(line.texts) >= least)
    while place + 1 < len(lines) and _are_titles(lines[place], lines[place + 1], merged):
        place += 1
    return lines[place].number


def _are_titles(upper: RowPreview, lower: RowPreview, merged: Merged) -> bool:
    """Whether a row holds titles of groups of columns: all its cells are merged, some across, and the next row is fuller."""
    if not lower.words or lower.texts.keys() <= upper.texts.keys():
        return False
    around = [_area_around(upper.number, column, merged()) for column in upper.texts]
    areas = [area for area in around if area is not None]
    if len(areas) < len(around) or not any(left < right for _, _, left, right in areas):
        return False
    reaching = {left for _, bottom, left, _ in areas if bottom >= lower.number}
    return len(lower.texts.keys() | reaching) > len(upper.texts)


def _area_around(row: int, column: int, merged: Sequence[Area]) -> Area | None:
    return next((a for a in merged if a[0] <= row <= a[1] and a[2] <= column <= a[3]), None)


def reaching(header: RowPreview, above: Sequence[RowPreview], merged: Merged) -> dict[int, int]:
    """Columns whose heading stands further up, in a cell that is merged down to the header row, and the rows of these."""
    tops = {line.number: line.texts for line in above}
    if not any(texts.keys() - header.texts.keys() for texts in tops.values()):
        return {}
    return {
        left: top
        for top, bottom, left, _ in merged()
        if top < header.number <= bottom and left in tops.get(top, {}) and left not in header.texts
    }
