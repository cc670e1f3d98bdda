"""Sequences whose items are made when they are asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar, overload

Item = TypeVar("Item")


class LazySequence(Sequence[Item]):
    """A sequence that makes its items.  A subclass gives their number (``__len__``) and makes one (``make``)."""

    @abstractmethod
    def make(self, position: int) -> Item:
        """Make the item at an existing position, counted from 0."""

    @overload
    def __getitem__(self, position: int) -> Item: ...
    @overload
    def __getitem__(self, position: slice) -> list[Item]: ...
    def __getitem__(self, position: int | slice) -> Item | list[Item]:
        """Return the item at a position, or a list of them for a slice.

        Raises:
            IndexError: the position does not exist.
        """
        count = len(self)
        if isinstance(position, slice):
            return [self.make(index) for index in range(*position.indices(count))]
        index = position + count if position < 0 else position
        if not 0 <= index < count:
            raise IndexError(position)
        return self.make(index)
