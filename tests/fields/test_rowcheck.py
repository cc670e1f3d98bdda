"""One row: what holds it back, what is only said, and that everything else can be encoded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sheetlike import configuration, plan

from cg_uploader.fields.checks import Problem, RowChecker
from cg_uploader.fields.messages import Advice, FieldMessage
from cg_uploader.fields.problems import WHAT_TO_DO
from cg_uploader.model import enums
from cg_uploader.model.configuration import Field, Mapping, Source
from cg_uploader.model.enums import BlankCells, DataType, FieldKind, Level, NoteKind
from cg_uploader.model.message import message
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import MAX_URL_CHARS
from cg_uploader.model.table import Note

CONTACT = configuration(Field("Email", kind=FieldKind.EMAIL), "Phone", "Name")


def problems(of: Plan, position: int = 0) -> tuple[Problem, ...]:
    row = of.table.rows[position]
    return RowChecker(of).find_problems(row, of.request(row))


def kinds(found: Iterable[Problem]) -> list[tuple[str, str]]:
    return [(problem.level.value, problem.kind) for problem in found]


def test_a_clean_row_has_no_problem() -> None:
    assert problems(plan(CONTACT, [["ann@x.org", "", "Ann\tLee\nMüller"]])) == ()


def test_a_problem_says_where_what_expected_and_what_to_do() -> None:
    (found,) = problems(plan(CONTACT, [["ann@@x.org\xa0", "", "Ann"]]))
    assert found == Problem(
        2,
        "Email",
        "Email",
        Level.ERROR,
        "email",
        message(
            FieldMessage.WITH_ADVICE,
            fault=message(FieldMessage.NO_EMAIL, value="“ann@@x.org‹no-break space›”"),
            advice=message(Advice.CORRECT),
        ),
        "Row 2, column A (“Email”)",
    )
    assert str(found.message) == (
        "“ann@@x.org‹no-break space›” is not an email address; expected is one address with one @, "
        "no blanks and no invisible characters. Correct it, or leave the row out."
    )
    assert found.text == f"{found.where}: {found.message}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x" * 128, []),
        ("x" * 129, [("warning", "too-long")]),
        ("x" * 255, [("warning", "too-long")]),
        ("x" * 256, [("warning", "far-too-long")]),
        ("a\x00b", [("error", "forbidden-characters")]),
        ("a\x7fb", [("error", "forbidden-characters")]),
        ("a\rb", [("error", "forbidden-characters")]),
        ("a\ud800b", [("error", "half-character")]),
        ("a\u3000b\u200bc", []),
        ("\U0001f600", []),
    ],
)
def test_values(value: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(problems(plan(CONTACT, [["ann@x.org", "", value]]))) == expected


def test_a_fields_own_length_counts() -> None:
    fields = configuration("Email", Field("Code", max_length=3), Field("Text", max_length=500))
    assert kinds(problems(plan(fields, [["a@b.c", "1234", "x" * 500]]))) == [("warning", "too-long")]
    assert kinds(problems(plan(fields, [["a@b.c", "123", "x" * 501]]))) == [("warning", "far-too-long")]


def test_one_of_the_alternatives_is_enough() -> None:
    assert problems(plan(CONTACT, [["", "123", "Ann"]])) == ()
    (found,) = problems(plan(CONTACT, [["", "", "Ann"]]))
    assert (found.kind, found.level, found.heading) == ("missing", Level.ERROR, "Email")
    assert "“Email” or “Phone” is required" in found.text


def test_required_by_the_configuration() -> None:
    fields = configuration("Email", Field("VIP", required=True))
    assert kinds(problems(plan(fields, [["a@b.c", ""]]))) == [("error", "missing")]
    blank = plan(fields, [["a@b.c", "Y"]], edits={2: {1: "  "}})
    assert kinds(problems(blank)) == [("error", "missing")]


def test_constants_fill_required_fields_unless_they_are_blank() -> None:
    fields = configuration("Email", Field("Source", required=True))
    for text, expected in (("CRM", []), ("", [("error", "missing")]), (" ", [("error", "missing")])):
        mapping = Mapping((("Email", Source(column="Email")), ("Source", Source(constant=text))))
        assert kinds(problems(plan(fields, [["a@b.c", ""]], mapping=mapping))) == expected


def test_a_constant_at_fault_is_named_as_such() -> None:
    fields = configuration("Email", Field("Date", kind=FieldKind.DATE))
    mapping = Mapping((("Email", Source(column="Email")), ("Date", Source(constant="today"))))
    (found,) = problems(plan(fields, [["a@b.c", ""]], mapping=mapping))
    assert found.column is None
    assert found.text.startswith("Row 2, the text for all rows in “Date”: “today” is not a date")


@pytest.mark.parametrize("blank_cells", list(BlankCells))
def test_a_row_without_anything_is_held_back(blank_cells: BlankCells) -> None:
    fields = configuration("A", "B", data_type=DataType.UNKNOWN)
    assert kinds(problems(plan(fields, [["", ""]], blank_cells=blank_cells))) == [("error", "nothing-to-send")]


def test_blank_cells_that_are_sent_empty_need_no_shape() -> None:
    fields = configuration(Field("Email", kind=FieldKind.EMAIL), Field("Start", kind=FieldKind.DATE))
    assert problems(plan(fields, [["a@b.cd", ""]], blank_cells=BlankCells.SEND_EMPTY)) == ()


def test_the_address_has_a_hard_limit_to_the_byte() -> None:
    fields = configuration("Email", Field("Text", max_length=10_000))
    empty = plan(fields, [["a@b.cd", "x"]])
    row = empty.table.rows[0]
    used = len(empty.address.records) + 1 + len(empty.request(row).query()) - 1
    for size, expected in ((MAX_URL_CHARS - used, []), (MAX_URL_CHARS - used + 1, [("error", "url-too-long")])):
        assert kinds(problems(plan(fields, [["a@b.cd", "x" * size]]))) == expected


@pytest.mark.parametrize(("letter", "each"), [("x", 1), (" ", 3), ("é", 6), ("名", 9), ("\U0001f600", 12)])
def test_letters_cost_what_they_cost_encoded(letter: str, each: int) -> None:
    fields = configuration("Email", Field("Text", max_length=10_000))
    for size, expected in ((7_000 // each, []), (8_000 // each, [("error", "url-too-long")])):
        assert kinds(problems(plan(fields, [["a@b.cd", f"x{letter * size}x"]]))) == expected


def test_more_than_900_fields_are_held_back() -> None:
    fields = configuration(*(f"F{n}" for n in range(901)), data_type=DataType.UNKNOWN)
    assert ("error", "too-many-fields") in kinds(problems(plan(fields, [["1"] * 901])))
    assert ("error", "too-many-fields") not in kinds(problems(plan(fields, [["1"] * 900 + [""]])))


def test_a_heading_that_cannot_be_encoded_holds_its_rows_back() -> None:
    fields = configuration("Email", "\ud800", data_type=DataType.UNKNOWN)
    assert kinds(problems(plan(fields, [["a@b.cd", "x"]]))) == [("error", "heading")]


NOTES = (
    Note(2, "Name", NoteKind.ERROR_VALUE, "C2 shows the error #N/A."),
    Note(3, "Name", NoteKind.DIGITS_LOST, "C3 holds a long number."),
    Note(4, "Elsewhere", NoteKind.ERROR_VALUE, "Z4 shows an error."),
    Note(5, "", NoteKind.LONG_ROW, "Row 5 has more values than headings."),
    Note(None, "Name", NoteKind.PERCENT, "Column C shows percentages."),
    Note(None, None, NoteKind.ENCODING_GUESSED, "The encoding is a guess."),
    Note(None, None, NoteKind.HIDDEN_ROWS, "2 rows are hidden."),
)
ROWS = [["ann@x.org", "", ""], ["bob@x.org", "", "1"], ["cy@x.org", "", ""], ["di@x.org", "", ""]]


def test_notes_count_where_their_column_is_sent() -> None:
    noted = plan(CONTACT, ROWS, notes=NOTES)
    expected = [[("error", "error-value")], [("warning", "digits-lost")], [], [("error", "long-row")]]
    assert [kinds(problems(noted, at)) for at in range(4)] == expected
    assert kinds(RowChecker(noted).find_of_file()) == [("warning", "percent"), ("warning", "encoding-guessed")]
    email = Mapping((("Email", Source(column="Email")),))
    assert [kinds(problems(plan(CONTACT, ROWS, notes=NOTES, mapping=email), at)) for at in range(3)] == [[], [], []]


def test_the_order_of_notes_does_not_matter() -> None:
    one, other = plan(CONTACT, ROWS, notes=NOTES), plan(CONTACT, ROWS, notes=NOTES[::-1])
    assert [problems(one, at) for at in range(4)] == [problems(other, at) for at in range(4)]


def test_a_person_settles_a_note_by_accepting_the_row_or_editing_the_cell() -> None:
    trusted = plan(CONTACT, ROWS, notes=NOTES, trusted=frozenset({2, 5}))
    assert problems(trusted, 0) == problems(trusted, 3) == ()
    edited = plan(CONTACT, ROWS, notes=NOTES, edits={2: {2: "Ann"}, 5: {1: "123"}})
    assert problems(edited, 0) == problems(edited, 3) == ()
    elsewhere = plan(CONTACT, ROWS, notes=NOTES, edits={2: {1: "123"}})
    assert kinds(problems(elsewhere, 0)) == [("error", "error-value")]


def test_every_level_of_the_reading_rules_is_kept() -> None:
    """The rules are CELL_TEXT.md's; rows with errors are held back."""
    law = (Path(enums.__file__).parents[1] / "sheets" / "CELL_TEXT.md").read_text(encoding="utf-8")
    levels = re.findall(r"^\| (error|warning) \| (.*?) \|", law, re.MULTILINE)
    said = {kind: level for level, kinds in levels for kind in re.findall(r"`([a-z-]+)`", kinds)}
    own = {NoteKind.REFUSED: "warning", NoteKind.HELD_BACK: "warning"}  # what became of a row before
    assert {kind: kind.level.value for kind in NoteKind if kind.checked} == said | own


