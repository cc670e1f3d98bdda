"""Which column feeds which field: what matches by itself, what is only suggested, what is not sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from cg_uploader.fields.configuration import missing_headings
from cg_uploader.fields.headings import describe_difference, make_skeleton, normalize, show_invisible
from cg_uploader.model.configuration import Configuration, Mapping, Source
from cg_uploader.model.table import Column
from cg_uploader.translation import N_, _

# From which similarity on (0–1) a column is worth suggesting.
MIN_SIMILARITY = 0.72


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
    """One field and what feeds it."""

    heading: str
    state: FieldState
    # What is sent for it.
    source: Source | None = None
    # The column that is suggested for it.
    suggestion: Column | None = None
    # How the heading of the column differs, in words. None when it does not.
    difference: str | None = None


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What became of all fields and columns."""

    # In the configuration's order.
    fields: tuple[FieldMatch, ...]
    # In the file's order.
    columns_sent: tuple[Column, ...]
    columns_not_sent: tuple[Column, ...]

    @property
    def mapping(self) -> Mapping:
        """What will be sent: what matches, or what the user chose. Never a suggestion."""
        return Mapping(tuple((field.heading, field.source) for field in self.fields if field.source is not None))


def match(configuration: Configuration, columns: Sequence[Column], mapping: Mapping | None = None) -> MatchResult:
    """Find how every field of ``configuration`` stands to ``columns``.

    Without a mapping, names that are equal, or equal but for case, spaces, ``_``, ``-`` and invisible characters and that
    on both sides only once, match by themselves. Everything else is at most a suggestion. A mapping is complete: what it does
    not name is not sent.
    """
    headings = list(dict.fromkeys(field.heading for field in configuration.fields))
    sources = _match_automatically(headings, columns) if mapping is None else _take_mapping(headings, columns, mapping)
    positions = {heading: _find_position(columns, source) for heading, source in sources.items()}
    taken = {position for position in positions.values() if position is not None}
    free = [column for position, column in enumerate(columns) if position not in taken]
    suggestions = _find_suggestions([heading for heading in headings if heading not in sources], free)
    missing = missing_headings(configuration, sources)
    fields = []
    for heading in headings:
        if heading in sources:
            fields.append(_match_source(heading, sources[heading], columns, positions[heading]))
        elif (column := suggestions.get(heading)) is not None:
            difference = describe_difference(heading, column.heading)
            fields.append(FieldMatch(heading, FieldState.SUGGESTION, suggestion=column, difference=difference))
        else:
            fields.append(FieldMatch(heading, FieldState.MISSING if heading in missing else FieldState.NOT_USED))
    sent = tuple(column for position, column in enumerate(columns) if position in taken)
    return MatchResult(tuple(fields), sent, tuple(column for position, column in enumerate(columns) if position not in taken))


def _match_source(heading: str, source: Source, columns: Sequence[Column], position: int | None) -> FieldMatch:
    if position is None or columns[position].heading == heading:
        return FieldMatch(heading, FieldState.EXACT, source)
    difference = describe_difference(heading, columns[position].heading)
    return FieldMatch(heading, FieldState.SPELLING, source, difference=difference)


def _match_automatically(headings: Sequence[str], columns: Sequence[Column]) -> dict[str, Source]:
    """Match equal names first, then names that are equal when normalized, once among all fields and once among all columns."""
    counts = Counter(column.heading for column in columns)
    sources = {
        column.heading: Source(column=column.heading)
        for column in columns
        if column.heading in headings and counts[column.heading] == 1
    }
    field_counts = Counter(normalize(heading) for heading in headings)
    column_counts = Counter(normalize(column.heading) for column in columns)
    by_name = {normalize(column.heading): column for column in columns}
    for heading in headings:
        name = normalize(heading)
        column = by_name.get(name)
        if name and column and heading not in sources and field_counts[name] == column_counts[name] == 1:
            sources[heading] = Source(column=column.heading)
    return sources


