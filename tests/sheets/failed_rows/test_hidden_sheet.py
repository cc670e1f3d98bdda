"""What the hidden sheet of a file of failed rows says comes back, and what was edited there is not believed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.model.provenance import Provenance
from cg_uploader.sheets.failed_rows.hidden_sheet import lines_of, origin_of

ORIGIN = Provenance(
    run=7,
    started="2026-05-03T10:11:12+00:00",
    profile=" Test ",
    reference="contact",
    file="people.xlsx",
    digest="d",
    content="c",
    last=60,
    columns=(("A", "Email"), ("B", "Größe")),
    sources=(("Email", "A"),),
    constants=("Source",),
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def test_what_is_written_is_read() -> None:
    assert origin_of(lines_of(ORIGIN)) == ORIGIN


def test_blanks_at_the_ends_of_a_text_and_other_languages_survive_a_plain_cell() -> None:
    lines = dict(lines_of(ORIGIN))
    assert json.loads(lines["profile"]) == " Test "
    assert "".join(lines.values()).isascii()


@given(
    st.builds(
        Provenance, run=st.integers(1, 1 << 30), profile=TEXT, file=TEXT, columns=st.lists(st.tuples(TEXT, TEXT)).map(tuple)
    )
)
def test_any_text_comes_back(origin: Provenance) -> None:
    assert origin_of(lines_of(origin)) == origin


def test_files_of_a_version_that_did_not_know_the_last_row_are_read() -> None:
    lines = [(word, text) for word, text in lines_of(ORIGIN) if word != "last"]
    assert origin_of(lines) == replace(ORIGIN, last=0)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("run", '"7"'),
        ("run", "0"),
        ("run", "-1"),
        ("run", str(1 << 40)),
        ("last", "-3"),
        ("profile", "7"),
        ("profile", "no JSON"),
        ("profile", '"\\ud800"'),
        ("column", '"A"'),
        ("column", '["A", 1]'),
        ("constant", "[]"),
        ("field", "[" * 5_000),
    ],
)
def test_what_was_edited_is_not_believed(word: str, text: str) -> None:
    assert origin_of([*lines_of(ORIGIN), (word, text)]) is None


@pytest.mark.parametrize("word", ["run", "started", "profile", "reference", "file", "digest", "content"])
def test_what_is_missing_is_not_guessed(word: str) -> None:
    assert origin_of([line for line in lines_of(ORIGIN) if line[0] != word]) is None


def test_a_line_of_another_shape_is_no_line() -> None:
    assert origin_of([*lines_of(ORIGIN), ("only one",)]) is None
