"""Every kind of problem has its words, for one and for many."""

from __future__ import annotations

import re

import pytest

from cg_uploader.fields.problems import WHAT_TO_DO, Problem, add_advice, describe_todo
from cg_uploader.model.enums import FieldKind, Level, NoteKind

KINDS = [*(kind.value for kind in FieldKind if kind is not FieldKind.TEXT), *(kind for kind in NoteKind if kind.checked)]


@pytest.mark.parametrize("kind", dict.fromkeys([*WHAT_TO_DO, *KINDS]))
def test_a_line_of_the_to_do_list_for_one_and_for_many(kind: str) -> None:
    one, many = (describe_todo(kind, "Email", count, 128) for count in (1, 2_000))
    assert "1 " in one
    assert "2,000 " in many
    assert one.endswith(" (“Email”)")
    assert one.replace("1 ", "") != many.replace("2,000 ", "")
    assert not re.search(r"[{}]", one + many)


def test_advice_stands_behind_what_is_wrong() -> None:
    assert str(add_advice("“x” is wrong.", "missing")) == "“x” is wrong. Enter it, or leave the row out."


@pytest.mark.parametrize("kind", WHAT_TO_DO)
def test_what_to_do_is_a_sentence(kind: str) -> None:
    assert WHAT_TO_DO[kind].sentence.endswith(".")


def test_a_kind_without_words_is_named_all_the_same() -> None:
    assert describe_todo("quite-new", None, 2, 0) == "2 rows: quite new"


def test_where_stands_before_what_is_wrong() -> None:
    problem = Problem(4, "E-mail", "Email", Level.ERROR, "email", "It is no address.", "Row 4, E-mail")
    assert problem.text == "Row 4, E-mail: It is no address."
    assert Problem(None, None, None, Level.ERROR, "reference", "Row 4 says all.").text == "Row 4 says all."
