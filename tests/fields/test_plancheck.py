"""A plan as a whole: what makes it impossible, and what is said about it."""

from __future__ import annotations

from sheetlike import ADDRESS, configuration, marked, plan, table

from cg_uploader.fields.checks import find_plan_problems
from cg_uploader.model.configuration import Field, Mapping, Source
from cg_uploader.model.enums import DataType, Identity, Level, Region
from cg_uploader.model.plan import Plan


def said(of: Plan) -> list[tuple[str, str]]:
    return [(problem.level.value, problem.kind) for problem in find_plan_problems(of)]


def over(headings: list[str], *fields: str | Field, mapping: Mapping) -> Plan:
    return Plan(table(headings, []), "test", Region.PRACTICE, ADDRESS, configuration(*fields), mapping)


def test_an_ordinary_plan_has_no_problem() -> None:
    assert said(plan(configuration("Email", "Name"), [])) == []


def test_nothing_mapped_is_an_error() -> None:
    assert said(plan(configuration("Name"), [], mapping=Mapping())) == [("error", "nothing-mapped")]


def test_an_unmapped_required_heading_is_an_error_that_names_what_looks_like_it() -> None:
    made = over(["E-mail adress", "Name"], "Email", "Name", mapping=Mapping((("Name", Source(column="Name")),)))
    (first, second) = find_plan_problems(made)
    assert (first.level, first.kind, first.heading) == (Level.ERROR, "not-mapped", "Email")
    assert "Column A, “E-mail adress”, looks like “Email” (the letters differ)" in first.text
    assert (second.level, second.kind) == (Level.WARNING, "no-identifier")
    required = over(["Email"], "Email", Field("VIP", required=True), mapping=Mapping((("Email", Source(column="Email")),)))
    assert said(required) == [("error", "not-mapped")]


def test_impossible_headings_are_errors_and_risky_ones_warnings() -> None:
    made = plan(configuration("Email", "Amount [EUR]", "R&D"), [])
    assert said(made) == [("error", "heading"), ("warning", "heading")]
    behind = plan(configuration("Email", "Amount [EUR]"), [], mapping=Mapping((("Email", Source(column="Email")),)))
    assert said(behind) == []


def test_one_field_from_two_sources_is_an_error() -> None:
    twice = Mapping((("Email", Source(column="Email")), ("Email", Source(constant="x"))))
    assert said(plan(configuration("Email"), [], mapping=twice)) == [("error", "heading")]


def test_more_than_900_fields_are_an_error() -> None:
    fields = configuration("Email", *(f"F{n}" for n in range(900)))
    assert said(plan(fields, [])) == [("error", "too-many-fields")]


def test_the_reference_must_be_there_and_readable() -> None:
    assert said(plan(configuration("Email", reference=" "), [])) == [("error", "reference")]
    assert said(plan(configuration("Email", reference="a\ud800"), [])) == [("error", "reference")]
    assert "a‹U+D800›" in find_plan_problems(plan(configuration("Email", reference="a\ud800"), []))[0].text


def test_unknown_identifiers_are_said() -> None:
    assert said(plan(configuration("E-mail"), [])) == [("warning", "no-identifier")]
    assert said(plan(configuration(marked("E-mail", Identity.EMAIL)), [])) == []
    assert said(plan(configuration("Email", data_type=DataType.UNKNOWN), [])) == [("warning", "no-identifier")]
