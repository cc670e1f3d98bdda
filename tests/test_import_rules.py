"""Every import rule of pyproject.toml, planted wrong in a copy of the product, is reported by import-linter."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
    "contracts"
]
SIBLINGS = re.compile(r"\s*[|:]\s*")
Wrong = tuple[str, str]
"""A module, and what it must not import."""


def wrong_imports(contract: dict[str, Any]) -> Iterator[Wrong]:
    """Return an import for each pair that a contract keeps apart."""
    if contract["type"] == "forbidden":
        yield from ((source, other) for source in contract["source_modules"] for other in contract["forbidden_modules"])
        return
    assert contract["type"] == "layers", "teach this test what such a contract forbids"
    for container in contract.get("containers", [""]):
        layers = [[f"{container}.{name}".strip(".") for name in SIBLINGS.split(layer)] for layer in contract["layers"]]
        for above, below in combinations(layers, 2):
            yield from ((low, high) for low in below for high in above)
        for names, layer in zip(layers, contract["layers"], strict=True):
            if "|" in layer:
                yield from permutations(names, 2)


def plant(root: Path, module: str, imported: str) -> None:
    """Let a module, or a package in its first file, import what it must not."""
    place = root.joinpath(*module.split("."))
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    with file.open("a", encoding="utf-8") as stream:
        stream.write(f"\nimport {imported}\n")


def reported(root: Path) -> dict[str, str]:
    """Return what import-linter reports of each contract that is broken."""
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-cache", "--no-logo", "--verbose"],
        cwd=root,
        env=os.environ | {"COLUMNS": "1000"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    text = done.stdout.partition("Broken contracts")[2]
    names = [contract["name"] for contract in CONTRACTS if f"\n{contract['name']}\n" in text]
    parts = re.split("|".join(f"\n{re.escape(name)}\n" for name in names), text)
    return dict(zip(names, parts[1:], strict=True))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the report on a copy with every forbidden import."""
    root = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copytree(ROOT / "cg_uploader", root / "cg_uploader", ignore=shutil.ignore_patterns("__pycache__", "resources"))
    for module, imported in {wrong for contract in CONTRACTS for wrong in wrong_imports(contract)}:
        plant(root, module, imported)
    return reported(root)


@pytest.mark.slow
@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["name"].split(":")[0])
def test_every_forbidden_import_is_caught(broken: dict[str, str], contract: dict[str, Any]) -> None:
    wrong = list(wrong_imports(contract))
    assert wrong
    assert contract["name"] in broken
    missed = [pair for pair in wrong if f"{pair[0]} -> {pair[1]} (" not in broken[contract["name"]]]
    assert missed == []
