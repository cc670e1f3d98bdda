"""Preferences: kept as they are, and never a reason to fail."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_uploader.model.enums import BlankCells
from cg_uploader.settings.preferences import Preferences, PreferenceStore


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    store = PreferenceStore(tmp_path / "new" / "preferences.json")
    assert store.load() == Preferences()
    mine = Preferences("dark", BlankCells.SEND_EMPTY, 0, "Größe ↗")
    store.save(mine)
    assert store.load() == mine
    assert isinstance(store.load().blank_cells, BlankCells)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 50_000, b'{"theme": "pink", "keep_days": true}']
)
def test_a_damaged_file_means_the_usual_values(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.json").write_bytes(content)
    assert PreferenceStore(tmp_path / "p.json").load() == Preferences()


@pytest.mark.parametrize(
    "proxy", ["http://proxy:1", "ann:secret@proxy:1", "proxy", "Proxy:1", "proxy:1\n", "proxy:123456", "", 7, ["none"]]
)
def test_a_proxy_is_a_word_or_host_and_port(tmp_path: Path, proxy: Any) -> None:
    (tmp_path / "p.json").write_text(json.dumps({"proxy": proxy, "ca_file": "/x.pem"}))
    assert PreferenceStore(tmp_path / "p.json").load() == Preferences(ca_file="/x.pem")


@pytest.mark.parametrize("proxy", ["system", "none", "proxy.example:3128", "[::1]:8080"])
def test_a_proxy_that_was_named_stays(tmp_path: Path, proxy: str) -> None:
    store = PreferenceStore(tmp_path / "p.json")
    store.save(Preferences(proxy=proxy))
    assert store.load().proxy == proxy


def test_one_wrong_value_does_not_take_the_others_away(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps({"theme": "dark", "keep_days": -1, "last_profile": 7, "unknown": 1}))
    assert PreferenceStore(tmp_path / "p.json").load() == Preferences(theme="dark")


def test_what_it_does_not_know_survives(tmp_path: Path) -> None:
    """A newer version may have saved it, and the user may go back to that."""
    file = tmp_path / "p.json"
    file.write_text(json.dumps({"theme": "dark", "voice": "nl", "window": {"width": 900}}))
    store = PreferenceStore(file)
    store.save(replace(store.load(), keep_days=7))
    saved = json.loads(file.read_text())
    assert (saved["voice"], saved["window"]) == ("nl", {"width": 900})
    assert store.load() == Preferences(theme="dark", keep_days=7)


def test_what_cannot_be_written_again_keeps_nothing_from_being_saved(tmp_path: Path) -> None:
    """Half a character stands in no text file."""
    file = tmp_path / "p.json"
    file.write_text('{"theme": "dark", "unknown": "\\ud800"}')
    store = PreferenceStore(file)
    store.save(replace(store.load(), keep_days=7))
    assert store.load() == Preferences(theme="dark", keep_days=7)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2)
)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("theme", "blank_cells", "keep_days", "last_profile", "proxy", "ca_file"), anything)
    )
)
def test_any_json_gives_usable_preferences(tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]) -> None:
    file = tmp_path_factory.mktemp("any") / "p.json"
    file.write_text(json.dumps(data))
    found = PreferenceStore(file).load()
    assert found.theme in ("system", "light", "dark")
    assert 0 <= found.keep_days <= 3650
