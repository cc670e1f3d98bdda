"""Every kind of problem has its words."""

from __future__ import annotations

import pytest

from cg_uploader.fields.problems import WHAT_TO_DO, Problem, counted, todo
from cg_uploader.fields.value_types import SHAPES
from cg_uploader.model.enums import FieldKind, Level


@pytest.mark.parametrize(("count", "text"), [(0, "0 rows"), (1, "1 row"), (2_000, "2,000 rows")])
def test_a_number_has_its_noun(count: int, text: str) -> None:
    assert counted(count, "row", "rows") == text


@pytest.mark.parametrize("kind", WHAT_TO_DO)
def test_what_to_do_is_a_sentence_and_its_line_counts(kind: str) -> None:
    assert WHAT_TO_DO[kind].endswith(".")
    one, two = todo(kind, None, 1, 255), todo(kind, "Email", 2, 255)
    assert "1 " in one
    assert "2 " in two
    assert two.endswith("(“Email”)")
    assert one != two


@pytest.mark.parametrize("kind", [kind for kind in FieldKind if kind in SHAPES])
def test_a_type_of_values_has_a_line_with_its_own_noun(kind: FieldKind) -> None:
    one, many = SHAPES[kind].nouns
    assert todo(kind.value, None, 1, 0) == f"Fix 1 {one}"
    assert todo(kind.value, "X", 3, 0) == f"Fix 3 {many} (“X”)"


def test_a_kind_without_words_is_still_told() -> None:
    assert todo("quite-new", None, 2, 0) == "2 rows: quite new"


def test_where_stands_before_what_was_found() -> None:
    problem = Problem(4, "E-mail", "Email", Level.ERROR, "email", "It is no address.", "Row 4, E-mail")
    assert problem.text == "Row 4, E-mail: It is no address."
    assert Problem(None, None, None, Level.ERROR, "reference", "Row 4 says all.").text == "Row 4 says all."
