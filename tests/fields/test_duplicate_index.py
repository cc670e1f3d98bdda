"""Rows that repeat an earlier one: both ways of finding them agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.fields.duplicate_index import DuplicateIndex


def found(texts: list[str], many: int, step: int = 1) -> list[tuple[int, int]]:
    index = DuplicateIndex(many)
    for position, text in enumerate(texts):
        index.add(position * step, text)
    return list(zip(*index.find_duplicates(), strict=True))


@pytest.mark.parametrize("many", [1, 1_000])
def test_each_repeat_names_the_first_of_its_kind(many: int) -> None:
    assert found(["a", "b", "a", "c", "b", "a"], many) == [(2, 0), (4, 1), (5, 0)]
    assert found(["a", "", "b"], many) == []
    assert found(["a", "b", "a"], many, step=10) == [(20, 0)], "positions are those that were said"


@given(st.lists(st.sampled_from("abcdefgh")))
def test_few_and_many_rows_give_the_same(texts: list[str]) -> None:
    assert found(texts, 1) == found(texts, 1_000)


def test_nothing_repeats_in_nothing() -> None:
    assert found([], 1) == found([], 1_000) == []
