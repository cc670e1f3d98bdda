"""Which rows repeat something of an earlier row, in 12 bytes a row until somebody asks."""

from __future__ import annotations

from array import array
from collections.abc import Sequence


class Repeats:
    """Gathers one text for each row and says which texts were there before.

    Texts are compared by a 64-bit hash: two different ones among a million rows are taken for one in 1 of 30 million files,
    and nothing but a wrong warning follows.  A dict answers for a million rows in 0.5 s and 72 MiB; pandas' groupby measured
    0.8 s and 155 MiB beside it, its import included.
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
        firsts: dict[int, int] = {}
        positions, partners = array("I"), array("I")
        for position, text in zip(self._positions, self._hashes, strict=True):
            first = firsts.setdefault(text, position)
            if first != position:
                positions.append(position)
                partners.append(first)
        return positions, partners
