"""Which rows repeat something of an earlier row, in 12 bytes a row until somebody asks."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

# Positions of the rows that repeat an earlier one, ascending, and for each the position of the first such row.
Found = tuple[Sequence[int], Sequence[int]]

# From so many rows on it is worth while to load pandas, which then takes a third of the time.
MANY = 250_000


class Repeats:
    """Gathers one text for each row and says which texts were there before.

    Texts are compared by a 64-bit hash: two different ones among a million rows are taken for one in 1 of 30 million files,
    and nothing but a wrong warning follows.
    """

    def __init__(self, many: int = MANY) -> None:
        """``many`` rows or more are looked at all at once."""
        self._many = many
        self._positions = array("I")
        self._hashes = array("q")

    def add(self, position: int, text: str) -> None:
        """Add the text of the row at ``position``; positions ascend."""
        self._positions.append(position)
        self._hashes.append(hash(text))

    def found(self) -> Found:
        """The rows that repeat an earlier one."""
        if len(self._hashes) < self._many:
            return _one_by_one(self._positions, self._hashes)
        return _all_at_once(self._positions, self._hashes)


def _one_by_one(positions: array[int], hashes: array[int]) -> Found:
    first: dict[int, int] = {}
    again, partners = array("I"), array("I")
    for position, text in zip(positions, hashes, strict=True):
        earlier = first.setdefault(text, position)
        if earlier != position:
            again.append(position)
            partners.append(earlier)
    return again, partners


def _all_at_once(positions: array[int], hashes: array[int]) -> Found:
    import numpy as np  # both take long to load, and few files have so many rows
    import pandas as pd

    texts = pd.Series(np.frombuffer(hashes, dtype=np.int64))
    again = texts.duplicated().to_numpy()
    if not again.any():
        return (), ()
    rows = np.frombuffer(positions, dtype=np.uintc)
    which, _ = pd.factorize(texts)
    partners = rows[~again][which[again]]
    return array("I", rows[again].tobytes()), array("I", partners.tobytes())
