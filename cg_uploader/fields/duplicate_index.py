"""An index of the rows that repeat a text of an earlier row, in 12 bytes a row until they are asked for."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

# Positions of the rows that repeat an earlier one, ascending, and for each the position of the first such row.
Duplicates = tuple[Sequence[int], Sequence[int]]

# From so many rows on it is worth while to load pandas, which then takes a third of the time.
MANY = 250_000


class DuplicateIndex:
    """Gathers one text for each row and finds which texts were there before.

    Texts are compared by a 64-bit hash. Two different ones among a million rows are taken for one in 1 of 30 million files,
    and nothing but a wrong warning follows.
    """

    def __init__(self, many: int = MANY) -> None:
        """``many`` rows or more are looked at all at once."""
        self._many = many
        self._positions = array("I")
        self._hashes = array("q")

    def add(self, position: int, text: str) -> None:
        """Add the text of the row at ``position``. Positions ascend."""
        self._positions.append(position)
        self._hashes.append(hash(text))

    def find_duplicates(self) -> Duplicates:
        """Find the rows that repeat an earlier one."""
        if len(self._hashes) < self._many:
            return _find_one_by_one(self._positions, self._hashes)
        return _find_at_once(self._positions, self._hashes)


def _find_one_by_one(positions: array[int], hashes: array[int]) -> Duplicates:
    first: dict[int, int] = {}
    repeating, partners = array("I"), array("I")
    for position, text_hash in zip(positions, hashes, strict=True):
        earlier = first.setdefault(text_hash, position)
        if earlier != position:
            repeating.append(position)
            partners.append(earlier)
    return repeating, partners


def _find_at_once(positions: array[int], hashes: array[int]) -> Duplicates:
    import numpy as np  # both take long to load, and few files have so many rows
    import pandas as pd

    texts = pd.Series(np.frombuffer(hashes, dtype=np.int64))
    repeating = texts.duplicated().to_numpy()
    if not repeating.any():
        return (), ()
    rows = np.frombuffer(positions, dtype=np.uintc)
    codes, _ = pd.factorize(texts)
    partners = rows[~repeating][codes[repeating]]
    return array("I", rows[repeating].tobytes()), array("I", partners.tobytes())
