"""Owns noticing that the dates of one column are written in more than one way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

# So many blocks of rows are looked at row by row; of those that follow, one row in `EVERY * EVERY` is.
WHOLE = 8
EVERY = 8

_CELL, _ROW = "\x1f", "\x1e"
_DATE = re.compile(rf"{_ROW}(\d{{1,4}})([-/.])(\d\d?)\2(\d{{2,4}})(?=[{_ROW}T ]|$)")
_MONTHS, _DAYS = 12, 31
_YEARS = (4, 2)

# The order `ymd`, `dmy` or `mdy`, or `y` when days and months are all small; the mark between; digits of the year.
Form = tuple[str, str, int]

# Number of the first row with a form, and the date there.
Seen = tuple[int, str]


class MixedDateFinder:
    """Looks at rows when they are ready: at enough of them to know a column, at few enough to cost next to nothing."""

    def __init__(self) -> None:
        self._blocks = 0
        self._found: dict[int, dict[Form, Seen]] = {}

    def look(self, numbers: Sequence[int], rows: Sequence[str]) -> None:
        """Look at the next block: numbers of rows, and their texts with U+001F between them."""
        self._blocks += 1
        if self._blocks > WHOLE:
            if self._blocks % EVERY:
                return
            numbers, rows = numbers[::EVERY], rows[::EVERY]
        for place, texts in enumerate(zip_longest(*[row.split(_CELL) for row in rows], fillvalue="")):
            column = f"{_ROW}{_ROW.join(texts)}"
            if "/" in column or "." in column or "-" in column:
                self._look_at(place, numbers, texts, column)

    def _look_at(self, place: int, numbers: Sequence[int], texts: Sequence[str], column: str) -> None:
        known = self._found.get(place, {})
        for parts in dict.fromkeys(_DATE.findall(column)):
            form = _form(*parts)
            if form is not None and form not in known:
                known = self._found.setdefault(place, known)
                begin = "{0}{1}{2}{1}{3}".format(*parts)
                known[form] = next(numbers[i] for i, text in enumerate(texts) if text.startswith(begin)), begin

    def mixed(self) -> Iterator[tuple[int, dict[Form, Seen]]]:
        """For each place in the rows where dates differ: the place, and the forms, each with its first row."""
        for place, forms in self._found.items():
            orders = {order for order, _, _ in forms}
            if len({(order == "ymd", *rest) for order, *rest in forms}) > 1 or {"dmy", "mdy"} <= orders:
                yield place, forms


def _form(first: str, mark: str, second: str, third: str) -> Form | None:
    """The form of a date; None when it is none."""
    if len(first) == max(_YEARS):
        return ("ymd", mark, len(first)) if int(second) <= _MONTHS and int(third) <= _DAYS else None
    if len(third) not in _YEARS or not 0 < min(int(first), int(second)) <= _MONTHS or max(int(first), int(second)) > _DAYS:
        return None
    order = "dmy" if int(first) > _MONTHS else "mdy" if int(second) > _MONTHS else "y"
    return order, mark, len(third)
