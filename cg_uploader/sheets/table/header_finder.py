"""Which row of a sheet holds the headings, and which headings reach down to it in merged cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cg_uploader.sheets.table.merged_cells import Area

# Returns the merged cells of the sheet. It is only called where they decide, because they may stand behind all rows.
MergedCells = Callable[[], Sequence[Area]]


@dataclass(frozen=True, slots=True)
class RowPreview:
    """What can be seen of a row."""

    # As Excel shows it.
    number: int
    # The texts that are not blank, by column.
    texts: Mapping[int, str]
    # Whether all of them are stored as text, not as numbers or dates.
    words: bool = True


def find_header_row(previews: Sequence[RowPreview], merged: MergedCells) -> int:
    """Return the number of the header row among the first rows that hold anything, of which there is at least one.

    It is the first row that is at least half as full as the fullest, or the row below when that one holds group titles.
    """
    max_filled = max(len(preview.texts) for preview in previews)
    min_filled = min(max_filled, max(2, max_filled / 2))
    index = next(i for i, preview in enumerate(previews) if len(preview.texts) >= min_filled)
    while index + 1 < len(previews) and _is_title_row(previews[index], previews[index + 1], merged):
        index += 1
    return previews[index].number


def _is_title_row(upper: RowPreview, lower: RowPreview, merged: MergedCells) -> bool:
    """Return whether a row holds titles of groups of columns.

    That is so when all its cells are merged, some of them across columns, and the next row is fuller.
    """
    if not lower.words or lower.texts.keys() <= upper.texts.keys():
        return False
    around = [_find_area(upper.number, column, merged()) for column in upper.texts]
    areas = [area for area in around if area is not None]
    if len(areas) < len(around) or not any(left < right for _top, _bottom, left, right in areas):
        return False
    reaching = {left for _top, bottom, left, _right in areas if bottom >= lower.number}
    return len(lower.texts.keys() | reaching) > len(upper.texts)


def _find_area(row: int, column: int, merged: Sequence[Area]) -> Area | None:
    return next((area for area in merged if area[0] <= row <= area[1] and area[2] <= column <= area[3]), None)


def find_merged_headings(header: RowPreview, above: Sequence[RowPreview], merged: MergedCells) -> dict[int, int]:
    """Return the columns whose heading stands further up, in a cell that is merged down to the header row.

    By column: the number of the row in which the heading stands.
    """
    texts_above = {preview.number: preview.texts for preview in above}
    if not any(texts.keys() - header.texts.keys() for texts in texts_above.values()):
        return {}
    return {
        left: top
        for top, bottom, left, _right in merged()
        if top < header.number <= bottom and left in texts_above.get(top, {}) and left not in header.texts
    }
