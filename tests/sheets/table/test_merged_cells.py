"""Which places of a table merged cells cover."""

from __future__ import annotations

from cg_uploader.sheets.table.merged_cells import find_covered

SAME = {0: 0, 1: 1, 2: 2}


def test_all_but_the_top_left_cell_is_covered() -> None:
    assert find_covered([(2, 4, 0, 1)], SAME) == {0: [(3, 4)], 1: [(2, 4)]}


def test_one_row_covers_nothing_below_its_first_cell() -> None:
    assert find_covered([(5, 5, 0, 2)], SAME) == {1: [(5, 5)], 2: [(5, 5)]}
    assert find_covered([(5, 5, 1, 1)], SAME) == {}


def test_columns_are_told_by_their_place_in_the_table() -> None:
    assert find_covered([(2, 3, 4, 6)], {4: 0, 6: 1}) == {0: [(3, 3)], 1: [(2, 3)]}, "column 5 is not in the table"
    assert find_covered([(2, 3, 4, 6)], {0: 0}) == {}


def test_what_touches_or_overlaps_becomes_one() -> None:
    spans = find_covered([(10, 12, 0, 1), (2, 4, 0, 1), (5, 6, 0, 1), (6, 8, 0, 1), (2, 3, 0, 1)], SAME)
    assert spans[1] == [(2, 8), (10, 12)]
