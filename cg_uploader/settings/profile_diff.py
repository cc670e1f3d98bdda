"""The differences between two profiles of one name, for the user who decides which of them is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cg_uploader.model.configuration import Field, Mapping, Profile
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.enums import BlankCells
from cg_uploader.model.regions import REGIONS
from cg_uploader.translation import N_, _, ngettext

# Headings that are named, and characters of each.
MAX_NAMED = 6
MAX_CHARS = 40
_BLANK_CELLS = {BlankCells.LEAVE_OUT: N_("left out"), BlankCells.SEND_EMPTY: N_("sent empty")}


def differences(saved: Profile, other: Profile) -> tuple[str, ...]:
    """Return a line for each thing that differs in ``other`` from ``saved``. Empty when they are the same."""
    return tuple(_lines(saved, other))


def _lines(saved: Profile, other: Profile) -> Iterator[str]:
    old, new = saved.configuration, other.configuration
    if saved.region is not other.region:
        before, after = _(REGIONS[saved.region].short), _(REGIONS[other.region].short)
        yield _("Region: {before} becomes {after}").format(before=before, after=after)
    if saved.address != other.address:
        yield _("The address of the practice server")
    if old.reference != new.reference:
        yield _("Reference: “{before}” becomes “{after}”").format(before=old.reference, after=new.reference)
    if old.data_type is not new.data_type:
        before, after = _(facts_of(old.data_type).name), _(facts_of(new.data_type).name)
        yield _("What it imports: {before} becomes {after}").format(before=before, after=after)
    yield from _fields(old.fields, new.fields)
    yield from _mapping(saved.mapping, other.mapping)
    if saved.options.blank_cells is not other.options.blank_cells:
        before, after = _(_BLANK_CELLS[saved.options.blank_cells]), _(_BLANK_CELLS[other.options.blank_cells])
        yield _("Cells without text: {before} becomes {after}").format(before=before, after=after)
    if saved.options.connections != other.options.connections:
        yield _("Rows under way at once: {before} becomes {after}").format(
            before=saved.options.connections, after=other.options.connections
        )


def _fields(old: tuple[Field, ...], new: tuple[Field, ...]) -> Iterator[str]:
    before, after = {field.heading: field for field in old}, {field.heading: field for field in new}
    groups = (
        (N_("Fields that are no longer there: {headings}"), [heading for heading in before if heading not in after]),
        (N_("Fields that are new: {headings}"), [heading for heading in after if heading not in before]),
        (
            N_("Fields whose rules differ: {headings}"),
            [heading for heading in before if after.get(heading, before[heading]) != before[heading]],
        ),
    )
    yield from (_(text).format(headings=_named(headings)) for text, headings in groups if headings)
    if before == after and old != new:
        yield _("The order of the fields")


def _mapping(old: Mapping | None, new: Mapping | None) -> Iterator[str]:
    if old == new:
        return
    if old is None:
        yield _("Columns: those that match by their names become the ones that were chosen")
        return
    if new is None:
        yield _("Columns: the ones that were chosen become those that match by their names")
        return
    mapped = dict.fromkeys(heading for heading, _source in (*old.sources, *new.sources))
    headings = [heading for heading in mapped if old.source(heading) != new.source(heading)]
    if headings:
        yield _("Columns for the fields {headings}").format(headings=_named(headings))
    else:
        yield _("The order of the columns")


def _named(headings: Iterable[str]) -> str:
    quoted = [f"“{_short(heading)}”" for heading in headings]
    more = len(quoted) - MAX_NAMED
    names = ", ".join(quoted[:MAX_NAMED])
    if more <= 0:
        return names
    return ngettext("{names} and {count} more", "{names} and {count} more", more).format(names=names, count=more)


def _short(heading: str) -> str:
    return heading if len(heading) <= MAX_CHARS else f"{heading[:MAX_CHARS]}…"
