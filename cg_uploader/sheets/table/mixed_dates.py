"""How dates of one column that are written in more than one way are noticed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from cg_uploader.sheets.cells.separators import CELL, ROW

# In so many blocks every row is looked at. Of those that follow, one block in `EVERY` is, and one row in `EVERY` there.
WHOLE_BLOCKS = 8
EVERY = 8

_DATE = re.compile(rf"{ROW}(\d{{1,4}})([-/.])(\d\d?)\2(\d{{2,4}})(?=[{ROW}T ]|$)")
_MONTHS, _DAYS = 12, 31
_YEAR_DIGITS = (4, 2)

# The order `ymd`, `dmy` or `mdy`, or `y` when the day may be the month; the mark between; digits of the year.
DateForm = tuple[str, str, int]

# Number of the first row with a form, and the date there.
FirstDate = tuple[int, str]


class MixedDateFinder:
    """Looks at blocks of rows before they are spooled.

    It looks at enough of them to know a column, and at few enough to take hardly any time.
    """

    def __init__(self) -> None:
        self._blocks = 0
        self._forms: dict[int, dict[DateForm, FirstDate]] = {}

    def look(self, numbers: Sequence[int], rows: Sequence[str]) -> None:
        """Look at the next block: numbers of rows, and their texts with U+001F between cells."""
        self._blocks += 1
        if self._blocks > WHOLE_BLOCKS:
            if self._blocks % EVERY:
                return
            numbers, rows = numbers[::EVERY], rows[::EVERY]
        for slot, texts in enumerate(zip_longest(*[row.split(CELL) for row in rows], fillvalue="")):
            column = f"{ROW}{ROW.join(texts)}"
            if "/" in column or "." in column or "-" in column:
                self._look_at(slot, numbers, texts, column)

    def _look_at(self, slot: int, numbers: Sequence[int], texts: Sequence[str], column: str) -> None:
        known = self._forms.get(slot, {})
        for parts in dict.fromkeys(_DATE.findall(column)):
            form = _recognise(*parts)
            if form is not None and form not in known:
                known = self._forms.setdefault(slot, known)
                begin = "{0}{1}{2}{1}{3}".format(*parts)
                known[form] = next(numbers[i] for i, text in enumerate(texts) if text.startswith(begin)), begin

    def mixed(self) -> Iterator[tuple[int, dict[DateForm, FirstDate]]]:
        """Yield the slots of the spooled rows in which dates are written in several ways, each with its forms."""
        for slot, forms in self._forms.items():
            orders = {order for order, _mark, _digits in forms}
            if len({(order == "ymd", *rest) for order, *rest in forms}) > 1 or {"dmy", "mdy"} <= orders:
                yield slot, forms


def _recognise(first: str, mark: str, second: str, third: str) -> DateForm | None:
    """Return the form of a date, or None when it is no date."""
    if len(first) == max(_YEAR_DIGITS):
        return ("ymd", mark, len(first)) if int(second) <= _MONTHS and int(third) <= _DAYS else None
    if (
        len(third) not in _YEAR_DIGITS
        or not 0 < min(int(first), int(second)) <= _MONTHS
        or max(int(first), int(second)) > _DAYS
    ):
        return None
    order = "dmy" if int(first) > _MONTHS else "mdy" if int(second) > _MONTHS else "y"
    return order, mark, len(third)