def _take_mapping(headings: Sequence[str], columns: Sequence[Column], mapping: Mapping) -> dict[str, Source]:
    """Take the mapping's sources for headings that exist, without columns that the file has not, or has twice."""
    return {
        heading: source
        for heading, source in mapping.sources
        if heading in headings and (source.constant is not None or _find_position(columns, source) is not None)
    }


def _find_position(columns: Sequence[Column], source: Source) -> int | None:
    """Find the one column that ``source`` names. None for a constant, and when there is none or more than one."""
    positions = _find_positions(columns, source)
    return positions[0] if len(positions) == 1 else None


def _find_positions(columns: Sequence[Column], source: Source) -> list[int]:
    if source.constant is not None:
        return []
    if source.letter is not None:
        return [i for i, column in enumerate(columns) if column.letter == source.letter]
    return [i for i, column in enumerate(columns) if column.heading == source.column]


def _find_suggestions(headings: Sequence[str], columns: Sequence[Column]) -> dict[str, Column]:
    """Find the best column for each heading, no column for two of them. Ties go to the earlier field and column."""
    scores = []
    names = [make_skeleton(column.heading) for column in columns]
    for i, heading in enumerate(headings):
        wanted = make_skeleton(heading)
        # SequenceMatcher prepares its second sequence once, so the heading stays there for all columns.
        matcher = SequenceMatcher(None, "", wanted, autojunk=False)
        for j, name in enumerate(names):
            score = _compare(matcher, name, wanted)
            if score >= MIN_SIMILARITY:
                scores.append((-score, i, j))
    suggestions: dict[str, Column] = {}
    used: set[int] = set()
    for _score, i, j in sorted(scores):
        if headings[i] not in suggestions and j not in used:
            suggestions[headings[i]] = columns[j]
            used.add(j)
    return suggestions


def _compare(matcher: SequenceMatcher[str], name: str, wanted: str) -> float:
    """Give the similarity, 0–1: 1 for names that look the same, at least 0.8 when one contains the other."""
    if not name or not wanted:
        return 0.0
    if name == wanted:
        return 1.0
    contained = 0.8 if min(len(name), len(wanted)) >= 4 and (name in wanted or wanted in name) else 0.0
    matcher.set_seq1(name)
    if matcher.real_quick_ratio() < MIN_SIMILARITY or matcher.quick_ratio() < MIN_SIMILARITY:
        return contained
    return max(contained, matcher.ratio())


def find_drift(columns: Sequence[Column], mapping: Mapping) -> tuple[str, ...]:
    """Find what has changed in the headings since ``mapping`` was made: a sentence for each field that it cannot feed now."""
    messages = []
    for heading, source in mapping.sources:
        positions = _find_positions(columns, source)
        if source.constant is not None or len(positions) == 1:
            continue
        if positions:
            text = _("“{heading}” came from {column}, which is there more than once now ({letters}).")
        else:
            text = _("“{heading}” came from {column}, which is not there any more.")
        message = text.format(
            heading=show_invisible(heading),
            column=_name_source(source),
            letters=_(" and ").join(columns[position].letter for position in positions),
        )
        hint = "" if positions else _describe_successor(source, columns)
        messages.append(f"{message} {hint}" if hint else message)
    return tuple(messages)


def _name_source(source: Source) -> str:
    if source.letter:
        return _("column {letter}").format(letter=source.letter)
    return _("the column “{column}”").format(column=show_invisible(source.column or ""))


def _describe_successor(source: Source, columns: Sequence[Column]) -> str:
    """Name the column that looks like one that is gone. Empty when there is none."""
    if not source.column:
        return ""
    column = _find_suggestions([source.column], columns).get(source.column)
    if column is None:
        return ""
    text = _("Column {letter}, “{column}”, looks like it ({difference}).")
    difference = describe_difference(source.column, column.heading)
    return text.format(letter=column.letter, column=show_invisible(column.heading), difference=difference)
