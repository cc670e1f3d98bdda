"""A message is made into a sentence when it is shown: in the language of the user, with its arguments in it too."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo

from cg_uploader import translation
from cg_uploader.model.enums import Region
from cg_uploader.model.message import Message, MessageKind, message
from cg_uploader.model.run import RunSummary
from cg_uploader.model.stop_reasons import RunState


class Kind(MessageKind):
    INSIDE = "inside", "row {row:,}"
    OUTSIDE = "outside", "{one} or {other}"
    NOTHING = "nothing", ""


BOTH = message(Kind.OUTSIDE, one=message(Kind.INSIDE, row=1_000), other="{row}")


@pytest.fixture
def other_language(tmp_path: Path) -> Path:
    """A catalogue with the sentences above, but for the empty one, which stands for the catalogue's header."""
    catalog = Catalog(locale="pl")
    catalog.add("row {row:,}", "wiersz {row:,}")
    catalog.add("{one} or {other}", "{other} albo {one}")
    catalog.add(RunState.UNDER_WAY.sentence, "Trwa.")
    with (tmp_path / "pl.mo").open("wb") as stream:
        write_mo(stream, catalog)
    return tmp_path / "pl.mo"


def test_a_message_is_in_the_language_of_the_user(other_language: Path) -> None:
    assert str(BOTH) == "row 1,000 or {row}"
    translation.use(other_language)
    assert str(BOTH) == "{row} albo wiersz 1,000"


def test_a_kind_without_a_sentence_says_nothing(other_language: Path) -> None:
    translation.use(other_language)
    assert str(message(Kind.NOTHING)) == ""


def test_a_gap_that_cannot_be_filled_is_no_message() -> None:
    with pytest.raises(ValueError, match="row"):
        Message(Kind.INSIDE, (("column", 1),))


def test_how_a_run_stands_is_in_the_language_of_the_user(other_language: Path) -> None:
    translation.use(other_language)
    begun = datetime(2026, 5, 3, tzinfo=UTC)
    assert RunSummary(1, "a.xlsx", "Test", Region.PRACTICE, 0, {}, begun, held=True).why == "Trwa."
