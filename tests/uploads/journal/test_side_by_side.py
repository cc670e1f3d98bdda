"""Threads, windows and commands have the journal open at the same time: nobody's record is lost, none is told a wrong thing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rig import people, plan_of, recorded

from cg_uploader.settings.paths import Places
from cg_uploader.uploads.journal import damage
from cg_uploader.uploads.journal.journal import Journal
from cg_uploader.uploads.journal.kept import WAITING, Kept

ELSEWHERE = """
import sys; sys.path[:0] = sys.argv[2:]
from pathlib import Path
from cg_uploader.settings.paths import Places; from cg_uploader.uploads.journal.journal import Journal
with Journal(Places(Path(sys.argv[1]))) as journal:
    print(*journal.runs())
"""
ROOT = Path(__file__).resolve().parents[3]


def kept(position: int) -> Kept:
    texts = (f"p{position}@example.com", "Ann")
    return Kept(position, position + 2, WAITING, True, texts, texts[0], fingerprint=b"%016d" % position)


def runs_elsewhere(places: Places) -> list[int]:
    """What another program that opens and closes the journal says."""
    words = [sys.executable, "-P", "-c", ELSEWHERE, str(places.home), str(ROOT)]
    return [int(word) for word in subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()]


@pytest.mark.parametrize("large", [False, True])
def test_what_is_recorded_stays_when_others_look_meanwhile(
    places: Places, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    """Another thread of this program looks; then another program, which believes to be the last one when it closes."""
    if large:
        monkeypatch.setattr(damage, "ALWAYS_CHECKED_BYTES", 0)
    with Journal(places) as mine:
        Journal(places).close()
        assert runs_elsewhere(places) == []
        run = recorded(mine, plan_of(people(1)), [kept(0)])
        assert runs_elsewhere(places) == [run]
    with Journal(places) as later:
        assert later.runs() == [run]
