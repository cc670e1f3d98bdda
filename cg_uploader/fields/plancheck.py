"""The problems of a plan as a whole: what makes it impossible, risky or slow, whatever the rows hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cg_uploader.fields.configuration import Identifiers, required_groups
from cg_uploader.fields.headings import check_heading, show_invisible
from cg_uploader.fields.matching import FieldMatch, match
from cg_uploader.fields.problems import Problem, add_advice
from cg_uploader.model.enums import BLANKS, Level
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import MAX_FIELDS
from cg_uploader.translation import _


def find_plan_problems(plan: Plan) -> tuple[Problem, ...]:
    """Find errors, with which nothing can be sent, and warnings behind them. They have neither a row nor a column."""
    problems = [*_check_reference(plan), *_check_headings(plan), *_check_mapping(plan), *_check_identifiers(plan)]
    return tuple(sorted(problems, key=lambda problem: problem.level is not Level.ERROR))


def _make_problem(level: Level, kind: str, message: str, heading: str | None = None) -> Problem:
    return Problem(None, None, heading, level, kind, add_advice(message, kind))


def _check_reference(plan: Plan) -> Iterator[Problem]:
    reference = plan.configuration.reference
    if not reference.strip(BLANKS):
        yield _make_problem(Level.ERROR, "reference", _("The configuration has no reference."))
    elif not reference.isprintable():
        message = _("The reference “{reference}” contains a character that cannot be seen.")
        yield _make_problem(Level.ERROR, "reference", message.format(reference=show_invisible(reference)))


def _check_headings(plan: Plan) -> Iterator[Problem]:
    for heading, count in Counter(heading for heading, _position, _constant in plan.bindings).items():
        errors, warnings = check_heading(heading)
        for text in errors:
            yield Problem(None, None, heading, Level.ERROR, "heading", text)
        for text in warnings:
            yield Problem(None, None, heading, Level.WARNING, "heading", text)
        if count > 1:
            message = _("The field “{heading}” has more than one source, of which only the last would arrive. Keep one.")
            text = message.format(heading=show_invisible(heading))
            yield Problem(None, None, heading, Level.ERROR, "heading", text)


def _check_mapping(plan: Plan) -> Iterator[Problem]:
    mapped = {heading for heading, _position, _constant in plan.bindings}
    if not mapped:
        message = _("No column feeds any field, so there is nothing to send.")
        yield _make_problem(Level.ERROR, "nothing-mapped", message)
    if len(plan.bindings) > MAX_FIELDS:
        message = _("{count} fields are to be sent, but CustomerGauge takes at most {max_fields} in one row.")
        text = message.format(count=f"{len(plan.bindings):,}", max_fields=MAX_FIELDS)
        yield _make_problem(Level.ERROR, "too-many-fields", text)
    missing = [group for group in required_groups(plan.configuration) if mapped.isdisjoint(group)]
    matches = match(plan.configuration, plan.table.columns, plan.mapping).fields if missing else ()
    suggestions = {field.heading: _describe_suggestion(field) for field in matches if field.suggestion is not None}
    for group in missing:
        message = _("CustomerGauge requires {headings}, and no column is chosen for it.")
        text = message.format(headings=join_headings(group))
        hints = [suggestions[heading] for heading in group if heading in suggestions]
        yield _make_problem(Level.ERROR, "not-mapped", " ".join([text, *hints]), group[0])


def join_headings(group: tuple[str, ...]) -> str:
    """Write headings of which one is enough: ``“Email” or “Phone”``."""
    return _(" or ").join(f"“{show_invisible(heading)}”" for heading in group)


def _describe_suggestion(field: FieldMatch) -> str:
    column = field.suggestion
    if column is None:
        return ""
    text = _("Column {letter}, “{column}”, looks like “{heading}”.")
    if field.difference:
        text = _("Column {letter}, “{column}”, looks like “{heading}” ({difference}).")
    return text.format(
        letter=column.letter,
        column=show_invisible(column.heading),
        heading=show_invisible(field.heading),
        difference=field.difference,
    )


def _check_identifiers(plan: Plan) -> Iterator[Problem]:
    headings = [heading for heading, _position, _constant in plan.bindings]
    if headings and not Identifiers(plan.configuration, headings).known:
        message = _("Nothing that is sent identifies a row, so rows are sent one at a time and duplicates are not found.")
        yield _make_problem(Level.WARNING, "no-identifier", message)
