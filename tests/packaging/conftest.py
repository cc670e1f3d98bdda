"""The scripts of packaging/ as modules: they belong to no package, so they are loaded by their path."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "packaging" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look for their module there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def bootstrap() -> ModuleType:
    return _script("bootstrap")


@pytest.fixture(scope="session")
def make_samples() -> ModuleType:
    return _script("make_samples")


@pytest.fixture(scope="session")
def make_catalogues() -> ModuleType:
    return _script("make_catalogues")


@pytest.fixture(scope="session")
def make_pictures() -> ModuleType:
    return _script("make_pictures")
