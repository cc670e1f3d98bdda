"""The ground of every test: a home of its own, no real keychain, no network but this computer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import program
import pytest
from hypothesis import HealthCheck, settings

from cg_uploader import translation
from cg_uploader.settings.paths import AppPaths

settings.register_profile("no clock", settings.default, deadline=None, suppress_health_check=(HealthCheck.too_slow,))
settings.load_profile("no clock")  # how long an example takes says more about the computer's other work than about the law


SLOW_TIMEOUT_SECONDS = 300


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a slow test more time.  The limit of pyproject.toml ends other tests that hang."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT_SECONDS))


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PATH", os.environ["PATH"])  # the program changes it where a test starts it in this process
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("CG_UPLOADER_HOME", str(home / "cg-uploader"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("LANGUAGE", "en")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "CG_UPLOADER_CLIENT_ID", "CG_UPLOADER_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    yield
    translation.use(None)


@pytest.fixture(autouse=True)
def _processes_are_marked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to start the program as a process in a test that is not marked ``process``."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("this test starts the program as a process: mark it so, or call Program.run")

    if not program.NAMED and request.node.get_closest_marker("process") is None:
        monkeypatch.setattr(program.Program, "start", refuse)


@pytest.fixture
def paths(tmp_path: Path) -> AppPaths:
    """Folders of this test alone."""
    found = AppPaths(tmp_path / "stored")
    found.prepare()
    return found
