"""What counts as this computer: nothing that a look-up, or a spelling that looks alike, could turn into another one."""

from __future__ import annotations

import pytest

from cg_uploader.system.loopback import is_loopback


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_this_computer(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "127.1", "127.0.0.1.", "127.0.0.1.example", "localhost.", "0.0.0.0", "::", "2130706433", "10.1.1.1"],
)
def test_anything_else(host: str) -> None:
    assert not is_loopback(host)
