"""Statuses: each has its entry, its look in the window, and words that fit what it says of attention."""

from __future__ import annotations

import re
from pathlib import Path

from cg_uploader.gui import theme
from cg_uploader.gui.models.outcomes_model import LOOKS
from cg_uploader.model.enums import RowStatus
from cg_uploader.model.statuses import STATUSES

PRODUCT = Path(__file__).resolve().parents[2] / "cg_uploader"


def test_every_status_has_its_entry_and_its_look() -> None:
    assert list(STATUSES) == list(RowStatus)
    assert set(LOOKS) == set(RowStatus)
    assert all(hasattr(theme.colours_in_use(), tone) for _, tone in LOOKS.values())
    assert len({facts.label for facts in STATUSES.values()}) == len({f.meaning for f in STATUSES.values()}) == len(RowStatus)


def test_what_needs_attention_says_what_to_do() -> None:
    quiet = {status for status, facts in STATUSES.items() if not facts.needs_attention}
    assert quiet == {RowStatus.ACCEPTED, RowStatus.SKIPPED}
    assert quiet == {status for status, facts in STATUSES.items() if not facts.what_to_do}


def test_words_about_a_status_stand_in_its_entry_alone() -> None:
    texts = [text for facts in STATUSES.values() for text in (facts.meaning, facts.what_to_do) if text]
    files = {file: re.sub(r'"\s+"', "", file.read_text(encoding="utf-8")) for file in PRODUCT.rglob("*.py")}
    found = {file.name for file, source in files.items() for text in texts if text in source}
    assert found == {"statuses.py"}
