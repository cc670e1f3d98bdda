"""The problems of a plan as a whole: what makes it impossible, risky or slow, whatever the rows hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cg_uploader.fields.configuration import Identifiers, required_groups
from cg_uploader.fields.headings import problems_of_heading, visible
from cg_uploader.fields.matching import FieldMatch, match
from cg_uploader.fields.problems import WHAT_TO_DO, Problem
from cg_uploader.model.enums import BLANKS, Level
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import MOST_FIELDS


def plan_problems(plan: Plan) -> tuple[Problem, ...]:
    """Errors, with which nothing can be sent, before warnings; the plan has neither a row nor a column for them."""
    found = [*_of_reference(plan), *_of_headings(plan), *_of_mapping(plan), *_of_identifiers(plan)]
    return tuple(sorted(found, key=lambda problem: problem.level is not Level.ERROR))


def _problem(level: Level, kind: str, found: str, heading: str | None = None) -> Problem:
    return Problem(None, None, heading, level, kind, f"{found} {WHAT_TO_DO[kind]}")


def _of_reference(plan: Plan) -> Iterator[Problem]:
    reference = plan.configuration.reference
    if not reference.strip(BLANKS):
        yield _problem(Level.ERROR, "reference", "The configuration has no reference.")
    elif not reference.isprintable():
        yield _problem(Level.ERROR, "reference", f"The reference “{visible(reference)}” holds a character that cannot be seen.")


def _of_headings(plan: Plan) -> Iterator[Problem]:
    for heading, count in Counter(heading for heading, _, _ in plan.wires).items():
        errors, warnings = problems_of_heading(heading)
        for text in errors:
            yield Problem(None, None, heading, Level.ERROR, "heading", text)
        for text in warnings:
            yield Problem(None, None, heading, Level.WARNING, "heading", text)
        if count > 1:
            text = f"The field “{visible(heading)}” has more than one source, of which only the last would arrive. Keep one."
            yield Problem(None, None, heading, Level.ERROR, "heading", text)


def _of_mapping(plan: Plan) -> Iterator[Problem]:
    mapped = {heading for heading, _, _ in plan.wires}
    if not mapped:
        yield _problem(Level.ERROR, "nothing-mapped", "No column feeds any field, so there is nothing to send.")
    if len(plan.wires) > MOST_FIELDS:
        found = f"{len(plan.wires):,} fields are to be sent; CustomerGauge takes at most {MOST_FIELDS} in one row."
        yield _problem(Level.ERROR, "too-many-fields", found)
    missing = [group for group in required_groups(plan.configuration) if mapped.isdisjoint(group)]
    matches = match(plan.configuration, plan.table.columns, plan.mapping).fields if missing else ()
    near = {field.heading: field for field in matches if field.suggestion is not None}
    for group in missing:
        wanted = " or ".join(f"“{visible(heading)}”" for heading in group)
        hints = "".join(_hint(near[heading]) for heading in group if heading in near)
        found = f"CustomerGauge requires {wanted}, and no column is chosen for it.{hints}"
        yield _problem(Level.ERROR, "not-mapped", found, group[0])


def _hint(field: FieldMatch) -> str:
    column = field.suggestion
    if column is None:
        return ""
    differs = f" ({field.difference})" if field.difference else ""
    return f" Column {column.letter}, “{visible(column.heading)}”, looks like “{visible(field.heading)}”{differs}."


def _of_identifiers(plan: Plan) -> Iterator[Problem]:
    headings = [heading for heading, _, _ in plan.wires]
    if headings and not Identifiers(plan.configuration, headings).known:
        found = "Nothing that is sent is known to identify a row, so rows go one at a time and duplicates are not seen."
        yield _problem(Level.WARNING, "no-identifier", found)
