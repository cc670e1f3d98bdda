"""What the check, the matching and the notes say is in the language of the user."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from sheetlike import configuration, plan

from cg_uploader import translation
from cg_uploader.fields.checks import check, find_plan_problems
from cg_uploader.fields.matching import FieldState, find_drift, match
from cg_uploader.model.configuration import Field, Mapping, Source
from cg_uploader.model.enums import FieldKind
from cg_uploader.model.table import Column
from cg_uploader.sheets.cells.notes import CELL_KINDS, COLUMN_KINDS, NoteCollector, summarize_notes
from cg_uploader.translation import _

TEMPLATE = Path(__file__).parents[2] / "resources" / "locale" / "cg_uploader.pot"


@pytest.fixture
def marked(tmp_path: Path) -> None:
    """A language in which every text that was marked for translation stands between « and »."""
    with TEMPLATE.open("rb") as stream:
        catalog = read_po(stream)
    for message in catalog:
        if message.id:
            message.string = tuple(f"«{form}»" for form in message.id) if message.pluralizable else f"«{message.id}»"
    with (tmp_path / "marked.mo").open("wb") as stream:
        write_mo(stream, catalog)
    translation.use(tmp_path / "marked.mo")


def english(text: str) -> str:
    """The letters of a text that were not translated."""
    while (rest := re.sub("«[^«»]*»", "", text)) != text:
        text = rest
    return "".join(filter(str.isalpha, text))


@pytest.mark.usefixtures("marked")
def test_problems_are_in_the_language_of_the_user() -> None:
    fields = configuration(
        Field("Email", kind=FieldKind.EMAIL), Field("Born", kind=FieldKind.DATE), Field("Name", required=True), "Phone"
    )
    long = "E" * 500
    rows = [["ann@", "x", "", "1"], ["a@b.de", "", long, "1"], ["a@b.de", "", "a\x01", "1"], ["c@d.de", "", "N", "1"], [""] * 4]
    result = check(plan(fields, rows))
    assert {problem.kind for problem in result.problems} >= {"email", "date", "missing", "far-too-long", "forbidden-characters"}
    assert [problem.text for problem in result.problems if english(problem.text)] == []
    assert [group.text for group in result.groups if english(group.text)] == []


@pytest.mark.usefixtures("marked")
def test_what_is_wrong_with_a_plan_is_in_the_language_of_the_user() -> None:
    fields = configuration(Field("VIP", required=True), " A]", "B&\u200b ", reference="")
    mapping = Mapping(tuple((heading, Source(constant="x")) for heading in (" A]", "B&\u200b ")))
    problems = find_plan_problems(plan(fields, [], mapping=mapping))
    assert {problem.kind for problem in problems} == {"reference", "heading", "not-mapped", "no-identifier"}
    assert [problem.text for problem in problems if english(problem.text)] == []
    assert [state for state in FieldState if english(_(state.label))] == []
    columns = [Column("E-mail ", "A"), Column("Tel", "B"), Column("Tel", "C")]
    assert match(configuration("E-mail"), columns[:1]).fields[0].difference == "«a space at the end»"
    gone = Mapping((("Email", Source(column="E-mail")), ("Phone", Source(column="Tel")), ("City", Source(letter="Z"))))
    drift = find_drift(columns, gone)
    assert (len(drift), [text for text in drift if english(text)]) == (3, [])


@pytest.mark.usefixtures("marked")
def test_notes_are_in_the_language_of_the_user() -> None:
    notes = NoteCollector()
    for kind in (*CELL_KINDS, *COLUMN_KINDS):
        for row in (2, 3):
            notes.add(row, (0, kind, "x"))
    texts = summarize_notes(notes.make_notes({0: "Name"}))
    assert len(texts) == len(CELL_KINDS) + len(COLUMN_KINDS)
    assert [text for text in texts if english(text)] == []
    assert sum("1 more cell like this" in text for text in texts) == len(CELL_KINDS)
