"""The lock files: every entry exact, with hashes, for every system, without an address, true to pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ENTRY = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9-]*)==(?P<version>[0-9][\w.]*)(?: ; (?P<marker>[^\\]+?))?"
    r"(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)"
)
PYSIDE_FILES = 5  # macOS, Linux on two processors, Windows on two processors


def _text(root: Path, level: str) -> str:
    return (root / "packaging" / f"requirements-{level}.txt").read_text(encoding="utf-8")


def _entries(root: Path, level: str) -> dict[tuple[str, str], re.Match[str]]:
    """The entries of a lock by name and marker; a line that is no whole entry fails."""
    lines = re.sub(r" \\\n +", " ", _text(root, level)).splitlines()
    found = {}
    for line in lines:
        if not line.startswith("#"):
            entry = ENTRY.fullmatch(line)
            assert entry is not None, line[:120]
            found[entry["name"], entry["marker"] or ""] = entry
    return found


def _name(requirement: str) -> str:
    word = re.match(r"[\w.-]+", requirement)
    assert word is not None
    return re.sub(r"[-_.]+", "-", word[0]).lower()


@pytest.mark.parametrize("level", ["run", "dev"])
def test_nothing_says_where_from(root: Path, level: str) -> None:
    text = _text(root, level)
    assert not re.search(r"://|file:|--(extra-)?index|--find-links|--trusted-host|@ ", text)
    assert not re.search(r"/(opt|home|root|tmp)/", text)


@pytest.mark.parametrize("level", ["run", "dev"])
def test_every_entry_is_exact_and_hashed(root: Path, level: str) -> None:
    assert len(_entries(root, level)) > 25


def test_the_lock_to_develop_holds_the_lock_to_run(root: Path) -> None:
    run, dev = ({(name, entry["version"]) for (name, _), entry in _entries(root, level).items()} for level in ("run", "dev"))
    assert run <= dev


def test_the_locks_hold_what_pyproject_names(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    run = project["project"]["dependencies"] + project["build-system"]["requires"]
    names = {level: {name for name, _ in _entries(root, level)} for level in ("run", "dev")}
    assert {_name(x) for x in run} <= names["run"]
    assert {_name(x) for x in project["dependency-groups"]["dev"]} <= names["dev"]


def test_qt_is_the_sound_one_for_every_system(root: Path) -> None:
    pyside = _entries(root, "run")["pyside6-essentials", ""]
    assert pyside["version"] == "6.11.3"
    assert pyside["hashes"].count("--hash") >= PYSIDE_FILES


def test_windows_is_not_forgotten(root: Path) -> None:
    assert "pywin32-ctypes" in {name for name, marker in _entries(root, "run") if "win32" in marker}
