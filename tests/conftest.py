"""What every test stands on: a home of its own, no way to the real keychain, no way out of this computer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from cg_uploader import translation
from cg_uploader.settings.paths import Places

settings.register_profile("no clock", settings.default, deadline=None, suppress_health_check=(HealthCheck.too_slow,))
settings.load_profile("no clock")  # how long an example takes says more about the computer's other work than about the law


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


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Folders of this test alone."""
    found = Places(tmp_path / "stored")
    found.prepare()
    return found
