"""What a row of a file of failed rows says of itself comes back as it was, and is never taken for more than it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.model.enums import RowStatus
from cg_uploader.model.provenance import Provenance
from cg_uploader.sheets.cells.clean_text import column_letter
from cg_uploader.sheets.failed_rows.formula_guard import guarded
from cg_uploader.sheets.failed_rows.row_mark import (
    LOOK_UP,
    AddedColumn,
    added_column,
    heading_of,
    headings_digest,
    mark_text,
    parse_mark,
    parse_upload,
    upload_text,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ORIGINS = st.builds(
    Provenance,
    run=st.integers(0, 1 << 30),
    started=TEXT,
    profile=TEXT,
    reference=TEXT,
    file=TEXT,
    digest=TEXT,
    content=TEXT.filter(lambda text: not text.startswith("~")),
    last=st.integers(0, 1 << 30),
    columns=st.lists(st.tuples(st.integers(0, 600).map(column_letter), TEXT), max_size=6).map(tuple),
)


@given(ORIGINS, st.booleans(), st.integers(1, 999_999_999), st.sampled_from([*RowStatus, LOOK_UP]))
def test_a_mark_comes_back(origin: Provenance, guard: bool, number: int, word: str) -> None:
    text = mark_text(number, word, upload_text(origin, guarded=guard))
    assert text.isascii()
    assert text.isprintable()
    assert not set(text) & set(" ,;\t|\"'")
    assert guarded(text) == text
    mark = parse_mark(text)
    assert mark is not None
    assert (mark.number, mark.word) == (number, word)
    upload = parse_upload(mark.upload)
    assert upload is not None
    assert upload.guarded is guard
    assert upload.letters == tuple(letter for letter, _ in origin.columns)
    assert upload.headings == headings_digest([heading for _, heading in origin.columns])
    for name in ("run", "last", "started", "profile", "reference", "file", "digest", "content"):
        assert getattr(upload.origin, name) == getattr(origin, name)


def test_the_digest_of_the_file_stands_there_once() -> None:
    origin = Provenance(run=5, digest="ab" * 32, content="ab" * 32 + " Contacts")
    assert upload_text(origin, guarded=False).count("ab" * 32) == 1


@given(st.text(max_size=40))
def test_any_other_text_is_no_mark(text: str) -> None:
    mark = parse_mark(text)
    assert mark is None or text.lstrip("0").startswith(f"{mark.number}/{mark.word}")
    parse_upload(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "0/refused/x",
        "-1/refused/x",
        "7/unheard of/x",
        "7.0/refused/x",
        "²/refused/x",
        "1234567890/refused/x",
        "/refused/",
    ],
)
def test_what_was_changed_is_no_mark(text: str) -> None:
    assert parse_mark(text) is None


@pytest.mark.parametrize(
    ("place", "text"),
    [(0, "-1"), (0, "99999999999"), (0, "x"), (1, ""), (8, "a"), (8, "C-A"), (8, "A-ZZZ"), (8, "A-XFD.A"), (8, "A--B")],
)
def test_an_upload_that_cannot_be_is_none(place: int, text: str) -> None:
    texts = upload_text(Provenance(run=5, columns=(("A", "Email"),)), guarded=False).split("/")
    assert parse_upload("/".join(texts)) is not None
    texts[place] = text
    assert parse_upload("/".join(texts)) is None
    assert parse_upload("/".join(texts[:-1])) is None


@pytest.mark.parametrize("label", ["", "Problem", "Fehler: größer"])
@pytest.mark.parametrize("column", AddedColumn)
def test_an_added_column_is_recognised_by_its_token(column: AddedColumn, label: str) -> None:
    assert added_column(heading_of(column, label)) is column
    assert added_column(heading_of(column, label) + " ") is column
    assert added_column(f'\ufeff"{heading_of(column, label)}"') is column


@pytest.mark.parametrize("heading", ["", "Row", "Problem", "cg-row", "[cg-row] 2", "[cg-other]"])
def test_other_headings_are_the_files_own(heading: str) -> None:
    assert added_column(heading) is None
