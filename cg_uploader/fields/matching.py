"""Which column feeds which field: what matches by itself, what is only suggested, what is not sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from cg_uploader.fields.configuration import missing_headings
from cg_uploader.fields.headings import difference, loose, skeleton, visible
from cg_uploader.model.configuration import Configuration, Mapping, Source
from cg_uploader.model.table import Column
from cg_uploader.translation import N_

# From which likeness on (0–1) a column is worth suggesting.
ALIKE = 0.72


class FieldState(StrEnum):
    """How a field stands to the file: exactly one of these."""

    EXACT = "exact"
    SPELLING = "spelling"
    SUGGESTION = "suggestion"
    MISSING = "missing"
    NOT_USED = "not_used"

    @property
    def label(self) -> str:
        """The words that the user sees, marked for translation."""
        return _LABELS[self]


_LABELS = {
    FieldState.EXACT: N_("Matches exactly"),
    FieldState.SPELLING: N_("Will be sent under CustomerGauge's spelling"),
    FieldState.SUGGESTION: N_("Suggestion, please confirm"),
    FieldState.MISSING: N_("Required and missing"),
    FieldState.NOT_USED: N_("Not used"),
}


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """One field: its state, the source that is sent, or the column that is suggested and how its heading differs."""

    heading: str
    state: FieldState
    source: Source | None = None
    suggestion: Column | None = None
    difference: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """All fields in the configuration's order, and the file's columns in the file's order, sent and not sent."""

    fields: tuple[FieldMatch, ...]
    columns_sent: tuple[Column, ...]
    columns_not_sent: tuple[Column, ...]

    @property
    def mapping(self) -> Mapping:
        """What will be sent: what matches, or what a person chose; never a suggestion."""
        return Mapping(tuple((field.heading, field.source) for field in self.fields if field.source is not None))


def match(configuration: Configuration, columns: Sequence[Column], mapping: Mapping | None = None) -> Match:
    """How every field of ``configuration`` stands to ``columns``.

    Without a mapping, names that are equal, or equal but for case, spaces, ``_``, ``-`` and invisible characters and that
    on both sides only once, match by themselves; everything else is at most a suggestion.  A mapping is complete: what it does
    not name is not sent.
    """
    headings = list(dict.fromkeys(field.heading for field in configuration.fields))
    sources = _automatic(headings, columns) if mapping is None else _chosen(headings, columns, mapping)
    fed = {heading: _position(columns, source) for heading, source in sources.items()}
    taken = {position for position in fed.values() if position is not None}
    free = [column for position, column in enumerate(columns) if position not in taken]
    suggestions = _suggestions([heading for heading in headings if heading not in sources], free)
    missing = missing_headings(configuration, sources)
    fields = []
    for heading in headings:
        if heading in sources:
            fields.append(_sent(heading, sources[heading], columns, fed[heading]))
        elif (column := suggestions.get(heading)) is not None:
            differs = difference(heading, column.heading)
            fields.append(FieldMatch(heading, FieldState.SUGGESTION, suggestion=column, difference=differs))
        else:
            fields.append(FieldMatch(heading, FieldState.MISSING if heading in missing else FieldState.NOT_USED))
    sent = tuple(column for position, column in enumerate(columns) if position in taken)
    return Match(tuple(fields), sent, tuple(column for position, column in enumerate(columns) if position not in taken))


def _sent(heading: str, source: Source, columns: Sequence[Column], position: int | None) -> FieldMatch:
    if position is None or columns[position].heading == heading:
        return FieldMatch(heading, FieldState.EXACT, source)
    return FieldMatch(heading, FieldState.SPELLING, source, difference=difference(heading, columns[position].heading))


def _automatic(headings: Sequence[str], columns: Sequence[Column]) -> dict[str, Source]:
    """Exact names first; then names that are loosely equal, once among all fields and once among all columns."""
    twice = Counter(column.heading for column in columns)
    sources = {
        column.heading: Source(column=column.heading)
        for column in columns
        if column.heading in headings and twice[column.heading] == 1
    }
    fields_of = Counter(loose(heading) for heading in headings)
    columns_of = Counter(loose(column.heading) for column in columns)
    loosely = {loose(column.heading): column for column in columns}
    for heading in headings:
        name = loose(heading)
        column = loosely.get(name)
        if name and column and heading not in sources and fields_of[name] == columns_of[name] == 1:
            sources[heading] = Source(column=column.heading)
    return sources


def _chosen(headings: Sequence[str], columns: Sequence[Column], mapping: Mapping) -> dict[str, Source]:
    """The mapping's sources for headings that exist, without columns that the file has not, or has twice."""
    return {
        heading: source
        for heading, source in mapping.sources
        if heading in headings and (source.constant is not None or _position(columns, source) is not None)
    }


def _position(columns: Sequence[Column], source: Source) -> int | None:
    """Where the one column stands that ``source`` names; None for a constant, and when there is none or more than one."""
    found = _found(columns, source)
    return found[0] if len(found) == 1 else None


def _found(columns: Sequence[Column], source: Source) -> list[int]:
    if source.constant is not None:
        return []
    if source.letter is not None:
        return [i for i, column in enumerate(columns) if column.letter == source.letter]
    return [i for i, column in enumerate(columns) if column.heading == source.column]


def _suggestions(headings: Sequence[str], columns: Sequence[Column]) -> dict[str, Column]:
    """The best column for each heading, no column for two of them; ties go to the earlier field and column."""
    scored = []
    names = [(skeleton(column.heading), column) for column in columns]
    for i, heading in enumerate(headings):
        wanted = skeleton(heading)
        # SequenceMatcher prepares its second sequence once, so the heading stays there for all columns.
        matcher = SequenceMatcher(None, "", wanted, autojunk=False)
        scored += [(-score, i, j) for j, (name, _) in enumerate(names) if (score := _likeness(matcher, name, wanted)) >= ALIKE]
    found: dict[str, Column] = {}
    used: set[int] = set()
    for _, i, j in sorted(scored):
        if headings[i] not in found and j not in used:
            found[headings[i]] = columns[j]
            used.add(j)
    return found


def _likeness(matcher: SequenceMatcher[str], name: str, wanted: str) -> float:
    """0–1: 1 for names a person cannot tell apart, at least 0.8 when one holds the other."""
    if not name or not wanted:
        return 0.0
    if name == wanted:
        return 1.0
    held = 0.8 if min(len(name), len(wanted)) >= 4 and (name in wanted or wanted in name) else 0.0
    matcher.set_seq1(name)
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return held
    return max(held, matcher.ratio())


def drift(columns: Sequence[Column], mapping: Mapping) -> tuple[str, ...]:
    """What has changed in the headings since ``mapping`` was made, a sentence for each field that it cannot feed any more."""
    said = []
    for heading, source in mapping.sources:
        found = _found(columns, source)
        if source.constant is not None or len(found) == 1:
            continue
        name = f"column {source.letter}" if source.letter else f"the column “{visible(source.column or '')}”"
        if found:
            letters = " and ".join(columns[i].letter for i in found)
            said.append(f"“{visible(heading)}” came from {name}, which is there more than once now ({letters}).")
        else:
            near = _suggestions([source.column], list(columns)) if source.column else {}
            said.append(f"“{visible(heading)}” came from {name}, which is not there any more.{_instead(source.column, near)}")
    return tuple(said)


def _instead(gone: str | None, near: dict[str, Column]) -> str:
    if gone is None or gone not in near:
        return ""
    column = near[gone]
    return f" Column {column.letter}, “{visible(column.heading)}”, looks like it ({difference(gone, column.heading)})."
