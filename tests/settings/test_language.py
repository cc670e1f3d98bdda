"""settings.language: whose word comes first, and what the systems say."""

from __future__ import annotations

import plistlib
import sys
from pathlib import Path

import pytest

from cg_uploader.settings import language
from cg_uploader.settings.paths import AppPaths
from cg_uploader.settings.preferences import Preferences, PreferenceStore


@pytest.fixture(autouse=True)
def _catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("aa", "bb", "cc"):
        file = tmp_path / "locale" / name / "LC_MESSAGES" / "cg_uploader.mo"
        file.parent.mkdir(parents=True)
        file.touch()
    monkeypatch.setattr(language, "resource", lambda name: tmp_path / name)


def _chosen(environment: dict[str, str], paths: AppPaths) -> str | None:
    found = language.catalogue_for(environment, paths)
    return found.parts[-3] if found else None


@pytest.mark.parametrize(
    ("environment", "preferred", "expected"),
    [
        ({"LANGUAGE": "aa", "LANG": "cc"}, "bb", "aa"),
        ({"LANGUAGE": "xx:aa"}, "bb", "aa"),
        ({"LANGUAGE": "en:aa"}, "bb", None),
        ({"LANG": "cc_CC.UTF-8"}, "bb", "bb"),
        ({"LANG": "cc_CC.UTF-8"}, "en", None),
        ({"LANG": "cc_CC.UTF-8"}, "", "cc"),
        ({"LC_MESSAGES": "bb", "LANG": "cc"}, "", "bb"),
        ({"LC_ALL": "aa", "LC_MESSAGES": "bb", "LANG": "cc"}, "", "aa"),
        ({"LC_ALL": "C", "LANG": "cc"}, "", None),
        ({"LC_ALL": "", "LANG": "cc"}, "", "cc"),
    ],
)
def test_whose_word_comes_first(paths: AppPaths, environment: dict[str, str], preferred: str, expected: str | None) -> None:
    PreferenceStore(paths.preferences).save(Preferences(language=preferred))
    assert _chosen(environment, paths) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have settings of their own")
def test_nothing_is_said_anywhere(paths: AppPaths) -> None:
    assert _chosen({}, paths) is None


def test_macos_keeps_it_in_a_file(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert _chosen({}, paths) is None
    file = Path.home() / "Library" / "Preferences" / ".GlobalPreferences.plist"
    file.parent.mkdir(parents=True)
    file.write_bytes(plistlib.dumps({"AppleLanguages": ["xx-XX", "bb-BB", "aa"]}))
    assert _chosen({}, paths) == "bb"
    for broken in (b"", b"bplist00", plistlib.dumps({}), plistlib.dumps({"AppleLanguages": 3})):
        file.write_bytes(broken)
        assert _chosen({}, paths) is None
