"""Owns sequences whose items do not exist before somebody asks for one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar, overload

Item = TypeVar("Item")


class LazySequence(Sequence[Item]):
    """A sequence that makes its items; whoever derives from it says how many there are and makes one."""

    @abstractmethod
    def make(self, position: int) -> Item:
        """The item at a position that exists, counted from 0."""

    @overload
    def __getitem__(self, position: int) -> Item: ...
    @overload
    def __getitem__(self, position: slice) -> list[Item]: ...
    def __getitem__(self, position: int | slice) -> Item | list[Item]:
        """The item at a position, or a list of them; IndexError for a position that does not exist."""
        count = len(self)
        if isinstance(position, slice):
            return [self.make(at) for at in range(*position.indices(count))]
        at = position + count if position < 0 else position
        if not 0 <= at < count:
            raise IndexError(position)
        return self.make(at)
