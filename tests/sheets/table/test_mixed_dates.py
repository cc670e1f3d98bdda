"""Columns whose dates are written in more than one way."""

from __future__ import annotations

import pytest

from cg_uploader.sheets.table.mixed_dates import EVERY, WHOLE_BLOCKS, MixedDateFinder


def mixed(*columns: list[str]) -> dict[int, dict[tuple[str, str, int], tuple[int, str]]]:
    finder = MixedDateFinder()
    rows = ["\x1f".join(cells) for cells in zip(*columns, strict=True)]
    finder.look(range(2, len(rows) + 2), rows)
    return dict(finder.mixed())


@pytest.mark.parametrize(
    "dates",
    [
        ["2026-03-04", "04/03/2026"],
        ["13/04/2026", "04/13/2026"],
        ["13/04/2026", "13.04.2026"],
        ["13/04/2026", "13/04/26"],
        ["2026-03-04", "2026/03/04"],
    ],
)
def test_two_ways_in_one_column_are_found_with_the_first_row_of_each(dates: list[str]) -> None:
    (forms,) = mixed(["x", dates[0], dates[0], dates[1]]).values()
    assert sorted(forms.values()) == sorted([(3, dates[0]), (5, dates[1])])


@pytest.mark.parametrize(
    "dates",
    [
        ["13/04/2026", "25/12/2026"],
        ["13/04/2026", "01/02/2026"],  # which is which may be the same everywhere
        ["2026-03-04", "2026-13-45"],
        ["1.2.3.4", "192.168.0.1"],
        ["2026-03-04", "2026-03-04T10:00", "2026-03-04 10:00"],
        ["", "hello", "99/99/9999"],
    ],
)
def test_one_way_or_no_date_at_all_is_nothing(dates: list[str]) -> None:
    assert mixed(dates) == {}


def test_columns_are_apart() -> None:
    assert mixed(["2026-03-04", "2026-03-05"], ["04/03/2026", "05/03/2026"]) == {}
    assert list(mixed(["a", "b"], ["2026-03-04", "05/03/2026"])) == [1]


def test_a_row_may_be_short() -> None:
    finder = MixedDateFinder()
    finder.look([2, 3], ["a\x1f2026-03-04", "b"])
    finder.look([4], ["c\x1f05/03/2026"])
    assert list(dict(finder.mixed())) == [1]


def test_of_long_tables_only_some_blocks_are_looked_at() -> None:
    finder = MixedDateFinder()
    for block in range(1, WHOLE_BLOCKS + 1):
        finder.look([block], ["2026-03-04"])
    finder.look([100], ["05/03/2026"])
    assert dict(finder.mixed()) == {}, "the ninth block is passed over"
    for block in range(EVERY):
        finder.look([200 + block], ["05/03/2026"])
    assert list(dict(finder.mixed())) == [0]
