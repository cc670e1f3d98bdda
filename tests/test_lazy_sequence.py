"""A computed sequence is like a list of the same items, whatever is asked of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.lazy_sequence import LazySequence


class Squares(LazySequence[int]):
    """The first ``count`` squares, and which of them were made."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.made: list[int] = []

    def __len__(self) -> int:
        return self.count

    def make(self, position: int) -> int:
        self.made.append(position)
        return position * position


NUMBER = st.integers(-12, 12)
SLICE = st.builds(slice, st.none() | NUMBER, st.none() | NUMBER, st.none() | NUMBER.filter(bool))


@given(st.integers(0, 10), NUMBER | SLICE)
def test_it_is_like_a_list(count: int, what: int | slice) -> None:
    squares, known = Squares(count), [at * at for at in range(count)]
    if isinstance(what, int) and not -count <= what < count:
        with pytest.raises(IndexError):
            squares[what]
    else:
        assert squares[what] == known[what]
    assert list(squares) == known


def test_nothing_is_made_that_nobody_asks_for() -> None:
    squares = Squares(10)
    assert (squares[3], squares[-1], squares[2:4]) == (9, 81, [4, 9])
    assert squares.made == [3, 9, 2, 3]
