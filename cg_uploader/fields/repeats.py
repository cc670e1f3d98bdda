"""Which rows repeat something of an earlier row, in 12 bytes a row until somebody asks."""

from __future__ import annotations

from array import array
from collections.abc import Sequence


class Repeats:
    """Gathers one text for each row and says which texts were there before.

    Texts are compared by a 64-bit hash: two different ones among a million rows are taken for one in 1 of 30 million files,
    and nothing but a wrong warning follows.
    """

    def __init__(self) -> None:
        self._positions = array("I")
        self._hashes = array("q")

    def add(self, position: int, text: str) -> None:
        """Add the text of the row at ``position``; positions ascend."""
        self._positions.append(position)
        self._hashes.append(hash(text))

    def found(self) -> tuple[Sequence[int], Sequence[int]]:
        """Positions of the rows that repeat an earlier one, ascending, and for each the position of the first such row."""
        if len(set(self._hashes)) == len(self._hashes):
            return (), ()
        import pandas as pd  # takes long to load, and most files repeat nothing

        rows = pd.DataFrame({"position": self._positions, "text": self._hashes})
        first = rows.groupby("text", sort=False)["position"].transform("first")
        again = rows["position"] != first
        return rows.loc[again, "position"].tolist(), first[again].tolist()
