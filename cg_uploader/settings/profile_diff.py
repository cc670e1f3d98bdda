"""What differs between two profiles of one name, in words, for whoever decides which of them is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cg_uploader.model.configuration import Field, Mapping, Profile
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.enums import BlankCells
from cg_uploader.model.regions import REGIONS

MOST_NAMED = 6
MOST_LETTERS = 40
_BLANK_CELLS = {BlankCells.LEAVE_OUT: "left out", BlankCells.SEND_EMPTY: "sent empty"}


def differences(saved: Profile, other: Profile) -> tuple[str, ...]:
    """One line for each thing that is otherwise in ``other`` than in ``saved``; empty when they say the same."""
    return tuple(_lines(saved, other))


def _lines(saved: Profile, other: Profile) -> Iterator[str]:
    old, new = saved.configuration, other.configuration
    if saved.region is not other.region:
        yield f"Region: {REGIONS[saved.region].short} becomes {REGIONS[other.region].short}"
    if saved.address != other.address:
        yield "The address of the practice server"
    if old.reference != new.reference:
        yield f"Reference: “{old.reference}” becomes “{new.reference}”"
    if old.data_type is not new.data_type:
        yield f"What it imports: {facts_of(old.data_type).name} becomes {facts_of(new.data_type).name}"
    yield from _fields(old.fields, new.fields)
    yield from _mapping(saved.mapping, other.mapping)
    if saved.options.blank_cells is not other.options.blank_cells:
        before, after = _BLANK_CELLS[saved.options.blank_cells], _BLANK_CELLS[other.options.blank_cells]
        yield f"Cells without text: {before} becomes {after}"
    if saved.options.connections != other.options.connections:
        yield f"Rows under way at once: {saved.options.connections} becomes {other.options.connections}"


def _fields(old: tuple[Field, ...], new: tuple[Field, ...]) -> Iterator[str]:
    before, after = {field.heading: field for field in old}, {field.heading: field for field in new}
    gone = [heading for heading in before if heading not in after]
    come = [heading for heading in after if heading not in before]
    changed = [heading for heading, field in before.items() if heading in after and after[heading] != field]
    if gone:
        yield f"Fields that are no longer there: {_named(gone)}"
    if come:
        yield f"Fields that are new: {_named(come)}"
    if changed:
        yield f"Fields whose rules differ: {_named(changed)}"
    if not (gone or come or changed) and old != new:
        yield "The order of the fields"


def _mapping(old: Mapping | None, new: Mapping | None) -> Iterator[str]:
    if old == new:
        return
    if old is None or new is None:
        chosen, matched = "the ones that were chosen", "those that match by their names"
        before, after = (matched, chosen) if old is None else (chosen, matched)
        yield f"Columns: {before} become {after}"
        return
    every = dict.fromkeys(heading for heading, _ in (*old.sources, *new.sources))
    headings = [heading for heading in every if old.source(heading) != new.source(heading)]
    yield f"Columns for the fields {_named(headings)}" if headings else "The order of the columns"


def _named(headings: Iterable[str]) -> str:
    listed = [f"“{_short(heading)}”" for heading in headings]
    more = len(listed) - MOST_NAMED
    return ", ".join(listed[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _short(heading: str) -> str:
    return heading if len(heading) <= MOST_LETTERS else f"{heading[:MOST_LETTERS]}…"