texts = st.one_of(
    st.text(max_size=20),
    st.text(alphabet=st.characters(codec=None), max_size=8),
    st.sampled_from(["ann@x.org", "2024-01-05", "123", "Y", "x" * 700, "é" * 1400, "\U0001f600" * 600, "\ud800", "\x00", " "]),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(texts, min_size=4, max_size=4), min_size=1, max_size=5),
    st.sampled_from(list(BlankCells)),
    st.booleans(),
)
def test_what_is_not_held_back_can_be_encoded(rows: list[list[str]], blank_cells: BlankCells, odd: bool) -> None:
    fields = configuration(
        Field("Email", kind=FieldKind.EMAIL),
        Field("Da+e", kind=FieldKind.DATE),
        "Größe",
        "\ud800" if odd else "N",
        reference="r/1 &",
    )
    made = plan(fields, rows, blank_cells=blank_cells)
    checker = RowChecker(made)
    for row in made.table.rows:
        request = made.request(row)
        if all(problem.level is not Level.ERROR for problem in checker.find_problems(row, request)):
            assert 0 < len(request.records) + 1 + len(request.query()) <= MAX_URL_CHARS
            assert any(value.strip() for _, value in request.pairs)
        for problem in checker.find_problems(row, request):
            assert problem.text.isprintable()
            assert problem.text.endswith(WHAT_TO_DO[problem.kind].sentence)
